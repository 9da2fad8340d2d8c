//! How to unwind from every piece of code: the table that the target's debuggers and profilers read.

mod dwarf;
mod windows;
mod windows_arm64;

use cranelift_codegen::isa::TargetIsa;
use object::write::StandardSection;
use object::{BinaryFormat, RelocationFlags, SectionKind};

use super::format;
use crate::codegen::Unwind;

/// What describes the units seen so far.
pub(super) enum UnwindTable {
    /// `.eh_frame`.
    Dwarf(dwarf::Frames),
    /// `.pdata` and `.xdata`, and `.debug_frame` where there is debug information: gdb finds variables by that only.
    Windows(windows::Functions, dwarf::Frames),
}

/// Where in an object file a part of the table goes.
pub(super) enum Place {
    Standard(StandardSection),
    Named(&'static str, SectionKind),
}

/// What an address in a part refers to.
pub(super) enum Referent {
    /// The text section.
    Text,
    /// The part with this number.
    Part(usize),
}

/// A section of the table.
pub(super) struct Part {
    pub place: Place,
    pub bytes: Vec<u8>,
    pub align: u64,
    /// Offset in `bytes`, what is meant and how far into it, and how that is written.
    pub addresses: Vec<(u64, Referent, i64, RelocationFlags)>,
}

impl UnwindTable {
    pub fn new(isa: &dyn TargetIsa) -> UnwindTable {
        match format::binary_format(isa.triple()) {
            Some(BinaryFormat::Coff) => UnwindTable::Windows(windows::Functions::default(), dwarf::Frames::new(isa)),
            _ => UnwindTable::Dwarf(dwarf::Frames::new(isa)),
        }
    }

    /// Adds the unit that starts `offset` bytes into the text section.
    pub fn add(&mut self, unwind: &Unwind, offset: u32) {
        match (self, unwind) {
            (UnwindTable::Windows(functions, frames), Unwind::Windows(length, info, _)) => {
                functions.add(offset, *length, info);
                frames.add(unwind, offset.into());
            }
            (UnwindTable::Windows(functions, frames), Unwind::WindowsArm64(length, codes, _)) => {
                windows_arm64::add(functions, offset, *length, codes);
                frames.add(unwind, offset.into());
            }
            (UnwindTable::Windows(..), _) => {}
            (UnwindTable::Dwarf(frames), unwind) => frames.add(unwind, offset.into()),
        }
    }

    /// The sections, none where there is nothing to say.
    pub fn finish(&mut self) -> gimli::write::Result<Vec<Part>> {
        match self {
            UnwindTable::Dwarf(frames) => frames.finish(),
            UnwindTable::Windows(functions, frames) => {
                let mut parts = functions.finish();
                parts.extend(frames.finish_for_debuggers(parts.len())?);
                Ok(parts)
            }
        }
    }
}
