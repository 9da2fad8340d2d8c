//! Gives each section an address and a place in the file, and describes the segments.

use super::{Access, Class, Content, IMAGE_PAGE, Landmarks, Layout, OutputSection, Segment, align, too_large};
use crate::error::Result;
use crate::link::build_id;
use crate::link::program::{GlobalId, Program};
use object::elf;

/// The smallest page size of any kernel.
const SMALLEST_PAGE: u64 = 4096;

/// Up to this many bytes, read-only sections are in the segment of the code. At a fault the kernel maps the pages
/// around it, 64 KiB of one segment (`fault_around_bytes` in mm/memory.c): a small program starts with a mapping and a
/// fault less, 4 us of 190. Nothing becomes writable. Constants of a module can then be executed, as immediate operands
/// always can.
const JOINED_SIZE: u64 = 64 << 10;

/// Where the next section goes.
struct Cursor {
    offset: u64,
    address: u64,
}

impl Cursor {
    /// Moves on to a multiple of `alignment`, in memory and in the file.
    fn align(&mut self, alignment: u64) -> Result<()> {
        let padding = align(self.address, alignment)? - self.address;
        self.advance(padding, padding)
    }

    fn advance(&mut self, memory: u64, file: u64) -> Result<()> {
        self.address = self.address.checked_add(memory).ok_or_else(too_large)?;
        self.offset = self.offset.checked_add(file).ok_or_else(too_large)?;
        Ok(())
    }

    /// Leaves out the rest of a page of the file where `size` bytes would fit a page, but not this one: each page of
    /// writable data costs a small program a fault, some 4 us of the 100 from exec to exit.
    fn keep_in_page(&mut self, size: u64) -> Result<()> {
        let room = SMALLEST_PAGE - self.offset % SMALLEST_PAGE;
        if room < size && size <= SMALLEST_PAGE { self.advance(0, room) } else { Ok(()) }
    }

    /// Begins a segment: a page of its own in memory, at the same offset in the page as in the file.
    fn begin_segment(&mut self, page: u64) -> Result<()> {
        self.address = align(self.address, page)?.checked_add(self.offset % page).ok_or_else(too_large)?;
        Ok(())
    }
}

/// Assigns addresses and file offsets to all sections, by their sizes.
pub(super) fn assign(layout: &mut Layout<'_>, program: &Program<'_>, commons: &[(GlobalId, u64)]) -> Result<()> {
    layout.is_joined = is_joined(&layout.sections);
    let is_joined = layout.is_joined;
    let headers = headers_size(layout, program);
    let mut cursor = Cursor { offset: headers, address: headers };
    let mut access = Access::Read.joined(is_joined);
    for position in 0..layout.sections.len() {
        let rest = &mut layout.sections[position..];
        let size_in_file = segment_file_size(rest);
        let Some(section) = rest.first_mut() else { break };
        let Some(wanted) = section.class.access().map(|access| access.joined(is_joined)) else {
            cursor.offset = align(cursor.offset, section.alignment)?;
            section.offset = cursor.offset;
            cursor.advance(0, section.size)?;
            continue;
        };
        if wanted != access {
            access = wanted;
            if matches!(access, Access::Relocated | Access::Write) {
                cursor.keep_in_page(size_in_file)?;
            }
            cursor.begin_segment(program.machine.page_size())?;
        }
        if section.class == Class::Image {
            cursor.align(IMAGE_PAGE)?;
        }
        if section.class == Class::Zero {
            cursor.address = align(cursor.address, section.alignment)?;
        } else {
            cursor.align(section.alignment)?;
        }
        (section.address, section.offset) = (cursor.address, cursor.offset);
        cursor.advance(section.size, section.file_size())?;
        if section.class == Class::Image {
            cursor.align(IMAGE_PAGE)?;
        }
    }
    layout.section_headers = align(cursor.offset, 8)?;
    layout.landmarks = landmarks(&layout.sections);
    for (position, section) in layout.sections.iter().enumerate() {
        if let Content::Inputs(inputs) = &section.content {
            for (id, offset) in inputs {
                // In bounds: one entry for each section. No overflow: inside the section, whose end was checked.
                layout.addresses[id.0 as usize] = section.address + offset;
                layout.positions[id.0 as usize] = position as u32;
            }
        }
        if section.name == b".bss" && section.class == Class::Zero {
            layout.common_addresses = commons.iter().map(|(id, offset)| (*id, section.address + offset)).collect();
        }
    }
    Ok(())
}

