//! Compilation: wall time and peak memory of building all kernels and python.wasm, link included where there is one.

use super::Bench;
use crate::kernels::{self, Program};
use crate::report::{self, Table};
use crate::statistics::{median, ratio_spread};
use anyhow::Result;

/// Prints the table.
pub fn run(bench: &mut Bench) -> Result<()> {
    let kernels: Vec<Program> =
        kernels::kernels(&bench.tools.root, "").into_iter().map(|(program, _)| program).collect();
    let python = [kernels::python(&bench.tools.root)];
    let mut table = Table::new(
        1,
        ["compile", "wall ms", "peak memory", "output", "wall, of wasmtime's", "", "memory, of wasmtime's"],
    );
    for (title, programs) in
        [(format!("{} kernels, one by one", kernels.len()), &kernels[..]), ("python.wasm".into(), &python[..])]
    {
        measure(bench, &title, programs, &mut table)?;
    }
    table.print(&format!("Compilation: medians of {} interleaved rounds, all processors", bench.arguments.build_rounds))
}

/// Builds all `programs` once a round with each peer: the times are added up, of memory the largest counts.
pub fn measure(bench: &Bench, title: &str, programs: &[Program], table: &mut Table) -> Result<()> {
    let mut walls = vec![Vec::new(); bench.peers.len()];
    let mut peaks = walls.clone();
    for round in 0..bench.arguments.build_rounds {
        for position in bench.order(round) {
            let peer = &bench.peers[position];
            report::progress(&format!(
                "round {} of {}: {title} by {}",
                round + 1,
                bench.arguments.build_rounds,
                peer.name()
            ));
            let (mut wall, mut peak) = (0.0, 0.0_f64);
            for program in programs {
                let Some(run) = bench.build(peer.as_ref(), program)? else { continue };
                wall += run.wall.as_secs_f64() * 1e3;
                peak = peak.max(run.peak_kib as f64);
            }
            walls[position].push(wall);
            peaks[position].push(peak);
        }
    }
    let base = bench.position("wasmtime");
    for (at, peer) in bench.peers.iter().enumerate().filter(|(at, _)| median(&walls[*at]) > 0.0) {
        let mut size = 0;
        for program in programs {
            size += std::fs::metadata(bench.output(peer.as_ref(), program)?)?.len();
        }
        let mut row = vec![
            format!("{title}: {}", peer.name()),
            report::milliseconds(median(&walls[at])),
            report::megabytes(median(&peaks[at])),
            report::kilobytes(size),
        ];
        if let Some(base) = base.filter(|&base| base != at) {
            row.extend([
                report::ratio(median(&walls[at]) / median(&walls[base])),
                report::plus_minus(ratio_spread(&walls[at], &walls[base])),
                report::ratio(median(&peaks[at]) / median(&peaks[base])),
            ]);
        }
        table.row(row);
    }
    Ok(())
}
