//! Writes the file: header and load commands, sections, tables, signature.

use std::io::Write;

use object::macho::{self, LoadCommandType};

use super::error;
use super::fixups::Fixups;
use super::imports::LIBRARY;
use super::input::Processor;
use super::layout::{Content, IMAGE_BASE, Layout, OutputSection, SLOT, SegmentKind, stub_size};
use super::linkedit::{Extent, Linkedit};
use super::relocate::{self, ADRP_BITS};
use super::signature::Signer;
use super::symbols::Program;
use super::unwind::Unwind;
use crate::error::Result;

/// The dynamic linker.
const DYLINKER: &str = "/usr/lib/dyld";

/// The oldest macOS that executables are for, 11.0: the first for both processors.
const MACOS: u32 = 11 << 16;

const HEADER: usize = 32;
const SEGMENT: usize = 72;
const SECTION: usize = 80;
/// Bytes behind the load commands, for tools that add some.
const ROOM: u64 = 64;

/// Bytes of a command that ends with a text.
fn with_text(fixed: usize, text: &str) -> usize {
    (fixed + text.len() + 1).next_multiple_of(8)
}

/// Bytes of the header and the commands of an executable with so many segments, beside those two that all have, and sections; and of
/// what is free behind.
pub(super) fn headers_size(segments: usize, sections: usize) -> u64 {
    // Data in __LINKEDIT: fixups, exports, starts of functions, signature; symbols twice; UUID, version, entry point.
    let others = 4 * 16 + 24 + 80 + 24 + 24 + 24 + with_text(12, DYLINKER) + with_text(24, LIBRARY);
    (HEADER + (segments + 2) * SEGMENT + sections * SECTION + others) as u64 + ROOM
}

/// Writes the executable.
pub(super) fn executable(
    program: &Program<'_>,
    layout: &Layout,
    unwind: &Unwind<'_>,
    fixups: &Fixups,
    linkedit: &Linkedit,
    uuid: [u8; 16],
    output: &mut dyn Write,
) -> Result<()> {
    let mut output = Signer::new(output);
    let mut written = 0;
    let mut put = |output: &mut Signer<'_>, offset: u64, bytes: &[u8]| {
        output.write(&vec![0; (offset - written) as usize])?;
        written = offset + bytes.len() as u64;
        output.write(bytes)
    };
    put(&mut output, 0, &headers(program, layout, linkedit, uuid)?)?;
    for section in layout.sections.iter().filter(|section| !section.is_zero()) {
        put(&mut output, section.offset, &contents(program, layout, unwind, fixups, section)?)?;
    }
    put(&mut output, linkedit.offset, &linkedit.bytes)?;
    Ok(output.finish(&linkedit.signature)?)
}

/// The contents of a section.
fn contents(
    program: &Program<'_>,
    layout: &Layout,
    unwind: &Unwind<'_>,
    fixups: &Fixups,
    section: &OutputSection,
) -> Result<Vec<u8>> {
    let mut bytes = match section.content {
        Content::UnwindInfo => unwind.info_bytes(program.processor, layout)?,
        Content::Frames => unwind.frames_bytes(layout)?,
        Content::Atoms(_) | Content::Stubs | Content::Slots => vec![0; section.size as usize],
    };
    debug_assert_eq!(bytes.len() as u64, section.size);
    for &(id, offset) in &section.atoms {
        let atom = program.atom(id);
        let place = &mut bytes[offset as usize..][..atom.size as usize];
        place.copy_from_slice(atom.data);
        relocate::atom(program, id, section.address + offset, place, layout)?;
    }
    if section.content == Content::Stubs {
        stubs(program.processor, layout, section, &mut bytes)?;
    }
    for &(address, word) in fixups.within(section.address, section.address + section.size) {
        let at = (address - section.address) as usize;
        bytes[at..at + SLOT as usize].copy_from_slice(&word.to_le_bytes());
    }
    Ok(bytes)
}

