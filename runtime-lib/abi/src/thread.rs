//! Programs with threads: what the runtime library needs to make an instance of the modules for each.

use crate::Span;

/// Bytes that the region of a stack has beside the stack and the block, at least: for the guard below the stack, for the stack of
/// the handler of faults, and to fill pages.
///
/// Where there is no register that holds the address of the running thread's block, it is the stack pointer with its lower bits
/// cleared: each stack of compiled code is in a region of its own, of `Program::stack_region` bytes, a power of two, whose
/// address is a multiple of that. The block is at the start of the region, the stack near its end.
pub const STACK_REGION_EXTRA: u64 = 4 << 20;

/// How instances are made, and where threads begin. Only shared memories are common to all threads; globals, tables and
/// what is left of segments are in a block of data that each thread has of its own.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ThreadTemplate {
    /// Initial contents of a block: a span of [`BlockPart`].
    pub parts: Span,
    /// Tables whose elements stand behind those contents: a span of [`BlockTable`].
    pub tables: Span,
    /// Fields of those contents that hold addresses in the block: a span of [`BlockAddress`].
    pub addresses: Span,
    /// Bytes of a block, a multiple of 16, without the tables' elements.
    pub size: u64,
    /// Address of `extern "C" fn(*const ThreadStart)`: instantiates the modules in the block, calls `wasi_thread_start`.
    pub entry: u64,
    /// Threads that there may be beside the first.
    pub limit: u64,
}

const _: () = assert!(size_of::<ThreadTemplate>() == 72);

/// Contents of a part of a block.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BlockPart {
    /// Offset in the block.
    pub offset: u64,
    /// The bytes.
    pub contents: Span,
}

const _: () = assert!(size_of::<BlockPart>() == 24);

/// A table of an instance. Its elements are null at first.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BlockTable {
    /// Offset in the block of its [`TableDescriptor`](crate::instance::TableDescriptor), whose `base` is to be filled in.
    pub descriptor: u64,
    /// Number of elements at first.
    pub length: u64,
}

const _: () = assert!(size_of::<BlockTable>() == 16);

/// A field of 64 bits that is to hold an address in the block.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BlockAddress {
    /// Offset of the field in the block.
    pub field: u64,
    /// Offset in the block of what it points to.
    pub target: u64,
}

const _: () = assert!(size_of::<BlockAddress>() == 16);

/// What a thread begins with.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ThreadStart {
    /// Address of its block.
    pub block: u64,
    /// First argument of `wasi_thread_start`: the thread's identifier, above 0.
    pub thread: i32,
    /// Second argument: what the program gave to `thread-spawn`.
    pub argument: i32,
}

const _: () = assert!(size_of::<ThreadStart>() == 16);

impl ThreadStart {
    /// Offset of `block` in bytes.
    pub const BLOCK: usize = core::mem::offset_of!(ThreadStart, block);
    /// Offset of `thread` in bytes.
    pub const THREAD: usize = core::mem::offset_of!(ThreadStart, thread);
    /// Offset of `argument` in bytes.
    pub const ARGUMENT: usize = core::mem::offset_of!(ThreadStart, argument);
}
