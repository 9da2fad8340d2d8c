//! Finds the handlers of a call in the compiler's table.

use wasmc_abi::exception::{CATCH_ALL, Exceptions, LAST};

/// The table, as slices.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    calls: &'a [u32],
    lists: &'a [u32],
    handlers: &'a [u32],
}

/// A handler, and what its function needs of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Offset of its code from the start of the machine code.
    pub code: u32,
    /// Distance in bytes from the stack pointer up to the frame pointer.
    pub frame_size: u32,
}

impl<'a> Table<'a> {
    /// The table of a program.
    ///
    /// # Safety
    /// The description must be the compiler's.
    pub unsafe fn new(exceptions: &Exceptions) -> Table<'a> {
        // SAFETY: the caller's promise.
        unsafe {
            Table {
                calls: exceptions.calls.as_slice(),
                lists: exceptions.lists.as_slice(),
                handlers: exceptions.handlers.as_slice(),
            }
        }
    }

    /// The handler that wants an exception with this tag, of the call that returns to this offset in the machine code.
    pub fn handler(&self, return_address: u32, tag: u32) -> Option<Handler> {
        let call = self.calls.binary_search(&return_address).ok()?;
        let list = self.handlers.get(*self.lists.get(call)? as usize..)?;
        let (&frame_size, list) = list.split_first()?;
        for handler in list.chunks_exact(2) {
            let &[wanted, code] = handler else { return None };
            let name = wanted & !LAST;
            if name == tag || name == CATCH_ALL {
                return Some(Handler { code, frame_size });
            }
            if wanted & LAST != 0 {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_handler_that_fits_is_found() {
        let table = Table {
            calls: &[0x10, 0x40, 0x44],
            lists: &[0, 5, 0],
            handlers: &[0x20, 3, 0x100, 7 | LAST, 0x110, 0x30, 3, 0x200, CATCH_ALL | LAST, 0x210],
        };
        let found = |address, tag| table.handler(address, tag).map(|handler| (handler.code, handler.frame_size));
        assert_eq!(found(0x10, 3), Some((0x100, 0x20)));
        assert_eq!(found(0x10, 7), Some((0x110, 0x20)));
        // The list ends there; the next one's handlers are not its own.
        assert_eq!(found(0x10, 4), None);
        assert_eq!(found(0x44, 7), Some((0x110, 0x20)));
        assert_eq!(found(0x40, 3), Some((0x200, 0x30)));
        assert_eq!(found(0x40, 0), Some((0x210, 0x30)));
        // Only exact addresses.
        assert_eq!(found(0x11, 3), None);
        assert_eq!(found(0x0, 3), None);
    }

    #[test]
    fn a_damaged_table_has_no_handlers() {
        let table = Table { calls: &[1, 2, 3], lists: &[0, 9], handlers: &[0x20, 3] };
        for address in 0..4 {
            assert_eq!(table.handler(address, 3), None);
        }
    }
}
