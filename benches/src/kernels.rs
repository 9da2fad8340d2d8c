//! The programs that are measured: the C kernels by what they exercise, hello, and Python.

use std::path::{Path, PathBuf};

/// A program as each peer takes it.
pub struct Program {
    /// Its name in the tables and of its outputs.
    pub name: &'static str,
    /// The C source that the native twin is built from; none for Python, which has no twin here.
    pub source: Option<PathBuf>,
    /// The module.
    pub wasm: PathBuf,
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

/// CPython, as `benches/tools.sh python` fetched it.
pub fn python(root: &Path) -> Program {
    Program { name: "python", source: None, wasm: root.join("target/tools/python/python.wasm") }
}

fn from_c(name: &'static str, folder: &Path) -> Program {
    Program {
        name,
        source: Some(folder.join(name).with_extension("c")),
        wasm: folder.join(name).with_extension("wasm"),
    }
}
