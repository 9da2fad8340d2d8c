//! The program that the compiler described.

use wasmc_abi::program::Program;

/// The description of the running program, which the compiled object defines as the symbol `wasmc_program`.
#[cfg(not(test))]
pub fn program() -> &'static Program {
    unsafe extern "C" {
        #[link_name = "wasmc_program"]
        static PROGRAM: Program;
    }
    // SAFETY: the object file defines the symbol with this layout (`ABI_VERSION` is compared at start-up), and nobody
    // writes to it once the executable is relocated.
    unsafe { &*crate::arch::address_of!(PROGRAM) }
}

#[cfg(test)]
std::thread_local! {
    static TEST_PROGRAM: core::cell::Cell<Option<&'static Program>> = const { core::cell::Cell::new(None) };
}

/// The description that the test of this thread set.
#[cfg(test)]
pub fn program() -> &'static Program {
    TEST_PROGRAM.get().expect("the test calls set_test_program first")
}

/// Lets [`program`] return `program` in this thread.
#[cfg(test)]
pub fn set_test_program(program: &'static Program) {
    TEST_PROGRAM.set(Some(program));
}
