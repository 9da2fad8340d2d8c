//! The format of object files, which the target decides.

use cranelift_codegen::isa::TargetIsa;
use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, FileFlags, elf};
use target_lexicon::{Architecture as Processor, BinaryFormat as TargetFormat, Triple};

use crate::{Error, Result};

/// The format for a target, if its objects can be written.
pub(crate) fn binary_format(triple: &Triple) -> Option<BinaryFormat> {
    match (triple.binary_format, triple.architecture) {
        // Freestanding targets have no format of their own.
        (TargetFormat::Elf | TargetFormat::Unknown, _) => Some(BinaryFormat::Elf),
        (TargetFormat::Coff, Processor::X86_64) => Some(BinaryFormat::Coff),
        _ => None,
    }
}

/// An empty object file for a target.
pub(super) fn new_object(isa: &dyn TargetIsa) -> Result<Object<'static>> {
    let triple = isa.triple();
    let architecture = match triple.architecture {
        Processor::X86_64 => Some(Architecture::X86_64),
        Processor::Aarch64(_) => Some(Architecture::Aarch64),
        Processor::Riscv64(_) => Some(Architecture::Riscv64),
        Processor::S390x => Some(Architecture::S390x),
        _ => None,
    };
    let (Some(format), Some(architecture)) = (binary_format(triple), architecture) else {
        return Err(Error::Unsupported {
            what: format!("object files for the target {triple}; `wasmc targets` lists what there is"),
            offset: None,
        });
    };
    let mut object = Object::new(format, architecture, endianness(isa));
    if architecture == Architecture::Riscv64 {
        // RISC-V ABIs Specification, "File Header": compressed instructions, doubles in registers.
        let e_flags = elf::EF_RISCV_RVC | elf::EF_RISCV_FLOAT_ABI_DOUBLE;
        object.flags = FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
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
