//! Limits that the environment sets, where the build allowed that.

use crate::process;

/// Limits in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Of each linear memory's size: `WASMC_MAX_MEMORY`.
    pub memory: Option<u64>,
    /// Of the wasm stack: `WASMC_MAX_STACK`.
    pub stack: Option<u64>,
}

impl Limits {
    /// Reads the variables. One that is malformed ends the process.
    pub fn from_environment() -> Limits {
        Limits { memory: limit(b"WASMC_MAX_MEMORY"), stack: limit(b"WASMC_MAX_STACK") }
    }
}

fn limit(name: &[u8]) -> Option<u64> {
    let text = process::variable(name)?;
    match parse_size(text) {
        Some(size) => Some(size),
        None => process::fatal_message(&|output| {
            output.bytes(b"cannot use ");
            output.bytes(name);
            output.byte(b'=');
            output.untrusted(text, 80);
            output.bytes(b": expected a size in bytes, such as 65536, 512K, 64M or 1G");
        }),
    }
}

/// A number of bytes: decimal digits, with K, M, G or T for a power of 1024.
pub fn parse_size(text: &[u8]) -> Option<u64> {
    let (&last, front) = text.split_last()?;
    let (digits, shift) = match last {
        b'K' | b'k' => (front, 10),
        b'M' | b'm' => (front, 20),
        b'G' | b'g' => (front, 30),
        b'T' | b't' => (front, 40),
        _ => (text, 0),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = 0u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes() {
        assert_eq!(parse_size(b"0"), Some(0));
        assert_eq!(parse_size(b"65536"), Some(65536));
        assert_eq!(parse_size(b"512K"), Some(512 << 10));
        assert_eq!(parse_size(b"64m"), Some(64 << 20));
        assert_eq!(parse_size(b"1G"), Some(1 << 30));
        assert_eq!(parse_size(b"16777215T"), Some(16777215 << 40));
        assert_eq!(parse_size(b"18446744073709551615"), Some(u64::MAX));
        let malformed: [&[u8]; 9] =
            [b"", b"K", b"-1", b"+1", b"1.5G", b"1GB", b"0x10", b"18446744073709551616", b"16777216T"];
        for text in malformed {
            assert_eq!(parse_size(text), None, "{}", text.escape_ascii());
        }
    }
}
