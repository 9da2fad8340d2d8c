//! Reads machine code for what can be written shorter, and for what refers to places in it.

use iced_x86::{Code, ConstantOffsets, Decoder, DecoderOptions, FlowControl, Instruction};

/// What a function's machine code is made of, as far as relaxation changes it; all positions are offsets in it.
#[derive(Default)]
pub(super) struct Parsed {
    /// Jumps to places in the function, in order.
    pub jumps: Vec<Jump>,
    /// Other instructions that can be shorter, in order.
    pub shorter: Vec<Shorter>,
    /// Operands of 32 bits that say how far from the end of their instruction something in the function is.
    pub references: Vec<Reference>,
    /// Tables of distances from their own start, 32 bits each, in order.
    pub tables: Vec<(u32, u32)>,
    /// The end of the instructions, and the start of the constants behind them, which the padding between separates.
    pub code_end: u32,
    pub data_start: u32,
}

/// `jmp`, or a conditional jump.
pub(super) struct Jump {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    /// Of the form with 8 bits of distance.
    pub opcode: u8,
}

/// An instruction with an immediate operand that needs less room.
pub(super) struct Shorter {
    pub start: u32,
    pub end: u32,
    bytes: [u8; 15],
    length: u8,
}

/// An operand relative to the instruction pointer.
pub(super) struct Reference {
    /// Of the operand.
    pub position: u32,
    /// Of the instruction.
    pub end: u32,
    pub target: u32,
}

