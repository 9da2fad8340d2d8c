//! The functions that the runtime library provides, with their types.

use wasmparser::{FuncType, ValType};

/// Module name of WASI 0.1 imports.
const WASI: &str = "wasi_snapshot_preview1";
/// Module name of the snapshot before it: the same functions and types but for `sock_accept`, with other structures.
const WASI_UNSTABLE: &str = "wasi_unstable";

/// Every function of WASI 0.1 (`wasi_snapshot_preview1.witx`) as name, parameters and results; `i` is i32, `I` is i64.
#[rustfmt::skip]
const WASI_FUNCTIONS: &[(&str, &str, &str)] = &[
    ("args_get", "ii", "i"),
    ("args_sizes_get", "ii", "i"),
    ("clock_res_get", "ii", "i"),
    ("clock_time_get", "iIi", "i"),
    ("environ_get", "ii", "i"),
    ("environ_sizes_get", "ii", "i"),
    ("fd_advise", "iIIi", "i"),
    ("fd_allocate", "iII", "i"),
    ("fd_close", "i", "i"),
    ("fd_datasync", "i", "i"),
    ("fd_fdstat_get", "ii", "i"),
    ("fd_fdstat_set_flags", "ii", "i"),
    ("fd_fdstat_set_rights", "iII", "i"),
    ("fd_filestat_get", "ii", "i"),
    ("fd_filestat_set_size", "iI", "i"),
    ("fd_filestat_set_times", "iIIi", "i"),
    ("fd_pread", "iiiIi", "i"),
    ("fd_prestat_dir_name", "iii", "i"),
    ("fd_prestat_get", "ii", "i"),
    ("fd_pwrite", "iiiIi", "i"),
    ("fd_read", "iiii", "i"),
    ("fd_readdir", "iiiIi", "i"),
    ("fd_renumber", "ii", "i"),
    ("fd_seek", "iIii", "i"),
    ("fd_sync", "i", "i"),
    ("fd_tell", "ii", "i"),
    ("fd_write", "iiii", "i"),
    ("path_create_directory", "iii", "i"),
    ("path_filestat_get", "iiiii", "i"),
    ("path_filestat_set_times", "iiiiIIi", "i"),
    ("path_link", "iiiiiii", "i"),
    ("path_open", "iiiiiIIii", "i"),
    ("path_readlink", "iiiiii", "i"),
    ("path_remove_directory", "iii", "i"),
    ("path_rename", "iiiiii", "i"),
    ("path_symlink", "iiiii", "i"),
    ("path_unlink_file", "iii", "i"),
    ("poll_oneoff", "iiii", "i"),
    ("proc_exit", "i", ""),
    ("proc_raise", "i", "i"),
    ("random_get", "ii", "i"),
    ("sched_yield", "", "i"),
    ("sock_accept", "iii", "i"),
    ("sock_recv", "iiiiii", "i"),
    ("sock_send", "iiiii", "i"),
    ("sock_shutdown", "ii", "i"),
];

/// Symbol of the function that starts a thread (wasi-threads).
pub(super) const THREAD_SPAWN: &str = "wasi.thread-spawn";

/// Type of the function that the runtime library provides under this name, if it does.
pub(crate) fn function_type(module: &str, name: &str) -> Option<FuncType> {
    if (module, name) == ("wasi", "thread-spawn") {
        return Some(FuncType::new([ValType::I32], [ValType::I32]));
    }
    let provided = module == WASI || module == WASI_UNSTABLE && name != "sock_accept";
    if !provided {
        return None;
    }
    let position = WASI_FUNCTIONS.binary_search_by_key(&name, |&(name, ..)| name).ok()?;
    let (_, parameters, results) = WASI_FUNCTIONS[position];
    Some(FuncType::new(types(parameters), types(results)))
}

fn types(letters: &str) -> impl Iterator<Item = ValType> + '_ {
    letters.bytes().map(|letter| if letter == b'I' { ValType::I64 } else { ValType::I32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_sorted() {
        assert_eq!(WASI_FUNCTIONS.len(), 46);
        assert!(WASI_FUNCTIONS.is_sorted_by_key(|&(name, ..)| name));
        assert!(function_type(WASI, "fd_write").is_some());
        assert!(function_type("env", "fd_write").is_none());
        assert!(function_type(WASI_UNSTABLE, "fd_write").is_some());
        assert!(function_type(WASI_UNSTABLE, "sock_accept").is_none());
        assert!(function_type("wasi", "thread-spawn").is_some());
    }
}
