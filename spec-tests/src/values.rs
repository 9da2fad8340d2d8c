//! Arguments and expected results of script actions: encoded for the harness, and compared with its answers.
//!
//! A value crosses as 128 bits: numbers in the low bits, `v128` as a little-endian number, references as
//! `wasmc_abi::heap` describes them, with 1 (a structure) or 2 (an array) in the upper half where they refer to an object.

use std::fmt;
use wasmc_abi::heap::{HOST_TAG, I31_TAG, TAG_MASK};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The bits that stand for an argument, or the name of the kind of value that wasmc does not know yet.
pub fn encode_argument(argument: &WastArg<'_>) -> Result<u128, String> {
    let WastArg::Core(argument) = argument else { return Err("a component's value".into()) };
    Ok(match argument {
        WastArgCore::I32(value) => u128::from(*value as u32),
        WastArgCore::I64(value) => u128::from(*value as u64),
        WastArgCore::F32(value) => u128::from(value.bits),
        WastArgCore::F64(value) => u128::from(value.bits),
        WastArgCore::V128(value) => u128::from_le_bytes(value.to_le_bytes()),
        WastArgCore::RefNull(_) => 0,
        WastArgCore::RefExtern(number) | WastArgCore::RefHost(number) => host_value(*number),
    })
}

/// The reference to the host's value of this number.
fn host_value(number: u32) -> u128 {
    u128::from(number) << 2 | u128::from(HOST_TAG)
}

/// What a result has to look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Exactly these 32 bits.
    I32(u32),
    /// Exactly these 64 bits.
    I64(u64),
    /// A 32-bit float.
    F32(Float<u32>),
    /// A 64-bit float.
    F64(Float<u64>),
    /// Exactly these 128 bits.
    V128(u128),
    /// Four 32-bit floats, lane 0 first.
    F32x4([Float<u32>; 4]),
    /// Two 64-bit floats, lane 0 first.
    F64x2([Float<u64>; 2]),
    /// A null reference of any type.
    Null,
    /// A reference to the host's object of this number, or to any.
    Extern(Option<u32>),
    /// A reference to any function.
    Func,
    /// A reference that is not null.
    Any,
    /// A reference to an object or an i31.
    Eq,
    /// A reference to a structure.
    Struct,
    /// A reference to an array.
    Array,
    /// An i31.
    I31,
    /// Any one of these.
    Either(Vec<Pattern>),
}

/// What a floating-point result has to look like (wasm spec 2.2.3: NaN payloads are partly free).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Float<Bits> {
    /// `nan:canonical`: only the top bit of the payload is set, the sign is free.
    Canonical,
    /// `nan:arithmetic`: the top bit of the payload is set, the rest and the sign are free.
    Arithmetic,
    /// Exactly these bits.
    Bits(Bits),
}

impl Pattern {
    /// The pattern that stands in a script, or the name of the kind of value that wasmc does not know yet.
    pub fn from_script(result: &WastRet<'_>) -> Result<Pattern, String> {
        match result {
            WastRet::Core(result) => Pattern::from_core(result),
            _ => Err("a component's value".into()),
        }
    }

