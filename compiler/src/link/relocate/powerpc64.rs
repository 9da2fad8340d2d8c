//! PowerPC with 64 bits, little-endian: 64-Bit ELF V2 ABI Specification for Power, 3.5 "Relocation Types".
//!
//! The program has one table of contents: r2 is the same in every function, so that a call enters a function behind the
//! instructions that set it, and needs to restore nothing afterwards.

use super::{Fault, Machine, Need, Place, TargetKind, Values, either, signed};
use object::elf;

/// How far behind the start of the global offset table `.TOC.` is, so that offsets of 16 bits reach both ways.
pub(in crate::link) const TABLE_OF_CONTENTS: u64 = 0x8000;

/// The architecture.
pub(super) struct PowerPc64;

impl Machine for PowerPc64 {
    fn number(&self) -> elf::Machine {
        elf::EM_PPC64
    }

    fn page_size(&self) -> u64 {
        0x1_0000
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_PPC64_RELATIVE
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_PPC64_NONE | elf::R_PPC64_TOCSAVE => Ok(Need::Nothing),
            elf::R_PPC64_ADDR64 => Ok(Need::Word),
            elf::R_PPC64_REL24
            | elf::R_PPC64_REL14
            | elf::R_PPC64_REL32
            | elf::R_PPC64_REL64
            | elf::R_PPC64_REL16
            | elf::R_PPC64_REL16_LO
            | elf::R_PPC64_REL16_HI
            | elf::R_PPC64_REL16_HA
            | elf::R_PPC64_TOC16
            | elf::R_PPC64_TOC16_LO
            | elf::R_PPC64_TOC16_HI
            | elf::R_PPC64_TOC16_HA
            | elf::R_PPC64_TOC16_DS
            | elf::R_PPC64_TOC16_LO_DS => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_PPC64_GOT16_DS | elf::R_PPC64_GOT16_HA | elf::R_PPC64_GOT16_LO_DS => Ok(Need::Slot),
            elf::R_PPC64_ADDR32 => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::RelocationType(67..=108) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let distance = values.distance();
        let from_base = |address: u64| address.wrapping_sub(values.table.wrapping_add(TABLE_OF_CONTENTS)) as i64;
        let in_table = from_base(values.address());
        match kind {
            elf::R_PPC64_NONE | elf::R_PPC64_TOCSAVE => Ok(()),
            elf::R_PPC64_ADDR64 => place.put::<8>(values.address()),
            elf::R_PPC64_ADDR32 => place.put::<4>(either(values.address(), 32)?),
            elf::R_PPC64_REL64 => place.put::<8>(distance as u64),
            elf::R_PPC64_REL32 => place.put::<4>(signed(distance, 32)?),
            elf::R_PPC64_REL24 => {
                // A call of a weak symbol that nobody defines goes to the next instruction.
                let distance = if values.symbol == 0 { 4 } else { distance + local_entry(values.other) };
                place.insert(0, 0x03ff_fffc, signed(words(distance)?, 26)? as u32)
            }
            elf::R_PPC64_REL14 => place.insert(0, 0xfffc, signed(words(distance)?, 16)? as u32),
            elf::R_PPC64_REL16 => half(place, signed(distance, 16)?),
            elf::R_PPC64_REL16_LO => half(place, distance as u64),
            elf::R_PPC64_REL16_HI => half(place, signed(distance, 32)? >> 16),
            elf::R_PPC64_REL16_HA => half(place, adjusted(distance)?),
            elf::R_PPC64_TOC16 => half(place, signed(in_table, 16)?),
            elf::R_PPC64_TOC16_LO => half(place, in_table as u64),
            elf::R_PPC64_TOC16_HI => half(place, signed(in_table, 32)? >> 16),
            elf::R_PPC64_TOC16_HA => half(place, adjusted(in_table)?),
            elf::R_PPC64_TOC16_DS => half_of_words(place, signed(in_table, 16)?),
            elf::R_PPC64_TOC16_LO_DS => half_of_words(place, in_table as u64),
            elf::R_PPC64_GOT16_DS => half_of_words(place, signed(from_base(values.slot_address()?), 16)?),
            elf::R_PPC64_GOT16_HA => half(place, adjusted(from_base(values.slot_address()?))?),
            elf::R_PPC64_GOT16_LO_DS => half_of_words(place, from_base(values.slot_address()?) as u64),
            _ => Err(Fault::Unsupported),
        }
    }
}

