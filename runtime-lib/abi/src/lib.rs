//! Data layouts and symbol names that compiled code and the runtime library share.
//!
//! The compiler writes these structures into the object file field by field (see `compiler/src/object/`), the
//! runtime library reads them as Rust values. Every address is stored as a `u64`, whatever the width of the
//! target's pointers, so that one description serves every target; sizes and offsets are asserted below each type.
#![no_std]

pub mod code_map;
pub mod core_dump;
pub mod exception;
pub mod heap;
pub mod instance;
pub mod interpreter;
pub mod leb128;
pub mod processor;
pub mod program;
pub mod source_map;
pub mod symbols;
pub mod thread;
pub mod trap;
pub mod value;

/// An array that stands elsewhere in the executable.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Address of the first element; unspecified where `length` is 0.
    pub start: u64,
    /// Number of elements (not bytes).
    pub length: u64,
}

const _: () = assert!(size_of::<Span>() == 16);

impl Span {
    /// The elements as a slice.
    ///
    /// # Safety
    /// `start` must be the address of `length` initialised values of type `T` that live, unmodified, as long as `'a`.
    pub unsafe fn as_slice<'a, T>(&self) -> &'a [T] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: the caller's promise is exactly what `from_raw_parts` asks for.
        unsafe { core::slice::from_raw_parts(self.start as usize as *const T, self.length as usize) }
    }
}
