//! Writes the executable front to back, section by section, relocating what it copies on the way.

mod headers;
mod relocated;
mod symbols;
mod unwind;

use super::dynamic::Dynamic;
use super::layout::{Content, Layout, OutputSection};
use super::program::{Program, SectionId};
use super::relocate::{REACH_AFTER, REACH_BEFORE};
use super::symtab::Symtab;
use super::unwind::Unwind;
use super::width::Width;
use super::{build_id, error};
use crate::error::Result;
use object::{elf, pod};
use std::io::Write;

/// How much of a section is copied and relocated at a time.
const CHUNK: usize = 1 << 17;

/// Everything that the phases before have found out.
struct Writer<'w, 'a, W: Write> {
    program: &'w Program<'a>,
    unwind: &'w Unwind,
    dynamic: &'w Dynamic<'a>,
    symtab: &'w Symtab,
    layout: &'w Layout<'a>,
    build_id: Option<[u8; build_id::SIZE]>,
    output: std::io::BufWriter<W>,
    /// Bytes written so far.
    position: u64,
    /// The part of a section that is being relocated.
    chunk: Vec<u8>,
}

/// Writes the whole file.
pub(super) fn executable<'a>(
    program: &Program<'a>,
    unwind: &Unwind,
    dynamic: &Dynamic<'a>,
    symtab: &Symtab,
    layout: &Layout<'a>,
    build_id: Option<[u8; build_id::SIZE]>,
    output: &mut dyn Write,
) -> Result<()> {
    let output = std::io::BufWriter::with_capacity(1 << 16, output);
    let mut writer =
        Writer { program, unwind, dynamic, symtab, layout, build_id, output, position: 0, chunk: Vec::new() };
    writer.headers()?;
    for section in &layout.sections {
        writer.section(section)?;
    }
    writer.section_headers()?;
    writer.output.flush()?;
    Ok(())
}

impl<'a, W: Write> Writer<'_, 'a, W> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Writes an address, or a number of that width.
    fn put_word(&mut self, value: u64) -> Result<()> {
        let endian = self.program.endian;
        match self.program.machine.width() {
            // The whole program was laid out below 4 GiB.
            Width::Narrow => self.put(pod::bytes_of(&object::U32::new(endian, value as u32))),
            Width::Wide => self.put(pod::bytes_of(&object::U64::new(endian, value))),
        }
    }

    /// Fills up to an offset of the file.
    fn fill(&mut self, offset: u64, filler: u8) -> Result<()> {
        let block = [filler; 4096];
        while let Some(missing) = offset.checked_sub(self.position).filter(|missing| *missing > 0) {
            self.put(&block[..missing.min(block.len() as u64) as usize])?;
        }
        if self.position != offset {
            return Err(error("the file's sections overlap, which is a defect of wasmc"));
        }
        Ok(())
    }

    fn section(&mut self, section: &OutputSection<'a>) -> Result<()> {
        if section.kind == elf::SHT_NOBITS {
            return Ok(());
        }
        self.fill(section.offset, 0)?;
        match &section.content {
            Content::Inputs(inputs) => self.inputs(section, inputs)?,
            Content::BuildId => self.build_id()?,
            Content::Plain => self.plain_relocations()?,
            Content::Relr => {
                for entry in &self.layout.relr {
                    self.put_word(*entry)?;
                }
            }
            Content::UnwindIndex => self.unwind_index(section.address)?,
            Content::Unwind => self.unwind_records(section)?,
            Content::Dynamic => {
                for (tag, value) in &self.layout.dynamic_entries {
                    self.put_word(tag.0 as u64)?;
                    self.put_word(*value)?;
                }
            }
            Content::Table => {
                for target in &self.dynamic.slots {
                    let value = self.layout.value(*target).unwrap_or(0);
                    self.put_word(value)?;
                }
            }
            Content::SymbolTable => self.symbols()?,
            Content::DynamicNames => self.put(&[0])?,
            Content::SymbolNames => self.symbol_names()?,
            Content::SectionNames => self.section_names()?,
        }
        self.fill(section.offset + section.size, 0)
    }

    fn inputs(&mut self, output: &OutputSection<'a>, inputs: &[(SectionId, u64)]) -> Result<()> {
        let code = output.flags & elf::SHF_EXECINSTR.0 != 0;
        let filler = if code { self.program.machine.code_filler() } else { 0 };
        for (id, offset) in inputs {
            self.fill(output.offset + offset, filler)?;
            self.input(*id)?;
        }
        Ok(())
    }

    /// Copies a section and relocates it, a chunk at a time.
    ///
    /// The chunk slides over the section: its last bytes stay behind for the next round, because a relocation near
    /// its end changes bytes on both sides of its offset.
    fn input(&mut self, id: SectionId) -> Result<()> {
        let section = self.program.section(id);
        let base =
            self.layout.address(id).ok_or_else(|| error("a section has no address, which is a defect of wasmc"))?;
        let data = section.data;
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.clear();
        // Offset in the section of the chunk's first byte, of the byte after its last, and the next relocation.
        let (mut start, mut end) = (0, 0);
        let mut relocations = section.relocations.iter().peekable();
        while start < data.len() || relocations.peek().is_some() {
            let more = (data.len() - end).min(CHUNK);
            chunk.extend_from_slice(&data[end..end + more]);
            end += more;
            let last = end == data.len();
            let safe = if last { usize::MAX } else { end.saturating_sub(REACH_AFTER) };
            while let Some(relocation) =
                relocations.next_if(|r| last || r.r_offset.get(self.program.endian) < safe as u64)
            {
                self.relocate(id, relocation, &mut chunk, start, base)?;
            }
            let done = if last { chunk.len() } else { chunk.len() - REACH_AFTER - REACH_BEFORE };
            self.put(&chunk[..done])?;
            chunk.drain(..done);
            start += done;
        }
        self.chunk = chunk;
        Ok(())
    }

    /// The relocations that the packed form cannot name.
    fn plain_relocations(&mut self) -> Result<()> {
        let program = self.program;
        let mut relocations = Vec::new();
        for (id, position) in &self.dynamic.plain {
            let section = program.section(*id);
            // In bounds: the position was found in this section.
            let (offset, symbol, _, addend) = program.relocation(&section.relocations[*position as usize]);
            let address = self.layout.address(*id).unwrap_or(0).wrapping_add(offset);
            let value = self.value(program.target(section.object, symbol)?)?.wrapping_add_signed(addend);
            relocations.push((address, value));
        }
        relocations.sort_unstable();
        for (address, value) in relocations {
            self.put_word(address)?;
            self.put_word(u64::from(program.machine.relative().0))?;
            if program.machine.width() == Width::Wide {
                self.put_word(value)?;
            }
        }
        Ok(())
    }

    /// A note of the GNU kind 3 (`NT_GNU_BUILD_ID`).
    fn build_id(&mut self) -> Result<()> {
        let Some(id) = self.build_id else { return Ok(()) };
        let endian = self.program.endian;
        let header = [4, build_id::SIZE as u32, elf::NT_GNU_BUILD_ID.0].map(|word| object::U32::new(endian, word));
        self.put(pod::bytes_of_slice(&header))?;
        self.put(b"GNU\0")?;
        self.put(&id)
    }
}
