//! Sockets: connections are accepted, used and shut down; where they come from is not the program's business.

use super::descriptors::StatusFlags;
use super::errno::{Errno, Result, code};
use super::memory::{GuestMemory, address};
use super::rights;
use super::sys;
use super::table::{self, Descriptor};
use super::vectors::with_vectors;

/// witx `$riflags`.
const RECV_PEEK: i32 = 1 << 0;
const RECV_WAITALL: i32 = 1 << 1;

/// witx `$roflags`.
const RECV_DATA_TRUNCATED: u16 = 1 << 0;

/// witx `$sdflags`.
const SHUTDOWN_READ: i32 = 1 << 0;
const SHUTDOWN_WRITE: i32 = 1 << 1;

/// Fails with `again` where a descriptor is not to wait but its handle would.
fn check_ready(descriptor: &Descriptor, writing: bool) -> Result<()> {
    if descriptor.nonblocking { sys::would_block(descriptor.handle, writing) } else { Ok(()) }
}

fn accept(fd: i32, flags: i32, result: i32) -> Result<()> {
    let listener = table::get_socket(fd, rights::SOCK_ACCEPT)?;
    let flags = StatusFlags::from_parameter(flags)?;
    if flags != (StatusFlags { nonblock: flags.nonblock, ..StatusFlags::default() }) {
        return Err(Errno::INVAL);
    }
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(result), 4)?;
    check_ready(&listener, false)?;
    let handle = sys::accept(listener.handle, flags.nonblock)?;
    let connection = Descriptor::new(handle, listener.inheriting & rights::CONNECTION, 0);
    match table::with(|table| table.insert(connection)) {
        Ok(fd) => memory.write_u32(result, fd),
        Err(errno) => {
            sys::close(handle);
            Err(errno)
        }
    }
}

fn receive(fd: i32, vectors: i32, count: i32, flags: i32, length_result: i32, flags_result: i32) -> Result<()> {
    let socket = table::get_socket(fd, rights::FD_READ)?;
    if flags & !(RECV_PEEK | RECV_WAITALL) != 0 {
        return Err(Errno::INVAL);
    }
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(length_result), 4)?;
    memory.bytes(address(flags_result), 2)?;
    let mut truncated = false;
    check_ready(&socket, false)?;
    let length = with_vectors(memory, vectors, count, |list| {
        let (peek, wait_all) = (flags & RECV_PEEK != 0, flags & RECV_WAITALL != 0);
        let (length, more) = sys::receive(socket.handle, list, peek, wait_all)?;
        truncated = more;
        Ok(length)
    })?;
    memory.write_u32(length_result, length)?;
    let flags = if truncated { RECV_DATA_TRUNCATED } else { 0 };
    memory.write(address(flags_result), &flags.to_le_bytes())
}

fn send(fd: i32, vectors: i32, count: i32, flags: i32, result: i32) -> Result<()> {
    let socket = table::get_socket(fd, rights::FD_WRITE)?;
    // None is defined.
    if flags != 0 {
        return Err(Errno::INVAL);
    }
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(result), 4)?;
    check_ready(&socket, true)?;
    let length = with_vectors(memory, vectors, count, |list| sys::send(socket.handle, list))?;
    memory.write_u32(result, length)
}

fn shutdown(fd: i32, how: i32) -> Result<()> {
    let socket = table::get_socket(fd, rights::SOCK_SHUTDOWN)?;
    if how & !(SHUTDOWN_READ | SHUTDOWN_WRITE) != 0 {
        return Err(Errno::INVAL);
    }
    sys::shutdown(socket.handle, how & SHUTDOWN_READ != 0, how & SHUTDOWN_WRITE != 0)
}

/// Accepts a connection.
#[unsafe(export_name = "wasi_snapshot_preview1.sock_accept")]
pub extern "C" fn sock_accept(fd: i32, flags: i32, connection: i32) -> i32 {
    code(accept(fd, flags, connection))
}

/// Receives from a connection.
#[unsafe(export_name = "wasi_snapshot_preview1.sock_recv")]
pub extern "C" fn sock_recv(
    fd: i32,
    ri_data: i32,
    ri_data_len: i32,
    ri_flags: i32,
    ro_datalen: i32,
    ro_flags: i32,
) -> i32 {
    code(receive(fd, ri_data, ri_data_len, ri_flags, ro_datalen, ro_flags))
}

/// Sends to a connection.
#[unsafe(export_name = "wasi_snapshot_preview1.sock_send")]
pub extern "C" fn sock_send(fd: i32, si_data: i32, si_data_len: i32, si_flags: i32, so_datalen: i32) -> i32 {
    code(send(fd, si_data, si_data_len, si_flags, so_datalen))
}

/// Shuts down a connection in one direction or both.
#[unsafe(export_name = "wasi_snapshot_preview1.sock_shutdown")]
pub extern "C" fn sock_shutdown(fd: i32, how: i32) -> i32 {
    code(shutdown(fd, how))
}
