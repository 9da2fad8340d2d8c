//! Decides how long jumps are and where loops are padded, and writes the code so.

use super::Relaxed;
use super::moves::{Move, Moves};
use super::parse::{Jump, Parsed};

/// Bytes of a line of the caches for instructions, decoded or not.
const LINE: u32 = 64;
/// The longest loop that is padded, in bytes: what a longer one gains or loses by where it is, no rule was found for.
const LONGEST: u32 = 4 * LINE;
/// Bytes of a short jump.
const SHORT: u32 = 2;

/// Something that changes the length of the code.
enum Edit {
    /// The jump with this number, short if it reaches.
    Jump(usize),
    /// The instruction with this number in `Parsed::shorter`.
    Shorter(usize),
    /// In front of the loop with this number.
    Pad(usize),
    /// Between instructions and constants.
    Data,
}

impl Edit {
    /// Whether it is in front of what begins at its offset, and so behind what ends there.
    fn is_padding(&self) -> bool {
        matches!(self, Edit::Pad(_) | Edit::Data)
    }
}

/// A loop without others in it.
struct Loop {
    start: u32,
    end: u32,
}

/// The function's code while it is arranged.
struct Layout<'p> {
    parsed: &'p Parsed,
    loops: Vec<Loop>,
    /// With the offsets from which they move what follows, in order.
    edits: Vec<(u32, Edit)>,
    moves: Moves,
    /// Which jumps are long after all.
    is_long: Vec<bool>,
    /// Of the function, in bytes.
    alignment: u32,
    /// Bytes of the code as it was.
    length: u32,
}

/// Lays out what was parsed; `None` where a jump goes into the middle of something.
pub(super) fn arrange(code: &[u8], parsed: &Parsed, alignment: u32, align_loops: bool) -> Option<Relaxed> {
    let loops = if align_loops { innermost(&parsed.jumps) } else { Vec::new() };
    let alignment = if loops.is_empty() { alignment } else { alignment.max(LINE) };
    let mut edits: Vec<(u32, Edit)> = Vec::new();
    edits.extend(parsed.jumps.iter().enumerate().map(|(number, jump)| (jump.end, Edit::Jump(number))));
    edits.extend(parsed.shorter.iter().enumerate().map(|(number, shorter)| (shorter.end, Edit::Shorter(number))));
    edits.extend(loops.iter().enumerate().map(|(number, it)| (it.start, Edit::Pad(number))));
    edits.push((parsed.data_start, Edit::Data));
    // What ends somewhere ends before the padding of what begins there.
    edits.sort_by_key(|(from, edit)| (*from, edit.is_padding()));
    let is_long = vec![false; parsed.jumps.len()];
    let length = u32::try_from(code.len()).ok()?;
    let mut layout = Layout { parsed, loops, edits, moves: Moves::default(), is_long, alignment, length };
    layout.settle();
    layout.write(code)
}

/// The loops that have no other in them, in order: from the target of a jump backwards to the last such jump.
fn innermost(jumps: &[Jump]) -> Vec<Loop> {
    let mut loops: Vec<Loop> = jumps
        .iter()
        .filter(|jump| jump.target <= jump.start)
        .map(|jump| Loop { start: jump.target, end: jump.end })
        .collect();
    loops.sort_unstable_by_key(|it| (it.start, it.end));
    let mut merged: Vec<Loop> = Vec::new();
    for it in loops {
        match merged.last_mut() {
            Some(last) if last.start == it.start => last.end = it.end,
            // What goes on behind the next start is around it.
            Some(last) if it.start < last.end => *last = it,
            _ => merged.push(it),
        }
    }
    merged
}

