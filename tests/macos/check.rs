//! Reads an executable, and fails where something in it does not fit the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use object::Endianness;
use object::macho;
use object::read::macho::{LoadCommandVariant, MachHeader as _, Section as _, Segment as _};

use crate::{fixups, signature, unwind};

pub const LE: Endianness = Endianness::Little;
type Header = macho::MachHeader64<Endianness>;

/// What two linkers are compared by.
#[derive(Debug)]
pub struct Report {
    /// Functions of libSystem.
    pub imports: BTreeSet<String>,
    /// Names of functions in `__text`, and how many have each.
    pub functions: BTreeMap<String, usize>,
    /// Names and protection.
    pub segments: Vec<(String, u32, u32)>,
    /// Name of the function that dyld calls, where there are names.
    pub entry: Option<String>,
    /// How many addresses dyld puts in.
    pub fixups: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} functions, {} imports, {} fixups", self.functions.len(), self.imports.len(), self.fixups)
    }
}

/// A section or a segment: where it is in memory and in the file.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub address: u64,
    pub size: u64,
    pub offset: u64,
    pub file_size: u64,
    pub initial: u32,
    pub flags: macho::SectionFlags,
    pub reserved1: u32,
}

impl Part {
    pub fn contains(&self, address: u64) -> bool {
        (self.address..self.address + self.size).contains(&address)
    }

    pub fn data<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        &file[self.offset as usize..][..self.file_size as usize]
    }
}

pub fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

pub fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// An executable's load commands.
pub struct Image<'a> {
    pub file: &'a [u8],
    pub is_aarch64: bool,
    pub segments: Vec<Part>,
    pub sections: Vec<Part>,
    /// Tables in `__LINKEDIT`, by the number of their command.
    tables: BTreeMap<u32, (usize, usize)>,
    symbols: [u32; 4],
    dynamic: Vec<u32>,
    entry: u64,
}

impl<'a> Image<'a> {
    /// A table in `__LINKEDIT`.
    pub fn table(&self, command: macho::LoadCommandType) -> &'a [u8] {
        let (offset, size) = self.tables[&command.0];
        &self.file[offset..][..size]
    }

    pub fn offset_of_table(&self, command: macho::LoadCommandType) -> usize {
        self.tables[&command.0].0
    }

    pub fn section(&self, name: &str) -> Option<&Part> {
        self.sections.iter().find(|section| section.name == name)
    }

    pub fn base(&self) -> u64 {
        self.segments[1].address
    }
}

