//! Links small objects and reads what comes of it.

use std::collections::BTreeMap;

use hmac_sha256::Hash;
use object::read::macho::{MachHeader as _, MachOFile64};
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, Object as _, ObjectSection as _, ObjectSegment as _, ObjectSymbol as _,
    RelocationFlags, SymbolFlags, SymbolKind, SymbolScope, macho,
};

use super::super::{File, Inputs};
use super::{MachoOptions, imports, link_executable};

const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

fn symbol(object: &mut Object<'_>, name: &str, place: Option<(SectionId, u64)>) -> SymbolId {
    object.add_symbol(Symbol {
        name: name.into(),
        value: place.map_or(0, |(_, offset)| offset),
        size: 0,
        kind: SymbolKind::Text,
        scope: if place.is_some() { SymbolScope::Linkage } else { SymbolScope::Unknown },
        weak: false,
        section: place.map_or(SymbolSection::Undefined, |(section, _)| SymbolSection::Section(section)),
        flags: SymbolFlags::None,
    })
}

fn refer(
    object: &mut Object<'_>,
    section: SectionId,
    offset: u64,
    symbol: SymbolId,
    (r_type, r_pcrel, r_length): (macho::RelocationType, bool, u8),
) {
    let flags = RelocationFlags::MachO { r_type, r_pcrel, r_length };
    // Distances are counted from behind the place on x86-64.
    let addend = if r_pcrel && object.architecture() == Architecture::X86_64 { -4 } else { 0 };
    object.add_relocation(section, Relocation { offset, symbol, addend, flags }).unwrap();
}

/// `start` calls a function of libSystem and loads the address of a datum; the datum holds the address of `start` and that of the
/// function; nobody refers to another datum behind it, nor to the zeros.
fn program(architecture: Architecture, calls: &str) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::MachO, architecture, Endianness::Little);
    object.flags = object::FileFlags::MachO { flags: macho::MH_SUBSECTIONS_VIA_SYMBOLS };
    let text = object.section_id(StandardSection::Text);
    let data = object.section_id(StandardSection::Data);
    object.append_section_data(data, &[0; 16], 8);
    object.append_section_data(data, b"nobody asks for this", 8);
    let datum = symbol(&mut object, "datum", Some((data, 0)));
    symbol(&mut object, "unused", Some((data, 16)));
    let called = symbol(&mut object, calls, None);
    let absolute = match architecture {
        Architecture::X86_64 => {
            object.append_section_data(text, &[0xe8, 0, 0, 0, 0, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3], 16);
            refer(&mut object, text, 1, called, (macho::X86_64_RELOC_BRANCH, true, 2));
            refer(&mut object, text, 8, datum, (macho::X86_64_RELOC_SIGNED, true, 2));
            macho::X86_64_RELOC_UNSIGNED
        }
        _ => {
            let code: Vec<u8> =
                [0x9400_0000u32, 0x9000_0000, 0x9100_0000, 0xd65f_03c0].iter().flat_map(|i| i.to_le_bytes()).collect();
            object.append_section_data(text, &code, 4);
            refer(&mut object, text, 0, called, (macho::ARM64_RELOC_BRANCH26, true, 2));
            refer(&mut object, text, 4, datum, (macho::ARM64_RELOC_PAGE21, true, 2));
            refer(&mut object, text, 8, datum, (macho::ARM64_RELOC_PAGEOFF12, false, 2));
            macho::ARM64_RELOC_UNSIGNED
        }
    };
    let start = symbol(&mut object, "start", Some((text, 0)));
    refer(&mut object, data, 0, start, (absolute, false, 3));
    refer(&mut object, data, 8, called, (absolute, false, 3));
    object.write().unwrap()
}

