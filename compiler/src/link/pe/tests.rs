//! Links small objects and reads what comes of it.

use object::read::NameOrOrdinal;
use object::read::pe::PeFile64;
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _,
    RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags, SymbolKind, SymbolScope, pe,
};

use super::super::{File, Inputs};
use super::{PeOptions, imports, link_executable};

fn named(name: &str, place: Option<(SectionId, u64)>) -> Symbol {
    Symbol {
        name: name.into(),
        value: place.map_or(0, |(_, offset)| offset),
        size: 0,
        kind: SymbolKind::Text,
        scope: if place.is_some() { SymbolScope::Linkage } else { SymbolScope::Unknown },
        weak: false,
        section: place.map_or(SymbolSection::Undefined, |(section, _)| SymbolSection::Section(section)),
        flags: SymbolFlags::None,
    }
}

fn symbol(object: &mut Object<'_>, name: &str, place: Option<(SectionId, u64)>) -> SymbolId {
    object.add_symbol(named(name, place))
}

fn refer(object: &mut Object<'_>, section: SectionId, offset: u64, symbol: SymbolId, kind: RelocationKind, size: u8) {
    let addend = if kind == RelocationKind::Relative { -4 } else { 0 };
    let flags = RelocationFlags::Generic { kind, encoding: RelocationEncoding::Generic, size };
    object.add_relocation(section, Relocation { offset, symbol, addend, flags }).unwrap();
}

/// `_start` calls a function of Windows; a datum holds the address of `_start`, and nobody refers to another.
fn program(calls: &str) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &[0xe8, 0, 0, 0, 0, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3], 16);
    let start = symbol(&mut object, "_start", Some((text, 0)));
    let called = symbol(&mut object, calls, None);
    refer(&mut object, text, 1, called, RelocationKind::Relative, 32);
    let data = object.section_id(StandardSection::Data);
    object.append_section_data(data, &[0; 8], 8);
    let datum = object.add_symbol(Symbol { kind: SymbolKind::Data, ..named("datum_of_a_name", Some((data, 0))) });
    refer(&mut object, text, 8, datum, RelocationKind::Relative, 32);
    refer(&mut object, data, 0, start, RelocationKind::Absolute, 64);
    let unused = object.add_section(Vec::new(), b".rdata$unused".to_vec(), object::SectionKind::ReadOnlyData);
    object.append_section_data(unused, b"nobody asks for this", 1);
    object.write().unwrap()
}

fn link(bytes: &[u8]) -> crate::Result<Vec<u8>> {
    link_with(bytes, false)
}

fn link_with(bytes: &[u8], strip: bool) -> crate::Result<Vec<u8>> {
    let inputs = Inputs { objects: &[File { name: "program", bytes }], archives: &[], debug: &[] };
    let mut output = Vec::new();
    link_executable(&inputs, &PeOptions { entry: "_start", stack_size: 1 << 20, strip }, &mut output)?;
    Ok(output)
}

#[test]
fn an_executable_has_what_windows_wants() {
    let executable = link(&program("TerminateProcess")).unwrap();
    let file = PeFile64::parse(&*executable).unwrap();
    let imports: Vec<_> = file.imports().unwrap().map(|import| import.unwrap()).collect();
    assert_eq!(imports.len(), 1);
    assert_eq!(
        (imports[0].library(), imports[0].name()),
        (&b"KERNEL32.dll"[..], NameOrOrdinal::Name(&b"TerminateProcess"[..]))
    );
    let base = file.relative_address_base();
    let section = |name| file.section_by_name(name).unwrap();
    let (text, data) = (section(".text"), section(".data"));
    assert_eq!(file.entry(), text.address());
    // The datum is the address of the entry point, which moves with the image.
    assert_eq!(data.data().unwrap()[..8], text.address().to_le_bytes());
    let mut blocks = file.data_directories().relocation_blocks(&*executable, &file.section_table()).unwrap().unwrap();
    let block = blocks.next().unwrap().unwrap();
    assert_eq!(
        block.map(|relocation| u64::from(relocation.virtual_address)).collect::<Vec<_>>(),
        [data.address() - base]
    );
    // The call goes to the jump behind the code, and that through the slot.
    let code = text.data().unwrap();
    let word = |at: usize| u64::from(u32::from_le_bytes(code[at..at + 4].try_into().unwrap()));
    assert_eq!((code[0], &code[16..18]), (0xe8, &[0xff, 0x25][..]));
    assert_eq!(word(1), 16 - 5);
    let slots = file.data_directories().get(pe::IMAGE_DIRECTORY_ENTRY_IAT).unwrap();
    assert_eq!(text.address() - base + 16 + 6 + word(18), u64::from(slots.virtual_address.get(LittleEndian)));
    assert!(!executable.windows(6).any(|bytes| bytes == b"nobody"));
    assert_eq!(executable, link(&program("TerminateProcess")).unwrap());
}

