//! The end of the process, signals, the processor. What ends the process happens in a child process.

use super::*;
use crate::wasi::processes::*;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

/// Tells a child process which case of its test it is to run.
const CHILD: &str = "WASMC_TEST_CHILD";

/// Calls `work` in a child process that runs the same test, and returns its output. In the child it returns `None`,
/// unless `case` is the case that it is to run: then it does not return.
pub fn in_child(test: &str, case: &str, work: impl FnOnce(&Stage)) -> Option<Output> {
    match std::env::var(CHILD) {
        Ok(wanted) if wanted == case => {
            work(&Stage::new());
            std::process::exit(0)
        }
        Ok(_) => None,
        Err(_) => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", &format!("wasi::tests::{test}"), "--nocapture"]).env(CHILD, case);
            let output = command.output().unwrap();
            assert!(String::from_utf8_lossy(&output.stdout).contains("running 1 test"), "no test {test}");
            Some(output)
        }
    }
}

#[test]
fn exit_codes_reach_the_parent() {
    for code in [0, 1, 42, 125, 126, 255] {
        let output = in_child("processes::exit_codes_reach_the_parent", &code.to_string(), |_| proc_exit(code));
        if let Some(output) = output {
            assert_eq!(output.status.code(), Some(code));
        }
    }
}

#[test]
fn signals_do_what_they_do_by_default() {
    let test = "processes::signals_do_what_they_do_by_default";
    // WASI's number, and Linux's where it ends the process.
    for (signal, ends) in [(1, Some(1)), (6, Some(6)), (11, Some(11)), (10, Some(10)), (15, Some(15)), (9, Some(9))]
        .into_iter()
        .chain([(13, None), (16, None), (22, None), (27, None), (17, None)])
    {
        let output = in_child(test, &signal.to_string(), |_| assert_eq!(proc_raise(signal), 0));
        if let Some(output) = output {
            assert_eq!(output.status.signal(), ends, "signal {signal}");
            assert_eq!(output.status.success(), ends.is_none(), "signal {signal}");
        }
    }
}

#[test]
fn signals_that_do_not_exist_are_refused() {
    for signal in [0, 31, 64, 255, 256, -1, 1 << 16 | 15] {
        assert_eq!(outcome(proc_raise(signal)), Err(Errno::INVAL));
    }
}

#[test]
fn the_processor_can_be_yielded() {
    assert_eq!(sched_yield(), 0);
}

#[test]
fn a_directory_that_cannot_be_opened_ends_the_process_with_a_message() {
    let test = "processes::a_directory_that_cannot_be_opened_ends_the_process_with_a_message";
    for (case, host, reason) in [
        ("missing", "/nonexistent/directory", "no such directory"),
        ("file", "/dev/null", "not a directory"),
        ("long", "x/".repeat(3000).leak(), "too long"),
    ] {
        let output = in_child(test, case, |_| {
            let preopen = Preopen { host: span(host.as_bytes()), guest: span(b"/") };
            Stage::with(|program| program.preopens = span(Vec::leak(vec![preopen])));
        });
        if let Some(output) = output {
            assert_eq!(output.status.code(), Some(1));
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(message.contains(host) || case == "long", "{message}");
            assert!(message.contains(reason), "{message}");
        }
    }
}
