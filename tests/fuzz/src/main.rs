//! Differential fuzzing: random modules with every feature, run as wasmc's executables and by wasmtime. Results, traps,
//! globals and memories must agree.
//!
//! The number of a module decides everything about it, so that a mismatch is repeated by `--seed NUMBER --count 1`.

#[allow(dead_code, missing_docs)]
#[path = "../../../spec-tests/src/harness.rs"]
mod harness;
mod module;
mod native;
mod oracle;
mod outcome;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use outcome::Verdict;
use wasmtime::Result;
use wasmtime::error::Context;

/// Runs random modules through wasmc and wasmtime 48 and compares what they do.
#[derive(Parser)]
struct Arguments {
    /// Stop after this many minutes.
    #[arg(long)]
    minutes: Option<f64>,
    /// Stop after this many modules.
    #[arg(long)]
    count: Option<u64>,
    /// Number of the first module.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where modules that the two disagree on are written.
    #[arg(long, default_value = "target/fuzz-findings")]
    findings: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let harness = harness::Harness::new(Duration::from_secs(120), None).context("cannot make a temporary folder")?;
    let engine = oracle::engine()?;
    let started = Instant::now();
    let limit = arguments.minutes.map(|minutes| Duration::from_secs_f64(60.0 * minutes));
    let count = arguments.count.unwrap_or(if limit.is_some() { u64::MAX } else { 1000 });
    let (mut agreed, mut inconclusive, mut failed, mut calls) = (0, 0, 0, 0);
    for seed in (arguments.seed..).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        if limit.is_some_and(|limit| started.elapsed() > limit) {
            break;
        }
        let Some(case) = module::generate(seed) else {
            inconclusive += 1;
            continue;
        };
        let expected = oracle::run(&engine, &case)?;
        match outcome::compare(&expected, native::run(&harness, &case, &expected)) {
            Verdict::Agreed(compared) => {
                agreed += 1;
                calls += compared;
            }
            Verdict::Inconclusive => inconclusive += 1,
            Verdict::Differs(difference) => {
                failed += 1;
                fs::create_dir_all(&arguments.findings)?;
                let path = arguments.findings.join(format!("{seed}.wasm"));
                fs::write(&path, &case.bytes)?;
                println!("module {seed} ({}): {difference}", path.display());
            }
        }
    }
    println!("{calls} answers compared, {inconclusive} modules inconclusive, {:.0} s", started.elapsed().as_secs_f64());
    println!("{agreed} passed, {failed} failed, 0 skipped");
    if failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}
