//! Threads: the same work by one and by two, and what starting and joining one takes, against native pthreads.

use super::Bench;
use crate::kernels;
use crate::report::{self, Table};
use crate::statistics::{fastest, median, ratio_spread};
use anyhow::Result;

/// Prints the table. Wasmtime no longer has wasi-threads and takes no part.
pub fn run(bench: &mut Bench) -> Result<()> {
    let program = kernels::threads(&bench.tools.root);
    let wasmtime = bench.position("wasmtime").map(|at| (at, bench.peers.remove(at)));
    let samples = bench.figures(&program, ["one", "two", "spawn"])?;
    print(bench, &samples, &format!("medians of {} interleaved rounds", bench.arguments.rounds), median)?;
    // On a busy machine two threads seldom have two processors: the fastest runs say more.
    print(bench, &samples, "the fastest runs of these", fastest)?;
    if let Some((at, wasmtime)) = wasmtime {
        bench.peers.insert(at, wasmtime);
    }
    Ok(())
}

/// Prints the table of the samples' medians, or of the fastest.
fn print(bench: &Bench, samples: &[[Vec<f64>; 3]], of_what: &str, typical: fn(&[f64]) -> f64) -> Result<()> {
    let base = bench.position("native");
    let mut table = Table::new(1, ["threads", "one ms", "two ms", "speed-up", "start and join us", "of native's", ""]);
    for (at, peer) in bench.peers.iter().enumerate() {
        let [one, two, spawn] = [0, 1, 2].map(|figure| typical(&samples[at][figure]));
        let against = base.filter(|&base| base != at).map(|base| {
            let ratio = spawn / typical(&samples[base][2]);
            (report::ratio(ratio), report::plus_minus(ratio_spread(&samples[at][2], &samples[base][2])))
        });
        let (ratio, spread) = against.unwrap_or_default();
        table.row([
            peer.name().into(),
            report::milliseconds(one / 1e6),
            report::milliseconds(two / 1e6),
            report::ratio(one / two),
            format!("{:.1}", spawn / 1e3),
            ratio,
            spread,
        ]);
    }
    table.print(&format!("Threads: {of_what}"))
}
