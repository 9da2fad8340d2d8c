//! Values as text: arguments of the command line, results on standard output.

use core::fmt::Write;

use wasmc_abi::value::{ANYREF, EXNREF, EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, Value};

use crate::output::Output;

/// Why a text is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// There is no text form for the type.
    Unsupported,
    /// Not a number, or out of the type's range.
    Malformed,
}

/// The type's name in the text format.
pub fn name_of_type(value_type: u8) -> &'static str {
    match value_type {
        I32 => "i32",
        I64 => "i64",
        F32 => "f32",
        F64 => "f64",
        V128 => "v128",
        FUNCREF => "funcref",
        EXTERNREF => "externref",
        EXNREF => "exnref",
        ANYREF => "anyref",
        _ => "a reference type",
    }
}

/// Reads an argument: integers in decimal, signed or unsigned, or as `0x` and their bits; floats in decimal, `inf`, `nan`,
/// `nan:0x` and a payload, or as `0x` and their bits.
pub fn parse(text: &[u8], value_type: u8) -> Result<Value, ParseError> {
    if !matches!(value_type, I32 | I64 | F32 | F64) {
        return Err(ParseError::Unsupported);
    }
    let text = core::str::from_utf8(text).map_err(|_| ParseError::Malformed)?;
    let bits = match value_type {
        I32 => integer(text, u64::from(u32::MAX)),
        I64 => integer(text, u64::MAX),
        F32 => float(text, 31, 23, |text| text.parse::<f32>().ok().map(|number| number.to_bits().into())),
        _ => float(text, 63, 52, |text| text.parse::<f64>().ok().map(f64::to_bits)),
    };
    let mut value = Value::default();
    let (low, _) = value.0.split_at_mut(8);
    low.copy_from_slice(&bits.ok_or(ParseError::Malformed)?.to_le_bytes());
    Ok(value)
}

/// The number behind `0x`.
fn hexadecimal(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    // `from_str_radix` would take a sign.
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, 16).ok() }
}

/// An integer whose bits fit `mask`: unsigned up to that, negative down to the half of it.
fn integer(text: &str, mask: u64) -> Option<u64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = match hexadecimal(digits) {
        Some(number) => number,
        None => digits.parse().ok()?,
    };
    if is_negative {
        (magnitude <= mask / 2 + 1).then_some(magnitude.wrapping_neg() & mask)
    } else {
        (magnitude <= mask).then_some(magnitude)
    }
}

/// The bits of a float whose sign bit and number of fraction bits these are.
fn float(text: &str, sign: u32, fraction: u32, decimal: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    let mask = u64::MAX >> (63 - sign);
    if let Some(bits) = hexadecimal(text) {
        return (bits <= mask).then_some(bits);
    }
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (1 << sign, magnitude),
        None => (0, text),
    };
    if let Some(payload) = magnitude.strip_prefix("nan:") {
        let payload = hexadecimal(payload).filter(|&payload| payload != 0 && payload >> fraction == 0)?;
        let exponent = (1u64 << sign) - (1 << fraction);
        return Some(negative | exponent | payload);
    }
    decimal(text)
}

/// Writes a result: integers in signed decimal, floats with as many digits as it takes to read the same number again.
pub fn print(output: &mut Output<'_>, value: Value, value_type: u8) {
    let bits = u128::from_le_bytes(value.0);
    // Writing to a buffer does not fail.
    let _ = match value_type {
        I32 => write!(output, "{}", bits as i32),
        I64 => write!(output, "{}", bits as i64),
        F32 => {
            let number = f32::from_bits(bits as u32);
            if number.is_nan() { nan(output, bits as u64, 31, 23) } else { write!(output, "{number:?}") }
        }
        F64 => {
            let number = f64::from_bits(bits as u64);
            if number.is_nan() { nan(output, bits as u64, 63, 52) } else { write!(output, "{number:?}") }
        }
        V128 => write!(output, "{bits:#034x}"),
        _ if bits as u64 == 0 => output.write_str("null"),
        _ => output.write_str(name_of_type(value_type)),
    };
}

