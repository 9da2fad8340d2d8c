//! Writes the ELF header, the program headers and the section headers (gABI 4 and 5).

use super::Writer;
use crate::error::Result;
use crate::link::layout::{FILE_HEADER_SIZE, PROGRAM_HEADER_SIZE, SECTION_HEADER_SIZE};
use object::{Endianness, elf, pod};
use std::io::Write;

impl<W: Write> Writer<'_, '_, W> {
    pub(super) fn headers(&mut self) -> Result<()> {
        let (program, layout) = (self.program, self.layout);
        let endian = program.endian;
        let header = elf::FileHeader64 {
            e_ident: elf::Ident {
                magic: elf::ELFMAG,
                class: elf::ELFCLASS64,
                data: if endian == Endianness::Little { elf::ELFDATA2LSB } else { elf::ELFDATA2MSB },
                version: elf::EV_CURRENT,
                os_abi: elf::ELFOSABI_NONE,
                abi_version: 0,
                padding: [0; 7],
            },
            e_type: object::U16::new(endian, elf::ET_DYN),
            e_machine: object::U16::new(endian, program.machine.number()),
            e_version: object::U32::new(endian, u32::from(elf::EV_CURRENT.0)),
            e_entry: object::U64::new(endian, layout.entry),
            e_phoff: object::U64::new(endian, FILE_HEADER_SIZE),
            e_shoff: object::U64::new(endian, layout.section_headers),
            e_flags: object::U32::new(endian, elf::FileFlags(program.flags)),
            e_ehsize: object::U16::new(endian, FILE_HEADER_SIZE as u16),
            e_phentsize: object::U16::new(endian, PROGRAM_HEADER_SIZE as u16),
            e_phnum: object::U16::new(endian, layout.segments.len() as u16),
            e_shentsize: object::U16::new(endian, SECTION_HEADER_SIZE as u16),
            e_shnum: object::U16::new(endian, layout.sections.len() as u16 + 1),
            // The table of section names is the last section.
            e_shstrndx: object::U16::new(endian, elf::SymbolSection::new(layout.sections.len() as u32)),
        };
        self.put(pod::bytes_of(&header))?;
        for segment in &layout.segments {
            let header = elf::ProgramHeader64 {
                p_type: object::U32::new(endian, segment.kind),
                p_flags: object::U32::new(endian, segment.flags),
                p_offset: object::U64::new(endian, segment.offset),
                p_vaddr: object::U64::new(endian, segment.address),
                p_paddr: object::U64::new(endian, segment.address),
                p_filesz: object::U64::new(endian, segment.file_size),
                p_memsz: object::U64::new(endian, segment.memory_size),
                p_align: object::U64::new(endian, segment.alignment),
            };
            self.put(pod::bytes_of(&header))?;
        }
        Ok(())
    }

    pub(super) fn section_headers(&mut self) -> Result<()> {
        self.fill(self.layout.section_headers, 0)?;
        self.put(&[0; SECTION_HEADER_SIZE as usize])?;
        let endian = self.program.endian;
        let mut name_offset = 1_u32;
        for section in &self.layout.sections {
            let header = elf::SectionHeader64 {
                sh_name: object::U32::new(endian, name_offset),
                sh_type: object::U32::new(endian, section.kind),
                sh_flags: object::U64::new(endian, elf::SectionFlags(section.flags)),
                sh_addr: object::U64::new(endian, section.address),
                sh_offset: object::U64::new(endian, section.offset),
                sh_size: object::U64::new(endian, section.size),
                sh_link: object::U32::new(endian, section.link),
                sh_info: object::U32::new(endian, section.info),
                sh_addralign: object::U64::new(endian, section.alignment),
                sh_entsize: object::U64::new(endian, section.entry_size),
            };
            self.put(pod::bytes_of(&header))?;
            name_offset += section.name.len() as u32 + 1;
        }
        Ok(())
    }

    /// Writes `.shstrtab`.
    pub(super) fn section_names(&mut self) -> Result<()> {
        self.put(&[0])?;
        for section in &self.layout.sections {
            self.put(section.name)?;
            self.put(&[0])?;
        }
        Ok(())
    }
}
