//! AArch64: ELF for the Arm 64-bit Architecture (aaelf64), 5.7 "Relocation".

use super::{Fault, Machine, Need, Place, TargetKind, Values, either, signed};
use object::elf;

/// The architecture.
pub(super) struct Aarch64;

const PAGE: u64 = 4096;

impl Machine for Aarch64 {
    fn number(&self) -> elf::Machine {
        elf::EM_AARCH64
    }

    fn page_size(&self) -> u64 {
        65536
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_AARCH64_RELATIVE
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_AARCH64_NONE => Ok(Need::Nothing),
            elf::R_AARCH64_ABS64 => Ok(Need::Word),
            elf::R_AARCH64_ABS32
            | elf::R_AARCH64_ABS16
            | elf::R_AARCH64_MOVW_UABS_G0
            | elf::R_AARCH64_MOVW_UABS_G0_NC
            | elf::R_AARCH64_MOVW_UABS_G1
            | elf::R_AARCH64_MOVW_UABS_G1_NC
            | elf::R_AARCH64_MOVW_UABS_G2
            | elf::R_AARCH64_MOVW_UABS_G2_NC
            | elf::R_AARCH64_MOVW_UABS_G3 => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_AARCH64_PREL64
            | elf::R_AARCH64_PREL32
            | elf::R_AARCH64_PREL16
            | elf::R_AARCH64_PLT32
            | elf::R_AARCH64_CALL26
            | elf::R_AARCH64_JUMP26
            | elf::R_AARCH64_CONDBR19
            | elf::R_AARCH64_TSTBR14
            | elf::R_AARCH64_LD_PREL_LO19
            | elf::R_AARCH64_ADR_PREL_LO21
            | elf::R_AARCH64_ADR_PREL_PG_HI21
            | elf::R_AARCH64_ADR_PREL_PG_HI21_NC => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            // The low bits of an address: segments lie on page boundaries, so they do not change.
            elf::R_AARCH64_ADD_ABS_LO12_NC
            | elf::R_AARCH64_LDST8_ABS_LO12_NC
            | elf::R_AARCH64_LDST16_ABS_LO12_NC
            | elf::R_AARCH64_LDST32_ABS_LO12_NC
            | elf::R_AARCH64_LDST64_ABS_LO12_NC
            | elf::R_AARCH64_LDST128_ABS_LO12_NC => Ok(Need::Nothing),
            elf::R_AARCH64_ADR_GOT_PAGE
            | elf::R_AARCH64_LD64_GOT_LO12_NC
            | elf::R_AARCH64_LD64_GOTPAGE_LO15
            | elf::R_AARCH64_GOT_LD_PREL19
            | elf::R_AARCH64_GOTPCREL32 => Ok(Need::Slot),
            // 512 to 573 and 1028 to 1031: all the thread-local ones.
            elf::RelocationType(512..=573 | 1028..=1031) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let address = values.address();
        let distance = values.distance();
        let pages = |address: u64| (address & !(PAGE - 1)).wrapping_sub(values.place & !(PAGE - 1)) as i64;
        match kind {
            elf::R_AARCH64_NONE => Ok(()),
            elf::R_AARCH64_ABS64 => place.put::<8>(address),
            elf::R_AARCH64_ABS32 => place.put::<4>(either(address, 32)?),
            elf::R_AARCH64_ABS16 => place.put::<2>(either(address, 16)?),
            elf::R_AARCH64_PREL64 => place.put::<8>(distance as u64),
            elf::R_AARCH64_PREL32 | elf::R_AARCH64_PLT32 => place.put::<4>(signed(distance, 32)?),
            elf::R_AARCH64_PREL16 => place.put::<2>(signed(distance, 16)?),
            elf::R_AARCH64_GOTPCREL32 => place.put::<4>(signed(values.slot_distance()?, 32)?),
            elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 => {
                // A branch to a weak symbol that nobody defines goes to the next instruction (aaelf64 5.7.1.1).
                let distance = if values.symbol == 0 { 4 } else { distance };
                insert(place, 0, 26, signed(scaled(distance, 4)?, 26)?)
            }
            elf::R_AARCH64_CONDBR19 | elf::R_AARCH64_LD_PREL_LO19 => {
                insert(place, 5, 19, signed(scaled(distance, 4)?, 19)?)
            }
            elf::R_AARCH64_TSTBR14 => insert(place, 5, 14, signed(scaled(distance, 4)?, 14)?),
            elf::R_AARCH64_GOT_LD_PREL19 => insert(place, 5, 19, signed(scaled(values.slot_distance()?, 4)?, 19)?),
            elf::R_AARCH64_ADR_PREL_LO21 => insert_adr(place, signed(distance, 21)?),
            elf::R_AARCH64_ADR_PREL_PG_HI21 => insert_adr(place, signed(pages(address) >> 12, 21)?),
            elf::R_AARCH64_ADR_PREL_PG_HI21_NC => insert_adr(place, (pages(address) >> 12) as u64),
            elf::R_AARCH64_ADR_GOT_PAGE => insert_adr(place, signed(pages(values.slot_address()?) >> 12, 21)?),
            elf::R_AARCH64_LD64_GOT_LO12_NC => insert_low(place, values.slot_address()?, 8),
            elf::R_AARCH64_LD64_GOTPAGE_LO15 => {
                let offset = values.slot_address()?.wrapping_sub(values.table & !(PAGE - 1)) as i64;
                insert(place, 10, 12, super::unsigned(scaled(offset, 8)? as u64, 12)?)
            }
            elf::R_AARCH64_ADD_ABS_LO12_NC | elf::R_AARCH64_LDST8_ABS_LO12_NC => insert_low(place, address, 1),
            elf::R_AARCH64_LDST16_ABS_LO12_NC => insert_low(place, address, 2),
            elf::R_AARCH64_LDST32_ABS_LO12_NC => insert_low(place, address, 4),
            elf::R_AARCH64_LDST64_ABS_LO12_NC => insert_low(place, address, 8),
            elf::R_AARCH64_LDST128_ABS_LO12_NC => insert_low(place, address, 16),
            elf::R_AARCH64_MOVW_UABS_G0 => insert_part(place, super::unsigned(address, 16)?, 0),
            elf::R_AARCH64_MOVW_UABS_G0_NC => insert_part(place, address, 0),
            elf::R_AARCH64_MOVW_UABS_G1 => insert_part(place, super::unsigned(address, 32)?, 1),
            elf::R_AARCH64_MOVW_UABS_G1_NC => insert_part(place, address, 1),
            elf::R_AARCH64_MOVW_UABS_G2 => insert_part(place, super::unsigned(address, 48)?, 2),
            elf::R_AARCH64_MOVW_UABS_G2_NC => insert_part(place, address, 2),
            elf::R_AARCH64_MOVW_UABS_G3 => insert_part(place, address, 3),
            _ => Err(Fault::Unsupported),
        }
    }
}

