//! From a program counter to the WebAssembly function, the offset and the trap: read by the trap handler only.

use crate::Span;

/// Describes all compiled code of the program, which stands in one piece.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CodeMap {
    /// The machine code, a span of bytes.
    pub text: Span,
    /// A span of [`FunctionEntry`], sorted by `start`, without gaps: each function reaches to the next one's start.
    pub functions: Span,
    /// The site streams of all functions, a span of bytes. See [`FunctionEntry::sites`].
    pub sites: Span,
    /// The function names, a span of bytes. See [`FunctionEntry::name`].
    pub names: Span,
}

const _: () = assert!(size_of::<CodeMap>() == 64);

/// A piece of code with an entry point.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FunctionEntry {
    /// Offset of the entry point from the start of the text, in bytes.
    pub start: u32,
    /// Offset in `names` of the name: its length in bytes as unsigned LEB128, then the bytes (UTF-8). A name longer than
    /// [`NAME_LIMIT`] is cut some bytes behind that.
    pub name: u32,
    /// Offset in `sites` of the function's stream, which ends where the next function's begins.
    ///
    /// One entry a site, in order of address. A site is an instruction that can trap, or the return address of a call:
    /// - unsigned LEB128: `(address − address of the site before, or the function's start) << 1 | has_code`
    /// - signed LEB128: offset in the wasm binary − that of the site before, or `wasm_offset`
    /// - where `has_code`: one byte, the `TrapCode`. A site without is a call or an access to linear memory, for
    ///   which the handler finds the trap from the address that faulted.
    ///
    /// With [`FUNCTION_INLINES`], offsets from the length of the function's body on stand for places in the bodies of other
    /// functions, and the stream begins with a list of those: unsigned LEB128 for its length in bytes, then for each
    /// - the offset, less `wasm_offset`, that stands for its first byte − that of the one before, or 0
    /// - the position of its function among all [`FunctionEntry`]s
    /// - the offset, less `wasm_offset`, of the call that it replaces, in the function or in an earlier one of the list
    pub sites: u32,
    /// Index of the function in its module's function index space.
    pub index: u32,
    /// Offset in the module's binary of the function's body.
    pub wasm_offset: u32,
    /// `FUNCTION_…` bits, and above them the number of its module: see [`module_of`].
    pub flags: u32,
}

const _: () = assert!(size_of::<FunctionEntry>() == 24);

/// The function keeps its caller's frame pointer: the return address is on top of the stack.
pub const FUNCTION_FRAMELESS: u32 = 1;
/// The code is the compiler's own (an entry point, a calling-convention adapter), not a wasm function: traces leave it out.
pub const FUNCTION_INTERNAL: u32 = 2;
/// Bodies of other functions stand in it in place of calls.
pub const FUNCTION_INLINES: u32 = 4;

/// Bits of [`FunctionEntry::flags`] below the module's number.
pub const FUNCTION_FLAG_BITS: u32 = 8;

/// The number of the module that a function with these flags is of: 0 for the main module, 1 for the first of those
/// that it is linked with, and so on.
pub const fn module_of(flags: u32) -> u32 {
    flags >> FUNCTION_FLAG_BITS
}

/// Bytes of a name that messages show. Names of C++ templates can be thousands of bytes long.
pub const NAME_LIMIT: usize = 240;