/// Reads the load commands and checks what they say of each other.
pub fn image(file: &[u8]) -> Image<'_> {
    let header = Header::parse(file, 0).expect("a header of Mach-O");
    assert_eq!(header.filetype(LE), macho::MH_EXECUTE);
    let is_aarch64 = match header.cputype(LE) {
        macho::CPU_TYPE_ARM64 => true,
        macho::CPU_TYPE_X86_64 => false,
        other => panic!("processor {}", other.0),
    };
    let wanted = [macho::MH_PIE, macho::MH_DYLDLINK, macho::MH_TWOLEVEL, macho::MH_NOUNDEFS];
    assert!(wanted.iter().all(|&flag| header.flags(LE).contains(flag)));
    let mut image = Image {
        file,
        is_aarch64,
        segments: Vec::new(),
        sections: Vec::new(),
        tables: BTreeMap::new(),
        symbols: [0; 4],
        dynamic: Vec::new(),
        entry: 0,
    };
    let mut seen = Vec::new();
    let mut commands = header.load_commands(LE, file, 0).expect("load commands");
    while let Some(command) = commands.next().expect("a load command") {
        assert_eq!(command.cmdsize() % 8, 0);
        seen.push(command.cmd().0);
        let raw = command.raw_data();
        match command.variant().expect("a load command that is known") {
            LoadCommandVariant::Segment64(segment, rest) => {
                let name = String::from_utf8(segment.name().to_vec()).expect("ASCII");
                let sections = segment.sections(LE, rest).expect("sections");
                assert_eq!(segment.maxprot(LE), segment.initprot(LE));
                for section in sections {
                    assert_eq!(section.segment_name(), segment.name());
                    let zero = section.flags(LE).typ() == macho::S_ZEROFILL;
                    assert_eq!(section.addr(LE) % (1 << section.align(LE)), 0, "{name}: alignment");
                    image.sections.push(Part {
                        name: String::from_utf8(section.name().to_vec()).expect("ASCII"),
                        address: section.addr(LE),
                        size: section.size(LE),
                        offset: section.offset(LE).into(),
                        file_size: if zero { 0 } else { section.size(LE) },
                        initial: segment.initprot(LE).0,
                        flags: section.flags(LE),
                        reserved1: section.reserved1.get(LE),
                    });
                }
                image.segments.push(Part {
                    name,
                    address: segment.vmaddr(LE),
                    size: segment.vmsize(LE),
                    offset: segment.fileoff(LE),
                    file_size: segment.filesize(LE),
                    initial: segment.initprot(LE).0,
                    flags: macho::SectionFlags(segment.flags(LE).0),
                    reserved1: 0,
                });
            }
            LoadCommandVariant::LinkeditData(data) => {
                let place = (data.dataoff.get(LE) as usize, data.datasize.get(LE) as usize);
                assert!(image.tables.insert(command.cmd().0, place).is_none(), "a command comes twice");
            }
            LoadCommandVariant::Symtab(table) => {
                let fields = [&table.symoff, &table.nsyms, &table.stroff, &table.strsize];
                image.symbols = fields.map(|field| field.get(LE));
            }
            LoadCommandVariant::Dysymtab(_) => image.dynamic = raw[8..].chunks(4).map(|bytes| word(bytes, 0)).collect(),
            LoadCommandVariant::EntryPoint(point) => image.entry = point.entryoff.get(LE),
            LoadCommandVariant::Dylib(library) => {
                let name = command.string(LE, library.dylib.name).expect("a name");
                assert_eq!(name, b"/usr/lib/libSystem.B.dylib");
            }
            LoadCommandVariant::LoadDylinker(_) => assert!(raw[12..].starts_with(b"/usr/lib/dyld\0")),
            LoadCommandVariant::Uuid(uuid) => {
                // RFC 9562: a version, and the variant of that document.
                assert!([3, 4, 5, 8].contains(&(uuid.uuid[6] >> 4)) && uuid.uuid[8] >> 6 == 2, "{:x?}", uuid.uuid);
            }
            LoadCommandVariant::BuildVersion(version, _) => {
                assert_eq!(version.platform.get(LE), macho::PLATFORM_MACOS);
                assert_eq!(version.minos.get(LE).0, 11 << 16);
            }
            _ => {}
        }
    }
    let once = [
        macho::LC_SYMTAB,
        macho::LC_DYSYMTAB,
        macho::LC_LOAD_DYLINKER,
        macho::LC_UUID,
        macho::LC_BUILD_VERSION,
        macho::LC_MAIN,
        macho::LC_LOAD_DYLIB,
        macho::LC_FUNCTION_STARTS,
        macho::LC_DYLD_CHAINED_FIXUPS,
        macho::LC_DYLD_EXPORTS_TRIE,
        macho::LC_CODE_SIGNATURE,
    ];
    for command in once {
        assert_eq!(seen.iter().filter(|other| **other == command.0).count(), 1, "command {:#x}", command.0);
    }
    let end = 32 + u64::from(header.sizeofcmds(LE));
    assert!(
        image.sections.iter().all(|section| section.file_size == 0 || section.offset >= end),
        "commands reach into sections"
    );
    image
}

/// Segments follow each other in memory and in the file, and their sections in them.
fn places(image: &Image<'_>) {
    let page = if image.is_aarch64 { 16 << 10 } else { 4 << 10 };
    let [zero, segments @ ..] = &image.segments[..] else { panic!("no segments") };
    assert_eq!(
        (&zero.name[..], zero.address, zero.size, zero.file_size, zero.initial),
        ("__PAGEZERO", 0, 1 << 32, 0, 0)
    );
    let (mut address, mut offset) = (1 << 32, 0);
    for segment in segments {
        assert_eq!((segment.address, segment.offset), (address, offset), "{}", segment.name);
        assert_eq!((segment.address % page, segment.offset % page, segment.size % page), (0, 0, 0), "{}", segment.name);
        assert!(segment.file_size <= segment.size && segment.initial & 6 != 6, "{}", segment.name);
        address += segment.size;
        offset += segment.file_size;
        let own = image.sections.iter().filter(|section| segment.contains(section.address));
        let mut end = segment.address;
        for section in own {
            assert!(section.address >= end && section.address + section.size <= address, "{}", section.name);
            end = section.address + section.size;
            if section.file_size != 0 {
                assert_eq!(section.offset - segment.offset, section.address - segment.address, "{}", section.name);
                assert!(section.offset + section.file_size <= offset, "{}", section.name);
            }
        }
    }
    assert_eq!(offset, image.file.len() as u64, "the last segment ends with the file");
    let last = segments.last().expect("a segment");
    assert_eq!(last.name, "__LINKEDIT");
    let mut tables: Vec<(usize, usize)> = image.tables.values().copied().collect();
    let [symbols, count, strings, size] = image.symbols.map(|field| field as usize);
    tables.extend([
        (symbols, count * 16),
        (strings, size),
        (image.dynamic[12] as usize, 4 * image.dynamic[13] as usize),
    ]);
    tables.sort_unstable();
    let mut end = last.offset as usize;
    for (start, size) in tables {
        assert!(start >= end, "tables overlap");
        end = start + size;
    }
    assert_eq!(end, image.file.len());
}

/// Where functions begin, by `LC_FUNCTION_STARTS`.
pub fn functions(image: &Image<'_>) -> Vec<u64> {
    let (mut found, mut address, mut value, mut shift) = (Vec::new(), image.base(), 0, 0);
    for &byte in image.table(macho::LC_FUNCTION_STARTS) {
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            if value == 0 {
                break;
            }
            address += value;
            found.push(address);
            (value, shift) = (0, 0);
        }
    }
    found
}

