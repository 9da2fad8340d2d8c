//! Relocations of Cranelift's as each processor writes them.

use cranelift_codegen::binemit::Reloc;
use object::{RelocationEncoding, RelocationFlags, RelocationKind, elf};

use crate::{Error, Result};

/// How a relocation stands in the object file.
pub(super) fn flags(kind: Reloc) -> Result<RelocationFlags> {
    Ok(match kind {
        Reloc::Abs8 => absolute(64),
        Reloc::X86PCRel4 => generic(RelocationKind::Relative, 32),
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => generic(RelocationKind::PltRelative, 32),
        // AArch64, ELF for the Arm 64-bit Architecture 5.7.
        Reloc::Arm64Call => RelocationFlags::Elf { r_type: elf::R_AARCH64_CALL26 },
        Reloc::Aarch64AdrPrelPgHi21 => RelocationFlags::Elf { r_type: elf::R_AARCH64_ADR_PREL_PG_HI21 },
        Reloc::Aarch64AddAbsLo12Nc => RelocationFlags::Elf { r_type: elf::R_AARCH64_ADD_ABS_LO12_NC },
        // RISC-V ABIs Specification, "Relocations".
        Reloc::RiscvCallPlt => RelocationFlags::Elf { r_type: elf::R_RISCV_CALL_PLT },
        Reloc::RiscvPCRelHi20 => RelocationFlags::Elf { r_type: elf::R_RISCV_PCREL_HI20 },
        Reloc::RiscvPCRelLo12I => RelocationFlags::Elf { r_type: elf::R_RISCV_PCREL_LO12_I },
        // ELF Application Binary Interface s390x Supplement, 3.2.
        Reloc::S390xPCRel32Dbl => RelocationFlags::Elf { r_type: elf::R_390_PC32DBL },
        Reloc::S390xPLTRel32Dbl => RelocationFlags::Elf { r_type: elf::R_390_PLT32DBL },
        other => return Err(Error::Limit(format!("relocation {other} cannot be written"))),
    })
}

/// An address in full.
pub(super) fn absolute(bits: u8) -> RelocationFlags {
    generic(RelocationKind::Absolute, bits)
}

/// The distance from the place to an address.
pub(super) fn relative(bits: u8) -> RelocationFlags {
    generic(RelocationKind::Relative, bits)
}

/// The distance from the start of the image to an address (PE).
pub(super) fn image_offset() -> RelocationFlags {
    generic(RelocationKind::ImageOffset, 32)
}

fn generic(kind: RelocationKind, size: u8) -> RelocationFlags {
    RelocationFlags::Generic { kind, encoding: RelocationEncoding::Generic, size }
}
