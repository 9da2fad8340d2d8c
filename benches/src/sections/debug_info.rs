//! What `-g` costs: processor time and peak memory of builds with debug information and without, of python.wasm and of the modules
//! that `--module` names.

use super::{Bench, rotation};
use crate::kernels;
use crate::measure;
use crate::report::{self, Table};
use crate::statistics::{median, ratio_spread};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmparser::{Parser, Payload};

const LEVELS: [&str; 2] = ["-O0", "-O2"];

/// Prints the table.
pub fn run(bench: &mut Bench) -> Result<()> {
    let mut modules = vec![kernels::python(&bench.tools.root).wasm];
    modules.extend(bench.arguments.module.iter().cloned());
    std::fs::create_dir_all(&bench.folder).with_context(|| format!("cannot create {}", bench.folder.display()))?;
    let mut table = Table::new(
        1,
        ["module", "DWARF", "processor ms", "with -g", "ratio", "", "peak memory", "with -g", "more, of the DWARF"],
    );
    for module in &modules {
        for level in LEVELS {
            table.row(measured(bench, module, level)?);
        }
    }
    let rounds = bench.arguments.build_rounds;
    table.print(&format!("Debug information: medians of {rounds} interleaved builds, all processors"))
}

fn measured(bench: &Bench, module: &Path, level: &str) -> Result<Vec<String>> {
    let name = module.file_name().unwrap_or(module.as_os_str()).to_string_lossy().into_owned();
    // Without, and with.
    let (mut times, mut peaks) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..bench.arguments.build_rounds {
        for way in rotation(2, round) {
            report::progress(&format!("round {} of {}: {name} {level}", round + 1, bench.arguments.build_rounds));
            let mut command = Command::new(&bench.tools.wasmc);
            command.arg("build").args(["--quiet", level]).args((way == 1).then_some("-g"));
            command.arg(module).arg("-o").arg(output(bench));
            let run = measure::run(&mut command)?;
            times[way].push(run.cpu.as_secs_f64() * 1e3);
            peaks[way].push(run.peak_kib as f64);
        }
    }
    let dwarf = dwarf_size(module)? as f64 / 1024.0;
    let [without, with] = peaks.map(|peaks| median(&peaks));
    Ok(vec![
        format!("{name} {level}"),
        report::megabytes(dwarf),
        report::milliseconds(median(&times[0])),
        report::milliseconds(median(&times[1])),
        report::ratio(median(&times[1]) / median(&times[0])),
        report::plus_minus(ratio_spread(&times[1], &times[0])),
        report::megabytes(without),
        report::megabytes(with),
        report::ratio((with - without) / dwarf),
    ])
}

fn output(bench: &Bench) -> PathBuf {
    bench.folder.join("debug-info")
}

/// Bytes of a module's debug sections.
fn dwarf_size(module: &Path) -> Result<usize> {
    let bytes = std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut size = 0;
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::CustomSection(section) = payload?
            && section.name().starts_with(".debug_")
        {
            size += section.data().len();
        }
    }
    Ok(size)
}
