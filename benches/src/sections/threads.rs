//! Threads: the same work by one and by two, and what starting and joining one takes, against native pthreads.

use super::Bench;
use crate::kernels;
use crate::measure;
use crate::report::{self, Table};
use crate::statistics::{fastest, median, ratio_spread};
use anyhow::{Context, Result, ensure};

/// What the program prints, in this order, in nanoseconds.
const FIGURES: [&str; 3] = ["one", "two", "spawn"];

/// Prints the table. Wasmtime no longer has wasi-threads and takes no part.
pub fn run(bench: &mut Bench) -> Result<()> {
    let program = kernels::threads(&bench.tools.root);
    let wasmtime = bench.position("wasmtime").map(|at| (at, bench.peers.remove(at)));
    let mut samples = vec![vec![Vec::new(); FIGURES.len()]; bench.peers.len()];
    for peer in &bench.peers {
        report::progress(&format!("building threads by {}", peer.name()));
        bench.build(peer.as_ref(), &program)?.with_context(|| format!("{} cannot build threads", peer.name()))?;
    }
    for round in 0..bench.arguments.rounds {
        for at in bench.order(round) {
            let peer = bench.peers[at].as_ref();
            report::progress(&format!("threads by {}, round {round}", peer.name()));
            let run = measure::run(&mut peer.run(&program, &bench.output(peer, &program)?))?;
            for (line, (name, samples)) in run.stdout.lines().zip(FIGURES.iter().zip(&mut samples[at])) {
                let nanoseconds: f64 = line
                    .strip_prefix(name)
                    .and_then(|number| number.trim().parse().ok())
                    .with_context(|| format!("threads by {} printed {line:?}", peer.name()))?;
                samples.push(nanoseconds);
            }
            ensure!(samples[at].iter().all(|samples| samples.len() == round as usize + 1), "a figure is missing");
        }
    }
    print(bench, &samples, &format!("medians of {} interleaved rounds", bench.arguments.rounds), median)?;
    // On a busy machine two threads seldom have two processors: the fastest runs say more.
    print(bench, &samples, "the fastest runs of these", fastest)?;
    if let Some((at, wasmtime)) = wasmtime {
        bench.peers.insert(at, wasmtime);
    }
    Ok(())
}

/// Prints the table of the samples' medians, or of the fastest.
fn print(bench: &Bench, samples: &[Vec<Vec<f64>>], of_what: &str, typical: fn(&[f64]) -> f64) -> Result<()> {
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