impl Layout<'_> {
    /// Starts with all jumps short; those that do not reach get long, which never makes another shorter.
    fn settle(&mut self) {
        /// Where each round finds but a few more, all that are left are made long.
        const ROUNDS: u32 = 32;
        for round in 0.. {
            let moves = self.measure();
            let mut is_settled = true;
            for (jump, is_long) in self.parsed.jumps.iter().zip(&mut self.is_long).filter(|(_, is_long)| !**is_long) {
                let distance = i64::from(moves.start(jump.target)) - i64::from(moves.end(jump.end));
                *is_long = round >= ROUNDS || i8::try_from(distance).is_err();
                is_settled &= !*is_long;
            }
            if is_settled {
                self.moves = moves;
                return;
            }
        }
    }

    /// Where everything goes with the jumps as long as they are now.
    fn measure(&self) -> Moves {
        // Loops have no padding in them, so that their length is known without any.
        let unpadded = Moves::new(self.moves(|_, _| 0));
        if self.loops.is_empty() {
            return unpadded;
        }
        let lengths: Vec<u32> = self.loops.iter().map(|it| unpadded.end(it.end) - unpadded.start(it.start)).collect();
        Moves::new(self.moves(|number, position| padding(position, lengths[number])))
    }

    /// The same, with so much padding for a loop and where it would be without.
    fn moves(&self, padding: impl Fn(usize, u32) -> u32) -> Vec<Move> {
        let mut distance = 0;
        let moved = |&(from, ref edit): &(u32, Edit)| {
            let position = from.wrapping_add_signed(distance);
            distance += match *edit {
                Edit::Jump(number) if self.is_long[number] => 0,
                Edit::Jump(number) => {
                    signed(SHORT) - signed(self.parsed.jumps[number].end - self.parsed.jumps[number].start)
                }
                Edit::Shorter(number) => {
                    let shorter = &self.parsed.shorter[number];
                    shorter.bytes().len() as i32 - signed(shorter.end - shorter.start)
                }
                Edit::Pad(number) => signed(padding(number, position)),
                Edit::Data => signed(self.data(distance)) - signed(self.parsed.data_start - self.parsed.code_end),
            };
            Move { from, is_padded: edit.is_padding(), distance }
        };
        self.edits.iter().map(moved).collect()
    }

    /// Bytes between code that moved so far and constants, which are as far from a multiple of the alignment as they were.
    fn data(&self, distance: i32) -> u32 {
        let Parsed { code_end, data_start, .. } = *self.parsed;
        if data_start == self.length {
            0
        } else {
            data_start.wrapping_sub(code_end.wrapping_add_signed(distance)) % self.alignment
        }
    }

    /// Where something in the function is now; `None` for the middle of what changed.
    fn place(&self, target: u32) -> Option<u32> {
        let next = self.edits.partition_point(|(from, _)| *from <= target);
        let start = self.edits.get(next).map(|(from, edit)| match *edit {
            Edit::Jump(number) => self.parsed.jumps[number].start,
            Edit::Shorter(number) => self.parsed.shorter[number].start,
            Edit::Pad(_) => *from,
            Edit::Data => self.parsed.code_end,
        });
        (target <= start.unwrap_or(self.length)).then(|| self.moves.start(target))
    }

    /// The code as it is arranged.
    fn write(self, code: &[u8]) -> Option<Relaxed> {
        let mut written = Vec::with_capacity(code.len());
        let mut at = 0;
        for &(from, ref edit) in &self.edits {
            match *edit {
                Edit::Jump(number) => {
                    let jump = &self.parsed.jumps[number];
                    let distance = i64::from(self.place(jump.target)?) - i64::from(self.moves.end(jump.end));
                    written.extend(code.get(at..jump.start as usize)?);
                    if self.is_long[number] {
                        let operand = (jump.end - 4) as usize;
                        written.extend(code.get(jump.start as usize..operand)?);
                        written.extend(i32::try_from(distance).ok()?.to_le_bytes());
                    } else {
                        written.extend([jump.opcode, i8::try_from(distance).ok()? as u8]);
                    }
                }
                Edit::Shorter(number) => {
                    let shorter = &self.parsed.shorter[number];
                    written.extend(code.get(at..shorter.start as usize)?);
                    written.extend(shorter.bytes());
                }
                Edit::Pad(_) => {
                    written.extend(code.get(at..from as usize)?);
                    let padded = self.moves.start(from) as usize;
                    written.extend(nops(padded.checked_sub(written.len())?));
                }
                Edit::Data => {
                    written.extend(code.get(at..self.parsed.code_end as usize)?);
                    written.resize(self.moves.start(from) as usize, 0);
                }
            }
            at = from as usize;
        }
        written.extend(code.get(at..)?);
        self.link(code, &mut written)?;
        Some(Relaxed { code: written, alignment: self.alignment, moves: self.moves })
    }

    /// Adjusts what says how far something in the function is away, but for jumps.
    fn link(&self, code: &[u8], written: &mut [u8]) -> Option<()> {
        let mut put = |position: u32, value: i64| {
            let bytes = written.get_mut(position as usize..)?.first_chunk_mut()?;
            *bytes = i32::try_from(value).ok()?.to_le_bytes();
            Some(())
        };
        for reference in &self.parsed.references {
            let target = i64::from(self.place(reference.target)?);
            put(self.moves.start(reference.position), target - i64::from(self.moves.end(reference.end)))?;
        }
        for &(start, end) in &self.parsed.tables {
            let table = i64::from(self.moves.start(start));
            for position in (start..end).step_by(4) {
                let distance = i32::from_le_bytes(*code.get(position as usize..)?.first_chunk()?);
                let target = self.place(start.checked_add_signed(distance)?)?;
                put(self.moves.start(position), i64::from(target) - table)?;
            }
        }
        Some(())
    }
}

