//! Sockets: those that the process was started with, and the connections they accept.

use super::errors::{retry, translate};
use super::{Handle, IoVector, borrow, system};
use crate::wasi::errno::Result;
use crate::wasi::file_type;
use rustix::net::{RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, Shutdown};

/// Whether a socket carries datagrams or a stream of bytes, in WASI's words.
pub(super) fn socket_type(handle: Handle) -> u8 {
    /// SOCK_DGRAM.
    const DATAGRAMS: i32 = 2;
    match crate::sys::socket_type(handle) {
        Ok(DATAGRAMS) => file_type::SOCKET_DGRAM,
        _ => file_type::SOCKET_STREAM,
    }
}

/// recvmsg(2). The number of bytes received, and whether there was more in the message.
pub fn receive(handle: Handle, vectors: &mut [IoVector], peek: bool, wait_all: bool) -> Result<(usize, bool)> {
    let mut flags = RecvFlags::empty();
    flags.set(RecvFlags::PEEK, peek);
    flags.set(RecvFlags::WAITALL, wait_all);
    let received = retry(|| {
        let mut control = RecvAncillaryBuffer::default();
        rustix::net::recvmsg(borrow(handle), IoVector::to_fill(vectors), &mut control, flags)
    })?;
    Ok((received.bytes, received.flags.contains(ReturnFlags::TRUNC)))
}

/// sendmsg(2).
pub fn send(handle: Handle, vectors: &[IoVector]) -> Result<usize> {
    retry(|| {
        let mut control = SendAncillaryBuffer::default();
        rustix::net::sendmsg(borrow(handle), IoVector::to_empty(vectors), &mut control, system::SEND)
    })
}

/// shutdown(2).
pub fn shutdown(handle: Handle, reading: bool, writing: bool) -> Result<()> {
    let how = match (reading, writing) {
        (true, true) => Shutdown::Both,
        (false, true) => Shutdown::Write,
        (true, false) => Shutdown::Read,
        (false, false) => return Err(crate::wasi::errno::Errno::INVAL),
    };
    rustix::net::shutdown(borrow(handle), how).map_err(translate)
}

/// A decimal number of at most nine digits.
fn parse(text: &[u8]) -> Option<i32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| 10 * number + i32::from(byte - b'0')))
}

/// Calls `found` with the handle of each listening socket that a service manager passed (sd_listen_fds(3)): there are
/// `LISTEN_FDS` of them, from handle 3 on, if `LISTEN_PID` is this process or not given.
pub fn inherited_listeners(
    variable: impl Fn(&[u8]) -> Option<&'static [u8]>,
    mut found: impl FnMut(Handle) -> Result<()>,
) -> Result<()> {
    if let Some(process) = variable(b"LISTEN_PID")
        && parse(process) != Some(rustix::process::getpid().as_raw_nonzero().get())
    {
        return Ok(());
    }
    let count = variable(b"LISTEN_FDS").and_then(parse).unwrap_or(0);
    for handle in (3..).take(usize::try_from(count).unwrap_or(0)) {
        // What else was passed is not the program's; beyond the last handle there is nothing.
        match crate::sys::is_listening(handle) {
            Ok(true) => found(handle)?,
            Ok(false) | Err(crate::sys::Error::NOT_A_SOCKET) => {}
            Err(_) => break,
        }
    }
    Ok(())
}
