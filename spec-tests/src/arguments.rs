//! The command line.

use crate::check::Settings;
use std::ffi::OsString;
use std::path::PathBuf;
use target_lexicon::{Architecture, Triple};
use wasmc_compiler::{Bounds, MemoryBase, OptLevel};

/// Shown for `--help` and after a mistake.
pub const USAGE: &str = "\
Usage: spec-tests [OPTIONS] [FILE.wast | FOLDER]...

Runs WebAssembly test scripts through wasmc: the official suite, or the files named (folders with all that is in them).
Exits with 1 if a required check failed, 2 if the command line is wrong.

Options:
  --memory fixed|relocatable|both  where memories stand [both, or what the target has]
  --bounds guard|explicit          how memories are guarded [guard]
  -O0, -O1, -O2, -Os               optimisation level [-O2]
  --gc-stress                      collect garbage at every allocation
  --target TRIPLE                  what programs are built for [this machine]
  --cpu CPU                        for which processor
  --runner COMMAND                 what runs them [another processor's: qemu-PROCESSOR-static]
  --jobs N                         files at once [one a core]
  --filter TEXT                    only files whose SUITE/NAME contains the text
  -v, --verbose                    every file and every failure
  -h, --help                       this text
";

/// What to do.
#[derive(Debug, PartialEq)]
pub struct Arguments {
    /// Files and folders; empty for the official suite.
    pub paths: Vec<PathBuf>,
    /// How programs are built.
    pub settings: Settings,
    /// Files at once; 0 for one a core.
    pub jobs: usize,
    /// What runs the programs, if they do not run by themselves.
    pub runner: Option<String>,
    /// Only files whose name with the suite's contains this.
    pub filter: String,
    /// Show every file and every failure.
    pub verbose: bool,
    /// Show the usage and do nothing.
    pub help: bool,
}

impl Arguments {
    /// Reads the arguments that follow the program's name; the error is for the user.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, String> {
        let mut parsed = Arguments {
            paths: Vec::new(),
            settings: Settings {
                memory_bases: Vec::new(),
                bounds: Bounds::Guard,
                opt_level: OptLevel::Speed,
                heap_stress: false,
                target: Triple::host(),
                cpu: None,
            },
            runner: None,
            jobs: 0,
            filter: String::new(),
            verbose: false,
            help: false,
        };
        let mut arguments = arguments.into_iter();
        let mut only_paths = false;
        while let Some(argument) = arguments.next() {
            let Some(text) = argument.to_str().filter(|text| text.starts_with('-') && !only_paths) else {
                parsed.paths.push(argument.into());
                continue;
            };
            let (flag, inline) = match text.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (text, None),
            };
            if inline.is_some()
                && !["--memory", "--bounds", "--target", "--cpu", "--runner", "--jobs", "--filter"].contains(&flag)
            {
                return Err(format!("unknown option {text}"));
            }
            let mut value = || match inline.clone().or_else(|| arguments.next()?.into_string().ok()) {
                Some(value) => Ok(value),
                None => Err(format!("{flag} needs a value")),
            };
            match flag {
                "--" => only_paths = true,
                "--memory" => {
                    parsed.settings.memory_bases = match &value()?[..] {
                        "fixed" => vec![MemoryBase::Fixed],
                        "relocatable" => vec![MemoryBase::Relocatable],
                        "both" => vec![MemoryBase::Fixed, MemoryBase::Relocatable],
                        other => return Err(format!("--memory is fixed, relocatable or both, not {other}")),
                    };
                }
                "--bounds" => {
                    parsed.settings.bounds = match &value()?[..] {
                        "guard" => Bounds::Guard,
                        "explicit" => Bounds::Explicit,
                        other => return Err(format!("--bounds is guard or explicit, not {other}")),
                    };
                }
                "-O0" => parsed.settings.opt_level = OptLevel::None,
                "-O1" => parsed.settings.opt_level = OptLevel::Basic,
                "-O2" => parsed.settings.opt_level = OptLevel::Speed,
                "-Os" => parsed.settings.opt_level = OptLevel::Size,
                "--gc-stress" => parsed.settings.heap_stress = true,
                "--target" => {
                    let name = value()?;
                    parsed.settings.target = name.parse().map_err(|error| format!("--target {name}: {error}"))?;
                    parsed.runner = parsed.runner.or_else(|| runner(&parsed.settings.target));
                }
                "--cpu" => parsed.settings.cpu = Some(value()?),
                "--runner" => parsed.runner = Some(value()?),
                "--jobs" => {
                    let number = value()?;
                    parsed.jobs = number.parse().map_err(|_| format!("--jobs is a number, not {number}"))?;
                }
                "--filter" => parsed.filter = value()?,
                "-v" | "--verbose" => parsed.verbose = true,
                "-h" | "--help" => parsed.help = true,
                other => return Err(format!("unknown option {other}")),
            }
        }
        if parsed.settings.memory_bases.is_empty() {
            // Only here do both ways differ.
            let both = parsed.settings.target == Triple::host();
            let second = both.then_some(MemoryBase::Relocatable);
            parsed.settings.memory_bases = [MemoryBase::Fixed].into_iter().chain(second).collect();
        }
        Ok(parsed)
    }
}

/// What runs programs for a processor that is not this machine's.
fn runner(target: &Triple) -> Option<String> {
    let processor = match target.architecture {
        same if same == Triple::host().architecture => return None,
        Architecture::Riscv64(_) => "riscv64".into(),
        Architecture::Riscv32(_) => "riscv32".into(),
        Architecture::Arm(_) => "arm".into(),
        Architecture::X86_32(_) => "i386".into(),
        Architecture::Powerpc64le => "ppc64le".into(),
        other => other.into_str(),
    };
    Some(format!("qemu-{processor}-static"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Arguments, String> {
        Arguments::parse(text.split_whitespace().map(OsString::from))
    }

    #[test]
    fn everything_at_once() {
        let parsed = parse("a.wast --memory fixed --bounds=explicit -O0 --jobs 3 --filter simd -v -- -b").unwrap();
        assert_eq!(parsed.paths, [PathBuf::from("a.wast"), PathBuf::from("-b")]);
        assert_eq!(parsed.settings.memory_bases, [MemoryBase::Fixed]);
        assert_eq!((parsed.settings.bounds, parsed.settings.opt_level), (Bounds::Explicit, OptLevel::None));
        assert_eq!((parsed.jobs, &parsed.filter[..], parsed.verbose), (3, "simd", true));
    }

    #[test]
    fn mistakes() {
        for text in ["--memory", "--memory high", "--jobs x", "-O3", "--verbose=1", "--unknown", "--bounds none"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