/// Bytes from a function's start to where it is entered with r2 set: three bits of `st_other` (3.4.1).
fn local_entry(other: u8) -> i64 {
    match other >> 5 {
        0 | 1 => 0,
        exponent => 1 << exponent,
    }
}

/// The upper half of a value, rounded to what the lower half, which is signed, adds to (`#ha`).
fn adjusted(value: i64) -> Result<u64, Fault> {
    Ok(signed(value.wrapping_add(0x8000), 32)? >> 16)
}

/// The value, if it is a number of instructions.
fn words(value: i64) -> Result<i64, Fault> {
    if value % 4 == 0 { Ok(value) } else { Err(Fault::Misaligned(4)) }
}

/// Writes the 16 bits of an instruction that the place is.
fn half(place: &mut Place<'_>, value: u64) -> Result<(), Fault> {
    place.put::<2>(value)
}

/// As [`half`], but for the lowest two bits, which are the instruction's.
fn half_of_words(place: &mut Place<'_>, value: u64) -> Result<(), Fault> {
    let value = words(value as i64)? as u16;
    let bytes = place.field::<2>(0)?;
    *bytes = (u16::from_le_bytes(*bytes) & 3 | value).to_le_bytes();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::Endianness;

    fn applied(kind: elf::RelocationType, instruction: u32, values: Values) -> Result<u32, Fault> {
        let mut bytes = instruction.to_le_bytes();
        let mut place = Place { section: &mut bytes, at: 0, endian: Endianness::Little };
        PowerPc64.apply(kind, &mut place, &values)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn at(symbol: u64, other: u8) -> Values {
        Values { symbol, addend: 0, place: 0x2_0000, size: 0, other, slot: None, table: 0x10_0000 }
    }

    #[test]
    fn calls_go_to_the_local_entry() {
        let call = 0x4800_0001;
        assert_eq!(applied(elf::R_PPC64_REL24, call, at(0x2_1000, 0)), Ok(0x4800_1001));
        assert_eq!(applied(elf::R_PPC64_REL24, call, at(0x2_1000, 3 << 5)), Ok(0x4800_1009));
        assert_eq!(applied(elf::R_PPC64_REL24, call, at(0x1_f000, 0)), Ok(0x4bff_f001));
        assert_eq!(applied(elf::R_PPC64_REL24, call, at(0, 0)), Ok(0x4800_0005));
        assert!(matches!(applied(elf::R_PPC64_REL24, call, at(0x300_0000, 0)), Err(Fault::Overflow { .. })));
    }

    #[test]
    fn offsets_from_the_table_are_taken_apart() {
        // addis r3, r2, sym@toc@ha; addi r3, r3, sym@toc@l; ld r3, sym@toc@l(r3)
        let values = at(0x10_8000 + 0x1_8004, 0);
        assert_eq!(applied(elf::R_PPC64_TOC16_HA, 0x3c62_0000, values), Ok(0x3c62_0002));
        assert_eq!(applied(elf::R_PPC64_TOC16_LO, 0x3863_0000, values), Ok(0x3863_8004));
        assert_eq!(applied(elf::R_PPC64_TOC16_LO_DS, 0xe863_0001, values), Ok(0xe863_8005));
        let odd = at(0x10_8002, 0);
        assert_eq!(applied(elf::R_PPC64_TOC16_LO_DS, 0xe863_0000, odd), Err(Fault::Misaligned(4)));
    }
}
