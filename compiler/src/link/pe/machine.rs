//! What processors decide: relocations, entries of the function table, jumps to functions of Windows (PE Format, "Type Indicators").

use object::pe::{self, RelocationType};

/// A processor that Windows runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    X86_64,
    Aarch64,
}

/// How a place is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address of 64 bits, which Windows moves.
    Address,
    /// The distance from the start of the image, 32 bits.
    ImageOffset,
    /// The distance from the start of the executable's section, 32 bits.
    SectionOffset,
    /// The distance from so many bytes behind the place, 32 bits.
    Distance(u64),
    /// The distance in a jump or call, in instructions: so many bits from this one on.
    Branch {
        low: u32,
        width: u32,
    },
    /// The distance in pages, or in bytes, in `adrp` or `adr`.
    Page,
    Near,
    /// The place in the page, in an addition.
    PageOffset,
    /// The same, in a load or store: in units of what that moves.
    PageOffsetScaled,
}

/// The bytes of a page, as `adrp` has them.
const PAGE: u64 = 4096;

impl Machine {
    /// The one of an object or image with this number.
    pub fn of(number: pe::Machine) -> Option<Machine> {
        [Machine::X86_64, Machine::Aarch64].into_iter().find(|machine| machine.number() == number)
    }

    /// The number in headers.
    pub fn number(self) -> pe::Machine {
        match self {
            Machine::X86_64 => pe::IMAGE_FILE_MACHINE_AMD64,
            Machine::Aarch64 => pe::IMAGE_FILE_MACHINE_ARM64,
        }
    }

    /// Between pieces of code: `int3`, or `udf`.
    pub fn filler(self) -> u8 {
        match self {
            Machine::X86_64 => 0xcc,
            Machine::Aarch64 => 0,
        }
    }

    /// What a relocation means. `None` for those that are not supported.
    pub fn kind(self, number: RelocationType) -> Option<Kind> {
        Some(match self {
            Machine::X86_64 => match number {
                pe::IMAGE_REL_AMD64_ADDR64 => Kind::Address,
                pe::IMAGE_REL_AMD64_ADDR32NB => Kind::ImageOffset,
                pe::IMAGE_REL_AMD64_SECREL => Kind::SectionOffset,
                pe::IMAGE_REL_AMD64_REL32
                | pe::IMAGE_REL_AMD64_REL32_1
                | pe::IMAGE_REL_AMD64_REL32_2
                | pe::IMAGE_REL_AMD64_REL32_3
                | pe::IMAGE_REL_AMD64_REL32_4
                // So many bytes of the instruction are behind the place.
                | pe::IMAGE_REL_AMD64_REL32_5 => Kind::Distance(4 + u64::from(number.0 - pe::IMAGE_REL_AMD64_REL32.0)),
                _ => return None,
            },
            Machine::Aarch64 => match number {
                pe::IMAGE_REL_ARM64_ADDR64 => Kind::Address,
                pe::IMAGE_REL_ARM64_ADDR32NB => Kind::ImageOffset,
                pe::IMAGE_REL_ARM64_SECREL => Kind::SectionOffset,
                pe::IMAGE_REL_ARM64_REL32 => Kind::Distance(4),
                pe::IMAGE_REL_ARM64_BRANCH26 => Kind::Branch { low: 0, width: 26 },
                pe::IMAGE_REL_ARM64_BRANCH19 => Kind::Branch { low: 5, width: 19 },
                pe::IMAGE_REL_ARM64_BRANCH14 => Kind::Branch { low: 5, width: 14 },
                pe::IMAGE_REL_ARM64_PAGEBASE_REL21 => Kind::Page,
                pe::IMAGE_REL_ARM64_REL21 => Kind::Near,
                pe::IMAGE_REL_ARM64_PAGEOFFSET_12A => Kind::PageOffset,
                pe::IMAGE_REL_ARM64_PAGEOFFSET_12L => Kind::PageOffsetScaled,
                _ => return None,
            },
        })
    }

    /// Words of 32 bits in an entry of the function table: first byte, the one behind the last on x86-64 alone, and how to unwind,
    /// which may be bits instead of an address on AArch64.
    pub fn function_words(self) -> usize {
        match self {
            Machine::X86_64 => 3,
            Machine::Aarch64 => 2,
        }
    }

    /// Bytes of the code that jumps to a function of Windows.
    pub fn thunk_size(self) -> u64 {
        match self {
            Machine::X86_64 => 8,
            Machine::Aarch64 => 16,
        }
    }

    /// The code that jumps to the function whose address is at `slot`. `None` where that is too far away.
    pub fn thunk(self, here: u64, slot: u64) -> Option<Vec<u8>> {
        let distance = slot.wrapping_sub(here) as i64;
        match self {
            // jmp *distance(%rip), from behind its six bytes.
            Machine::X86_64 => {
                let distance = i32::try_from(distance.wrapping_sub(6)).ok()?.to_le_bytes();
                Some([&[0xff, 0x25][..], &distance, &[self.filler(); 2]].concat())
            }
            // adrp x16, slot; ldr x16, [x16, slot in its page]; br x16
            Machine::Aarch64 => {
                let mut words = [0x9000_0010_u32, 0xf940_0210, 0xd61f_0200, 0].map(u32::to_le_bytes);
                Kind::Page.apply(&mut words[0], slot, 0, here)?;
                Kind::PageOffsetScaled.apply(&mut words[1], slot, 0, here + 4)?;
                Some(words.concat())
            }
        }
    }
}