/// Jumps through slots.
fn stubs(processor: Processor, layout: &Layout, section: &OutputSection, bytes: &mut [u8]) -> Result<()> {
    let too_far = || error("a stub does not reach its slot");
    let size = stub_size(layout);
    for (&import, stub) in layout.stubs.iter().zip(bytes.chunks_exact_mut(size as usize)) {
        let address = layout.stub(import)?;
        let slot = layout.slot(import)?;
        match processor {
            Processor::X86_64 => {
                // jmp *distance(%rip)
                let distance = i32::try_from(slot.wrapping_sub(address + 6) as i64).map_err(|_| too_far())?;
                stub[..2].copy_from_slice(&[0xff, 0x25]);
                stub[2..].copy_from_slice(&distance.to_le_bytes());
            }
            Processor::Aarch64 => {
                // adrp x16, page; ldr x16, [x16, #rest]; br x16
                let page = relocate::adrp(address, slot).ok_or_else(too_far)? & ADRP_BITS;
                let rest = ((slot & 0xfff) / SLOT) as u32;
                let code = [0x9000_0010 | page, 0xf940_0210 | rest << 10, 0xd61f_0200];
                for (place, instruction) in stub.chunks_exact_mut(4).zip(code) {
                    place.copy_from_slice(&u32::to_le_bytes(instruction));
                }
            }
        }
    }
    debug_assert_eq!(section.size, layout.stubs.len() as u64 * size);
    Ok(())
}

/// Load commands, and how many.
#[derive(Default)]
struct Commands {
    bytes: Vec<u8>,
    count: u32,
}

impl Commands {
    /// Adds a command; its first two words are its number and its size.
    fn add(&mut self, kind: LoadCommandType, body: &[u8]) {
        let size = (8 + body.len()).next_multiple_of(8);
        self.bytes.extend(kind.0.to_le_bytes());
        self.bytes.extend((size as u32).to_le_bytes());
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.count += 1;
    }

    fn words(&mut self, kind: LoadCommandType, words: &[u32]) {
        self.add(kind, &words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>());
    }

    /// A command about a table in `__LINKEDIT`.
    fn table(&mut self, kind: LoadCommandType, extent: Extent) {
        self.words(kind, &[extent.offset as u32, extent.size as u32]);
    }

    /// A command that ends with a text, whose place is the first word.
    fn text(&mut self, kind: LoadCommandType, others: &[u32], text: &str) {
        let place = 8 + 4 + 4 * others.len() as u32;
        let mut body: Vec<u8> = [place].iter().chain(others).flat_map(|word| word.to_le_bytes()).collect();
        body.extend(text.as_bytes());
        body.push(0);
        self.add(kind, &body);
    }
}

