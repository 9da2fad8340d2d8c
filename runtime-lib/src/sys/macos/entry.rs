//! The first code of a program.

/// What `LC_MAIN` names: dyld calls it as C's `main`, once libSystem is ready.
///
/// # Safety
/// To be called once, with arrays that end with null pointers and stay.
#[unsafe(no_mangle)]
unsafe extern "C" fn _start(_count: i32, arguments: *const *const u8, environment: *const *const u8) -> ! {
    // SAFETY: dyld's arrays stay as long as the process lives.
    unsafe { crate::process::set_vectors(arguments, environment) };
    crate::start::start()
}
