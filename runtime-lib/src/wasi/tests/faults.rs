//! Pointers that lead out of the program's memory, for every function that takes one.

use super::*;
use crate::wasi::descriptors::*;
use crate::wasi::directories::*;
use crate::wasi::files::*;
use crate::wasi::filestat::*;
use crate::wasi::paths::*;
use crate::wasi::sockets::*;
use crate::wasi::{arguments, clocks, environment, host, poll, random};

/// Calls every function with pointers to memory, `good` ones everywhere but for the parameter that is `bad`, once for
/// each parameter that is a pointer. `good` is the address of zeros: an empty list, a relative path of one letter.
/// Returns the functions' names and what they returned.
fn every_pointer(stage: &Stage, file: i32, socket: i32, good: i32, bad: i32) -> Vec<(&'static str, i32)> {
    stage.set(good, &[0; 64]);
    let (path, length) = stage.text("x");
    let one = stage.vectors(&[(good, 1)]).0;
    let bad_buffer = stage.vectors(&[(good, 1), (bad, 1)]).0;
    let clock = good;
    vec![
        ("args_get", arguments::args_get(bad, good)),
        ("args_get", arguments::args_get(good, bad)),
        ("args_sizes_get", arguments::args_sizes_get(bad, good)),
        ("args_sizes_get", arguments::args_sizes_get(good, bad)),
        ("environ_get", environment::environ_get(bad, good)),
        ("environ_get", environment::environ_get(good, bad)),
        ("environ_sizes_get", environment::environ_sizes_get(bad, good)),
        ("environ_sizes_get", environment::environ_sizes_get(good, bad)),
        ("clock_res_get", clocks::clock_res_get(0, bad)),
        ("clock_time_get", clocks::clock_time_get(0, 0, bad)),
        ("fd_fdstat_get", fd_fdstat_get(file, bad)),
        ("fd_filestat_get", fd_filestat_get(file, bad)),
        ("fd_pread", fd_pread(file, bad, 1, 0, good)),
        ("fd_pread", fd_pread(file, bad_buffer, 2, 0, good)),
        ("fd_pread", fd_pread(file, one, 1, 0, bad)),
        ("fd_prestat_get", fd_prestat_get(ROOT, bad)),
        ("fd_prestat_dir_name", fd_prestat_dir_name(ROOT, bad, 1)),
        ("fd_pwrite", fd_pwrite(file, bad, 1, 0, good)),
        ("fd_pwrite", fd_pwrite(file, bad_buffer, 2, 0, good)),
        ("fd_pwrite", fd_pwrite(file, one, 1, 0, bad)),
        ("fd_read", fd_read(file, bad, 1, good)),
        ("fd_read", fd_read(file, bad_buffer, 2, good)),
        ("fd_read", fd_read(file, one, 1, bad)),
        ("fd_readdir", fd_readdir(ROOT, bad, 1, 0, good)),
        ("fd_readdir", fd_readdir(ROOT, good, 1, 0, bad)),
        ("fd_seek", fd_seek(file, 0, 2, bad)),
        ("fd_tell", fd_tell(file, bad)),
        ("fd_write", fd_write(file, bad, 1, good)),
        ("fd_write", fd_write(file, bad_buffer, 2, good)),
        ("fd_write", fd_write(file, one, 1, bad)),
        ("path_create_directory", path_create_directory(ROOT, bad, 1)),
        ("path_filestat_get", path_filestat_get(ROOT, 0, bad, 1, good)),
        ("path_filestat_get", path_filestat_get(ROOT, 0, path, length, bad)),
        ("path_filestat_set_times", path_filestat_set_times(ROOT, 0, bad, 1, 0, 0, 0)),
        ("path_link", path_link(ROOT, 0, bad, 1, ROOT, path, length)),
        ("path_link", path_link(ROOT, 0, path, length, ROOT, bad, 1)),
        ("path_open", path_open(ROOT, 0, bad, 1, 0, 0, 0, 0, good)),
        ("path_open", path_open(ROOT, 0, path, length, CREAT, 0, 0, 0, bad)),
        ("path_readlink", path_readlink(ROOT, bad, 1, good, 1, good)),
        ("path_readlink", path_readlink(ROOT, path, length, bad, 1, good)),
        ("path_readlink", path_readlink(ROOT, path, length, good, 1, bad)),
        ("path_remove_directory", path_remove_directory(ROOT, bad, 1)),
        ("path_rename", path_rename(ROOT, bad, 1, ROOT, path, length)),
        ("path_rename", path_rename(ROOT, path, length, ROOT, bad, 1)),
        ("path_symlink", path_symlink(bad, 1, ROOT, path, length)),
        ("path_symlink", path_symlink(path, length, ROOT, bad, 1)),
        ("path_unlink_file", path_unlink_file(ROOT, bad, 1)),
        ("poll_oneoff", poll::poll_oneoff(bad, good, 1, good)),
        ("poll_oneoff", poll::poll_oneoff(clock, bad, 1, good)),
        ("poll_oneoff", poll::poll_oneoff(clock, good, 1, bad)),
        ("random_get", random::random_get(bad, 1)),
        ("sock_accept", sock_accept(socket, 0, bad)),
        ("sock_recv", sock_recv(socket, bad, 1, 0, good, good)),
        ("sock_recv", sock_recv(socket, bad_buffer, 2, 0, good, good)),
        ("sock_recv", sock_recv(socket, one, 1, 0, bad, good)),
        ("sock_recv", sock_recv(socket, one, 1, 0, good, bad)),
        ("sock_send", sock_send(socket, bad, 1, 0, good)),
        ("sock_send", sock_send(socket, bad_buffer, 2, 0, good)),
        ("sock_send", sock_send(socket, one, 1, 0, bad)),
    ]
}

