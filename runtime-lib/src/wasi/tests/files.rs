//! Reading, writing, position, space.

use super::*;
use crate::wasi::files::*;

fn seek(stage: &Stage, fd: i32, offset: i64, whence: i32) -> Result<u64, Errno> {
    let result = stage.room(8);
    outcome(fd_seek(fd, offset, whence, result)).map(|()| stage.u64(result))
}

fn tell(stage: &Stage, fd: i32) -> Result<u64, Errno> {
    let result = stage.room(8);
    outcome(fd_tell(fd, result)).map(|()| stage.u64(result))
}

#[test]
fn what_is_written_can_be_read_back_from_any_position() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    assert_eq!(stage.write(fd, b"hello, world"), Ok(12));
    assert_eq!(fs::read(stage.host("file")).unwrap(), b"hello, world");
    assert_eq!(tell(&stage, fd), Ok(12));
    assert_eq!(stage.read(fd, 10), Ok(vec![]));
    assert_eq!(seek(&stage, fd, 7, 0), Ok(7));
    assert_eq!(stage.read(fd, 100), Ok(b"world".to_vec()));
    assert_eq!(seek(&stage, fd, -5, 1), Ok(7));
    assert_eq!(seek(&stage, fd, -12, 2), Ok(0));
    assert_eq!(stage.read(fd, 5), Ok(b"hello".to_vec()));
    assert_eq!(seek(&stage, fd, 10, 2), Ok(22));
    assert_eq!(stage.write(fd, b"!"), Ok(1));
    assert_eq!(fs::read(stage.host("file")).unwrap(), b"hello, world\0\0\0\0\0\0\0\0\0\0!");
    for (offset, whence) in [(-1, 0), (-100, 1), (-100, 2), (0, 3), (0, -1), (0, 256), (i64::MIN, 0), (i64::MAX, 1)] {
        assert_eq!(seek(&stage, fd, offset, whence), Err(Errno::INVAL), "{offset} {whence}");
    }
    assert_eq!(tell(&stage, fd), Ok(23));
}

#[test]
fn several_buffers_are_filled_and_emptied_in_order() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    let result = stage.room(4);
    let (list, count) =
        stage.vectors(&[(stage.put(b"ab"), 2), (0, 0), (stage.put(b"cde"), 3), (MEMORY_SIZE as i32, 0)]);
    assert_eq!(fd_write(fd, list, count, result), 0);
    assert_eq!(stage.u32(result), 5);
    let (first, second) = (stage.room(4), stage.room(4));
    let (list, count) = stage.vectors(&[(first, 1), (second, 0), (second, 4)]);
    assert_eq!(fd_pread(fd, list, count, 1, result), 0);
    assert_eq!(stage.u32(result), 4);
    assert_eq!((stage.bytes(first, 2), stage.bytes(second, 4)), (vec![b'b', 0xaa], b"cde\xaa".to_vec()));
    assert_eq!(tell(&stage, fd), Ok(5), "pread leaves the position alone");
    let (list, count) = stage.vectors(&[(stage.put(b"XY"), 2)]);
    assert_eq!(fd_pwrite(fd, list, count, 2, result), 0);
    assert_eq!((stage.u32(result), tell(&stage, fd)), (2, Ok(5)));
    assert_eq!(fs::read(stage.host("file")).unwrap(), b"abXYe");
    // Nothing to transfer is not an error.
    assert_eq!(fd_write(fd, list, 0, result), 0);
    assert_eq!(stage.u32(result), 0);
    assert_eq!(fd_read(fd, list, 0, result), 0);
    assert_eq!(stage.u32(result), 0);
    for offset in [-1, i64::MIN] {
        assert_eq!(fd_pread(fd, list, count, offset, result), i32::from(Errno::INVAL.0));
        assert_eq!(fd_pwrite(fd, list, count, offset, result), i32::from(Errno::INVAL.0));
    }
}

