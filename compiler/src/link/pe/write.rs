//! Writes the file: headers, then sections.

use std::io::Write;

use object::{LittleEndian, U16, U32, U64, pe, pod};

use super::imports::Imports;
use super::input::Role;
use super::layout::{Content, FILE_ALIGN, IMAGE_BASE, Layout, OutputSection, PAGE};
use super::reachable::{Reachable, Word};
use super::symbols::Program;
use super::symtab::Symtab;
use super::{PeOptions, error, relocate};
use crate::error::Result;

/// Bytes of the headers of an executable with so many sections.
pub(super) fn headers_size(sections: usize) -> u64 {
    let fixed = size_of::<pe::ImageDosHeader>() + size_of::<pe::ImageNtHeaders64>();
    let directories = DIRECTORIES * size_of::<pe::ImageDataDirectory>();
    (fixed + directories + sections * size_of::<pe::ImageSectionHeader>()) as u64
}

/// Entries of the optional header's table of places.
const DIRECTORIES: usize = 16;

/// Bytes of the stack that are there from the start: more than Windows' own start takes, and the jump of the runtime
/// library's over its frames.
const STACK_COMMIT: u64 = 64 << 10;
/// Bytes of the stack that the runtime library needs beside the program: to begin with, and to handle an overflow
/// (`sys/windows/stack.rs` there).
const STACK_MARGIN: u64 = 128 << 10;
/// What Windows reserves is a multiple of this.
const ALLOCATION: u64 = 64 << 10;

/// Bytes of address space for a stack of so many.
fn stack_reserve(size: u64) -> u64 {
    size.max(STACK_COMMIT).saturating_add(STACK_MARGIN).checked_next_multiple_of(ALLOCATION).unwrap_or(u64::MAX)
}

/// Writes the executable.
pub(super) fn executable(
    program: &Program<'_>,
    reachable: &Reachable,
    imports: &Imports,
    layout: &Layout<'_>,
    symtab: &Symtab,
    options: &PeOptions<'_>,
    output: &mut dyn Write,
) -> Result<()> {
    let mut bytes = headers(program, imports, layout, symtab, options)?;
    bytes.resize(layout.headers_size as usize, 0);
    output.write_all(&bytes)?;
    for section in &layout.sections {
        bytes.clear();
        fill(program, reachable, imports, layout, section, &mut bytes)?;
        bytes.resize(bytes.len().next_multiple_of(FILE_ALIGN as usize), 0);
        output.write_all(&bytes)?;
    }
    if !symtab.is_empty() {
        output.write_all(&symtab.entries)?;
        output.write_all(&symtab.strings.bytes()?)?;
    }
    Ok(())
}

/// The contents of a section.
fn fill(
    program: &Program<'_>,
    reachable: &Reachable,
    imports: &Imports,
    layout: &Layout<'_>,
    section: &OutputSection<'_>,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    let narrow = |address: u64| u32::try_from(address).map_err(|_| error("an address has more than 32 bits"));
    match section.content {
        Content::ReadOnly => {
            bytes.extend(&imports.bytes);
            for &at in &imports.offsets {
                let at = at as usize;
                if let Some(place) = bytes[at..].first_chunk_mut::<4>() {
                    *place = (u32::from_le_bytes(*place) + narrow(section.address)?).to_le_bytes();
                }
            }
        }
        Content::Functions => {
            let mut entries = Vec::new();
            for function in &reachable.functions {
                let mut words = [0; 3];
                for (to, word) in words.iter_mut().zip(function) {
                    *to = match *word {
                        Word::Place(place) => narrow(layout.address(place)?)?,
                        Word::Bits(bits) => bits,
                    };
                }
                entries.push(words);
            }
            entries.sort_unstable();
            let words = entries.iter().flat_map(|words| &words[..program.machine.function_words()]);
            bytes.extend(words.flat_map(|word| word.to_le_bytes()));
        }
        Content::Relocations => bytes.extend(&layout.relocations),
        Content::Code | Content::Writable | Content::Note | Content::Debug => {}
    }
    let filler = if section.content == Content::Code { program.machine.filler() } else { 0 };
    for &(id, offset) in &section.inputs {
        let input = program.section(id);
        if input.role == Role::Zero {
            break;
        }
        bytes.resize(offset as usize, filler);
        bytes.extend(input.data);
        let start = offset as usize;
        relocate::section(program, id, section.address + offset, &mut bytes[start..], layout, imports)?;
    }
    if section.content == Content::Code {
        let thunks = imports.functions.len() as u64 * program.machine.thunk_size();
        bytes.resize((section.size - thunks) as usize, filler);
        for (_, slot) in &imports.functions {
            let here = section.address + bytes.len() as u64;
            let jump = program.machine.thunk(here, layout.imports + u64::from(*slot));
            bytes.extend(jump.ok_or_else(|| error("the imports are too far away"))?);
        }
    }
    Ok(())
}

