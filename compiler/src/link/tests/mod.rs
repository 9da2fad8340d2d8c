//! Links small objects made by the C compiler, runs what comes out, and compares it with what GNU ld makes.

mod archives;
mod damage;
mod differential;
mod errors;
mod layout;
mod machines;
mod relocations;
mod unwind;

use super::{File, Inputs, LinkOptions, link_executable};
use crate::error::{Error, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Start code that relocates the program, calls `main` and exits.
const START: &str = include_str!("start.c");

const OPTIONS: LinkOptions<'static> = LinkOptions { entry: "_start", keep: &[], strip: false, build_id: true };

/// Flags for objects such as the runtime library's: no C library, a section for each function and object.
const FLAGS: &[&str] = &[
    "-O1",
    "-fPIE",
    "-ffreestanding",
    "-fno-stack-protector",
    "-ffunction-sections",
    "-fdata-sections",
    "-fcf-protection=none",
    "-fasynchronous-unwind-tables",
];

/// A folder to compile, link and run in.
struct Workshop {
    directory: TempDir,
    compiler: &'static str,
    flags: Vec<&'static str>,
}

impl Workshop {
    fn new() -> Workshop {
        Workshop { directory: TempDir::new().unwrap(), compiler: "cc", flags: FLAGS.to_vec() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Compiles C, or assembles where the name ends in `.s`; returns the object `NAME.o`.
    fn object(&self, name: &str, source: &str) -> Vec<u8> {
        self.object_with(name, source, &[])
    }

    fn object_with(&self, name: &str, source: &str, flags: &[&str]) -> Vec<u8> {
        let input = self.path(name);
        fs::write(&input, source).unwrap();
        let output = self.path(&format!("{name}.o"));
        let mut command = Command::new(self.compiler);
        command.arg("-c").args(&self.flags).args(flags).arg("-o").arg(&output).arg(&input);
        succeed(&mut command);
        fs::read(output).unwrap()
    }

    /// The start code's object.
    fn start(&self) -> Vec<u8> {
        self.object("start.c", START)
    }

    /// Writes an executable file.
    fn executable(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Links the start code with a program and runs it.
    fn run(&self, objects: &[(&str, &[u8])]) -> Output {
        let start = self.start();
        let mut all = vec![("start.o", start.as_slice())];
        all.extend_from_slice(objects);
        let bytes = link(&all, &[], &OPTIONS).unwrap();
        let path = self.executable("program", &bytes);
        check_readelf(&path);
        Command::new(path).output().unwrap()
    }
}

/// Links.
fn link(objects: &[(&str, &[u8])], archives: &[(&str, &[u8])], options: &LinkOptions<'_>) -> Result<Vec<u8>> {
    fn files<'a>(files: &[(&'a str, &'a [u8])]) -> Vec<File<'a>> {
        files.iter().map(|(name, bytes)| File { name, bytes }).collect()
    }
    let (objects, archives) = (files(objects), files(archives));
    let mut output = Vec::new();
    link_executable(&Inputs { objects: &objects, archives: &archives, debug: &[] }, options, &mut output)?;
    Ok(output)
}

/// Links what cannot be linked; returns the message.
fn link_error(objects: &[(&str, &[u8])]) -> String {
    match link(objects, &[], &OPTIONS) {
        Err(Error::Link(message)) => message,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it was linked"),
    }
}

/// Runs a tool that must succeed; returns what it printed on standard output.
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}

/// `readelf` finds nothing to complain of.
fn check_readelf(path: &Path) -> String {
    let output = Command::new("readelf").arg("-aW").arg(path).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && err.is_empty(), "readelf: {err}");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!out.contains("Warning") && !out.contains("Error"), "{out}");
    out
}

/// The names of a program's symbols with the letters that `nm` gives their kinds, sorted.
fn symbols(path: &Path) -> Vec<String> {
    let out = succeed(Command::new("nm").arg(path));
    let mut symbols: Vec<String> = out.lines().map(|line| line[17..].to_owned()).collect();
    symbols.sort();
    symbols
}
