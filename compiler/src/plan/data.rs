//! Data of the executable: constant tables, instances, segments. Built by the plan, written by the object phase.

use std::borrow::Cow;

/// Number of a [`DataObject`] in its [`DataObjects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DataId(pub u32);

/// Number of a piece of compiled code in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UnitId(pub u32);

/// Where data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Placement {
    /// Never written, no addresses inside.
    ReadOnly,
    /// Holds addresses; read-only once they are relocated.
    RelocatedReadOnly,
    /// Written by the program.
    Writable,
    /// The source map, in a section of its own.
    Sources,
    /// All zero at first.
    Zero,
    /// A memory image in pages of its own, which the runtime library may move away.
    Image,
}

/// What an address in the data refers to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Unit(UnitId),
    Data(DataId),
    /// First byte of the machine code.
    Text,
    /// A symbol of the runtime library.
    Runtime(&'static str),
    /// A symbol that may be defined nowhere: then the address is 0.
    Weak(&'static str),
}

/// A 64-bit address that stands in a data object.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// Where, in bytes from the object's start.
    pub offset: u64,
    pub target: Target,
    /// Added to the target's address.
    pub addend: i64,
}

/// A piece of data with a symbol of its own.
pub(crate) struct DataObject<'a> {
    pub symbol: String,
    pub placement: Placement,
    /// Alignment in bytes, a power of two.
    pub align: u64,
    pub contents: Cow<'a, [u8]>,
    /// Size in bytes; more than the contents only where the rest is zero (`Placement::Zero`).
    pub size: u64,
    pub addresses: Vec<Address>,
}

impl<'a> DataObject<'a> {
    /// Data without addresses.
    pub fn new(symbol: impl Into<String>, placement: Placement, align: u64, contents: Cow<'a, [u8]>) -> Self {
        let size = contents.len() as u64;
        DataObject { symbol: symbol.into(), placement, align, contents, size, addresses: Vec::new() }
    }

    /// `size` bytes of zero.
    pub fn zero(symbol: impl Into<String>, align: u64, size: u64) -> Self {
        DataObject {
            symbol: symbol.into(),
            placement: Placement::Zero,
            align,
            contents: Cow::Borrowed(&[]),
            size,
            addresses: Vec::new(),
        }
    }
}

/// Writes the fields of a structure of `wasmc-abi` in the target's byte order.
pub(crate) struct StructureWriter {
    pub bytes: Vec<u8>,
    pub addresses: Vec<Address>,
    big_endian: bool,
}

impl StructureWriter {
    pub fn new(big_endian: bool) -> Self {
        StructureWriter { bytes: Vec::new(), addresses: Vec::new(), big_endian }
    }

    pub fn u32(&mut self, value: u32) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend_from_slice(&bytes);
    }

    pub fn u64(&mut self, value: u64) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend_from_slice(&bytes);
    }

    /// A vector: byte by byte from its first lane on, whatever the order of bytes in numbers (`wasmc_abi::value`).
    pub fn vector(&mut self, value: u128) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A 64-bit address, to be relocated.
    pub fn address(&mut self, target: Target, addend: i64) {
        self.addresses.push(Address { offset: self.bytes.len() as u64, target, addend });
        self.u64(0);
    }

    /// A `Span` of `length` elements at the start of a data object; empty without one.
    pub fn span(&mut self, start: Option<DataId>, length: u64) {
        self.span_at(start, 0, length);
    }

    /// A `Span` that starts `addend` bytes into a data object.
    pub fn span_at(&mut self, start: Option<DataId>, addend: i64, length: u64) {
        match start {
            Some(id) => self.address(Target::Data(id), addend),
            None => self.u64(0),
        }
        self.u64(length);
    }

    /// Zero bytes up to a multiple of `align`.
    pub fn align(&mut self, align: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
    }

    /// The object, in relocated read-only memory if it holds addresses.
    pub fn finish<'a>(self, symbol: impl Into<String>, align: u64) -> DataObject<'a> {
        let placement = if self.addresses.is_empty() { Placement::ReadOnly } else { Placement::RelocatedReadOnly };
        self.finish_in(symbol, placement, align)
    }

    pub fn finish_in<'a>(self, symbol: impl Into<String>, placement: Placement, align: u64) -> DataObject<'a> {
        let mut object = DataObject::new(symbol, placement, align, Cow::Owned(self.bytes));
        object.addresses = self.addresses;
        object
    }
}

/// All data of a program.
#[derive(Default)]
pub(crate) struct DataObjects<'a>(pub Vec<DataObject<'a>>);

impl<'a> DataObjects<'a> {
    pub fn add(&mut self, object: DataObject<'a>) -> DataId {
        self.0.push(object);
        DataId(self.0.len() as u32 - 1)
    }
}
