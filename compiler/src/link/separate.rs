//! Works over a linked executable: compresses its debug information, or moves that to a file of its own.
//!
//! What is loaded stays byte for byte where it is. All else (sections that are not loaded, section headers) stands
//! behind it and is written anew, so that this serves the output of any linker. References: gABI 4 and 5; GDB's
//! manual, "Separate Debug Files".

use std::borrow::Cow;
use std::collections::HashMap;

use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, U16, U32, U64, elf, pod};

use super::error;
use crate::error::Result;

type FileHeader = elf::FileHeader64<Endianness>;
type SectionHeader = elf::SectionHeader64<Endianness>;

/// An executable, and the file that its debug information went to.
pub struct Separated {
    /// The executable.
    pub executable: Vec<u8>,
    /// The file of debug information, where one was asked for.
    pub debug: Option<Vec<u8>>,
}

/// Section in the stripped executable that names the file of its debug information, with a checksum of it.
const DEBUG_LINK: &[u8] = b".gnu_debuglink";

/// How hard zlib tries, of 10: as binutils has it.
const COMPRESSION_LEVEL: u8 = 6;

/// Compresses the debug information of a linked executable if asked to, and moves it to a file of its own if that has a
/// name: then the executable keeps nothing that is not loaded but for the name.
pub(crate) fn separate(image: Vec<u8>, compress: bool, debug_file: Option<&[u8]>) -> Result<Separated> {
    let file = File::read(&image)?;
    let mut all: Vec<Section<'_>> = file.sections.clone();
    if compress {
        all = all.into_iter().map(|section| section.compressed(file.endian)).collect();
    }
    let Some(name) = debug_file else {
        let executable = file.with_sections(file.loaded_end, &all)?;
        return Ok(Separated { executable, debug: None });
    };
    let debug = file.debug_file(all)?;
    let (names, others) = file.sections.split_last().ok_or_else(|| damaged("it has no sections"))?;
    let is_kept = |section: &&Section<'_>| section.is_loaded(file.endian) || section.kind(file.endian) == elf::SHT_NOTE;
    let mut kept: Vec<Section<'_>> = others.iter().filter(is_kept).cloned().collect();
    kept.push(Section::debug_link(name, crc32(&debug), file.endian));
    kept.push(names.clone());
    let executable = file.with_sections(file.loaded_end, &kept)?;
    Ok(Separated { executable, debug: Some(debug) })
}

/// A linked executable, taken apart.
struct File<'d> {
    endian: Endianness,
    image: &'d [u8],
    /// In the order of their headers, without the null one. The last is the table of their names.
    sections: Vec<Section<'d>>,
    /// Where in the file all that is loaded ends.
    loaded_end: usize,
}

/// A section.
#[derive(Clone)]
struct Section<'d> {
    name: &'d [u8],
    header: SectionHeader,
    /// Index among the executable's section headers; 0 for a new one.
    index: usize,
    contents: Cow<'d, [u8]>,
}

fn damaged(what: impl std::fmt::Display) -> crate::Error {
    error(format!("the executable cannot be taken apart: {what}"))
}