/// Names in the symbol table: kind, section, description, value.
fn symbols(image: &Image<'_>) -> Vec<(String, u8, u8, u16, u64)> {
    let [place, count, strings, size] = image.symbols.map(|field| field as usize);
    let strings = &image.file[strings..][..size];
    let entry = |at: usize| {
        let entry = &image.file[place + 16 * at..][..16];
        let name = strings[word(entry, 0) as usize..].split(|&byte| byte == 0).next().expect("split gives a piece");
        let name = String::from_utf8_lossy(name).into_owned();
        (name, entry[4], entry[5], u16::from_le_bytes([entry[6], entry[7]]), long(entry, 8))
    };
    (0..count).map(entry).collect()
}

/// Checks all of an executable.
pub fn executable(file: &[u8]) -> Report {
    let image = image(file);
    places(&image);
    unwind::check(&image, &functions(&image));
    report(&image)
}

/// Checks what is the same whoever linked.
pub fn report(image: &Image<'_>) -> Report {
    let fixups = fixups::check(image);
    signature::check(image);
    let text = image.section("__text").expect("code").clone();
    let functions = functions(image);
    assert!(functions.is_sorted() && functions.iter().all(|&function| text.contains(function)));
    let entry = image.base() + image.entry;
    assert!(functions.binary_search(&entry).is_ok(), "the entry point is no function");

    let symbols = symbols(image);
    let [first_local, locals, first_defined, defined, first_undefined, undefined] = image.dynamic[..6] else {
        panic!()
    };
    assert_eq!([first_local, first_defined, first_undefined], [0, locals, locals + defined]);
    assert_eq!((locals + defined + undefined) as usize, symbols.len());
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    let mut entry_name = None;
    for (name, kind, section, _, value) in &symbols[..(locals + defined) as usize] {
        assert_eq!(kind & 0xe, 0xe, "{name} is in no section");
        let own = &image.sections[usize::from(*section) - 1];
        // The name of the header is one of the first section's by custom.
        assert!(own.contains(*value) || own.address + own.size == *value || name == "__mh_execute_header", "{name}");
        if *section == 1 && name != "__mh_execute_header" {
            assert!(functions.binary_search(value).is_ok(), "{name} is no start of a function");
            // Labels are not of interest.
            if !name.starts_with(".L") {
                *named.entry(name.clone()).or_default() += 1;
            }
            if *value == entry {
                entry_name = Some(name.clone());
            }
        }
    }
    let others = &symbols[(locals + defined) as usize..];
    assert!(others.iter().all(|(_, kind, section, description, value)| {
        (*kind, *section, *description, *value) == (1, 0, 1 << 8, 0)
    }));
    let imports: BTreeSet<String> = others.iter().map(|(name, ..)| name.clone()).collect();
    assert_eq!(imports, fixups.imports, "the symbol table and the fixups name the same functions");
    indirect(image, &symbols, &fixups);
    let segments = image.segments.iter().map(|own| (own.name.clone(), own.initial, own.flags.0)).collect();
    Report { imports, functions: named, segments, entry: entry_name, fixups: fixups.count }
}

/// Stubs lead through slots, slots to functions, and the table of indirect symbols says to which.
fn indirect(image: &Image<'_>, symbols: &[(String, u8, u8, u16, u64)], fixups: &fixups::Fixups) {
    let (offset, count) = (image.dynamic[12] as usize, image.dynamic[13]);
    let name = |number: u32| &symbols[word(image.file, offset + 4 * number as usize) as usize].0;
    let (Some(stubs), Some(slots)) = (image.section("__stubs"), image.section("__got")) else {
        panic!("every program calls something");
    };
    let size = if image.is_aarch64 { 12 } else { 6 };
    assert_eq!((stubs.size / size + slots.size / 8) as u32, count);
    for (position, stub) in stubs.data(image.file).chunks_exact(size as usize).enumerate() {
        let address = stubs.address + position as u64 * size;
        let slot = if image.is_aarch64 {
            let [page, load, jump] = [word(stub, 0), word(stub, 4), word(stub, 8)];
            assert_eq!((page & 0x9f00_001f, load & 0xffc0_03ff, jump), (0x9000_0010, 0xf940_0210, 0xd61f_0200));
            let pages = u64::from(page >> 29 & 3 | (page >> 5 & 0x7_ffff) << 2);
            (address & !0xfff) + (pages << 12) + u64::from(load >> 10 & 0xfff) * 8
        } else {
            assert_eq!(stub[..2], [0xff, 0x25]);
            address + 6 + u64::from(word(stub, 2))
        };
        assert!(slots.contains(slot));
        assert_eq!(&fixups.binds[&slot], name(stubs.reserved1 + position as u32), "stub {position}");
    }
    for position in 0..(slots.size / 8) as u32 {
        assert_eq!(
            &fixups.binds[&(slots.address + u64::from(position) * 8)],
            name(slots.reserved1 + position),
            "slot {position}"
        );
    }
}
