//! The words in which a trap is told on standard error.

use wasmc_abi::code_map::NAME_LIMIT;
use wasmc_abi::core_dump::CoreDump;
use wasmc_abi::source_map::Sources;
use wasmc_abi::trap::TrapCode;

use super::backtrace::{Backtrace, Frame};
use super::code_map::CodeMap;
use super::fault::Fault;
use super::{Detail, EXIT_CODE};
use crate::output::Output;
use crate::program;
use crate::sys;

/// Large enough for the whole report in most cases: then it is one write, and lines of other processes that share the
/// descriptor do not get in between.
const BUFFER_SIZE: usize = 8192;

/// `NAME [INDEX] at 0xOFFSET`, and ` of module NUMBER` where it is not of the main one. `wasmc symbolize` reads it.
fn frame_line(output: &mut Output<'_>, code_map: &CodeMap<'_>, frame: &Frame<'_>) {
    let name = code_map.name(frame.function);
    if !name.is_empty() {
        output.untrusted(name, NAME_LIMIT);
        output.byte(b' ');
    }
    output.byte(b'[');
    output.decimal(u64::from(frame.function.index()));
    output.bytes(b"] at 0x");
    output.hexadecimal(u64::from(frame.wasm_offset), 0);
    let module = frame.function.module();
    if module != 0 {
        output.bytes(b" of module ");
        output.decimal(u64::from(module));
    }
    output.byte(b'\n');
}

