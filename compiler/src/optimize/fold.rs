//! Folds constants into the addresses of linear memory accesses where that provably changes nothing.
//!
//! A module computes `x + c` in 32 bits, where it may wrap; an instruction's displacement is added in 64 bits, where
//! it does not. **This file guards the sandbox's semantics**: a fold is made only with one of these proofs. M is the
//! largest size that the memory can ever have, 0 ≤ x < 2^32, and an access of s bytes has the static offset o.
//!
//! - **Dominated** (c > 0): an access at x with offset o' and s' bytes has been executed on every path to here, so
//!   x + o' + s' ≤ M. If then c < 2^32 − M + o' + s', the sum x + c stays below 2^32: it does not wrap.
//! - **Small** (c > 0): x is below a bound that its definition shows (a mask, a shift, a byte), and bound + c ≤ 2^32.
//! - **Negative** (−64 KiB ≤ c < 0, o = 0, M ≤ 2^32 − 64 KiB, fixed base of 64 KiB or more): where x + c wraps, the
//!   module's address is at least 2^32 − 64 KiB ≥ M, which traps; the folded address lies below the memory's
//!   base in the lowest 64 KiB of the address space, which nothing ever maps (`vm.mmap_min_addr`), and traps too.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};

use super::dominance::{Facts, walk};

/// 2^32, the first index that does not exist.
const END: u64 = 1 << 32;
/// Bytes at the bottom of the address space that are never mapped.
const UNMAPPED: i64 = 64 << 10;

/// The one memory that a function accesses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedMemory {
    /// Address of byte 0.
    pub base: u64,
    /// Largest size that it can have, in bytes.
    pub maximum: u64,
}

/// Runs the pass on a function as the translator made it.
pub(crate) fn fold_addresses(function: &mut Function, memory: FixedMemory) {
    if !has_candidates(function) {
        return;
    }
    // What executed accesses prove: x ≤ 2^32 − slack, by value.
    walk(function, |function, block, facts| visit(function, block, memory, facts));
}

/// Whether some address is a sum with a constant at all.
fn has_candidates(function: &Function) -> bool {
    function
        .layout
        .blocks()
        .flat_map(|block| function.layout.block_insts(block))
        .any(|inst| access(function, inst).and_then(|access| constant_sum(function, access.index)).is_some())
}

/// An access to linear memory at a zero-extended i32 index.
struct Access {
    index: Value,
    /// Displacement of the instruction: the memory's base plus the static offset.
    displacement: i64,
    /// In bytes.
    size: u64,
}

fn access(function: &Function, inst: Inst) -> Option<Access> {
    let (opcode, address, flags, offset) = match function.dfg.insts[inst] {
        InstructionData::Load { opcode, arg, flags, offset } => (opcode, arg, flags, offset),
        InstructionData::Store { opcode, args, flags, offset } => (opcode, args[1], flags, offset),
        _ => return None,
    };
    // Only accesses to linear memory may trap.
    if function.dfg.mem_flags[flags].notrap() {
        return None;
    }
    let size = match opcode {
        Opcode::Load => function.dfg.value_type(function.dfg.first_result(inst)).bytes(),
        Opcode::Store => function.dfg.value_type(function.dfg.inst_args(inst)[0]).bytes(),
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => 1,
        Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => 2,
        Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => 4,
        Opcode::Uload8x8
        | Opcode::Sload8x8
        | Opcode::Uload16x4
        | Opcode::Sload16x4
        | Opcode::Uload32x2
        | Opcode::Sload32x2 => 8,
        _ => return None,
    };
    let index = zero_extended(function, address)?;
    Some(Access { index, displacement: i64::from(offset), size: u64::from(size) })
}

/// The i32 whose zero-extension a value is.
fn zero_extended(function: &Function, value: Value) -> Option<Value> {
    match defining(function, value)? {
        InstructionData::Unary { opcode: Opcode::Uextend, arg } if function.dfg.value_type(arg) == types::I32 => {
            Some(function.dfg.resolve_aliases(arg))
        }
        _ => None,
    }
}