#[test]
fn more_buffers_than_the_system_takes_at_once_are_a_shorter_transfer() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    let bytes: Vec<u8> = (0..3000u32).map(|index| index as u8).collect();
    let start = stage.put(&bytes);
    // Two empty ones before each that is not.
    let buffers: Vec<_> = (0..3000).flat_map(|index| [(0, 0), (start + index, 0), (start + index, 1)]).collect();
    let (list, count) = stage.vectors(&buffers);
    let result = stage.room(4);
    let mut done = 0;
    while done < 3000 {
        assert_eq!(fd_write(fd, list + 24 * done, count - 3 * done, result), 0);
        let written = stage.u32(result) as i32;
        assert_eq!(written, (3000 - done).min(1024), "empty buffers do not count");
        done += written;
    }
    assert_eq!(fs::read(stage.host("file")).unwrap(), bytes);
    let back = stage.room(3000);
    let buffers: Vec<_> = (0..3000).map(|index| (back + index, 1)).collect();
    let (list, count) = stage.vectors(&buffers);
    let mut done = 0;
    while done < 3000 {
        assert_eq!(fd_pread(fd, list + 8 * done, count - done, i64::from(done), result), 0);
        assert!(stage.u32(result) > 0);
        done += stage.u32(result) as i32;
    }
    assert_eq!(stage.bytes(back, 3000), bytes);
}

#[test]
fn append_mode_writes_at_the_end() {
    let stage = Stage::new();
    fs::write(stage.host("file"), "first").unwrap();
    let fd = stage.open_with(ROOT, "file", Open { fdflags: APPEND, ..Open::default() }).unwrap();
    assert_eq!(stage.write(fd, b" second"), Ok(7));
    seek(&stage, fd, 0, 0).unwrap();
    assert_eq!(stage.write(fd, b" third"), Ok(6));
    let (list, count) = stage.vectors(&[(stage.put(b"!"), 1)]);
    let result = stage.room(4);
    assert_eq!(fd_pwrite(fd, list, count, 0, result), 0);
    assert_eq!(fs::read(stage.host("file")).unwrap(), b"first second third!");
}

#[test]
fn pipes_and_terminals_have_no_position() {
    let stage = Stage::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let pipe = adopt(reader, rights::STANDARD_INPUT);
    assert_eq!(seek(&stage, pipe, 0, 1), Err(Errno::SPIPE));
    assert_eq!(tell(&stage, pipe), Err(Errno::SPIPE));
    let result = stage.room(4);
    let (list, count) = stage.vectors(&[(stage.room(4), 4)]);
    assert_eq!(fd_pread(pipe, list, count, 0, result), i32::from(Errno::SPIPE.0));
    assert_eq!(outcome(fd_advise(pipe, 0, 0, 0)), Err(Errno::SPIPE));
    rustix::io::write(&writer, b"abc").unwrap();
    assert_eq!(stage.read(pipe, 100), Ok(b"abc".to_vec()));
    drop(writer);
    assert_eq!(stage.read(pipe, 100), Ok(vec![]));
}

/// Gives a host descriptor to the program.
fn adopt(handle: std::os::fd::OwnedFd, base: rights::Rights) -> i32 {
    use std::os::fd::IntoRawFd;
    let descriptor = table::Descriptor::new(handle.into_raw_fd(), base, 0);
    table::with(|table| table.insert(descriptor)).unwrap() as i32
}

#[test]
fn writing_to_a_pipe_that_nobody_reads_fails() {
    let stage = Stage::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let pipe = adopt(writer, rights::STANDARD_OUTPUT);
    drop(reader);
    assert_eq!(stage.write(pipe, b"abc"), Err(Errno::PIPE));
}

#[test]
fn a_full_disk_is_reported() {
    let stage = Stage::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(stage.write(adopt(full.into(), rights::STANDARD_OUTPUT), b"abc"), Err(Errno::NOSPC));
}

#[test]
fn rights_to_read_write_and_seek_are_needed() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    stage.write(fd, b"contents").unwrap();
    let result = stage.room(8);
    let (list, count) = stage.vectors(&[(stage.room(4), 4)]);
    let notcapable = i32::from(Errno::NOTCAPABLE.0);

    let only = |rights| stage.open_with(ROOT, "file", Open { rights, ..Open::default() }).unwrap();
    let reader = only(rights::FD_READ);
    assert_eq!(fd_write(reader, list, count, result), notcapable);
    assert_eq!(fd_pread(reader, list, count, 0, result), notcapable, "pread needs fd_seek as well");
    assert_eq!(fd_seek(reader, 1, 1, result), notcapable);
    assert_eq!(fd_tell(reader, result), notcapable);
    assert_eq!(fd_read(reader, list, count, result), 0);
    let writer = only(rights::FD_WRITE);
    assert_eq!(fd_read(writer, list, count, result), notcapable);
    assert_eq!(fd_pwrite(writer, list, count, 0, result), notcapable);
    assert_eq!(fd_write(writer, list, count, result), 0);
    let teller = only(rights::FD_TELL);
    assert_eq!(fd_tell(teller, result), 0);
    assert_eq!(fd_seek(teller, 0, 1, result), 0, "that is telling");
    assert_eq!(fd_seek(teller, 0, 0, result), notcapable);
    assert_eq!(fd_tell(only(rights::FD_SEEK), result), 0, "fd_seek implies fd_tell");

    assert_eq!(fd_sync(teller), notcapable);
    assert_eq!(fd_datasync(teller), notcapable);
    assert_eq!(fd_allocate(teller, 0, 1), notcapable);
    assert_eq!(fd_advise(teller, 0, 1, 0), notcapable);
    assert_eq!(fd_filestat_set_size(teller, 1), notcapable);
    assert_eq!(fd_sync(fd), 0);
    assert_eq!(fd_datasync(fd), 0);
}

