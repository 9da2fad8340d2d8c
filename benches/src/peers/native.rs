//! Native code: clang -O3 from the same C source, dynamic as is, and static against two C libraries for the start-up figures.

use super::Peer;
use crate::kernels::Program;
use std::path::Path;
use std::process::Command;

/// A C compiler and how it links.
pub struct Native {
    name: &'static str,
    compiler: &'static str,
    arguments: &'static [&'static str],
}

impl Native {
    /// clang, as anyone would call it.
    pub fn dynamic() -> Native {
        Native { name: "native", compiler: "clang-19", arguments: &["-O3"] }
    }
}

/// The static C programs that start-up is compared with.
pub fn static_twins() -> [Native; 2] {
    [
        Native { name: "static-glibc", compiler: "clang-19", arguments: &["-O3", "-static"] },
        Native { name: "static-musl", compiler: "musl-gcc", arguments: &["-O3", "-static"] },
    ]
}

impl Peer for Native {
    fn name(&self) -> &'static str {
        self.name
    }

    fn build(&self, program: &Program, output: &Path) -> Option<Command> {
        let mut command = Command::new(self.compiler);
        command.args(self.arguments).arg(program.source.as_ref()?).arg("-o").arg(output).arg("-lm");
        Some(command)
    }

    fn run(&self, _: &Program, output: &Path) -> Command {
        Command::new(output)
    }
}
