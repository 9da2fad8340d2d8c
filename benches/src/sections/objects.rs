//! Garbage-collected objects: making them, reading them, and how long the collector makes a program wait.

use super::Bench;
use crate::kernels;
use crate::report::{self, Table};
use crate::statistics::{median, ratio_spread};
use anyhow::Result;

/// Objects that the first figure counts.
const SHORT_LIVED: f64 = 1e8;

/// Prints the table. There is no native peer: C has no such objects.
pub fn run(bench: &mut Bench) -> Result<()> {
    let native = bench.position("native").map(|at| (at, bench.peers.remove(at)));
    let samples = bench.figures(&kernels::objects(&bench.tools.root), ["short", "trees", "walk", "pause"])?;
    let base = bench.position("wasmtime");
    let mut table =
        Table::new(1, ["objects", "10^6/s", "of wasmtime's", "", "trees ms", "walk ms", "longest pause ms"]);
    for (at, peer) in bench.peers.iter().enumerate() {
        let [short, trees, walk, pause] = [0, 1, 2, 3].map(|figure| median(&samples[at][figure]));
        let against = base.filter(|&base| base != at).map(|base| {
            let ratio = median(&samples[base][0]) / short;
            (report::ratio(ratio), report::plus_minus(ratio_spread(&samples[base][0], &samples[at][0])))
        });
        let (ratio, spread) = against.unwrap_or_default();
        table.row([
            peer.name().into(),
            format!("{:.0}", SHORT_LIVED / short * 1e3),
            ratio,
            spread,
            report::milliseconds(trees / 1e6),
            report::milliseconds(walk / 1e6),
            report::milliseconds(pause / 1e6),
        ]);
    }
    table.print(&format!("Objects: medians of {} interleaved rounds", bench.arguments.rounds))?;
    if let Some((at, native)) = native {
        bench.peers.insert(at, native);
    }
    Ok(())
}
