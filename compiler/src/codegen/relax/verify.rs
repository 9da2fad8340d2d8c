//! Compares relaxed code with what it was made of, instruction by instruction: for tests, and wherever assertions are compiled in.

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind};

use super::parse::Parsed;
use super::{Moves, Relaxed};

/// Whether relaxed code does what the code did that was parsed; if not, where in that it differs first.
pub(super) fn compare(code: &[u8], relocations: &[u32], parsed: &Parsed, relaxed: &Relaxed) -> Result<(), u32> {
    let Relaxed { code: new, moves, .. } = relaxed;
    let mut at = 0;
    while at < parsed.code_end {
        if let Some((start, end)) = parsed.tables.iter().find(|(start, _)| *start == at) {
            for position in (*start..*end).step_by(4) {
                let target = start.wrapping_add_signed(word(code, position).ok_or(at)?);
                let found = moves.start(*start).wrapping_add_signed(word(new, moves.start(position)).ok_or(at)?);
                if found != moves.start(target) {
                    return Err(position);
                }
            }
            at = *end;
            continue;
        }
        let old = decode(code, at);
        let end = old.next_ip() as u32;
        let (start, new_end) = (moves.start(at), moves.end(end));
        let other = decode(new, start);
        let next = relocations.partition_point(|position| *position < at);
        let is_relocated = relocations.get(next).is_some_and(|position| *position < end);
        let is_right = if is_relocated {
            code.get(at as usize..end as usize) == new.get(start as usize..new_end as usize)
        } else {
            is_same(&old, &other, moves) && other.next_ip() == u64::from(new_end)
        };
        if !is_right {
            return Err(at);
        }
        // What is passed on the way to the next does nothing.
        let (mut between, next) = (new_end, moves.start(end));
        while end < parsed.code_end && between < next {
            let padding = decode(new, between);
            if padding.mnemonic() != Mnemonic::Nop {
                return Err(at);
            }
            between = padding.next_ip() as u32;
        }
        at = end;
    }
    let constants = parsed.data_start;
    let found = new.get(moves.start(constants) as usize..);
    if code.get(constants as usize..) == found { Ok(()) } else { Err(constants) }
}

fn word(code: &[u8], position: u32) -> Option<i32> {
    Some(i32::from_le_bytes(*code.get(position as usize..)?.first_chunk()?))
}

fn decode(code: &[u8], at: u32) -> Instruction {
    let rest = code.get(at as usize..).unwrap_or_default();
    Decoder::with_ip(64, rest, at.into(), DecoderOptions::NONE).decode()
}

/// Whether an instruction is another at its new place, and refers to what has moved where it was to be.
fn is_same(old: &Instruction, new: &Instruction, moves: &Moves) -> bool {
    if old.mnemonic() != new.mnemonic() || old.op_count() != new.op_count() {
        return false;
    }
    // The `test` of a register became that of its low byte.
    let is_test = old.mnemonic() == Mnemonic::Test;
    let moved = |address: u64| u64::from(moves.start(address as u32));
    (0..old.op_count()).all(|number| match (old.op_kind(number), new.op_kind(number)) {
        (OpKind::Register, OpKind::Register) => {
            let (old, new) = (old.op_register(number), new.op_register(number));
            old == new || is_test && old.full_register() == new.full_register()
        }
        (OpKind::NearBranch64, OpKind::NearBranch64) => moved(old.near_branch_target()) == new.near_branch_target(),
        (OpKind::Memory, OpKind::Memory) if old.is_ip_rel_memory_operand() => {
            new.is_ip_rel_memory_operand() && moved(old.ip_rel_memory_address()) == new.ip_rel_memory_address()
        }
        (OpKind::Memory, OpKind::Memory) => {
            let parts = |it: &Instruction| {
                let registers = (it.segment_prefix(), it.memory_base(), it.memory_index(), it.memory_index_scale());
                (registers, it.memory_displacement64(), it.memory_size(), it.has_lock_prefix())
            };
            parts(old) == parts(new)
        }
        // The other is extended with its sign.
        _ => old.try_immediate(number).ok().map(|it| it as u32) == new.try_immediate(number).ok().map(|it| it as u32),
    })
}
