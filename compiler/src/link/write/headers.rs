//! Writes the ELF header, the program headers and the section headers (gABI 4 and 5).
//!
//! Where they have 32 bits, addresses and sizes fit: the whole program was laid out below 4 GiB.

use super::Writer;
use crate::error::Result;
use crate::link::layout::{OutputSection, Segment};
use crate::link::width::Width;
use object::{Endianness, U16, U32, U64, elf, pod};
use std::io::Write;

impl<W: Write> Writer<'_, '_, W> {
    pub(super) fn headers(&mut self) -> Result<()> {
        self.file_header()?;
        let endian = self.program.endian;
        for segment in &self.layout.segments {
            match self.program.machine.width() {
                Width::Narrow => self.put(pod::bytes_of(&narrow_segment(segment, endian)))?,
                Width::Wide => self.put(pod::bytes_of(&wide_segment(segment, endian)))?,
            }
        }
        Ok(())
    }

    fn file_header(&mut self) -> Result<()> {
        let (program, layout) = (self.program, self.layout);
        let (endian, width) = (program.endian, program.machine.width());
        let e_ident = elf::Ident {
            magic: elf::ELFMAG,
            class: if width == Width::Narrow { elf::ELFCLASS32 } else { elf::ELFCLASS64 },
            data: if endian == Endianness::Little { elf::ELFDATA2LSB } else { elf::ELFDATA2MSB },
            version: elf::EV_CURRENT,
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        };
        let e_type = U16::new(endian, elf::ET_DYN);
        let e_machine = U16::new(endian, program.machine.number());
        let e_version = U32::new(endian, u32::from(elf::EV_CURRENT.0));
        let e_flags = U32::new(endian, elf::FileFlags(program.flags));
        let e_ehsize = U16::new(endian, width.file_header() as u16);
        let e_phentsize = U16::new(endian, width.program_header() as u16);
        let e_phnum = U16::new(endian, layout.segments.len() as u16);
        let e_shentsize = U16::new(endian, width.section_header() as u16);
        let e_shnum = U16::new(endian, layout.sections.len() as u16 + 1);
        // The table of section names is the last section.
        let e_shstrndx = U16::new(endian, elf::SymbolSection::new(layout.sections.len() as u32));
        match width {
            Width::Narrow => self.put(pod::bytes_of(&elf::FileHeader32 {
                e_ident,
                e_type,
                e_machine,
                e_version,
                e_entry: U32::new(endian, layout.entry as u32),
                e_phoff: U32::new(endian, width.file_header() as u32),
                e_shoff: U32::new(endian, layout.section_headers as u32),
                e_flags,
                e_ehsize,
                e_phentsize,
                e_phnum,
                e_shentsize,
                e_shnum,
                e_shstrndx,
            })),
            Width::Wide => self.put(pod::bytes_of(&elf::FileHeader64 {
                e_ident,
                e_type,
                e_machine,
                e_version,
                e_entry: U64::new(endian, layout.entry),
                e_phoff: U64::new(endian, width.file_header()),
                e_shoff: U64::new(endian, layout.section_headers),
                e_flags,
                e_ehsize,
                e_phentsize,
                e_phnum,
                e_shentsize,
                e_shnum,
                e_shstrndx,
            })),
        }
    }

    pub(super) fn section_headers(&mut self) -> Result<()> {
        let (endian, width) = (self.program.endian, self.program.machine.width());
        self.fill(self.layout.section_headers, 0)?;
        self.fill(self.layout.section_headers + width.section_header(), 0)?;
        let mut name_offset = 1_u32;
        for section in &self.layout.sections {
            match width {
                Width::Narrow => self.put(pod::bytes_of(&narrow_section(section, name_offset, endian)))?,
                Width::Wide => self.put(pod::bytes_of(&wide_section(section, name_offset, endian)))?,
            }
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

fn narrow_segment(segment: &Segment, endian: Endianness) -> elf::ProgramHeader32<Endianness> {
    elf::ProgramHeader32 {
        p_type: U32::new(endian, segment.kind),
        p_offset: U32::new(endian, segment.offset as u32),
        p_vaddr: U32::new(endian, segment.address as u32),
        p_paddr: U32::new(endian, segment.address as u32),
        p_filesz: U32::new(endian, segment.file_size as u32),
        p_memsz: U32::new(endian, segment.memory_size as u32),
        p_flags: U32::new(endian, segment.flags),
        p_align: U32::new(endian, segment.alignment as u32),
    }
}

fn wide_segment(segment: &Segment, endian: Endianness) -> elf::ProgramHeader64<Endianness> {
    elf::ProgramHeader64 {
        p_type: U32::new(endian, segment.kind),
        p_flags: U32::new(endian, segment.flags),
        p_offset: U64::new(endian, segment.offset),
        p_vaddr: U64::new(endian, segment.address),
        p_paddr: U64::new(endian, segment.address),
        p_filesz: U64::new(endian, segment.file_size),
        p_memsz: U64::new(endian, segment.memory_size),
        p_align: U64::new(endian, segment.alignment),
    }
}

fn narrow_section(section: &OutputSection<'_>, name: u32, endian: Endianness) -> elf::SectionHeader32<Endianness> {
    elf::SectionHeader32 {
        sh_name: U32::new(endian, name),
        sh_type: U32::new(endian, section.kind),
        sh_flags: U32::new_u64_truncate(endian, elf::SectionFlags(section.flags)),
        sh_addr: U32::new(endian, section.address as u32),
        sh_offset: U32::new(endian, section.offset as u32),
        sh_size: U32::new(endian, section.size as u32),
        sh_link: U32::new(endian, section.link),
        sh_info: U32::new(endian, section.info),
        sh_addralign: U32::new(endian, section.alignment as u32),
        sh_entsize: U32::new(endian, section.entry_size as u32),
    }
}

fn wide_section(section: &OutputSection<'_>, name: u32, endian: Endianness) -> elf::SectionHeader64<Endianness> {
    elf::SectionHeader64 {
        sh_name: U32::new(endian, name),
        sh_type: U32::new(endian, section.kind),
        sh_flags: U64::new(endian, elf::SectionFlags(section.flags)),
        sh_addr: U64::new(endian, section.address),
        sh_offset: U64::new(endian, section.offset),
        sh_size: U64::new(endian, section.size),
        sh_link: U32::new(endian, section.link),
        sh_info: U32::new(endian, section.info),
        sh_addralign: U64::new(endian, section.alignment),
        sh_entsize: U64::new(endian, section.entry_size),
    }
}
