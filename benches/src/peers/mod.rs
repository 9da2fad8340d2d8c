//! What is compared: each peer turns a program into a file and knows how to run that file.

mod native;
mod wasmc;
mod wasmtime;

use crate::kernels::Program;
use crate::setup::Tools;
use clap::ValueEnum;
use std::path::Path;
use std::process::Command;

pub use native::{Native, static_twins};

/// The columns that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PeerKind {
    /// clang -O3 from the C source.
    Native,
    /// `wasmtime compile`, then `wasmtime run --allow-precompiled`.
    Wasmtime,
    /// `wasmc build`.
    Wasmc,
    /// `wasmc build --cpu native`: the processor's own features, which wasmtime uses without being asked.
    WasmcNative,
}

/// A way from a program to a process.
pub trait Peer {
    /// The column's title; also the folder of its outputs.
    fn name(&self) -> &'static str;
    /// The command that builds `program` into the file `output`; none if there is nothing to build it from.
    fn build(&self, program: &Program, output: &Path) -> Option<Command>;
    /// The command that runs what `build` made. Arguments for the program can be added to it.
    fn run(&self, program: &Program, output: &Path) -> Command;
    /// The command that writes a stripped copy of what `build` made, or none if it has no symbols.
    fn strip(&self, output: &Path, stripped: &Path) -> Option<Command> {
        let mut command = Command::new("strip");
        command.arg("-s").arg("-o").args([stripped, output]);
        Some(command)
    }
    /// Bytes of a runtime that must be shipped beside what `build` made.
    fn runtime_size(&self) -> u64 {
        0
    }
}

/// The peer of a kind.
pub fn peer(kind: PeerKind, tools: &Tools) -> Box<dyn Peer> {
    match kind {
        PeerKind::Native => Box::new(Native::dynamic()),
        PeerKind::Wasmtime => Box::new(wasmtime::Wasmtime::new(tools.wasmtime.clone())),
        PeerKind::Wasmc => Box::new(wasmc::Wasmc::new(tools.wasmc.clone(), None)),
        PeerKind::WasmcNative => Box::new(wasmc::Wasmc::new(tools.wasmc.clone(), Some("native"))),
    }
}