    fn from_core(result: &WastRetCore<'_>) -> Result<Pattern, String> {
        Ok(match result {
            WastRetCore::I32(value) => Pattern::I32(*value as u32),
            WastRetCore::I64(value) => Pattern::I64(*value as u64),
            WastRetCore::F32(value) => Pattern::F32(float32(value)),
            WastRetCore::F64(value) => Pattern::F64(float64(value)),
            WastRetCore::V128(V128Pattern::I8x16(lanes)) => {
                Pattern::V128(u128::from_le_bytes(lanes.map(|lane| lane as u8)))
            }
            WastRetCore::V128(V128Pattern::I16x8(lanes)) => Pattern::V128(join(lanes.map(|lane| lane as u16), 16)),
            WastRetCore::V128(V128Pattern::I32x4(lanes)) => Pattern::V128(join(lanes.map(|lane| lane as u32), 32)),
            WastRetCore::V128(V128Pattern::I64x2(lanes)) => Pattern::V128(join(lanes.map(|lane| lane as u64), 64)),
            WastRetCore::V128(V128Pattern::F32x4(lanes)) => Pattern::F32x4(lanes.each_ref().map(float32)),
            WastRetCore::V128(V128Pattern::F64x2(lanes)) => Pattern::F64x2(lanes.each_ref().map(float64)),
            WastRetCore::RefNull(_) => Pattern::Null,
            WastRetCore::RefExtern(number) => Pattern::Extern(*number),
            WastRetCore::RefFunc(None) => Pattern::Func,
            WastRetCore::RefFunc(Some(_)) => return Err("ref.func result with an index".into()),
            WastRetCore::RefHost(number) => Pattern::Extern(Some(*number)),
            WastRetCore::RefAny => Pattern::Any,
            WastRetCore::RefEq => Pattern::Eq,
            WastRetCore::RefArray => Pattern::Array,
            WastRetCore::RefStruct => Pattern::Struct,
            WastRetCore::RefI31 => Pattern::I31,
            WastRetCore::RefI31Shared => return Err("ref.i31_shared result".into()),
            WastRetCore::Either(cases) => {
                Pattern::Either(cases.iter().map(Pattern::from_core).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Whether a value that the harness sent fits. Bits above the type's width are unspecified.
    pub fn matches(&self, value: u128) -> bool {
        match self {
            Pattern::I32(bits) => *bits == value as u32,
            Pattern::I64(bits) => *bits == value as u64,
            Pattern::F32(float) => float.matches(value as u32),
            Pattern::F64(float) => float.matches(value as u64),
            Pattern::V128(bits) => *bits == value,
            Pattern::F32x4(lanes) => {
                lanes.iter().enumerate().all(|(lane, float)| float.matches((value >> (32 * lane)) as u32))
            }
            Pattern::F64x2(lanes) => {
                lanes.iter().enumerate().all(|(lane, float)| float.matches((value >> (64 * lane)) as u64))
            }
            Pattern::Null => value as u64 == 0,
            Pattern::Extern(Some(number)) => value == host_value(*number),
            Pattern::Extern(None) | Pattern::Func | Pattern::Any => value as u64 != 0,
            Pattern::Eq => value as u64 != 0 && value as u64 & TAG_MASK != HOST_TAG,
            Pattern::Struct => value >> 64 == 1,
            Pattern::Array => value >> 64 == 2,
            Pattern::I31 => value as u64 & I31_TAG != 0,
            Pattern::Either(cases) => cases.iter().any(|case| case.matches(value)),
        }
    }

    /// The value in the notation of the pattern's type, for messages.
    pub fn describe_value(&self, value: u128) -> String {
        match self {
            Pattern::I32(_) => format!("i32 {:#010x}", value as u32),
            Pattern::I64(_) => format!("i64 {:#018x}", value as u64),
            Pattern::F32(_) => format!("f32 {}", describe32(value as u32)),
            Pattern::F64(_) => format!("f64 {}", describe64(value as u64)),
            Pattern::V128(_) | Pattern::F32x4(_) | Pattern::F64x2(_) => format!("v128 {value:#034x}"),
            Pattern::Either(cases) => match cases.first() {
                Some(case) => case.describe_value(value),
                None => format!("{value:#034x}"),
            },
            _ => match (value >> 64, value as u64) {
                (_, 0) => "ref.null".into(),
                (1, _) => "ref.struct".into(),
                (2, _) => "ref.array".into(),
                (_, other) if other & I31_TAG != 0 => format!("ref.i31 {:#x}", other >> 1),
                (_, other) if other & TAG_MASK == HOST_TAG => format!("ref.extern {}", other >> 2),
                (_, other) => format!("reference {other:#x}"),
            },
        }
    }
}

/// Bit patterns of one floating-point width.
pub trait FloatBits: Copy + PartialEq + std::ops::BitAnd<Output = Self> {
    /// Every bit but the sign.
    const MAGNITUDE: Self;
    /// The exponent's bits and the top bit of the payload: the canonical NaN without its sign.
    const QUIET: Self;
}

impl FloatBits for u32 {
    const MAGNITUDE: u32 = 0x7fff_ffff;
    const QUIET: u32 = 0x7fc0_0000;
}

impl FloatBits for u64 {
    const MAGNITUDE: u64 = 0x7fff_ffff_ffff_ffff;
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
}

impl<Bits: FloatBits> Float<Bits> {
    fn matches(self, value: Bits) -> bool {
        match self {
            Float::Canonical => value & Bits::MAGNITUDE == Bits::QUIET,
            Float::Arithmetic => value & Bits::QUIET == Bits::QUIET,
            Float::Bits(bits) => value == bits,
        }
    }
}

fn float32(pattern: &NanPattern<F32>) -> Float<u32> {
    match pattern {
        NanPattern::CanonicalNan => Float::Canonical,
        NanPattern::ArithmeticNan => Float::Arithmetic,
        NanPattern::Value(value) => Float::Bits(value.bits),
    }
}

fn float64(pattern: &NanPattern<F64>) -> Float<u64> {
    match pattern {
        NanPattern::CanonicalNan => Float::Canonical,
        NanPattern::ArithmeticNan => Float::Arithmetic,
        NanPattern::Value(value) => Float::Bits(value.bits),
    }
}

/// Joins lanes of `width` bits, lane 0 lowest.
fn join<Lane: Into<u128>, const COUNT: usize>(lanes: [Lane; COUNT], width: u32) -> u128 {
    lanes.into_iter().rev().fold(0, |bits, lane| (bits << width) | lane.into())
}

fn describe32(bits: u32) -> String {
    format!("{:?} ({bits:#010x})", f32::from_bits(bits))
}

fn describe64(bits: u64) -> String {
    format!("{:?} ({bits:#018x})", f64::from_bits(bits))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::F32(Float::Bits(_)) | Pattern::F64(Float::Bits(_)) => {}
            Pattern::F32(float) => return write!(f, "f32 {float}"),
            Pattern::F64(float) => return write!(f, "f64 {float}"),
            Pattern::F32x4(lanes) => return write!(f, "f32x4 {} {} {} {}", lanes[0], lanes[1], lanes[2], lanes[3]),
            Pattern::F64x2(lanes) => return write!(f, "f64x2 {} {}", lanes[0], lanes[1]),
            Pattern::Extern(Some(number)) => return write!(f, "ref.extern {number}"),
            Pattern::Extern(None) => return write!(f, "ref.extern"),
            Pattern::Func => return f.write_str("ref.func"),
            Pattern::Any => return f.write_str("ref.any"),
            Pattern::Eq => return f.write_str("ref.eq"),
            Pattern::Struct => return f.write_str("ref.struct"),
            Pattern::Array => return f.write_str("ref.array"),
            Pattern::I31 => return f.write_str("ref.i31"),
            Pattern::Either(cases) => {
                for (index, case) in cases.iter().enumerate() {
                    write!(f, "{}{case}", if index == 0 { "" } else { " or " })?;
                }
                return Ok(());
            }
            Pattern::I32(_) | Pattern::I64(_) | Pattern::V128(_) | Pattern::Null => {}
        }
        let bits = match *self {
            Pattern::I32(bits) | Pattern::F32(Float::Bits(bits)) => u128::from(bits),
            Pattern::I64(bits) | Pattern::F64(Float::Bits(bits)) => u128::from(bits),
            Pattern::V128(bits) => bits,
            _ => 0,
        };
        f.write_str(&self.describe_value(bits))
    }
}

impl fmt::Display for Float<u32> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Float::Canonical => f.write_str("nan:canonical"),
            Float::Arithmetic => f.write_str("nan:arithmetic"),
            Float::Bits(bits) => f.write_str(&describe32(*bits)),
        }
    }
}

