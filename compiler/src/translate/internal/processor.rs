//! Makes sure that the processor has what the code was compiled for, where nothing else would tell.
//!
//! Most instructions that a processor lacks are faults, which the trap handler explains. `lzcnt` and `tzcnt` are not:
//! older processors execute them as `bsr` and `bsf`, with other results (Intel SDM volume 2, "LZCNT", "TZCNT"). The
//! program tries them before anything else, rather than ask `cpuid`, which costs microseconds in a virtual machine.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmc_abi::trap::TrapCode;

use crate::translate::{REFERENCE, Translator};

impl Translator<'_, '_, '_> {
    /// Traps on a processor that takes an instruction of the code for another one.
    pub(super) fn check_processor(&mut self) {
        if self.has_feature("has_lzcnt") {
            // Nine bits: 55 leading zeros, or the position of the highest bit, 8.
            let low = self.stack_pointer_bits(0xff);
            let number = self.builder.ins().bor_imm_u(low, 0x100);
            let zeros = self.builder.ins().clz(number);
            self.expect_zeros(zeros, 55);
        }
        if self.has_feature("has_bmi1") {
            // Nothing but zeros, as the stack pointer is aligned; `bsf` finds no bit and leaves some register's old contents.
            let number = self.stack_pointer_bits(0xf);
            let zeros = self.builder.ins().ctz(number);
            self.expect_zeros(zeros, 64);
        }
    }

    /// Bits of a number that the compiler does not know.
    fn stack_pointer_bits(&mut self, mask: i64) -> Value {
        let stack_pointer = self.builder.ins().get_stack_pointer(REFERENCE);
        self.builder.ins().band_imm_u(stack_pointer, mask)
    }

    fn expect_zeros(&mut self, zeros: Value, expected: i64) {
        let wrong = self.builder.ins().icmp_imm_u(IntCC::NotEqual, zeros, expected);
        self.trap_if(wrong, TrapCode::UnsupportedProcessor);
    }

    fn has_feature(&self, name: &str) -> bool {
        self.isa.isa_flags().iter().any(|flag| flag.name == name && flag.as_bool() == Some(true))
    }
}
