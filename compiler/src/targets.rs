//! What wasmc can make for which target: one table, which the rest asks.

use crate::DebugLevel;
use crate::codegen::distance;
use crate::debug::Registers;
use crate::object::binary_format;
use target_lexicon::{
    Aarch64Architecture, Architecture, ArmArchitecture, BinaryFormat, Environment, Mips32Architecture, OperatingSystem,
    PointerWidth, Riscv32Architecture, Riscv64Architecture, Triple, X86_32Architecture,
};

/// A target that wasmc is made for. Object files can be made for more: see [`has_back_end`] and [`has_objects`].
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The triple.
    pub name: &'static str,
    /// Rust's name of the target that its runtime library is built for, if there is one.
    pub runtime: Option<&'static str>,
    /// What runs this project's tests for it, if they are run.
    pub tested: Option<&'static str>,
}

const fn executable(name: &'static str, runtime: &'static str, tested: &'static str) -> Target {
    Target { name, runtime: Some(runtime), tested: Some(tested) }
}

const fn objects_only(name: &'static str) -> Target {
    Target { name, runtime: None, tested: None }
}

const X86_64_LINUX: &str = "x86_64-unknown-linux-gnu";
const AARCH64_LINUX: &str = "aarch64-unknown-linux-gnu";
const RISCV64_LINUX: &str = "riscv64gc-unknown-linux-gnu";
const S390X_LINUX: &str = "s390x-unknown-linux-gnu";
const ARMV7_LINUX: &str = "armv7-unknown-linux-gnueabihf";
const I686_LINUX: &str = "i686-unknown-linux-gnu";
const LOONGARCH64_LINUX: &str = "loongarch64-unknown-linux-gnu";
const RISCV32_LINUX: &str = "riscv32gc-unknown-linux-gnu";
const MIPS_LINUX: &str = "mips-unknown-linux-gnu";
const MIPSEL_LINUX: &str = "mipsel-unknown-linux-gnu";
const POWERPC64LE_LINUX: &str = "powerpc64le-unknown-linux-gnu";

/// No C library either.
const X86_64_WINDOWS: &str = "x86_64-pc-windows-msvc";
const AARCH64_WINDOWS: &str = "aarch64-pc-windows-msvc";

/// Every target, in the order of the documentation. Executables use no C library: gnu and musl are the same to them.
pub const TARGETS: &[Target] = &[
    executable("x86_64-unknown-linux-gnu", X86_64_LINUX, "this machine"),
    executable("x86_64-unknown-linux-musl", X86_64_LINUX, "this machine"),
    executable("aarch64-unknown-linux-gnu", AARCH64_LINUX, "qemu-aarch64"),
    executable("aarch64-unknown-linux-musl", AARCH64_LINUX, "qemu-aarch64"),
    executable("riscv64gc-unknown-linux-gnu", RISCV64_LINUX, "qemu-riscv64"),
    executable("riscv64gc-unknown-linux-musl", RISCV64_LINUX, "qemu-riscv64"),
    executable("s390x-unknown-linux-gnu", S390X_LINUX, "qemu-s390x"),
    executable("armv7-unknown-linux-gnueabihf", ARMV7_LINUX, "qemu-arm"),
    executable("armv7-unknown-linux-musleabihf", ARMV7_LINUX, "qemu-arm"),
    executable("i686-unknown-linux-gnu", I686_LINUX, "qemu-i386"),
    executable("i686-unknown-linux-musl", I686_LINUX, "qemu-i386"),
    executable("powerpc64le-unknown-linux-gnu", POWERPC64LE_LINUX, "qemu-ppc64le"),
    executable("powerpc64le-unknown-linux-musl", POWERPC64LE_LINUX, "qemu-ppc64le"),
    executable("loongarch64-unknown-linux-gnu", LOONGARCH64_LINUX, "qemu-loongarch64"),
    executable("loongarch64-unknown-linux-musl", LOONGARCH64_LINUX, "qemu-loongarch64"),
    executable("riscv32gc-unknown-linux-gnu", RISCV32_LINUX, "qemu-riscv32"),
    executable("riscv32gc-unknown-linux-musl", RISCV32_LINUX, "qemu-riscv32"),
    executable("mips-unknown-linux-gnu", MIPS_LINUX, "qemu-mips"),
    executable("mips-unknown-linux-musl", MIPS_LINUX, "qemu-mips"),
    executable("mipsel-unknown-linux-gnu", MIPSEL_LINUX, "qemu-mipsel"),
    executable("mipsel-unknown-linux-musl", MIPSEL_LINUX, "qemu-mipsel"),
    executable("thumbv7neon-unknown-linux-gnueabihf", ARMV7_LINUX, "qemu-arm"),
    executable("thumbv7neon-unknown-linux-musleabihf", ARMV7_LINUX, "qemu-arm"),
    executable("x86_64-pc-windows-gnu", X86_64_WINDOWS, "wine64"),
    executable("x86_64-pc-windows-msvc", X86_64_WINDOWS, "wine64"),
    executable("aarch64-pc-windows-gnullvm", AARCH64_WINDOWS, "wine64 in qemu"),
    executable("aarch64-pc-windows-msvc", AARCH64_WINDOWS, "wine64 in qemu"),
    executable("x86_64-apple-darwin", "x86_64-apple-darwin", "a loader"),
    Target { name: "aarch64-apple-darwin", runtime: Some("aarch64-apple-darwin"), tested: None },
    objects_only("x86_64-unknown-freebsd"),
    objects_only("aarch64-unknown-freebsd"),
    // Linked by others: with a platform.
    executable("x86_64-unknown-none", "x86_64-unknown-none", "qemu-system-x86_64"),
    executable("aarch64-unknown-none", "aarch64-unknown-none", "qemu-system-aarch64"),
    executable("riscv64gc-unknown-none-elf", "riscv64gc-unknown-none-elf", "qemu-system-riscv64"),
];