#[test]
fn standard_descriptors_go_one_way() {
    let stage = Stage::new();
    let result = stage.room(8);
    let (list, count) = stage.vectors(&[(stage.room(4), 4)]);
    assert_eq!(outcome(fd_write(0, list, count, result)), Err(Errno::NOTCAPABLE));
    assert_eq!(outcome(fd_read(1, list, count, result)), Err(Errno::NOTCAPABLE));
    assert_eq!(outcome(fd_read(2, list, count, result)), Err(Errno::NOTCAPABLE));
    for fd in [99, -1, i32::MIN, i32::MAX] {
        assert_eq!(outcome(fd_read(fd, list, count, result)), Err(Errno::BADF));
        assert_eq!(outcome(fd_write(fd, list, count, result)), Err(Errno::BADF));
        assert_eq!(outcome(fd_seek(fd, 0, 0, result)), Err(Errno::BADF));
        assert_eq!(outcome(fd_sync(fd)), Err(Errno::BADF));
    }
}

#[test]
fn space_is_allocated_advised_on_and_given_back() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    assert_eq!(fd_allocate(fd, 10, 90), 0);
    assert_eq!(fs::metadata(stage.host("file")).unwrap().len(), 100);
    assert_eq!(fd_allocate(fd, 0, 50), 0);
    assert_eq!(fs::metadata(stage.host("file")).unwrap().len(), 100, "allocating never shortens");
    assert_eq!(outcome(fd_allocate(fd, 0, 0)), Err(Errno::INVAL));
    assert_eq!(outcome(fd_allocate(fd, -1, 1)), Err(Errno::INVAL));
    assert_eq!(outcome(fd_allocate(fd, i64::MAX, 1)), Err(Errno::FBIG));
    assert_eq!(fd_filestat_set_size(fd, 5), 0);
    assert_eq!(fd_filestat_set_size(fd, 7), 0);
    assert_eq!(fs::read(stage.host("file")).unwrap(), [0; 7]);
    assert_eq!(outcome(fd_filestat_set_size(fd, -1)), Err(Errno::FBIG));
    assert_eq!(outcome(fd_filestat_set_size(fd, i64::MAX)), Err(Errno::FBIG));
    for advice in 0..6 {
        assert_eq!(fd_advise(fd, 0, 100, advice), 0);
        assert_eq!(fd_advise(fd, 50, 0, advice), 0);
    }
    for advice in [6, -1, 256] {
        assert_eq!(outcome(fd_advise(fd, 0, 100, advice)), Err(Errno::INVAL));
    }
    assert_eq!(outcome(fd_advise(fd, -1, 100, 0)), Err(Errno::INVAL));
    assert_eq!(outcome(fd_advise(fd, 0, -1, 0)), Err(Errno::INVAL));
}

#[test]
fn directories_are_not_read_or_written_as_files() {
    let stage = Stage::new();
    let fd = stage.open_with(ROOT, ".", Open { rights: rights::ALL & !rights::FD_WRITE, ..Open::default() }).unwrap();
    assert_eq!(stage.read(fd, 1), Err(Errno::NOTCAPABLE));
    assert_eq!(stage.write(fd, b"a"), Err(Errno::NOTCAPABLE));
    assert_eq!(seek(&stage, fd, 0, 1), Err(Errno::NOTCAPABLE));
    assert_eq!(outcome(fd_filestat_set_size(fd, 0)), Err(Errno::NOTCAPABLE));
    assert_eq!(outcome(fd_allocate(fd, 0, 1)), Err(Errno::NOTCAPABLE));
    assert_eq!(fd_sync(fd), 0);
}
