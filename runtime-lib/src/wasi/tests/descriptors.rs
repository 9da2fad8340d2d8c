//! Closing, numbers, flags, rights, preopens.

use super::*;
use crate::wasi::descriptors::*;
use crate::wasi::file_type;
use crate::wasi::table::Descriptor;
use std::os::fd::IntoRawFd;

#[test]
fn numbers_are_the_lowest_free_ones() {
    let stage = Stage::new();
    let open = || stage.open("file", CREAT).unwrap();
    assert_eq!([open(), open(), open()], [4, 5, 6]);
    assert_eq!(fd_close(5), 0);
    assert_eq!(outcome(fd_close(5)), Err(Errno::BADF));
    assert_eq!([open(), open()], [5, 7]);
    assert_eq!(fd_close(0), 0);
    assert_eq!([open(), open()], [0, 8]);
    for fd in [100, -1, i32::MIN, i32::MAX] {
        assert_eq!(outcome(fd_close(fd)), Err(Errno::BADF));
    }
}

#[test]
fn the_table_grows_to_thousands() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = limit.maximum.unwrap_or(100_000).min(100_000);
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(most), maximum: limit.maximum },
    )
    .unwrap();
    let stage = Stage::new();
    let count = (most as i32 - 500).min(5000);
    let (path, length) = stage.text("file");
    let result = stage.room(4);
    stage.open("file", CREAT).unwrap();
    for expected in 5..count {
        let code = path_open(ROOT, 0, path, length, 0, 2, 0, 0, result);
        assert_eq!((code, stage.u32(result) as i32), (0, expected));
    }
    assert_eq!(fd_close(1000.min(count - 1)), 0);
    assert_eq!(stage.open("file", 0), Ok(1000.min(count - 1)));
    for fd in 4..count {
        assert_eq!(fd_close(fd), 0);
    }
}

#[test]
fn renumbering_moves_a_descriptor_over_another() {
    let stage = Stage::new();
    fs::write(stage.host("a"), "a").unwrap();
    fs::write(stage.host("b"), "b").unwrap();
    let (a, b) = (stage.open("a", 0).unwrap(), stage.open("b", 0).unwrap());
    let rights = stage.rights_of(a);
    assert_eq!(fd_renumber(a, b), 0);
    assert_eq!(outcome(fd_close(a)), Err(Errno::BADF));
    assert_eq!((stage.read(b, 10), stage.rights_of(b)), (Ok(b"a".to_vec()), rights));
    assert_eq!(fd_renumber(b, b), 0);
    assert_eq!(outcome(fd_renumber(b, a)), Err(Errno::BADF), "nothing is there to replace");
    assert_eq!(outcome(fd_renumber(a, b)), Err(Errno::BADF));
    assert_eq!(outcome(fd_renumber(a, a)), Err(Errno::BADF));
    assert_eq!(stage.open("b", 0), Ok(a), "the number is free again");
    // A preopened directory is a descriptor like others.
    assert_eq!(fd_renumber(b, ROOT), 0);
    assert_eq!(outcome(fd_prestat_get(ROOT, stage.room(8))), Err(Errno::BADF));
}

#[test]
fn preopened_directories_tell_their_names() {
    let stage = Stage::new();
    let prestat = stage.room(8);
    assert_eq!(fd_prestat_get(ROOT, prestat), 0);
    assert_eq!((stage.bytes(prestat, 1), stage.u32(prestat + 4)), (vec![0], 1));
    let name = stage.room(3);
    assert_eq!(outcome(fd_prestat_dir_name(ROOT, name, 0)), Err(Errno::NAMETOOLONG));
    assert_eq!(fd_prestat_dir_name(ROOT, name, 1), 0);
    assert_eq!(stage.bytes(name, 2), b"/\xaa");
    assert_eq!(fd_prestat_dir_name(ROOT, name, 3), 0);
    // C libraries look for preopened directories from 3 on, until this error.
    assert_eq!(outcome(fd_prestat_get(4, prestat)), Err(Errno::BADF));
    let fd = stage.open_directory(".").unwrap();
    assert_eq!(outcome(fd_prestat_get(fd, prestat)), Err(Errno::BADF));
    assert_eq!(outcome(fd_prestat_dir_name(fd, name, 3)), Err(Errno::NOTDIR));
    assert_eq!(fd_close(ROOT), 0);
    assert_eq!(outcome(fd_prestat_get(ROOT, prestat)), Err(Errno::BADF));
}

