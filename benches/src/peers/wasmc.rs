//! wasmc: `wasmc build` with default flags, optionally for a named processor.

use super::Peer;
use crate::kernels::Program;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A wasmc command.
pub struct Wasmc {
    command: PathBuf,
    cpu: Option<&'static str>,
}

impl Wasmc {
    /// `cpu` is what `--cpu` is given.
    pub fn new(command: PathBuf, cpu: Option<&'static str>) -> Wasmc {
        Wasmc { command, cpu }
    }
}

impl Peer for Wasmc {
    fn name(&self) -> &'static str {
        if self.cpu.is_some() { "wasmc-native" } else { "wasmc" }
    }

    fn build(&self, program: &Program, output: &Path) -> Option<Command> {
        let mut command = Command::new(&self.command);
        command.arg("build").arg(&program.wasm).arg("-o").arg(output);
        for (host, guest) in &program.folders {
            command.arg("--dir").arg(format!("{}::{guest}", host.display()));
        }
        if let Some(cpu) = self.cpu {
            command.arg("--cpu").arg(cpu);
        }
        Some(command)
    }

    fn run(&self, _: &Program, output: &Path) -> Command {
        Command::new(output)
    }
}
