//! Measures wasmc side by side with native clang and wasmtime, and prints one table a subject; see docs/benchmarks.md.

mod kernels;
mod measure;
mod peers;
mod report;
mod sections;
mod setup;
mod statistics;

use clap::{Parser, ValueEnum};
use peers::PeerKind;
use sections::Bench;
use std::path::PathBuf;

/// Measures wasmc side by side with native clang -O3 and wasmtime 48, and prints medians of interleaved runs as ratios.
#[derive(Parser)]
#[command(name = "benches")]
pub struct Arguments {
    /// What to measure.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Subject::Kernels, Subject::Compile, Subject::Hello, Subject::Python, Subject::Threads, Subject::Exceptions, Subject::Objects])]
    only: Vec<Subject>,
    /// What to compare.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [PeerKind::Native, PeerKind::Wasmtime, PeerKind::Wasmc, PeerKind::WasmcNative])]
    peers: Vec<PeerKind>,
    /// Rounds of kernel and Python runs; each round runs every peer once.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Rounds of builds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    build_rounds: u32,
    /// Rounds of starting hello.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
    /// Only kernels whose name contains this.
    #[arg(long, default_value = "")]
    filter: String,
    /// Modules with debug information, beside python.wasm, to measure what `-g` costs with (`--only debug-info`).
    #[arg(long, value_name = "FILE")]
    module: Vec<PathBuf>,
    /// What times kernels and the Python script.
    #[arg(long, value_enum, default_value_t = Clock::Program)]
    clock: Clock,
    /// The processor that runs are pinned to (builds are not pinned).
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// The wasmc to measure, instead of building this repository's.
    #[arg(long, value_name = "PATH")]
    wasmc: Option<PathBuf>,
}

/// One part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Run time of the C kernels.
    Kernels,
    /// Wall time and peak memory of building the kernels and python.wasm.
    Compile,
    /// Size, start-up, resident memory and build time of hello.
    Hello,
    /// Run time of a Python script under python.wasm.
    Python,
    /// Work by one thread and by two, and starting threads.
    Threads,
    /// What exceptions cost: calls that may throw, throws that are caught.
    Exceptions,
    /// Building yosys (46,473 functions, C++ exceptions), and synthesising with it. Takes minutes.
    Yosys,
    /// Garbage-collected objects: throughput and pauses.
    Objects,
    /// What `-g` costs: processor time and memory of builds.
    DebugInfo,
}

/// What times a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Clock {
    /// The program itself, by the monotonic clock around its work.
    Program,
    /// The system: processor time of the whole process, start-up included. For machines that are busy with other things.
    Cpu,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let tools = setup::prepare(&arguments)?;
    report::heading(&tools)?;
    let mut bench = Bench::new(&arguments, &tools)?;
    for subject in &arguments.only {
        match subject {
            Subject::Kernels => sections::run_time::kernels(&mut bench)?,
            Subject::Compile => sections::compile::run(&mut bench)?,
            Subject::Hello => sections::hello::run(&mut bench)?,
            Subject::Python => sections::run_time::python(&mut bench)?,
            Subject::Threads => sections::threads::run(&mut bench)?,
            Subject::Exceptions => sections::exceptions::run(&mut bench)?,
            Subject::Yosys => sections::yosys::run(&mut bench)?,
            Subject::Objects => sections::objects::run(&mut bench)?,
            Subject::DebugInfo => sections::debug_info::run(&mut bench)?,
        }
    }
    Ok(())
}
