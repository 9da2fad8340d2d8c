//! Sections of debug information while they are written: bytes, and the places in them that hold addresses.

use crate::plan::DataId;

/// A section that debug information consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    Info,
    Abbreviations,
    Lines,
    LocationLists,
    RangeLists,
    Strings,
    StringOffsets,
}

impl Part {
    /// All of them, in the order of the object file.
    pub const ALL: [Part; 7] = [
        Part::Info,
        Part::Abbreviations,
        Part::Lines,
        Part::LocationLists,
        Part::RangeLists,
        Part::Strings,
        Part::StringOffsets,
    ];

    /// The section's name (DWARF 5, 7.1).
    pub fn name(self) -> &'static str {
        match self {
            Part::Info => ".debug_info",
            Part::Abbreviations => ".debug_abbrev",
            Part::Lines => ".debug_line",
            Part::LocationLists => ".debug_loclists",
            Part::RangeLists => ".debug_rnglists",
            Part::Strings => ".debug_str",
            Part::StringOffsets => ".debug_str_offsets",
        }
    }
}

/// What a place in a section refers to; the addend says where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The machine code.
    Text,
    Data(DataId),
    Part(Part),
}

/// A place in a section that the linker fills.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    /// In bytes from the start of the section.
    pub offset: u32,
    /// In bytes: 4 or 8.
    pub size: u8,
    pub target: Target,
    pub addend: u64,
}

/// Bytes with relocations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    pub bytes: Vec<u8>,
    pub relocations: Vec<Relocation>,
    big_endian: bool,
}

impl Buffer {
    pub fn new(big_endian: bool) -> Buffer {
        Buffer { big_endian, ..Buffer::default() }
    }

    /// Begins anew.
    pub fn clear(&mut self, big_endian: bool) {
        self.bytes.clear();
        self.relocations.clear();
        self.big_endian = big_endian;
    }

    /// Bytes written so far.
    pub fn position(&self) -> u32 {
        self.bytes.len() as u32
    }

    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub fn u16(&mut self, value: u16) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub fn u32(&mut self, value: u32) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub fn u64(&mut self, value: u64) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub fn u128(&mut self, value: u128) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub fn unsigned(&mut self, value: u64) {
        crate::codegen::unsigned_leb128(&mut self.bytes, value);
    }

    pub fn signed(&mut self, value: i64) {
        crate::codegen::signed_leb128(&mut self.bytes, value);
    }

    /// A string that ends with a zero byte; one inside it ends it early.
    pub fn string(&mut self, text: &[u8]) {
        self.bytes.extend(text.iter().take_while(|byte| **byte != 0));
        self.bytes.push(0);
    }

    /// An address.
    pub fn address(&mut self, target: Target, addend: u64) {
        self.relocations.push(Relocation { offset: self.position(), size: 8, target, addend });
        self.u64(0);
    }

    /// An offset in a section of debug information.
    pub fn offset(&mut self, part: Part, addend: u32) {
        let target = Target::Part(part);
        self.relocations.push(Relocation { offset: self.position(), size: 4, target, addend: addend.into() });
        self.u32(0);
    }

    /// Changes the four bytes at `position`.
    pub fn patch(&mut self, position: u32, value: u32) {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        if let Some(place) = self.bytes.get_mut(position as usize..position as usize + 4) {
            place.copy_from_slice(&bytes);
        }
    }

    /// Fills in what refers to other sections of debug information, for output that stands at their beginning.
    pub fn settle(&mut self) {
        let mut relocations = std::mem::take(&mut self.relocations);
        relocations.retain(|relocation| {
            let is_final = matches!(relocation.target, Target::Part(_));
            if is_final {
                self.patch(relocation.offset, relocation.addend as u32);
            }
            !is_final
        });
        self.relocations = relocations;
    }

    /// Takes back what was written from a position on.
    pub fn truncate(&mut self, position: u32) {
        self.bytes.truncate(position as usize);
        // They are in the order in which they were written.
        let length = self.relocations.partition_point(|relocation| relocation.offset < position);
        self.relocations.truncate(length);
    }

    /// Appends another buffer.
    pub fn append(&mut self, other: &Buffer) {
        let start = self.position();
        self.bytes.extend_from_slice(&other.bytes);
        let moved =
            other.relocations.iter().map(|relocation| Relocation { offset: relocation.offset + start, ..*relocation });
        self.relocations.extend(moved);
    }

    /// Sets the length at the start of a unit or table (DWARF 5, 7.2.2): the bytes that follow it.
    pub fn finish_length(&mut self) {
        let length = self.position().saturating_sub(4);
        self.patch(0, length);
    }
}