#[test]
fn functions_and_data_have_names() {
    let object = program("TerminateProcess");
    let executable = link(&object).unwrap();
    let file = PeFile64::parse(&*executable).unwrap();
    let symbols: Vec<_> =
        file.symbols().map(|symbol| (symbol.name().unwrap().to_owned(), symbol.kind(), symbol.address())).collect();
    let address = |name| file.section_by_name(name).unwrap().address();
    let expected = [("_start", SymbolKind::Text, ".text"), ("datum_of_a_name", SymbolKind::Data, ".data")];
    let expected = expected.map(|(name, kind, section)| (name.to_owned(), kind, address(section)));
    assert_eq!(symbols, expected);
    let stripped = link_with(&object, true).unwrap();
    assert_eq!(PeFile64::parse(&*stripped).unwrap().symbols().count(), 0);
    assert!(!stripped.windows(5).any(|bytes| bytes == b"datum"));
}

/// `_start` calls a function of Windows, after it has taken the address of a datum. Its entry of the function table has no
/// address of information, but the information.
fn program_for_aarch64() -> Object<'static> {
    let mut object = Object::new(BinaryFormat::Coff, Architecture::Aarch64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    // adrp x0, datum; add x0, x0, datum in its page; bl function; ret
    let code = [0x9000_0000_u32, 0x9100_0000, 0x9400_0000, 0xd65f_03c0].map(u32::to_le_bytes).concat();
    object.append_section_data(text, &code, 16);
    let start = symbol(&mut object, "_start", Some((text, 0)));
    let called = symbol(&mut object, "TerminateProcess", None);
    let data = object.section_id(StandardSection::Data);
    object.append_section_data(data, &[0; 24], 8);
    let datum = symbol(&mut object, "datum", Some((data, 16)));
    for (offset, symbol, typ) in [
        (0, datum, pe::IMAGE_REL_ARM64_PAGEBASE_REL21),
        (4, datum, pe::IMAGE_REL_ARM64_PAGEOFFSET_12A),
        (8, called, pe::IMAGE_REL_ARM64_BRANCH26),
    ] {
        let flags = RelocationFlags::Coff { typ };
        object.add_relocation(text, Relocation { offset, symbol, addend: 0, flags }).unwrap();
    }
    let functions = object.add_section(Vec::new(), b".pdata".to_vec(), object::SectionKind::ReadOnlyData);
    object.append_section_data(functions, &[0, 0, 0, 0, 0x11, 0, 0x20, 0], 4);
    refer(&mut object, functions, 0, start, RelocationKind::ImageOffset, 32);
    object
}

#[test]
fn an_executable_for_aarch64() {
    let executable = link(&program_for_aarch64().write().unwrap()).unwrap();
    let file = PeFile64::parse(&*executable).unwrap();
    assert_eq!(file.architecture(), Architecture::Aarch64);
    let base = file.relative_address_base();
    let section = |name| file.section_by_name(name).unwrap();
    let text = section(".text");
    let words = |name| {
        let data = section(name).data().unwrap();
        data.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect::<Vec<_>>()
    };
    let code = words(".text");
    // The datum is two pages on, behind the imports'; the jump is behind the code.
    assert_eq!(section(".data").address() - text.address(), 0x2000);
    assert_eq!(code[..4], [0xd000_0000, 0x9100_4000, 0x9400_0002, 0xd65f_03c0]);
    let slots = file.data_directories().get(pe::IMAGE_DIRECTORY_ENTRY_IAT).unwrap().virtual_address.get(LittleEndian);
    let [page, load] = [0xb000_0010, 0xf940_0210 | (slots % 4096 / 8) << 10];
    assert_eq!(
        (slots & !4095, &code[4..8]),
        ((text.address() - base) as u32 + 4096, &[page, load, 0xd61f_0200, 0][..])
    );
    assert_eq!(words(".pdata")[..2], [(text.address() - base) as u32, 0x0020_0011]);
}

