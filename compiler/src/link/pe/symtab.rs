//! The symbol table, by which debuggers and `nm` name functions and data (PE Format, "COFF Symbol Table"). Windows does not
//! read it.

use object::pe;

use super::layout::{Content, Layout};
use super::symbols::{Place, Program, SectionId};
use super::{PeOptions, error};
use crate::error::{Error, Result};

/// A symbol of the executable.
struct Entry<'a> {
    /// Of the executable's section, counted from 1 on.
    section: u16,
    /// In that section.
    offset: u32,
    name: &'a [u8],
    is_function: bool,
    is_global: bool,
}

/// The symbols, and names that have no room in fields of 8 bytes.
pub(super) struct Symtab {
    /// The names of sections, as their headers have them.
    pub sections: Vec<[u8; 8]>,
    /// The symbols, without names that are longer.
    pub entries: Vec<u8>,
    /// Their number.
    pub count: u32,
    pub strings: Strings,
}

/// Names of symbols and sections that have more than 8 bytes (PE Format, "COFF String Table"). Stands behind the symbols.
#[derive(Default)]
pub(super) struct Strings(Vec<u8>);

impl Strings {
    /// Adds a name; returns its place from the start of the table, which begins with its size.
    pub fn add(&mut self, name: &[u8]) -> usize {
        let start = self.0.len() + SIZE;
        self.0.extend(name);
        self.0.push(0);
        start
    }

    /// The table, as the file has it.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let size = u32::try_from(self.0.len() + SIZE);
        let size = size.map_err(|_| too_long())?;
        Ok([&size.to_le_bytes()[..], &self.0].concat())
    }
}

/// Bytes of the size of the names.
const SIZE: usize = size_of::<u32>();

impl Symtab {
    /// The file has neither symbols nor names.
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.strings.0.is_empty()
    }
}

/// Makes the table of everything that is linked and has a name; without symbols when stripping.
pub(super) fn collect(program: &Program<'_>, layout: &Layout<'_>, options: &PeOptions<'_>) -> Result<Symtab> {
    let entries = if options.strip { Vec::new() } else { entries(program, layout)? };
    let mut strings = Strings::default();
    // First: their headers have room for places of seven digits.
    let section = |name: &str| {
        short(name.as_bytes()).unwrap_or_else(|| {
            let place = format!("/{}", strings.add(name.as_bytes()));
            short(place.as_bytes()).unwrap_or_default()
        })
    };
    let sections = layout.sections.iter().map(|output| &*output.name).map(section).collect();
    let mut bytes = Vec::new();
    for entry in &entries {
        let name = match short(entry.name) {
            Some(name) => name,
            // Zeros, and the place.
            None => {
                u64::from(u32::try_from(strings.add(entry.name)).map_err(|_| too_long())?).rotate_left(32).to_le_bytes()
            }
        };
        let kind = if entry.is_function { pe::IMAGE_SYM_DTYPE_FUNCTION.0 << pe::IMAGE_SYM_DTYPE_SHIFT } else { 0 };
        let class = if entry.is_global { pe::IMAGE_SYM_CLASS_EXTERNAL } else { pe::IMAGE_SYM_CLASS_STATIC };
        bytes.extend(name);
        bytes.extend(entry.offset.to_le_bytes());
        bytes.extend(entry.section.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        // No further records of this symbol.
        bytes.extend([class.0, 0]);
    }
    Ok(Symtab { sections, count: entries.len() as u32, entries: bytes, strings })
}

/// A name that has room in a field of a record.
fn short(name: &[u8]) -> Option<[u8; 8]> {
    let mut field = [0; 8];
    field.get_mut(..name.len())?.copy_from_slice(name);
    Some(field)
}

fn too_long() -> Error {
    error("the names of the symbols are longer than 4 GiB")
}

/// By address.
fn entries<'a>(program: &Program<'a>, layout: &Layout<'_>) -> Result<Vec<Entry<'a>>> {
    let mut entries = Vec::new();
    for (number, object) in (0..).zip(&program.objects) {
        for name in &object.names {
            let section = SectionId { object: number, section: name.section };
            let place = Place { section, offset: name.offset };
            if !layout.contains(place) {
                continue;
            }
            let address = layout.address(place)?;
            let is_inside = |position: usize| {
                let output = &layout.sections[position];
                output.content != Content::Debug && (output.address..=output.address + output.size).contains(&address)
            };
            // A symbol at the end of a section is not at the start of the next.
            let Some(position) = (0..layout.sections.len()).find(|&position| is_inside(position)) else { continue };
            let offset = (address - layout.sections[position].address) as u32;
            entries.push(Entry {
                // There are few sections.
                section: position as u16 + 1,
                offset,
                name: name.name,
                is_function: name.is_function,
                is_global: name.is_global,
            });
        }
    }
    entries.sort_by(|a, b| (a.section, a.offset, a.name).cmp(&(b.section, b.offset, b.name)));
    Ok(entries)
}
