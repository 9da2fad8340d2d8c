//! From flags to the compiler's options.

use crate::arguments::CompileFlags;
use clap::ValueEnum;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use target_lexicon::Triple;
use wasmc_compiler::{Entry, Options, Preopen, Standard, targets};

/// What `--emit` can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmitKind {
    /// An executable
    Exe,
    /// A relocatable object file
    Obj,
    /// The machine code as text
    Asm,
    /// Cranelift's intermediate representation, optimised, as text
    Clif,
}

impl CompileFlags {
    /// The compiler's options; `arguments` stand before those of the command line where a function is invoked.
    pub fn options(&self, arguments: &[String]) -> Options {
        Options {
            standard: Standard::default(),
            target: self.target.clone().unwrap_or_else(Triple::host),
            runtime_folders: runtime_folders(self.runtime_dir.as_deref()),
            cpu: (!self.cpu.is_empty()).then(|| self.cpu.join(",")),
            opt_level: self.opt_level,
            memory_base: self.memory_base,
            bounds: self.bounds,
            relaxed_simd: self.relaxed_simd,
            max_memory: self.max_memory,
            max_heap: self.max_gc_heap,
            heap_stress: self.gc_stress,
            max_stack: self.max_stack,
            max_threads: self.max_threads,
            unknown_imports: self.unknown_imports,
            entry: match &self.invoke {
                Some(export) => Entry::Invoke { export: export.clone(), arguments: arguments.to_vec() },
                None => Entry::Command,
            },
            preopens: self.dir.clone(),
            environment: self.env.clone(),
            inherit_environment: self.inherit_env,
            runtime_options: self.runtime_options,
            debug_info: self.debug.unwrap_or_default().level,
            debugger: self.debug.unwrap_or_default().debugger,
            split_debug: false,
            debug_prefix_map: self.debug_prefix_map.clone(),
            strip: self.strip,
            jobs: self.jobs,
        }
    }
}

/// Where runtime libraries for other targets are looked for.
pub fn runtime_folders(named: Option<&Path>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = named.map(Path::to_owned).into_iter().collect();
    folders.extend(std::env::var_os("WASMC_RUNTIME_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from));
    let executable = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    if let Some(parent) = executable.as_deref().and_then(Path::parent) {
        // Unpacked from a release; installed under a prefix; in the folder `target` of a checkout.
        folders.push(parent.join("lib"));
        if let Some(prefix) = parent.parent() {
            folders.extend([prefix.join("lib/wasmc"), prefix.join("runtimes")]);
        }
    }
    folders
}

/// Reads a target triple.
pub fn parse_target(text: &str) -> Result<Triple, String> {
    Triple::from_str(text).map_err(|error| {
        let near = targets::near(text).join(", ");
        format!("{error}; did you mean one of {near}? `wasmc targets` lists all")
    })
}

/// Reads `HOST[::GUEST]`.
pub fn parse_preopen(text: OsString) -> Result<Preopen, String> {
    let bytes = text.as_encoded_bytes();
    let (host, guest) = match bytes.windows(2).position(|pair| pair == b"::") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, bytes),
    };
    if host.is_empty() || guest.is_empty() {
        return Err("write HOST or HOST::GUEST, neither of them empty".into());
    }
    if bytes.contains(&0) {
        return Err("a path cannot contain a zero byte".into());
    }
    let guest = std::str::from_utf8(guest)
        .map_err(|_| "the program's name for the folder must be UTF-8; write HOST::GUEST to give it one")?
        .to_owned();
    // SAFETY: `host` is all of an OsString's encoded bytes, or what stands before a `::`, which is valid UTF-8.
    let host = unsafe { OsString::from_encoded_bytes_unchecked(host.to_vec()) };
    Ok(Preopen { host: host.into(), guest })
}

/// Checks `NAME` or `NAME=VALUE`.
pub fn parse_environment(text: &str) -> Result<String, String> {
    if text.is_empty() || text.starts_with('=') {
        return Err("the variable's name is missing".into());
    }
    if text.contains('\0') {
        return Err("a variable cannot contain a zero byte".into());
    }
    Ok(text.to_owned())
}

/// Reads `OLD=NEW`.
pub fn parse_prefix_map(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() => Ok((old.to_owned(), new.to_owned())),
        _ => Err("write OLD=NEW".into()),
    }
}

/// Reads `NAME=FILE`.
pub fn parse_link(text: OsString) -> Result<(String, PathBuf), String> {
    let bytes = text.as_encoded_bytes();
    let at = bytes.iter().position(|&byte| byte == b'=').ok_or("write NAME=FILE")?;
    let name = std::str::from_utf8(&bytes[..at]).map_err(|_| "a module name is UTF-8")?.to_owned();
    if at + 1 == bytes.len() {
        return Err("the file is missing: write NAME=FILE".into());
    }
    // SAFETY: these are all of an OsString's encoded bytes behind a `=`, which is valid UTF-8.
    let file = unsafe { OsString::from_encoded_bytes_unchecked(bytes[at + 1..].to_vec()) };
    Ok((name, file.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        let preopen = |host: &str, guest: &str| Ok(Preopen { host: host.into(), guest: guest.into() });
        assert_eq!(parse_preopen("data".into()), preopen("data", "data"));
        assert_eq!(parse_preopen("/srv/x::/".into()), preopen("/srv/x", "/"));
        assert_eq!(parse_preopen("a::b::c".into()), preopen("a", "b::c"));
        assert!(parse_preopen("::/".into()).is_err());
        assert!(parse_preopen("a::".into()).is_err());
        assert!(parse_preopen("".into()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_host_folder_may_be_any_bytes() {
        use std::os::unix::ffi::OsStringExt;
        let named = OsString::from_vec(b"\xff::x".to_vec());
        assert_eq!(parse_preopen(named).map(|preopen| preopen.guest), Ok("x".into()));
        assert!(parse_preopen(OsString::from_vec(b"\xff".to_vec())).is_err());
    }

    #[test]
    fn targets_have_near_matches() {
        assert!(parse_target("aarch64-unknown-linux-musl").is_ok());
        for (wrong, near) in [
            ("arch64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"),
            ("riscv64-unknown-linux-gun", "riscv64gc-unknown-linux-gnu"),
        ] {
            let message = parse_target(wrong).unwrap_err();
            assert!(message.contains(near), "{message}");
        }
    }

    #[test]
    fn variables_and_modules() {
        assert_eq!(parse_environment("A=b=c"), Ok("A=b=c".into()));
        assert_eq!(parse_environment("A"), Ok("A".into()));
        assert!(parse_environment("=b").is_err());
        assert_eq!(parse_link("env=a=b.wasm".into()), Ok(("env".into(), "a=b.wasm".into())));
        assert!(parse_link("env".into()).is_err());
        assert!(parse_link("env=".into()).is_err());
    }
}