/// A descriptor with every right to be a socket; it must never be used as one.
fn socket() -> i32 {
    use std::os::fd::IntoRawFd;
    let handle = fs::File::open("/dev/null").unwrap().into_raw_fd();
    let descriptor = table::Descriptor::new(handle, rights::ALL, 0);
    table::with(|table| table.insert(descriptor)).unwrap() as i32
}

#[test]
fn pointers_that_lead_outside_are_faults_and_change_nothing() {
    host::set(&[b"a"], &[b"A=1"]);
    let given: &'static [Span] = vec![span(b"A=1")].leak();
    let stage = Stage::with(|program| program.environment = span(given));
    fs::write(stage.host("file"), "contents").unwrap();
    let file = stage.open("file", 0).unwrap();
    let (socket, good) = (socket(), stage.room(64));
    // Beyond the end, at the very end, and where a sum would wrap in 32 bits.
    for bad in [MEMORY_SIZE as i32, i32::MAX, i32::MIN, -1] {
        for (name, code) in every_pointer(&stage, file, socket, good, bad) {
            assert_eq!(code, i32::from(Errno::FAULT.0), "{name} with {bad:#x}");
        }
    }
    assert_eq!(fs::read(stage.host("file")).unwrap(), b"contents");
    assert_eq!(stage.read(file, 100), Ok(b"contents".to_vec()), "the position has not moved");
    let names: Vec<_> = fs::read_dir(stage.inside()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["file"]);
    assert_eq!(stage.open("file", 0), Ok(socket + 1), "no descriptor was left behind");
}

#[test]
fn a_program_without_memory_gets_faults() {
    host::set(&[b"a"], &[]);
    let stage = Stage::new();
    let file = stage.open("file", CREAT).unwrap();
    let (socket, good) = (socket(), stage.room(64));
    crate::set_test_program(leak(empty_program()));
    let prepared = every_pointer(&stage, file, socket, good, good);
    for (name, code) in prepared.into_iter().filter(|(name, _)| *name != "environ_get") {
        assert_eq!(code, i32::from(Errno::FAULT.0), "{name}");
    }
}

#[test]
fn lengths_that_lead_outside_are_faults() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    let (good, fault) = (stage.room(64), i32::from(Errno::FAULT.0));
    let beyond = MEMORY_SIZE as i32 - good + 1;
    for length in [beyond, i32::MAX, i32::MIN, -1] {
        assert_eq!(random::random_get(good, length), fault);
        assert_eq!(fd_readdir(ROOT, good, length, 0, good), fault);
        assert_eq!(path_unlink_file(ROOT, good, length), fault);
        assert_eq!(fd_write(fd, good, length, good), fault);
        let (list, count) = stage.vectors(&[(good, length as u32 as usize)]);
        assert_eq!(fd_write(fd, list, count, good), fault);
        assert_eq!(fd_read(fd, list, count, good), fault);
        assert_eq!(poll::poll_oneoff(good, good, length, good), fault);
    }
    // Up to the last byte is inside.
    let last = MEMORY_SIZE as i32 - 4;
    assert_eq!(fd_write(fd, last, 0, last), 0);
    assert_eq!(random::random_get(last, 4), 0);
    let (list, count) = stage.vectors(&[(last, 4), (MEMORY_SIZE as i32, 0)]);
    assert_eq!(fd_write(fd, list, count, last), 0);
    assert_eq!(stage.u32(last), 4);
    // Pointers need not be aligned.
    assert_eq!(fd_tell(fd, last - 5), 0);
    assert_eq!(stage.u64(last - 5), 4);
}

#[test]
fn a_memory_of_4_gib_ends_at_4_gib() {
    use rustix_mapping::Mapping;
    let stage = Stage::new();
    let Some(mapping) = Mapping::new(1 << 32) else {
        println!("there is no room for 4 GiB of address space here");
        return;
    };
    let memory: &'static MemoryDescriptor = leak(MemoryDescriptor {
        base: mapping.start as u64,
        length: 1 << 32,
        maximum: 1 << 32,
        reservation: 1 << 32,
        page_size_log2: 16,
        flags: 0,
    });
    let fd = stage.open("file", CREAT).unwrap();
    let mut program = empty_program();
    program.wasi_memory = std::ptr::from_ref(memory).expose_provenance() as u64;
    crate::set_test_program(leak(program));
    let fault = i32::from(Errno::FAULT.0);
    assert_eq!(random::random_get(-4, 4), 0, "the last four bytes");
    assert_eq!(random::random_get(-4, 5), fault);
    assert_eq!(random::random_get(-1, 2), fault);
    assert_eq!(clocks::clock_time_get(0, 0, -8), 0);
    assert_eq!(clocks::clock_time_get(0, 0, -7), fault);
    // SAFETY: the last bytes of the mapping.
    unsafe { std::ptr::with_exposed_provenance_mut::<u64>(mapping.start + (1 << 32) - 8).write(0) };
    assert_eq!(fd_write(fd, -8, 1, 16), 0, "an empty buffer in the last list");
    assert_eq!(fd_write(fd, -8, 2, 16), fault);
    crate::set_test_program(leak(empty_program()));
}

mod rustix_mapping {
    /// Address space that is not backed until it is touched.
    pub struct Mapping {
        pub start: usize,
        size: usize,
    }

    impl Mapping {
        pub fn new(size: usize) -> Option<Mapping> {
            Some(Mapping { start: crate::sys::allocate(size).ok()?, size })
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: the test is through with it.
            unsafe { crate::sys::release(self.start, self.size) };
        }
    }
}
