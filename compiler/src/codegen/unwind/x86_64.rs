//! DWARF rows for x86-64, epilogues included, which Cranelift's leave out (DWARF 5, 6.4.2).

use cranelift_codegen::isa::unwind::UnwindInst;
use gimli::X86_64;
use gimli::write::CallFrameInstruction;

/// `mov %rsp, %rbp`.
const MOVE_TO_FRAME: [u8; 3] = [0x48, 0x89, 0xe5];
/// `mov %rbp, %rsp; pop %rbp`: what leaves a frame. Nothing else that Cranelift emits has these bytes but an immediate
/// operand; were there such a one, the few bytes behind it would be described wrongly, to debuggers only.
const LEAVE: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];

/// The canonical frame address is that of the entry, 8 above the return address, from the first instruction to the last.
/// A function that makes tail calls with more stack arguments than it got makes room for them first, and moves the
/// return address and the saved frame pointer down by `growth`.
pub(super) fn rows(
    directions: &[(u32, UnwindInst)],
    code: &[u8],
    register: impl Fn(cranelift_codegen::Reg) -> Result<gimli::Register, String>,
) -> Result<Vec<(u32, CallFrameInstruction)>, String> {
    use CallFrameInstruction::{Cfa, CfaOffset, CfaRegister, Offset, RememberState, Restore, RestoreState};
    let mut rows = Vec::new();
    let (mut growth, mut clobbers) = (0, 0);
    let mut pushed = 0;
    for (offset, direction) in directions {
        match *direction {
            UnwindInst::PushFrameRegs { offset_upward_to_caller_sp } => {
                pushed = *offset;
                rows.push((pushed, CfaOffset(offset_upward_to_caller_sp as i32)));
                rows.push((pushed, Offset(X86_64::RBP, -16)));
            }
            UnwindInst::DefineNewFrame { offset_upward_to_caller_sp, offset_downward_to_clobbers } => {
                growth = offset_upward_to_caller_sp as i32 - 16;
                clobbers = offset_upward_to_caller_sp as i32 + offset_downward_to_clobbers as i32;
                if growth > 0 {
                    rows.push((after_growth(code, pushed), CfaOffset(16 + growth)));
                    rows.push((*offset, Offset(X86_64::RBP, -16 - growth)));
                    rows.push((*offset, Offset(X86_64::RA, -8 - growth)));
                }
                rows.push((*offset, CfaRegister(X86_64::RBP)));
            }
            UnwindInst::SaveReg { clobber_offset, reg } => {
                rows.push((*offset, Offset(register(reg.into())?, clobber_offset as i32 - clobbers)));
            }
            // The stack pointer is of no account once there is a frame pointer; the rest is for other processors.
            _ => {}
        }
    }
    for position in (0..code.len().saturating_sub(LEAVE.len())).filter(|&at| code[at..].starts_with(&LEAVE)) {
        let start = position + LEAVE.len();
        let leaving = Leaving::parse(&code[start..]);
        let at = start as u32;
        rows.push((at, RememberState));
        rows.push((at, Cfa(X86_64::RSP, 8 + growth)));
        rows.push((at, Restore(X86_64::RBP)));
        if let Some((offset, shrinkage)) = leaving.shrinks {
            rows.push((at + offset, Cfa(X86_64::RSP, 8 + growth - shrinkage)));
            rows.push((at + offset, Offset(X86_64::RA, -8 - growth + shrinkage)));
        }
        let end = at + leaving.length;
        if (end as usize) < code.len() {
            rows.push((end, RestoreState));
        }
    }
    Ok(rows)
}

/// Offset of the instruction behind `sub $growth, %rsp`, which follows `push %rbp; mov %rsp, %rbp`.
fn after_growth(code: &[u8], pushed: u32) -> u32 {
    let at = pushed as usize + MOVE_TO_FRAME.len();
    let short = code.get(at + 1) == Some(&0x83);
    at as u32 + if short { 4 } else { 7 }
}

/// What comes after a frame is left: `ret`, or moving the return address up, and a jump.
struct Leaving {
    /// In bytes.
    length: u32,
    /// From this offset on, the stack pointer is so many bytes higher, and the return address is where it points.
    shrinks: Option<(u32, i32)>,
}

impl Leaving {
    fn parse(code: &[u8]) -> Leaving {
        match code {
            [0xc3, ..] => return Leaving { length: 1, shrinks: None },
            [0xc2, ..] => return Leaving { length: 3, shrinks: None },
            _ => {}
        }
        // `mov (%rsp), %r11; mov %r11, d(%rsp); add $d, %rsp`, with d in one or four bytes.
        let mut position = 0;
        let mut shrinks = None;
        if let [0x4c, 0x8b, 0x1c, 0x24, 0x4c, 0x89, mode @ (0x5c | 0x9c), 0x24, rest @ ..] = code {
            let store = if *mode == 0x5c { 1 } else { 4 };
            let (add, shrinkage) = match rest.get(store..) {
                Some([0x48, 0x83, 0xc4, byte, ..]) => (4, i32::from(*byte as i8)),
                Some([0x48, 0x81, 0xc4, a, b, c, d, ..]) => (7, i32::from_le_bytes([*a, *b, *c, *d])),
                _ => (0, 0),
            };
            position = 8 + store + add;
            shrinks = Some((position as u32, shrinkage));
        }
        Leaving { length: position as u32 + jump_length(&code[position.min(code.len())..]), shrinks }
    }
}

/// Length of `jmp target`, `jmp *%reg` or `jmp *offset(%reg)`.
fn jump_length(code: &[u8]) -> u32 {
    let (prefix, code) = match code {
        [0x41, rest @ ..] => (1, rest),
        _ => (0, code),
    };
    prefix
        + match code {
            [0xe9, ..] => 5,
            [0xff, mode, ..] => {
                let base = if mode & 7 == 4 && mode >> 6 != 3 { 3 } else { 2 };
                match mode >> 6 {
                    1 => base + 1,
                    2 => base + 4,
                    0 if mode & 7 == 5 => base + 4,
                    _ => base,
                }
            }
            _ => 1,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaving(code: &[u8]) -> (u32, Option<(u32, i32)>) {
        let leaving = Leaving::parse(code);
        (leaving.length, leaving.shrinks)
    }

    #[test]
    fn ways_to_leave_a_frame() {
        assert_eq!(leaving(&[0xc3, 0x90]), (1, None));
        assert_eq!(leaving(&[0xc2, 0x30, 0]), (3, None));
        assert_eq!(leaving(&[0xe9, 0, 0, 0, 0]), (5, None));
        assert_eq!(leaving(&[0x41, 0xff, 0xe2]), (3, None));
        let mut moved = vec![0x4c, 0x8b, 0x1c, 0x24, 0x4c, 0x89, 0x5c, 0x24, 0x30, 0x48, 0x83, 0xc4, 0x30];
        moved.extend([0x41, 0xff, 0xe2]);
        assert_eq!(leaving(&moved), (16, Some((13, 0x30))));
        assert_eq!(leaving(&[]), (1, None));
    }
}
