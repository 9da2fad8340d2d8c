//! Reads objects of 32 bits as if they had 64, so that the phases after it know one class: symbols, relocations and section
//! headers are written in the wider form, and addends that stand in instructions are put into the relocations.

use std::borrow::Cow;

use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use object::{Endianness, U16, U32, U64, elf, pod};

use super::relocate::{self, Machine};
use super::width::Width;
use super::{File, Inputs, error};
use crate::error::Result;

type Header = elf::FileHeader32<Endianness>;

/// The contents of input files, each with its name.
pub(super) struct Widened<'a> {
    /// The class that they have.
    pub width: Width,
    objects: Vec<(&'a str, Cow<'a, [u8]>)>,
    archives: Vec<(&'a str, Cow<'a, [u8]>)>,
}

/// Widens all inputs that have 32 bits.
pub(super) fn widen<'a>(inputs: &Inputs<'a>) -> Result<Widened<'a>> {
    let narrow = inputs.objects.iter().any(|file| is_narrow(file.bytes));
    let each = |files: &[File<'a>], change: fn(&File<'a>) -> Result<Vec<u8>>| -> Result<Vec<_>> {
        let changed =
            |file: &File<'a>| Ok((file.name, if narrow { change(file)?.into() } else { Cow::Borrowed(file.bytes) }));
        files.iter().map(changed).collect()
    };
    let object = |file: &File<'a>| object(file.name, file.bytes);
    let width = if narrow { Width::Narrow } else { Width::Wide };
    Ok(Widened { width, objects: each(inputs.objects, object)?, archives: each(inputs.archives, archive)? })
}

impl Widened<'_> {
    /// The objects.
    pub fn objects(&self) -> Vec<File<'_>> {
        self.objects.iter().map(|(name, bytes)| File { name, bytes }).collect()
    }

    /// The archives.
    pub fn archives(&self) -> Vec<File<'_>> {
        self.archives.iter().map(|(name, bytes)| File { name, bytes }).collect()
    }
}

fn is_narrow(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG) && bytes.get(4) == Some(&elf::ELFCLASS32.0)
}

/// The archive with widened members, and without an index of its symbols.
fn archive(file: &File<'_>) -> Result<Vec<u8>> {
    let name = file.name;
    let bad = |e: object::read::Error| error(format!("{name} is not an archive, or is damaged: {e}"));
    let mut output = b"!<arch>\n".to_vec();
    for member in ArchiveFile::parse(file.bytes).map_err(bad)?.members() {
        let member = member.map_err(bad)?;
        let member_name = String::from_utf8_lossy(member.name());
        let contents = object(&format!("{name}({member_name})"), member.data(file.bytes).map_err(bad)?)?;
        // The name stands in front of the contents (ar(5), as BSD has it).
        let (name_size, size) = (member_name.len(), member_name.len() + contents.len());
        let header = format!("{:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", format!("#1/{name_size}"), 0, 0, 0, 644);
        output.extend_from_slice(header.as_bytes());
        output.extend_from_slice(member_name.as_bytes());
        output.extend_from_slice(&contents);
        if !output.len().is_multiple_of(2) {
            output.push(b'\n');
        }
    }
    Ok(output)
}

