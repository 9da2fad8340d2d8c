//! The format of object files, which the target decides.

use cranelift_codegen::isa::TargetIsa;
use object::write::{MachOBuildVersion, Object};
use object::{Architecture, BinaryFormat, Endianness, FileFlags, SectionKind, elf, macho};
use target_lexicon::{Architecture as Processor, BinaryFormat as TargetFormat, Environment, OperatingSystem, Triple};

use crate::{Error, Result};

/// The format for a target, if its objects can be written.
pub(crate) fn binary_format(triple: &Triple) -> Option<BinaryFormat> {
    match (triple.binary_format, triple.architecture) {
        // Images for UEFI are made of COFF objects, with other conventions of calls than code for Windows has here.
        _ if triple.operating_system == OperatingSystem::Uefi => None,
        // Freestanding targets have no format of their own.
        (TargetFormat::Elf | TargetFormat::Unknown, _) => Some(BinaryFormat::Elf),
        (TargetFormat::Coff, Processor::X86_64 | Processor::Aarch64(_)) => Some(BinaryFormat::Coff),
        (TargetFormat::Macho, Processor::X86_64 | Processor::Aarch64(_)) => {
            build_version(triple).map(|_| BinaryFormat::MachO)
        }
        _ => None,
    }
}

/// For which of Apple's systems a Mach-O object is, from which version on: the one that a triple names, or the first that every
/// processor of the kind can have. `None` for another system.
fn build_version(triple: &Triple) -> Option<MachOBuildVersion> {
    let simulated = triple.environment == Environment::Sim || triple.architecture == Processor::X86_64;
    let (platform, oldest, named) = match triple.operating_system {
        OperatingSystem::Darwin(_) => (macho::PLATFORM_MACOS, 11, None),
        OperatingSystem::MacOSX(version) => (macho::PLATFORM_MACOS, 11, version),
        OperatingSystem::IOS(version) if triple.environment == Environment::Macabi => {
            (macho::PLATFORM_MACCATALYST, 14, version)
        }
        OperatingSystem::IOS(version) if simulated => (macho::PLATFORM_IOSSIMULATOR, 14, version),
        OperatingSystem::IOS(version) => (macho::PLATFORM_IOS, 14, version),
        OperatingSystem::TvOS(version) if simulated => (macho::PLATFORM_TVOSSIMULATOR, 14, version),
        OperatingSystem::TvOS(version) => (macho::PLATFORM_TVOS, 14, version),
        OperatingSystem::WatchOS(version) if simulated => (macho::PLATFORM_WATCHOSSIMULATOR, 7, version),
        OperatingSystem::WatchOS(version) => (macho::PLATFORM_WATCHOS, 26, version),
        OperatingSystem::VisionOS(version) | OperatingSystem::XROS(version) if simulated => {
            (macho::PLATFORM_XROSSIMULATOR, 1, version)
        }
        OperatingSystem::VisionOS(version) | OperatingSystem::XROS(version) => (macho::PLATFORM_XROS, 1, version),
        _ => return None,
    };
    let version = named.map_or((oldest, 0, 0), |version| (u32::from(version.major), version.minor, version.patch));
    let mut build = MachOBuildVersion::default();
    build.platform = platform;
    // Mach-O's form of it: 16 bits, 8 and 8.
    build.minos = macho::Version(version.0 << 16 | u32::from(version.1) << 8 | u32::from(version.2));
    build.sdk = build.minos;
    Some(build)
}

/// Segment and name of a section that has the name of ELF's: in Mach-O, names have 16 bytes, and those of Apple's tools
/// begin in this way.
pub(super) fn section_name(format: BinaryFormat, name: &str, kind: SectionKind) -> (Vec<u8>, Vec<u8>) {
    if format != BinaryFormat::MachO {
        return (Vec::new(), name.into());
    }
    let segment = if kind == SectionKind::Debug { "__DWARF" } else { "__TEXT" };
    let mut name = name.replace('.', "_");
    name.insert(0, '_');
    name.truncate(16);
    (segment.into(), name.into())
}

/// An empty object file for a target.
pub(super) fn new_object(isa: &dyn TargetIsa, triple: &Triple) -> Result<Object<'static>> {
    let architecture = match triple.architecture {
        Processor::X86_64 => Some(Architecture::X86_64),
        Processor::Aarch64(_) => Some(Architecture::Aarch64),
        Processor::Riscv64(_) => Some(Architecture::Riscv64),
        Processor::S390x => Some(Architecture::S390x),
        Processor::Arm(_) => Some(Architecture::Arm),
        Processor::X86_32(_) => Some(Architecture::I386),
        Processor::Riscv32(_) => Some(Architecture::Riscv32),
        Processor::Mips32(_) => Some(Architecture::Mips),
        Processor::LoongArch64 => Some(Architecture::LoongArch64),
        Processor::Powerpc64le => Some(Architecture::PowerPc64),
        _ => None,
    };
    let (Some(format), Some(architecture)) = (binary_format(triple), architecture) else {
        return Err(Error::Unsupported {
            what: format!("object files for the target {triple}; `wasmc targets` lists what there is"),
            offset: None,
        });
    };
    let mut object = Object::new(format, architecture, endianness(isa));
    let e_flags = match architecture {
        // RISC-V ABIs Specification, "File Header": compressed instructions, doubles in registers.
        Architecture::Riscv64 | Architecture::Riscv32 => elf::EF_RISCV_RVC | elf::EF_RISCV_FLOAT_ABI_DOUBLE,
        // ELF for the Arm Architecture 5.2: version 5 of the ABI, floating-point arguments in registers.
        Architecture::Arm => elf::FileFlags(elf::EF_ARM_EABI_VER5.0 | elf::EF_ARM_ABI_FLOAT_HARD),
        // 64-Bit ELF V2 ABI Specification for Power, 3.1.1: version 2 of the ABI.
        Architecture::PowerPc64 => elf::FileFlags(2),
        // ELF for the LoongArch Architecture, "e_flags": doubles in registers, version 1 of the relocations.
        Architecture::LoongArch64 => elf::FileFlags(0x43),
        // System V ABI, MIPS RISC Processor Supplement, 4.1: position-independent, called by such; o32, MIPS32 release 2.
        Architecture::Mips => elf::FileFlags(0x7000_1007),
        _ => elf::FileFlags(0),
    };
    if e_flags != elf::FileFlags(0) {
        object.flags = FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
    }
    if format == BinaryFormat::MachO
        && let Some(version) = build_version(triple)
    {
        object.set_macho_build_version(version);
    }
    Ok(object)
}

/// The order of bytes in it.
pub(super) fn endianness(isa: &dyn TargetIsa) -> Endianness {
    match isa.endianness() {
        cranelift_codegen::ir::Endianness::Little => Endianness::Little,
        cranelift_codegen::ir::Endianness::Big => Endianness::Big,
    }
}
