//! Calls the imported functions as a program would, on real files.

mod arguments;
mod clocks;
mod descriptors;
mod directories;
mod faults;
mod files;
mod filestat;
mod oracle;
mod paths;
mod poll;
mod processes;
mod races;
mod sandbox;
mod sockets;
mod unstable;

use super::errno::Errno;
use super::path_open::path_open;
use super::table::{self, Table};
use super::{preopens, rights, sys};
use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use wasmc_abi::Span;
use wasmc_abi::code_map::CodeMap;
use wasmc_abi::instance::MemoryDescriptor;
use wasmc_abi::program::{ABI_VERSION, Preopen, Program};

/// Bytes of a program's memory.
const MEMORY_SIZE: usize = 4 << 20;

/// The descriptor of the preopened directory.
const ROOT: i32 = 3;

/// A program with a memory and a preopened directory, for the test's thread.
struct Stage {
    memory: &'static MemoryDescriptor,
    next: Cell<usize>,
    folder: tempfile::TempDir,
}

fn span<T>(items: &'static [T]) -> Span {
    Span { start: items.as_ptr().expose_provenance() as u64, length: items.len() as u64 }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A description of a program that has nothing.
fn empty_program() -> Program {
    let none = Span { start: 0, length: 0 };
    Program {
        abi_version: ABI_VERSION,
        flags: 0,
        stack_size: 0,
        stack_region: 0,
        entry: 0,
        memories: none,
        images: none,
        wasi_memory: 0,
        code: CodeMap { text: none, functions: none, sites: none, names: none },
        environment: none,
        preopens: none,
        arguments: none,
        threads: none,
        modules: none,
        heap: 0,
        sources: 0,
        build_id: 0,
        core_dump: 0,
        processor: 0,
    }
}

impl Stage {
    /// A program whose preopened directory, `/`, is the folder `inside` of a new folder.
    fn new() -> Stage {
        Stage::with(|_| {})
    }

    /// The same, with a description that `change` changes.
    fn with(change: impl FnOnce(&mut Program)) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inside")).unwrap();
        let bytes = Vec::leak(vec![0u8; MEMORY_SIZE]);
        let memory: &'static MemoryDescriptor = leak(MemoryDescriptor {
            base: bytes.as_mut_ptr().expose_provenance() as u64,
            length: MEMORY_SIZE as u64,
            maximum: MEMORY_SIZE as u64,
            reservation: MEMORY_SIZE as u64,
            page_size_log2: 16,
            flags: 0,
        });
        let host: &'static str = folder.path().join("inside").to_str().unwrap().to_string().leak();
        let preopen = Preopen { host: span(host.as_bytes()), guest: span(b"/") };
        let mut program = empty_program();
        program.wasi_memory = std::ptr::from_ref(memory).expose_provenance() as u64;
        program.preopens = span(Vec::leak(vec![preopen]));
        change(&mut program);
        crate::set_test_program(leak(program));
        table::with(|table| *table = Table::at_start());
        preopens::initialize();
        Stage { memory, next: Cell::new(1024), folder }
    }

    /// The preopened directory on the host.
    fn inside(&self) -> PathBuf {
        self.folder.path().join("inside")
    }

    /// A path on the host beneath the preopened directory.
    fn host(&self, path: &str) -> PathBuf {
        self.inside().join(path)
    }

    fn start(&self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.memory.base as usize)
    }

    /// Room in the program's memory, filled with 0xaa.
    fn room(&self, size: usize) -> i32 {
        let at = self.next.get();
        self.next.set((at + size + 15) & !7);
        assert!(self.next.get() <= MEMORY_SIZE, "the test's memory is full");
        // SAFETY: within the memory, which the test's thread alone uses.
        unsafe { self.start().add(at).write_bytes(0xaa, size) };
        at as i32
    }

    /// Bytes in the program's memory.
    fn put(&self, bytes: &[u8]) -> i32 {
        let at = self.room(bytes.len());
        self.set(at, bytes);
        at
    }

    fn set(&self, at: i32, bytes: &[u8]) {
        assert!(at as usize + bytes.len() <= MEMORY_SIZE);
        // SAFETY: as above.
        unsafe { self.start().add(at as usize).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    fn bytes(&self, at: i32, size: usize) -> Vec<u8> {
        assert!(at as usize + size <= MEMORY_SIZE);
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.start().add(at as usize), size) }.to_vec()
    }

    fn u16(&self, at: i32) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap())
    }

    fn u32(&self, at: i32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    fn u64(&self, at: i32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Text as two parameters.
    fn text(&self, text: &str) -> (i32, i32) {
        (self.put(text.as_bytes()), text.len() as i32)
    }

    /// A list of buffers: its address and length.
    fn vectors(&self, buffers: &[(i32, usize)]) -> (i32, i32) {
        let list: Vec<u8> =
            buffers.iter().flat_map(|&(at, size)| [at.to_le_bytes(), (size as i32).to_le_bytes()].concat()).collect();
        (self.put(&list), buffers.len() as i32)
    }

    fn open_with(&self, fd: i32, path: &str, open: Open) -> Result<i32, Errno> {
        let (path, length) = self.text(path);
        let result = self.room(4);
        let Open { lookup, oflags, rights, inheriting, fdflags } = open;
        let code =
            path_open(fd, lookup, path, length, oflags, i64::from(rights), i64::from(inheriting), fdflags, result);
        outcome(code).map(|()| self.u32(result) as i32)
    }

    /// Opens for reading and writing, with `oflags`.
    fn open(&self, path: &str, oflags: i32) -> Result<i32, Errno> {
        self.open_with(ROOT, path, Open { oflags, ..Open::default() })
    }

    /// Opens a directory.
    fn open_directory(&self, path: &str) -> Result<i32, Errno> {
        self.open_with(ROOT, path, Open { oflags: DIRECTORY, rights: rights::DIRECTORY, ..Open::default() })
    }

    fn write(&self, fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
        let (list, count) = self.vectors(&[(self.put(bytes), bytes.len())]);
        let result = self.room(4);
        outcome(super::files::fd_write(fd, list, count, result)).map(|()| self.u32(result) as usize)
    }

    fn read(&self, fd: i32, size: usize) -> Result<Vec<u8>, Errno> {
        let buffer = self.room(size);
        let (list, count) = self.vectors(&[(buffer, size)]);
        let result = self.room(4);
        outcome(super::files::fd_read(fd, list, count, result)).map(|()| self.bytes(buffer, self.u32(result) as usize))
    }

    /// Base and inheriting rights.
    fn rights_of(&self, fd: i32) -> (u64, u64) {
        let stat = self.room(24);
        assert_eq!(super::descriptors::fd_fdstat_get(fd, stat), 0);
        (self.u64(stat + 8), self.u64(stat + 16))
    }

    /// Rights are taken away.
    fn drop_rights(&self, fd: i32, rights: rights::Rights) {
        let (base, inheriting) = self.rights_of(fd);
        let base = base & !u64::from(rights);
        assert_eq!(super::descriptors::fd_fdstat_set_rights(fd, base as i64, inheriting as i64), 0);
    }
}

/// witx `$oflags`.
const CREAT: i32 = 1;
const DIRECTORY: i32 = 2;
const EXCL: i32 = 4;
const TRUNC: i32 = 8;

/// witx `$fdflags`.
const APPEND: i32 = 1;
const DSYNC: i32 = 2;
const NONBLOCK: i32 = 4;
const RSYNC: i32 = 8;
const SYNC: i32 = 16;

/// The parameters of `path_open` that have defaults here.
#[derive(Clone, Copy)]
struct Open {
    lookup: i32,
    oflags: i32,
    rights: rights::Rights,
    inheriting: rights::Rights,
    fdflags: i32,
}

impl Default for Open {
    /// Follows links, opens for reading and writing.
    fn default() -> Open {
        Open { lookup: 1, oflags: 0, rights: rights::FILE, inheriting: 0, fdflags: 0 }
    }
}

/// An error number as a result.
fn outcome(code: i32) -> Result<(), Errno> {
    if code == 0 { Ok(()) } else { Err(Errno(code as u16)) }
}

/// Runs a test with the kernel's path resolution, and with the runtime library's own.
fn on_both_resolutions(test: impl Fn(&Stage)) {
    for walk_only in [false, true] {
        sys::set_walk_only(walk_only);
        test(&Stage::new());
    }
    sys::set_walk_only(false);
}
