//! Run time: the C kernels, and a Python script under python.wasm.

use super::Bench;
use crate::kernels::{self, Program};
use crate::report::{self, Table};
use crate::statistics::{fastest, geometric_mean, median, ratio_spread};
use crate::{Clock, measure};
use anyhow::{Context, Result, ensure};

/// What the runs of one program gave, by peer and round.
pub struct Samples {
    /// What `--clock` asks for, in milliseconds.
    pub time: Vec<Vec<f64>>,
    /// The whole process, in milliseconds.
    whole: Vec<Vec<f64>>,
    /// Peak resident memory, in KiB.
    peak: Vec<Vec<f64>>,
}

/// Prints the table of the C kernels.
pub fn kernels(bench: &mut Bench) -> Result<()> {
    let kernels = kernels::kernels(&bench.tools.root, &bench.arguments.filter);
    ensure!(!kernels.is_empty(), "no kernel's name contains {:?}", bench.arguments.filter);
    let runs: Vec<_> = kernels.iter().map(|(program, _)| (program, &[][..])).collect();
    let samples = measure_all(bench, &runs)?;
    print(bench, &kernels, &samples)
}

/// Prints the table of the Python script.
pub fn python(bench: &mut Bench) -> Result<()> {
    let script = std::fs::read_to_string(bench.tools.root.join("benches/programs/mixed.py"))?;
    let program = kernels::python(&bench.tools.root);
    // Python has no native twin here.
    let native = bench.position("native").map(|at| (at, bench.peers.remove(at)));
    let samples = measure_all(bench, &[(&program, &["-c", &script])])?;
    let Some(samples) = samples.first() else { return Ok(()) };
    let mut table = Table::new(
        1,
        ["python.wasm, programs/mixed.py", "script ms", "whole process ms", "peak memory", "script, of wasmtime's", ""],
    );
    let base = bench.position("wasmtime");
    for (at, peer) in bench.peers.iter().enumerate() {
        let against = base.filter(|&base| base != at).map(|base| {
            let ratio = median(&samples.time[at]) / median(&samples.time[base]);
            (report::ratio(ratio), report::plus_minus(ratio_spread(&samples.time[at], &samples.time[base])))
        });
        let (ratio, spread) = against.unwrap_or_default();
        table.row([
            peer.name().into(),
            report::milliseconds(median(&samples.time[at])),
            report::milliseconds(median(&samples.whole[at])),
            report::megabytes(median(&samples.peak[at])),
            ratio,
            spread,
        ]);
    }
    table.print(&format!("Python: medians of {} interleaved rounds, {}", bench.arguments.rounds, clock(bench)))?;
    if let Some((at, native)) = native {
        bench.peers.insert(at, native);
    }
    Ok(())
}

/// Builds and runs every program, with its arguments, with every peer, round by round, and checks that all print the same.
pub fn measure_all(bench: &Bench, programs: &[(&Program, &[&str])]) -> Result<Vec<Samples>> {
    for (program, _) in programs {
        for peer in &bench.peers {
            report::progress(&format!("building {} by {}", program.name, peer.name()));
            bench
                .build(peer.as_ref(), program)?
                .with_context(|| format!("{} cannot build {}", peer.name(), program.name))?;
        }
    }
    let empty = || vec![Vec::new(); bench.peers.len()];
    let mut samples: Vec<_> =
        programs.iter().map(|_| Samples { time: empty(), whole: empty(), peak: empty() }).collect();
    let mut checksums: Vec<Option<String>> = vec![None; programs.len()];
    measure::pin(Some(bench.arguments.core)).context("cannot pin to the processor given by --core")?;
    for round in 0..bench.arguments.rounds {
        for (at, (program, arguments)) in programs.iter().enumerate() {
            for position in bench.order(round) {
                let peer = &bench.peers[position];
                report::progress(&format!(
                    "round {} of {}: {} by {}",
                    round + 1,
                    bench.arguments.rounds,
                    program.name,
                    peer.name()
                ));
                let run = measure::run(peer.run(program, &bench.output(peer.as_ref(), program)?).args(*arguments))?;
                let expected = checksums[at].get_or_insert_with(|| run.stdout.clone());
                ensure!(
                    *expected == run.stdout,
                    "{} by {} printed {:?}, and before that {:?}",
                    program.name,
                    peer.name(),
                    run.stdout,
                    expected
                );
                let inside: u64 =
                    run.stderr.trim().parse().with_context(|| format!("{} gave no time on stderr", program.name))?;
                samples[at].time[position].push(match bench.arguments.clock {
                    Clock::Program => inside as f64 / 1e6,
                    Clock::Cpu => run.cpu.as_secs_f64() * 1e3,
                });
                samples[at].whole[position].push(run.wall.as_secs_f64() * 1e3);
                samples[at].peak[position].push(run.peak_kib as f64);
            }
        }
    }
    measure::pin(None)?;
    Ok(samples)
}

/// The pairs of columns whose ratio is shown: (measured, compared with).
const RATIOS: &[(&str, &str)] =
    &[("wasmtime", "native"), ("wasmc", "native"), ("wasmc", "wasmtime"), ("wasmc-native", "wasmtime")];

fn print(bench: &Bench, kernels: &[(Program, &str)], samples: &[Samples]) -> Result<()> {
    let pairs: Vec<_> = RATIOS
        .iter()
        .filter_map(|&(of, by)| Some((bench.position(of)?, bench.position(by)?, format!("{of} / {by}"))))
        .collect();
    let mut titles = vec!["kernel".to_string(), "exercises".into()];
    titles.extend(bench.peers.iter().map(|peer| format!("{} ms", peer.name())));
    for (_, _, title) in &pairs {
        titles.extend([title.clone(), String::new()]);
    }
    let mut table = Table::new(2, titles);
    for ((program, exercises), samples) in kernels.iter().zip(samples) {
        let mut row = vec![program.name.to_string(), exercises.to_string()];
        row.extend(samples.time.iter().map(|times| report::milliseconds(median(times))));
        for &(of, by, _) in &pairs {
            let (of, by) = (&samples.time[of], &samples.time[by]);
            row.extend([report::ratio(median(of) / median(by)), report::plus_minus(ratio_spread(of, by))]);
        }
        table.row(row);
    }
    // The fastest runs are the ones least disturbed: where their mean differs from the medians', the machine was busy.
    for (title, figure) in [("geomean", median as fn(&[f64]) -> f64), ("geomean, fastest runs", fastest)] {
        let mut row = vec![title.to_string(), String::new()];
        row.extend(bench.peers.iter().map(|_| String::new()));
        for &(of, by, _) in &pairs {
            let ratios: Vec<f64> = samples.iter().map(|s| figure(&s.time[of]) / figure(&s.time[by])).collect();
            row.extend([report::ratio(geometric_mean(&ratios)), String::new()]);
        }
        table.row(row);
    }
    table.print(&format!(
        "Run time of kernels: medians of {} interleaved rounds, {}",
        bench.arguments.rounds,
        clock(bench)
    ))
}

pub fn clock(bench: &Bench) -> &'static str {
    match bench.arguments.clock {
        Clock::Program => "start-up excluded",
        Clock::Cpu => "processor time, start-up included",
    }
}
