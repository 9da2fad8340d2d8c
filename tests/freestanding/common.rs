//! What is the same on both machines.

use core::panic::PanicInfo;

unsafe extern "C" {
    fn wasmc_run() -> !;
    static mut __memory_start: u8;
    static mut __memory_end: u8;
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_memory(size: *mut usize) -> *mut u8 {
    let (start, end) = (&raw mut __memory_start, &raw mut __memory_end);
    // SAFETY: the caller has a place for a number.
    unsafe { size.write(end.addr() - start.addr()) };
    start
}

/// The machines have no source of random bytes.
#[unsafe(no_mangle)]
extern "C" fn wasmc_platform_random(_bytes: *mut u8, _length: usize) -> i32 {
    -1
}

/// Nothing here panics.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    super::wasmc_platform_exit(1)
}

// Referred to, so that the linker takes the runtime library's start.
#[used]
static START: unsafe extern "C" fn() -> ! = wasmc_run;
