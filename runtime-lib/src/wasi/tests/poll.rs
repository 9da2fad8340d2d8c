//! Waiting.

use super::*;
use crate::wasi::poll::poll_oneoff;
use crate::wasi::table::Descriptor;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;

/// A subscription to a clock; its userdata is `userdata`.
fn clock(userdata: u64, clock: u32, timeout: u64, flags: u16) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = CLOCK;
    bytes[16..20].copy_from_slice(&clock.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    bytes
}

/// A subscription to a descriptor.
fn descriptor(userdata: u64, kind: u8, fd: i32) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = kind;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

#[derive(Debug, PartialEq, Eq)]
struct Event {
    userdata: u64,
    error: u16,
    kind: u8,
    bytes: u64,
    flags: u16,
}

fn poll(stage: &Stage, subscriptions: &[Vec<u8>]) -> Result<Vec<Event>, Errno> {
    let count = subscriptions.len();
    let list = stage.put(&subscriptions.concat());
    let (events, result) = (stage.room(32 * count + 1), stage.room(4));
    let code = poll_oneoff(list, events, count as i32, result);
    assert_eq!(stage.bytes(events + 32 * count as i32, 1), [0xaa]);
    outcome(code).map(|()| {
        (0..stage.u32(result) as i32)
            .map(|index| {
                let at = events + 32 * index;
                Event {
                    userdata: stage.u64(at),
                    error: stage.u16(at + 8),
                    kind: stage.bytes(at + 10, 1)[0],
                    bytes: stage.u64(at + 16),
                    flags: stage.u16(at + 24),
                }
            })
            .collect()
    })
}

fn timer(userdata: u64) -> Event {
    Event { userdata, error: 0, kind: CLOCK, bytes: 0, flags: 0 }
}

fn adopt(handle: OwnedFd) -> i32 {
    let descriptor = Descriptor::new(handle.into_raw_fd(), rights::FILE, 0);
    table::with(|table| table.insert(descriptor)).unwrap() as i32
}

/// A second, which is long enough never to pass unnoticed.
const SECOND: u64 = 1_000_000_000;

#[test]
fn clocks_ring_when_their_time_has_come() {
    let stage = Stage::new();
    let start = Instant::now();
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let (millisecond, absolute) = (1_000_000, 1);
    let now = stage.room(8);
    assert_eq!(crate::wasi::clocks::clock_time_get(1, 0, now), 0);
    let monotonic = stage.u64(now);
    for subscription in [
        clock(1, MONOTONIC, 20 * millisecond, 0),
        clock(1, REALTIME, 20 * millisecond, 0),
        clock(1, MONOTONIC, monotonic + 60 * millisecond, absolute),
        clock(1, REALTIME, since_1970 + 80 * millisecond, absolute),
    ] {
        let subscriptions = [subscription, clock(2, MONOTONIC, 1000 * SECOND, 0)];
        assert_eq!(poll(&stage, &subscriptions), Ok(vec![timer(1)]));
    }
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(80), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    for (which, absolute_time) in [(MONOTONIC, 0), (REALTIME, 0), (MONOTONIC, monotonic), (REALTIME, since_1970)] {
        assert_eq!(poll(&stage, &[clock(3, which, absolute_time, absolute)]), Ok(vec![timer(3)]));
    }
    assert_eq!(poll(&stage, &[clock(4, MONOTONIC, 0, 0), clock(5, REALTIME, 0, 0)]), Ok(vec![timer(4), timer(5)]));
}

#[test]
fn what_cannot_be_waited_for_is_an_event_with_an_error() {
    let stage = Stage::new();
    let error = |userdata, kind, error: Errno| Event { userdata, error: error.0, kind, bytes: 0, flags: 0 };
    let file = stage.open("file", CREAT).unwrap();
    stage.drop_rights(file, rights::FD_READ);
    let polled = poll(
        &stage,
        &[
            clock(1, 2, 0, 0),
            clock(2, 99, 0, 0),
            clock(3, MONOTONIC, 0, 2),
            descriptor(4, FD_READ, 99),
            descriptor(5, FD_WRITE, -1),
            descriptor(6, FD_READ, file),
            descriptor(7, FD_READ, ROOT),
            clock(8, MONOTONIC, 1000 * SECOND, 0),
        ],
    );
    let expected = vec![
        error(1, CLOCK, Errno::INVAL),
        error(2, CLOCK, Errno::INVAL),
        error(3, CLOCK, Errno::INVAL),
        error(4, FD_READ, Errno::BADF),
        error(5, FD_WRITE, Errno::BADF),
        error(6, FD_READ, Errno::NOTCAPABLE),
        error(7, FD_READ, Errno::NOTCAPABLE),
    ];
    assert_eq!(polled, Ok(expected));
    let result = stage.room(4);
    assert_eq!(outcome(poll_oneoff(result, result, 0, result)), Err(Errno::INVAL));
    assert_eq!(poll(&stage, &[descriptor(1, 3, 0)]), Err(Errno::INVAL), "there is no such type of event");
}

#[test]
fn regular_files_are_always_ready() {
    let stage = Stage::new();
    fs::write(stage.host("file"), "contents").unwrap();
    let fd = stage.open("file", 0).unwrap();
    stage.read(fd, 3).unwrap();
    let polled =
        poll(&stage, &[descriptor(1, FD_READ, fd), descriptor(2, FD_WRITE, fd), clock(3, MONOTONIC, 1000 * SECOND, 0)]);
    let event = |userdata, kind, bytes| Event { userdata, error: 0, kind, bytes, flags: 0 };
    assert_eq!(polled, Ok(vec![event(1, FD_READ, 5), event(2, FD_WRITE, 1)]));
    stage.read(fd, 100).unwrap();
    assert_eq!(poll(&stage, &[descriptor(1, FD_READ, fd)]), Ok(vec![event(1, FD_READ, 0)]));
}