impl Shorter {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Reads the machine code of a function, with the positions that are relocated and those where basic blocks start, both
/// ascending. `None` where it holds something that is not understood.
pub(super) fn parse(code: &[u8], relocations: &[u32], blocks: &[u32]) -> Option<Parsed> {
    let mut parsed = Parsed::default();
    // Where constants begin, as far as instructions refer to them.
    let mut constants = u32::try_from(code.len()).ok()?;
    // What `lea` asked for: tables of the next indirect jump, or constants.
    let mut addresses = Vec::new();
    let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let (mut relocations, mut blocks) = (relocations.iter().peekable(), blocks.iter().peekable());
    let mut at = 0;
    loop {
        let data = addresses.iter().copied().fold(constants, u32::min);
        let rest = code.get(at as usize..data as usize)?;
        if rest.is_empty() || is_padding(rest) {
            (parsed.code_end, parsed.data_start) = (at, data);
            break;
        }
        // Blocks start with instructions.
        if blocks.next_if(|block| **block <= at).is_some_and(|block| *block != at) {
            return None;
        }
        decoder.decode_out(&mut instruction);
        let end = u32::try_from(instruction.next_ip()).ok()?;
        let bytes = code.get(at as usize..end as usize).filter(|_| !instruction.is_invalid())?;
        let flow = instruction.flow_control();
        if relocations.next_if(|position| **position < end).is_some() {
            // The linker wants it as it is.
        } else if instruction.is_jmp_short_or_near() || instruction.is_jcc_short_or_near() {
            let target = u32::try_from(instruction.near_branch_target()).ok()?;
            let opcode = match *bytes {
                [JUMP, ..] => SHORT_JUMP,
                [TWO_BYTES, second, ..] => second.checked_sub(LONG_CONDITIONAL - SHORT_CONDITIONAL)?,
                _ => return None,
            };
            parsed.jumps.push(Jump { start: at, end, target, opcode });
        } else if matches!(flow, FlowControl::Call | FlowControl::ConditionalBranch) {
            return None;
        } else if instruction.is_ip_rel_memory_operand() {
            let target = u32::try_from(instruction.ip_rel_memory_address()).ok().filter(|target| *target >= end)?;
            let operand = decoder.get_constant_offsets(&instruction).displacement_offset() as u32;
            parsed.references.push(Reference { position: at + operand, end, target });
            match instruction.code() {
                Code::Lea_r64_m if addresses.contains(&target) => {}
                Code::Lea_r64_m => addresses.push(target),
                _ => constants = constants.min(target),
            }
        } else if let Some((bytes, length)) = shorten(bytes, &decoder.get_constant_offsets(&instruction)) {
            parsed.shorter.push(Shorter { start: at, end, bytes, length });
        }
        at = end;
        if flow == FlowControl::IndirectBranch && addresses.contains(&at) {
            addresses.retain(|address| *address != at);
            // Behind a table is the next block.
            let end = **blocks.peek()?;
            if end <= at || (end - at) % 4 != 0 {
                return None;
            }
            parsed.tables.push((at, end));
            at = end;
            decoder.set_position(at as usize).ok()?;
            decoder.set_ip(at.into());
        }
    }
    (relocations.next().is_none() && blocks.next().is_none()).then_some(parsed)
}

/// Whether there is nothing up to the constants but the zeros that align them.
fn is_padding(code: &[u8]) -> bool {
    /// The largest alignment of a constant.
    const LIMIT: usize = 64;
    code.len() < LIMIT && code.iter().all(|byte| *byte == 0)
}

// Opcodes (Intel SDM volume 2, A.3): with 32 bits, and with 8.
const JUMP: u8 = 0xe9;
const SHORT_JUMP: u8 = 0xeb;
const TWO_BYTES: u8 = 0x0f;
const LONG_CONDITIONAL: u8 = 0x80;
const SHORT_CONDITIONAL: u8 = 0x70;
const ARITHMETIC: u8 = 0x81;
const SHORT_ARITHMETIC: u8 = 0x83;
const MULTIPLY: u8 = 0x69;
const SHORT_MULTIPLY: u8 = 0x6b;
/// `test`, `not`, `neg` and more, which the operand byte tells.
const UNARY: u8 = 0xf7;
const UNARY_BYTE: u8 = 0xf6;

/// `0100WRXB` (Intel SDM volume 2, 2.2.1).
const REX: u8 = 0x40;
const REX_W: u8 = 8;

/// An instruction with a smaller immediate operand, if it has one of 32 bits that fits: the instruction and its length.
fn shorten(bytes: &[u8], offsets: &ConstantOffsets) -> Option<([u8; 15], u8)> {
    let immediate = offsets.immediate_offset();
    if offsets.immediate_size() != 4 || immediate + 4 != bytes.len() {
        return None;
    }
    let value = i32::from_le_bytes(bytes[immediate..].try_into().ok()?);
    let byte = i8::try_from(value).ok()? as u8;
    let mut short = [0; 15];
    short.get_mut(..immediate)?.copy_from_slice(&bytes[..immediate]);
    let is_prefix = |byte: &u8| matches!(byte, 0xf0 | 0xf2 | 0xf3 | 0x64 | 0x65);
    let prefixes = bytes.iter().take_while(|byte| is_prefix(byte)).count();
    let rex = (bytes.get(prefixes)? & 0xf0 == REX).then_some(prefixes);
    let opcode = prefixes + usize::from(rex.is_some());
    let mut length = immediate;
    match bytes[opcode] {
        ARITHMETIC => short[opcode] = SHORT_ARITHMETIC,
        MULTIPLY => short[opcode] = SHORT_MULTIPLY,
        // `test` of a register: with the upper bits zero, those of the operand matter to no flag.
        UNARY if value >= 0 && bytes[opcode + 1] & 0xf8 == 0xc0 => {
            short[opcode] = UNARY_BYTE;
            match rex {
                Some(rex) => short[rex] &= !REX_W,
                // Without it, numbers from 4 mean ah and the like.
                None if bytes[opcode + 1] & 7 >= 4 => {
                    short.copy_within(opcode..immediate, opcode + 1);
                    short[opcode] = REX;
                    length += 1;
                }
                None => {}
            }
        }
        _ => return None,
    }
    *short.get_mut(length)? = byte;
    Some((short, length as u8 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(code: &[u8]) -> Option<Vec<u8>> {
        let parsed = parse(code, &[], &[0]).expect("these are instructions");
        parsed.shorter.first().map(|shorter| shorter.bytes().to_vec())
    }

    #[test]
    fn immediate_operands_of_a_byte() {
        // add $2, %ebx; cmp $-1, %r9; imul $7, %eax, %eax; lock add $1, 8(%rdi).
        assert_eq!(shortened(&[0x81, 0xc3, 2, 0, 0, 0]), Some(vec![0x83, 0xc3, 2]));
        assert_eq!(shortened(&[0x49, 0x81, 0xf9, 0xff, 0xff, 0xff, 0xff]), Some(vec![0x49, 0x83, 0xf9, 0xff]));
        assert_eq!(shortened(&[0x69, 0xc0, 7, 0, 0, 0]), Some(vec![0x6b, 0xc0, 7]));
        assert_eq!(shortened(&[0xf0, 0x81, 0x47, 8, 1, 0, 0, 0]), Some(vec![0xf0, 0x83, 0x47, 8, 1]));
        // add $128, %ebx; mov $1, %ebx; movl $1, (%rax); not %eax.
        for kept in [&[0x81, 0xc3, 0x80, 0, 0, 0][..], &[0xbb, 1, 0, 0, 0], &[0xc7, 0, 1, 0, 0, 0], &[0xf7, 0xd0]] {
            assert_eq!(shortened(kept), None);
        }
    }

    #[test]
    fn tests_of_low_bits() {
        // test $7 with %esi, %ecx, %r9d, %rax; not $128, nor in memory.
        assert_eq!(shortened(&[0xf7, 0xc6, 7, 0, 0, 0]), Some(vec![0x40, 0xf6, 0xc6, 7]));
        assert_eq!(shortened(&[0xf7, 0xc1, 7, 0, 0, 0]), Some(vec![0xf6, 0xc1, 7]));
        assert_eq!(shortened(&[0x41, 0xf7, 0xc1, 7, 0, 0, 0]), Some(vec![0x41, 0xf6, 0xc1, 7]));
        assert_eq!(shortened(&[0x48, 0xf7, 0xc0, 7, 0, 0, 0]), Some(vec![0x40, 0xf6, 0xc0, 7]));
        assert_eq!(shortened(&[0xf7, 0xc1, 0x80, 0, 0, 0]), None);
        assert_eq!(shortened(&[0xf7, 0xc1, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(shortened(&[0xf7, 0x01, 7, 0, 0, 0]), None);
    }
}
