//! Trap codes between Cranelift's numbers and those of the trap table.

use cranelift_codegen::ir::{self, InstBuilder, Value};
use wasmc_abi::trap::TrapCode;

use super::Translator;

/// Cranelift's code for a trap: its own where it has one, else ours as a user code.
pub(super) fn cranelift_code(code: TrapCode) -> ir::TrapCode {
    match code {
        TrapCode::StackOverflow => ir::TrapCode::STACK_OVERFLOW,
        TrapCode::IntegerOverflow => ir::TrapCode::INTEGER_OVERFLOW,
        TrapCode::IntegerDivideByZero => ir::TrapCode::INTEGER_DIVISION_BY_ZERO,
        TrapCode::InvalidConversionToInteger => ir::TrapCode::BAD_CONVERSION_TO_INTEGER,
        // Our numbers are small and not zero.
        other => ir::TrapCode::user(other as u8).unwrap_or(ir::TrapCode::HEAP_OUT_OF_BOUNDS),
    }
}

/// The number that the trap table has for a code of Cranelift's; none for an access to linear memory, where the
/// address that faulted tells what happened. (A failed comparison with the memory's length has our own code.)
pub(crate) fn trap_number(code: ir::TrapCode) -> Option<u8> {
    let own = match code {
        ir::TrapCode::HEAP_OUT_OF_BOUNDS => return None,
        ir::TrapCode::STACK_OVERFLOW => TrapCode::StackOverflow,
        ir::TrapCode::INTEGER_OVERFLOW => TrapCode::IntegerOverflow,
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => TrapCode::IntegerDivideByZero,
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => TrapCode::InvalidConversionToInteger,
        user => return Some(user.as_raw().get()),
    };
    Some(own as u8)
}

impl Translator<'_, '_, '_> {
    pub(super) fn trap(&mut self, code: TrapCode) {
        self.builder.ins().trap(cranelift_code(code));
    }

    pub(super) fn trap_if(&mut self, condition: Value, code: TrapCode) {
        self.builder.ins().trapnz(condition, cranelift_code(code));
    }
}