fn headers(
    program: &Program<'_>,
    imports: &Imports,
    layout: &Layout<'_>,
    symtab: &Symtab,
    options: &PeOptions<'_>,
) -> Result<Vec<u8>> {
    const LE: LittleEndian = LittleEndian;
    let short = |value: u16| U16::new(LE, value);
    let word = |value: u64| U32::new(LE, value as u32);
    let long = |value: u64| U64::new(LE, value);
    let dos_size = size_of::<pe::ImageDosHeader>();
    let mut bytes = vec![0; dos_size];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[dos_size - 4..].copy_from_slice(&(dos_size as u32).to_le_bytes());
    bytes.extend(b"PE\0\0");
    let optional_size = size_of::<pe::ImageOptionalHeader64>() + DIRECTORIES * size_of::<pe::ImageDataDirectory>();
    bytes.extend(program.machine.number().0.to_le_bytes());
    bytes.extend((layout.sections.len() as u16).to_le_bytes());
    // No time; where the symbols are, and how many. Behind them are names, also where there are none.
    let end = layout.sections.last().map_or(0, |last| last.offset + last.file_size.next_multiple_of(FILE_ALIGN));
    let table = if symtab.is_empty() { 0 } else { end as u32 };
    for number in [0, table, symtab.count] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend((optional_size as u16).to_le_bytes());
    let characteristics = pe::IMAGE_FILE_EXECUTABLE_IMAGE.0 | pe::IMAGE_FILE_LARGE_ADDRESS_AWARE.0;
    bytes.extend(characteristics.to_le_bytes());

    let size_of_content = |content| layout.section(content).map_or(0, |section| section.file_size);
    let code = layout.section(Content::Code);
    let dll_characteristics = pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
        | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
        | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT
        | pe::IMAGE_DLLCHARACTERISTICS_TERMINAL_SERVER_AWARE;
    let optional = pe::ImageOptionalHeader64 {
        magic: short(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC),
        major_linker_version: 0,
        minor_linker_version: 0,
        size_of_code: word(size_of_content(Content::Code).next_multiple_of(FILE_ALIGN)),
        size_of_initialized_data: word(size_of_content(Content::ReadOnly) + size_of_content(Content::Writable)),
        size_of_uninitialized_data: word(0),
        address_of_entry_point: word(layout.address(program.entry)?),
        base_of_code: word(code.map_or(0, |section| section.address)),
        image_base: long(IMAGE_BASE),
        section_alignment: word(PAGE),
        file_alignment: word(FILE_ALIGN),
        // Windows 7 and its like: what an executable needs shows when it runs.
        major_operating_system_version: short(6),
        minor_operating_system_version: short(1),
        major_image_version: short(0),
        minor_image_version: short(0),
        major_subsystem_version: short(6),
        minor_subsystem_version: short(1),
        win32_version_value: word(0),
        size_of_image: word(layout.image_size),
        size_of_headers: word(layout.headers_size),
        check_sum: word(0),
        subsystem: U16::new(LE, pe::IMAGE_SUBSYSTEM_WINDOWS_CUI),
        dll_characteristics: U16::new(LE, dll_characteristics),
        size_of_stack_reserve: long(stack_reserve(options.stack_size)),
        size_of_stack_commit: long(STACK_COMMIT),
        size_of_heap_reserve: long(1 << 20),
        size_of_heap_commit: long(PAGE),
        loader_flags: word(0),
        number_of_rva_and_sizes: word(DIRECTORIES as u64),
    };
    bytes.extend(pod::bytes_of(&optional));
    let mut directories = [(0, 0); DIRECTORIES];
    let tables = |(offset, size): (u32, u32)| (layout.imports + u64::from(offset), u64::from(size));
    directories[pe::IMAGE_DIRECTORY_ENTRY_IMPORT] = tables(imports.directory);
    directories[pe::IMAGE_DIRECTORY_ENTRY_IAT] = tables(imports.slots);
    for (entry, content) in [
        (pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION, Content::Functions),
        (pe::IMAGE_DIRECTORY_ENTRY_BASERELOC, Content::Relocations),
    ] {
        if let Some(section) = layout.section(content) {
            directories[entry] = (section.address, section.size);
        }
    }
    for (address, size) in directories {
        bytes.extend((address as u32).to_le_bytes());
        bytes.extend((size as u32).to_le_bytes());
    }
    for (section, name) in layout.sections.iter().zip(&symtab.sections) {
        bytes.extend(name);
        let file_size = section.file_size.next_multiple_of(FILE_ALIGN);
        let offset = if file_size == 0 { 0 } else { section.offset };
        for word in [section.size, section.address, file_size, offset, 0, 0, 0] {
            bytes.extend((word as u32).to_le_bytes());
        }
        bytes.extend(section.characteristics.to_le_bytes());
    }
    Ok(bytes)
}
