//! Compiles the units of a plan to machine code, each on its own, on all cores.

mod float_results;
mod handlers;
mod interpreted;
mod isa;
mod locals;
mod processors;
mod relax;
mod sites;
mod stack_maps;
mod unit;
mod unwind;

pub(crate) use handlers::UnitHandlers;
pub(crate) use isa::distance;
pub use isa::features;
pub(crate) use isa::{Isas, build as build_isas};
pub use processors::{Processor, baseline, levels};
pub(crate) use relax::{Moves, block_starts};
pub(crate) use sites::{signed as signed_leb128, unsigned as unsigned_leb128};
pub(crate) use stack_maps::StackMap;
pub(crate) use unit::{CompiledUnit, UnitTarget, Worker};
pub(crate) use unwind::Unwind;

use crate::debug::Wanted;
use crate::plan::{Plan, UnitId};
use crate::{Options, Progress, Result, parallel};

/// Compiles all units and hands them to `consume` in the order of the text section.
pub(crate) fn compile_units(
    plan: &Plan<'_>,
    isas: &Isas,
    options: &Options,
    wanted: Option<&Wanted>,
    progress: &dyn Progress,
    mut consume: impl FnMut(CompiledUnit) -> Result<()>,
) -> Result<()> {
    parallel::in_order(
        plan.units.list.len(),
        options.jobs,
        || Worker::new(plan, isas, options, wanted),
        |worker, number| {
            let compiled = worker.compile(number);
            progress.step();
            compiled
        },
        |_, compiled| consume(compiled),
    )
}

/// The program's wasm functions as text: machine code, or optimised intermediate representation.
pub(crate) fn print_units(
    plan: &Plan<'_>,
    isas: &Isas,
    options: &Options,
    assembly: bool,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let mut worker = Worker::new(plan, isas, options, None);
    let mut text = String::new();
    for number in 0..plan.units.list.len() {
        let name = plan.unit_name(UnitId(number as u32));
        text.push_str(&format!("{}{name}:\n{}\n", if assembly { "" } else { ";; " }, worker.text(number, assembly)?));
        progress.step();
    }
    Ok(text.into_bytes())
}
