//! The snapshot before: what differs.

use super::*;
use crate::wasi::unstable;
use std::os::unix::fs::MetadataExt;

#[test]
fn whence_is_in_another_order() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    stage.write(fd, b"0123456789").unwrap();
    let result = stage.room(8);
    let seek = |offset, whence| outcome(unstable::fd_seek(fd, offset, whence, result)).map(|()| stage.u64(result));
    assert_eq!(seek(-4, 0), Ok(6), "from the present position");
    assert_eq!(seek(-1, 1), Ok(9), "from the end");
    assert_eq!(seek(3, 2), Ok(3), "from the start");
    assert_eq!(seek(0, 3), Err(Errno::INVAL));
}

#[test]
fn attributes_have_another_layout() {
    let stage = Stage::new();
    fs::write(stage.host("file"), "contents").unwrap();
    fs::hard_link(stage.host("file"), stage.host("second")).unwrap();
    let expected = fs::metadata(stage.host("file")).unwrap();
    let fd = stage.open("file", 0).unwrap();
    let (path, length) = stage.text("file");
    let (by_fd, by_path) = (stage.room(57), stage.room(57));
    assert_eq!(unstable::fd_filestat_get(fd, by_fd), 0);
    assert_eq!(unstable::path_filestat_get(ROOT, 1, path, length, by_path), 0);
    for result in [by_fd, by_path] {
        assert_eq!(stage.u64(result), expected.dev());
        assert_eq!(stage.u64(result + 8), expected.ino());
        assert_eq!(stage.bytes(result + 16, 1), [crate::wasi::file_type::REGULAR_FILE]);
        assert_eq!(stage.u32(result + 20), 2);
        assert_eq!(stage.u64(result + 24), 8);
        assert_eq!(stage.u64(result + 40), (expected.mtime() * 1_000_000_000 + expected.mtime_nsec()) as u64);
        assert_eq!(stage.bytes(result + 56, 1), [0xaa]);
    }
}

#[test]
fn subscriptions_have_another_layout() {
    let stage = Stage::new();
    fs::write(stage.host("file"), "contents").unwrap();
    let fd = stage.open("file", 0).unwrap();
    let mut bytes = vec![0; 2 * 56];
    // A clock: its identifier, its number, the timeout, the precision, the flags.
    bytes[0] = 11;
    bytes[24] = 1;
    bytes[32] = 1;
    // A descriptor to read from.
    bytes[56] = 12;
    bytes[56 + 8] = 1;
    bytes[56 + 16] = fd as u8;
    let (list, events, result) = (stage.put(&bytes), stage.room(64), stage.room(4));
    std::thread::sleep(std::time::Duration::from_millis(1));
    assert_eq!(unstable::poll_oneoff(list, events, 2, result), 0);
    let count = stage.u32(result) as i32;
    let last = events + 32 * (count - 1);
    assert_eq!((stage.u64(last), stage.bytes(last + 10, 1), stage.u64(last + 16)), (12, vec![1], 8));
    assert_eq!(unstable::poll_oneoff(list, events, 1, result), 0);
    assert_eq!((stage.u32(result), stage.u64(events)), (1, 11));
}

#[test]
fn the_rest_is_the_same() {
    let stage = Stage::new();
    let (path, length) = stage.text("file");
    let result = stage.room(8);
    assert_eq!(unstable::path_open(ROOT, 0, path, length, CREAT, 0x42, 0, 0, result), 0);
    let fd = stage.u32(result) as i32;
    assert_eq!(stage.write(fd, b"x"), Ok(1));
    assert_eq!(unstable::fd_close(fd), 0);
    assert_eq!(unstable::path_unlink_file(ROOT, path, length), 0);
    assert!(!stage.host("file").exists());
    assert_eq!(unstable::clock_time_get(1, 0, result), 0);
    assert_eq!(unstable::sched_yield(), 0);
    assert_eq!(outcome(unstable::proc_raise(0)), Err(Errno::INVAL));
}
