//! The entry point that calls one exported function with arguments from the command line.

mod text;

use core::fmt::Write;

use wasmc_abi::Span;
use wasmc_abi::program::{Export, Text};

use crate::output::Output;
use crate::values::Values;
use crate::{arch, process, program, sys};
use text::{ParseError, name_of_type, parse, print};

/// Calls the export and prints its results: see [`wasmc_abi::symbols::INVOKE`].
///
/// # Safety
/// `export` must be the address of an exported function's record.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_invoke(export: *const Export) {
    // SAFETY: the caller's promise, and the compiler's description of its program.
    let (export, name, parameters, results, leading) = unsafe {
        let export = &*export;
        (
            export,
            export.name.as_slice::<u8>(),
            export.parameters.as_slice::<u8>(),
            export.results.as_slice::<u8>(),
            program().arguments.as_slice::<Text>(),
        )
    };
    // SAFETY: as above.
    let leading = leading.iter().map(|text: &Span| unsafe { text.as_slice::<u8>() });
    let arguments = leading.chain(process::arguments().skip(1));

    let mut values = Values::new();
    let Some(values) = values.of_length(parameters.len().max(results.len())) else {
        process::fatal(&[b"not enough memory for the arguments"])
    };
    let given = arguments.clone().count();
    if given != parameters.len() {
        usage(name, parameters, results, given);
    }
    for (position, ((slot, &value_type), text)) in values.iter_mut().zip(parameters).zip(arguments).enumerate() {
        match parse(text, value_type) {
            Ok(value) => *slot = value,
            Err(error) => bad_argument(name, position, text, value_type, error),
        }
    }
    // SAFETY: the address of an `ArrayCall` for these types, says the compiler; the array has room for both.
    unsafe {
        let target: unsafe extern "C" fn(*mut u8) =
            core::mem::transmute(core::ptr::with_exposed_provenance::<()>(export.target as usize));
        arch::call_compiled(target, values.as_mut_ptr().cast());
    }
    let mut storage = [0; 1024];
    let mut output = Output::new(sys::STANDARD_OUTPUT, &mut storage);
    for (value, &value_type) in values.iter().zip(results) {
        print(&mut output, *value, value_type);
        output.byte(b'\n');
    }
    output.flush();
}

/// `(i32, f64)`
fn types(output: &mut Output<'_>, types: &[u8]) {
    output.byte(b'(');
    for (position, &value_type) in types.iter().enumerate() {
        if position > 0 {
            output.bytes(b", ");
        }
        output.bytes(name_of_type(value_type).as_bytes());
    }
    output.byte(b')');
}

fn usage(name: &[u8], parameters: &[u8], results: &[u8], given: usize) -> ! {
    process::fatal_message(&|output| {
        output.byte(b'`');
        output.untrusted(name, 200);
        // Writing to a buffer does not fail.
        let _ = write!(output, "` takes {} arguments, not {given}: ", parameters.len());
        types(output, parameters);
        output.bytes(b" -> ");
        types(output, results);
    })
}

fn bad_argument(name: &[u8], position: usize, text: &[u8], value_type: u8, error: ParseError) -> ! {
    process::fatal_message(&|output| {
        output.bytes(b"argument ");
        output.decimal(position as u64 + 1);
        output.bytes(b" of `");
        output.untrusted(name, 200);
        output.bytes(b"`: ");
        match error {
            ParseError::Unsupported => {
                output.bytes(b"a value of type ");
                output.bytes(name_of_type(value_type).as_bytes());
                output.bytes(b" cannot be given on the command line");
            }
            ParseError::Malformed => {
                output.byte(b'\'');
                output.untrusted(text, 80);
                output.bytes(b"' is not a number of type ");
                output.bytes(name_of_type(value_type).as_bytes());
            }
        }
    })
}