impl Kind {
    /// Whether the place is in an instruction.
    fn instruction_addend(self, word: u32) -> i64 {
        let bits = |low: u32, width: u32| i64::from(word >> low & ((1 << width) - 1));
        match self {
            Kind::Branch { low, width } => signed(bits(low, width), width) * 4,
            // In bytes, in either.
            Kind::Page | Kind::Near => signed(bits(5, 19) << 2 | bits(29, 2), 21),
            Kind::PageOffset => bits(10, 12),
            Kind::PageOffsetScaled => bits(10, 12) << scale(word),
            _ => i64::from(word as i32),
        }
    }

    /// Fills 32 bits at `place`, an address, with `target` and what stands there already. The number is one of bytes counted from
    /// `base`: of the image or of a section. `None` where there is no room for it.
    pub fn apply(self, bytes: &mut [u8; 4], target: u64, base: u64, place: u64) -> Option<()> {
        let word = u32::from_le_bytes(*bytes);
        let target = target.wrapping_add_signed(self.instruction_addend(word));
        let distance = target.wrapping_sub(place) as i64;
        let filled = match self {
            Kind::Address => return None,
            Kind::ImageOffset | Kind::SectionOffset => i32::try_from(target.wrapping_sub(base) as i64).ok()? as u32,
            Kind::Distance(behind) => i32::try_from(distance.wrapping_sub(behind as i64)).ok()? as u32,
            Kind::Branch { low, width } => insert(word, low, width, fits(exact(distance, 2)?, width)?),
            Kind::Page => {
                let pages = (target & !(PAGE - 1)).wrapping_sub(place & !(PAGE - 1)) as i64 >> 12;
                insert_adr(word, fits(pages, 21)?)
            }
            Kind::Near => insert_adr(word, fits(distance, 21)?),
            Kind::PageOffset => insert(word, 10, 12, (target & (PAGE - 1)) as u32),
            Kind::PageOffsetScaled => insert(word, 10, 12, exact((target & (PAGE - 1)) as i64, scale(word))? as u32),
        };
        *bytes = filled.to_le_bytes();
        Some(())
    }
}

/// A number of so many bits.
fn signed(bits: i64, width: u32) -> i64 {
    bits << (64 - width) >> (64 - width)
}

/// The bits of a number, if there are no more.
fn fits(number: i64, width: u32) -> Option<u32> {
    (signed(number, width) == number).then_some(number as u32)
}

/// The number in units of a power of two.
fn exact(number: i64, shift: u32) -> Option<i64> {
    (number & ((1 << shift) - 1) == 0).then_some(number >> shift)
}

/// The power of two of the bytes that a load or store moves (Arm Architecture Reference Manual, "Load/store register
/// (unsigned immediate)"): of a vector's 16, two bits are elsewhere.
fn scale(word: u32) -> u32 {
    let is_vector = word & 0x0480_0000 == 0x0480_0000;
    if is_vector { 4 } else { word >> 30 }
}

fn insert(word: u32, low: u32, width: u32, bits: u32) -> u32 {
    let mask = ((1 << width) - 1) << low;
    word & !mask | bits << low & mask
}

/// The operand of `adr` and `adrp`: two bits at 29, nineteen at 5.
fn insert_adr(word: u32, bits: u32) -> u32 {
    insert(insert(word, 29, 2, bits), 5, 19, bits >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(kind: Kind, word: u32, target: u64, place: u64) -> Option<u32> {
        let mut bytes = word.to_le_bytes();
        kind.apply(&mut bytes, target, 0, place)?;
        Some(u32::from_le_bytes(bytes))
    }

    #[test]
    fn instructions_of_aarch64_are_filled() {
        let call = Kind::Branch { low: 0, width: 26 };
        assert_eq!(filled(call, 0x9400_0000, 0x1000, 0x1010), Some(0x97ff_fffc));
        // With an addend of two instructions.
        assert_eq!(filled(call, 0x9400_0002, 0x1000, 0x1010), Some(0x97ff_fffe));
        assert_eq!(filled(call, 0x9400_0000, 0x1001, 0x1010), None);
        assert_eq!(filled(call, 0x9400_0000, 1 << 27, 0), None);
        assert_eq!(filled(call, 0x9400_0000, (1 << 27) - 4, 0), Some(0x95ff_ffff));
        // adrp x0, five pages on; with an addend of 4096 bytes, six.
        assert_eq!(filled(Kind::Page, 0x9000_0000, 0x6123, 0x1ffc), Some(0xb000_0020));
        assert_eq!(filled(Kind::Page, 0x9000_8000, 0x6123, 0x1ffc), Some(0xd000_0020));
        assert_eq!(filled(Kind::PageOffset, 0x9100_0000, 0x6123, 0), Some(0x9104_8c00));
        // ldr x0, ldr q0, and what is not aligned.
        assert_eq!(filled(Kind::PageOffsetScaled, 0xf940_0000, 0x6120, 0), Some(0xf940_9000));
        assert_eq!(filled(Kind::PageOffsetScaled, 0x3dc0_0000, 0x6120, 0), Some(0x3dc0_4800));
        assert_eq!(filled(Kind::PageOffsetScaled, 0xf940_0000, 0x6123, 0), None);
    }

    #[test]
    fn a_jump_goes_through_the_slot() {
        let bytes = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
        let expected = bytes([0xb000_0010, 0xf940_0610, 0xd61f_0200, 0]);
        assert_eq!(Machine::Aarch64.thunk(0x1000, 0x2008), Some(expected));
        assert_eq!(Machine::X86_64.thunk(0x1000, 0x2008), Some(vec![0xff, 0x25, 2, 0x10, 0, 0, 0xcc, 0xcc]));
    }
}
