//! Applies relocations to the bytes that are written ([`Kind`]), and lists those that Windows applies.

use super::imports::Imports;
use super::input::{Relocation, Role};
use super::layout::{IMAGE_BASE, Layout, PAGE};
use super::machine::Kind;
use super::reachable::Reachable;
use super::symbols::{Program, SectionId, Target};
use super::{display, error};
use crate::error::{Error, Result};

fn refused(program: &Program<'_>, id: SectionId, relocation: &Relocation, why: &str) -> Error {
    let name = display(program.section(id).name);
    let object = &program.objects[id.object as usize];
    object.damaged(format_args!("{name}+{:#x}: {:?}: {why}", relocation.offset, relocation.kind))
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
        if relocation.kind == Kind::Address {
            let place = place.first_chunk_mut::<8>().ok_or_else(outside)?;
            let base = if value == 0 || matches!(target, Target::Absolute(_)) { 0 } else { IMAGE_BASE };
            *place = u64::from_le_bytes(*place).wrapping_add(value).wrapping_add(base).to_le_bytes();
            continue;
        }
        let place = place.first_chunk_mut::<4>().ok_or_else(outside)?;
        let base = match (relocation.kind, target) {
            (Kind::SectionOffset, Target::Place(target)) => value.wrapping_sub(layout.section_offset(target)?),
            (Kind::SectionOffset, _) => return Err(fail("its symbol is in no section")),
            _ => 0,
        };
        let address = address + u64::from(relocation.offset);
        let filled = relocation.kind.apply(place, value, base, address);
        filled.ok_or_else(|| fail("it does not reach its target, or that is not aligned"))?;
    }
    Ok(())
}

/// The contents of `.reloc`: the places of addresses, which move with the image, in blocks of a page each.
pub(super) fn base_relocations(program: &Program<'_>, reachable: &Reachable, layout: &Layout<'_>) -> Result<Vec<u8>> {
    const ADDRESS_64: u16 = 10;
    let mut places = Vec::new();
    for (id, section) in program.sections().filter(|(id, _)| reachable.contains(*id)) {
        let addresses = section.relocations.iter().filter(|r| r.kind == Kind::Address);
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
