//! Sockets.

use super::*;
use crate::wasi::files::fd_read;
use crate::wasi::host;
use crate::wasi::sockets::*;
use crate::wasi::table::Descriptor;
use crate::wasi::{descriptors, file_type};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{IntoRawFd, OwnedFd};

fn adopt(handle: OwnedFd, base: rights::Rights, inheriting: rights::Rights) -> i32 {
    let descriptor = Descriptor::new(handle.into_raw_fd(), base, inheriting);
    table::with(|table| table.insert(descriptor)).unwrap() as i32
}

fn listener() -> (i32, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    (adopt(listener.into(), rights::LISTENER, rights::CONNECTION), at)
}

fn accept(stage: &Stage, fd: i32, flags: i32) -> Result<i32, Errno> {
    let result = stage.room(4);
    outcome(sock_accept(fd, flags, result)).map(|()| stage.u32(result) as i32)
}

fn receive(stage: &Stage, fd: i32, size: usize, flags: i32) -> Result<(Vec<u8>, u16), Errno> {
    let (buffer, length, out) = (stage.room(size), stage.room(4), stage.room(2));
    let half = size / 2;
    let (list, count) = stage.vectors(&[(buffer, half), (buffer + half as i32, size - half)]);
    outcome(sock_recv(fd, list, count, flags, length, out))
        .map(|()| (stage.bytes(buffer, stage.u32(length) as usize), stage.u16(out)))
}

fn send(stage: &Stage, fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    let (list, count) = stage.vectors(&[(stage.put(bytes), bytes.len())]);
    let result = stage.room(4);
    outcome(sock_send(fd, list, count, 0, result)).map(|()| stage.u32(result) as usize)
}

fn file_type_of(stage: &Stage, fd: i32) -> u8 {
    let stat = stage.room(64);
    assert_eq!(descriptors::fd_fdstat_get(fd, stat), 0);
    let first = stage.bytes(stat, 1)[0];
    assert_eq!(crate::wasi::filestat::fd_filestat_get(fd, stat), 0);
    assert_eq!(stage.bytes(stat + 16, 1)[0], first);
    first
}

#[test]
fn connections_are_accepted_used_and_shut_down() {
    let stage = Stage::new();
    let (fd, at) = listener();
    assert_eq!(file_type_of(&stage, fd), file_type::SOCKET_STREAM);
    let mut client = TcpStream::connect(at).unwrap();
    let connection = accept(&stage, fd, 0).unwrap();
    assert_eq!(connection, fd + 1);
    assert_eq!(file_type_of(&stage, connection), file_type::SOCKET_STREAM);
    assert_eq!(stage.rights_of(connection), (u64::from(rights::CONNECTION), 0));
    client.write_all(b"request").unwrap();
    assert_eq!(receive(&stage, connection, 4, 1), Ok((b"requ".to_vec(), 0)), "a look ahead");
    assert_eq!(receive(&stage, connection, 7, 2), Ok((b"request".to_vec(), 0)), "all of it");
    assert_eq!(send(&stage, connection, b"response"), Ok(8));
    assert_eq!(sock_shutdown(connection, 2), 0);
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert_eq!(response, "response");
    assert_eq!(send(&stage, connection, b"more"), Err(Errno::PIPE));
    client.write_all(b"rest").unwrap();
    drop(client);
    assert_eq!(stage.read(connection, 100), Ok(b"rest".to_vec()), "fd_read works as well");
    assert_eq!(receive(&stage, connection, 10, 0), Ok((vec![], 0)));
    for flags in [4, -1] {
        assert_eq!(receive(&stage, connection, 10, flags), Err(Errno::INVAL));
        assert_eq!(outcome(sock_shutdown(connection, flags)), Err(Errno::INVAL));
        let list = stage.room(8);
        assert_eq!(outcome(sock_send(connection, list, 0, flags, list)), Err(Errno::INVAL));
    }
    assert_eq!(outcome(sock_shutdown(connection, 0)), Err(Errno::INVAL));
}

#[test]
fn nonblocking_sockets_do_not_wait() {
    let stage = Stage::new();
    let (fd, at) = listener();
    assert_eq!(descriptors::fd_fdstat_set_flags(fd, NONBLOCK), 0);
    assert_eq!(accept(&stage, fd, 0), Err(Errno::AGAIN));
    let _client = TcpStream::connect(at).unwrap();
    let connection = accept(&stage, fd, NONBLOCK).unwrap();
    assert_eq!(receive(&stage, connection, 10, 0), Err(Errno::AGAIN));
    assert_eq!(stage.read(connection, 10), Err(Errno::AGAIN));
    for flags in [APPEND, SYNC, NONBLOCK | DSYNC, 32, -1] {
        assert_eq!(accept(&stage, fd, flags), Err(Errno::INVAL), "{flags}");
    }
}