#[test]
fn pipes_are_ready_when_there_is_something_or_nobody_left() {
    let stage = Stage::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (in_fd, out_fd) = (adopt(reader), adopt(writer.try_clone().unwrap()));
    let readable = descriptor(1, FD_READ, in_fd);
    let timeout = clock(2, MONOTONIC, SECOND / 100, 0);
    let event = |userdata, kind, bytes, flags| Event { userdata, error: 0, kind, bytes, flags };
    assert_eq!(poll(&stage, &[readable.clone(), timeout.clone()]), Ok(vec![timer(2)]));
    let writable = descriptor(3, FD_WRITE, out_fd);
    let polled = poll(&stage, &[readable.clone(), writable.clone()]);
    assert_eq!(polled, Ok(vec![event(3, FD_WRITE, 1, 0)]));
    rustix::io::write(&writer, b"abc").unwrap();
    let polled = poll(&stage, &[readable.clone(), readable.clone(), writable.clone()]);
    let expected = vec![event(1, FD_READ, 3, 0), event(1, FD_READ, 3, 0), event(3, FD_WRITE, 1, 0)];
    assert_eq!(polled, Ok(expected));
    // Somebody writes while the program waits.
    stage.read(in_fd, 3).unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        rustix::io::write(&writer, b"late").unwrap();
    });
    assert_eq!(poll(&stage, std::slice::from_ref(&readable)), Ok(vec![event(1, FD_READ, 4, 0)]));
    thread.join().unwrap();
    stage.read(in_fd, 4).unwrap();
    assert_eq!(crate::wasi::descriptors::fd_close(out_fd), 0);
    assert_eq!(poll(&stage, &[readable, timeout]), Ok(vec![event(1, FD_READ, 0, 1)]));
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let out_fd = adopt(writer);
    drop(reader);
    assert_eq!(poll(&stage, &[descriptor(3, FD_WRITE, out_fd)]), Ok(vec![event(3, FD_WRITE, 1, 1)]));
}

#[test]
fn a_full_pipe_is_not_writable() {
    let stage = Stage::new();
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
    while rustix::io::write(&writer, &[0; 4096]).is_ok() {}
    let fd = adopt(writer);
    let subscriptions = [descriptor(1, FD_WRITE, fd), clock(2, MONOTONIC, SECOND / 100, 0)];
    assert_eq!(poll(&stage, &subscriptions), Ok(vec![timer(2)]));
    assert_eq!(stage.write(fd, b"x"), Err(Errno::AGAIN));
    drop(reader);
}

#[test]
fn a_signal_does_not_end_the_wait() {
    // A child process stops and goes on while it waits: the kernel interrupts ppoll(2) for that.
    let test = "poll::a_signal_does_not_end_the_wait";
    let output = super::processes::in_child(test, "", |stage| {
        let own = rustix::process::getpid();
        let mut helper = std::process::Command::new("sh");
        helper.args(["-c", "sleep 0.1; kill -STOP $0; sleep 0.1; kill -CONT $0"]);
        let mut helper = helper.arg(own.as_raw_nonzero().to_string()).spawn().unwrap();
        let start = Instant::now();
        assert_eq!(poll(stage, &[clock(1, MONOTONIC, SECOND / 2, 0)]), Ok(vec![timer(1)]));
        assert!(start.elapsed() >= Duration::from_millis(500));
        helper.wait().unwrap();
    });
    if let Some(output) = output {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn there_may_be_more_subscriptions_than_descriptors() {
    let stage = Stage::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (in_fd, out_fd) = (adopt(reader), adopt(writer));
    let subscriptions: Vec<_> = (0..20_000)
        .map(|index| match index % 3 {
            0 => descriptor(index, FD_READ, in_fd),
            1 => descriptor(index, FD_WRITE, out_fd),
            _ => clock(index, MONOTONIC, 1000 * SECOND, 0),
        })
        .collect();
    let events = poll(&stage, &subscriptions).unwrap();
    let ready: Vec<_> = events.iter().map(|event| event.userdata).collect();
    assert_eq!(ready, (0..20_000).filter(|index| index % 3 == 1).collect::<Vec<_>>());
    // As many descriptors, each of its own.
    let fds: Vec<_> = (0..100).map(|_| adopt(rustix::pipe::pipe().unwrap().0)).collect();
    let subscriptions: Vec<_> = fds.iter().map(|&fd| descriptor(fd as u64, FD_READ, fd)).collect();
    let hung_up = |fd: &i32| Event { userdata: *fd as u64, error: 0, kind: FD_READ, bytes: 0, flags: 1 };
    assert_eq!(poll(&stage, &subscriptions), Ok(fds.iter().map(hung_up).collect()));
}

#[test]
fn events_may_be_stored_over_the_subscriptions() {
    let stage = Stage::new();
    let subscriptions: Vec<_> = (0..50).map(|index| clock(index, MONOTONIC, 0, 0)).collect();
    let list = stage.put(&subscriptions.concat());
    let result = stage.room(4);
    assert_eq!(poll_oneoff(list, list, 50, result), 0);
    assert_eq!(stage.u32(result), 50);
    for index in 0..50 {
        assert_eq!(stage.u64(list + 32 * index), index as u64);
    }
}
