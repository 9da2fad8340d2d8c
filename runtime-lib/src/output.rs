//! Text on its way to a file descriptor: collected in a buffer, formatted without `core::fmt`, fit for signal handlers.

use crate::sys;

/// A buffer in front of a file descriptor. What does not fit is written out at once, the rest by [`flush`](Self::flush).
pub struct Output<'a> {
    descriptor: i32,
    storage: &'a mut [u8],
    length: usize,
}

/// A byte that stands for itself in a message: neither a control character nor a lone piece of UTF-8.
fn is_printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

/// Number of bytes of the well-formed UTF-8 sequence at the start of `text` that encodes a character worth printing
/// beyond ASCII, or 0. (Unicode 3.9, table 3-7; the C1 controls, U+0080..U+009F, are not printed.)
fn printable_sequence(text: &[u8]) -> usize {
    let continuation = |at: usize, low: u8, high: u8| text.get(at).is_some_and(|byte| (low..=high).contains(byte));
    let (length, low, high) = match text.first() {
        Some(0xc2) => (2, 0xa0, 0xbf),
        Some(0xc3..=0xdf) => (2, 0x80, 0xbf),
        Some(0xe0) => (3, 0xa0, 0xbf),
        Some(0xe1..=0xec | 0xee..=0xef) => (3, 0x80, 0xbf),
        Some(0xed) => (3, 0x80, 0x9f),
        Some(0xf0) => (4, 0x90, 0xbf),
        Some(0xf1..=0xf3) => (4, 0x80, 0xbf),
        Some(0xf4) => (4, 0x80, 0x8f),
        _ => return 0,
    };
    let well_formed = continuation(1, low, high) && (2..length).all(|at| continuation(at, 0x80, 0xbf));
    if well_formed { length } else { 0 }
}

impl<'a> Output<'a> {
    /// An empty buffer in front of `descriptor`.
    pub fn new(descriptor: i32, storage: &'a mut [u8]) -> Self {
        Output { descriptor, storage, length: 0 }
    }

    /// Goes on with a buffer that `length` bytes were left in.
    pub fn resume(descriptor: i32, storage: &'a mut [u8], length: usize) -> Self {
        Output { descriptor, storage, length }
    }

    /// Number of bytes collected and not written out.
    pub fn pending(&self) -> usize {
        self.length
    }

    /// Writes out everything collected. Errors are dropped: there is nobody left to tell.
    pub fn flush(&mut self) {
        if let Some(collected) = self.storage.get(..self.length) {
            sys::write_all(self.descriptor, collected);
        }
        self.length = 0;
    }

    /// Appends one byte.
    pub fn byte(&mut self, byte: u8) {
        if self.length >= self.storage.len() {
            self.flush();
        }
        if let Some(slot) = self.storage.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }

    /// Appends bytes as they are.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(byte);
        }
    }

    /// Appends text from a source that nobody vouches for: control characters and malformed UTF-8 as `\xx` escapes,
    /// and no more than `limit` bytes of it.
    pub fn untrusted(&mut self, text: &[u8], limit: usize) {
        let mut rest = text;
        while let Some((&first, after)) = rest.split_first() {
            if text.len() - rest.len() >= limit {
                self.bytes("…".as_bytes());
                return;
            }
            if is_printable(first) && first != b'\\' {
                self.byte(first);
                rest = after;
                continue;
            }
            match printable_sequence(rest) {
                0 => {
                    self.byte(b'\\');
                    self.hexadecimal(u64::from(first), 2);
                    rest = after;
                }
                length => {
                    let (sequence, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    self.bytes(sequence);
                    rest = after;
                }
            }
        }
    }

    /// Appends `number` in decimal.
    pub fn decimal(&mut self, number: u64) {
        // 20 digits hold 64 bits. From the last to the first.
        let mut digits = [0; 20];
        let mut rest = number;
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            count += 1;
            if rest == 0 {
                break;
            }
        }
        self.bytes(digits.get(digits.len() - count..).unwrap_or(&[]));
    }

    /// Appends `number` in hexadecimal with at least `digits` digits.
    pub fn hexadecimal(&mut self, number: u64, digits: u32) {
        let significant = (64 - number.leading_zeros()).div_ceil(4);
        for position in (0..significant.max(digits).max(1)).rev() {
            let digit = number.checked_shr(position * 4).unwrap_or(0) as u8 & 15;
            self.byte(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        }
    }
}

impl core::fmt::Write for Output<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collected(fill: impl FnOnce(&mut Output<'_>)) -> Vec<u8> {
        let mut storage = [0; 512];
        let mut output = Output::new(-1, &mut storage);
        fill(&mut output);
        let length = output.length;
        storage[..length].to_vec()
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        for number in [0, 1, 9, 10, 99, 100, 12345, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            assert_eq!(collected(|output| output.decimal(number)), format!("{number}").into_bytes());
            assert_eq!(collected(|output| output.hexadecimal(number, 0)), format!("{number:x}").into_bytes());
            assert_eq!(collected(|output| output.hexadecimal(number, 32)), format!("{number:032x}").into_bytes());
        }
    }

    #[test]
    fn untrusted_text_is_escaped() {
        let escaped = |text: &[u8]| String::from_utf8(collected(|output| output.untrusted(text, 64))).unwrap();
        assert_eq!(escaped(b"core::fmt::write"), "core::fmt::write");
        assert_eq!(escaped("größe→😀".as_bytes()), "größe→😀");
        assert_eq!(escaped(b"a\x1b[31m\n\x7f\\"), "a\\1b[31m\\0a\\7f\\5c");
        // C1 control, overlong form, surrogate, cut sequence, beyond U+10FFFF.
        assert_eq!(escaped(b"\xc2\x9b"), "\\c2\\9b");
        assert_eq!(escaped(b"\xc0\xaf"), "\\c0\\af");
        assert_eq!(escaped(b"\xed\xa0\x80"), "\\ed\\a0\\80");
        assert_eq!(escaped(b"\xe2\x86"), "\\e2\\86");
        assert_eq!(escaped(b"\xf4\x90\x80\x80"), "\\f4\\90\\80\\80");
        assert_eq!(escaped(&[b'x'; 100]), format!("{}…", "x".repeat(64)));
    }
}
