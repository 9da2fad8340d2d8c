//! The programs that are measured: the C kernels by what they exercise, hello, Python, exceptions, and yosys.

use std::path::{Path, PathBuf};

/// A program as each peer takes it.
pub struct Program {
    /// Its name in the tables and of its outputs.
    pub name: &'static str,
    /// The C source that the native twin is built from; none for Python, which has no twin here.
    pub source: Option<PathBuf>,
    /// The module.
    pub wasm: PathBuf,
    /// Folders that it sees: on the host, and as it knows them.
    pub folders: Vec<(PathBuf, &'static str)>,
}

/// Kernel names (`benches/kernels/NAME.c`) with what each stands for.
pub const KERNELS: &[(&str, &str)] = &[
    ("integer_loops", "integer loops"),
    ("bits", "bit manipulation"),
    ("modpow", "64-bit multiply"),
    ("nbody", "floating point"),
    ("spectral_norm", "floating point"),
    ("gemm", "matrix"),
    ("jacobi", "matrix, stencil"),
    ("floyd", "matrix, integers"),
    ("simd_bytes", "SIMD integers"),
    ("simd_floats", "SIMD floats"),
    ("sha256", "hashing"),
    ("hash_table", "hash table"),
    ("chacha20", "crypto"),
    ("aes_table", "crypto, tables"),
    ("lz", "compression"),
    ("huffman", "compression"),
    ("string_search", "string search"),
    ("backtrack_match", "regular expressions"),
    ("json", "parsing"),
    ("state_machine", "big switch"),
    ("interpreter", "dispatch, br_table"),
    ("indirect_calls", "indirect calls"),
    ("recursion", "calls"),
    ("queens", "backtracking"),
    ("linked_list", "pointer chasing"),
    ("search_tree", "pointer chasing"),
    ("sorting", "sorting"),
    ("sort_callback", "sorting, callback"),
    ("malloc_mix", "allocation"),
];

/// The kernels whose name contains `filter`.
pub fn kernels(root: &Path, filter: &str) -> Vec<(Program, &'static str)> {
    let folder = root.join("benches/kernels");
    KERNELS
        .iter()
        .filter(|(name, _)| name.contains(filter))
        .map(|&(name, exercises)| (from_c(name, &folder), exercises))
        .collect()
}

/// The hello program.
pub fn hello(root: &Path) -> Program {
    from_c("hello", &root.join("benches/programs"))
}

/// The program with threads.
pub fn threads(root: &Path) -> Program {
    from_c("threads", &root.join("benches/programs"))
}

/// The program that makes objects.
pub fn objects(root: &Path) -> Program {
    without_source("objects", root.join("benches/programs/objects.wat"))
}

/// CPython, as `benches/tools.sh python` fetched it.
pub fn python(root: &Path) -> Program {
    without_source("python", root.join("target/tools/python/python.wasm"))
}

/// What exceptions cost, by the argument: `plain`, `quiet` or `throw`.
pub fn exceptions(root: &Path) -> Program {
    without_source("exceptions", root.join("benches/programs/exceptions.wat"))
}

/// Yosys, as `tests/real/fetch` fetched it, on the design of `tests/real`.
pub fn yosys(root: &Path, scratch: PathBuf) -> Program {
    let fetched = root.join("target/tools/real");
    let folders =
        vec![(root.join("tests/real/hardware"), "/design"), (fetched.join("yosys-share"), "/share"), (scratch, "/tmp")];
    Program { folders, ..without_source("yosys", fetched.join("yosys.wasm")) }
}

fn without_source(name: &'static str, wasm: PathBuf) -> Program {
    Program { name, source: None, wasm, folders: Vec::new() }
}

fn from_c(name: &'static str, folder: &Path) -> Program {
    Program {
        name,
        source: Some(folder.join(name).with_extension("c")),
        wasm: folder.join(name).with_extension("wasm"),
        folders: Vec::new(),
    }
}
