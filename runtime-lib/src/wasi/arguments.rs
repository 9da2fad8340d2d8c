//! The command line, which reaches the program as it is, the program's name first.

use super::errno::code;
use super::host;
use super::strings::{Pieces, write_sizes, write_strings};

/// The arguments, one at a time.
fn arguments() -> impl FnMut() -> Option<Pieces> {
    let mut arguments = host::arguments();
    move || Some([arguments.next()?, b"", b""])
}

/// Stores the arguments.
#[unsafe(export_name = "wasi_snapshot_preview1.args_get")]
pub extern "C" fn args_get(argv: i32, argv_buf: i32) -> i32 {
    code(write_strings(&mut arguments(), argv, argv_buf))
}

/// Tells the number of arguments, and the bytes that they take.
#[unsafe(export_name = "wasi_snapshot_preview1.args_sizes_get")]
pub extern "C" fn args_sizes_get(argc: i32, argv_buf_size: i32) -> i32 {
    code(write_sizes(&mut arguments(), argc, argv_buf_size))
}