/// Type, flags and rights, after checking that nothing else was written.
fn status(stage: &Stage, fd: i32) -> (u8, u16, u64, u64) {
    let stat = stage.room(25);
    assert_eq!(fd_fdstat_get(fd, stat), 0);
    assert_eq!(stage.bytes(stat + 24, 1), [0xaa]);
    (stage.bytes(stat, 1)[0], stage.u16(stat + 2), stage.u64(stat + 8), stage.u64(stat + 16))
}

#[test]
fn status_tells_type_flags_and_rights() {
    let stage = Stage::new();
    let (all, directory) = (u64::from(rights::ALL), u64::from(rights::DIRECTORY));
    assert_eq!(status(&stage, ROOT), (file_type::DIRECTORY, 0, directory, all));
    let file = u64::from(rights::FILE);
    let fd = stage.open("file", CREAT).unwrap();
    assert_eq!(status(&stage, fd), (file_type::REGULAR_FILE, 0, file, 0));
    for (asked, told) in [
        (APPEND, APPEND),
        (DSYNC, DSYNC),
        (NONBLOCK, NONBLOCK),
        (SYNC, SYNC),
        (RSYNC, SYNC),
        (APPEND | SYNC | NONBLOCK, APPEND | SYNC | NONBLOCK),
    ] {
        let fd = stage.open_with(ROOT, "file", Open { fdflags: asked, ..Open::default() }).unwrap();
        assert_eq!(status(&stage, fd), (file_type::REGULAR_FILE, told as u16, file, 0));
    }
    let null = fs::File::open("/dev/null").unwrap().into_raw_fd();
    let null = table::with(|table| table.insert(Descriptor::new(null, rights::FILE, 0))).unwrap() as i32;
    assert_eq!(status(&stage, null), (file_type::CHARACTER_DEVICE, 0, file, 0));
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    let pipe = table::with(|table| table.insert(Descriptor::new(reader.into_raw_fd(), 2, 0))).unwrap() as i32;
    assert_eq!(status(&stage, pipe), (file_type::UNKNOWN, 0, 2, 0));
    assert_eq!(outcome(fd_fdstat_get(99, stage.room(24))), Err(Errno::BADF));
}

#[test]
fn a_terminal_can_be_told_from_other_devices() {
    let stage = Stage::new();
    let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
    let Ok(terminal) = rustix::pty::openpt(flags) else {
        println!("there are no pseudo-terminals here");
        return;
    };
    let terminal = Descriptor::inherited(terminal.into_raw_fd(), rights::STANDARD_INPUT, 0);
    let terminal = table::with(|table| table.insert(terminal)).unwrap() as i32;
    let (file_type, _, base, _) = status(&stage, terminal);
    assert_eq!(file_type, file_type::CHARACTER_DEVICE);
    assert_eq!(base & u64::from(rights::FD_SEEK | rights::FD_TELL), 0);
    let result = stage.room(8);
    assert_eq!(outcome(crate::wasi::files::fd_seek(terminal, 0, 0, result)), Err(Errno::SPIPE));
}

#[test]
fn flags_can_be_changed_as_far_as_fcntl_can() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    assert_eq!(fd_fdstat_set_flags(fd, APPEND | NONBLOCK), 0);
    assert_eq!(status(&stage, fd).1, (APPEND | NONBLOCK) as u16);
    stage.write(fd, b"abc").unwrap();
    assert_eq!(fd_fdstat_set_flags(fd, 0), 0);
    assert_eq!(status(&stage, fd).1, 0);
    for flags in [SYNC, DSYNC, RSYNC, APPEND | SYNC, 32, -1, 1 << 16] {
        assert_eq!(outcome(fd_fdstat_set_flags(fd, flags)), Err(Errno::INVAL), "{flags}");
    }
    let synchronous = stage.open_with(ROOT, "file", Open { fdflags: SYNC, ..Open::default() }).unwrap();
    assert_eq!(fd_fdstat_set_flags(synchronous, SYNC | APPEND), 0, "what it told may be given back");
    assert_eq!(status(&stage, synchronous).1, (SYNC | APPEND) as u16);
    stage.drop_rights(fd, rights::FD_FDSTAT_SET_FLAGS);
    assert_eq!(outcome(fd_fdstat_set_flags(fd, 0)), Err(Errno::NOTCAPABLE));
}

