//! From the operating system to the compiled code: what a program's start consists of.

use wasmc_abi::processor::Requirements;
use wasmc_abi::program::{ABI_VERSION, PROGRAM_RUNTIME_OPTIONS, Program};

use crate::options::Limits;
use crate::{arch, image, memory, process, program, stack, sys};

/// Prepares the process as the program asks, runs it on the wasm stack, and ends the process.
pub fn start() -> ! {
    let program = program();
    if program.abi_version != ABI_VERSION {
        process::fatal(&[b"the executable and its runtime library do not belong together: build it again"]);
    }
    check_processor(program);
    let limits =
        if program.flags & PROGRAM_RUNTIME_OPTIONS != 0 { Limits::from_environment() } else { Limits::default() };
    // The stack goes first: a memory with explicit bounds takes what address space is left.
    let stack_top = stack::prepare(limits.stack.unwrap_or(program.stack_size), program);
    // SAFETY: the compiler's descriptions, used for the first time; the memories are mapped before the images are laid down.
    unsafe {
        memory::map_all(program, limits.memory);
        image::lay_down_all(program);
    }
    sys::install_fault_handler();
    // SAFETY: the compiler's promise about the address.
    let entry: unsafe extern "C" fn() =
        unsafe { core::mem::transmute(core::ptr::with_exposed_provenance::<()>(program.entry as usize)) };
    // SAFETY: the stack is there for this; nothing else is below this frame.
    unsafe { arch::enter(stack_top, entry) };
    process::exit(0)
}

/// Refuses to go on where the program was built for other processors.
fn check_processor(program: &Program) {
    if program.processor == 0 {
        return;
    }
    // SAFETY: the compiler's description of its program, and the function that it takes from this library; there are no threads.
    unsafe {
        let requirements = &*core::ptr::with_exposed_provenance::<Requirements>(program.processor as usize);
        let check: unsafe extern "C" fn(&Requirements) =
            core::mem::transmute(core::ptr::with_exposed_provenance::<()>(requirements.check as usize));
        check(requirements);
    }
}