/// A name of 16 bytes.
fn name(text: &str) -> [u8; 16] {
    let mut name = [0; 16];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

/// `segment_command_64`, without its first two words. Its sections follow.
fn segment(
    text: &str,
    [address, size, offset, file_size]: [u64; 4],
    protection: macho::VmProt,
    sections: usize,
    flags: u32,
) -> Vec<u8> {
    let mut body = name(text).to_vec();
    body.extend([address, size, offset, file_size].iter().flat_map(|long| long.to_le_bytes()));
    // The most that it may ever have, and what it has at first.
    body.extend([protection.0, protection.0, sections as u32, flags].iter().flat_map(|word| word.to_le_bytes()));
    body
}

fn headers(program: &Program<'_>, layout: &Layout, linkedit: &Linkedit, uuid: [u8; 16]) -> Result<Vec<u8>> {
    let mut commands = Commands::default();
    commands.add(macho::LC_SEGMENT_64, &segment("__PAGEZERO", [0, IMAGE_BASE, 0, 0], macho::VmProt(0), 0, 0));
    for own in &layout.segments {
        let (text, protection, flags) = match own.kind {
            SegmentKind::Text => ("__TEXT", macho::VM_PROT_READ.0 | macho::VM_PROT_EXECUTE.0, 0),
            // dyld makes it so, once it has put addresses in.
            SegmentKind::DataConst => {
                ("__DATA_CONST", macho::VM_PROT_READ.0 | macho::VM_PROT_WRITE.0, macho::SG_READ_ONLY.0)
            }
            SegmentKind::Data => ("__DATA", macho::VM_PROT_READ.0 | macho::VM_PROT_WRITE.0, 0),
            SegmentKind::Dwarf => ("__DWARF", macho::VM_PROT_READ.0, 0),
        };
        let sections: Vec<&OutputSection> =
            layout.sections.iter().filter(|section| section.segment == own.kind).collect();
        let place = [own.address, own.size, own.offset, own.file_size];
        let mut body = segment(text, place, macho::VmProt(protection), sections.len(), flags);
        for section in sections {
            body.extend(name(section.name));
            body.extend(name(text));
            body.extend(section.address.to_le_bytes());
            body.extend(section.size.to_le_bytes());
            // Where the section's entries begin in the table of indirect symbols; how large a stub is.
            let (first, size) = match section.content {
                Content::Stubs => (0, stub_size(layout) as u32),
                Content::Slots => (layout.stubs.len() as u32, 0),
                _ => (0, 0),
            };
            let (offset, align) = (section.offset as u32, section.align.trailing_zeros());
            for word in [offset, align, 0, 0, section.flags.0, first, size, 0] {
                body.extend(word.to_le_bytes());
            }
        }
        commands.add(macho::LC_SEGMENT_64, &body);
    }
    let size = linkedit.size();
    let place = [linkedit.address, size.next_multiple_of(layout.page), linkedit.offset, size];
    commands.add(macho::LC_SEGMENT_64, &segment("__LINKEDIT", place, macho::VM_PROT_READ, 0, 0));
    commands.table(macho::LC_DYLD_CHAINED_FIXUPS, linkedit.fixups);
    commands.table(macho::LC_DYLD_EXPORTS_TRIE, linkedit.exports);
    let [locals, defined, undefined] = linkedit.counts;
    let (symbols, strings) = (linkedit.symbols, linkedit.strings);
    let count = locals + defined + undefined;
    commands.words(macho::LC_SYMTAB, &[symbols.offset as u32, count, strings.offset as u32, strings.size as u32]);
    let mut dynamic = [0; 18];
    dynamic[..6].copy_from_slice(&[0, locals, locals, defined, locals + defined, undefined]);
    dynamic[12] = linkedit.indirect.offset as u32;
    dynamic[13] = linkedit.indirect.size as u32 / 4;
    commands.words(macho::LC_DYSYMTAB, &dynamic);
    commands.text(macho::LC_LOAD_DYLINKER, &[], DYLINKER);
    commands.add(macho::LC_UUID, &uuid);
    commands.words(macho::LC_BUILD_VERSION, &[macho::PLATFORM_MACOS.0, MACOS, MACOS, 0]);
    let entry = layout.address(program.entry)? - IMAGE_BASE;
    // The first thread's stack has the size that it always has.
    commands.words(macho::LC_MAIN, &[entry as u32, 0, 0, 0]);
    // No time; the library's version is any.
    commands.text(macho::LC_LOAD_DYLIB, &[2, 1 << 16, 1 << 16], LIBRARY);
    commands.table(macho::LC_FUNCTION_STARTS, linkedit.functions);
    let signature = Extent { offset: linkedit.offset + linkedit.bytes.len() as u64, size: linkedit.signature.size() };
    commands.table(macho::LC_CODE_SIGNATURE, signature);

    let (processor, kind) = match program.processor {
        Processor::X86_64 => (macho::CPU_TYPE_X86_64.0, macho::CPU_SUBTYPE_X86_64_ALL.0),
        Processor::Aarch64 => (macho::CPU_TYPE_ARM64.0, macho::CPU_SUBTYPE_ARM64_ALL.0),
    };
    let flags = macho::MH_NOUNDEFS.0 | macho::MH_DYLDLINK.0 | macho::MH_TWOLEVEL.0 | macho::MH_PIE.0;
    let header = [
        macho::MH_MAGIC_64,
        processor,
        kind,
        macho::MH_EXECUTE.0,
        commands.count,
        commands.bytes.len() as u32,
        flags,
        0,
    ];
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend(commands.bytes);
    debug_assert_eq!(bytes.len() as u64 + ROOM, headers_size(layout.segments.len(), layout.sections.len()));
    Ok(bytes)
}
