//! Builds the programs of a script with the compiler library, the way `wasmc build` does.

use crate::program::Program;
use crate::script::Script;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use wasmc_compiler::{Compiled, Entry, Error, Input, Options, compile_program, link, parse_text};

/// Why there is no executable.
#[derive(Debug)]
pub enum Refusal {
    /// The compiler said so.
    Error(Error),
    /// The compiler panicked: always a defect.
    Panic(String),
}

/// Options for programs that the harness drives. Many are built at once, so each gets by with one thread.
pub fn harness_options() -> Options {
    Options { entry: Entry::Harness, jobs: 1, runtime_folders: runtime_folders(), ..Options::default() }
}

/// Where `tools/build-runtimes` puts runtime libraries for other targets than this machine.
fn runtime_folders() -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/runtimes")]
}

/// Compiles one module that imports nothing from other modules.
pub fn object(bytes: &[u8], options: &Options) -> Result<Compiled, Refusal> {
    let input = Input { name: "module".into(), bytes, ..Input::default() };
    guard(|| compile_program(&[input], options, &()))
}

/// Compiles the instances of a program, whose modules must all be readable.
pub fn program_object(script: &Script, program: &Program, options: &Options) -> Result<Compiled, Refusal> {
    guard(|| {
        let host = match &program.host {
            Some(text) => Some(parse_text(text.as_bytes(), Path::new("spectest.wat"))?),
            None => None,
        };
        let mut inputs = Vec::new();
        if let Some(bytes) = &host {
            inputs.push(Input { name: "spectest".into(), bytes, ..Input::default() });
        }
        for index in &program.instances {
            let instance = &script.instances[*index];
            let bytes = match &instance.module {
                Ok(module) => &module.bytes[..],
                Err(error) => return Err(Error::Text(error.to_string())),
            };
            inputs.push(Input {
                name: format!("module{index}"),
                bytes,
                links: program.links(instance),
                debug_info: Vec::new(),
            });
        }
        compile_program(&inputs, options, &())
    })
}

/// Links a program into an executable.
pub fn executable(program: &Compiled, options: &Options) -> Result<Vec<u8>, Refusal> {
    guard(|| {
        let mut executable = Vec::new();
        link(program, options, &mut executable)?;
        Ok(executable)
    })
}

/// A panic must not end the other tests.
fn guard<T>(work: impl FnOnce() -> wasmc_compiler::Result<T>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Refusal::Error),
        Err(payload) => {
            let message = payload
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| payload.downcast_ref::<&str>().copied())
                .unwrap_or("without a message");
            Err(Refusal::Panic(message.to_owned()))
        }
    }
}

impl Refusal {
    /// The specification's words for a failure to link, where it is one.
    pub fn link_failure(&self) -> Option<&'static str> {
        match self {
            Refusal::Error(Error::UnknownImports(_)) => Some("unknown import"),
            Refusal::Error(Error::IncompatibleImport { .. }) => Some("incompatible import type"),
            _ => None,
        }
    }
}

/// Whether the compiler says that it does not know a feature of the module (yet).
pub fn is_unsupported(error: &Error) -> bool {
    match error {
        Error::Unsupported { .. } => true,
        Error::Invalid { message, .. } => is_disabled_feature(message),
        _ => false,
    }
}

/// Whether the validator means that a module would be valid with another proposal. It has many ways to say so.
pub fn is_disabled_feature(message: &str) -> bool {
    const PHRASES: [&str; 7] = [
        "enabled",
        "proposal",
        "references required",
        "descriptors required",
        "not supported without the",
        "multiple memories",
        "global.get of locally defined global",
    ];
    PHRASES.iter().any(|phrase| message.contains(phrase))
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Error(error) => write!(f, "{error}"),
            Refusal::Panic(message) => write!(f, "the compiler panicked: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let invalid = |message: &str| Error::Invalid { message: message.into(), offset: 0, function: None };
        assert!(is_unsupported(&invalid("exceptions support is not enabled")));
        assert!(!is_unsupported(&invalid("type mismatch")));
        assert_eq!(Refusal::Error(invalid("type mismatch")).link_failure(), None);
        assert_eq!(Refusal::Error(Error::UnknownImports(vec![])).link_failure(), Some("unknown import"));
    }

    #[test]
    fn panics_are_refusals() {
        let refusal = guard::<()>(|| panic!("number {}", 7)).unwrap_err();
        assert_eq!(refusal.to_string(), "the compiler panicked: number 7");
    }
}
