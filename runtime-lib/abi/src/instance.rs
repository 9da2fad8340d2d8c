//! The mutable state of an instance that both sides touch: linear memories, tables, function references.

/// A linear memory. Compiled code reads `base` and `length`; the runtime library maps and grows it.
///
/// **Sandbox invariant:** in a guard build (`MEMORY_EXPLICIT_BOUNDS` unset), every address in
/// `base .. base + reservation` that is not below `base + length` is inaccessible, and `reservation` covers
/// every address that a 32-bit index plus a 32-bit offset plus 16 bytes can reach.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MemoryDescriptor {
    /// Address of byte 0. In the object file: the address asked for, or 0 where any will do.
    pub base: u64,
    /// Current size in bytes; in the object file the initial size.
    pub length: u64,
    /// Largest size in bytes that `memory.grow` may reach.
    pub maximum: u64,
    /// Bytes of address space to reserve from `base`, guard included. At least `maximum`.
    pub reservation: u64,
    /// Binary logarithm of the page size in bytes (16, or what custom page sizes ask for).
    pub page_size_log2: u32,
    /// `MEMORY_…` bits.
    pub flags: u32,
}

const _: () = assert!(size_of::<MemoryDescriptor>() == 40);

impl MemoryDescriptor {
    /// Offset of `base` in bytes.
    pub const BASE: usize = core::mem::offset_of!(MemoryDescriptor, base);
    /// Offset of `length` in bytes.
    pub const LENGTH: usize = core::mem::offset_of!(MemoryDescriptor, length);
}

/// Compiled code checks every access against `length`: there is no guard, the reservation may be made smaller
/// (down to `length`, lowering `maximum`) where the address space is short.
pub const MEMORY_EXPLICIT_BOUNDS: u32 = 1;
/// Compiled code has `base` as a constant: the memory must be mapped exactly there.
pub const MEMORY_FIXED_BASE: u32 = 2;

/// The last [`TAIL_GUARD`] bytes of `reservation` are never part of the memory, and those behind `length` are
/// inaccessible: compiled code checks only that an access begins below `length`.
pub const MEMORY_TAIL_GUARD: u32 = 4;

/// Inaccessible bytes behind the current size of a memory whose accesses are checked at their index: offset and width
/// of an access, and a constant that was added to a checked index, take up to half of it each.
pub const TAIL_GUARD: u64 = 2 << 20;

/// Reservation for a guarded 32-bit memory: 4 GiB of index, 4 GiB of offset, and a page for the widest access.
pub const GUARDED_RESERVATION: u64 = (8 << 30) + (64 << 10);

/// Address of memory 0 where the target and the options allow a fixed base: the lowest address that Linux lets
/// an ordinary process map (`vm.mmap_min_addr`, 65536 by default), so that base + static offset fits a signed
/// 32-bit displacement for all but the largest offsets.
pub const FIXED_BASE: u64 = 0x1_0000;

/// A table of references, each a 64-bit [reference value](crate::value).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableDescriptor {
    /// Address of element 0.
    pub base: u64,
    /// Current number of elements.
    pub length: u64,
    /// Largest number of elements that `table.grow` may reach.
    pub maximum: u64,
    /// Elements for which room is mapped at `base`.
    pub capacity: u64,
}

const _: () = assert!(size_of::<TableDescriptor>() == 32);

impl TableDescriptor {
    /// Offset of `base` in bytes.
    pub const BASE: usize = core::mem::offset_of!(TableDescriptor, base);
    /// Offset of `length` in bytes.
    pub const LENGTH: usize = core::mem::offset_of!(TableDescriptor, length);
}

/// What a non-null `funcref` points to; also an element of a table that never changes, stored in place.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FunctionRecord {
    /// Address of code in the WebAssembly calling convention.
    pub code: u64,
    /// Canonical number of the function's type, the same in every module of the program; `NULL_TYPE` in a null element.
    pub type_id: u32,
    /// Zero.
    pub reserved: u32,
}

const _: () = assert!(size_of::<FunctionRecord>() == 16);

impl FunctionRecord {
    /// Offset of `code` in bytes.
    pub const CODE: usize = core::mem::offset_of!(FunctionRecord, code);
    /// Offset of `type_id` in bytes.
    pub const TYPE_ID: usize = core::mem::offset_of!(FunctionRecord, type_id);
}

/// The `type_id` of a null element of a table that is stored in place: equal to no function's.
pub const NULL_TYPE: u32 = u32::MAX;
