//! Memory that grows, without an allocator: for lines of input and arrays of arguments.

use crate::sys;

/// Zeroed memory that grows, in whole pages.
pub struct Room {
    start: *mut u8,
    size: usize,
}

impl Room {
    /// No room yet.
    pub const fn new() -> Self {
        Room { start: core::ptr::null_mut(), size: 0 }
    }

    /// Grows to `size` bytes or more; keeps the contents. `None` where there is no memory for it.
    pub fn ensure(&mut self, size: usize) -> Option<()> {
        if size <= self.size {
            return Some(());
        }
        let size = size.max(2 * self.size).checked_next_multiple_of(sys::PAGE_SIZE)?;
        let start = core::ptr::with_exposed_provenance_mut(sys::allocate(size).ok()?);
        if self.size > 0 {
            // SAFETY: the old room is this one's own, apart from the new one, and not used again.
            unsafe {
                core::ptr::copy_nonoverlapping(self.start, start, self.size);
                sys::release(self.start.expose_provenance(), self.size);
            }
        }
        (self.start, self.size) = (start, size);
        Some(())
    }

    /// All of it.
    pub fn bytes(&mut self) -> &mut [u8] {
        if self.size == 0 {
            return &mut [];
        }
        // SAFETY: mapped memory of this room's own.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.size) }
    }
}

impl Default for Room {
    fn default() -> Self {
        Room::new()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.size > 0 {
            // SAFETY: nobody can use the room any more.
            unsafe { sys::release(self.start.expose_provenance(), self.size) };
        }
    }
}
