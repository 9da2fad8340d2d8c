//! x86 with 32 bits: System V ABI, Intel386 supplement, 4.4 "Relocation".

use super::{Fault, Machine, Need, Place, TargetKind, Values, either};
use crate::link::width::Width;
use object::elf;

/// The architecture.
pub(super) struct I386;

impl Machine for I386 {
    fn number(&self) -> elf::Machine {
        elf::EM_386
    }

    fn width(&self) -> Width {
        Width::Narrow
    }

    fn page_size(&self) -> u64 {
        4096
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_386_RELATIVE
    }

    fn code_filler(&self) -> u8 {
        0xcc // int3
    }

    fn addend(&self, kind: elf::RelocationType, field: [u8; 4]) -> i64 {
        match kind {
            elf::R_386_NONE => 0,
            elf::R_386_16 | elf::R_386_PC16 => i16::from_le_bytes([field[0], field[1]]).into(),
            elf::R_386_8 | elf::R_386_PC8 => i64::from(field[0] as i8),
            _ => i32::from_le_bytes(field).into(),
        }
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_386_NONE | elf::R_386_GOTPC => Ok(Need::Nothing),
            elf::R_386_32 => Ok(Need::Word),
            elf::R_386_PC32 | elf::R_386_PLT32 | elf::R_386_PC16 | elf::R_386_PC8 | elf::R_386_GOTOFF => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_386_16 | elf::R_386_8 => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_386_GOT32 | elf::R_386_GOT32X => Ok(Need::Slot),
            elf::RelocationType(14..=19 | 24..=37 | 39..=41) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let from_table = |address: u64| address.wrapping_sub(values.table);
        // Addresses wrap at 4 GiB: every distance fits.
        match kind {
            elf::R_386_NONE => Ok(()),
            elf::R_386_32 => place.put::<4>(values.address()),
            elf::R_386_16 => place.put::<2>(either(values.address(), 16)?),
            elf::R_386_8 => place.put::<1>(either(values.address(), 8)?),
            elf::R_386_PC32 | elf::R_386_PLT32 => place.put::<4>(values.distance() as u64),
            elf::R_386_PC16 => place.put::<2>(super::signed(values.distance(), 16)?),
            elf::R_386_PC8 => place.put::<1>(super::signed(values.distance(), 8)?),
            elf::R_386_GOTOFF => place.put::<4>(from_table(values.address())),
            elf::R_386_GOTPC => {
                place.put::<4>(values.table.wrapping_add_signed(values.addend).wrapping_sub(values.place))
            }
            elf::R_386_GOT32 | elf::R_386_GOT32X => place.put::<4>(from_table(values.slot_address()?)),
            _ => Err(Fault::Unsupported),
        }
    }
}
