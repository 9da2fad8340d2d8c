//! Environment variables: those of the process if the build passes them on, those that the build gave, and those of
//! `WASMC_ENV` if the build allows it. The last one of a name counts.

use super::errno::code;
use super::host;
use super::strings::{Pieces, write_sizes, write_strings};
use wasmc_abi::program::{PROGRAM_INHERIT_ENVIRONMENT, PROGRAM_RUNTIME_OPTIONS, Text};

/// The variable with further variables, separated by commas.
const RUNTIME_ENVIRONMENT: &[u8] = b"WASMC_ENV";

/// Entries not yet looked at, the more important ones later: of the process, of the build, of `WASMC_ENV`.
#[derive(Clone)]
struct Entries<Inherited> {
    inherited: Option<Inherited>,
    given: &'static [Text],
    at_runtime: &'static [u8],
}

fn entries() -> Entries<impl Iterator<Item = &'static [u8]> + Clone> {
    let program = crate::program();
    let inherits = program.flags & PROGRAM_INHERIT_ENVIRONMENT != 0;
    let allowed = program.flags & PROGRAM_RUNTIME_OPTIONS != 0;
    Entries {
        inherited: inherits.then(host::environment),
        // SAFETY: the program description's spans are of what it says they are, and live as long as the program.
        given: unsafe { program.environment.as_slice() },
        at_runtime: if allowed { host::variable(RUNTIME_ENVIRONMENT) } else { None }.unwrap_or(b""),
    }
}

/// Text before a byte, and after it, if the byte occurs.
fn split_once(text: &'static [u8], byte: u8) -> (&'static [u8], Option<&'static [u8]>) {
    let end = text.iter().position(|&other| other == byte);
    let before = text.get(..end.unwrap_or(text.len())).unwrap_or(b"");
    (before, end.and_then(|end| text.get(end + 1..)))
}

impl<Inherited: Iterator<Item = &'static [u8]>> Entries<Inherited> {
    fn next_entry(&mut self) -> Option<&'static [u8]> {
        if let Some(entry) = self.inherited.as_mut().and_then(Iterator::next) {
            return Some(entry);
        }
        if let Some((text, rest)) = self.given.split_first() {
            self.given = rest;
            // SAFETY: as in `entries`.
            return Some(unsafe { text.as_slice() });
        }
        if self.at_runtime.is_empty() {
            return None;
        }
        let (entry, rest) = split_once(self.at_runtime, b',');
        self.at_runtime = rest.unwrap_or(b"");
        Some(entry)
    }
}

impl<Inherited: Iterator<Item = &'static [u8]>> Iterator for Entries<Inherited> {
    /// Name and value.
    type Item = (&'static [u8], &'static [u8]);

    /// The next entry: `NAME=VALUE`, or `NAME` for the process's own value, if it has one.
    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (name, value) = split_once(self.next_entry()?, b'=');
            if let (false, Some(value)) = (name.is_empty(), value.or_else(|| host::variable(name))) {
                return Some((name, value));
            }
        }
    }
}

/// The variables, one at a time.
fn variables() -> impl FnMut() -> Option<Pieces> {
    let mut rest = entries();
    move || loop {
        let (name, value) = rest.next()?;
        if !rest.clone().any(|(later, _)| later == name) {
            return Some([name, b"=", value]);
        }
    }
}

/// Stores the environment.
#[unsafe(export_name = "wasi_snapshot_preview1.environ_get")]
pub extern "C" fn environ_get(environ: i32, environ_buf: i32) -> i32 {
    code(write_strings(&mut variables(), environ, environ_buf))
}

/// Tells the number of variables, and the bytes that they take.
#[unsafe(export_name = "wasi_snapshot_preview1.environ_sizes_get")]
pub extern "C" fn environ_sizes_get(environc: i32, environ_buf_size: i32) -> i32 {
    code(write_sizes(&mut variables(), environc, environ_buf_size))
}
