//! What the platform defines, and the start of the program.

unsafe extern "C" {
    fn wasmc_platform_write(stream: i32, bytes: *const u8, length: usize);
    safe fn wasmc_platform_exit(code: i32) -> !;
    fn wasmc_platform_memory(size: *mut usize) -> *mut u8;
    fn wasmc_platform_forbid(start: *mut u8, size: usize) -> i32;
    safe fn wasmc_platform_time() -> u64;
    fn wasmc_platform_random(bytes: *mut u8, length: usize) -> i32;
}

/// Writes all of `bytes`.
pub fn write(stream: i32, bytes: &[u8]) {
    // SAFETY: the platform reads so many bytes.
    unsafe { wasmc_platform_write(stream, bytes.as_ptr(), bytes.len()) }
}

/// Ends the program.
pub fn exit(code: i32) -> ! {
    wasmc_platform_exit(code)
}

/// Nanoseconds since some moment in the past.
pub fn monotonic_time() -> u64 {
    wasmc_platform_time()
}

/// Fills memory with random bytes; false where there is no source of them.
///
/// # Safety
/// `length` bytes at `bytes` must be the caller's to write to.
pub unsafe fn fill_random(bytes: *mut u8, length: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { wasmc_platform_random(bytes, length) == 0 }
}

/// The memory to hand out: where it starts and ends. To be called once.
pub(super) fn memory() -> (usize, usize) {
    let mut size = 0;
    // SAFETY: the platform writes a number there, and leaves what it names to this library.
    let start = unsafe { wasmc_platform_memory(&raw mut size) }.expose_provenance();
    (start, start.saturating_add(size))
}

/// Makes bytes inaccessible; false where the platform cannot.
///
/// # Safety
/// Nobody may access the bytes again.
pub(super) unsafe fn forbid(start: usize, size: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { wasmc_platform_forbid(core::ptr::with_exposed_provenance_mut(start), size) == 0 }
}

/// Called by the platform once: runs the program.
#[cfg(not(test))]
#[unsafe(export_name = "wasmc_run")]
extern "C" fn run() -> ! {
    crate::start::start()
}
