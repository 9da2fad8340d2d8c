//! The registers that expressions name, by their numbers in DWARF.

use target_lexicon::Architecture;

use super::carriers::Step;
use super::expression::Untranslatable;
use super::opcode::*;
use super::record::{Computation, Holder, ValuePlace};
use super::writer::{Buffer, Target};
use crate::plan::{Places, Slot};

/// What registers of a processor are for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    frame_pointer: u16,
    stack_pointer: u16,
    /// Keeps a global, or the address of the running thread's block (`GlobalPlace::Register`, `Places::block`).
    pub(super) pinned: Option<u16>,
    /// From here on they hold floating-point numbers and vectors, of which expressions do not compute.
    first_float: u16,
}

impl Registers {
    /// Those of a processor, where debug information can be written for it.
    pub fn of(architecture: Architecture) -> Option<Registers> {
        match architecture {
            // rbp, rsp, r15, xmm0 (System V ABI AMD64, 3.6.2).
            Architecture::X86_64 => {
                Some(Registers { frame_pointer: 6, stack_pointer: 7, pinned: Some(15), first_float: 17 })
            }
            // x29, sp, x21, v0 (DWARF for the Arm 64-bit Architecture, 4.1).
            Architecture::Aarch64(_) => {
                Some(Registers { frame_pointer: 29, stack_pointer: 31, pinned: Some(21), first_float: 64 })
            }
            // x8, x2, f0 (RISC-V ABIs Specification, "DWARF Register Numbers").
            Architecture::Riscv64(_) => {
                Some(Registers { frame_pointer: 8, stack_pointer: 2, pinned: None, first_float: 32 })
            }
            // r15, f0 (ELF ABI s390x Supplement, "DWARF Definition"). It is the stack pointer, and no variables are told there.
            Architecture::S390x => {
                Some(Registers { frame_pointer: 15, stack_pointer: 15, pinned: None, first_float: 16 })
            }
            _ => None,
        }
    }

    /// Pushes the address of a slot: where each thread has its own, of the thread that is looked at, whose block a register tells.
    pub(super) fn push_slot(self, places: &Places, slot: Slot, output: &mut Buffer) -> Result<(), Untranslatable> {
        let Some(start) = places.offset_in_block(slot.object) else {
            output.u8(ADDR);
            output.address(Target::Data(slot.object), slot.offset.into());
            return Ok(());
        };
        let offset = u64::from(start) + u64::from(slot.offset);
        match places.block.as_ref().and_then(|block| block.region) {
            None => push_register(self.pinned.ok_or(Untranslatable)?, offset as i64, output),
            Some(region) => {
                push_register(self.stack_pointer, 0, output);
                output.u8(CONSTS);
                output.signed((region as i64).wrapping_neg());
                output.u8(AND);
                output.u8(PLUS_UCONST);
                output.unsigned(offset);
            }
        }
        Ok(())
    }

    /// Writes the location "what is in this place".
    pub(super) fn value_in(self, place: ValuePlace, output: &mut Buffer) {
        match place {
            ValuePlace::Register(register) if register < 32 => output.u8(REG0 + register as u8),
            ValuePlace::Register(register) => {
                output.u8(REGX);
                output.unsigned(register.into());
            }
            ValuePlace::Frame(offset) => push_frame(offset, output),
            ValuePlace::FramePointer(offset) => push_register(self.frame_pointer, offset.into(), output),
            ValuePlace::Constant(bits) => {
                output.u8(CONSTU);
                output.unsigned(bits);
                output.u8(STACK_VALUE);
            }
            ValuePlace::Computed(computation) => {
                push_computed(computation, output);
                output.u8(STACK_VALUE);
            }
        }
    }

    /// Pushes the contents of a place, `size` bytes.
    ///
    /// # Errors
    /// Where they are no integer of at most 8 bytes.
    pub(super) fn push_local(self, place: ValuePlace, size: u8, output: &mut Buffer) -> Result<(), Untranslatable> {
        match place {
            ValuePlace::Register(register) if register >= self.first_float => return Err(Untranslatable),
            ValuePlace::Register(register) => {
                push_register(register, 0, output);
                mask(size, output);
                return Ok(());
            }
            ValuePlace::Computed(computation) => {
                push_computed(computation, output);
                mask(size, output);
                return Ok(());
            }
            ValuePlace::Frame(offset) => push_frame(offset, output),
            ValuePlace::FramePointer(offset) => push_register(self.frame_pointer, offset.into(), output),
            ValuePlace::Constant(bits) => {
                output.u8(CONSTU);
                output.unsigned(bits);
                return Ok(());
            }
        }
        if size > 8 {
            return Err(Untranslatable);
        }
        output.u8(DEREF_SIZE);
        output.u8(size);
        Ok(())
    }
}

/// Keeps the lower bytes of a number: code leaves anything in the upper half of registers.
fn mask(size: u8, output: &mut Buffer) {
    if size < 8 {
        output.u8(CONST4U);
        output.u32(u32::MAX);
        output.u8(AND);
    }
}

fn push_computed(computation: Computation, output: &mut Buffer) {
    let Computation { of, size, step, constant } = computation;
    match of {
        Holder::Register(register) => {
            push_register(register, 0, output);
            mask(size, output);
        }
        Holder::Frame(offset) => {
            push_frame(offset, output);
            output.u8(DEREF_SIZE);
            output.u8(size);
        }
    }
    output.u8(CONSTU);
    output.unsigned(constant);
    output.u8(match step {
        Step::Add => PLUS,
        Step::Subtract => MINUS,
        Step::Multiply => MUL,
        Step::And => AND,
        Step::Or => OR,
        Step::Xor => XOR,
        Step::ShiftLeft => SHL,
        Step::ShiftRight => SHR,
        Step::Remainder => MOD,
    });
}

/// Pushes what a register holds, and bytes more.
pub(super) fn push_register(register: u16, offset: i64, output: &mut Buffer) {
    if register < 32 {
        output.u8(BREG0 + register as u8);
    } else {
        output.u8(BREGX);
        output.unsigned(register.into());
    }
    output.signed(offset);
}

fn push_frame(offset: i32, output: &mut Buffer) {
    output.u8(CALL_FRAME_CFA);
    output.u8(CONSTS);
    output.signed(offset.into());
    output.u8(PLUS);
}
