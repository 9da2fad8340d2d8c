//! LoongArch with 64 bits: ELF for the LoongArch Architecture, "Relocations". Nothing is relaxed: what assemblers say may be
//! made shorter stays as it is.

use super::{Fault, Machine, Need, Place, TargetKind, Values, either, signed};
use object::elf;

/// The architecture.
pub(super) struct LoongArch64;

impl Machine for LoongArch64 {
    fn number(&self) -> elf::Machine {
        elf::EM_LOONGARCH
    }

    fn page_size(&self) -> u64 {
        0x1_0000
    }

    fn relative(&self) -> elf::RelocationType {
        elf::R_LARCH_RELATIVE
    }

    fn need(&self, kind: elf::RelocationType, _site: &[u8], _at: usize, target: TargetKind) -> Result<Need, Fault> {
        match kind {
            elf::R_LARCH_NONE | elf::R_LARCH_RELAX => Ok(Need::Nothing),
            elf::R_LARCH_64 => Ok(Need::Word),
            elf::R_LARCH_32 | elf::R_LARCH_ABS_HI20 | elf::R_LARCH_ABS_LO12 => match target {
                TargetKind::Address => Err(Fault::NotPositionIndependent),
                TargetKind::Absolute | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            elf::R_LARCH_B16
            | elf::R_LARCH_B21
            | elf::R_LARCH_B26
            | elf::R_LARCH_CALL36
            | elf::R_LARCH_PCALA_HI20
            | elf::R_LARCH_PCALA_LO12
            | elf::R_LARCH_PCREL20_S2
            | elf::R_LARCH_32_PCREL
            | elf::R_LARCH_64_PCREL => match target {
                TargetKind::Absolute => Err(Fault::DistanceToAbsolute),
                TargetKind::Address | TargetKind::WeakUndefined => Ok(Need::Nothing),
            },
            // Two at one place make the difference of two addresses.
            elf::R_LARCH_ADD8
            | elf::R_LARCH_ADD16
            | elf::R_LARCH_ADD32
            | elf::R_LARCH_ADD64
            | elf::R_LARCH_SUB8
            | elf::R_LARCH_SUB16
            | elf::R_LARCH_SUB32
            | elf::R_LARCH_SUB64 => Ok(Need::Nothing),
            elf::R_LARCH_GOT_PC_HI20 | elf::R_LARCH_GOT_PC_LO12 => Ok(Need::Slot),
            elf::RelocationType(6..=11 | 13 | 14 | 83..=98 | 111..=126) => Err(Fault::ThreadLocal),
            _ => Err(Fault::Unsupported),
        }
    }

    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault> {
        let address = values.address();
        // A call of a weak symbol that nobody defines goes to the next instruction.
        let distance = |behind: i64| if values.symbol == 0 { behind } else { values.distance() };
        match kind {
            elf::R_LARCH_NONE | elf::R_LARCH_RELAX => Ok(()),
            elf::R_LARCH_64 => place.put::<8>(address),
            elf::R_LARCH_32 => place.put::<4>(either(address, 32)?),
            elf::R_LARCH_32_PCREL => place.put::<4>(signed(values.distance(), 32)?),
            elf::R_LARCH_64_PCREL => place.put::<8>(values.distance() as u64),
            elf::R_LARCH_ADD8 => place.change::<1>(|old| old.wrapping_add(address)),
            elf::R_LARCH_ADD16 => place.change::<2>(|old| old.wrapping_add(address)),
            elf::R_LARCH_ADD32 => place.change::<4>(|old| old.wrapping_add(address)),
            elf::R_LARCH_ADD64 => place.change::<8>(|old| old.wrapping_add(address)),
            elf::R_LARCH_SUB8 => place.change::<1>(|old| old.wrapping_sub(address)),
            elf::R_LARCH_SUB16 => place.change::<2>(|old| old.wrapping_sub(address)),
            elf::R_LARCH_SUB32 => place.change::<4>(|old| old.wrapping_sub(address)),
            elf::R_LARCH_SUB64 => place.change::<8>(|old| old.wrapping_sub(address)),
            elf::R_LARCH_B16 => place.insert(0, 0x03ff_fc00, words(values.distance(), 18)? << 10),
            elf::R_LARCH_B21 => {
                let words = words(values.distance(), 23)?;
                place.insert(0, 0x03ff_fc1f, words << 10 | words >> 16 & 0x1f)
            }
            elf::R_LARCH_B26 => {
                let words = words(distance(4), 28)?;
                place.insert(0, 0x03ff_ffff, words << 10 & 0x03ff_fc00 | words >> 16 & 0x3ff)
            }
            elf::R_LARCH_CALL36 => {
                // `pcaddu18i` and `jirl`, whose part is signed.
                let distance = distance(8);
                let upper = signed(distance.wrapping_add(0x2_0000), 38)? >> 18;
                place.insert(0, 0x01ff_ffe0, (upper as u32) << 5)?;
                place.insert(4, 0x03ff_fc00, words(distance, 38)? << 10)
            }
            elf::R_LARCH_PCREL20_S2 => place.insert(0, 0x01ff_ffe0, words(values.distance(), 22)? << 5),
            elf::R_LARCH_PCALA_HI20 => insert_upper(place, address, values.place),
            elf::R_LARCH_GOT_PC_HI20 => insert_upper(place, values.slot_address()?, values.place),
            elf::R_LARCH_PCALA_LO12 | elf::R_LARCH_ABS_LO12 => insert_lower(place, address),
            elf::R_LARCH_GOT_PC_LO12 => insert_lower(place, values.slot_address()?),
            elf::R_LARCH_ABS_HI20 => place.insert(0, 0x01ff_ffe0, (address >> 12 << 5) as u32),
            _ => Err(Fault::Unsupported),
        }
    }
}

/// A distance in instructions, if it has no more than so many bits in bytes.
fn words(distance: i64, bits: u32) -> Result<u32, Fault> {
    if distance % 4 != 0 {
        return Err(Fault::Misaligned(4));
    }
    Ok((signed(distance, bits)? as i64 >> 2) as u32)
}

/// How many pages it is from the instruction's to the address's, in `pcalau12i`, rounded to what the lower twelve bits,
/// which are signed, add to.
fn insert_upper(place: &mut Place<'_>, address: u64, at: u64) -> Result<(), Fault> {
    let pages = (address.wrapping_add(0x800) & !0xfff).wrapping_sub(at & !0xfff) as i64;
    place.insert(0, 0x01ff_ffe0, (signed(pages, 32)? >> 12 << 5) as u32)
}

/// The lower twelve bits of an address.
fn insert_lower(place: &mut Place<'_>, address: u64) -> Result<(), Fault> {
    place.insert(0, 0x003f_fc00, (address << 10) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::Endianness;

    const PLACE: u64 = 0x1000_0000;

    /// Two instructions after relocation; the symbol, or its slot, is at `address`.
    fn applied(kind: elf::RelocationType, first: u32, address: u64) -> Result<[u32; 2], Fault> {
        let mut bytes = [first.to_le_bytes(), 0x4c00_0021_u32.to_le_bytes()].concat();
        let values =
            Values { symbol: address, addend: 0, place: PLACE, size: 0, other: 0, slot: Some(address), table: 0 };
        let mut place = Place { section: &mut bytes, at: 0, endian: Endianness::Little };
        LoongArch64.apply(kind, &mut place, &values)?;
        Ok([0, 4].map(|at| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap())))
    }

    #[test]
    fn instructions_are_encoded_as_by_the_assembler() {
        for (kind, before, distance, after) in [
            (elf::R_LARCH_B26, 0x5400_0000, 0x400, 0x5404_0000),  // bl .+0x400
            (elf::R_LARCH_B26, 0x5400_0000, -0x400, 0x57fc_03ff), // bl .-0x400
            (elf::R_LARCH_B16, 0x5800_0085, -0x400, 0x5bfc_0085), // beq a0, a1, .-0x400
            (elf::R_LARCH_B21, 0x4000_0080, -0x400, 0x43fc_009f), // beqz a0, .-0x400
            (elf::R_LARCH_PCREL20_S2, 0x1800_0004, 0x400, 0x1800_2004), // pcaddi a0, 256
            (elf::R_LARCH_PCALA_HI20, 0x1a00_0004, 0x1234_5678, 0x1a24_68a4), // pcalau12i a0, 0x12345
            (elf::R_LARCH_PCALA_HI20, 0x1a00_0004, 0x1234_5878, 0x1a24_68c4), // the lower part is negative
            (elf::R_LARCH_GOT_PC_LO12, 0x28c0_0084, 0x678, 0x28d9_e084), // ld.d a0, a0, 0x678
        ] {
            let address = PLACE.wrapping_add_signed(distance);
            let found = applied(kind, before, address).map(|[first, _]| first);
            assert_eq!(found, Ok(after), "{kind:?}, {distance:#x}: {:#x}", found.unwrap_or_default());
        }
    }

    #[test]
    fn far_calls_are_two_instructions() {
        // pcaddu18i ra, 0; jirl ra, ra, 0
        assert_eq!(applied(elf::R_LARCH_CALL36, 0x1e00_0001, PLACE + 0x40_0004), Ok([0x1e00_0201, 0x4c00_0421]));
        assert_eq!(applied(elf::R_LARCH_CALL36, 0x1e00_0001, PLACE + 0x3_fffc), Ok([0x1e00_0021, 0x4fff_fc21]));
        assert_eq!(applied(elf::R_LARCH_CALL36, 0x1e00_0001, PLACE + 2), Err(Fault::Misaligned(4)));
        assert!(matches!(applied(elf::R_LARCH_B26, 0, PLACE + (1 << 27)), Err(Fault::Overflow { .. })));
    }
}
