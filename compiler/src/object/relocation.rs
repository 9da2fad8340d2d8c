//! Relocations of Cranelift's as each processor writes them.

use cranelift_codegen::binemit::Reloc;
use object::{Architecture, BinaryFormat, RelocationEncoding, RelocationFlags, RelocationKind, elf, macho, pe};

use crate::{Error, Result};

/// Of wasmc's own: the distance in 32 bits, little-endian. No other linker knows it.
pub(crate) const MIPS_INTERPRETED: elf::RelocationType = elf::RelocationType(224);

/// How a relocation stands in an object file of this format.
pub(super) fn flags(kind: Reloc, format: BinaryFormat, architecture: Architecture) -> Result<RelocationFlags> {
    Ok(match kind {
        // `mach-o/arm64/reloc.h`.
        Reloc::Arm64Call if format == BinaryFormat::MachO => in_instruction(macho::ARM64_RELOC_BRANCH26, true),
        Reloc::Aarch64AdrPrelPgHi21 if format == BinaryFormat::MachO => in_instruction(macho::ARM64_RELOC_PAGE21, true),
        Reloc::Aarch64AddAbsLo12Nc if format == BinaryFormat::MachO => {
            in_instruction(macho::ARM64_RELOC_PAGEOFF12, false)
        }
        // PE Format, "ARM64 Processors".
        Reloc::Arm64Call if format == BinaryFormat::Coff => coff(pe::IMAGE_REL_ARM64_BRANCH26),
        Reloc::Aarch64AdrPrelPgHi21 if format == BinaryFormat::Coff => coff(pe::IMAGE_REL_ARM64_PAGEBASE_REL21),
        Reloc::Aarch64AddAbsLo12Nc if format == BinaryFormat::Coff => coff(pe::IMAGE_REL_ARM64_PAGEOFFSET_12A),
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
        // In the interpreter's instructions; ELF for the Arm Architecture 5.6.
        Reloc::PulleyPcRel if architecture == Architecture::Arm => RelocationFlags::Elf { r_type: elf::R_ARM_REL32 },
        // 64-Bit ELF V2 ABI Specification for Power 3.5.
        Reloc::PulleyPcRel if architecture == Architecture::PowerPc64 => {
            RelocationFlags::Elf { r_type: elf::R_PPC64_REL32 }
        }
        // Instructions of the interpreter are little-endian, for which MIPS has no type.
        Reloc::PulleyPcRel if architecture == Architecture::Mips => RelocationFlags::Elf { r_type: MIPS_INTERPRETED },
        Reloc::PulleyPcRel => generic(RelocationKind::Relative, 32),
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

/// The distance from the start of its section to an address (PE).
pub(super) fn section_offset() -> RelocationFlags {
    generic(RelocationKind::SectionOffset, 32)
}

/// An address of 64 bits to be taken away from that of the relocation behind it (`mach-o/reloc.h`).
pub(super) fn minus(architecture: Architecture) -> RelocationFlags {
    let r_type = match architecture {
        Architecture::X86_64 => macho::X86_64_RELOC_SUBTRACTOR,
        _ => macho::ARM64_RELOC_SUBTRACTOR,
    };
    RelocationFlags::MachO { r_type, r_pcrel: false, r_length: 3 }
}

fn coff(typ: pe::RelocationType) -> RelocationFlags {
    RelocationFlags::Coff { typ }
}

fn in_instruction(r_type: macho::RelocationType, r_pcrel: bool) -> RelocationFlags {
    RelocationFlags::MachO { r_type, r_pcrel, r_length: 2 }
}

fn generic(kind: RelocationKind, size: u8) -> RelocationFlags {
    RelocationFlags::Generic { kind, encoding: RelocationEncoding::Generic, size }
}
