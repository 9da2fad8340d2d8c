//! Sockets: there are none. WASI has only those that a process was started with, and Windows has no custom for that.

use super::{Handle, IoVector};
use crate::wasi::errno::{Errno, Result};

/// Nothing is a socket.
pub fn accept(_handle: Handle, _nonblocking: bool) -> Result<Handle> {
    Err(Errno::NOTSOCK)
}

/// Nothing is a socket.
pub fn receive(_handle: Handle, _vectors: &mut [IoVector], _peek: bool, _wait_all: bool) -> Result<(usize, bool)> {
    Err(Errno::NOTSOCK)
}

/// Nothing is a socket.
pub fn send(_handle: Handle, _vectors: &[IoVector]) -> Result<usize> {
    Err(Errno::NOTSOCK)
}

/// Nothing is a socket.
pub fn shutdown(_handle: Handle, _reading: bool, _writing: bool) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// None.
pub fn inherited_listeners(
    _variable: impl Fn(&[u8]) -> Option<&'static [u8]>,
    _found: impl FnMut(Handle) -> Result<()>,
) -> Result<()> {
    Ok(())
}
