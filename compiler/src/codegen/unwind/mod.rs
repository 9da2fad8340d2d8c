//! How to unwind from each instruction of a function: what each system's debuggers and profilers read.

mod windows;
mod windows_arm64;
mod x86_64;

use cranelift_codegen::CompiledCode;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::{UnwindInfo, UnwindInfoKind, systemv};
use gimli::write::{Address, CallFrameInstruction, FrameDescriptionEntry};
use target_lexicon::{Architecture, BinaryFormat, OperatingSystem};

use super::relax::Relaxed;

/// How to unwind from a function.
pub(crate) enum Unwind {
    /// DWARF, for processors that this folder does not know: as Cranelift has it, which leaves out the epilogues.
    Cranelift(systemv::UnwindInfo),
    /// DWARF: length of the code in bytes; instructions, and the offsets in the code from which they hold.
    Own(u32, Rows),
    /// Windows: length of the code in bytes; an `UNWIND_INFO`; for debuggers, also as DWARF has it.
    Windows(u32, Vec<u8>, Option<Rows>),
    /// Windows on AArch64: length of the code in bytes; the codes of an `.xdata` record; for debuggers, also as DWARF has it.
    WindowsArm64(u32, Vec<u8>, Option<systemv::UnwindInfo>),
}

/// Instructions, and the offsets in the code from which they hold.
type Rows = Vec<(u32, CallFrameInstruction)>;

impl Unwind {
    /// Describes a function, in all the ways that there are for it if debug information is wanted. `None` where the target has no
    /// unwinding.
    ///
    /// # Errors
    /// Cranelift's, in words.
    pub fn of(
        compiled: &CompiledCode,
        relaxed: &Relaxed,
        isa: &dyn TargetIsa,
        debug: bool,
    ) -> Result<Option<Unwind>, String> {
        let code = &relaxed.code;
        let directions = || -> Vec<_> {
            let directions = compiled.buffer.unwind_info.iter();
            directions.map(|(offset, direction)| (relaxed.moves.end(*offset), direction.clone())).collect()
        };
        let length = code.len() as u32;
        if isa.triple().architecture == Architecture::X86_64 {
            let register = |register| isa.map_regalloc_reg_to_dwarf(register).map(gimli::Register);
            let rows = || x86_64::rows(&directions(), code, |saved| register(saved).map_err(|error| error.to_string()));
            return Ok(Some(if isa.triple().operating_system == OperatingSystem::Windows {
                let rows = if debug { Some(rows()?) } else { None };
                Unwind::Windows(length, windows::unwind_info(&directions()), rows)
            } else {
                Unwind::Own(length, rows()?)
            }));
        }
        if isa.triple().binary_format == BinaryFormat::Coff {
            let info = if debug { cranelift(compiled, isa)? } else { None };
            return Ok(Some(Unwind::WindowsArm64(length, windows_arm64::unwind_codes(&directions()), info)));
        }
        Ok(cranelift(compiled, isa)?.map(Unwind::Cranelift))
    }

    /// The DWARF description for the function at an address; `None` where it has none.
    pub fn to_description(&self, address: Address) -> Option<FrameDescriptionEntry> {
        match self {
            Unwind::Cranelift(info) | Unwind::WindowsArm64(_, _, Some(info)) => Some(info.to_fde(address)),
            Unwind::Own(length, instructions) | Unwind::Windows(length, _, Some(instructions)) => {
                let mut description = FrameDescriptionEntry::new(address, *length);
                for (offset, instruction) in instructions {
                    description.add_instruction(*offset, instruction.clone());
                }
                Some(description)
            }
            Unwind::Windows(_, _, None) | Unwind::WindowsArm64(_, _, None) => None,
        }
    }
}

/// What Cranelift says in DWARF, whatever the system.
fn cranelift(compiled: &CompiledCode, isa: &dyn TargetIsa) -> Result<Option<systemv::UnwindInfo>, String> {
    match compiled.create_unwind_info_of_kind(isa, UnwindInfoKind::SystemV) {
        Ok(Some(UnwindInfo::SystemV(info))) => Ok(Some(info)),
        Ok(_) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}