fn link(bytes: &[u8], strip: bool) -> crate::Result<Vec<u8>> {
    let inputs = Inputs { objects: &[File { name: "program", bytes }], archives: &[], debug: &[] };
    let mut output = Vec::new();
    link_executable(&inputs, &MachoOptions { entry: "start", strip }, &mut output)?;
    Ok(output)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Load commands of an executable: those that it has once, without the first two words.
fn commands(executable: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    let file: MachOFile64<'_> = MachOFile64::parse(executable).unwrap();
    let mut found = BTreeMap::new();
    let mut commands = file.macho_header().load_commands(Endianness::Little, executable, 0).unwrap();
    while let Some(command) = commands.next().unwrap() {
        found.insert(command.cmd().0, command.raw_data()[8..].to_vec());
    }
    found
}

#[test]
fn an_executable_has_what_dyld_wants() {
    for architecture in ARCHITECTURES {
        let executable = link(&program(architecture, "write"), false).unwrap();
        let file: MachOFile64<'_> = MachOFile64::parse(&*executable).unwrap();
        let commands = commands(&executable);
        let section = |name| file.section_by_name(name).unwrap_or_else(|| panic!("no {name}"));
        let (text, data, got) = (section("__text"), section("__data"), section("__got"));
        assert_eq!(u64::from(word(&commands[&macho::LC_MAIN.0], 0)), text.address() - (1 << 32));
        assert_eq!(&commands[&macho::LC_LOAD_DYLIB.0][16..42], b"/usr/lib/libSystem.B.dylib");
        assert_eq!(commands[&macho::LC_BUILD_VERSION.0][..8], [1, 0, 0, 0, 0, 0, 11, 0]);
        // Segments do not overlap, begin with pages, and none can be written to and executed.
        let page = if architecture == Architecture::X86_64 { 4096 } else { 16384 };
        let mut end = 1 << 32;
        for segment in file.segments().skip(1) {
            assert_eq!((segment.address(), segment.address() % page, segment.file_range().0 % page), (end, 0, 0));
            end += segment.size();
            let object::SegmentFlags::MachO { maxprot, initprot, .. } = segment.flags() else { panic!() };
            assert!(maxprot == initprot && maxprot.0 & 6 != 6);
        }
        assert_eq!(end % page, 0);
        // The datum is 16 bytes: what was behind it is gone.
        assert_eq!((data.size(), got.size()), (16, 8));
        // One chain in each of two segments: a function in the slot; in the data the address of the start, then a function.
        let bind = 1 << 63;
        assert_eq!(got.data().unwrap(), u64::to_le_bytes(bind));
        assert_eq!(long(data.data().unwrap(), 0), text.address() | 2 << 51);
        assert_eq!(long(data.data().unwrap(), 8), bind);
        let fixups = &commands[&macho::LC_DYLD_CHAINED_FIXUPS.0];
        let table = &executable[word(fixups, 0) as usize..][..word(fixups, 4) as usize];
        assert_eq!((word(table, 16), word(table, 20)), (1, 1), "one import, of the short kind");
        assert!(table.ends_with(b"\0_write\0"));
        // The call goes to the stub, and that through the slot.
        let stubs = section("__stubs");
        let (code, stub) = (text.data().unwrap(), stubs.data().unwrap());
        match architecture {
            Architecture::X86_64 => {
                assert_eq!(text.address() + 5 + u64::from(word(code, 1)), stubs.address());
                assert_eq!(stub[..2], [0xff, 0x25]);
                assert_eq!(stubs.address() + 6 + u64::from(word(stub, 2)), got.address());
                assert_eq!(text.address() + 12 + u64::from(word(code, 8)), data.address());
            }
            _ => {
                assert_eq!(text.address() + u64::from(word(code, 0) & 0x3ff_ffff) * 4, stubs.address());
                let page_of = |address: u64, instruction: u32| {
                    let pages = u64::from(instruction >> 29 & 3 | (instruction >> 5 & 0x7_ffff) << 2);
                    (address & !0xfff) + (pages << 12)
                };
                assert_eq!(page_of(stubs.address(), word(stub, 0)), got.address());
                assert_eq!(word(stub, 4), 0xf940_0210);
                assert_eq!(page_of(text.address() + 4, word(code, 4)), data.address());
            }
        }
        assert_eq!(executable, link(&program(architecture, "write"), false).unwrap());
    }
}

#[test]
fn every_page_is_signed() {
    for architecture in ARCHITECTURES {
        let executable = link(&program(architecture, "write"), false).unwrap();
        let command = &commands(&executable)[&macho::LC_CODE_SIGNATURE.0];
        let (start, size) = (word(command, 0) as usize, word(command, 4) as usize);
        assert_eq!((start % 16, start + size), (0, executable.len()));
        let signature = &executable[start..];
        let word = |at: usize| u32::from_be_bytes(signature[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!([word(0), word(8), word(12), word(20 + word(16) - 20)], [0xfade_0cc0, 1, 0, 0xfade_0c02]);
        let directory = word(16);
        // Ad hoc, by a linker; all before the signature.
        assert_eq!([word(directory + 12), word(directory + 32)], [0x2_0002, start]);
        assert!(word(4) <= size && directory + word(directory + 4) <= word(4));
        let (hashes, count) = (directory + word(directory + 16), word(directory + 28));
        let pages: Vec<[u8; 32]> = executable[..start].chunks(4096).map(Hash::hash).collect();
        assert_eq!(count, pages.len());
        assert_eq!(signature[hashes..][..32 * count], *pages.as_flattened());
    }
}

#[test]
fn names_can_be_left_out() {
    let names = |strip| {
        let executable = link(&program(Architecture::Aarch64, "write"), strip).unwrap();
        let file: MachOFile64<'_> = MachOFile64::parse(&*executable).unwrap();
        let names: Vec<String> = file.symbols().map(|symbol| symbol.name().unwrap().to_owned()).collect();
        (names, commands(&executable)[&macho::LC_UUID.0].clone())
    };
    let ((all, uuid), (stripped, same)) = (names(false), names(true));
    assert_eq!(all, ["_datum", "_start", "__mh_execute_header", "_write"]);
    assert_eq!(stripped, ["__mh_execute_header", "_write"]);
    assert_eq!(uuid, same);
}

#[test]
fn what_nobody_defines_is_named() {
    let message = link(&program(Architecture::X86_64, "launch_missiles"), false).unwrap_err().to_string();
    assert!(message.contains("program: _launch_missiles is not defined"), "{message}");
    assert!(link(b"\x7fELF", false).unwrap_err().to_string().contains("no Mach-O object"));
}

/// Whatever becomes of an object's bytes, linking ends with an executable or an error.
#[test]
fn damage_is_refused() {
    for architecture in ARCHITECTURES {
        let object = program(architecture, "write");
        for at in 0..object.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = object.clone();
                damaged[at] ^= change;
                let _ = link(&damaged, false);
            }
            let _ = link(&object[..at], false);
        }
    }
}

#[test]
fn functions_of_libsystem_are_found_by_name() {
    assert!(imports::find(b"_write").is_some() && imports::find(b"_fstat$INODE64").is_some());
    assert!(imports::find(b"write").is_none() && imports::find(b"").is_none());
    assert!(imports::is_sorted());
}
