//! Environment variables: those of the process if the build passes them on, those that the build gave, and those of
//! `WASMC_ENV` if the build allows it. The last one of a name counts.

use super::errno::code;
use super::host;
use super::strings::{Pieces, write_sizes, write_strings};
use wasmc_abi::program::{PROGRAM_INHERIT_ENVIRONMENT, PROGRAM_RUNTIME_OPTIONS, Text};

/// The variable with further variables, separated by commas.
const RUNTIME_ENVIRONMENT: &[u8] = b"WASMC_ENV";

/// Name and value of an entry: `NAME=VALUE`, or `NAME` for the process's own value, if it has one.
fn resolve(entry: &'static [u8]) -> Option<(&'static [u8], &'static [u8])> {
    let mut pieces = entry.splitn(2, |&byte| byte == b'=');
    let name = pieces.next().filter(|name| !name.is_empty())?;
    Some((name, pieces.next().or_else(|| host::variable(name))?))
}

/// All entries, the more important ones later.
fn entries() -> impl Iterator<Item = (&'static [u8], &'static [u8])> + Clone {
    let program = crate::program();
    let inherits = program.flags & PROGRAM_INHERIT_ENVIRONMENT != 0;
    let inherited = host::environment().filter(move |entry| inherits && entry.contains(&b'='));
    // SAFETY: the program description's spans are of what it says they are, and live as long as the program.
    let given = unsafe { program.environment.as_slice::<Text>() };
    // SAFETY: as above.
    let given = given.iter().map(|text| unsafe { text.as_slice::<u8>() });
    let allowed = program.flags & PROGRAM_RUNTIME_OPTIONS != 0;
    let at_runtime = if allowed { host::variable(RUNTIME_ENVIRONMENT) } else { None };
    let at_runtime = at_runtime.unwrap_or(b"").split(|&byte| byte == b',');
    inherited.chain(given).chain(at_runtime).filter_map(resolve)
}

fn variables() -> impl Iterator<Item = Pieces> {
    let mut rest = entries();
    core::iter::from_fn(move || {
        loop {
            let (name, value) = rest.next()?;
            if !rest.clone().any(|(later, _)| later == name) {
                return Some([name, b"=", value]);
            }
        }
    })
}

/// Stores the environment.
#[unsafe(export_name = "wasi_snapshot_preview1.environ_get")]
pub extern "C" fn environ_get(environ: i32, environ_buf: i32) -> i32 {
    code(write_strings(variables(), environ, environ_buf))
}

/// Tells the number of variables, and the bytes that they take.
#[unsafe(export_name = "wasi_snapshot_preview1.environ_sizes_get")]
pub extern "C" fn environ_sizes_get(environc: i32, environ_buf_size: i32) -> i32 {
    code(write_sizes(variables(), environc, environ_buf_size))
}
