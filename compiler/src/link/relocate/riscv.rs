//! RISC-V with 64 and with 32 bits: RISC-V ABIs Specification, "Relocations". Nothing is relaxed: what assemblers say may be made
//! shorter stays as it is.

use super::{Fault, Machine, Need, Place, TargetKind, Values, either, signed};
use crate::link::width::Width;
use object::elf;

/// The architecture.
pub(super) struct Riscv(pub Width);

impl Machine for Riscv {
    fn number(&self) -> elf::Machine {
        elf::EM_RISCV
    }

    fn width(&self) -> Width {
        self.0
    }

    fn page_size(&self) -> u64 {
        4096
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_RISCV_RELATIVE
    }

    fn is_second_half(&self, kind: elf::RelocationType) -> bool {
        matches!(kind, elf::R_RISCV_PCREL_LO12_I | elf::R_RISCV_PCREL_LO12_S)
    }

    fn is_first_half(&self, kind: elf::RelocationType) -> bool {
        matches!(kind, elf::R_RISCV_PCREL_HI20 | elf::R_RISCV_GOT_HI20)
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_RISCV_NONE | elf::R_RISCV_RELAX => Ok(Need::Nothing),
            elf::R_RISCV_64 if self.0 == Width::Wide => Ok(Need::Word),
            elf::R_RISCV_32 if self.0 == Width::Narrow => Ok(Need::Word),
            elf::R_RISCV_32 | elf::R_RISCV_HI20 | elf::R_RISCV_LO12_I | elf::R_RISCV_LO12_S => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_RISCV_32_PCREL
            | elf::R_RISCV_PLT32
            | elf::R_RISCV_CALL
            | elf::R_RISCV_CALL_PLT
            | elf::R_RISCV_PCREL_HI20
            | elf::R_RISCV_PCREL_LO12_I
            | elf::R_RISCV_PCREL_LO12_S
            | elf::R_RISCV_BRANCH
            | elf::R_RISCV_JAL => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            // Two at one place make the difference of two addresses.
            elf::R_RISCV_ADD8
            | elf::R_RISCV_ADD16
            | elf::R_RISCV_ADD32
            | elf::R_RISCV_ADD64
            | elf::R_RISCV_SUB6
            | elf::R_RISCV_SUB8
            | elf::R_RISCV_SUB16
            | elf::R_RISCV_SUB32
            | elf::R_RISCV_SUB64
            | elf::R_RISCV_SET6
            | elf::R_RISCV_SET8
            | elf::R_RISCV_SET16
            | elf::R_RISCV_SET32 => Ok(Need::Nothing),
            elf::R_RISCV_GOT_HI20 => Ok(Need::Slot),
            elf::RelocationType(6..=11 | 21 | 22 | 29..=32 | 62..=65) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let address = values.address();
        let distance = values.distance();
        // What the first half of a pair is about, its second half is too.
        let paired = || if values.slot.is_some() { values.slot_distance() } else { Ok(distance) };
        match kind {
            elf::R_RISCV_NONE | elf::R_RISCV_RELAX => Ok(()),
            elf::R_RISCV_64 => place.put::<8>(address),
            elf::R_RISCV_32 if self.0 == Width::Narrow => place.put::<4>(address),
            elf::R_RISCV_32 => place.put::<4>(either(address, 32)?),
            elf::R_RISCV_32_PCREL | elf::R_RISCV_PLT32 => place.put::<4>(signed(distance, 32)?),
            elf::R_RISCV_ADD8 => place.change::<1>(|old| old.wrapping_add(address)),
            elf::R_RISCV_ADD16 => place.change::<2>(|old| old.wrapping_add(address)),
            elf::R_RISCV_ADD32 => place.change::<4>(|old| old.wrapping_add(address)),
            elf::R_RISCV_ADD64 => place.change::<8>(|old| old.wrapping_add(address)),
            elf::R_RISCV_SUB8 => place.change::<1>(|old| old.wrapping_sub(address)),
            elf::R_RISCV_SUB16 => place.change::<2>(|old| old.wrapping_sub(address)),
            elf::R_RISCV_SUB32 => place.change::<4>(|old| old.wrapping_sub(address)),
            elf::R_RISCV_SUB64 => place.change::<8>(|old| old.wrapping_sub(address)),
            elf::R_RISCV_SUB6 => place.change::<1>(|old| old & 0xc0 | old.wrapping_sub(address) & 0x3f),
            elf::R_RISCV_SET6 => place.change::<1>(|old| old & 0xc0 | address & 0x3f),
            elf::R_RISCV_SET8 => place.put::<1>(address),
            elf::R_RISCV_SET16 => place.put::<2>(address),
            elf::R_RISCV_SET32 => place.put::<4>(address),
            elf::R_RISCV_CALL | elf::R_RISCV_CALL_PLT => {
                // `auipc` and `jalr`. A call of a weak symbol that nobody defines goes to the next instruction.
                let distance = if values.symbol == 0 { 8 } else { distance };
                insert_upper(place, 0, distance)?;
                insert_i(place, 4, distance)
            }
            elf::R_RISCV_PCREL_HI20 => insert_upper(place, 0, distance),
            elf::R_RISCV_GOT_HI20 => insert_upper(place, 0, values.slot_distance()?),
            elf::R_RISCV_PCREL_LO12_I => insert_i(place, 0, paired()?),
            elf::R_RISCV_PCREL_LO12_S => insert_s(place, paired()?),
            elf::R_RISCV_HI20 => insert_upper(place, 0, address as i64),
            elf::R_RISCV_LO12_I => insert_i(place, 0, address as i64),
            elf::R_RISCV_LO12_S => insert_s(place, address as i64),
            elf::R_RISCV_BRANCH => {
                insert_parts(place, even(distance, 13)?, &[(12, 1, 31), (5, 6, 25), (1, 4, 8), (11, 1, 7)])
            }
            elf::R_RISCV_JAL => {
                insert_parts(place, even(distance, 21)?, &[(20, 1, 31), (1, 10, 21), (11, 1, 20), (12, 8, 12)])
            }
            _ => Err(Fault::Unsupported),
        }
    }
}

/// The value, if it is even and fits a signed number of so many bits.
fn even(value: i64, bits: u32) -> Result<u64, Fault> {
    if value % 2 == 0 { signed(value, bits) } else { Err(Fault::Misaligned(2)) }
}

/// Puts parts of a value into the instruction: from which bit, how many, to which bit.
fn insert_parts(place: &mut Place<'_>, value: u64, parts: &[(u32, u32, u32)]) -> Result<(), Fault> {
    for &(from, count, to) in parts {
        place.insert(0, ((1 << count) - 1) << to, ((value >> from) as u32) << to)?;
    }
    Ok(())
}

/// The upper 20 of 32 bits, in `lui` or `auipc`, rounded to what the lower twelve, which are signed, add to.
fn insert_upper(place: &mut Place<'_>, distance: isize, value: i64) -> Result<(), Fault> {
    let rounded = signed(value.wrapping_add(0x800), 32)?;
    place.insert(distance, 0xffff_f000, rounded as u32)
}

/// The lower twelve bits, in an instruction of type I.
fn insert_i(place: &mut Place<'_>, distance: isize, value: i64) -> Result<(), Fault> {
    place.insert(distance, 0xfff0_0000, (value as u32) << 20)
}

/// The lower twelve bits, in an instruction of type S.
fn insert_s(place: &mut Place<'_>, value: i64) -> Result<(), Fault> {
    insert_parts(place, value as u64, &[(5, 7, 25), (0, 5, 7)])
}
