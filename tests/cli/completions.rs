//! `wasmc completions`, and what happens when nobody reads on.

use crate::sandbox::Sandbox;
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn every_shell_has_a_script() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = sandbox.wasmc(&format!("completions {shell}")).succeeds().text();
        assert!(text.contains("unknown-imports") && text.contains("inspect"), "{shell}: {text}");
    }
}

#[test]
fn bash_accepts_its_script_and_completes() {
    let sandbox = Sandbox::new();
    sandbox.write("wasmc.bash", sandbox.wasmc("completions bash").succeeds().stdout);
    let script = ". ./wasmc.bash; COMP_WORDS=(wasmc in) COMP_CWORD=1; _wasmc wasmc in wasmc; echo ${COMPREPLY[*]}";
    let output = Command::new("bash").args(["-c", script]).current_dir(sandbox.path(".")).output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "inspect", "{output:?}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let sandbox = Sandbox::new();
    for arguments in [&["completions", "zsh"][..], &["explain"], &["cache", "path"]] {
        let mut command = sandbox.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wasmc runs");
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("text");
        assert!(child.wait().expect("it ends").success(), "{arguments:?}");
        assert_eq!(stderr, "", "{arguments:?}");
    }
}

#[test]
fn a_full_standard_output_is_an_error() {
    let sandbox = Sandbox::new();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has /dev/full");
    let ended: crate::sandbox::Ended = sandbox.command(["explain"]).stdout(full).output().expect("wasmc runs").into();
    ended.fails(&["cannot write standard output", "No space left on device"]);
}