impl<'d> File<'d> {
    fn read(image: &'d [u8]) -> Result<File<'d>> {
        let header = FileHeader::parse(image).map_err(damaged)?;
        let endian = header.endian().map_err(damaged)?;
        let table = header.sections(endian, image).map_err(damaged)?;
        let names = header.shstrndx(endian, image).map_err(damaged)? as usize;
        let mut sections = Vec::new();
        for (index, section) in table.enumerate().skip(1) {
            let name = table.section_name(endian, section).map_err(damaged)?;
            let contents = section.data(endian, image).map_err(damaged)?;
            sections.push(Section { name, header: *section, index: index.0, contents: contents.into() });
        }
        let position = sections.iter().position(|section| section.index == names);
        let names = sections.remove(position.ok_or_else(|| damaged("its sections have no names"))?);
        sections.push(names);
        let segments = header.program_headers(endian, image).map_err(damaged)?;
        let ends = segments.iter().map(|segment| segment.p_offset(endian).saturating_add(segment.p_filesz(endian)));
        let headers = header.e_phoff(endian) + size_of_val(segments) as u64;
        let loaded_end = ends.chain([headers]).max().unwrap_or(0) as usize;
        Ok(File { endian, image, sections, loaded_end })
    }

    /// The first bytes of the executable, followed by the sections that are not loaded and the section headers.
    fn with_sections(&self, front: usize, sections: &[Section<'_>]) -> Result<Vec<u8>> {
        let endian = self.endian;
        let mut names = vec![0];
        let mut headers = Vec::new();
        let mut output = self.image.get(..front).ok_or_else(|| damaged("it ends early"))?.to_vec();
        // Where each section header has gone.
        let moved: HashMap<u32, u32> = sections
            .iter()
            .zip(1..)
            .filter(|(section, _)| section.index != 0)
            .map(|(section, position)| (section.index as u32, position))
            .collect();
        let link = |old: u32| moved.get(&old).copied().unwrap_or(0);
        for (position, section) in sections.iter().enumerate() {
            let mut header = section.header;
            header.sh_name.set(endian, names.len() as u32);
            names.extend(section.name);
            names.push(0);
            let is_last = position + 1 == sections.len();
            let contents = if is_last { &names } else { &*section.contents };
            if !section.is_loaded(endian) {
                let alignment = (header.sh_addralign.get(endian) as usize).max(1);
                output.resize(output.len().next_multiple_of(alignment), 0);
                header.sh_offset.set(endian, output.len() as u64);
                header.sh_size.set(endian, contents.len() as u64);
                output.extend_from_slice(contents);
            }
            header.sh_link.set(endian, link(header.sh_link.get(endian)));
            if section.refers_by_info(endian) {
                header.sh_info.set(endian, link(header.sh_info.get(endian)));
            }
            headers.push(header);
        }
        output.resize(output.len().next_multiple_of(8), 0);
        let start = output.len() as u64;
        output.extend([0; size_of::<SectionHeader>()]);
        output.extend_from_slice(pod::bytes_of_slice(&headers));
        let count = headers.len() as u16 + 1;
        self.patch(&mut output, |header| {
            header.e_shoff = U64::new(endian, start);
            header.e_shnum = U16::new(endian, count);
            header.e_shstrndx = U16::new(endian, elf::SymbolSection(count - 1));
        })?;
        Ok(output)
    }

    /// Changes the file header at the front of `output`.
    fn patch(&self, output: &mut [u8], change: impl FnOnce(&mut FileHeader)) -> Result<()> {
        let mut header = *FileHeader::parse(self.image).map_err(damaged)?;
        change(&mut header);
        let front = output.get_mut(..size_of::<FileHeader>()).ok_or_else(|| damaged("it ends early"))?;
        front.copy_from_slice(pod::bytes_of(&header));
        Ok(())
    }

    /// A file with the same headers, in which of what is loaded only the notes have contents.
    fn debug_file(&self, sections: Vec<Section<'d>>) -> Result<Vec<u8>> {
        let endian = self.endian;
        let header = FileHeader::parse(self.image).map_err(damaged)?;
        let mut segments = header.program_headers(endian, self.image).map_err(damaged)?.to_vec();
        let front = header.e_phoff(endian) as usize + size_of_val(&*segments);
        let mut notes = Vec::new();
        let mut kept = Vec::new();
        for mut section in sections {
            if section.is_loaded(endian) {
                if section.kind(endian) == elf::SHT_NOTE {
                    let offset = (front + notes.len()) as u64;
                    let address = section.header.sh_addr(endian);
                    for segment in &mut segments {
                        if segment.p_type(endian) == elf::PT_NOTE && segment.p_vaddr(endian) == address {
                            segment.p_offset.set(endian, offset);
                        }
                    }
                    notes.extend_from_slice(&section.contents);
                    notes.resize(notes.len().next_multiple_of(4), 0);
                    section.header.sh_offset.set(endian, offset);
                } else {
                    // The offset stays that in the executable, by which perf finds lines.
                    section.header.sh_type.set(endian, elf::SHT_NOBITS);
                }
            }
            kept.push(section);
        }
        for segment in segments.iter_mut().filter(|segment| segment.p_type(endian) != elf::PT_NOTE) {
            // The offset stays that in the executable, by which perf finds symbols.
            segment.p_filesz.set(endian, 0);
        }
        // The headers and notes stand where the executable has what is loaded.
        let mut image = self.image.get(..front).ok_or_else(|| damaged("it ends early"))?.to_vec();
        let table = header.e_phoff(endian) as usize;
        image[table..].copy_from_slice(pod::bytes_of_slice(&segments));
        image.extend(notes);
        let length = image.len();
        File { endian, image: &image, sections: Vec::new(), loaded_end: length }.with_sections(length, &kept)
    }
}

impl<'d> Section<'d> {
    /// The section that names the file of debug information.
    fn debug_link(name: &[u8], checksum: u32, endian: Endianness) -> Section<'d> {
        let mut contents = name.to_vec();
        contents.push(0);
        contents.resize(contents.len().next_multiple_of(4), 0);
        contents.extend(pod::bytes_of(&U32::new(endian, checksum)));
        let header = SectionHeader {
            sh_name: U32::new(endian, 0),
            sh_type: U32::new(endian, elf::SHT_PROGBITS),
            sh_flags: U64::new(endian, elf::SectionFlags(0)),
            sh_addr: U64::new(endian, 0),
            sh_offset: U64::new(endian, 0),
            sh_size: U64::new(endian, 0),
            sh_link: U32::new(endian, 0),
            sh_info: U32::new(endian, 0),
            sh_addralign: U64::new(endian, 4),
            sh_entsize: U64::new(endian, 0),
        };
        Section { name: DEBUG_LINK, header, index: 0, contents: contents.into() }
    }

    fn kind(&self, endian: Endianness) -> elf::SectionType {
        self.header.sh_type.get(endian)
    }

    fn has(&self, flag: elf::SectionFlags, endian: Endianness) -> bool {
        self.header.sh_flags.get(endian).0 & flag.0 != 0
    }

    fn is_loaded(&self, endian: Endianness) -> bool {
        self.has(elf::SHF_ALLOC, endian)
    }

    /// Whether `sh_info` is the index of a section (gABI 4, "Section Header").
    fn refers_by_info(&self, endian: Endianness) -> bool {
        let is_table = matches!(self.kind(endian), elf::SHT_REL | elf::SHT_RELA);
        is_table || self.has(elf::SHF_INFO_LINK, endian)
    }

    /// The section compressed, if it is one of debug information and smaller then (gABI 4, "Compressed Sections").
    fn compressed(mut self, endian: Endianness) -> Section<'d> {
        let is_compressed = self.has(elf::SHF_COMPRESSED, endian);
        if !self.name.starts_with(b".debug_") || self.is_loaded(endian) || is_compressed {
            return self;
        }
        let alignment = self.header.sh_addralign.get(endian);
        let header = elf::CompressionHeader64 {
            ch_type: U32::new(endian, elf::ELFCOMPRESS_ZLIB),
            ch_reserved: U32::new(endian, 0),
            ch_size: U64::new(endian, self.contents.len() as u64),
            ch_addralign: U64::new(endian, alignment),
        };
        let mut contents = pod::bytes_of(&header).to_vec();
        contents.extend(miniz_oxide::deflate::compress_to_vec_zlib(&self.contents, COMPRESSION_LEVEL));
        if contents.len() < self.contents.len() {
            let flags = self.header.sh_flags.get(endian).0 | elf::SHF_COMPRESSED.0;
            self.header.sh_flags.set(endian, elf::SectionFlags(flags));
            self.header.sh_addralign.set(endian, 8);
            self.contents = contents.into();
        }
        self
    }
}

/// The checksum of ISO 3309 that gdb compares.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < table.len() {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 != 0 { value >> 1 ^ POLYNOMIAL } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |sum: u32, byte| TABLE[((sum ^ u32::from(*byte)) & 0xff) as usize] ^ sum >> 8)
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
