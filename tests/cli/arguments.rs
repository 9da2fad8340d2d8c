//! A program's arguments pass through `wasmc run` untouched.

use crate::programs::ARGUMENTS;
use crate::sandbox::{Sandbox, end};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What the program says its arguments are, after `wasmc run` with `words`.
#[track_caller]
fn seen(words: &[&[u8]]) -> Vec<Vec<u8>> {
    let sandbox = Sandbox::new();
    sandbox.write("args.wat", ARGUMENTS);
    let words = words.iter().map(|word| OsString::from_vec(word.to_vec()));
    let ended = end(&mut sandbox.command([OsString::from("run")].into_iter().chain(words))).succeeds();
    let mut arguments: Vec<_> = ended.stdout.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    assert_eq!(arguments.pop(), Some(Vec::new()), "each ends with a zero byte");
    arguments
}

#[test]
fn dashes_spaces_and_bytes_that_are_not_utf8() {
    let words: [&[u8]; 12] =
        [b"args.wat", b"-O0", b"--help", b"-v", b"--", b"-", b"", b"a b", b"--x=\xff\xfe", b"\xc3\xa9", b"\n", b"*"];
    assert_eq!(seen(&words), words);
}

#[test]
fn dashes_right_after_the_file_are_left_out_once() {
    assert_eq!(seen(&[b"args.wat", b"--", b"-q"]), [&b"args.wat"[..], b"-q"]);
    assert_eq!(seen(&[b"args.wat", b"--", b"--", b"-q"]), [&b"args.wat"[..], b"--", b"-q"]);
    assert_eq!(seen(&[b"-q", b"--", b"./args.wat", b"-q"]), [&b"./args.wat"[..], b"-q"]);
}

#[test]
fn argument_0_is_the_modules_path() {
    assert_eq!(seen(&[b"args.wat"]), [b"args.wat"]);
    assert_eq!(seen(&[b"-O0", b".//args.wat"]), [b".//args.wat"]);
}

#[test]
fn many_long_arguments() {
    let long = vec![b'x'; 50_000];
    let words = [&b"args.wat"[..], &long, b"end"];
    assert_eq!(seen(&words), words);
}

#[test]
fn a_file_name_may_be_any_bytes() {
    let sandbox = Sandbox::new();
    let name = OsStr::from_bytes(b"\xff args");
    std::fs::write(sandbox.path(name), ARGUMENTS).expect("the folder is writable");
    let ended = end(&mut sandbox.command([OsStr::new("run"), name])).succeeds();
    assert_eq!(ended.stdout, b"\xff args\0");
    end(&mut sandbox.command([OsStr::new("build"), name, OsStr::new("-o"), OsStr::from_bytes(b"\xfe")])).succeeds();
    assert!(sandbox.path(OsStr::from_bytes(b"\xfe")).exists());
}
