//! Waits for descriptors and time.

use super::Handle;
use crate::sys;
use crate::sys::api::{FILE_TYPE_PIPE, GetFileType, GetNumberOfConsoleInputEvents, NtDelayExecution, PeekNamedPipe};
use crate::wasi::errno::{Errno, Result};
use crate::wasi::scratch::Zeroed;

/// A descriptor to wait for.
pub struct PollEntry {
    handle: Handle,
    wants_to_read: bool,
    wants_to_write: bool,
    readable: bool,
    hung_up: bool,
    invalid: bool,
}

// SAFETY: waits for nothing on standard input.
unsafe impl Zeroed for PollEntry {}

/// Nanoseconds between looks at what cannot be waited for: pipes.
const LOOK: u64 = 1_000_000;

impl PollEntry {
    /// Waits for a handle to become readable, writable, or both.
    pub fn new(handle: Handle, readable: bool, writable: bool) -> PollEntry {
        PollEntry {
            handle,
            wants_to_read: readable,
            wants_to_write: writable,
            readable: false,
            hung_up: false,
            invalid: false,
        }
    }

    /// Reading would not wait: there is something, or the end, or an error.
    pub fn readable(&self) -> bool {
        self.wants_to_read && (self.readable || self.hung_up)
    }

    /// Writing would not wait, as far as the system can tell: it never tells.
    pub fn writable(&self) -> bool {
        self.wants_to_write && !self.invalid
    }

    /// The other end is closed.
    pub fn hung_up(&self) -> bool {
        self.hung_up
    }

    /// The handle is not open.
    pub fn is_invalid(&self) -> bool {
        self.invalid
    }

    /// Looks what there is; whether that is something.
    fn look(&mut self) -> bool {
        let handle = sys::native(self.handle);
        // SAFETY: asks about a handle.
        let kind = unsafe { GetFileType(handle) };
        self.invalid = kind == 0 && handle.is_null();
        if kind == FILE_TYPE_PIPE {
            let mut available = 0;
            // SAFETY: writes a number.
            let done = unsafe {
                PeekNamedPipe(
                    handle,
                    core::ptr::null_mut(),
                    0,
                    core::ptr::null_mut(),
                    &raw mut available,
                    core::ptr::null_mut(),
                )
            };
            // A handle for writing only cannot be asked.
            self.hung_up = done == 0 && self.wants_to_read;
            self.readable = available != 0;
        } else if sys::is_console(handle) {
            let mut events = 0;
            // SAFETY: writes a number.
            let done = unsafe { GetNumberOfConsoleInputEvents(handle, &raw mut events) };
            self.readable = done != 0 && events != 0;
        } else {
            self.readable = true;
        }
        self.invalid || self.readable() || self.writable()
    }
}

/// Waits until a descriptor is ready, or for so many nanoseconds, or for ever.
pub fn poll(entries: &mut [PollEntry], timeout: Option<u64>) -> Result<()> {
    let deadline = timeout.map(|timeout| sys::monotonic_time().saturating_add(timeout));
    loop {
        let mut ready = false;
        for entry in &mut *entries {
            ready |= entry.look();
        }
        let left = match deadline {
            Some(deadline) => deadline.saturating_sub(sys::monotonic_time()),
            None => u64::MAX,
        };
        if ready || left == 0 {
            return Ok(());
        }
        let pause = if entries.is_empty() { left } else { left.min(LOOK) };
        // Negative: from now on, in units of 100 ns.
        let interval = -i64::try_from(pause.div_ceil(100)).unwrap_or(i64::MAX);
        // SAFETY: reads a number.
        unsafe { NtDelayExecution(0, &raw const interval) };
    }
}

/// Fails with `again` where reading from a handle, or writing to it, would wait.
pub fn would_block(handle: Handle, writing: bool) -> Result<()> {
    let mut entry = PollEntry::new(handle, !writing, writing);
    if entry.look() { Ok(()) } else { Err(Errno::AGAIN) }
}
