//! Arm with 32 bits: ELF for the Arm Architecture, 5.6 "Relocation". Instructions are those of the sets A32 and T32; the
//! lowest bit of a function's address says which it is in (5.5.3).

use super::{Fault, Machine, Need, Place, TargetKind, Values, signed};
use crate::link::width::Width;
use object::elf;

/// As the document calls it since there are `bl` of 25 bits.
const R_ARM_THM_CALL: elf::RelocationType = elf::R_ARM_THM_PC22;

/// The architecture.
pub(super) struct Arm;

impl Machine for Arm {
    fn number(&self) -> elf::Machine {
        elf::EM_ARM
    }

    fn width(&self) -> Width {
        Width::Narrow
    }

    fn page_size(&self) -> u64 {
        4096
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_ARM_RELATIVE
    }

    fn addend(&self, kind: elf::RelocationType, field: [u8; 4]) -> i64 {
        let word = i32::from_le_bytes(field);
        match kind {
            elf::R_ARM_ABS32 | elf::R_ARM_TARGET1 | elf::R_ARM_REL32 | elf::R_ARM_GOT32 | elf::R_ARM_GOT_PREL => {
                word.into()
            }
            elf::R_ARM_PREL31 => i64::from(word << 1 >> 1),
            elf::R_ARM_CALL | elf::R_ARM_JUMP24 => i64::from(word << 8 >> 6),
            elf::R_ARM_MOVW_PREL_NC | elf::R_ARM_MOVT_PREL => {
                let immediate = (word >> 4 & 0xf000) | (word & 0xfff);
                i64::from(immediate as u16 as i16)
            }
            R_ARM_THM_CALL | elf::R_ARM_THM_JUMP24 => thumb_distance(field),
            _ => 0,
        }
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_ARM_NONE | elf::R_ARM_V4BX => Ok(Need::Nothing),
            elf::R_ARM_ABS32 | elf::R_ARM_TARGET1 => Ok(Need::Word),
            elf::R_ARM_REL32
            | elf::R_ARM_PREL31
            | elf::R_ARM_CALL
            | elf::R_ARM_JUMP24
            | elf::R_ARM_MOVW_PREL_NC
            | elf::R_ARM_MOVT_PREL
            | R_ARM_THM_CALL
            | elf::R_ARM_THM_JUMP24 => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_ARM_GOT_PREL | elf::R_ARM_GOT32 => Ok(Need::Slot),
            elf::RelocationType(13 | 17..=19 | 90..=93 | 104..=111) => Err(Fault::ThreadLocal),
            elf::RelocationType(5..=8 | 43..=44 | 47..=48) => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Err(Fault::Unsupported),
            },
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        // Addresses wrap at 4 GiB: every distance fits 32 bits.
        let distance = values.distance();
        match kind {
            elf::R_ARM_NONE | elf::R_ARM_V4BX => Ok(()),
            elf::R_ARM_ABS32 | elf::R_ARM_TARGET1 => place.put::<4>(values.address()),
            elf::R_ARM_REL32 => place.put::<4>(distance as u64),
            elf::R_ARM_PREL31 => place.insert(0, 0x7fff_ffff, signed(distance, 31)? as u32),
            elf::R_ARM_CALL | elf::R_ARM_JUMP24 => branch(kind, place, values),
            R_ARM_THM_CALL | elf::R_ARM_THM_JUMP24 => thumb_branch(kind, place, values),
            elf::R_ARM_MOVW_PREL_NC => insert_half(place, distance as u32),
            elf::R_ARM_MOVT_PREL => insert_half(place, (distance >> 16) as u32),
            elf::R_ARM_GOT_PREL => place.put::<4>(values.slot_distance()? as u64),
            elf::R_ARM_GOT32 => place.put::<4>(values.slot_address()?.wrapping_sub(values.table)),
            _ => Err(Fault::Unsupported),
        }
    }
}

/// The 16 bits of a `movw` or `movt`.
fn insert_half(place: &mut Place<'_>, value: u32) -> Result<(), Fault> {
    place.insert(0, 0x000f_0fff, (value & 0xf000) << 4 | (value & 0xfff))
}

/// Whether a function is in T32, and how far it is.
fn branch_target(values: &Values) -> (bool, i64) {
    let is_thumb = values.symbol & 1 != 0;
    (is_thumb, values.distance() - i64::from(is_thumb))
}

