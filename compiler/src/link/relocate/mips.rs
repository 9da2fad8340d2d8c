//! MIPS with 32 bits: System V ABI, MIPS RISC Processor Supplement, 4 "Relocation", for position-independent code.
//!
//! A slot of the global offset table holds its symbol's address in full, whether the symbol is local or not: the second half
//! of a local one's address, which the supplement has added to a multiple of 64 KiB, is its addend alone.

use super::{Fault, Machine, Need, Place, TargetKind, Values, signed};
use crate::link::width::Width;
use crate::object::MIPS_INTERPRETED;
use object::{Endianness, elf};

/// How far behind the start of the global offset table `_gp` is, so that offsets of 16 bits reach both ways.
pub(in crate::link) const GLOBAL_POINTER: u64 = 0x7ff0;

const R_MIPS_JALR: elf::RelocationType = elf::RelocationType(37);
const R_MIPS_PC32: elf::RelocationType = elf::RelocationType(248);

/// The architecture, in one of its byte orders.
pub(super) struct Mips(pub Endianness);

impl Mips {
    fn word(&self, field: [u8; 4]) -> i32 {
        match self.0 {
            Endianness::Little => i32::from_le_bytes(field),
            Endianness::Big => i32::from_be_bytes(field),
        }
    }

    /// Replaces the lower half of an instruction.
    fn insert_half(&self, place: &mut Place<'_>, value: u64) -> Result<(), Fault> {
        let bytes = place.field::<4>(0)?;
        let instruction = self.word(*bytes) as u32 & 0xffff_0000 | value as u32 & 0xffff;
        place.put::<4>(instruction.into())
    }
}

impl Machine for Mips {
    fn number(&self) -> elf::Machine {
        elf::EM_MIPS
    }

    fn endian(&self) -> Endianness {
        self.0
    }

    fn width(&self) -> Width {
        Width::Narrow
    }

    fn page_size(&self) -> u64 {
        0x1_0000
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_MIPS_REL32
    }

    fn addend(&self, kind: elf::RelocationType, field: [u8; 4]) -> i64 {
        let word = self.word(field);
        match kind {
            elf::R_MIPS_32 | elf::R_MIPS_GPREL32 | R_MIPS_PC32 => word.into(),
            MIPS_INTERPRETED => i32::from_le_bytes(field).into(),
            elf::R_MIPS_LO16 => i64::from(word as i16),
            // The upper half of what the second half has the lower one of.
            elf::R_MIPS_HI16 | elf::R_MIPS_GOT16 => i64::from(word << 16),
            elf::R_MIPS_PC16 => i64::from(word as i16) << 2,
            _ => 0,
        }
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_MIPS_NONE | R_MIPS_JALR => Ok(Need::Nothing),
            elf::R_MIPS_32 => Ok(Need::Word),
            elf::R_MIPS_GPREL32
            | elf::R_MIPS_PC16
            | R_MIPS_PC32
            | MIPS_INTERPRETED
            | elf::R_MIPS_LO16
            | elf::R_MIPS_HI16 => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_MIPS_GOT16 | elf::R_MIPS_CALL16 => Ok(Need::Slot),
            elf::R_MIPS_26 => Err(Fault::NotPositionIndependent),
            elf::RelocationType(38..=50) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let pointer = values.table.wrapping_add(GLOBAL_POINTER);
        let distance = values.distance();
        match kind {
            elf::R_MIPS_NONE | R_MIPS_JALR => Ok(()),
            elf::R_MIPS_32 => place.put::<4>(values.address()),
            R_MIPS_PC32 => place.put::<4>(distance as u64),
            MIPS_INTERPRETED => {
                *place.field::<4>(0)? = (distance as u32).to_le_bytes();
                Ok(())
            }
            elf::R_MIPS_GPREL32 => place.put::<4>(values.address().wrapping_sub(pointer)),
            elf::R_MIPS_PC16 if distance % 4 != 0 => Err(Fault::Misaligned(4)),
            elf::R_MIPS_PC16 => self.insert_half(place, signed(distance, 18)? >> 2),
            // `_gp_disp`: from the first of two instructions to where the pointer points.
            elf::R_MIPS_HI16 if values.symbol == pointer => {
                self.insert_half(place, (distance as u64).wrapping_add(0x8000) >> 16)
            }
            elf::R_MIPS_LO16 if values.symbol == pointer => self.insert_half(place, (distance + 4) as u64),
            // The addend of a slot's address in full.
            elf::R_MIPS_LO16 => Ok(()),
            elf::R_MIPS_GOT16 if values.addend != 0 => Err(Fault::Overflow { value: values.addend, bits: 16 }),
            elf::R_MIPS_GOT16 | elf::R_MIPS_CALL16 => {
                let slot = values.slot.ok_or(Fault::Unsupported)?;
                self.insert_half(place, signed(slot.wrapping_sub(pointer) as i64, 16)?)
            }
            _ => Err(Fault::Unsupported),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: u64 = 0x4_0000;

    fn applied(kind: elf::RelocationType, instruction: u32, symbol: u64) -> Result<u32, Fault> {
        let machine = Mips(Endianness::Big);
        let mut bytes = instruction.to_be_bytes();
        let addend = machine.addend(kind, bytes);
        let slot = Some(TABLE + 8);
        let values = Values { symbol, addend, place: 0x1_0000, size: 0, other: 0, slot, table: TABLE };
        let mut place = Place { section: &mut bytes, at: 0, endian: Endianness::Big };
        machine.apply(kind, &mut place, &values)?;
        Ok(u32::from_be_bytes(bytes))
    }

    #[test]
    fn the_global_pointer_is_found_by_its_distance() {
        let pointer = TABLE + GLOBAL_POINTER;
        // lui $2, %hi(_gp_disp); addiu $2, $2, %lo(_gp_disp)
        assert_eq!(applied(elf::R_MIPS_HI16, 0x3c02_0000, pointer), Ok(0x3c02_0003));
        assert_eq!(applied(elf::R_MIPS_LO16, 0x2442_0000, pointer), Ok(0x2442_7ff4));
    }

    #[test]
    fn slots_hold_addresses_in_full() {
        // lw $25, %call16(f)($gp): the slot is 0x7fe8 before the pointer.
        assert_eq!(applied(elf::R_MIPS_CALL16, 0x8f99_0000, 0x2_3456), Ok(0x8f99_8018));
        assert_eq!(applied(elf::R_MIPS_GOT16, 0x8f99_0000, 0x2_3456), Ok(0x8f99_8018));
        // What is added is the addend.
        assert_eq!(applied(elf::R_MIPS_LO16, 0x2739_0010, 0x2_3456), Ok(0x2739_0010));
        assert!(matches!(applied(elf::R_MIPS_GOT16, 0x8f99_0001, 0x2_3456), Err(Fault::Overflow { .. })));
    }

    #[test]
    fn the_interpreters_distances_are_little_endian() {
        assert_eq!(applied(MIPS_INTERPRETED, 0x0200_0000, 0x1_0100), Ok(0x0201_0000));
        assert_eq!(applied(R_MIPS_PC32, 2, 0x1_0100), Ok(0x102));
    }
}
