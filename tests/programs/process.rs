//! Runs a process to its end with a time limit, and keeps all it writes.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// The target of `WASMC_TEST_TARGET`.
#[path = "target.rs"]
pub mod target;

/// How long any one process may take: far above what a loaded machine needs.
pub const LIMIT: Duration = Duration::from_secs(300);

/// The exit code of a program that trapped: 128 + SIGABRT.
pub const TRAP_EXIT: i32 = 134;

/// `wasmc` in a working folder, without colours or the user's configuration.
pub fn wasmc(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmc"));
    command.current_dir(folder).env("NO_COLOR", "1");
    command
}

/// An executable with an environment that it must not see; run by an emulator, where it is not for this machine.
pub fn executable(path: &Path, folder: &Path) -> Command {
    let mut command = match target::runner() {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(path);
            command
        }
        None => Command::new(path),
    };
    surround(&mut command, folder);
    if target::runner().is_some() {
        command.envs(target::RUNNER_VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    }
    command
}

/// What a program must not see, and where it runs.
fn surround(command: &mut Command, folder: &Path) {
    command.current_dir(folder).env_clear().env("HOST_SECRET", "not for the program");
}

/// The same on one processor, where an emulator of processors runs it: for programs with threads.
///
/// What threads see of each other's stores is then a matter of the machine code, which is theirs, and of the emulator,
/// which is not tested: that of qemu 7.2 on x86-64 lets a `ldar` overtake an earlier `stlr`, which AArch64 does not
/// (of 100,000 rounds of the litmus test "store buffering" written in Rust, hundreds come out wrong). On one processor
/// there is nothing to see that the program's order does not have.
pub fn threaded_executable(path: &Path, folder: &Path) -> Command {
    let emulated = executable(path, folder);
    if target::runner().is_none_or(|runner| !runner.starts_with("qemu-")) {
        return emulated;
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &first_allowed_processor()]).arg(emulated.get_program()).args(emulated.get_args());
    surround(&mut command, folder);
    command
}

/// The number of the first processor that this process may run on.
fn first_allowed_processor() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process can read its own status");
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("Linux says so");
    list.trim().split([',', '-']).next().expect("split gives at least one piece").to_owned()
}

/// Runs to the end with `input` on a pipe as standard input.
///
/// Panics, with all that was written so far, when the time is up.
pub fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let mut stdout = child.stdout.take().expect("standard output is a pipe");
    let mut stderr = child.stderr.take().expect("standard error is a pipe");
    std::thread::scope(|threads| {
        // A program that does not read its input closes the pipe: not this function's business.
        threads.spawn(move || stdin.write_all(input).ok());
        let output = threads.spawn(move || read_all(&mut stdout));
        let errors = threads.spawn(move || read_all(&mut stderr));
        let start = Instant::now();
        let mut pause = Duration::from_micros(500);
        let status: Option<ExitStatus> = loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                break Some(status);
            }
            if start.elapsed() > LIMIT {
                child.kill().expect("a child can be killed");
                child.wait().expect("a killed child can be waited for");
                break None;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let stdout = output.join().expect("reading does not panic");
        let stderr = errors.join().expect("reading does not panic");
        match status {
            Some(status) => Output { status, stdout, stderr },
            None => panic!(
                "{command:?} did not end within {LIMIT:?}\nstandard output: {}\nstandard error: {}",
                String::from_utf8_lossy(&stdout),
                String::from_utf8_lossy(&stderr)
            ),
        }
    })
}

fn read_all(pipe: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("a pipe can be read");
    bytes
}

/// Builds `module` (a path) to `output`, both seen from `folder`. Panics with the message if that fails.
pub fn build(folder: &Path, module: &Path, output: &str, flags: &[&str]) {
    let mut command = wasmc(folder);
    command.arg("build").arg(module).args(["-o", output]).args(target::flags()).args(flags);
    let result = run(&mut command, b"");
    assert!(
        result.status.success(),
        "{command:?} ended with {}:\n{}",
        result.status,
        String::from_utf8_lossy(&result.stderr)
    );
}
