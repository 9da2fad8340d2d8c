//! Runs gdb over a program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// A file of the folder `tests`.
pub fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests").join(path)
}

/// Builds a file of the folder `tests` to an executable in `folder`.
pub fn build(folder: &Path, module: &str, flags: &[&str]) -> PathBuf {
    process::build(folder, &source(module), "program", flags);
    folder.join("program")
}

/// Runs gdb with these commands over a program; returns all that both wrote.
pub fn gdb(program: &Path, commands: &[&str]) -> String {
    let mut command = Command::new("gdb");
    // Neither the user's settings nor downloads of debug information.
    command.args(["-nx", "-q", "-batch"]).env("DEBUGINFOD_URLS", "").env("LC_ALL", "C");
    let settings = ["set pagination off", "set confirm off", "set width 0", "set backtrace past-main on"];
    for line in settings.iter().chain(commands) {
        command.args(["-ex", line]);
    }
    output(command.arg("--args").arg(program))
}

/// Runs a command to its end; returns all that it wrote, its errors behind the rest.
pub fn output(command: &mut Command) -> String {
    let output = process::run(command, b"");
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// `text` has lines with these pieces, in this order.
#[track_caller]
pub fn check_lines(text: &str, pieces: &[&str]) {
    let mut lines = text.lines();
    for piece in pieces {
        assert!(lines.any(|line| line.contains(piece)), "{piece:?} is missing, or stands too early, in\n{text}");
    }
}
