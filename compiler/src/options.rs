//! What a build may be told.

use std::path::PathBuf;
use target_lexicon::Triple;

use crate::Debugger;

/// How much work goes into the machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OptLevel {
    /// `-O0`: fastest build, values stay where a debugger finds them.
    None,
    /// `-O1`: Cranelift's optimisations.
    Basic,
    /// `-O2`: those, and wasmc's own passes.
    #[default]
    Speed,
    /// `-Os`: as `-O2` where that does not make the code larger.
    Size,
}

/// Where compiled code finds byte 0 of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MemoryBase {
    /// At a constant address for the first memory that a module of the program defines, if the target allows it.
    #[default]
    Fixed,
    /// Where the runtime library put it: loaded from the memory's descriptor.
    Relocatable,
}

/// How compiled code keeps its accesses inside linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Bounds {
    /// Guard pages behind 8 GiB of reserved address space; no checks in the code.
    #[default]
    Guard,
    /// A comparison before each access; reserves no more than the memory's maximum.
    Explicit,
}

/// Which of the results that the specification allows relaxed vector instructions give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RelaxedSimd {
    /// That of the fastest instructions which the target's features offer.
    #[default]
    Native,
    /// The same one on every target and with all features: that of the deterministic profile (wasm spec A.5).
    Deterministic,
}

/// What to do about imported functions that neither the runtime library nor another module provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UnknownImports {
    /// Refuse the build and list them.
    #[default]
    Error,
    /// Build; calling one is a trap that names it.
    Trap,
}

/// Which debug information is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DebugLevel {
    /// None.
    #[default]
    None,
    /// Functions, inlined calls and lines: what stack traces and profiles take.
    Lines,
    /// All that the modules hold.
    Full,
}

/// The version of WebAssembly that modules are validated against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Standard {
    /// WebAssembly 2.0 with tail calls and extended constant expressions: refuses what came later.
    Wasm2,
    /// Everything that wasmc compiles.
    #[default]
    Latest,
}

/// What the executable does once its modules are instantiated.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Entry {
    /// Calls the export `_start` of the last module (WASI command).
    #[default]
    Command,
    /// Calls an exported function with these arguments followed by those of the command line, prints its results.
    Invoke {
        /// The export's name.
        export: String,
        /// Leading arguments, as text.
        arguments: Vec<String>,
    },
    /// Obeys commands on standard input (specification tests, differential fuzzing).
    Harness,
}

/// A folder opened to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preopen {
    /// Path on the host.
    pub host: PathBuf,
    /// The name by which the program knows it.
    pub guest: String,
}

/// Everything that decides what is built, apart from the modules. The same options and modules give the same bytes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Target triple.
    pub target: Triple,
    /// Where to look for runtime libraries of targets other than this machine's, in this order.
    pub runtime_folders: Vec<PathBuf>,
    /// `native`, a processor name, or `+feature` / `-feature` items, comma-separated, applied in order to the baseline.
    pub cpu: Option<String>,
    /// What modules may contain.
    pub standard: Standard,
    /// How much work goes into the machine code.
    pub opt_level: OptLevel,
    /// Where memories stand.
    pub memory_base: MemoryBase,
    /// How memories are guarded.
    pub bounds: Bounds,
    /// What relaxed vector instructions give.
    pub relaxed_simd: RelaxedSimd,
    /// Upper limit for every memory's size, in bytes.
    pub max_memory: Option<u64>,
    /// Upper limit for the garbage-collected heap, in bytes; at most `wasmc_abi::heap::LARGEST_HEAP`.
    pub max_heap: u64,
    /// Collect at every allocation.
    pub heap_stress: bool,
    /// Bytes of stack for wasm code.
    pub max_stack: u64,
    /// Threads that the program may have beside its first one.
    pub max_threads: u32,
    /// What to do about imports that nobody provides.
    pub unknown_imports: UnknownImports,
    /// What the executable does.
    pub entry: Entry,
    /// Folders opened to the program.
    pub preopens: Vec<Preopen>,
    /// Environment, each `NAME=VALUE`, or `NAME` to take the value at start-up.
    pub environment: Vec<String>,
    /// Pass the whole environment on to the program.
    pub inherit_environment: bool,
    /// Heed the `WASMC_…` variables at start-up.
    pub runtime_options: bool,
    /// Which debug information is written.
    pub debug_info: DebugLevel,
    /// The debugger that it is written for; `None` for the one that is usual on the target.
    pub debugger: Option<Debugger>,
    /// The debug information is going to be moved to a file of its own (`separate`): traces tell no lines then.
    pub split_debug: bool,
    /// In debug information, source paths that begin with the first begin with the second instead.
    pub debug_prefix_map: Vec<(String, String)>,
    /// Leave the symbol table and debug information out of the executable, but for what traces tell.
    pub strip: bool,
    /// Threads to compile with; 0 for one a core.
    pub jobs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            target: Triple::host(),
            runtime_folders: Vec::new(),
            cpu: None,
            standard: Standard::default(),
            opt_level: OptLevel::default(),
            memory_base: MemoryBase::default(),
            bounds: Bounds::default(),
            relaxed_simd: RelaxedSimd::default(),
            max_memory: None,
            max_heap: 1 << 30,
            heap_stress: false,
            max_stack: 8 << 20,
            max_threads: 1024,
            unknown_imports: UnknownImports::default(),
            entry: Entry::default(),
            preopens: Vec::new(),
            environment: Vec::new(),
            inherit_environment: false,
            runtime_options: false,
            debug_info: DebugLevel::None,
            debugger: None,
            split_debug: false,
            debug_prefix_map: Vec::new(),
            strip: false,
            jobs: 0,
        }
    }
}
