//! What architectures decide: which relocations there are, what each needs, and how it changes the bytes.

mod aarch64;
mod arm;
mod i386;
mod loongarch64;
mod mips;
mod powerpc64;
mod riscv;
mod s390x;
mod x86_64;

pub(super) use mips::GLOBAL_POINTER;
pub(super) use powerpc64::TABLE_OF_CONTENTS;

use super::width::Width;
use object::{Endianness, elf};

/// An architecture. Nothing outside its file knows the numbers of its relocations.
pub(super) trait Machine: Sync {
    /// `e_machine`.
    fn number(&self) -> elf::Machine;

    /// The byte order of data.
    fn endian(&self) -> Endianness {
        Endianness::Little
    }

    /// The class of its files.
    fn width(&self) -> Width {
        Width::Wide
    }

    /// The largest page size that a kernel for it may use: segments with different permissions share no such page.
    fn page_size(&self) -> u64;

    /// The dynamic relocation "add the load address": its type.
    fn relative(&self) -> elf::RelocationType;

    /// The addend that stands in the bytes at a relocation's place, where relocations have none of their own.
    fn addend(&self, _kind: elf::RelocationType, _field: [u8; 4]) -> i64 {
        0
    }

    /// Fills gaps between pieces of code: an instruction that traps, or zeros.
    fn code_filler(&self) -> u8 {
        0
    }

    /// Whether the relocation's symbol is an instruction, with whose relocation, a [first half](Self::is_first_half), it has
    /// the value and the place in common.
    fn is_second_half(&self, _kind: elf::RelocationType) -> bool {
        false
    }

    /// Whether a [second half](Self::is_second_half) may refer to the relocation.
    fn is_first_half(&self, _kind: elf::RelocationType) -> bool {
        false
    }

    /// What a relocation in a section that is loaded needs besides the place it changes.
    ///
    /// `site` holds the section's bytes before any relocation; `at` is the relocation's offset in it.
    fn need(&self, kind: elf::RelocationType, site: &[u8], at: usize, target: TargetKind) -> Result<Need, Fault>;

    /// Changes the bytes at a place. `values.slot` is there exactly where `need` said [`Need::Slot`].
    fn apply(&self, kind: elf::RelocationType, place: &mut Place<'_>, values: &Values) -> Result<(), Fault>;
}

/// The architectures that can be linked.
static MACHINES: [&dyn Machine; 11] = [
    &x86_64::X86_64,
    &aarch64::Aarch64,
    &riscv::Riscv(Width::Wide),
    &riscv::Riscv(Width::Narrow),
    &s390x::S390x,
    &arm::Arm,
    &i386::I386,
    &powerpc64::PowerPc64,
    &loongarch64::LoongArch64,
    &mips::Mips(Endianness::Big),
    &mips::Mips(Endianness::Little),
];

/// The architecture of this number, byte order and class.
pub(super) fn machine(number: elf::Machine, endian: Endianness, width: Width) -> Option<&'static dyn Machine> {
    let is_it =
        |machine: &dyn Machine| (machine.number(), machine.endian(), machine.width()) == (number, endian, width);
    MACHINES.iter().copied().find(|&machine| is_it(machine))
}

/// No relocation changes bytes further than this before its offset.
pub(super) const REACH_BEFORE: usize = 8;
/// No relocation changes bytes this far from its offset, or further.
pub(super) const REACH_AFTER: usize = 16;

/// What a relocation refers to, as far as it decides the relocation's needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    /// An address in the program, which moves with it.
    Address,
    /// A number.
    Absolute,
    /// Nothing: a weak symbol that nobody defines.
    WeakUndefined,
}

/// What a relocation needs besides the place it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// A word in the global offset table with the symbol's address.
    Slot,
    /// The place is a word that holds an address: where it moves with the program, the start code must add
    /// the load address to it.
    Word,
}

/// What a relocation computes with (gABI 4, "Relocation").
#[derive(Clone, Copy, Debug)]
pub(super) struct Values {
    /// The symbol's value (S).
    pub symbol: u64,
    /// The addend (A).
    pub addend: i64,
    /// The address of the place (P).
    pub place: u64,
    /// The symbol's size (Z).
    pub size: u64,
    /// The symbol's `st_other`.
    pub other: u8,
    /// The address of the symbol's slot in the global offset table (GOT + G).
    pub slot: Option<u64>,
    /// The address of the global offset table (GOT).
    pub table: u64,
}

impl Values {
    /// S + A.
    pub fn address(&self) -> u64 {
        self.symbol.wrapping_add_signed(self.addend)
    }

    /// S + A − P.
    pub fn distance(&self) -> i64 {
        self.address().wrapping_sub(self.place) as i64
    }

