//! The garbage-collected heap: structures, arrays and exceptions, and what the collector must know of compiled code.
//!
//! An object is a multiple of 8 bytes at a multiple of 8, below 4 GiB; on macOS, where nothing can be there, above, the upper
//! half of the address the same for all objects. It starts with the number of its type (`u32`). A
//! structure's fields follow, each aligned to its size (at most 8); an array has its length (`u32`), then its elements.
//! A reference to an object is its address: 64 bits in registers, on the stack, in globals and in tables; in objects its lower
//! 32 bits, to which the upper half of the referring object's address belongs. The other references of the `any` and `extern` hierarchies are no multiples of 4: `number << 1 | 1` (in 32
//! bits) for an i31, `number << 2 | 2` for a value of the host's. Null is 0. A `funcref` has 64 bits everywhere, and is
//! never moved.

use crate::Span;

/// Bytes of a reference to an object inside an object.
pub const REFERENCE_SIZE: u32 = 4;
/// Offset of an array's length, in bytes.
pub const ARRAY_LENGTH: u32 = 4;
/// Offset of an array's first element, in bytes.
pub const ARRAY_ELEMENTS: u32 = 8;
/// Offset of what comes after an object's type number, in bytes.
pub const STRUCTURE_FIELDS: u32 = 4;
/// Objects are aligned to, and a multiple of, this many bytes.
pub const OBJECT_ALIGNMENT: u32 = 8;

/// Tag bits of a reference that is an i31.
pub const I31_TAG: u64 = 1;
/// Tag bits of a reference that is a value of the host's.
pub const HOST_TAG: u64 = 2;
/// What an object's address has none of.
pub const TAG_MASK: u64 = 3;

/// Where the heap begins: the lowest address that Linux lets an ordinary process map.
pub const HEAP_BASE: u64 = 0x1_0000;
/// The heap ends before this address.
pub const HEAP_END: u64 = 1 << 32;
/// Largest heap, in bytes: objects are copied from one half of the address range to the other.
pub const LARGEST_HEAP: u64 = (HEAP_END - HEAP_BASE) / 2;

/// A null reference faults when its field at an offset below this is touched: nothing is mapped there.
pub const NULL_PAGES: u64 = HEAP_BASE;

/// The heap: the program's, or of a thread, where each has one of its own. All zero at first.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Heap {
    /// Address of the next object; 0 before the heap has addresses.
    pub next: u64,
    /// An object that would end beyond this address is allocated by the runtime library.
    pub limit: u64,
    /// What objects are copied between. This and the rest is nothing to compiled code.
    pub halves: [Half; 2],
    /// Index of the half in use.
    pub current: u64,
}

const _: () = assert!(size_of::<Heap>() == 72);

/// A stretch of addresses for objects.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Half {
    /// Its first address.
    pub start: u64,
    /// Bytes that nothing else can be in; 0 as long as it has no address.
    pub reserved: u64,
    /// Bytes that are accessible.
    pub committed: u64,
}

const _: () = assert!(size_of::<Half>() == 24);

impl Heap {
    /// Offset of `next` in bytes.
    pub const NEXT: usize = core::mem::offset_of!(Heap, next);
    /// Offset of `limit` in bytes.
    pub const LIMIT: usize = core::mem::offset_of!(Heap, limit);
}

/// What the compiler tells of the heap, its objects and the references to them.
///
/// In programs with threads, `heap` and the addresses in `roots`, `tables` and `arrays` are offsets in the block of data
/// of each thread ([`crate::thread`]): either way, what to add to them is the difference of a [`Heap`]'s address and `heap`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HeapDescription {
    /// Address of the [`Heap`].
    pub heap: u64,
    /// Most bytes of objects; at most [`LARGEST_HEAP`].
    pub maximum: u64,
    /// Layouts by type number, the exceptions' after those of the defined types: a span of [`ObjectType`].
    pub types: Span,
    /// Offsets of references in structures and exceptions, a span of `u32`.
    pub offsets: Span,
    /// Addresses of references, each in 64 bits, a span of `u64`.
    pub roots: Span,
    /// Tables of references to objects, a span of addresses of `TableDescriptor`.
    pub tables: Span,
    /// Arrays of references, each in 64 bits, a span of [`Span`].
    pub arrays: Span,
    /// Calls across which references live, a span of [`StackMap`], sorted by address.
    pub stack_maps: Span,
    /// Where the references are, a span of `u32`. See [`StackMap::slots`].
    pub slots: Span,
    /// `HEAP_…` bits.
    pub flags: u64,
}

const _: () = assert!(size_of::<HeapDescription>() == 8 + 8 + 7 * 16 + 8);

/// Collect at every allocation (to find references that the collector does not know of).
pub const HEAP_STRESS: u64 = 1;
/// Each thread has a heap: addresses are reserved as they are needed.
pub const HEAP_THREADS: u64 = 4;
/// Objects hold references in 32 bits: the heap must stand below 4 GiB, at [`HEAP_BASE`] on Linux, or on macOS where the upper half of
/// addresses is the same. Without it, it may stand anywhere.
pub const HEAP_LOW: u64 = 2;

/// Layout of the objects of a type.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ObjectType {
    /// An `OBJECT_…` number.
    pub kind: u32,
    /// Bytes of a structure or an exception, or of an array's element.
    pub size: u32,
    /// First of the type's entries in [`HeapDescription::offsets`].
    pub first: u32,
    /// How many there are.
    pub count: u32,
}

const _: () = assert!(size_of::<ObjectType>() == 16);

/// No object has this type.
pub const OBJECT_NONE: u32 = 0;
/// A structure.
pub const OBJECT_STRUCTURE: u32 = 1;
/// An array of numbers or functions.
pub const OBJECT_ARRAY: u32 = 2;
/// An array of references to objects.
pub const OBJECT_REFERENCE_ARRAY: u32 = 3;
/// An [`Exception`](crate::exception::Exception), whose references have 64 bits each.
pub const OBJECT_EXCEPTION: u32 = 4;

/// A call during which a frame holds references to objects.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StackMap {
    /// Return address of the call, as an offset from the start of the text, in bytes.
    pub address: u32,
    /// Index in [`HeapDescription::slots`] of the number of references, which is followed by where each is: how many bytes below
    /// the frame's address, as a signed number: what is in the frame pointer, or on s390x the stack pointer.
    pub slots: u32,
}

const _: () = assert!(size_of::<StackMap>() == 8);