/// The entry of the table for a triple: same processor and operating system.
pub fn find(triple: &Triple) -> Option<&'static Target> {
    let same = |target: &&Target| {
        target.name.parse::<Triple>().is_ok_and(|known| {
            let same_processor =
                std::mem::discriminant(&known.architecture) == std::mem::discriminant(&triple.architecture);
            // Older ones lack instructions that the runtime library is made of.
            let as_new = !is_interpreted(&known) || known.architecture == triple.architecture;
            same_processor
                && as_new
                && known.operating_system == triple.operating_system
                && known.binary_format == triple.binary_format
        })
    };
    let named = TARGETS.iter().find(|target| target.name == triple.to_string());
    named.or_else(|| TARGETS.iter().find(same))
}

/// The targets whose names are most like this one, for a message.
pub fn near(name: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_by_key(|known| distance(known, name));
    names.truncate(3);
    names
}

/// Whether machine code can be made for a triple.
pub fn has_back_end(triple: &Triple) -> bool {
    let is_native = matches!(
        triple.architecture,
        Architecture::X86_64 | Architecture::Aarch64(_) | Architecture::Riscv64(_) | Architecture::S390x
    );
    (is_native && missing_in_back_end(triple).is_none()) || is_interpreted(triple)
}

/// What a variant of a processor with a back end wants, and code generation lacks: it would make code that is wrong there.
pub(crate) fn missing_in_back_end(triple: &Triple) -> Option<&'static str> {
    match (triple.architecture, triple.environment) {
        (Architecture::Aarch64(Aarch64Architecture::Aarch64be), _) => Some("big-endian code"),
        (Architecture::Aarch64(_), Environment::GnuIlp32) | (Architecture::X86_64, Environment::Gnux32) => {
            Some("pointers of 32 bits")
        }
        (Architecture::Aarch64(_), Environment::Softfloat)
        | (Architecture::Riscv64(Riscv64Architecture::Riscv64imac), _) => Some("code without floating-point registers"),
        _ => None,
    }
}

/// Whether code is made for an interpreter, which the runtime library brings along: there is no back end for the processor.
pub fn is_interpreted(triple: &Triple) -> bool {
    interpreter(triple).is_some()
}

/// The variant of Pulley, the interpreter's instruction set, that a target has in place of a back end.
fn interpreter(triple: &Triple) -> Option<Architecture> {
    let is_linux = triple.operating_system == OperatingSystem::Linux && triple.binary_format == BinaryFormat::Elf;
    let variant = match triple.architecture {
        Architecture::Arm(ArmArchitecture::Armv7 | ArmArchitecture::Thumbv7neon)
        | Architecture::Mips32(Mips32Architecture::Mipsel)
        | Architecture::Riscv32(Riscv32Architecture::Riscv32gc)
        | Architecture::X86_32(X86_32Architecture::I686) => Architecture::Pulley32,
        Architecture::LoongArch64 | Architecture::Powerpc64le => Architecture::Pulley64,
        Architecture::Mips32(Mips32Architecture::Mips) => Architecture::Pulley32be,
        _ => return None,
    };
    is_linux.then_some(variant)
}

/// Whether a triple, as code generation has it, is that of the interpreter.
pub(crate) fn is_pulley(triple: &Triple) -> bool {
    matches!(triple.architecture, Architecture::Pulley32 | Architecture::Pulley32be | Architecture::Pulley64)
}