/// Bytes to leave out in front of a loop of a length, so that it touches as few lines as it can.
fn padding(position: u32, length: u32) -> u32 {
    let behind = position % LINE;
    if length <= LONGEST && behind + length > length.next_multiple_of(LINE) { LINE - behind } else { 0 }
}

/// A length, of which code whose distances have 32 bits has none that does not fit.
fn signed(bytes: u32) -> i32 {
    bytes as i32
}

/// Instructions that do nothing, as few as there can be (Intel SDM volume 2, `NOP`).
fn nops(mut length: usize) -> Vec<u8> {
    const FORMS: [&[u8]; 9] = [
        &[0x90],
        &[0x66, 0x90],
        &[0x0f, 0x1f, 0x00],
        &[0x0f, 0x1f, 0x40, 0],
        &[0x0f, 0x1f, 0x44, 0, 0],
        &[0x66, 0x0f, 0x1f, 0x44, 0, 0],
        &[0x0f, 0x1f, 0x80, 0, 0, 0, 0],
        &[0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
        &[0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
    ];
    let mut bytes = Vec::with_capacity(length);
    while length > 0 {
        let form = FORMS[length.min(FORMS.len()) - 1];
        bytes.extend(form);
        length -= form.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::verify;
    use super::*;

    /// Lays out code whose blocks start at these offsets, and compares what comes out with what went in.
    fn relaxed(code: &[u8], blocks: &[u32]) -> Relaxed {
        let parsed = parse(code, &[], blocks).expect("this is code");
        let relaxed = arrange(code, &parsed, 16, true).expect("jumps lead to instructions");
        assert_eq!(verify::compare(code, &[], &parsed, &relaxed), Ok(()));
        relaxed
    }

    const RETURN: u8 = 0xc3;
    const NOP: u8 = 0x90;

    #[test]
    fn jumps_are_short_where_they_reach() {
        // je +5; jmp back to the start; ret.
        let code = [0x0f, 0x84, 5, 0, 0, 0, 0xe9, 0xf5, 0xff, 0xff, 0xff, RETURN];
        assert_eq!(relaxed(&code, &[0, 6, 11]).code, [0x74, 2, 0xeb, 0xfc, RETURN]);
        // The farthest that a short one goes, and one byte more.
        for (distance, length) in [(127, 2), (128, 5)] {
            let mut code = vec![0xe9, distance, 0, 0, 0];
            code.resize(5 + usize::from(distance), NOP);
            code.push(RETURN);
            let relaxed = relaxed(&code, &[0, 5 + u32::from(distance)]);
            assert_eq!(relaxed.code.len(), length + usize::from(distance) + 1);
            assert_eq!(relaxed.moves.start(5), length as u32);
        }
    }

    #[test]
    fn a_jump_is_long_because_another_is() {
        // The first reaches only as long as the second, which it leads over, is short.
        let mut code = vec![0xe9, 130, 0, 0, 0];
        code.resize(130, NOP);
        let behind = 600 - 135_i32;
        code.push(0xe9);
        code.extend(behind.to_le_bytes());
        code.resize(600, NOP);
        code.push(RETURN);
        assert_eq!(relaxed(&code, &[0, 5, 135, 600]).code[..5], [0xe9, 130, 0, 0, 0]);
    }

    #[test]
    fn long_jumps_in_a_row_end() {
        // Each leads over the next two as far as a short one goes if one of them is short. Both are long for the last but
        // two, and so on.
        const JUMPS: usize = 2000;
        let mut code = Vec::new();
        for number in 0..JUMPS {
            let distance: i32 = if number + 1 == JUMPS { 5000 } else { 130 };
            code.push(0xe9);
            code.extend(distance.to_le_bytes());
            code.resize(65 * (number + 1), NOP);
        }
        code.resize(65 * JUMPS + 6000, NOP);
        code.push(RETURN);
        assert_eq!(relaxed(&code, &[0]).code, code);
    }

    #[test]
    fn constants_stay_aligned_and_are_found() {
        // A jump whose end is where the constants begin is not behind their padding.
        let mut code = vec![0xe9, 0, 1, 0, 0, 0xf3, 0x0f, 0x10, 0x05, 0, 0, 0, 0];
        code.resize(261, NOP);
        code.extend([0xe9, 0xfb, 0xfe, 0xff, 0xff]);
        code.resize(266_usize.next_multiple_of(16), 0);
        let constants = code.len() as i32;
        code[9..13].copy_from_slice(&(constants - 13).to_le_bytes());
        code.extend(1.5f32.to_le_bytes());
        let relaxed = relaxed(&code, &[0, 5, 261]);
        let constants = relaxed.moves.start(constants as u32);
        assert_eq!((constants % 16, &relaxed.code[constants as usize..]), (0, &1.5f32.to_le_bytes()[..]));
    }

    #[test]
    fn tables_of_jumps_lead_where_they_did() {
        // lea table(%rip), %rcx; movslq (%rcx, %rax, 4), %rdx; add %rdx, %rcx; jmp *%rcx; two entries; jmp +0; ret.
        let mut code = vec![0x48, 0x8d, 0x0d, 9, 0, 0, 0, 0x48, 0x63, 0x14, 0x81, 0x48, 0x01, 0xd1, 0xff, 0xe1];
        code.extend([8, 0, 0, 0, 13, 0, 0, 0, 0xe9, 0, 0, 0, 0, RETURN]);
        let relaxed = relaxed(&code, &[0, 24, 29]);
        assert_eq!(relaxed.code[16..], [8, 0, 0, 0, 10, 0, 0, 0, 0xeb, 0, RETURN]);
    }

    #[test]
    fn loops_touch_no_more_lines_than_they_have_to() {
        // A loop of 22 bytes, once where it crosses the end of a line, once where it does not; then one that is too long.
        for (before, length, padding) in [(50, 20, 14), (40, 20, 0), (42, 20, 0), (43, 20, 21), (60, 400, 0)] {
            let mut code = vec![NOP; before + length];
            let distance = -(length as i32 + 6);
            code.extend([0x0f, 0x85]);
            code.extend(distance.to_le_bytes());
            code.push(RETURN);
            let start = before as u32;
            let relaxed = relaxed(&code, &[0, start, start + length as u32 + 6]);
            assert_eq!(relaxed.moves.start(start) - start, padding, "a loop of {length} bytes at {before}");
            assert_eq!(relaxed.moves.end(start), start);
            assert_eq!(relaxed.alignment, LINE);
        }
        assert_eq!(nops(21).len(), 21);
    }

    #[test]
    fn what_is_not_understood_stays() {
        // An invalid instruction; a block in the middle of one; a jump into the middle of one that changes.
        assert!(parse(&[0x06], &[], &[0]).is_none());
        assert!(parse(&[0x0f, 0x1f, 0x00, RETURN], &[], &[0, 2]).is_none());
        let code = [0xe9, 1, 0, 0, 0, 0x81, 0xc3, 2, 0, 0, 0, RETURN];
        assert!(parse(&code, &[], &[0]).is_some_and(|parsed| arrange(&code, &parsed, 16, false).is_none()));
    }
}
