//! wasmtime ahead of time: `wasmtime compile` with default flags (optimised for speed, for this processor), then `wasmtime run`.

use super::Peer;
use crate::kernels::Program;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A wasmtime command.
pub struct Wasmtime {
    command: PathBuf,
}

impl Wasmtime {
    /// The command at this path.
    pub fn new(command: PathBuf) -> Wasmtime {
        Wasmtime { command }
    }
}

impl Peer for Wasmtime {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn build(&self, program: &Program, output: &Path) -> Option<Command> {
        let mut command = Command::new(&self.command);
        command.arg("compile").arg(&program.wasm).arg("-o").arg(output);
        Some(command)
    }

    fn run(&self, program: &Program, output: &Path) -> Command {
        let mut command = Command::new(&self.command);
        command.args(["run", "--allow-precompiled"]);
        for (host, guest) in &program.folders {
            command.arg("--dir").arg(format!("{}::{guest}", host.display()));
        }
        command.arg(output);
        command
    }

    fn strip(&self, _: &Path, _: &Path) -> Option<Command> {
        None
    }

    fn runtime_size(&self) -> u64 {
        std::fs::metadata(&self.command).map_or(0, |metadata| metadata.len())
    }
}