/// The object in the wider form.
fn object(name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let damaged = |what: &dyn std::fmt::Display| error(format!("{name} is damaged: {what}"));
    let bad = |e: object::read::Error| damaged(&e);
    let header = Header::parse(bytes).map_err(|e| error(format!("{name} is not a 32-bit ELF object: {e}")))?;
    let endian = header.endian().map_err(bad)?;
    let Some(machine) = relocate::machine(header.e_machine(endian), endian, Width::Narrow) else {
        return Err(error(format!("{name}: machine {} is not supported", header.e_machine(endian).0)));
    };
    let table = header.sections(endian, bytes).map_err(bad)?;
    let mut output = vec![0; size_of::<elf::FileHeader64<Endianness>>()];
    let mut headers = Vec::new();
    for section in table.iter() {
        let kind = section.sh_type(endian);
        let data = section.data(endian, bytes).map_err(bad)?;
        let (kind, contents, entry_size) = match kind {
            elf::SHT_SYMTAB => (kind, symbols(data, endian), size_of::<elf::Sym64<Endianness>>() as u64),
            elf::SHT_REL | elf::SHT_RELA => {
                let target = table.section(object::SectionIndex(section.sh_info(endian) as usize)).map_err(bad)?;
                let target = target.data(endian, bytes).map_err(bad)?;
                let relocations = if kind == elf::SHT_REL {
                    without_addends(data, target, machine, endian)
                } else {
                    with_addends(data, endian)
                };
                let relocations = relocations.map_err(|()| damaged(&"a relocation lies outside its section"))?;
                (elf::SHT_RELA, Cow::Owned(relocations), size_of::<elf::Rela64<Endianness>>() as u64)
            }
            _ => (kind, Cow::Borrowed(data), section.sh_entsize(endian).into()),
        };
        output.resize(output.len().next_multiple_of(16), 0);
        let size = if kind == elf::SHT_NOBITS { section.sh_size(endian).into() } else { contents.len() as u64 };
        headers.push(elf::SectionHeader64 {
            sh_name: U32::new(endian, section.sh_name(endian)),
            sh_type: U32::new(endian, kind),
            sh_flags: U64::new(endian, elf::SectionFlags(section.sh_flags(endian).0)),
            sh_addr: U64::new(endian, section.sh_addr(endian).into()),
            sh_offset: U64::new(endian, output.len() as u64),
            sh_size: U64::new(endian, size),
            sh_link: U32::new(endian, section.sh_link(endian)),
            sh_info: U32::new(endian, section.sh_info(endian)),
            sh_addralign: U64::new(endian, section.sh_addralign(endian).into()),
            sh_entsize: U64::new(endian, entry_size),
        });
        output.extend_from_slice(&contents);
    }
    output.resize(output.len().next_multiple_of(16), 0);
    let wide = wide_header(header, endian, output.len() as u64);
    output[..size_of_val(&wide)].copy_from_slice(pod::bytes_of(&wide));
    output.extend_from_slice(pod::bytes_of_slice(&headers));
    Ok(output)
}

fn wide_header(header: &Header, endian: Endianness, sections: u64) -> elf::FileHeader64<Endianness> {
    elf::FileHeader64 {
        e_ident: elf::Ident { class: elf::ELFCLASS64, ..header.e_ident },
        e_type: header.e_type,
        e_machine: header.e_machine,
        e_version: header.e_version,
        e_entry: U64::new(endian, 0),
        e_phoff: U64::new(endian, 0),
        e_shoff: U64::new(endian, sections),
        e_flags: header.e_flags,
        e_ehsize: U16::new(endian, size_of::<elf::FileHeader64<Endianness>>() as u16),
        e_phentsize: U16::new(endian, 0),
        e_phnum: U16::new(endian, 0),
        e_shentsize: U16::new(endian, size_of::<elf::SectionHeader64<Endianness>>() as u16),
        e_shnum: header.e_shnum,
        e_shstrndx: header.e_shstrndx,
    }
}

fn symbols(data: &[u8], endian: Endianness) -> Cow<'static, [u8]> {
    let count = data.len() / size_of::<elf::Sym32<Endianness>>();
    let Ok((narrow, _)) = pod::slice_from_bytes::<elf::Sym32<Endianness>>(data, count) else {
        return Cow::Borrowed(&[]);
    };
    let wide = |symbol: &elf::Sym32<Endianness>| elf::Sym64 {
        st_name: symbol.st_name,
        st_info: symbol.st_info,
        st_other: symbol.st_other,
        st_shndx: symbol.st_shndx,
        st_value: U64::new(endian, symbol.st_value(endian).into()),
        st_size: U64::new(endian, symbol.st_size(endian).into()),
    };
    let wide: Vec<_> = narrow.iter().map(wide).collect();
    Cow::Owned(pod::bytes_of_slice(&wide).to_vec())
}

