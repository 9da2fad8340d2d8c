//! Gets everything ready that is compared: fetches what is missing by benches/tools.sh, builds wasmc.

use crate::peers::PeerKind;
use crate::{Arguments, Subject};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the tools are.
pub struct Tools {
    /// The repository.
    pub root: PathBuf,
    /// The wasmc command.
    pub wasmc: PathBuf,
    /// The wasmtime command.
    pub wasmtime: PathBuf,
}

/// Makes ready what the arguments ask for and no more.
pub fn prepare(arguments: &Arguments) -> Result<Tools> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the benchmark has no parent folder")?.to_path_buf();
    let mut parts = Vec::new();
    let wants = |kind| arguments.peers.contains(&kind);
    if wants(PeerKind::Native) || arguments.only.contains(&Subject::Hello) {
        parts.push("native");
    }
    if wants(PeerKind::Wasmtime) {
        parts.push("wasmtime");
    }
    if arguments.only.iter().any(|subject| matches!(subject, Subject::Python | Subject::Compile | Subject::DebugInfo)) {
        parts.push("python");
    }
    if arguments.only.contains(&Subject::Yosys) {
        parts.push("real");
    }
    succeed(Command::new("sh").arg(root.join("benches/tools.sh")).args(parts))?;
    let wasmc = match &arguments.wasmc {
        Some(path) => path.canonicalize().with_context(|| format!("no wasmc at {}", path.display()))?,
        None => {
            if wants(PeerKind::Wasmc) || wants(PeerKind::WasmcNative) {
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                succeed(Command::new(cargo).args(["build", "--release", "-p", "wasmc"]).current_dir(&root))?;
            }
            root.join("target/release/wasmc")
        }
    };
    Ok(Tools { wasmc, wasmtime: root.join("target/tools/wasmtime/bin/wasmtime"), root })
}

/// Runs a command that talks to the user itself.
fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
