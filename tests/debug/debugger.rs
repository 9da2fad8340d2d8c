//! Runs gdb over a program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

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

/// Runs gdb with these commands over a program; returns all that both wrote. A program for another machine runs in its
/// emulator, from before its first instruction, to which gdb is a remote debugger. One for Windows runs in Wine, from before it
/// is entered.
pub fn gdb(program: &Path, commands: &[&str]) -> String {
    let Some(runner) = process::target::runner() else {
        return output(gdb_with("gdb", commands).arg("--args").arg(program));
    };
    let run = commands.iter().find_map(|command| command.strip_prefix("run"));
    let started = commands.iter().map(|command| if command.starts_with("run") { "continue" } else { command });
    if runner.ends_with("wine") {
        let name = format!("python PROGRAM = {program:?}");
        let script = format!("source {}", source("debug/wine.py").display());
        let commands: Vec<&str> = [&*name, &*script].into_iter().chain(started).collect();
        let mut gdb = gdb_with("gdb", &commands);
        gdb.args(["--args", "/usr/lib/wine/wine64"]).arg(program).args(run.unwrap_or_default().split_whitespace());
        return output(&mut gdb);
    }
    let socket = program.with_extension("socket");
    let mut emulator = Command::new(runner);
    emulator.arg("-g").arg(&socket).arg(program).args(run.unwrap_or_default().split_whitespace());
    let emulator = std::thread::spawn(move || output(&mut emulator));
    let deadline = Instant::now() + process::LIMIT;
    while !socket.exists() {
        assert!(Instant::now() < deadline && !emulator.is_finished(), "the emulator waits for no debugger");
        std::thread::sleep(Duration::from_millis(10));
    }
    let connect = format!("target remote {}", socket.display());
    let mut emulated = vec!["set sysroot /", &connect];
    emulated.extend(started);
    let text = output(gdb_with("gdb-multiarch", &emulated).arg(program));
    text + &emulator.join().expect("what the emulator does is no panic")
}

fn gdb_with(debugger: &str, commands: &[&str]) -> Command {
    let mut command = Command::new(debugger);
    // Neither the user's settings nor downloads of debug information.
    command.args(["-nx", "-q", "-batch"]).env("DEBUGINFOD_URLS", "").env("LC_ALL", "C");
    let settings = ["set pagination off", "set confirm off", "set width 0", "set backtrace past-main on"];
    for line in settings.iter().chain(commands) {
        command.args(["-ex", line]);
    }
    command
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
