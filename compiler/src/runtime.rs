//! Finds the runtime library for a target: the compiler carries that of its own machine, built by `build.rs`; those for
//! other targets stand in folders.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::targets;
use crate::{Error, Options, Result};

/// Rust's name of the target whose library is embedded.
const EMBEDDED_TARGET: &str = env!("WASMC_EMBEDDED_RUNTIME");
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.a"));

/// Where the runtime library of a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuntimeSource {
    /// In the compiler.
    Embedded,
    /// In this file.
    File(PathBuf),
    /// Nowhere: no folder has a file of this name.
    Missing(String),
    /// There is none for the target, yet.
    None,
}

/// Looks for the runtime library of the target that `options` name.
pub fn runtime_source(options: &Options) -> RuntimeSource {
    let Some(name) = targets::find(&options.target).and_then(|target| target.runtime) else {
        return RuntimeSource::None;
    };
    let without_library = |name: &str| name.replace("-musl", "-gnu");
    if name == without_library(EMBEDDED_TARGET) {
        return RuntimeSource::Embedded;
    }
    let file = format!("{name}.a");
    let mut candidates = options.runtime_folders.iter().map(|folder| folder.join(&file));
    match candidates.find(|path| path.is_file()) {
        Some(path) => RuntimeSource::File(path),
        None => RuntimeSource::Missing(file),
    }
}

/// The runtime library (an `ar` archive) for a target, for use with another linker.
///
/// # Errors
/// `Error::Unsupported` for a target that has none; `Error::Option` where it is not found, with the command that builds it.
pub fn runtime_archive(options: &Options) -> Result<Cow<'static, [u8]>> {
    if targets::is_freestanding(&options.target) {
        let what = format!(
            "executables for the target {}: link an object (`--emit obj`) with the runtime library and your platform, as \
             docs/targets.md says",
            options.target
        );
        return Err(Error::Unsupported { what, offset: None });
    }
    match runtime_source(options) {
        RuntimeSource::Embedded => Ok(Cow::Borrowed(EMBEDDED)),
        RuntimeSource::File(path) => std::fs::read(&path)
            .map(Cow::Owned)
            .map_err(|error| Error::Option(format!("cannot read the runtime library {}: {error}", path.display()))),
        RuntimeSource::Missing(file) => Err(Error::Option(missing(&file, options))),
        RuntimeSource::None => Err(Error::Unsupported {
            what: format!(
                "executables for the target {} (there is no runtime library for it); `wasmc targets` lists what there is",
                options.target
            ),
            offset: None,
        }),
    }
}

fn missing(file: &str, options: &Options) -> String {
    let target = file.trim_end_matches(".a");
    let folders: Vec<_> = options.runtime_folders.iter().map(|folder| format!("\n    {}", folder.display())).collect();
    format!(
        "the runtime library for {} is not here: no file {file} in{}\n  in a checkout of wasmc, `tools/build-runtimes \
         {target}` builds it; `--runtime-dir FOLDER` names another folder",
        options.target,
        folders.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::archive::ArchiveFile;
    use object::{Object, ObjectSection, ObjectSymbol};
    use std::collections::BTreeSet;

    fn options(target: &str) -> Options {
        Options { target: target.parse().unwrap(), ..Options::default() }
    }

    #[test]
    fn every_symbol_of_the_contract_is_defined() {
        let archive = EMBEDDED;
        let mut defined = BTreeSet::new();
        let mut undefined = BTreeSet::new();
        for member in ArchiveFile::parse(archive).unwrap().members() {
            let object = object::File::parse(member.unwrap().data(archive).unwrap()).unwrap();
            for section in object.sections() {
                let name = section.name().unwrap();
                assert!(!name.starts_with(".debug"), "{name} is left");
            }
            for symbol in object.symbols().filter(|symbol| symbol.is_global()) {
                let names = if symbol.is_undefined() { &mut undefined } else { &mut defined };
                names.insert(symbol.name().unwrap().to_owned());
            }
        }
        use wasmc_abi::symbols::*;
        let expected = [
            START,
            MEMORY_GROW,
            SHARED_MEMORY_GROW,
            ATOMIC_WAIT32,
            ATOMIC_WAIT64,
            ATOMIC_NOTIFY,
            FIRST_BLOCK,
            TABLE_GROW,
            TABLE_FILL,
            MEMORY_MOVE,
            MEMORY_FILL,
            UNKNOWN_IMPORT,
            HARNESS,
            INVOKE,
        ];
        for name in expected.iter().chain(LIBCALLS) {
            assert!(defined.contains(*name), "{name} is missing");
        }
        let missing: Vec<_> = undefined.difference(&defined).collect();
        assert_eq!(missing, [PROGRAM], "the compiled object must define everything that the library lacks");
    }

    #[test]
    fn the_library_of_this_machine_is_embedded() {
        assert_eq!(runtime_source(&Options::default()), RuntimeSource::Embedded);
        assert_eq!(runtime_source(&options("x86_64-unknown-freebsd")), RuntimeSource::None);
    }

    #[test]
    fn others_are_looked_for_and_the_command_that_builds_them_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = options("riscv64gc-unknown-linux-musl");
        options.runtime_folders = vec![folder.path().join("none"), folder.path().to_owned()];
        let message = runtime_archive(&options).unwrap_err().to_string();
        assert!(message.contains("tools/build-runtimes riscv64gc-unknown-linux-gnu"), "{message}");
        std::fs::write(folder.path().join("riscv64gc-unknown-linux-gnu.a"), "bytes").unwrap();
        assert_eq!(runtime_archive(&options).unwrap().as_ref(), b"bytes");
    }
}
