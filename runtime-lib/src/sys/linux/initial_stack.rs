//! The stack that the kernel made for the process, as the stack of wasm code.
//!
//! It is there already: to map another takes system calls, page tables and a page fault, some 8 us of the 100 that a small
//! program takes from exec to exit. The kernel grows it by faults as far as RLIMIT_STACK allows, and kills what goes
//! further with the signal that the guard of a mapped stack would cause (getrlimit(2)).

use core::sync::atomic::{AtomicUsize, Ordering};

use super::PAGE_SIZE;
use super::architecture::{LARGEST_INITIAL_STACK, number, system_call};
use super::auxiliary::kind;
use super::error::check;

const RLIMIT_STACK: usize = 3;

/// Smaller stacks are mapped: the kernel has mapped 128 KiB below what it writes on the stack before any limit counts
/// (setup_arg_pages() in fs/exec.c).
const SMALLEST: usize = 256 << 10;

/// Upper end of the kernel's mapping, or 0 where that is not known.
static END: AtomicUsize = AtomicUsize::new(0);

/// `struct rlimit64`.
#[repr(C)]
struct Limit {
    soft: u64,
    hard: u64,
}

/// Finds the end of the stack on which the process started.
///
/// # Safety
/// `stack` must be what the kernel left there.
#[cfg(not(test))]
pub(super) unsafe fn remember(stack: &super::auxiliary::InitialStack) {
    // SAFETY: the caller's promise; the name is a string that ends with a zero byte.
    unsafe {
        let name = stack.auxiliary(kind::FILE_NAME);
        if name != 0 {
            let name = core::ffi::CStr::from_ptr(core::ptr::with_exposed_provenance(name));
            END.store(end(name), Ordering::Relaxed);
        }
    }
}

/// Behind the file name of the program, which the kernel puts first, there is nothing but a null pointer (copy_strings()
/// and its callers in fs/exec.c). 0 where that is not the end of a page, and so not the end of the stack.
fn end(name: &core::ffi::CStr) -> usize {
    let end = name.as_ptr().addr() + name.count_bytes() + 1 + size_of::<usize>();
    if end.is_multiple_of(PAGE_SIZE) { end } else { 0 }
}

/// Has the kernel end the initial stack `size` bytes below this function's frame: the lower and upper end of what is
/// left of it. `None` where the limits do not allow that, or the stack is unusual.
#[inline(never)]
pub fn limit_initial_stack(size: usize) -> Option<(usize, usize)> {
    let end = END.load(Ordering::Relaxed);
    let mut limit = Limit { soft: 0, hard: 0 };
    let frame = (&raw const limit).addr();
    // Room for this frame and those of the callers, the start's.
    let high = (frame - 512) & !15;
    let low = high.checked_sub(size)? & !(PAGE_SIZE - 1);
    if !(SMALLEST..=LARGEST_INITIAL_STACK).contains(&size) || !(low..end).contains(&frame) {
        return None;
    }
    let prlimit = |new: *const Limit, old: *mut Limit| {
        // SAFETY: the kernel reads one limit and writes the other; lower limits change nothing that is mapped.
        check(unsafe {
            system_call(number::PRLIMIT64, [0, RLIMIT_STACK, new.expose_provenance(), old.expose_provenance(), 0, 0])
        })
    };
    prlimit(core::ptr::null(), &raw mut limit).ok()?;
    limit.soft = (end - low) as u64;
    if limit.soft > limit.hard {
        return None;
    }
    prlimit(&raw const limit, core::ptr::null_mut()).ok()?;
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_ends_behind_the_name_if_a_page_does() {
        #[repr(align(4096))]
        struct Page([u8; PAGE_SIZE]);
        let mut page = Page([0; PAGE_SIZE]);
        page.0[PAGE_SIZE - 13..PAGE_SIZE - 9].copy_from_slice(b"./ab");
        let name = |from: usize| core::ffi::CStr::from_bytes_until_nul(&page.0[from..]).unwrap();
        assert_eq!(end(name(PAGE_SIZE - 13)), page.0.as_ptr_range().end.addr());
        assert_eq!(end(name(PAGE_SIZE - 14)), 0);
        assert_eq!(kind::FILE_NAME, 31);
    }

    #[test]
    fn without_its_end_the_stack_is_left_alone() {
        assert_eq!(limit_initial_stack(PAGE_SIZE), None);
    }
}
