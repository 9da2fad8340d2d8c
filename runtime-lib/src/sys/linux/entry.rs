//! The first Rust code of a program.

use super::auxiliary::InitialStack;

/// Goes on from `_start`, once the executable is relocated.
///
/// # Safety
/// `stack` must be the stack pointer that the kernel set.
pub(super) unsafe extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: the caller's promise; the vectors on that stack stay for ever.
    unsafe {
        let stack = InitialStack::parse(stack);
        crate::process::set_vectors(stack.arguments, stack.environment);
        super::initial_stack::remember(&stack);
    }
    crate::start::start()
}
