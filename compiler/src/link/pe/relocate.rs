//! Applies relocations to the bytes that are written (PE Format, "x64 Processors"), and lists those that Windows applies.

use object::pe;

use super::imports::Imports;
use super::input::{Relocation, Role};
use super::layout::{IMAGE_BASE, Layout, PAGE};
use super::reachable::Reachable;
use super::symbols::{Program, SectionId, Target};
use super::{display, error};
use crate::error::{Error, Result};

fn refused(program: &Program<'_>, id: SectionId, relocation: &Relocation, why: &str) -> Error {
    let name = display(program.section(id).name);
    let object = &program.objects[id.object as usize];
    object.damaged(format_args!("{name}+{:#x}: relocation {}: {why}", relocation.offset, relocation.kind.0))
}

/// Relocates the bytes of a section, which is at `address` from the start of the image.
pub(super) fn section(
    program: &Program<'_>,
    id: SectionId,
    address: u64,
    bytes: &mut [u8],
    layout: &Layout<'_>,
    imports: &Imports,
) -> Result<()> {
    let is_debug = program.section(id).role == Role::Debug;
    for relocation in &program.section(id).relocations {
        let fail = |why| refused(program, id, relocation, why);
        let target = program.target(id.object, relocation.symbol)?;
        let value = match target {
            // What debug information describes may not be linked.
            Target::Place(place) if is_debug && !layout.contains(place) => 0,
            _ => layout.target(target, imports)?,
        };
        let at = relocation.offset as usize;
        let outside = || fail("it is outside of its section");
        let place = bytes.get_mut(at..).ok_or_else(outside)?;
        if relocation.kind == pe::IMAGE_REL_AMD64_ADDR64 {
            let place = place.first_chunk_mut::<8>().ok_or_else(outside)?;
            let base = if value == 0 || matches!(target, Target::Absolute(_)) { 0 } else { IMAGE_BASE };
            *place = u64::from_le_bytes(*place).wrapping_add(value).wrapping_add(base).to_le_bytes();
            continue;
        }
        let place = place.first_chunk_mut::<4>().ok_or_else(outside)?;
        let addend = i64::from(i32::from_le_bytes(*place));
        let end = address + u64::from(relocation.offset) + 4;
        let sum = match relocation.kind {
            pe::IMAGE_REL_AMD64_SECREL => match target {
                Target::Place(place) => layout.section_offset(place)?.wrapping_add_signed(addend) as i64,
                _ => return Err(fail("its symbol is in no section")),
            },
            pe::IMAGE_REL_AMD64_ADDR32NB => value.wrapping_add_signed(addend) as i64,
            pe::IMAGE_REL_AMD64_REL32
            | pe::IMAGE_REL_AMD64_REL32_1
            | pe::IMAGE_REL_AMD64_REL32_2
            | pe::IMAGE_REL_AMD64_REL32_3
            | pe::IMAGE_REL_AMD64_REL32_4
            | pe::IMAGE_REL_AMD64_REL32_5 => {
                // So many bytes of the instruction are behind the place.
                let behind = u64::from(relocation.kind.0 - pe::IMAGE_REL_AMD64_REL32.0);
                value.wrapping_add_signed(addend).wrapping_sub(end + behind) as i64
            }
            _ => return Err(fail("its kind is not supported")),
        };
        *place = i32::try_from(sum).map_err(|_| fail("it does not reach its target"))?.to_le_bytes();
    }
    Ok(())
}

/// The contents of `.reloc`: the places of addresses, which move with the image, in blocks of a page each.
pub(super) fn base_relocations(program: &Program<'_>, reachable: &Reachable, layout: &Layout<'_>) -> Result<Vec<u8>> {
    const ADDRESS_64: u16 = 10;
    let mut places = Vec::new();
    for (id, section) in program.sections().filter(|(id, _)| reachable.contains(*id)) {
        let addresses = section.relocations.iter().filter(|r| r.kind == pe::IMAGE_REL_AMD64_ADDR64);
        for relocation in addresses {
            if !matches!(program.target(id.object, relocation.symbol)?, Target::Absolute(_)) {
                let place = super::symbols::Place { section: id, offset: relocation.offset.into() };
                places.push(layout.address(place)?);
            }
        }
    }
    places.sort_unstable();
    let mut bytes = Vec::new();
    for page in places.chunk_by(|a, b| a / PAGE == b / PAGE) {
        // A block has a multiple of four bytes.
        let count = page.len().next_multiple_of(2);
        let start = u32::try_from(page[0] & !(PAGE - 1)).map_err(|_| error("the image is too large"))?;
        bytes.extend(start.to_le_bytes());
        bytes.extend((8 + 2 * count as u32).to_le_bytes());
        for place in page {
            bytes.extend((ADDRESS_64 << 12 | (place % PAGE) as u16).to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    Ok(bytes)
}