#[test]
fn an_inherited_descriptor_does_not_wait_without_its_other_users_noticing() {
    let stage = Stage::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let handle = reader.into_raw_fd();
    let inherited = Descriptor::inherited(handle, rights::STANDARD_INPUT, 0);
    let fd = table::with(|table| table.insert(inherited)).unwrap() as i32;
    assert_eq!(fd_fdstat_set_flags(fd, NONBLOCK), 0);
    assert_eq!(status(&stage, fd).1, NONBLOCK as u16);
    assert!(!sys::status_flags(handle).unwrap().nonblock, "the pipe itself still waits");
    assert_eq!(stage.read(fd, 10), Err(Errno::AGAIN));
    rustix::io::write(&writer, b"x").unwrap();
    assert_eq!(stage.read(fd, 10), Ok(b"x".to_vec()));
    drop(writer);
    assert_eq!(stage.read(fd, 10), Ok(vec![]));
    assert_eq!(fd_fdstat_set_flags(fd, 0), 0);
    assert_eq!(status(&stage, fd).1, 0);
}

#[test]
fn rights_can_only_be_given_up() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    let (base, inheriting) = stage.rights_of(fd);
    let set = |base: u64, inheriting: u64| outcome(fd_fdstat_set_rights(fd, base as i64, inheriting as i64));
    assert_eq!(set(base, inheriting), Ok(()));
    let less = base & !u64::from(rights::FD_READ | rights::FD_WRITE);
    assert_eq!(set(less, inheriting), Ok(()));
    assert_eq!(stage.rights_of(fd), (less, inheriting));
    assert_eq!(stage.read(fd, 1), Err(Errno::NOTCAPABLE));
    assert_eq!(stage.write(fd, b"a"), Err(Errno::NOTCAPABLE));
    assert_eq!(set(base, inheriting), Err(Errno::NOTCAPABLE));
    assert_eq!(set(less, u64::from(rights::FD_READ)), Err(Errno::NOTCAPABLE));
    assert_eq!(set(less | 1 << 40, inheriting), Err(Errno::NOTCAPABLE));
    assert_eq!(stage.rights_of(fd), (less, inheriting));
    assert_eq!(outcome(fd_fdstat_set_rights(99, 0, 0)), Err(Errno::BADF));
}

#[test]
fn a_directory_passes_on_no_more_than_it_may() {
    let stage = Stage::new();
    let (base, inheriting) = stage.rights_of(ROOT);
    let less = inheriting & !u64::from(rights::FD_WRITE);
    assert_eq!(fd_fdstat_set_rights(ROOT, base as i64, less as i64), 0);
    fs::create_dir(stage.host("sub")).unwrap();
    fs::write(stage.host("sub/file"), "contents").unwrap();
    assert_eq!(stage.open("sub/file", 0), Err(Errno::NOTCAPABLE));
    let reading = Open { rights: rights::FD_READ, ..Open::default() };
    assert!(stage.open_with(ROOT, "sub/file", reading).is_ok());
    assert_eq!(
        stage.open_with(ROOT, "sub/file", Open { inheriting: rights::FD_WRITE, ..reading }),
        Err(Errno::NOTCAPABLE)
    );
    let sub = stage.open_directory("sub").unwrap();
    assert_eq!(stage.rights_of(sub).1, less, "what the parent gave up stays given up");
    assert_eq!(stage.open_with(sub, "file", Open::default()), Err(Errno::NOTCAPABLE));
    assert!(stage.open_with(sub, "file", reading).is_ok());
    stage.drop_rights(ROOT, rights::PATH_OPEN);
    assert_eq!(stage.open_with(ROOT, "sub/file", reading), Err(Errno::NOTCAPABLE));
}

#[test]
fn the_standard_handles_are_not_reused_for_files() {
    // In a process of its own: this closes the handles 0 to 2.
    let output =
        super::processes::in_child("descriptors::the_standard_handles_are_not_reused_for_files", "", |stage| {
            let first = stage.open("first", CREAT).unwrap();
            let error = fs::File::create(stage.host("error")).unwrap();
            for fd in [0, 1, 2] {
                assert_eq!(fd_close(fd), 0);
            }
            let handles: Vec<_> = (0..4)
                .map(|_| {
                    let fd = stage.open("second", CREAT).unwrap();
                    table::get(fd, 0).unwrap().handle
                })
                .collect();
            drop((first, error));
            std::process::exit(if handles.iter().all(|&handle| handle > 2) { 7 } else { 8 })
        });
    if let Some(output) = output {
        assert_eq!(output.status.code(), Some(7));
    }
}
