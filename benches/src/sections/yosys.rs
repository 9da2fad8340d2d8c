//! Yosys: 46,473 functions of C++ with exceptions. Wall time, peak memory and output of building it, and time of a synthesis.

use super::{Bench, compile};
use crate::kernels;
use crate::report::{self, Table};
use crate::statistics::{median, ratio_spread};
use crate::{Clock, measure};
use anyhow::{Context, Result};

/// What is synthesised: the design of the tests, for an iCE40.
const SYNTHESIS: &str = "read_verilog /design/crossing.v; synth_ice40 -top crossing -json /tmp/crossing.json";

/// Prints the tables.
pub fn run(bench: &mut Bench) -> Result<()> {
    let scratch = bench.folder.join("scratch");
    std::fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    let program = kernels::yosys(&bench.tools.root, scratch);
    let programs = [program];
    let mut table = Table::new(
        1,
        ["compile", "wall ms", "peak memory", "output", "wall, of wasmtime's", "", "memory, of wasmtime's"],
    );
    compile::measure(bench, "yosys.wasm", &programs, &mut table)?;
    table.print(&format!("Yosys: medians of {} interleaved builds, all processors", bench.arguments.build_rounds))?;
    synthesis(bench, &programs[0])
}

fn synthesis(bench: &Bench, program: &kernels::Program) -> Result<()> {
    let mut times = vec![Vec::new(); bench.peers.len()];
    measure::pin(Some(bench.arguments.core)).context("cannot pin to the processor given by --core")?;
    for round in 0..bench.arguments.rounds {
        // Native has no source to be built from.
        for position in bench.order(round).filter(|&position| bench.peers[position].name() != "native") {
            let peer = &bench.peers[position];
            report::progress(&format!(
                "round {} of {}: synthesis by {}",
                round + 1,
                bench.arguments.rounds,
                peer.name()
            ));
            let mut command = peer.run(program, &bench.output(peer.as_ref(), program)?);
            let run = measure::run(command.args(["-q", "-p", SYNTHESIS]))?;
            times[position].push(match bench.arguments.clock {
                Clock::Program => run.wall.as_secs_f64() * 1e3,
                Clock::Cpu => run.cpu.as_secs_f64() * 1e3,
            });
        }
    }
    measure::pin(None)?;
    let mut table = Table::new(1, ["synthesis", "ms", "of wasmtime's", ""]);
    let base = bench.position("wasmtime");
    for (at, peer) in bench.peers.iter().enumerate().filter(|(at, _)| !times[*at].is_empty()) {
        let mut row = vec![peer.name().to_owned(), report::milliseconds(median(&times[at]))];
        if let Some(base) = base.filter(|&base| base != at) {
            row.push(report::ratio(median(&times[at]) / median(&times[base])));
            row.push(report::plus_minus(ratio_spread(&times[at], &times[base])));
        }
        table.row(row);
    }
    table.print(&format!("Synthesis: medians of {} interleaved rounds, start-up included", bench.arguments.rounds))
}
