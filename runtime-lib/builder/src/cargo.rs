//! Runs cargo for the runtime library.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler that the library is built with.
#[derive(Debug, Default)]
pub struct Toolchain {
    /// A `rustc` other than cargo's own, which has no `core` for the target but its sources.
    pub rustc_with_sources: Option<PathBuf>,
}

/// Builds the library; returns the path of the archive.
pub(crate) fn build(
    workspace: &Path,
    target_directory: &Path,
    target: &str,
    toolchain: &Toolchain,
) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What the outer cargo, or clippy, was told is not meant for this build.
    for (name, _) in env::vars_os() {
        let inherited = name.to_string_lossy();
        let is_for_outer = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_UNSTABLE_", "CLIPPY_"]
            .iter()
            .any(|prefix| inherited.starts_with(prefix));
        let is_wrapper = matches!(&*inherited, "RUSTFLAGS" | "RUSTC_WORKSPACE_WRAPPER" | "CARGO_INCREMENTAL");
        if is_for_outer || is_wrapper {
            cargo.env_remove(&name);
        }
    }
    cargo
        .args(["rustc", "--quiet", "--locked", "--package", "wasmc-runtime", "--lib", "--crate-type", "staticlib"])
        .args(["--profile", "runtime", "--target", target, "--target-dir"])
        .arg(target_directory)
        .current_dir(workspace)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace, target)?.join("\x1f"));
    if let Some(rustc) = &toolchain.rustc_with_sources {
        // Building `core` is cargo's unstable option; with this variable the stable one has it too.
        cargo.arg("-Zbuild-std=core,alloc").env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
    }
    let finished = cargo.output()?;
    if !finished.status.success() {
        return Err(format!(
            "cannot build the runtime library for {target} (if Rust has no `core` for it: `rustup target add {target}`)\n{}",
            String::from_utf8_lossy(&finished.stderr)
        )
        .into());
    }
    let name = if target.ends_with("-msvc") { "wasmc_runtime.lib" } else { "libwasmc_runtime.a" };
    Ok(target_directory.join(target).join("runtime").join(name))
}

/// Flags of rustc.
fn flags(workspace: &Path, target: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let registry = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let mut flags = vec![
        // Backtraces walk frame pointers, from the runtime library's own frames on to those of compiled code.
        "-Cforce-frame-pointers=yes".to_owned(),
        // Debuggers and profilers unwind from here into compiled code, and the other way round.
        "-Cforce-unwind-tables=yes".to_owned(),
        // Executables are position-independent.
        "-Crelocation-model=pic".to_owned(),
        // The same bytes wherever wasmc is built: panics name source files.
        format!("--remap-path-prefix={}=wasmc", workspace.canonicalize()?.display()),
    ];
    if let Some(registry) = registry {
        flags.push(format!("--remap-path-prefix={}=cargo", registry.display()));
        // Which registry, or mirror of one, a crate came from is in the name of a folder. The last that fits counts.
        for sources in std::fs::read_dir(registry.join("registry/src")).into_iter().flatten().flatten() {
            flags.push(format!("--remap-path-prefix={}=", sources.path().display()));
        }
    }
    flags.extend(processor_flags(target).iter().map(|&flag| flag.to_owned()));
    Ok(flags)
}

/// What a processor needs beside that.
fn processor_flags(target: &str) -> &'static [&'static str] {
    match target.split('-').next().unwrap_or_default() {
        // The C library decides at the start which instructions to use for atomic operations; here there is none.
        // Without an operating system, Rust takes caches and the MMU to be off; the platform has them on (`wasmc_platform.h`).
        "aarch64" if target.ends_with("-none") => &["-Ctarget-feature=-outline-atomics,-strict-align"],
        "aarch64" if target.contains("-windows-") => &[],
        "aarch64" => &["-Ctarget-feature=-outline-atomics"],
        // No unwinder reads the tables where code is interpreted: what compiled code calls is on the machine's stack.
        "armv7" | "i686" | "riscv32gc" => &["--cfg=interpreted", "-Cforce-unwind-tables=no"],
        // NaNs of older processors are not those of IEEE 754-2008, and many have no unit for it: numbers are software's.
        "mips" | "mipsel" => &["--cfg=interpreted", "-Cforce-unwind-tables=no", "-Ctarget-feature=+soft-float"],
        // Not every LoongArch processor has vectors, nor has qemu before 8.1. wasmc's linker relaxes nothing.
        "loongarch64" => &["--cfg=interpreted", "-Cforce-unwind-tables=no", "-Ctarget-feature=-lsx,-relax"],
        // qemu rounds twice where VSX converts integers to f32 (do_frsp() in target/ppc/fpu_helper.c).
        "powerpc64le" => &[
            "--cfg=interpreted",
            "-Cforce-unwind-tables=no",
            "--cfg=rustix_use_experimental_asm",
            "-Ctarget-feature=-vsx",
        ],
        // There is no frame pointer: each frame holds the address of its caller's (zSeries ELF ABI supplement, 1.2.2).
        // Linux has user programs access words at any address (Documentation/arch/riscv/uabi.rst, "Misaligned accesses").
        "riscv64gc" => &["-Ctarget-feature=+unaligned-scalar-mem"],
        "s390x" => &["-Ctarget-feature=+backchain", "--cfg=rustix_use_experimental_asm"],
        _ => &[],
    }
}