/// `bl`, `blx` and `b` of A32.
fn branch(kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
    let (is_thumb, distance) = branch_target(values);
    let distance = signed(distance, 26)? as u32;
    let instruction = u32::from_le_bytes(*place.field::<4>(0)?);
    let is_exchange = instruction >> 28 == 0xf;
    let head = match (kind, is_thumb) {
        (elf::R_ARM_CALL, true) => 0xfa00_0000 | (distance & 2) << 23,
        (elf::R_ARM_CALL, false) if is_exchange => 0xeb00_0000,
        (_, false) => instruction & 0xff00_0000,
        // It would need a piece of code in between.
        (_, true) => return Err(Fault::Unsupported),
    };
    place.put::<4>((head | (distance >> 2 & 0x00ff_ffff)).into())
}

/// The distance in a `bl`, `blx` or `b` of T32 (Arm Architecture Reference Manual for A-profile, F5.1.25).
fn thumb_distance(field: [u8; 4]) -> i64 {
    let high = u32::from(u16::from_le_bytes([field[0], field[1]]));
    let low = u32::from(u16::from_le_bytes([field[2], field[3]]));
    let sign = high >> 10 & 1;
    let bit = |position: u32| !(low >> position ^ sign) & 1;
    let magnitude = sign << 24 | bit(13) << 23 | bit(11) << 22 | (high & 0x3ff) << 12 | (low & 0x7ff) << 1;
    i64::from((magnitude << 7) as i32 >> 7)
}

fn thumb_branch(kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
    let (is_thumb, mut distance) = branch_target(values);
    let low_opcode = match (kind, is_thumb) {
        (R_ARM_THM_CALL, true) => 0xd000,
        (R_ARM_THM_CALL, false) => {
            // `blx` counts from the word that it is in.
            distance += (values.place & 2) as i64;
            0xc000
        }
        (_, true) => 0x9000,
        (_, false) => return Err(Fault::Unsupported),
    };
    let distance = signed(distance, 25)? as u32;
    let sign = distance >> 24 & 1;
    let bit = |position: u32| !(distance >> position ^ sign) & 1;
    let high = 0xf000 | sign << 10 | (distance >> 12 & 0x3ff);
    let low = low_opcode | bit(23) << 13 | bit(22) << 11 | (distance >> 1 & 0x7ff);
    place.put::<4>((low << 16 | high).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::Endianness;

    fn applied(kind: elf::RelocationType, instruction: u32, symbol: u64, place: u64) -> u32 {
        let mut bytes = instruction.to_le_bytes();
        let addend = Arm.addend(kind, bytes);
        let values = Values { symbol, addend, place, size: 0, other: 0, slot: None, table: 0 };
        let mut place = Place { section: &mut bytes, at: 0, endian: Endianness::Little };
        Arm.apply(kind, &mut place, &values).unwrap();
        u32::from_le_bytes(bytes)
    }

    #[test]
    fn branches_change_to_the_other_instruction_set() {
        // `bl .` before relocation: the addend is −8, what the program counter is ahead.
        let call = 0xebff_fffe;
        assert_eq!(applied(elf::R_ARM_CALL, call, 0x8000, 0x8000), call);
        assert_eq!(applied(elf::R_ARM_CALL, call, 0x9000, 0x8000), 0xeb00_03fe);
        // blx, to a function at an address that is no multiple of 4.
        assert_eq!(applied(elf::R_ARM_CALL, call, 0x9003, 0x8000), 0xfb00_03fe);
        assert_eq!(applied(elf::R_ARM_CALL, 0xfaff_fffe, 0x9000, 0x8000), 0xeb00_03fe);
        // `bl .` of T32: f7ff fffe.
        let call = 0xfffe_f7ff;
        assert_eq!(Arm.addend(R_ARM_THM_CALL, u32::to_le_bytes(call)), -4);
        assert_eq!(applied(R_ARM_THM_CALL, call, 0x8001, 0x8000), call);
        assert_eq!(applied(R_ARM_THM_CALL, call, 0x9001, 0x8000), 0xfffe_f000);
        assert_eq!(applied(R_ARM_THM_CALL, call, 0x9000, 0x8000), 0xeffe_f000);
    }

    #[test]
    fn halves_of_distances_are_taken_apart() {
        assert_eq!(applied(elf::R_ARM_MOVW_PREL_NC, 0xe300_0000, 0x1234_5678, 0), 0xe305_0678);
        assert_eq!(applied(elf::R_ARM_MOVT_PREL, 0xe340_0000, 0x1234_5678, 0), 0xe341_0234);
        assert_eq!(applied(elf::R_ARM_PREL31, 0x8000_0000, 0x10, 0x20), 0xffff_fff0);
    }
}
