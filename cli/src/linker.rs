//! Links with the user's own linker in the place of wasmc's.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use target_lexicon::{Architecture, BinaryFormat};
use wasmc_compiler::Options;

/// Links `object` with the runtime library by running `linker`, and writes the executable to `output`.
pub fn link(linker: &Path, object: &[u8], options: &Options, output: &mut dyn Write) -> Result<()> {
    // What MIPS lacks of relocations is known to wasmc's linker only.
    let is_mips = matches!(options.target.architecture, Architecture::Mips32(_));
    if options.target.binary_format != BinaryFormat::Elf || is_mips {
        bail!("--linker is not supported for {}: wasmc links itself, or writes an object (--emit obj)", options.target);
    }
    let folder = tempfile::Builder::new().prefix("wasmc-").tempdir().context("cannot make a temporary folder")?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        anyhow::Ok(path)
    };
    let object = write("program.o", object)?;
    let runtime = write("libwasmc_runtime.a", &wasmc_compiler::runtime_archive(options)?)?;
    let executable = folder.path().join("program");

    let mut command = Command::new(linker);
    command.args(if is_compiler_driver(linker) { DRIVER_FLAGS } else { LINKER_FLAGS });
    if options.strip {
        command.arg("-s");
    }
    command.arg("-o").arg(&executable).arg(object).arg(runtime).stdin(Stdio::null());
    let result = command.output().with_context(|| format!("cannot run the linker {}", linker.display()))?;
    if !result.status.success() {
        let words = [result.stderr, result.stdout].concat();
        let words = String::from_utf8_lossy(&words);
        bail!("the linker {} failed ({}):\n{}", linker.display(), result.status, words.trim_end());
    }
    let mut file = File::open(&executable)
        .with_context(|| format!("the linker {} reported success but wrote no output", linker.display()))?;
    std::io::copy(&mut file, output).map_err(wasmc_compiler::Error::Io)?;
    Ok(())
}

/// A static position-independent executable that relocates itself, with what nothing refers to left out.
const LINKER_FLAGS: &[&str] = &[
    "-static",
    "-pie",
    "--no-dynamic-linker",
    "--gc-sections",
    "--build-id=none",
    "-z",
    "now",
    "-z",
    "noexecstack",
    "-z",
    "text",
];

/// The same through a C compiler, which must add nothing of its own.
const DRIVER_FLAGS: &[&str] = &[
    "-nostdlib",
    "-nostartfiles",
    "-static-pie",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,-z,now",
    "-Wl,-z,noexecstack",
    "-Wl,-z,text",
];

/// Tells by the name whether this is a C compiler, such as `cc`, `clang-19` or `aarch64-linux-gnu-gcc`.
fn is_compiler_driver(linker: &Path) -> bool {
    let name = linker.file_name().unwrap_or_default().to_string_lossy();
    let parts = name.split(['-', '.']);
    parts.into_iter().any(|part| matches!(part, "cc" | "c++" | "gcc" | "g++" | "clang" | "clang++" | "c99"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_known_by_name() {
        for name in ["gcc", "/usr/bin/cc", "clang-19", "x86_64-linux-gnu-gcc-12", "riscv64-linux-gnu-g++"] {
            assert!(is_compiler_driver(Path::new(name)), "{name}");
        }
        for name in ["ld", "ld.lld", "/usr/bin/ld.bfd", "rust-lld", "mold", "wild", "x86_64-linux-gnu-ld"] {
            assert!(!is_compiler_driver(Path::new(name)), "{name}");
        }
    }
}
