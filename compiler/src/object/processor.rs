//! Describes what the program needs of the processor (`wasmc_abi::processor`), where that is checked at the start.

use cranelift_codegen::isa::TargetIsa;
use target_lexicon::{Architecture, OperatingSystem};
use wasmc_abi::processor::{AARCH64, RISCV64, Requirements, S390X};
use wasmc_abi::symbols;

use crate::Options;
use crate::plan::{DataId, Plan, StructureWriter, Target};

/// Adds the description to the plan's data; none where every processor of the target will do, or nothing can be asked.
pub(super) fn describe(plan: &mut Plan<'_>, isa: &dyn TargetIsa, options: &Options) -> Option<DataId> {
    if options.target.operating_system != OperatingSystem::Linux {
        return None;
    }
    let features = match isa.triple().architecture {
        Architecture::Aarch64(_) => enabled(isa, AARCH64),
        Architecture::Riscv64(_) => enabled(isa, RISCV64),
        // Code generation takes the first for granted.
        Architecture::S390x => enabled(isa, S390X) | 1,
        _ => 0,
    };
    if features == 0 {
        return None;
    }
    let mut writer = StructureWriter::new(plan.big_endian);
    writer.address(Target::Runtime(symbols::CHECK_PROCESSOR), 0);
    writer.u64(features);
    debug_assert_eq!(writer.bytes.len(), size_of::<Requirements>());
    Some(plan.data.add(writer.finish("wasmc_requirements", 8)))
}

/// The bits of the features that code generation may use.
fn enabled(isa: &dyn TargetIsa, list: &[&str]) -> u64 {
    let on = |name: &str| {
        isa.isa_flags().iter().any(|flag| flag.name.strip_prefix("has_") == Some(name) && flag.as_bool() == Some(true))
    };
    list.iter().enumerate().filter(|(_, name)| on(name)).map(|(bit, _)| 1 << bit).sum()
}