/// Where in the source a frame is, if the executable knows.
fn source_lines(output: &mut Output<'_>, frame: &Frame<'_>) {
    let address = program().sources as usize;
    if address == 0 {
        return;
    }
    // SAFETY: the compiler's description of its program, and the function that it takes from this library.
    unsafe {
        let sources = &*core::ptr::with_exposed_provenance::<Sources>(address);
        let print: unsafe extern "C" fn(&mut Output<'_>, &Sources, u32, u32, u32) =
            core::mem::transmute(core::ptr::with_exposed_provenance::<()>(sources.print as usize));
        print(output, sources, frame.function.module(), frame.function.index(), frame.wasm_offset);
    }
}

/// The functions that led here, with the innermost named first if `innermost` is asked for; and which executable it is,
/// by which its debug information is found.
fn wasm_stack(output: &mut Output<'_>, backtrace: &Backtrace, innermost: bool) {
    let code_map = CodeMap::new(&program().code);
    // Inlined functions have numbers of their own, but no position.
    let (mut expected, mut number) = (0, 0);
    backtrace.visit(&code_map, &mut |frame| {
        if number == 0 {
            if innermost {
                output.bytes(b"  in function ");
                frame_line(output, &code_map, frame);
            }
            output.bytes(b"  wasm stack (function [index] at offset in the module):\n");
        }
        if frame.position > expected {
            output.bytes(b"    ... ");
            output.decimal((frame.position - expected) as u64);
            output.bytes(b" frames omitted ...\n");
            number += frame.position - expected;
        }
        expected = frame.position + 1;
        output.bytes(b"    ");
        output.decimal(number as u64);
        number += 1;
        output.bytes(b": ");
        frame_line(output, &code_map, frame);
        source_lines(output, frame);
    });
    let build_id = program().build_id as usize;
    if build_id != 0 {
        output.bytes(b"  build ID ");
        // SAFETY: the linker's words about its note.
        let bytes = unsafe { *core::ptr::with_exposed_provenance::<[u8; 8]>(build_id) };
        output.hexadecimal(u64::from_be_bytes(bytes), 16);
        output.byte(b'\n');
    }
}

/// Reports a trap of the program.
pub(super) fn trap(code: TrapCode, detail: Detail<'_>, backtrace: &Backtrace) -> ! {
    end(code, backtrace, &|output| match detail {
        Detail::None => {}
        Detail::Access { offset, length } => {
            output.bytes(b": address 0x");
            output.hexadecimal(offset, 0);
            output.bytes(b" of a memory of 0x");
            output.hexadecimal(length, 0);
            output.bytes(b" bytes");
        }
        Detail::Import(name) => {
            output.bytes(b": ");
            output.untrusted(name, NAME_LIMIT);
        }
    })
}

/// Reports why the program ends, `detail` behind the reason, and ends the process.
pub(crate) fn end(code: TrapCode, backtrace: &Backtrace, detail: &dyn Fn(&mut Output<'_>)) -> ! {
    let mut storage = [0; BUFFER_SIZE];
    let mut output = Output::new(sys::STANDARD_ERROR, &mut storage);
    reason(&mut output, code, detail);
    wasm_stack(&mut output, backtrace, true);
    let core_dump = program().core_dump as usize;
    if core_dump != 0 {
        // SAFETY: the compiler's description of its program, and the function that it takes from this library.
        unsafe {
            let description = &*core::ptr::with_exposed_provenance::<CoreDump>(core_dump);
            let write: unsafe extern "C" fn(&mut Output<'_>, &CoreDump, &Backtrace) =
                core::mem::transmute(core::ptr::with_exposed_provenance::<()>(description.write as usize));
            write(&mut output, description, backtrace);
        }
    }
    finish(&mut output, code)
}

/// As [`end`], where no code of the program has run.
#[cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "s390x")))]
pub(crate) fn end_before_start(code: TrapCode, detail: &dyn Fn(&mut Output<'_>)) -> ! {
    let mut storage = [0; 512];
    let mut output = Output::new(sys::STANDARD_ERROR, &mut storage);
    reason(&mut output, code, detail);
    finish(&mut output, code)
}

fn reason(output: &mut Output<'_>, code: TrapCode, detail: &dyn Fn(&mut Output<'_>)) {
    output.bytes(if code == TrapCode::UncaughtException { b"wasmc: " } else { b"wasmc: trap: " });
    output.bytes(code.message().as_bytes());
    detail(output);
    output.byte(b'\n');
}

fn finish(output: &mut Output<'_>, code: TrapCode) -> ! {
    output.bytes(b"  (`wasmc explain ");
    output.bytes(code.name().as_bytes());
    output.bytes(b"` tells more)\n");
    output.flush();
    sys::exit(EXIT_CODE)
}

/// Reports a fault that no trap explains.
pub(super) fn internal_error(fault: &Fault, backtrace: &Backtrace) -> ! {
    let mut storage = [0; BUFFER_SIZE];
    let mut output = Output::new(sys::STANDARD_ERROR, &mut storage);
    output.bytes(b"wasmc: internal error: signal ");
    output.decimal(fault.signal.unsigned_abs().into());
    output.bytes(b" at program counter 0x");
    let text = &program().code.text;
    let program_counter = fault.registers.program_counter as u64;
    output.hexadecimal(program_counter, 0);
    if program_counter.wrapping_sub(text.start) < text.length {
        output.bytes(b" (0x");
        output.hexadecimal(program_counter - text.start, 0);
        output.bytes(b" of the compiled code)");
    }
    if let Some(address) = fault.address {
        output.bytes(b", accessing address 0x");
        output.hexadecimal(address as u64, 0);
    }
    output.bytes(b"\n  This is a defect of wasmc: please report it with the program.\n");
    wasm_stack(&mut output, backtrace, false);
    output.flush();
    sys::exit(EXIT_CODE)
}

/// Ends the process on a signal that another one sent.
pub(super) fn sent_signal(signal: i32) -> ! {
    let mut storage = [0; 128];
    let mut output = Output::new(sys::STANDARD_ERROR, &mut storage);
    output.bytes(b"wasmc: ended by signal ");
    output.decimal(signal.unsigned_abs().into());
    output.byte(b'\n');
    output.flush();
    sys::exit(128 + signal)
}
