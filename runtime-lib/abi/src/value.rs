//! Values that cross between compiled code and the runtime library.
//!
//! Numbers and references have the target's byte order; vectors stand byte by byte from their first lane on, as little-endian
//! numbers do.
//!
//! References are 64 bits: 0 is null; a `funcref` is the address of a [`FunctionRecord`](crate::instance::FunctionRecord);
//! those of the `any` and `extern` hierarchies are described in [`heap`](crate::heap).

/// Number types as the binary format encodes them (wasm spec 5.3.1).
pub const I32: u8 = 0x7f;
/// See [`I32`].
pub const I64: u8 = 0x7e;
/// See [`I32`].
pub const F32: u8 = 0x7d;
/// See [`I32`].
pub const F64: u8 = 0x7c;
/// Vector type (wasm spec 5.3.2).
pub const V128: u8 = 0x7b;
/// Reference types (wasm spec 5.3.3).
pub const FUNCREF: u8 = 0x70;
/// See [`FUNCREF`].
pub const EXTERNREF: u8 = 0x6f;
/// See [`FUNCREF`].
pub const EXNREF: u8 = 0x69;
/// Any reference of the `any` hierarchy. See [`FUNCREF`].
pub const ANYREF: u8 = 0x6e;

/// One argument or result of an export called through its [`ArrayCall`]: the first bytes hold the value,
/// little-endian on every target.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Value(pub [u8; 16]);

const _: () = assert!(size_of::<Value>() == 16);

/// Calls an exported function: reads the parameters from `values[0..]` and writes the results over them.
/// The array has room for the larger of the two counts.
pub type ArrayCall = unsafe extern "C" fn(values: *mut Value);
