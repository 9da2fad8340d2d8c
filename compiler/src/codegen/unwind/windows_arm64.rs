//! How to unwind on Windows for AArch64: codes that undo a prologue (Microsoft, "ARM64 exception handling").
//!
//! A function of Cranelift's saves x29 and x30, makes x29 the frame pointer, and saves what its convention preserves below.
//! What else it takes of the stack Cranelift does not tell, and it does not matter: the codes say that the frame pointer was made
//! last, at a distance above the saved registers. So they hold behind the prologue, and at its first instructions where no
//! registers are saved below; a debugger that stops in the prologue of others may show a wrong caller.

use cranelift_codegen::isa::unwind::UnwindInst;
use regalloc2::{PReg, RegClass};

const SET_FP: u8 = 0xe1;
const ADD_FP: u8 = 0xe2;
const END: u8 = 0xe4;
const SAVE_FPLR: u8 = 0x40;
const SAVE_FPLR_BEFORE: u8 = 0x80;
const ALLOCATE_MEDIUM: u16 = 0xc000;
const SAVE_REGISTER: u16 = 0xd000;
const SAVE_FLOAT_REGISTER: u16 = 0xdc00;

/// The codes for a function with these directions of Cranelift's.
pub(super) fn unwind_codes(directions: &[(u32, UnwindInst)]) -> Vec<u8> {
    let mut has_frame = false;
    let (mut below, mut arguments) = (0, 0);
    // Registers, with their distance above the lowest.
    let mut saved = Vec::new();
    for (_, direction) in directions {
        match *direction {
            UnwindInst::PushFrameRegs { .. } => has_frame = true,
            UnwindInst::DefineNewFrame { offset_downward_to_clobbers, .. } => below = offset_downward_to_clobbers,
            // Before the frame is defined, for the arguments of tail calls: x29 and x30 move down.
            UnwindInst::StackAlloc { size } => arguments = size,
            UnwindInst::SaveReg { clobber_offset, reg } => saved.push((clobber_offset, PReg::from(reg))),
            _ => {}
        }
    }
    let mut codes = Vec::new();
    if has_frame {
        if below == 0 {
            codes.push(SET_FP);
        } else {
            codes.extend([ADD_FP, (below / 8) as u8]);
            for (offset, register) in saved {
                // x19 to x28, d8 to d15: each field has room for them, and for the distance of all.
                let (code, first) = match register.class() {
                    RegClass::Int => (SAVE_REGISTER, 19),
                    _ => (SAVE_FLOAT_REGISTER, 8),
                };
                let number = (register.hw_enc() as u16).saturating_sub(first);
                codes.extend((code | number << 6 | (offset / 8) as u16).to_be_bytes());
            }
            codes.extend((ALLOCATE_MEDIUM | (below / 16) as u16).to_be_bytes());
        }
        if arguments == 0 {
            codes.push(SAVE_FPLR_BEFORE | 1);
        } else {
            codes.push(SAVE_FPLR);
            // In units of 16 bytes, 24 bits of them.
            codes.extend((0xe000_0000 | ((arguments + 16) / 16)).to_be_bytes());
        }
    }
    codes.push(END);
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUSH: (u32, UnwindInst) = (4, UnwindInst::PushFrameRegs { offset_upward_to_caller_sp: 16 });

    fn frame(clobbers: u32) -> (u32, UnwindInst) {
        let frame =
            UnwindInst::DefineNewFrame { offset_upward_to_caller_sp: 16, offset_downward_to_clobbers: clobbers };
        (8, frame)
    }

    #[test]
    fn a_frame_pointer_alone() {
        assert_eq!(unwind_codes(&[PUSH, frame(0)]), [0xe1, 0x81, 0xe4]);
        assert_eq!(unwind_codes(&[]), [0xe4]);
        // 32 bytes of arguments for a tail call.
        let arguments = (12, UnwindInst::StackAlloc { size: 32 });
        assert_eq!(unwind_codes(&[PUSH, arguments, frame(0)]), [0xe1, 0x40, 0xe0, 0, 0, 3, 0xe4]);
    }

    #[test]
    fn saved_registers_are_found_below_it() {
        let save = |number, class, clobber_offset| {
            let reg = PReg::new(number, class).into();
            (12, UnwindInst::SaveReg { clobber_offset, reg })
        };
        // x19, x20 and d8 in 32 bytes: add fp, sp, #32; the registers; 32 bytes of the stack; x29 and x30.
        let directions =
            [PUSH, frame(32), save(19, RegClass::Int, 16), save(20, RegClass::Int, 24), save(8, RegClass::Float, 0)];
        let expected = [0xe2, 4, 0xd0, 0x02, 0xd0, 0x43, 0xdc, 0x00, 0xc0, 0x02, 0x81, 0xe4];
        assert_eq!(unwind_codes(&directions), expected);
    }
}