/// Relocations whose addends stand at their places in `target`.
fn without_addends(
    data: &[u8],
    target: &[u8],
    machine: &dyn Machine,
    endian: Endianness,
) -> std::result::Result<Vec<u8>, ()> {
    let count = data.len() / size_of::<elf::Rel32<Endianness>>();
    let (narrow, _) = pod::slice_from_bytes::<elf::Rel32<Endianness>>(data, count)?;
    let wide = |relocation: &elf::Rel32<Endianness>| {
        let offset = relocation.r_offset.get(endian);
        let kind = relocation.r_type(endian);
        // Relocations that change nothing may stand anywhere.
        let field = target.get(offset as usize..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        wide_relocation(offset, relocation.r_sym(endian), kind, machine.addend(kind, field), endian)
    };
    let wide: Vec<_> = narrow.iter().map(wide).collect();
    Ok(pod::bytes_of_slice(&wide).to_vec())
}

fn with_addends(data: &[u8], endian: Endianness) -> std::result::Result<Vec<u8>, ()> {
    let count = data.len() / size_of::<elf::Rela32<Endianness>>();
    let (narrow, _) = pod::slice_from_bytes::<elf::Rela32<Endianness>>(data, count)?;
    let wide = |relocation: &elf::Rela32<Endianness>| {
        let (offset, addend) = (relocation.r_offset.get(endian), relocation.r_addend.get(endian));
        wide_relocation(offset, relocation.r_sym(endian), relocation.r_type(endian), addend.into(), endian)
    };
    let wide: Vec<_> = narrow.iter().map(wide).collect();
    Ok(pod::bytes_of_slice(&wide).to_vec())
}

fn wide_relocation(
    offset: u32,
    symbol: u32,
    kind: elf::RelocationType,
    addend: i64,
    endian: Endianness,
) -> elf::Rela64<Endianness> {
    elf::Rela64 {
        r_offset: U64::new(endian, offset.into()),
        r_info: elf::Rela64::r_info(endian, false, symbol, kind),
        r_addend: object::I64::new(endian, addend),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{Object, Relocation, StandardSection, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Object as _, ObjectSection, ObjectSymbol, RelocationFlags};
    use object::{SymbolFlags, SymbolKind, SymbolScope};

    fn narrow_object() -> Vec<u8> {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::I386, Endianness::Little);
        let text = object.section_id(StandardSection::Text);
        object.append_section_data(text, &[0x90; 12], 4);
        let symbol = object.add_symbol(Symbol {
            name: b"outside".to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        let flags = RelocationFlags::Elf { r_type: elf::R_386_PC32 };
        object.add_relocation(text, Relocation { offset: 5, symbol, addend: -4, flags }).unwrap();
        object.write().unwrap()
    }

    #[test]
    fn a_widened_object_says_the_same() {
        let wide = object("test", &narrow_object()).unwrap();
        let file = object::File::parse(&*wide).unwrap();
        assert!(file.is_64());
        let text = file.section_by_name(".text").unwrap();
        assert_eq!(text.size(), 12);
        let (offset, relocation) = text.relocations().next().unwrap();
        // The addend stood in the code.
        assert_eq!((offset, relocation.addend()), (5, -4));
        let object::RelocationTarget::Symbol(symbol) = relocation.target() else { panic!() };
        assert_eq!(file.symbol_by_index(symbol).unwrap().name(), Ok("outside"));
    }

    #[test]
    fn archives_keep_their_members() {
        let narrow = narrow_object();
        let header = format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "a.o/", 0, 0, 0, 644, narrow.len());
        let bytes = [b"!<arch>\n", header.as_bytes(), &narrow].concat();
        let wide = archive(&File { name: "lib.a", bytes: &bytes }).unwrap();
        let members: Vec<_> = ArchiveFile::parse(&*wide).unwrap().members().map(|member| member.unwrap()).collect();
        assert_eq!(members.iter().map(|member| member.name()).collect::<Vec<_>>(), [b"a.o"]);
        assert!(object::File::parse(members[0].data(&*wide).unwrap()).unwrap().is_64());
    }

    #[test]
    fn an_object_cut_short_is_an_error() {
        let narrow = narrow_object();
        for length in 0..narrow.len() {
            // It must not panic; what is cut off may be nothing but padding.
            let _ = object("test", &narrow[..length]);
        }
        assert!(object("test", &narrow[..60]).is_err());
    }
}
