//! How to unwind from each instruction of a function: what each system's debuggers and profilers read.

mod windows;
mod x86_64;

use cranelift_codegen::CompiledCode;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::{UnwindInfo, systemv};
use gimli::write::{Address, CallFrameInstruction, FrameDescriptionEntry};
use target_lexicon::{Architecture, OperatingSystem};

/// How to unwind from a function.
pub(crate) enum Unwind {
    /// DWARF, for processors that this folder does not know: as Cranelift has it, which leaves out the epilogues.
    Cranelift(systemv::UnwindInfo),
    /// DWARF: length of the code in bytes; instructions, and the offsets in the code from which they hold.
    Own(u32, Vec<(u32, CallFrameInstruction)>),
    /// Windows: length of the code in bytes; an `UNWIND_INFO`.
    Windows(u32, Vec<u8>),
}

impl Unwind {
    /// Describes a function. `None` where the target has no unwinding.
    ///
    /// # Errors
    /// Cranelift's, in words.
    pub fn of(compiled: &CompiledCode, isa: &dyn TargetIsa) -> Result<Option<Unwind>, String> {
        let (code, directions) = (compiled.code_buffer(), &compiled.buffer.unwind_info);
        let length = code.len() as u32;
        match isa.triple().architecture {
            Architecture::X86_64 if isa.triple().operating_system == OperatingSystem::Windows => {
                return Ok(Some(Unwind::Windows(length, windows::unwind_info(directions))));
            }
            Architecture::X86_64 => {
                let register = |register| isa.map_regalloc_reg_to_dwarf(register).map(gimli::Register);
                let rows = x86_64::rows(directions, code, |saved| register(saved).map_err(|error| error.to_string()))?;
                return Ok(Some(Unwind::Own(length, rows)));
            }
            _ => {}
        }
        match compiled.create_unwind_info(isa) {
            Ok(Some(UnwindInfo::SystemV(info))) => Ok(Some(Unwind::Cranelift(info))),
            Ok(_) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The DWARF description for the function at an address; `None` where it has none.
    pub fn to_description(&self, address: Address) -> Option<FrameDescriptionEntry> {
        match self {
            Unwind::Cranelift(info) => Some(info.to_fde(address)),
            Unwind::Own(length, instructions) => {
                let mut description = FrameDescriptionEntry::new(address, *length);
                for (offset, instruction) in instructions {
                    description.add_instruction(*offset, instruction.clone());
                }
                Some(description)
            }
            Unwind::Windows(..) => None,
        }
    }
}
