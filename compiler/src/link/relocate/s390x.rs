//! s390x: ELF Application Binary Interface s390x Supplement, 3.2 "Relocation". Numbers are big-endian.

use super::{Fault, Machine, Need, Place, TargetKind, Values, either, signed};
use object::{Endianness, elf};

/// The architecture.
pub(super) struct S390x;

impl Machine for S390x {
    fn number(&self) -> elf::Machine {
        elf::EM_S390
    }

    fn endian(&self) -> Endianness {
        Endianness::Big
    }

    fn page_size(&self) -> u64 {
        4096
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_390_RELATIVE
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_390_NONE => Ok(Need::Nothing),
            elf::R_390_64 => Ok(Need::Word),
            elf::R_390_8 | elf::R_390_12 | elf::R_390_16 | elf::R_390_20 | elf::R_390_32 => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_390_PC16
            | elf::R_390_PC16DBL
            | elf::R_390_PC32
            | elf::R_390_PC32DBL
            | elf::R_390_PC64
            | elf::R_390_PLT16DBL
            | elf::R_390_PLT32
            | elf::R_390_PLT32DBL
            | elf::R_390_PLT64 => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_390_GOTPCDBL => Ok(Need::Nothing),
            elf::R_390_GOTENT | elf::R_390_GOTPLTENT => Ok(Need::Slot),
            elf::RelocationType(37..=56 | 60) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let address = values.address();
        let distance = values.distance();
        match kind {
            elf::R_390_NONE => Ok(()),
            elf::R_390_64 => place.put::<8>(address),
            elf::R_390_32 => place.put::<4>(either(address, 32)?),
            elf::R_390_16 => place.put::<2>(either(address, 16)?),
            elf::R_390_8 => place.put::<1>(either(address, 8)?),
            elf::R_390_PC64 | elf::R_390_PLT64 => place.put::<8>(distance as u64),
            elf::R_390_PC32 | elf::R_390_PLT32 => place.put::<4>(signed(distance, 32)?),
            elf::R_390_PC16 => place.put::<2>(signed(distance, 16)?),
            // A weak symbol that nobody defines is out of reach: nothing calls it.
            elf::R_390_PC32DBL | elf::R_390_PLT32DBL if values.symbol == 0 => place.put::<4>(0),
            elf::R_390_PC32DBL | elf::R_390_PLT32DBL => place.put::<4>(signed(halfwords(distance)?, 32)?),
            elf::R_390_PC16DBL | elf::R_390_PLT16DBL => place.put::<2>(signed(halfwords(distance)?, 16)?),
            elf::R_390_GOTENT | elf::R_390_GOTPLTENT => {
                place.put::<4>(signed(halfwords(values.slot_distance()?)?, 32)?)
            }
            elf::R_390_GOTPCDBL => {
                let distance = values.table.wrapping_add_signed(values.addend).wrapping_sub(values.place);
                place.put::<4>(signed(halfwords(distance as i64)?, 32)?)
            }
            _ => Err(Fault::Unsupported),
        }
    }
}

/// The distance in units of two bytes.
fn halfwords(distance: i64) -> Result<i64, Fault> {
    if distance % 2 == 0 { Ok(distance / 2) } else { Err(Fault::Misaligned(2)) }
}
