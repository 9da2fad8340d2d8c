//! x86-64: System V ABI, AMD64 supplement, 4.4 "Relocation" and B.2 "Optimize GOTPCRELX Relocations".

use super::{Fault, Machine, Need, Place, TargetKind, Values, either, signed, unsigned};
use object::elf;

/// The architecture.
pub(super) struct X86_64;

/// How a load from the global offset table becomes an instruction that needs no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relaxation {
    /// `mov slot(%rip), %reg` to `lea symbol(%rip), %reg`.
    Lea,
    /// `call *slot(%rip)` to `addr32 call symbol`.
    Call,
    /// `jmp *slot(%rip)` to `jmp symbol; nop`.
    Jump,
}

/// Whether the instruction around the field at `at` can do without the table.
fn relaxation(kind: elf::RelocationType, site: &[u8], at: usize) -> Option<Relaxation> {
    // Opcode and ModRM stand before the field; the prefix, if any, stays as it is.
    let [opcode, modrm] = *at.checked_sub(2).and_then(|start| site.get(start..at))?.first_chunk::<2>()?;
    let is_load = opcode == 0x8b && modrm & 0xc7 == 0x05;
    match kind {
        elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX | elf::R_X86_64_CODE_4_GOTPCRELX if is_load => {
            Some(Relaxation::Lea)
        }
        elf::R_X86_64_GOTPCRELX => match (opcode, modrm) {
            (0xff, 0x15) => Some(Relaxation::Call),
            (0xff, 0x25) => Some(Relaxation::Jump),
            _ => None,
        },
        _ => None,
    }
}

impl Machine for X86_64 {
    fn number(&self) -> elf::Machine {
        elf::EM_X86_64
    }

    fn page_size(&self) -> u64 {
        4096
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_X86_64_RELATIVE
    }

    fn code_filler(&self) -> u8 {
        0xcc // int3
    }

    fn need(&self, kind: elf::RelocationType, site: &[u8], at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_X86_64_NONE | elf::R_X86_64_SIZE32 | elf::R_X86_64_SIZE64 => Ok(Need::Nothing),
            elf::R_X86_64_GOTPC32 | elf::R_X86_64_GOTPC64 => Ok(Need::Nothing),
            elf::R_X86_64_64 => Ok(Need::Word),
            elf::R_X86_64_PC8
            | elf::R_X86_64_PC16
            | elf::R_X86_64_PC32
            | elf::R_X86_64_PC64
            | elf::R_X86_64_PLT32
            | elf::R_X86_64_GOTOFF64
            | elf::R_X86_64_PLTOFF64 => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_X86_64_8 | elf::R_X86_64_16 | elf::R_X86_64_32 | elf::R_X86_64_32S => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_X86_64_GOTPCREL
            | elf::R_X86_64_GOTPCREL64
            | elf::R_X86_64_GOT32
            | elf::R_X86_64_GOT64
            | elf::R_X86_64_GOTPLT64
            | elf::R_X86_64_GOTPCRELX
            | elf::R_X86_64_REX_GOTPCRELX
            | elf::R_X86_64_CODE_4_GOTPCRELX
            | elf::R_X86_64_CODE_5_GOTPCRELX
            | elf::R_X86_64_CODE_6_GOTPCRELX => {
                if target == TargetKind::Address && relaxation(kind, site, at).is_some() {
                    Ok(Need::Nothing)
                } else {
                    Ok(Need::Slot)
                }
            }
            elf::R_X86_64_DTPMOD64
            | elf::R_X86_64_DTPOFF64
            | elf::R_X86_64_TPOFF64
            | elf::R_X86_64_TLSGD
            | elf::R_X86_64_TLSLD
            | elf::R_X86_64_DTPOFF32
            | elf::R_X86_64_GOTTPOFF
            | elf::R_X86_64_TPOFF32
            | elf::R_X86_64_GOTPC32_TLSDESC
            | elf::R_X86_64_TLSDESC_CALL
            | elf::R_X86_64_TLSDESC => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let from_table = |address: u64| address.wrapping_sub(values.table) as i64;
        let size = values.size.wrapping_add_signed(values.addend);
        match kind {
            elf::R_X86_64_NONE => Ok(()),
            elf::R_X86_64_64 => place.put::<8>(values.address()),
            elf::R_X86_64_32 => place.put::<4>(unsigned(values.address(), 32)?),
            elf::R_X86_64_32S => place.put::<4>(signed(values.address() as i64, 32)?),
            elf::R_X86_64_16 => place.put::<2>(either(values.address(), 16)?),
            elf::R_X86_64_8 => place.put::<1>(either(values.address(), 8)?),
            elf::R_X86_64_PC64 => place.put::<8>(values.distance() as u64),
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => place.put::<4>(signed(values.distance(), 32)?),
            elf::R_X86_64_PC16 => place.put::<2>(signed(values.distance(), 16)?),
            elf::R_X86_64_PC8 => place.put::<1>(signed(values.distance(), 8)?),
            elf::R_X86_64_SIZE32 => place.put::<4>(unsigned(size, 32)?),
            elf::R_X86_64_SIZE64 => place.put::<8>(size),
            // There is no procedure linkage table: a function's entry in it is the function.
            elf::R_X86_64_GOTOFF64 | elf::R_X86_64_PLTOFF64 => place.put::<8>(from_table(values.address()) as u64),
            elf::R_X86_64_GOTPC32 | elf::R_X86_64_GOTPC64 => {
                let distance = values.table.wrapping_add_signed(values.addend).wrapping_sub(values.place);
                match kind {
                    elf::R_X86_64_GOTPC32 => place.put::<4>(signed(distance as i64, 32)?),
                    _ => place.put::<8>(distance),
                }
            }
            elf::R_X86_64_GOT32 => place.put::<4>(signed(from_table(values.slot_address()?), 32)?),
            elf::R_X86_64_GOT64 | elf::R_X86_64_GOTPLT64 => place.put::<8>(from_table(values.slot_address()?) as u64),
            elf::R_X86_64_GOTPCREL64 => place.put::<8>(values.slot_distance()? as u64),
            elf::R_X86_64_GOTPCREL
            | elf::R_X86_64_GOTPCRELX
            | elf::R_X86_64_REX_GOTPCRELX
            | elf::R_X86_64_CODE_4_GOTPCRELX
            | elf::R_X86_64_CODE_5_GOTPCRELX
            | elf::R_X86_64_CODE_6_GOTPCRELX => {
                if values.slot.is_some() {
                    return place.put::<4>(signed(values.slot_distance()?, 32)?);
                }
                relax(kind, place, values)
            }
            _ => Err(Fault::Unsupported),
        }
    }
}

/// Turns the instruction around the field into one that computes or uses the symbol's address itself.
fn relax(kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
    let relaxation = relaxation(kind, place.section, place.at).ok_or(Fault::Unsupported)?;
    let distance = values.distance();
    match relaxation {
        Relaxation::Lea => {
            *place.field(-2)? = [0x8d];
            place.put::<4>(signed(distance, 32)?)
        }
        Relaxation::Call => {
            *place.field(-2)? = [0x67, 0xe8];
            place.put::<4>(signed(distance, 32)?)
        }
        Relaxation::Jump => {
            // One byte shorter, so the field moves down by one and a `nop` fills the end.
            let value = signed(distance.wrapping_add(1), 32)? as u32;
            *place.field(-2)? = [0xe9];
            *place.field(-1)? = value.to_le_bytes();
            *place.field(3)? = [0x90];
            Ok(())
        }
    }
}