/// The value in units of `unit` bytes.
fn scaled(value: i64, unit: i64) -> Result<i64, Fault> {
    if value % unit == 0 { Ok(value / unit) } else { Err(Fault::Misaligned(unit as u64)) }
}

/// Replaces `width` bits of the instruction (always little-endian), from bit `low` on.
fn insert(place: &mut Place<'_>, low: u32, width: u32, value: u64) -> Result<(), Fault> {
    let bytes = place.field::<4>(0)?;
    let mask = ((1_u64 << width) - 1) as u32;
    let instruction = u32::from_le_bytes(*bytes) & !(mask << low);
    *bytes = (instruction | ((value as u32 & mask) << low)).to_le_bytes();
    Ok(())
}

/// The 21-bit operand of `adr` and `adrp`: two bits at 29, nineteen at 5.
fn insert_adr(place: &mut Place<'_>, value: u64) -> Result<(), Fault> {
    insert(place, 29, 2, value)?;
    insert(place, 5, 19, value >> 2)
}

/// The low 12 bits of an address, in units of `unit` bytes, in the immediate of an `add`, load or store.
fn insert_low(place: &mut Place<'_>, address: u64, unit: u64) -> Result<(), Fault> {
    let low = address & (PAGE - 1);
    if !low.is_multiple_of(unit) {
        return Err(Fault::Misaligned(unit));
    }
    insert(place, 10, 12, low / unit)
}

/// The 16 bits number `part` of a value, in a `movz` or `movk`.
fn insert_part(place: &mut Place<'_>, value: u64, part: u32) -> Result<(), Fault> {
    insert(place, 5, 16, value >> (16 * part))
}