fn defining(function: &Function, value: Value) -> Option<InstructionData> {
    match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) => Some(function.dfg.insts[inst]),
        _ => None,
    }
}

/// The constant of an `iconst.i32`, sign-extended.
fn constant(function: &Function, value: Value) -> Option<i64> {
    match defining(function, value)? {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(i64::from(imm.bits() as i32)),
        _ => None,
    }
}

/// The parts of `x + c` or `x - c`.
fn constant_sum(function: &Function, value: Value) -> Option<(Value, i64)> {
    let InstructionData::Binary { opcode, args: [left, right] } = defining(function, value)? else { return None };
    let (x, c) = match opcode {
        Opcode::Iadd => match (constant(function, left), constant(function, right)) {
            (_, Some(c)) => (left, c),
            (Some(c), None) => (right, c),
            _ => return None,
        },
        Opcode::Isub => (left, -constant(function, right)?),
        _ => return None,
    };
    (c != 0).then(|| (function.dfg.resolve_aliases(x), c))
}

/// A bound that a value's definition shows: the value is below it.
fn bound(function: &Function, value: Value) -> u64 {
    match defining(function, value) {
        Some(InstructionData::Load { opcode: Opcode::Uload8, .. }) => 1 << 8,
        Some(InstructionData::Load { opcode: Opcode::Uload16, .. }) => 1 << 16,
        Some(InstructionData::Binary { opcode: Opcode::Band, args: [left, right] }) => {
            let mask = |value| constant(function, value).map_or(END, |mask| u64::from(mask as u32) + 1);
            mask(left).min(mask(right))
        }
        Some(InstructionData::Binary { opcode: Opcode::Ushr, args: [_, right] }) => {
            constant(function, right).map_or(END, |shift| END >> (shift & 31))
        }
        Some(InstructionData::Binary { opcode: Opcode::Ishl, args: [left, right] }) => {
            let shift = constant(function, right).unwrap_or(31) & 31;
            (bound(function, left).saturating_sub(1) << shift).saturating_add(1).min(END)
        }
        _ => END,
    }
}

fn visit(function: &mut Function, block: Block, memory: FixedMemory, facts: &mut Facts<Value>) {
    let insts: Vec<Inst> = function.layout.block_insts(block).collect();
    for inst in insts {
        let Some(access) = access(function, inst) else { continue };
        let offset = access.displacement - memory.base as i64;
        if offset < 0 {
            continue;
        }
        // What this access proves once it is executed: index + offset + size ≤ maximum.
        let slack = END.saturating_sub(memory.maximum) + offset as u64 + access.size;
        if let Some((x, c)) = constant_sum(function, access.index)
            && i32::try_from(access.displacement + c).is_ok()
        {
            let small = bound(function, x);
            let provable = if c > 0 {
                facts.known(x).is_some_and(|slack| (c as u64) < slack) || small + c as u64 <= END
            } else {
                c >= -UNMAPPED
                    && offset == 0
                    && memory.maximum <= END - UNMAPPED as u64
                    && memory.base >= UNMAPPED as u64
            };
            if provable {
                displace(function, inst, x, access.displacement + c);
                // x + c did not wrap, or the access trapped.
                if let Some(slack) = slack.checked_add_signed(c) {
                    facts.learn(x, slack);
                }
            }
        }
        facts.learn(access.index, slack);
    }
}

/// Makes an access address `x` with another displacement.
fn displace(function: &mut Function, inst: Inst, x: Value, displacement: i64) {
    let Ok(displacement) = i32::try_from(displacement) else { return };
    let location = function.srcloc(inst);
    let address = FuncCursor::new(function).at_inst(inst).with_srcloc(location).ins().uextend(types::I64, x);
    match &mut function.dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => {
            *arg = address;
            *offset = Offset32::new(displacement);
        }
        InstructionData::Store { args, offset, .. } => {
            args[1] = address;
            *offset = Offset32::new(displacement);
        }
        _ => {}
    }
}
