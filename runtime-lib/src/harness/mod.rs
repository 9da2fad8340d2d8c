//! The entry point of programs that are driven by commands on standard input: specification tests, fuzzing.
//!
//! A line is a command, and has one line of reply on standard output:
//!
//! | command | does | reply |
//! |---|---|---|
//! | `init M` | instantiates module number M of the program | `ok`, or `trap N`, or `exception` |
//! | `call M E HEX…` | calls number E of module M's exports with these arguments | `ok HEX…`: the results; or `trap N`; or `exception` |
//! | `get M E` | reads an exported global | `ok HEX` |
//! | `memory M E` | reads an exported memory | `ok HEX`: its size in bytes in the upper half, the FNV-1a hash of its contents in the lower |
//!
//! Numbers are decimal; values are up to 32 hexadecimal digits, results exactly 32, the bits beyond the type's size zero
//! (for a reference to an object: 1 for a structure, 2 for an array);
//! N is the trap's number in [`TrapCode`](wasmc_abi::trap::TrapCode). `error TEXT` answers a command that makes no sense. Replies are written when
//! no further command is at hand, and before the process ends for whatever reason.

mod lines;
mod replies;

use wasmc_abi::Span;
use wasmc_abi::instance::MemoryDescriptor;
use wasmc_abi::program::{EXPORT_FUNCTION, EXPORT_GLOBAL, EXPORT_MEMORY, Export, ModuleRecord};
use wasmc_abi::trap::TrapCode;
use wasmc_abi::value::V128;
use wasmc_abi::value::Value;

use crate::trap::catch::catch_trap;
use crate::values::{Values, size_of_type};
use crate::{process, program, sys};
use lines::Lines;
use replies::with_replies;

/// Obeys commands until standard input ends: see [`wasmc_abi::symbols::HARNESS`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn wasmc_harness() {
    process::set_at_exit(replies::flush);
    // SAFETY: the compiler's description of its program.
    let modules = unsafe { program().modules.as_slice::<ModuleRecord>() };
    let mut values = Values::new();
    let mut lines = Lines::new(sys::STANDARD_INPUT);
    while let Some(line) = lines.next(replies::flush) {
        if let Err(problem) = obey(line, modules, &mut values) {
            with_replies(|output| {
                output.bytes(b"error ");
                output.bytes(problem.as_bytes());
                output.byte(b'\n');
            });
        }
    }
    replies::flush();
}

/// The next word of a command.
fn word<'a>(line: &mut &'a [u8]) -> Option<&'a [u8]> {
    let start = line.iter().position(|&byte| byte != b' ')?;
    let rest = line.get(start..)?;
    let end = rest.iter().position(|&byte| byte == b' ').unwrap_or(rest.len());
    let (word, rest) = rest.split_at_checked(end)?;
    *line = rest;
    Some(word)
}

/// A word that is a decimal number.
fn number(line: &mut &[u8]) -> Option<usize> {
    let word = word(line)?;
    let mut number = 0usize;
    for digit in word {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(number)
}

/// A word that is a value.
fn hexadecimal(word: &[u8]) -> Option<Value> {
    if word.is_empty() || word.len() > 32 {
        return None;
    }
    let mut number = 0u128;
    for &digit in word {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return None,
        };
        number = number << 4 | u128::from(digit);
    }
    Some(Value(number.to_le_bytes()))
}

fn export<'a>(line: &mut &[u8], modules: &'a [ModuleRecord]) -> Result<&'a Export, &'static str> {
    let module = number(line).ok_or("expected a module's number")?;
    let module = modules.get(module).ok_or("no such module")?;
    let export = number(line).ok_or("expected an export's number")?;
    // SAFETY: the compiler's description of its program.
    unsafe { module.exports.as_slice::<Export>() }.get(export).ok_or("no such export")
}

/// Runs compiled code, and replies `trap N`, or `exception`, or `ok` and the results.
///
/// # Safety
/// `target` must be the address of an `extern "C"` function that takes this array, or nothing, and there must be as
/// many values as it reads and writes, and as many as there are result types.
unsafe fn run(target: u64, values: &mut [Value], results: &[u8]) {
    // SAFETY: the caller's promise; a function without parameters does not look at the register of the first.
    let trap = unsafe {
        let target: unsafe extern "C" fn(*mut u8) =
            core::mem::transmute(core::ptr::with_exposed_provenance::<()>(target as usize));
        catch_trap(target, values.as_mut_ptr().cast())
    };
    with_replies(|output| match trap {
        Some(TrapCode::UncaughtException) => output.bytes(b"exception\n"),
        Some(code) => {
            output.bytes(b"trap ");
            output.decimal(code as u64);
            output.byte(b'\n');
        }
        None => {
            output.bytes(b"ok");
            for (&value, &value_type) in values.iter().zip(results) {
                output.byte(b' ');
                replies::value(output, value, value_type);
            }
            output.byte(b'\n');
        }
    });
}