#[test]
fn objects_for_different_processors_are_refused() {
    let (one, other) = (program("TerminateProcess"), program_for_aarch64().write().unwrap());
    let file = |name, bytes| File { name, bytes };
    let inputs = Inputs { objects: &[file("one", &one), file("other", &other)], archives: &[], debug: &[] };
    let options = PeOptions { entry: "_start", stack_size: 1 << 20, strip: false };
    let message = link_executable(&inputs, &options, &mut Vec::new()).unwrap_err().to_string();
    assert!(message.contains("other: it is for another processor"), "{message}");
}

#[test]
fn what_nobody_defines_is_named() {
    let message = link(&program("LaunchMissiles")).unwrap_err().to_string();
    assert!(message.contains("program: LaunchMissiles is not defined"), "{message}");
    let mut object = program("TerminateProcess");
    object.truncate(object.len() - 40);
    assert!(link(&object).is_err());
    assert!(link(b"MZ").unwrap_err().to_string().contains("no COFF object"));
}

#[test]
fn functions_of_windows_are_found_by_name() {
    assert!(imports::find(b"WriteFile").is_some() && imports::find(b"NtCreateFile").is_some());
    assert!(imports::find(b"writefile").is_none() && imports::find(b"").is_none());
    assert!(imports::is_sorted());
}

/// The program, with debug information: an address of code, one of what is not linked, and the distance of the second string.
fn program_with_debug_information() -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &[0x90, 0xc3], 16);
    symbol(&mut object, "_start", Some((text, 0)));
    let unused = object.add_section(Vec::new(), b".rdata$unused".to_vec(), object::SectionKind::ReadOnlyData);
    object.append_section_data(unused, b"nobody asks for this", 1);
    let mut debug = |name: &str, contents: &[u8]| {
        let section = object.add_section(Vec::new(), name.into(), object::SectionKind::Debug);
        object.append_section_data(section, contents, 1);
        section
    };
    let strings = debug(".debug_str", b"one\0two\0");
    let information = debug(".debug_info", &[0; 20]);
    let mut refer = |offset, section, addend, kind, size| {
        let symbol = object.section_symbol(section);
        let flags = RelocationFlags::Generic { kind, encoding: RelocationEncoding::Generic, size };
        object.add_relocation(information, Relocation { offset, symbol, addend, flags }).unwrap();
    };
    refer(0, text, 1, RelocationKind::Absolute, 64);
    refer(8, unused, 0, RelocationKind::Absolute, 64);
    refer(16, strings, 4, RelocationKind::SectionOffset, 32);
    object.write().unwrap()
}

#[test]
fn debug_information_has_sections_with_long_names() {
    let object = program_with_debug_information();
    let executable = link(&object).unwrap();
    let file = PeFile64::parse(&*executable).unwrap();
    let names: Vec<_> = file.sections().map(|section| section.name().unwrap().to_owned()).collect();
    assert_eq!(names, [".text", ".rdata", ".debug_str", ".debug_info"]);
    let text = file.section_by_name(".text").unwrap().address();
    let information = file.section_by_name(".debug_info").unwrap();
    let expected = [&(text + 1).to_le_bytes()[..], &[0; 8], &4u32.to_le_bytes()].concat();
    assert_eq!(information.data().unwrap()[..20], expected);
    let section = information.pe_section();
    let discardable = pe::IMAGE_SCN_MEM_DISCARDABLE;
    assert!(section.characteristics.get(LittleEndian).contains(discardable));
    // The addresses in it do not move with the image: nobody reads them there.
    assert!(file.section_by_name(".reloc").is_none());

    let stripped = link_with(&object, true).unwrap();
    let file = PeFile64::parse(&*stripped).unwrap();
    assert_eq!(file.sections().count(), 2);
    assert!(!stripped.windows(6).any(|bytes| bytes == b".debug"));
}