/// Whether read-only sections share the segment of the code: see [`JOINED_SIZE`].
fn is_joined(sections: &[OutputSection<'_>]) -> bool {
    let is_fixed =
        |section: &&OutputSection<'_>| matches!(section.class.access(), Some(Access::Read | Access::Execute));
    let size = sections.iter().filter(is_fixed).fold(0u64, |size, section| size.saturating_add(section.size));
    size <= JOINED_SIZE && sections.iter().any(|section| section.class == Class::Code)
}

/// About how many bytes the sections that share the first one's access take in the file.
fn segment_file_size(sections: &[OutputSection<'_>]) -> u64 {
    let access = sections.first().map(|section| section.class.access());
    let same = sections.iter().take_while(|section| Some(section.class.access()) == access);
    same.fold(0, |size, section| (size.next_multiple_of(section.alignment.max(1))).saturating_add(section.file_size()))
}

fn landmarks(sections: &[OutputSection<'_>]) -> Landmarks {
    let start = |wanted: fn(&OutputSection<'_>) -> bool| sections.iter().find(|s| wanted(s)).map(|s| s.address);
    let end = |wanted: fn(&OutputSection<'_>) -> bool| {
        sections.iter().rev().find(|section| wanted(section)).map_or(0, |section| section.address + section.size)
    };
    let dynamic = start(|section| section.class == Class::Dynamic).unwrap_or(0);
    let data_end = end(|section| section.class.access().is_some() && section.class != Class::Zero);
    Landmarks {
        dynamic,
        table: start(|section| section.class == Class::Table).unwrap_or(dynamic),
        unwind_index: start(|section| section.class == Class::UnwindIndex).unwrap_or(0),
        text_end: end(|section| section.class == Class::Code),
        data_end,
        zero_start: start(|section| section.class == Class::Zero).unwrap_or(data_end),
        end: end(|section| section.class.access().is_some()),
        build_id: start(|section| matches!(section.content, Content::BuildId)).unwrap_or(0) + build_id::HEADER_SIZE,
    }
}

/// The kinds of access in the order of the file, with the segments' permissions.
const LOADS: [(Access, elf::ProgramFlags); 4] = [
    (Access::Read, elf::PF_R),
    (Access::Execute, elf::ProgramFlags(elf::PF_R.0 | elf::PF_X.0)),
    (Access::Relocated, elf::ProgramFlags(elf::PF_R.0 | elf::PF_W.0)),
    (Access::Write, elf::ProgramFlags(elf::PF_R.0 | elf::PF_W.0)),
];

/// Bytes of the ELF header and the program headers.
fn headers_size(layout: &Layout<'_>, program: &Program<'_>) -> u64 {
    let width = program.machine.width();
    width.file_header() + width.program_header() * segment_count(layout)
}

/// How many program headers [`segments`] will make.
fn segment_count(layout: &Layout<'_>) -> u64 {
    let sections = &layout.sections;
    let loads = LOADS.iter().filter(|(access, _)| sections.iter().any(|s| layout.access(s.class) == Some(*access)));
    // The headers are loaded even where no section is read-only.
    let no_read_only = !layout.is_joined && !sections.iter().any(|s| s.class.access() == Some(Access::Read));
    let described = sections.iter().filter(|section| described_by(section.class).is_some());
    // And GNU_STACK and GNU_RELRO.
    (loads.count() + usize::from(no_read_only) + described.count() + 2) as u64
}

/// The kind of segment that tells the runtime where a section is.
fn described_by(class: Class) -> Option<elf::ProgramType> {
    match class {
        Class::Note => Some(elf::PT_NOTE),
        Class::UnwindIndex => Some(elf::PT_GNU_EH_FRAME),
        Class::Dynamic => Some(elf::PT_DYNAMIC),
        _ => None,
    }
}

/// The segments of sections that have their addresses.
pub(super) fn segments(layout: &Layout<'_>, program: &Program<'_>) -> Result<Vec<Segment>> {
    let page = program.machine.page_size();
    let headers = headers_size(layout, program);
    let mut segments = Vec::new();
    let mut relocated = None;
    for (access, flags) in LOADS {
        let inside = |section: &&OutputSection<'_>| layout.access(section.class) == Some(access);
        let mut sections = layout.sections.iter().filter(inside).peekable();
        let mut segment = match sections.peek() {
            None if layout.is_joined => continue,
            // The headers stand before the first read-only section.
            _ if access == Access::Read.joined(layout.is_joined) => load(flags, 0, 0, headers),
            Some(first) => load(flags, first.offset, first.address, 0),
            None => continue,
        };
        segment.alignment = page;
        for section in sections {
            segment.memory_size = section.address + section.size - segment.address;
            if section.kind != elf::SHT_NOBITS {
                segment.file_size = segment.memory_size;
            }
            if section.class == Class::Image {
                // To the end of its last page, so that nothing else of the file shows there.
                segment.file_size = align(section.address + section.size, IMAGE_PAGE)? - segment.address;
                segment.memory_size = segment.file_size;
            }
        }
        if access == Access::Relocated {
            // Protection works on whole pages; nothing else is in the last one.
            segment.memory_size = align(segment.address + segment.memory_size, page)? - segment.address;
            relocated = Some(Segment { kind: elf::PT_GNU_RELRO, flags: elf::PF_R, alignment: 1, ..segment });
        }
        segments.push(segment);
    }
    for section in &layout.sections {
        if let Some(kind) = described_by(section.class) {
            let (offset, address, size) = (section.offset, section.address, section.size);
            let flags = if kind == elf::PT_DYNAMIC { LOADS[2].1 } else { elf::PF_R };
            let described = Segment { kind, alignment: section.alignment, ..load(flags, offset, address, size) };
            segments.push(described);
        }
    }
    segments.push(Segment { kind: elf::PT_GNU_STACK, alignment: 16, ..load(LOADS[3].1, 0, 0, 0) });
    segments.extend(relocated);
    Ok(segments)
}

fn load(flags: elf::ProgramFlags, offset: u64, address: u64, size: u64) -> Segment {
    Segment { kind: elf::PT_LOAD, flags, offset, address, file_size: size, memory_size: size, alignment: 1 }
}