/// Carries out a command and replies to it; the error is for a command that makes no sense.
fn obey(line: &[u8], modules: &[ModuleRecord], values: &mut Values) -> Result<(), &'static str> {
    let mut rest = line;
    match word(&mut rest) {
        Some(b"init") => {
            let module = number(&mut rest).ok_or("expected a module's number")?;
            let module = modules.get(module).ok_or("no such module")?;
            // SAFETY: the address of an `extern "C" fn()`, says the compiler.
            unsafe { run(module.initialize, &mut [], &[]) };
            Ok(())
        }
        Some(b"call") => {
            let export = export(&mut rest, modules)?;
            if export.kind != EXPORT_FUNCTION {
                return Err("the export is not a function");
            }
            // SAFETY: the compiler's description of its program.
            let (parameters, results) =
                unsafe { (export.parameters.as_slice::<u8>(), export.results.as_slice::<u8>()) };
            let count = parameters.len().max(results.len());
            let values = values.of_length(count).ok_or("not enough memory")?;
            for (slot, _) in values.iter_mut().zip(parameters) {
                let word = word(&mut rest).ok_or("too few arguments")?;
                *slot = hexadecimal(word).ok_or("expected up to 32 hexadecimal digits")?;
            }
            if word(&mut rest).is_some() {
                return Err("too many arguments");
            }
            // SAFETY: the address of an `ArrayCall` for these types, says the compiler; the array has room for both.
            unsafe { run(export.target, values, results) };
            Ok(())
        }
        Some(b"get") => {
            let export = export(&mut rest, modules)?;
            // SAFETY: the compiler's description of its program.
            let (EXPORT_GLOBAL, Some(&value_type)) =
                (export.kind, unsafe { export.parameters.as_slice::<u8>() }.first())
            else {
                return Err("the export is not a global");
            };
            let mut value = Value::default();
            let size = size_of_type(value_type);
            // SAFETY: the global's value has that size and stands at that address, says the compiler.
            unsafe {
                core::ptr::copy_nonoverlapping(
                    core::ptr::with_exposed_provenance::<u8>(export.target as usize),
                    value.0.as_mut_ptr(),
                    size,
                );
            }
            if cfg!(target_endian = "big") && value_type != V128 {
                value.0[..size].reverse();
            }
            with_replies(|output| {
                output.bytes(b"ok ");
                replies::value(output, value, value_type);
                output.byte(b'\n');
            });
            Ok(())
        }
        Some(b"memory") => {
            let export = export(&mut rest, modules)?;
            if export.kind != EXPORT_MEMORY {
                return Err("the export is not a memory");
            }
            // SAFETY: the address of a descriptor, says the compiler, whose memory was mapped at the start.
            let contents = unsafe {
                let memory = &*core::ptr::with_exposed_provenance::<MemoryDescriptor>(export.target as usize);
                Span { start: memory.base, length: memory.length }.as_slice::<u8>()
            };
            with_replies(|output| {
                output.bytes(b"ok ");
                output.hexadecimal(contents.len() as u64, 16);
                output.hexadecimal(fnv1a(contents), 16);
                output.byte(b'\n');
            });
            Ok(())
        }
        _ => Err("expected init, call, get or memory"),
    }
}

/// The hash of Fowler, Noll and Vo, variant 1a, in 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers() {
        let mut line = &b"  call 12  x 18446744073709551616"[..];
        assert_eq!(word(&mut line), Some(&b"call"[..]));
        assert_eq!(number(&mut line), Some(12));
        assert_eq!(number(&mut line), None);
        assert_eq!(number(&mut line), None);
        assert_eq!(word(&mut line), None);
        assert_eq!(hexadecimal(b"1fF"), Some(Value(0x1ffu128.to_le_bytes())));
        assert_eq!(hexadecimal(&[b'f'; 32]), Some(Value([255; 16])));
        assert_eq!(hexadecimal(&[b'0'; 33]), None);
        assert_eq!(hexadecimal(b""), None);
        assert_eq!(hexadecimal(b"g"), None);
        assert_eq!((fnv1a(b""), fnv1a(b"a")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c));
    }
}
