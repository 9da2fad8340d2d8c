//! What the programs are built for: this machine, or what `WASMC_TEST_TARGET` names.

use std::env;

/// The target's triple, if it is not this machine's.
pub fn name() -> Option<String> {
    env::var("WASMC_TEST_TARGET").ok().filter(|name| !name.is_empty())
}

/// The emulator that runs its executables.
pub fn runner() -> Option<String> {
    let name = name()?;
    let processor = name.split('-').next().expect("split gives at least one piece");
    Some(format!("qemu-{}-static", processor.trim_end_matches("gc")))
}

/// Arguments of `wasmc build`.
pub fn flags() -> Vec<String> {
    name().map_or_else(Vec::new, |name| vec!["--target".to_owned(), name])
}
