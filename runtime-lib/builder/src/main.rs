//! The command: builds the runtime library for targets that wasmc does not carry within itself.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wasmc_runtime_builder::{Toolchain, build};

const USAGE: &str = "\
Usage: wasmc-runtime-builder [--rustc PATH] [--output FOLDER] TARGET...

Builds the runtime library for targets, by Rust's names of them, and writes each to FOLDER/TARGET.a.

  --output FOLDER  where to write [target/runtimes]
  --rustc PATH     a rustc with library sources, where Rust's own has no `core` for the target
";

/// What to do.
struct Arguments {
    toolchain: Toolchain,
    output: PathBuf,
    targets: Vec<String>,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let workspace = workspace();
    let mut arguments =
        Arguments { toolchain: Toolchain::default(), output: workspace.join("target/runtimes"), targets: Vec::new() };
    while let Some(word) = words.next() {
        match &word[..] {
            "--rustc" => {
                arguments.toolchain.rustc_with_sources = Some(words.next().ok_or("--rustc needs a path")?.into())
            }
            "--output" => arguments.output = words.next().ok_or("--output needs a folder")?.into(),
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}")),
            _ => arguments.targets.push(word),
        }
    }
    if arguments.targets.is_empty() { Err("no target is named".to_owned()) } else { Ok(arguments) }
}

/// The folder of this project.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn execute(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&arguments.output)?;
    let target_directory = workspace().join("target/runtimes/build");
    for target in &arguments.targets {
        let archive = build(&workspace(), &target_directory, target, &arguments.toolchain)?;
        let path = arguments.output.join(format!("{target}.a"));
        std::fs::write(&path, &archive)?;
        println!("{} ({} bytes)", path.canonicalize()?.display(), archive.len());
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprint!("wasmc-runtime-builder: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match execute(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasmc-runtime-builder: {error}");
            ExitCode::FAILURE
        }
    }
}
