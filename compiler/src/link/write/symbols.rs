//! Writes the symbol table and its names (gABI 4, "Symbol Table").

use super::Writer;
use crate::error::Result;
use crate::link::program::Target;
use object::{elf, pod};
use std::io::Write;

impl<W: Write> Writer<'_, '_, W> {
    pub(super) fn symbols(&mut self) -> Result<()> {
        let program = self.program;
        let endian = program.endian;
        self.put(&[0; 24])?;
        let mut name_offset = 1_u64;
        for (position, entry) in self.symtab.entries.iter().enumerate() {
            let name = entry.name(program)?;
            let definition = entry.definition(program)?;
            let target = entry.target(program)?;
            let place = self.layout.symbol_place(target).ok_or_else(|| entry.lost(program))?;
            let kind = match definition {
                Some(symbol) if matches!(target, Target::Common(_)) && symbol.st_type() == elf::STT_COMMON => {
                    elf::STT_OBJECT
                }
                Some(symbol) => symbol.st_type(),
                None if name.is_empty() => elf::STT_FILE,
                None => elf::STT_NOTYPE,
            };
            let local = position < self.symtab.local_count;
            let binding = match definition {
                _ if local => elf::STB_LOCAL,
                Some(symbol) => symbol.st_bind(),
                None => elf::STB_GLOBAL,
            };
            let other = definition.map_or(elf::SymbolOther(0), |symbol| symbol.st_other);
            // A local symbol has no visibility; the other bits belong to the architecture.
            let other = if local { elf::SymbolOther(other.0 & !3) } else { other };
            let symbol = elf::Sym64 {
                // The names' total size was checked to fit.
                st_name: object::U32::new(endian, if name.is_empty() { 0 } else { name_offset as u32 }),
                st_info: elf::SymbolInfo::new(binding, kind),
                st_other: other,
                st_shndx: object::U16::new(endian, place.0),
                st_value: object::U64::new(endian, place.1),
                st_size: object::U64::new(endian, definition.map_or(0, |symbol| symbol.st_size.get(endian))),
            };
            self.put(pod::bytes_of(&symbol))?;
            if !name.is_empty() {
                name_offset += name.len() as u64 + 1;
            }
        }
        Ok(())
    }

    /// Writes `.strtab`.
    pub(super) fn symbol_names(&mut self) -> Result<()> {
        self.put(&[0])?;
        for entry in &self.symtab.entries {
            let name = entry.name(self.program)?;
            if !name.is_empty() {
                self.put(name)?;
                self.put(&[0])?;
            }
        }
        Ok(())
    }
}
