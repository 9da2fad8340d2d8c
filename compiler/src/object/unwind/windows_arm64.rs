//! Records of `.xdata` for AArch64 (Microsoft, "ARM64 exception handling").

use super::windows::Functions;

/// The most bytes that a record is for: its length has 18 bits, in instructions.
const LONGEST: u32 = ((1 << 18) - 1) * 4;
/// The code that a piece of a function begins with that has no prologue of its own.
const NO_PROLOGUE: u8 = 0xe5;
/// Does nothing.
const NO_OPERATION: u8 = 0xe3;

/// Adds the function of so many bytes that starts `start` bytes into the text section, later than those before it, in pieces
/// where it is long.
pub(super) fn add(functions: &mut Functions, start: u32, length: u32, codes: &[u8]) {
    for piece in (0..length).step_by(LONGEST as usize) {
        let codes = if piece == 0 { codes.to_vec() } else { [&[NO_PROLOGUE], codes].concat() };
        functions.add_with_length(start + piece, &record((length - piece).min(LONGEST), codes));
    }
}

/// Epilogues are not described: whoever unwinds does so by the frame pointer, which their last but one instruction restores.
fn record(length: u32, mut codes: Vec<u8>) -> Vec<u8> {
    codes.resize(codes.len().next_multiple_of(4), NO_OPERATION);
    let words = codes.len() as u32 / 4;
    let length = length.div_ceil(4);
    // Where a field has too few bits, both are 0, and a second word has more.
    let mut record = match words {
        0..=31 => (length | words << 27).to_le_bytes().to_vec(),
        _ => [length.to_le_bytes(), (words << 16).to_le_bytes()].concat(),
    };
    record.extend(codes);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_a_length_and_codes() {
        assert_eq!(record(20, vec![0xe1, 0x81, 0xe4]), [5, 0, 0, 8, 0xe1, 0x81, 0xe4, 0xe3]);
        assert_eq!(record(LONGEST, vec![0xe4])[..4], [0xff, 0xff, 3, 8]);
        assert_eq!(record(4, vec![0xe4; 125])[..8], [1, 0, 0, 0, 0, 0, 32, 0]);
    }

    #[test]
    fn long_functions_are_described_in_pieces() {
        let mut functions = Functions::default();
        add(&mut functions, 8, LONGEST + 8, &[0xe1, 0x81, 0xe4]);
        let parts = functions.finish();
        assert_eq!(parts[0].bytes.len(), 16);
        assert_eq!(parts[1].bytes[8..], [2, 0, 0, 8, 0xe5, 0xe1, 0x81, 0xe4]);
    }
}
