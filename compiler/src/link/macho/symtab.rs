//! The symbol table: names of functions and data for debuggers and traces, and of what is libSystem's.

use object::macho;

use super::MachoOptions;
use super::imports::Import;
use super::input::{Role, Symbol};
use super::layout::{Content, IMAGE_BASE, Layout};
use super::symbols::{AtomId, Place, Program};
use crate::error::Result;

/// The name that every executable gives its own header.
pub(super) const HEADER: &str = "__mh_execute_header";

/// The table, in three parts.
pub(super) struct Symtab {
    /// `nlist_64`.
    pub entries: Vec<u8>,
    pub strings: Vec<u8>,
    /// Numbers of entries for stubs, then for slots.
    pub indirect: Vec<u8>,
    /// How many entries are of each part: local, defined for others, undefined.
    pub counts: [u32; 3],
    /// Addresses of functions, in order.
    pub functions: Vec<u64>,
}

/// Collects the symbols of what is linked.
pub(super) fn collect(program: &Program<'_>, layout: &Layout, options: &MachoOptions<'_>) -> Result<Symtab> {
    // The first string is empty, and by custom a space follows.
    let mut table = Symtab {
        entries: Vec::new(),
        strings: vec![b' ', 0],
        indirect: Vec::new(),
        counts: [0; 3],
        functions: Vec::new(),
    };
    for (number, object) in program.objects.iter().enumerate() {
        for symbol in object.symbols.iter().flatten() {
            let &Symbol::Defined { atom, offset, name, .. } = symbol else { continue };
            let id = AtomId { object: number as u32, atom };
            if layout.atom(id).is_none() || is_private(name) {
                continue;
            }
            let address = layout.address(Place { atom: id, offset })?;
            let role = program.atom(id).role;
            if role == Role::Code {
                table.functions.push(address);
            }
            let section = layout.sections.iter().position(|section| section.content == Content::Atoms(role));
            if let Some(section) = section.filter(|_| !options.strip) {
                table.add(name, macho::N_SECT.0, section as u8 + 1, 0, address);
                table.counts[0] += 1;
            }
        }
    }
    table.functions.sort_unstable();
    table.functions.dedup();
    // It is asked for while the program runs, and must not be stripped.
    table.add(HEADER.as_bytes(), macho::N_SECT.0 | macho::N_EXT.0, 1, macho::REFERENCED_DYNAMICALLY.0, IMAGE_BASE);
    table.counts[1] = 1;
    for import in &layout.imports {
        // The library's ordinal is in the upper byte.
        table.add(import.name().as_bytes(), macho::N_UNDF.0 | macho::N_EXT.0, 0, 1 << 8, 0);
        table.counts[2] += 1;
    }
    let first = table.counts[0] + table.counts[1];
    let number = |import: &Import| first + layout.imports.partition_point(|other| other < import) as u32;
    table.indirect = layout.stubs.iter().chain(&layout.slots).flat_map(|import| number(import).to_le_bytes()).collect();
    Ok(table)
}

/// Names that assemblers and compilers make for themselves.
fn is_private(name: &[u8]) -> bool {
    ["l", "L", ".L"].iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

impl Symtab {
    fn add(&mut self, name: &[u8], kind: u8, section: u8, description: u16, value: u64) {
        self.entries.extend((self.strings.len() as u32).to_le_bytes());
        self.entries.extend([kind, section]);
        self.entries.extend(description.to_le_bytes());
        self.entries.extend(value.to_le_bytes());
        self.strings.extend(name);
        self.strings.push(0);
    }
}
