//! Relocations: what those of each processor mean (`mach-o/x86_64/reloc.h`, `mach-o/arm64/reloc.h`), and how they are applied.

use object::macho::{self, RelocationInfo, RelocationType};

use super::input::{Processor, Relocation, Role};
use super::layout::Layout;
use super::symbols::{AtomId, Program, Target};
use crate::error::Result;

/// How a place is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address of 64 bits, which dyld moves.
    Absolute,
    /// The distance between two addresses, in so many bytes.
    Difference(u8),
    /// The distance from behind the place, 32 bits.
    Relative,
    /// The same in a jump or call.
    RelativeBranch,
    /// The same, to where the target's address is.
    RelativeSlot,
    /// As `RelativeSlot`, in `mov`.
    RelativeSlotLoad,
    /// `b`, `bl`.
    Branch26,
    /// `adrp`.
    Page21,
    /// The rest, in `add`, `ldr` and the like.
    PageOffset12,
    /// `adrp` to where the target's address is.
    SlotPage21,
    /// The rest, in `ldr`.
    SlotPageOffset12,
}

impl Kind {
    /// Whether the place is in a jump or a call.
    pub fn is_branch(self) -> bool {
        matches!(self, Kind::RelativeBranch | Kind::Branch26)
    }

    /// Whether the place is among the bits of an instruction, where there is no room for an addend.
    pub fn is_in_instruction_of_aarch64(self) -> bool {
        use Kind::{Branch26, Page21, PageOffset12, SlotPage21, SlotPageOffset12};
        matches!(self, Branch26 | Page21 | PageOffset12 | SlotPage21 | SlotPageOffset12)
    }

    /// Bytes of the place.
    pub fn width(self) -> u64 {
        match self {
            Kind::Absolute => 8,
            Kind::Difference(width) => width.into(),
            _ => 4,
        }
    }

    /// Whether the address wanted is that of the place where the target's is.
    fn is_slot(self) -> bool {
        use Kind::{RelativeSlot, RelativeSlotLoad, SlotPage21, SlotPageOffset12};
        matches!(self, RelativeSlot | RelativeSlotLoad | SlotPage21 | SlotPageOffset12)
    }
}

/// What is told about the next relocation.
pub(super) enum Prefix {
    /// What its target's address is counted from.
    Subtractor,
    /// What is added to it.
    Addend,
}

/// Whether a relocation is about the next one.
pub(super) fn prefix(processor: Processor, number: RelocationType) -> Option<Prefix> {
    match (processor, number) {
        (Processor::X86_64, macho::X86_64_RELOC_SUBTRACTOR) => Some(Prefix::Subtractor),
        (Processor::Aarch64, macho::ARM64_RELOC_SUBTRACTOR) => Some(Prefix::Subtractor),
        (Processor::Aarch64, macho::ARM64_RELOC_ADDEND) => Some(Prefix::Addend),
        _ => None,
    }
}

/// What a relocation means, and how many bytes of an instruction are behind the place. `None` for those that are not supported.
pub(super) fn kind(processor: Processor, info: &RelocationInfo, has_minus: bool) -> Option<(Kind, i64)> {
    let (pcrel, length) = (info.r_pcrel, info.r_length);
    let kind = match (processor, info.r_type) {
        (Processor::X86_64, macho::X86_64_RELOC_UNSIGNED) | (Processor::Aarch64, macho::ARM64_RELOC_UNSIGNED)
            if !pcrel =>
        {
            match length {
                2 | 3 if has_minus => Kind::Difference(1 << length),
                3 => Kind::Absolute,
                _ => return None,
            }
        }
        _ if has_minus || length != 2 => return None,
        (Processor::X86_64, number) if pcrel => match number {
            macho::X86_64_RELOC_SIGNED => Kind::Relative,
            macho::X86_64_RELOC_SIGNED_1 => return Some((Kind::Relative, 1)),
            macho::X86_64_RELOC_SIGNED_2 => return Some((Kind::Relative, 2)),
            macho::X86_64_RELOC_SIGNED_4 => return Some((Kind::Relative, 4)),
            macho::X86_64_RELOC_BRANCH => Kind::RelativeBranch,
            macho::X86_64_RELOC_GOT => Kind::RelativeSlot,
            macho::X86_64_RELOC_GOT_LOAD => Kind::RelativeSlotLoad,
            _ => return None,
        },
        (Processor::Aarch64, macho::ARM64_RELOC_BRANCH26) if pcrel => Kind::Branch26,
        (Processor::Aarch64, macho::ARM64_RELOC_PAGE21) if pcrel => Kind::Page21,
        (Processor::Aarch64, macho::ARM64_RELOC_PAGEOFF12) if !pcrel => Kind::PageOffset12,
        (Processor::Aarch64, macho::ARM64_RELOC_GOT_LOAD_PAGE21) if pcrel => Kind::SlotPage21,
        (Processor::Aarch64, macho::ARM64_RELOC_GOT_LOAD_PAGEOFF12) if !pcrel => Kind::SlotPageOffset12,
        (Processor::Aarch64, macho::ARM64_RELOC_POINTER_TO_GOT) if pcrel => Kind::RelativeSlot,
        _ => return None,
    };
    Some((kind, 0))
}

