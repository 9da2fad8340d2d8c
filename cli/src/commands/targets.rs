//! `wasmc targets`: what there is for which target, and `--cpu list`: the processors of one.

use crate::arguments::TargetsArguments;
use crate::{output, settings};
use anyhow::Result;
use std::ffi::OsString;
use std::fmt::Write;
use target_lexicon::Triple;
use wasmc_compiler::targets::{TARGETS, is_freestanding, is_interpreted};
use wasmc_compiler::{Options, RuntimeSource, baseline, features, levels, runtime_source};

/// Prints the table of targets.
pub fn execute(arguments: &TargetsArguments) -> Result<()> {
    let folders = settings::runtime_folders(arguments.runtime_dir.as_deref());
    let mut text =
        format!("{:<31} {:<8} {:<11} {:<19} {}\n", "TARGET", "OBJECTS", "EXECUTABLES", "TESTED BY", "RUNTIME LIBRARY");
    for target in TARGETS {
        let triple: Triple = target.name.parse().map_err(|error| anyhow::anyhow!("{}: {error}", target.name))?;
        let options = Options { target: triple, runtime_folders: folders.clone(), ..Options::default() };
        let runtime = match runtime_source(&options) {
            RuntimeSource::Embedded => "in wasmc".to_owned(),
            RuntimeSource::File(path) => path.display().to_string(),
            RuntimeSource::Missing(file) => format!("not here: tools/build-runtimes {}", file.trim_end_matches(".a")),
            RuntimeSource::None => "-".to_owned(),
        };
        let links = match target.runtime {
            Some(_) if is_interpreted(&options.target) => "interpreted",
            Some(_) if is_freestanding(&options.target) => "your linker",
            Some(_) => "yes",
            None => "-",
        };
        let tested = target.tested.unwrap_or("-");
        writeln!(text, "{:<31} {:<8} {links:<11} {tested:<19} {runtime}", target.name, "yes")?;
    }
    output::print(&text)
}

/// The target whose processors a command line with `--cpu list` asks for; what else is on it does not matter.
pub fn cpu_list_target(words: &[OsString]) -> Option<Result<Triple, String>> {
    let words: Vec<&str> = words.iter().skip(1).map_while(|word| word.to_str().filter(|&word| word != "--")).collect();
    if !matches!(words.first(), Some(&("build" | "run"))) {
        return None;
    }
    let value = |flag: &str| {
        let separate = words.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1]);
        separate.or_else(|| words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('=')))
    };
    (value("--cpu") == Some("list"))
        .then(|| value("--target").map_or_else(|| Ok(Triple::host()), settings::parse_target))
}

/// Prints what `--cpu` takes for a target.
pub fn list_processors(target: &Triple) -> Result<()> {
    let mut text = format!("For {target}, --cpu takes one of these, each with what the ones before it have:\n");
    for level in levels(target) {
        let default = if baseline(target) == Some(level.name) { " (default)" } else { "" };
        writeln!(text, "  {:<24} {}{default}", level.name, level.description)?;
    }
    let features = features(target)?;
    let mut list = |title: &str, wanted: bool| -> Result<()> {
        if features.iter().any(|&(_, is_feature, _)| is_feature == wanted) {
            writeln!(text, "{title}")?;
        }
        for (name, _, description) in features.iter().filter(|&&(_, is_feature, _)| is_feature == wanted) {
            writeln!(text, "  {name:<24} {description}")?;
        }
        Ok(())
    };
    list("or of these:", false)?;
    list(
        "`native` is this machine's. Behind it, or alone, +NAME adds one of these features, and -NAME takes it away:",
        true,
    )?;
    output::print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<Result<String, String>> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        cpu_list_target(&words).map(|target| target.map(|target| target.to_string()))
    }

    #[test]
    fn the_list_needs_no_file() {
        let riscv = Some(Ok("riscv64gc-unknown-linux-gnu".to_owned()));
        assert_eq!(asked("wasmc build --cpu list --target riscv64gc-unknown-linux-gnu"), riscv);
        assert_eq!(asked("wasmc run --target=riscv64gc-unknown-linux-gnu --cpu=list"), riscv);
        assert_eq!(asked("wasmc build --cpu list"), Some(Ok(Triple::host().to_string())));
        assert_eq!(asked("wasmc build --cpu native list"), None);
        assert_eq!(asked("wasmc run a.wasm -- --cpu list"), None);
        assert!(asked("wasmc build --target z80 --cpu list").is_some_and(|target| target.is_err()));
    }
}
