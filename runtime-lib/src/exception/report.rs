//! The words in which an exception that nobody caught is told on standard error.

use wasmc_abi::code_map::NAME_LIMIT;
use wasmc_abi::exception::{Exception, Exceptions, TagRecord, payload_offset};
use wasmc_abi::trap::TrapCode;
use wasmc_abi::value::{F32, F64, I32, I64, V128};

use crate::output::Output;
use crate::trap::backtrace::Backtrace;
use crate::trap::report;
use crate::values::size_of_type;

/// Values of a payload that are told.
const VALUE_LIMIT: usize = 16;

/// Reports an exception, and ends the process.
///
/// # Safety
/// `exception` must be the header of an exception of the program that `exceptions` describes, its payload behind it.
pub(super) unsafe fn uncaught(exceptions: &Exceptions, exception: &Exception, backtrace: &Backtrace) -> ! {
    // SAFETY: the compiler's description of its program.
    let tags = unsafe { exceptions.tags.as_slice::<TagRecord>() };
    let tag = tags.get(exception.tag as usize);
    report::end(TrapCode::UncaughtException, backtrace, &|output| {
        let Some(tag) = tag else { return };
        output.bytes(b": ");
        // SAFETY: as above.
        let (name, parameters) = unsafe { (tag.name.as_slice::<u8>(), tag.parameters.as_slice::<u8>()) };
        output.untrusted(name, NAME_LIMIT);
        // SAFETY: the caller's promise.
        unsafe { payload(output, core::ptr::from_ref(exception).cast::<u8>().add(Exception::PAYLOAD), parameters) };
    })
}

/// ` (i32 -1, f64 0x3ff0000000000000, …)`: integers in decimal, floats and vectors as their bits.
///
/// # Safety
/// There must be values of these types at `payload`.
unsafe fn payload(output: &mut Output<'_>, payload: *const u8, parameters: &[u8]) {
    let mut end = 0;
    for (position, &parameter) in parameters.iter().enumerate() {
        output.bytes(if position == 0 { b" (" } else { b", " });
        if position == VALUE_LIMIT {
            output.bytes("…".as_bytes());
            break;
        }
        let size = size_of_type(parameter);
        let offset = payload_offset(end, size);
        end = offset + size;
        // SAFETY: the caller's promise: the payload is aligned, and so is each value in it.
        unsafe {
            let value = payload.add(offset);
            match parameter {
                I32 => signed(output, b"i32 ", i64::from(*value.cast::<i32>())),
                I64 => signed(output, b"i64 ", *value.cast::<i64>()),
                F32 => bits(output, b"f32 0x", u64::from(*value.cast::<u32>()), 8),
                F64 => bits(output, b"f64 0x", *value.cast::<u64>(), 16),
                V128 => {
                    let number = u128::from_le_bytes(*value.cast::<[u8; 16]>());
                    bits(output, b"v128 0x", (number >> 64) as u64, 16);
                    output.hexadecimal(number as u64, 16);
                }
                _ => {
                    let is_null = (0..size).all(|byte| *value.add(byte) == 0);
                    output.bytes(if is_null { b"null" } else { b"a reference" });
                }
            }
        }
    }
    if !parameters.is_empty() {
        output.byte(b')');
    }
}

fn signed(output: &mut Output<'_>, name: &[u8], number: i64) {
    output.bytes(name);
    if number < 0 {
        output.byte(b'-');
    }
    output.decimal(number.unsigned_abs());
}

fn bits(output: &mut Output<'_>, name: &[u8], bits: u64, digits: u32) {
    output.bytes(name);
    output.hexadecimal(bits, digits);
}