    /// The slot's address + A.
    pub fn slot_address(&self) -> Result<u64, Fault> {
        Ok(self.slot.ok_or(Fault::Unsupported)?.wrapping_add_signed(self.addend))
    }

    /// The slot's address + A − P.
    pub fn slot_distance(&self) -> Result<i64, Fault> {
        Ok(self.slot_address()?.wrapping_sub(self.place) as i64)
    }
}

/// The bytes that a relocation changes.
pub(super) struct Place<'b> {
    /// Bytes of the section, as many as relocations at `at` reach.
    pub section: &'b mut [u8],
    /// Where in them the relocation's offset is.
    pub at: usize,
    /// The byte order of data.
    pub endian: Endianness,
}

impl Place<'_> {
    /// The `N` bytes from `distance` on, seen from the relocation's offset.
    fn field<const N: usize>(&mut self, distance: isize) -> Result<&mut [u8; N], Fault> {
        let start = self.at.checked_add_signed(distance);
        let bytes = start.and_then(|start| self.section.get_mut(start..)?.first_chunk_mut());
        bytes.ok_or(Fault::OutsideSection)
    }

    /// Writes the low `N` bytes (1, 2, 4 or 8) of a value.
    fn put<const N: usize>(&mut self, value: u64) -> Result<(), Fault> {
        let endian = self.endian;
        let field = self.field::<N>(0)?;
        match endian {
            Endianness::Little => field.copy_from_slice(&value.to_le_bytes()[..N]),
            Endianness::Big => field.copy_from_slice(&value.to_be_bytes()[8 - N..]),
        }
        Ok(())
    }

    /// Replaces the little-endian number of `N` bytes (1, 2, 4 or 8).
    fn change<const N: usize>(&mut self, new: impl Fn(u64) -> u64) -> Result<(), Fault> {
        let field = self.field::<N>(0)?;
        let mut old = [0; 8];
        old[..N].copy_from_slice(field);
        self.put::<N>(new(u64::from_le_bytes(old)))
    }

    /// Replaces the bits that `mask` has of the little-endian instruction `distance` bytes from the place.
    fn insert(&mut self, distance: isize, mask: u32, bits: u32) -> Result<(), Fault> {
        let bytes = self.field::<4>(distance)?;
        *bytes = (u32::from_le_bytes(*bytes) & !mask | bits & mask).to_le_bytes();
        Ok(())
    }
}

/// Why a relocation cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// This linker does not know the type.
    Unsupported,
    /// Thread-local storage.
    ThreadLocal,
    /// It wants an address that is known now, but the program is loaded anywhere.
    NotPositionIndependent,
    /// The distance to an absolute address is not known now.
    DistanceToAbsolute,
    /// The value does not fit its field.
    Overflow {
        /// The value.
        value: i64,
        /// Width of the field.
        bits: u32,
    },
    /// The value must be a multiple of this.
    Misaligned(u64),
    /// There is no relocation at the instruction that it refers to.
    NoFirstHalf,
    /// The place is not, or not wholly, in its section.
    OutsideSection,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Unsupported => write!(f, "this type of relocation is not supported"),
            Fault::ThreadLocal => write!(f, "thread-local storage is not supported"),
            Fault::NotPositionIndependent => {
                write!(f, "it needs an absolute address, but the program is position-independent")
            }
            Fault::DistanceToAbsolute => write!(f, "the program's distance to an absolute address is not fixed"),
            Fault::Overflow { value, bits } => write!(f, "the value {value:#x} does not fit {bits} bits"),
            Fault::Misaligned(unit) => write!(f, "the value is not a multiple of {unit}"),
            Fault::NoFirstHalf => write!(f, "there is no relocation at the instruction that it refers to"),
            Fault::OutsideSection => write!(f, "it lies outside its section"),
        }
    }
}

/// The value, if it fits a signed field of so many bits.
fn signed(value: i64, bits: u32) -> Result<u64, Fault> {
    let limit = 1_i64 << (bits - 1);
    if (-limit..limit).contains(&value) { Ok(value as u64) } else { Err(Fault::Overflow { value, bits }) }
}

/// The value, if it fits an unsigned field of so many bits.
fn unsigned(value: u64, bits: u32) -> Result<u64, Fault> {
    if value >> bits == 0 { Ok(value) } else { Err(Fault::Overflow { value: value as i64, bits }) }
}

/// The value, if it fits a field of so many bits either signed or unsigned.
fn either(value: u64, bits: u32) -> Result<u64, Fault> {
    unsigned(value, bits).or_else(|_| signed(value as i64, bits))
}