/// Relocates the bytes of an atom, which is at `address`. Addresses that dyld moves are left to the fixups.
pub(super) fn atom(program: &Program<'_>, id: AtomId, address: u64, bytes: &mut [u8], layout: &Layout) -> Result<()> {
    for relocation in &program.atom(id).relocations {
        let fail = |why: &str| {
            let Relocation { offset, kind, .. } = relocation;
            program.objects[id.object as usize].damaged(format_args!("at {offset:#x} of {address:#x}: {kind:?}: {why}"))
        };
        let mut kind = relocation.kind;
        let target = program.target(id.object, relocation.target)?;
        let at = relocation.offset as usize;
        if kind == Kind::Absolute && !matches!(target, Target::Absolute(_)) {
            if let (Role::Debug(_), Target::Place(own)) = (program.atom(id).role, target) {
                // 0 where it is left out.
                let address = layout.address(own).map_or(0, |address| address.wrapping_add_signed(relocation.addend));
                put(&mut bytes[at..], &address.to_le_bytes());
            }
            continue;
        }
        let place = address + u64::from(relocation.offset);
        let value = match target {
            Target::Place(own) => {
                // What has an address of its own needs no place for it: its address is computed instead of loaded.
                if kind.is_slot() {
                    kind = without_slot(kind, bytes, at).ok_or_else(|| fail("only a load can do without its place"))?;
                }
                layout.address(own)?
            }
            Target::Absolute(value) => value,
            Target::Import(import) if kind.is_branch() => layout.stub(import)?,
            Target::Import(import) => layout.slot(import)?,
        };
        let value = value.wrapping_add_signed(relocation.addend);
        // In bounds: the input was checked.
        let bytes = &mut bytes[at..];
        let too_far = || fail("it does not reach its target");
        match kind {
            Kind::Absolute => put(bytes, &value.to_le_bytes()),
            Kind::Difference(width) => {
                let minus = relocation.minus.ok_or_else(|| fail("a difference from nothing"))?;
                let distance = value.wrapping_sub(layout.address(program.place(id.object, minus)?)?) as i64;
                match width {
                    4 => put(bytes, &i32::try_from(distance).map_err(|_| too_far())?.to_le_bytes()),
                    _ => put(bytes, &distance.to_le_bytes()),
                }
            }
            Kind::Relative | Kind::RelativeBranch | Kind::RelativeSlot | Kind::RelativeSlotLoad => {
                let behind = if program.processor == Processor::X86_64 { place + 4 } else { place };
                let distance = value.wrapping_sub(behind) as i64;
                put(bytes, &i32::try_from(distance).map_err(|_| too_far())?.to_le_bytes());
            }
            Kind::Branch26 => {
                let distance = value.wrapping_sub(place) as i64;
                if distance % 4 != 0 || !(-(1 << 27)..1 << 27).contains(&distance) {
                    return Err(too_far());
                }
                modify(bytes, 0x03ff_ffff, (distance >> 2) as u32);
            }
            Kind::Page21 | Kind::SlotPage21 => {
                modify(bytes, ADRP_BITS, adrp(place, value).ok_or_else(too_far)?);
            }
            Kind::PageOffset12 | Kind::SlotPageOffset12 => {
                let low = (value & 0xfff) as u32;
                let scale = scale(bytes);
                if low & ((1 << scale) - 1) != 0 {
                    return Err(fail("the address is not aligned as the instruction wants it"));
                }
                modify(bytes, 0xfff << 10, low >> scale << 10);
            }
        }
    }
    Ok(())
}

/// Makes an instruction that loads an address one that computes it, and says what is then to be filled in.
fn without_slot(kind: Kind, bytes: &mut [u8], at: usize) -> Option<Kind> {
    match kind {
        Kind::RelativeSlotLoad => {
            // mov r64, m64 becomes lea.
            let opcode = bytes.get_mut(at.checked_sub(2)?)?;
            (*opcode == 0x8b).then(|| *opcode = 0x8d)?;
            Some(Kind::Relative)
        }
        Kind::SlotPage21 => Some(Kind::Page21),
        Kind::SlotPageOffset12 => {
            // ldr x, [x, #..] becomes add x, x, #..
            let word = bytes.get_mut(at..)?.first_chunk_mut::<4>()?;
            let instruction = u32::from_le_bytes(*word);
            (instruction & 0xffc0_0000 == 0xf940_0000).then_some(())?;
            *word = (instruction & 0x3ff | 0x9100_0000).to_le_bytes();
            Some(Kind::PageOffset12)
        }
        _ => None,
    }
}

/// Where the distance is in `adrp`.
pub(super) const ADRP_BITS: u32 = 0x60ff_ffe0;

/// The bits of the distance in pages from an `adrp` to an address.
pub(super) fn adrp(place: u64, target: u64) -> Option<u32> {
    let pages = (target >> 12).wrapping_sub(place >> 12) as i64;
    (-(1 << 20)..1 << 20).contains(&pages).then_some((pages as u32 & 3) << 29 | (pages as u32 >> 2 & 0x7_ffff) << 5)
}

/// In what units, as a power of 2, an instruction counts its offset (Arm Architecture Reference Manual, "Loads and stores").
fn scale(bytes: &[u8]) -> u32 {
    let instruction = bytes.first_chunk::<4>().map_or(0, |word| u32::from_le_bytes(*word));
    match instruction {
        _ if instruction & 0x3b00_0000 != 0x3900_0000 => 0,
        _ if instruction & 0xc480_0000 == 0x0480_0000 => 4,
        _ => instruction >> 30,
    }
}

fn put(bytes: &mut [u8], value: &[u8]) {
    bytes[..value.len()].copy_from_slice(value);
}

/// Changes some bits of an instruction.
fn modify(bytes: &mut [u8], bits: u32, value: u32) {
    if let Some(word) = bytes.first_chunk_mut::<4>() {
        *word = (u32::from_le_bytes(*word) & !bits | value & bits).to_le_bytes();
    }
}
