//! Waits for descriptors and time.

use super::clocks::timespec;
use super::{Handle, borrow, system};
use crate::wasi::errno::{Errno, Result};
use crate::wasi::scratch::Zeroed;
use rustix::event::{PollFd, PollFlags};
use rustix::io;

/// A descriptor to wait for: `struct pollfd`, poll(2).
#[repr(transparent)]
pub struct PollEntry(PollFd<'static>);

// SAFETY: waits for nothing on handle 0.
unsafe impl Zeroed for PollEntry {}

impl PollEntry {
    /// Waits for a handle to become readable, writable, or both.
    pub fn new(handle: Handle, readable: bool, writable: bool) -> PollEntry {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN | system::PEER_CLOSED, readable);
        flags.set(PollFlags::OUT, writable);
        PollEntry(PollFd::from_borrowed_fd(borrow(handle), flags))
    }

    /// Reading would not wait: there is something, or the end, or an error.
    pub fn readable(&self) -> bool {
        self.0.revents().intersects(PollFlags::IN | system::PEER_CLOSED | PollFlags::HUP | PollFlags::ERR)
    }

    /// Writing would not wait: there is room, or an error.
    pub fn writable(&self) -> bool {
        self.0.revents().intersects(PollFlags::OUT | PollFlags::HUP | PollFlags::ERR)
    }

    /// The other end is closed.
    pub fn hung_up(&self) -> bool {
        self.0.revents().intersects(PollFlags::HUP | system::PEER_CLOSED | PollFlags::ERR)
    }

    /// The handle is not open.
    pub fn is_invalid(&self) -> bool {
        self.0.revents().contains(PollFlags::NVAL)
    }
}

/// Waits until a descriptor is ready, or for so many nanoseconds, or for ever; or for a shorter time if there is a
/// signal. ppoll(2).
pub fn poll(entries: &mut [PollEntry], timeout: Option<u64>) -> Result<()> {
    // SAFETY: a transparent wrapper.
    let entries = unsafe { &mut *(core::ptr::from_mut(entries) as *mut [PollFd<'static>]) };
    match rustix::event::poll(entries, timeout.map(timespec).as_ref()) {
        Ok(_) => Ok(()),
        Err(io::Errno::INTR) => {
            // The kernel leaves the answers as they were.
            entries.iter_mut().for_each(PollFd::clear_revents);
            Ok(())
        }
        Err(error) => Err(super::errors::translate(error)),
    }
}

/// Fails with `again` where reading from a handle, or writing to it, would wait.
pub fn would_block(handle: Handle, writing: bool) -> Result<()> {
    let mut entries = [PollEntry::new(handle, !writing, writing)];
    poll(&mut entries, Some(0))?;
    let [entry] = &entries;
    let ready = if writing { entry.writable() } else { entry.readable() };
    if ready || entry.is_invalid() { Ok(()) } else { Err(Errno::AGAIN) }
}
