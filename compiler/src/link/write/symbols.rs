//! Writes the symbol table and its names (gABI 4, "Symbol Table").

use super::Writer;
use crate::error::Result;
use crate::link::program::Target;
use crate::link::width::Width;
use object::{U16, U32, U64, elf, pod};
use std::io::Write;

impl<W: Write> Writer<'_, '_, W> {
    pub(super) fn symbols(&mut self) -> Result<()> {
        let program = self.program;
        let endian = program.endian;
        let width = program.machine.width();
        self.put(&[0; 24][..width.symbol() as usize])?;
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
            // The names' total size was checked to fit.
            let st_name = U32::new(endian, if name.is_empty() { 0 } else { name_offset as u32 });
            let st_info = elf::SymbolInfo::new(binding, kind);
            let st_shndx = U16::new(endian, place.0);
            let size = definition.map_or(0, |symbol| symbol.st_size.get(endian));
            match width {
                Width::Narrow => self.put(pod::bytes_of(&elf::Sym32 {
                    st_name,
                    st_value: U32::new(endian, place.1 as u32),
                    st_size: U32::new(endian, size as u32),
                    st_info,
                    st_other: other,
                    st_shndx,
                }))?,
                Width::Wide => self.put(pod::bytes_of(&elf::Sym64 {
                    st_name,
                    st_info,
                    st_other: other,
                    st_shndx,
                    st_value: U64::new(endian, place.1),
                    st_size: U64::new(endian, size),
                }))?,
            }
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
