//! `UNWIND_INFO` of Windows for x86-64 (Microsoft, "x64 exception handling").
//!
//! Cranelift's own leaves the scale of offsets out and refuses long prologues. A function of Cranelift's pushes rbp, makes
//! it the frame pointer, and then saves what its convention preserves below. Windows wants these places counted upwards
//! from a base, which is so many bytes below the frame pointer, and takes everything from there down for the function's own;
//! epilogues it knows by their instructions.

use cranelift_codegen::isa::unwind::UnwindInst;
use regalloc2::{PReg, RegClass};

// Operations.
const PUSH_NONVOLATILE: u8 = 0;
const ALLOCATE_LARGE: u8 = 1;
const ALLOCATE_SMALL: u8 = 2;
const SET_FRAME_POINTER: u8 = 3;
const SAVE_NONVOLATILE: u8 = 4;
const SAVE_XMM128: u8 = 8;

const VERSION: u8 = 1;
const RBP: u8 = 5;

/// The description of a function with these directions of Cranelift's, each with the offset behind its instruction.
pub(super) fn unwind_info(directions: &[(u32, UnwindInst)]) -> Vec<u8> {
    // Words of 16 bits: offset and operation first, then operands.
    let mut operations: Vec<Vec<u16>> = Vec::new();
    let mut prologue = 0;
    let mut frame_register = 0;
    // Bytes from the base to the lowest place where registers are saved.
    let mut padding = 0;
    for (offset, direction) in directions {
        // The field has a byte. So far behind, a prologue does nothing but save registers: debuggers know of those a few
        // instructions early.
        let at = u8::try_from(*offset).unwrap_or(u8::MAX);
        let head = |operation: u8, information: u8| u16::from_le_bytes([at, operation | information << 4]);
        match *direction {
            UnwindInst::PushFrameRegs { .. } => operations.push(vec![head(PUSH_NONVOLATILE, RBP)]),
            UnwindInst::DefineNewFrame { offset_downward_to_clobbers: below, .. } => {
                // At most 7 registers of 8 bytes and 10 of 16: 224, where the field has room for 15 times 16.
                let base = below.next_multiple_of(16).min(15 * 16);
                padding = base.saturating_sub(below);
                match base {
                    0 => {}
                    1..=128 => operations.push(vec![head(ALLOCATE_SMALL, (base / 8 - 1) as u8)]),
                    _ => operations.push(vec![head(ALLOCATE_LARGE, 0), (base / 8) as u16]),
                }
                operations.push(vec![head(SET_FRAME_POINTER, 0)]);
                frame_register = RBP | ((base / 16) as u8) << 4;
            }
            UnwindInst::SaveReg { clobber_offset, reg } => {
                let place = padding + clobber_offset;
                let register = PReg::from(reg);
                operations.push(match register.class() {
                    RegClass::Int => vec![head(SAVE_NONVOLATILE, register.hw_enc() as u8), (place / 8) as u16],
                    _ => vec![head(SAVE_XMM128, register.hw_enc() as u8), (place / 16) as u16],
                });
            }
            // What else the function takes of the stack is of no account once there is a frame pointer.
            _ => continue,
        }
        prologue = at;
    }
    let count: usize = operations.iter().map(Vec::len).sum();
    let mut info = vec![VERSION, prologue, count as u8, frame_register];
    // The last operation comes first.
    for word in operations.iter().rev().flatten() {
        info.extend(word.to_le_bytes());
    }
    info.resize(info.len().next_multiple_of(4), 0);
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUSH: (u32, UnwindInst) = (1, UnwindInst::PushFrameRegs { offset_upward_to_caller_sp: 16 });

    fn frame(clobbers: u32) -> (u32, UnwindInst) {
        let frame =
            UnwindInst::DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: clobbers };
        (4, frame)
    }

    #[test]
    fn a_frame_pointer_alone() {
        assert_eq!(unwind_info(&[PUSH, frame(0)]), [1, 4, 2, 5, 4, 3, 1, 0x50]);
        assert_eq!(unwind_info(&[]), [1, 0, 0, 0]);
    }

    #[test]
    fn saved_registers_are_counted_from_the_base() {
        let save = |offset, number, class, clobber_offset| {
            let reg = PReg::new(number, class).into();
            (offset, UnwindInst::SaveReg { clobber_offset, reg })
        };
        // rbx and xmm6 in 24 bytes: the base is 32 below the frame pointer, 8 below them.
        let directions = [PUSH, frame(24), save(13, 3, RegClass::Int, 0), save(900, 6, RegClass::Float, 8)];
        let expected = [1, 255, 7, 0x25, 255, 0x68, 1, 0, 13, 0x34, 1, 0, 4, 3, 4, 0x32, 1, 0x50, 0, 0];
        assert_eq!(unwind_info(&directions), expected);
        // 224 bytes, the most that there can be.
        assert_eq!(unwind_info(&[PUSH, frame(224)]), [1, 4, 4, 0xe5, 4, 3, 4, 1, 28, 0, 1, 0x50]);
    }
}
