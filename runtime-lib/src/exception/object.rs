//! Exceptions as values: the objects that an `exnref` refers to.

use core::sync::atomic::{AtomicUsize, Ordering};

use wasmc_abi::exception::{Exception, Exceptions, TagRecord, payload_offset};

use super::pending;
use crate::sys;
use crate::values::size_of_type;

/// Bytes asked of the operating system at a time.
const CHUNK: usize = 1 << 16;

/// The rest of the last chunk.
static FREE: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// Size in bytes of an exception with this tag.
///
/// # Safety
/// The description must be the compiler's.
unsafe fn size(exceptions: &Exceptions, tag: u32) -> usize {
    // SAFETY: the caller's promise.
    let tags = unsafe { exceptions.tags.as_slice::<TagRecord>() };
    let Some(record) = tags.get(tag as usize) else { return Exception::PAYLOAD };
    // SAFETY: as above.
    let parameters = unsafe { record.parameters.as_slice::<u8>() };
    let end = parameters.iter().fold(0, |end, &parameter| {
        let size = size_of_type(parameter);
        payload_offset(end, size) + size
    });
    (Exception::PAYLOAD + end).next_multiple_of(align_of::<Exception>())
}

/// Keeps the pending exception as an object: see [`wasmc_abi::symbols::EXCEPTION_ALLOCATE`].
///
/// # Safety
/// To be called by compiled code of the program that `exceptions` describes, where it has caught an exception.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_exception_allocate(exceptions: &Exceptions) -> *mut Exception {
    let exception = pending(exceptions);
    // SAFETY: compiled code has caught it: it is there, with its whole payload.
    unsafe {
        let size = size(exceptions, (*exception).tag);
        let object: *mut Exception = core::ptr::with_exposed_provenance_mut(allocate(size));
        core::ptr::copy_nonoverlapping(exception.cast::<u8>(), object.cast::<u8>(), size);
        object
    }
}

/// Room for an object, for as long as the program runs.
fn allocate(size: usize) -> usize {
    let start = FREE.load(Ordering::Relaxed);
    if END.load(Ordering::Relaxed) - start >= size {
        FREE.store(start + size, Ordering::Relaxed);
        return start;
    }
    let chunk = size.max(CHUNK).next_multiple_of(sys::PAGE_SIZE);
    let Ok(start) = sys::allocate(chunk) else {
        crate::process::fatal(&[b"there is no memory for an exception object"]);
    };
    FREE.store(start + size, Ordering::Relaxed);
    END.store(start + chunk, Ordering::Relaxed);
    start
}

/// Makes an object the pending exception again.
///
/// # Safety
/// It must be an object of the program that `exceptions` describes.
pub(super) unsafe fn make_pending(exceptions: &Exceptions, exception: *const Exception) {
    // SAFETY: the caller's promise; there is room for the largest exception of the program.
    unsafe {
        let size = size(exceptions, (*exception).tag);
        core::ptr::copy_nonoverlapping(exception.cast::<u8>(), pending(exceptions).cast::<u8>(), size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_abi::Span;
    use wasmc_abi::value::{F64, I32, V128};

    #[test]
    fn an_exception_comes_back_as_it_was_kept() {
        let span = |start: u64, length| Span { start, length };
        let bytes: &'static [u8] = &[I32, F64, V128];
        let nothing = span(0, 0);
        let tags = vec![
            TagRecord { name: nothing, parameters: nothing },
            TagRecord { name: nothing, parameters: span(bytes.as_ptr().expose_provenance() as u64, 3) },
        ]
        .leak();
        let room = vec![Exception { tag: 1, reserved: [0; 3] }; 3].leak();
        let exceptions = Exceptions {
            pending: room.as_mut_ptr().expose_provenance() as u64,
            pending_size: 48,
            text: 0,
            calls: nothing,
            lists: nothing,
            handlers: nothing,
            tags: span(tags.as_ptr().expose_provenance() as u64, 2),
        };
        // SAFETY: the description of this test's exceptions.
        let objects = unsafe {
            assert_eq!((size(&exceptions, 0), size(&exceptions, 1), size(&exceptions, 2)), (16, 48, 16));
            // i32 at 16, f64 at 24, v128 at 32.
            room.as_mut_ptr().cast::<u8>().add(47).write(0xab);
            let first = wasmc_exception_allocate(&exceptions);
            room[0].tag = 0;
            let second = wasmc_exception_allocate(&exceptions);
            room.fill(Exception { tag: 7, reserved: [7; 3] });
            make_pending(&exceptions, second);
            assert_eq!((room[0].tag, room[1].tag), (0, 7));
            make_pending(&exceptions, first);
            assert_eq!((room[0].tag, room.as_ptr().cast::<u8>().add(47).read()), (1, 0xab));
            [first, second]
        };
        assert!(objects[1].addr() - objects[0].addr() >= 48);
    }
}
