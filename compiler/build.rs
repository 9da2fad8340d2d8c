//! Builds the runtime library for the machine that wasmc is built for, and has `src/runtime.rs` embed it.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wasmc_runtime_builder::{Toolchain, build};

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Puts the library where `src/runtime.rs` includes it from, and tells that file whose it is.
fn embed() -> Result<(), Box<dyn Error>> {
    let workspace = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    for input in ["Cargo.toml", "Cargo.lock", "runtime-lib/Cargo.toml", "runtime-lib/src", "runtime-lib/abi"] {
        println!("cargo:rerun-if-changed={}", workspace.join(input).display());
    }
    println!("cargo:rerun-if-changed=build.rs");
    let target = env::var("TARGET")?;
    let output = PathBuf::from(env::var("OUT_DIR")?);
    let archive = build(&workspace, &output.join("runtime-target"), &target, &Toolchain::default())?;
    std::fs::write(output.join("runtime.a"), archive)?;
    println!("cargo:rustc-env=WASMC_EMBEDDED_RUNTIME={target}");
    Ok(())
}
