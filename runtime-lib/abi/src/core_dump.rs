//! What a WebAssembly core dump is made of (tool-conventions, "Coredump").

use crate::Span;

/// What the compiler knows of a core dump, in executables that may write one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CoreDump {
    /// Address of [`WRITE_CORE_DUMP`](crate::symbols::WRITE_CORE_DUMP): it is linked only where this is.
    pub write: u64,
    /// How the file begins: the header of a module, the sections `core`, `coremodules` (the main module is the first) and
    /// `coreinstances`. A span of bytes.
    pub head: Span,
    /// The globals, which `coreinstances` numbers: a span of [`CoreGlobal`].
    pub globals: Span,
    /// For each [`FunctionEntry`](crate::code_map::FunctionEntry), where in `locals` its part begins: a span of `u32`. Empty where
    /// locals have no places of their own.
    pub functions: Span,
    /// Where the locals of functions are in their frames, a span of bytes. For each function the number of its locals, as unsigned
    /// LEB128, then for each
    /// - its type, as [`value`](crate::value) codes, or [`LOCAL_UNKNOWN`]
    /// - behind a type, as signed LEB128, the distance in bytes from what the function has in the frame pointer; on s390x, in
    ///   the stack pointer
    pub locals: Span,
}

const _: () = assert!(size_of::<CoreDump>() == 72);

/// The value of a local is not known: in the description, and in the dump.
pub const LOCAL_UNKNOWN: u8 = 1;

/// A global.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CoreGlobal {
    /// Address of its value, or 0 where it has none.
    pub address: u64,
    /// Its type, as [`value`](crate::value) codes.
    pub kind: u32,
    /// `GLOBAL_…`.
    pub state: u32,
    /// The low bytes hold the value of one that never changes.
    pub value: [u8; 16],
}

const _: () = assert!(size_of::<CoreGlobal>() == 32);

/// The value is where the address says.
pub const GLOBAL_PLACED: u32 = 0;
/// The value is in the description.
pub const GLOBAL_CONSTANT: u32 = 1;
/// A register keeps the value, or the block of a thread.
pub const GLOBAL_UNKNOWN: u32 = 2;