/// `nan` for a canonical one, else with its payload (wasm spec 6.3.2).
fn nan(output: &mut Output<'_>, bits: u64, sign: u32, fraction: u32) -> core::fmt::Result {
    let payload = bits & ((1 << fraction) - 1);
    if bits >> sign & 1 != 0 {
        output.byte(b'-');
    }
    if payload == 1 << (fraction - 1) { output.write_str("nan") } else { write!(output, "nan:{payload:#x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, value_type: u8) -> Option<u64> {
        parse(text.as_bytes(), value_type).ok().map(|value| u128::from_le_bytes(value.0) as u64)
    }

    fn printed(bits: u128, value_type: u8) -> String {
        let mut storage = [0; 64];
        let mut output = Output::new(-1, &mut storage);
        print(&mut output, Value(bits.to_le_bytes()), value_type);
        let length = output.pending();
        String::from_utf8(storage[..length].to_vec()).unwrap()
    }

    #[test]
    fn integers() {
        assert_eq!(parsed("42", I32), Some(42));
        assert_eq!(parsed("+42", I32), Some(42));
        assert_eq!(parsed("-1", I32), Some(0xffff_ffff));
        assert_eq!(parsed("-2147483648", I32), Some(0x8000_0000));
        assert_eq!(parsed("4294967295", I32), Some(0xffff_ffff));
        assert_eq!(parsed("0xfF", I32), Some(255));
        assert_eq!(parsed("-0x1", I64), Some(u64::MAX));
        assert_eq!(parsed("18446744073709551615", I64), Some(u64::MAX));
        assert_eq!(parsed("-9223372036854775808", I64), Some(1 << 63));
        for text in ["", "-", "--1", "+-1", "4294967296", "-2147483649", "0x100000000", "1.0", "0x", "0x+1", "x", " 1"]
        {
            assert_eq!(parsed(text, I32), None, "{text}");
        }
        assert_eq!(parsed("18446744073709551616", I64), None);
        assert_eq!(parse(b"\xff", I32), Err(ParseError::Malformed));
        assert_eq!(parse(b"0", V128), Err(ParseError::Unsupported));
        assert_eq!(printed(0xffff_ffff, I32), "-1");
        assert_eq!(printed(1 << 63, I64), "-9223372036854775808");
    }

    #[test]
    fn floats_come_back_as_they_went() {
        assert_eq!(parsed("1.5", F32), Some(1.5f32.to_bits().into()));
        assert_eq!(parsed("-inf", F64), Some(f64::NEG_INFINITY.to_bits()));
        assert_eq!(parsed("0x3f800000", F32), Some(1f32.to_bits().into()));
        assert_eq!(parsed("0x100000000", F32), None);
        assert_eq!(parsed("nan:0x0", F32), None);
        assert_eq!(parsed("nan:0x800000", F32), None);
        assert_eq!(parsed("one", F64), None);
        for bits in [0, 1 << 31, 1, 0x3dcc_cccd, 0x7f7f_ffff, 0x7f80_0000, 0x7fc0_0000, 0xffc0_0000, 0xff80_0001] {
            assert_eq!(parsed(&printed(bits, F32), F32), Some(bits as u64), "{}", printed(bits, F32));
        }
        for bits in
            [1u64 << 63, 1, 0x3fb9_9999_9999_999a, 0x7fef_ffff_ffff_ffff, 0x7ff8_0000_0000_0000, 0xfff0_0000_0000_0001]
        {
            assert_eq!(parsed(&printed(bits.into(), F64), F64), Some(bits), "{}", printed(bits.into(), F64));
        }
        assert_eq!(printed(1f64.to_bits().into(), F64), "1.0");
        assert_eq!(printed(1e300f64.to_bits().into(), F64), "1e300");
        assert_eq!(printed(0.1f32.to_bits().into(), F32), "0.1");
        assert_eq!(printed(0xff80_0001, F32), "-nan:0x1");
    }

    #[test]
    fn other_results() {
        assert_eq!(printed(0x0102, V128), "0x00000000000000000000000000000102");
        assert_eq!(printed(0, FUNCREF), "null");
        assert_eq!(printed(64, EXTERNREF), "externref");
    }
}