impl fmt::Display for Float<u64> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Float::Canonical => f.write_str("nan:canonical"),
            Float::Arithmetic => f.write_str("nan:arithmetic"),
            Float::Bits(bits) => f.write_str(&describe64(*bits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wast::parser::{ParseBuffer, parse};
    use wast::{Wast, WastDirective, WastExecute};

    /// The argument and the result pattern of `(assert_return (invoke "f" ARGUMENT) RESULT)`.
    fn parse_pair(argument: &str, result: &str) -> (Result<u128, String>, Result<Pattern, String>) {
        let text = format!("(assert_return (invoke \"f\" ({argument})) ({result}))");
        let buffer = ParseBuffer::new(&text).unwrap();
        let wast = parse::<Wast<'_>>(&buffer).unwrap();
        let [WastDirective::AssertReturn { exec: WastExecute::Invoke(invoke), results, .. }] = &wast.directives[..]
        else {
            panic!("not an assert_return");
        };
        (encode_argument(&invoke.args[0]), Pattern::from_script(&results[0]))
    }

    #[test]
    fn encodes_what_it_expects() {
        for text in [
            "i32.const -1",
            "i64.const -2",
            "f32.const -0x1.8p-3",
            "f64.const nan:0x4000000000001",
            "v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 -15",
            "v128.const i16x8 0 1 2 3 4 5 6 -7",
            "v128.const i32x4 0 1 2 -3",
            "v128.const i64x2 1 -3",
            "v128.const f32x4 0 1 2 -3",
            "v128.const f64x2 1 -3",
            "ref.null extern",
            "ref.null func",
            "ref.extern 0",
            "ref.extern 17",
        ] {
            let (argument, pattern) = parse_pair(text, text);
            let (argument, pattern) = (argument.unwrap(), pattern.unwrap());
            assert!(pattern.matches(argument), "{text}: {argument:#x}");
            assert!(!pattern.matches(argument ^ 1), "{text} must not match another value");
        }
    }

    #[test]
    fn encodes_as_the_protocol_says() {
        let encoded = |text: &str| parse_pair(text, "i32.const 0").0.unwrap();
        assert_eq!(encoded("i32.const -1"), 0xffff_ffff);
        assert_eq!(encoded("f32.const -0"), 0x8000_0000);
        assert_eq!(encoded("v128.const i16x8 1 2 3 4 5 6 7 8"), 0x0008_0007_0006_0005_0004_0003_0002_0001);
        assert_eq!(encoded("ref.extern 0"), 2);
        assert_eq!(encoded("ref.host 3"), 14);
        assert_eq!(encoded("ref.null extern"), 0);
    }

    #[test]
    fn bits_above_the_type_are_free() {
        assert!(Pattern::I32(7).matches(0xdead_0000_0007 & !0xffff_ffff | 7));
        assert!(Pattern::Null.matches(1 << 64));
        assert!(!Pattern::I64(7).matches((1 << 63) | 7));
    }

    #[test]
    fn nan_patterns() {
        let canonical = Pattern::F32(Float::Canonical);
        assert!(canonical.matches(0x7fc0_0000) && canonical.matches(0xffc0_0000));
        assert!(!canonical.matches(0x7fc0_0001) && !canonical.matches(0x7fa0_0000) && !canonical.matches(0x7f80_0000));
        let arithmetic = Pattern::F64(Float::Arithmetic);
        assert!(arithmetic.matches(0x7ff8_0000_0000_0001) && arithmetic.matches(0xffff_ffff_ffff_ffff));
        assert!(!arithmetic.matches(0x7ff4_0000_0000_0000) && !arithmetic.matches(0x7ff0_0000_0000_0000));
    }

    #[test]
    fn nan_patterns_by_lane() {
        let (_, pattern) = parse_pair("i32.const 0", "v128.const f32x4 nan:canonical 1 nan:arithmetic 0");
        let pattern = pattern.unwrap();
        assert!(pattern.matches(0x0000_0000_7fc1_2345_3f80_0000_ffc0_0000));
        assert!(!pattern.matches(0x0000_0000_7fc1_2345_3f80_0000_ffc0_0001));
        assert!(!pattern.matches(0x8000_0000_7fc1_2345_3f80_0000_ffc0_0000));
        let (_, pattern) = parse_pair("i32.const 0", "v128.const f64x2 nan:canonical 1");
        assert!(pattern.unwrap().matches(0x3ff0_0000_0000_0000_7ff8_0000_0000_0000));
    }

    #[test]
    fn references() {
        assert!(Pattern::Func.matches(0x1000) && !Pattern::Func.matches(0));
        assert!(Pattern::Extern(None).matches(1) && !Pattern::Extern(None).matches(0));
        assert!(!Pattern::Extern(Some(0)).matches(0));
        assert_eq!(parse_pair("i32.const 0", "ref.null").1, Ok(Pattern::Null));
        assert_eq!(parse_pair("i32.const 0", "ref.struct").1, Ok(Pattern::Struct));
    }

    #[test]
    fn either_of_two() {
        let (_, pattern) = parse_pair("i32.const 0", "either (i32.const 1) (i32.const 2)");
        let pattern = pattern.unwrap();
        assert!(pattern.matches(1) && pattern.matches(2) && !pattern.matches(3));
        assert_eq!(pattern.to_string(), "i32 0x00000001 or i32 0x00000002");
    }

    #[test]
    fn messages_show_bits_and_number() {
        assert_eq!(Pattern::F32(Float::Bits(0x3f80_0000)).to_string(), "f32 1.0 (0x3f800000)");
        assert_eq!(Pattern::Extern(Some(3)).describe_value(0), "ref.null");
    }
}
