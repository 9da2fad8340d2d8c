//! Exceptions: what a handler costs that nothing is thrown to, and what a throw costs.

use super::Bench;
use super::run_time::{clock, measure_all};
use crate::kernels;
use crate::report::{self, Table};
use crate::statistics::{median, ratio_spread};
use anyhow::Result;

/// Throws of the program's loop `throw`.
const THROWS: f64 = 1e6;

/// Prints the table.
pub fn run(bench: &mut Bench) -> Result<()> {
    let program = kernels::exceptions(&bench.tools.root);
    // The program has no native twin.
    let native = bench.position("native").map(|at| (at, bench.peers.remove(at)));
    let runs: [(_, &[&str]); 3] = [(&program, &["plain"]), (&program, &["quiet"]), (&program, &["throw"])];
    let samples = measure_all(bench, &runs)?;
    let [plain, quiet, throw] = [0, 1, 2].map(|loop_number: usize| &samples[loop_number].time);
    let mut table = Table::new(
        1,
        [
            "exceptions",
            "calls ms",
            "calls in a try ms",
            "of those without",
            "",
            "throw over 10 frames ns",
            "of wasmtime's",
            "",
        ],
    );
    let base = bench.position("wasmtime");
    for (at, peer) in bench.peers.iter().enumerate() {
        let mut row = vec![
            peer.name().into(),
            report::milliseconds(median(&plain[at])),
            report::milliseconds(median(&quiet[at])),
            report::ratio(median(&quiet[at]) / median(&plain[at])),
            report::plus_minus(ratio_spread(&quiet[at], &plain[at])),
            format!("{:.0}", median(&throw[at]) * 1e6 / THROWS),
        ];
        if let Some(base) = base.filter(|&base| base != at) {
            row.push(report::ratio(median(&throw[at]) / median(&throw[base])));
            row.push(report::plus_minus(ratio_spread(&throw[at], &throw[base])));
        }
        table.row(row);
    }
    table.print(&format!("Exceptions: medians of {} interleaved rounds, {}", bench.arguments.rounds, clock(bench)))?;
    if let Some((at, native)) = native {
        bench.peers.insert(at, native);
    }
    Ok(())
}