/// What code generation is to make code for: Pulley where the target is interpreted.
pub(crate) fn code_target(triple: &Triple) -> Triple {
    Triple { architecture: interpreter(triple).unwrap_or(triple.architecture), ..triple.clone() }
}

/// Whether object files can be made for a triple that has a back end.
pub fn has_objects(triple: &Triple) -> bool {
    binary_format(triple).is_some()
}

/// Whether code generation can keep a register for the program's own use on this processor.
pub(crate) fn has_pinned_register(triple: &Triple) -> bool {
    matches!(triple.architecture, Architecture::X86_64 | Architecture::Aarch64(_))
}

/// Whether there is no operating system: an object and the runtime library are linked with the functions of a platform.
pub fn is_freestanding(triple: &Triple) -> bool {
    triple.operating_system == OperatingSystem::None_
}

/// Whether the heap of objects can have addresses below 4 GiB. On macOS, those are the executable's page zero.
pub(crate) fn has_low_addresses(triple: &Triple) -> bool {
    triple.binary_format != BinaryFormat::Macho
}

/// Whether functions have a frame pointer. Where there is none, frames are known by the stack pointer.
pub(crate) fn has_frame_pointer(triple: &Triple) -> bool {
    triple.architecture != Architecture::S390x
}

/// Whether programs can start threads: each finds its block by the pinned register, or else by the stack pointer, and the runtime
/// library makes them, with their stacks where there is no such register. The interpreter has neither atomic instructions nor
/// several machines.
pub(crate) fn has_threads(triple: &Triple) -> bool {
    match triple.operating_system {
        OperatingSystem::Linux => !is_interpreted(triple),
        OperatingSystem::Windows => has_pinned_register(triple),
        _ => false,
    }
}

/// Whether debug information can be written for this processor. Where numbers are big-endian, it tells no variables: they are in
/// linear memory, which is little-endian, and debuggers read pointers in the order of the processor.
pub(crate) fn has_debug_info(triple: &Triple, level: DebugLevel) -> bool {
    match triple.binary_format {
        BinaryFormat::Elf if triple.architecture == Architecture::S390x => level != DebugLevel::Full,
        BinaryFormat::Elf => Registers::of(triple.architecture).is_some(),
        BinaryFormat::Macho | BinaryFormat::Coff => true,
        _ => false,
    }
}

/// Bytes of the largest 64-bit memory: an eighth of what every process of the target can address. Kernels for AArch64 and
/// LoongArch give processes 39 bits of addresses or more, those for RISC-V 38 (Sv39), those for s390x 42, those for PowerPC 46, those for
/// x86-64 47.
pub(crate) fn largest_memory64(triple: &Triple) -> u64 {
    let bits = match triple.architecture {
        Architecture::Aarch64(_) | Architecture::LoongArch64 => 39,
        Architecture::Riscv64(_) => 38,
        Architecture::S390x => 42,
        Architecture::Powerpc64le => 46,
        _ => 47,
    };
    largest_memory(triple).min(1 << (bits - 3))
}

/// Bytes of the largest memory: half of what a process with 32 bits of addresses has.
pub(crate) fn largest_memory(triple: &Triple) -> u64 {
    if triple.pointer_width() == Ok(PointerWidth::U32) { 1 << 31 } else { u64::MAX }
}

/// Whether the interpreter's conversions of numbers take signaling NaNs for others. On PowerPC, whose registers hold f32 and
/// f64 in the same form, a promotion is no instruction; on LoongArch, LLVM takes the larger of the operand and zero first,
/// which is not zero for a signaling NaN; on MIPS, the functions that promote in software keep it.
pub(crate) fn mistakes_signaling(triple: &Triple) -> bool {
    matches!(triple.architecture, Architecture::Powerpc64le | Architecture::LoongArch64 | Architecture::Mips32(_))
}

/// Whether processes of this target can map memory at [`wasmc_abi::instance::FIXED_BASE`], and gain from it.
pub(crate) fn has_fixed_base(triple: &Triple) -> bool {
    triple.architecture == Architecture::X86_64 && triple.operating_system == OperatingSystem::Linux
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_back_end() {
        for target in TARGETS {
            let triple: Triple = target.name.parse().unwrap();
            assert!(has_back_end(&triple) && has_objects(&triple), "{}", target.name);
            assert_eq!(find(&triple).map(|found| found.name), Some(target.name));
        }
    }

    #[test]
    fn variants_of_a_processor_are_the_same_target() {
        let found = |text: &str| find(&text.parse().unwrap()).map(|target| target.name);
        assert_eq!(found("x86_64-alpine-linux-musl"), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(found("riscv64-unknown-linux-gnu"), Some("riscv64gc-unknown-linux-gnu"));
        assert_eq!(found("powerpc64-unknown-linux-gnu"), None);
    }
}
