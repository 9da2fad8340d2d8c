//! What happens should the runtime library itself panic: a defect of wasmc, reported as one.

use crate::output::Output;
use crate::sys;

/// Reports where, without formatting (which would draw `core::fmt` into every executable), and exits as for a trap.
#[panic_handler]
fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    crate::process::run_at_exit();
    let mut storage = [0; 256];
    let mut output = Output::new(sys::STANDARD_ERROR, &mut storage);
    output.bytes(b"wasmc: internal error: the runtime library panicked");
    if let Some(location) = information.location() {
        output.bytes(b" at ");
        output.bytes(location.file().as_bytes());
        output.bytes(b":");
        output.decimal(u64::from(location.line()));
    }
    output.bytes(b"\n");
    output.flush();
    sys::exit(crate::trap::EXIT_CODE)
}
