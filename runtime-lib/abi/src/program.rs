//! What the runtime library must know of the program it starts: the contents of the symbol `wasmc_program`.

use crate::{Span, code_map::CodeMap};

/// Version of every layout in this crate; the two sides must agree.
pub const ABI_VERSION: u32 = 7;

/// The root of everything the compiler tells the runtime library. Read-only once the program is relocated.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// [`ABI_VERSION`].
    pub abi_version: u32,
    /// `PROGRAM_…` bits.
    pub flags: u32,
    /// Bytes of stack for wasm code, guard not included.
    pub stack_size: u64,
    /// Where compiled code finds the block of the thread that runs it by the stack pointer
    /// ([`STACK_REGION_EXTRA`](crate::thread::STACK_REGION_EXTRA)): bytes of the region of each stack; else 0.
    pub stack_region: u64,
    /// Address of `extern "C" fn()`, called on the wasm stack: instantiates every module, calls the start export.
    /// When it returns, the process exits with code 0.
    pub entry: u64,
    /// Every linear memory of the program, a span of addresses of [`MemoryDescriptor`](crate::instance::MemoryDescriptor).
    pub memories: Span,
    /// Initial contents of memories, a span of [`DataImage`], to be laid down in this order before `entry`.
    pub images: Span,
    /// Address of the `MemoryDescriptor` that WASI functions read and write, or 0 where the module exports none.
    pub wasi_memory: u64,
    /// Where compiled code is and what may trap there.
    pub code: CodeMap,
    /// Environment that the build gave: a span of [`Text`], each `NAME=VALUE`, or `NAME` to take the value at start-up.
    pub environment: Span,
    /// Folders that the build opened to the program: a span of [`Preopen`].
    pub preopens: Span,
    /// Arguments that stand before the command line's: a span of [`Text`].
    pub arguments: Span,
    /// Where the program has threads: the one [`ThreadTemplate`](crate::thread::ThreadTemplate); else empty.
    pub threads: Span,
    /// The modules, where the entry point is the harness's: a span of [`ModuleRecord`]; else empty.
    pub modules: Span,
    /// Address of the [`HeapDescription`](crate::heap::HeapDescription), or 0 where the program makes no objects.
    pub heap: u64,
    /// Address of the [`Sources`](crate::source_map::Sources), or 0 where traces tell no lines.
    pub sources: u64,
    /// Address of the 8 bytes that identify the executable, for traces, or 0 where it was linked without.
    pub build_id: u64,
    /// Address of the [`CoreDump`](crate::core_dump::CoreDump), or 0 where traps write none.
    pub core_dump: u64,
    /// Address of the [`Requirements`](crate::processor::Requirements), or 0 where nothing is checked at the start.
    pub processor: u64,
}

const _: () = assert!(size_of::<Program>() == 8 + 8 + 8 + 8 + 16 + 16 + 8 + 64 + 64 + 16 + 40);

/// The variables `WASMC_DIR`, `WASMC_ENV`, `WASMC_MAX_MEMORY` and `WASMC_MAX_STACK` are heeded at start-up, and
/// `WASMC_COREDUMP` at a trap.
pub const PROGRAM_RUNTIME_OPTIONS: u32 = 1;
/// The whole environment is passed on to the program.
pub const PROGRAM_INHERIT_ENVIRONMENT: u32 = 2;

/// UTF-8 text (a span of bytes).
pub type Text = Span;

/// A folder opened to the program.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Preopen {
    /// Path on the host, relative to the working directory at start-up or absolute.
    pub host: Text,
    /// The name by which the program knows it.
    pub guest: Text,
}

const _: () = assert!(size_of::<Preopen>() == 32);

/// A piece of a memory's initial contents.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DataImage {
    /// Address of the `MemoryDescriptor`.
    pub memory: u64,
    /// Offset of the first byte in the memory. The image is known to lie inside the memory's initial size.
    pub offset: u64,
    /// The bytes. Where `start` and `offset` are multiples of 4096 and the section allows it
    /// (`IMAGE_MOVABLE`), the pages may be moved into place instead of copied.
    pub contents: Span,
    /// `IMAGE_…` bits.
    pub flags: u64,
}

const _: () = assert!(size_of::<DataImage>() == 40);

/// The image stands alone in whole 4096-byte pages of a writable segment that nobody reads otherwise.
pub const IMAGE_MOVABLE: u64 = 1;

/// A module of a program that the harness drives.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ModuleRecord {
    /// Address of `extern "C" fn()`: instantiates the module (segments, start function); may trap.
    pub initialize: u64,
    /// In the order of the export section: a span of [`Export`].
    pub exports: Span,
}

const _: () = assert!(size_of::<ModuleRecord>() == 24);

/// An export of a module.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// Its name.
    pub name: Text,
    /// An `EXPORT_…` number.
    pub kind: u64,
    /// A function: address of its [`ArrayCall`](crate::value::ArrayCall). A global: address of its value.
    /// A memory or table: address of its descriptor.
    pub target: u64,
    /// Types of a function's parameters, or the one type of a global, as [`value`](crate::value) codes: a span of bytes.
    pub parameters: Span,
    /// Types of a function's results.
    pub results: Span,
}

const _: () = assert!(size_of::<Export>() == 64);

/// Kinds of export, as in the binary format (wasm spec 5.5.10).
pub const EXPORT_FUNCTION: u64 = 0;
/// See [`EXPORT_FUNCTION`].
pub const EXPORT_TABLE: u64 = 1;
/// See [`EXPORT_FUNCTION`].
pub const EXPORT_MEMORY: u64 = 2;
/// See [`EXPORT_FUNCTION`].
pub const EXPORT_GLOBAL: u64 = 3;
/// See [`EXPORT_FUNCTION`]. There is nothing to be done with a tag from outside: its target is 0.
pub const EXPORT_TAG: u64 = 4;