#[test]
fn datagrams_are_whole_or_cut_off() {
    let stage = Stage::new();
    let (here, there) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    here.connect(there.local_addr().unwrap()).unwrap();
    there.connect(here.local_addr().unwrap()).unwrap();
    let fd = adopt(here.into(), rights::CONNECTION, 0);
    assert_eq!(file_type_of(&stage, fd), file_type::SOCKET_DGRAM);
    there.send(b"0123456789").unwrap();
    there.send(b"next").unwrap();
    assert_eq!(receive(&stage, fd, 6, 0), Ok((b"012345".to_vec(), 1)));
    assert_eq!(receive(&stage, fd, 6, 0), Ok((b"next".to_vec(), 0)));
    // Hundreds of buffers are one message.
    let bytes: Vec<u8> = (0..500u32).map(|index| index as u8).collect();
    let start = stage.put(&bytes);
    let (list, count) = stage.vectors(&(0..500).map(|index| (start + index, 1)).collect::<Vec<_>>());
    let result = stage.room(4);
    assert_eq!(sock_send(fd, list, count, 0, result), 0);
    let mut received = [0; 600];
    assert_eq!(there.recv(&mut received).unwrap(), 500);
    assert_eq!(received[..500], bytes);
}

#[test]
fn what_is_no_socket_is_told_so() {
    let stage = Stage::new();
    let file = stage.open("file", CREAT).unwrap();
    for fd in [file, ROOT] {
        assert_eq!(accept(&stage, fd, 0), Err(Errno::NOTSOCK));
        assert_eq!(receive(&stage, fd, 10, 0), Err(Errno::NOTSOCK));
        assert_eq!(send(&stage, fd, b"x"), Err(Errno::NOTSOCK));
        assert_eq!(outcome(sock_shutdown(fd, 1)), Err(Errno::NOTSOCK));
    }
    assert_eq!(accept(&stage, 99, 0), Err(Errno::BADF));
    assert_eq!(outcome(sock_shutdown(99, 1)), Err(Errno::BADF));
}

#[test]
fn sockets_have_rights_too() {
    let stage = Stage::new();
    let (fd, at) = listener();
    let _client = TcpStream::connect(at).unwrap();
    let connection = accept(&stage, fd, 0).unwrap();
    stage.drop_rights(connection, rights::ALL);
    assert_eq!(receive(&stage, connection, 10, 0), Err(Errno::NOTCAPABLE));
    assert_eq!(send(&stage, connection, b"x"), Err(Errno::NOTCAPABLE));
    assert_eq!(outcome(sock_shutdown(connection, 1)), Err(Errno::NOTCAPABLE));
    stage.drop_rights(fd, rights::SOCK_ACCEPT);
    assert_eq!(accept(&stage, fd, 0), Err(Errno::NOTCAPABLE));
}

#[test]
fn listening_sockets_of_a_service_manager_follow_the_directories() {
    // In a process of its own, which has the handles from 3 on to itself.
    let test = "sockets::listening_sockets_of_a_service_manager_follow_the_directories";
    for (case, variables, allowed, expected) in [
        ("allowed", &["LISTEN_FDS=2"][..], true, 7),
        ("not allowed", &["LISTEN_FDS=2"], false, 8),
        ("too many", &["LISTEN_FDS=999999999"], true, 7),
        ("not for this process", &["LISTEN_FDS=2", "LISTEN_PID=1"], true, 8),
        ("nonsense", &["LISTEN_FDS=-2x"], true, 8),
    ] {
        let output = super::processes::in_child(test, case, |_| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let at = listener.local_addr().unwrap();
            // The stage that there is may hold these numbers.
            table::with(|table| *table = Table::at_start());
            let mut third = unsafe_slot(3);
            let mut fourth = unsafe_slot(4);
            rustix::io::dup2(&listener, &mut third).unwrap();
            rustix::io::dup2(fs::File::open("/dev/null").unwrap(), &mut fourth).unwrap();
            std::mem::forget((third, fourth));
            drop(listener);
            host::set(&[], variables.iter().map(|text| text.as_bytes()).collect::<Vec<_>>().leak());
            let flag = wasmc_abi::program::PROGRAM_RUNTIME_OPTIONS;
            let stage = Stage::with(|program| program.flags = if allowed { flag } else { 0 });
            let _client = TcpStream::connect(at).unwrap();
            // The directory is 3: the first socket is 4, the null device is none.
            let list = stage.room(8);
            let none = fd_read(5, list, 0, list);
            let accepted = accept(&stage, 4, 0);
            std::process::exit(match accepted {
                Ok(5) if none == i32::from(Errno::BADF.0) => 7,
                Err(Errno::BADF) => 8,
                _ => 9,
            })
        });
        if let Some(output) = output {
            assert_eq!(output.status.code(), Some(expected), "{case}");
        }
    }
}

/// A handle of this number, whatever it is.
fn unsafe_slot(handle: i32) -> OwnedFd {
    use std::os::fd::FromRawFd;
    // SAFETY: the test's child process gives it a meaning at once and never closes it.
    unsafe { OwnedFd::from_raw_fd(handle) }
}
