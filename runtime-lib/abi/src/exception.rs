//! Exceptions (wasm spec 4.6.7): what is thrown, and where it is caught.
//!
//! Code that throws writes an [`Exception`] at [`Exceptions::pending`] and calls the runtime library, which walks the
//! frame pointers. Each return address on the way that is among [`Exceptions::calls`] has handlers; the first that
//! wants the exception is jumped to, with the stack and frame pointer that its function had at the call, and is told the
//! exception's address. It takes the payload from there before it does anything else.

use crate::Span;
use crate::program::Text;

/// Everything about the exceptions of a program. Compiled code passes its address to the runtime library, so that a
/// program that throws nothing has none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Exceptions {
    /// Address of the [`Exception`] that is being thrown.
    pub pending: u64,
    /// Room there in bytes, for the largest payload of the program and the header.
    pub pending_size: u64,
    /// Address of the first byte of the machine code.
    pub text: u64,
    /// Number that the object type of tag 0 has among the types of the [heap](crate::heap); those of the other tags follow.
    pub first_type: u64,
    /// Return addresses of the calls that have handlers, as offsets from `text`, ascending: a span of `u32`.
    pub calls: Span,
    /// For each of `calls`, the position in `handlers` where its list begins: a span of `u32`.
    pub lists: Span,
    /// The lists, a span of `u32`. First the distance in bytes from the stack pointer up to the frame pointer at the call;
    /// then, for each handler, the number of its tag or [`CATCH_ALL`], and the offset of its code from `text`. The last
    /// handler's tag has the bit [`LAST`].
    pub handlers: Span,
    /// What is known about each tag, by its number: a span of [`TagRecord`].
    pub tags: Span,
}

const _: () = assert!(size_of::<Exceptions>() == 32 + 64);

/// In place of a tag: the handler wants every exception.
pub const CATCH_ALL: u32 = LAST - 1;
/// Marks the last handler of a list.
pub const LAST: u32 = 1 << 31;

/// An exception: this header, then the payload. One that is kept as an `exnref` is an object of the [heap](crate::heap);
/// references in the payload have 64 bits there too.
///
/// Each value of the payload stands at the next multiple of its size ([`payload_offset`]).
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Number of its type among the objects; unspecified in the pending exception.
    pub object_type: u32,
    /// Number of its tag, the same in every module of the program.
    pub tag: u32,
    /// Zero.
    pub reserved: [u32; 2],
}

const _: () = assert!(size_of::<Exception>() == 16);

impl Exception {
    /// Offset of `tag` in bytes.
    pub const TAG: usize = core::mem::offset_of!(Exception, tag);
    /// Offset of the payload in bytes.
    pub const PAYLOAD: usize = size_of::<Exception>();
}

/// Where in a payload a value of `size` bytes stands whose predecessors end at `end`.
pub const fn payload_offset(end: usize, size: usize) -> usize {
    end.next_multiple_of(size)
}

/// A tag.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TagRecord {
    /// Its name in the module that defines it.
    pub name: Text,
    /// Types of the payload's values, as [`value`](crate::value) codes: a span of bytes.
    pub parameters: Span,
}

const _: () = assert!(size_of::<TagRecord>() == 32);
