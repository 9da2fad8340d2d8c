//! Names by which the two sides find each other.
//!
//! WASI functions are not listed: an import `MODULE.NAME` is the symbol of that very name, for instance
//! `wasi_snapshot_preview1.fd_write`, in the C calling convention with the import's own parameter types.

/// Defined by the compiler: the [`Program`](crate::program::Program).
pub const PROGRAM: &str = "wasmc_program";

/// Defined by wasmc's linker, which other linkers are not asked for: the 8 bytes that identify the executable, those of
/// its note `.note.gnu.build-id`.
pub const BUILD_ID: &str = "wasmc_build_id";

/// Where the operating system enters the executable.
pub const START: &str = "_start";

/// `extern "C" fn(memory: *mut MemoryDescriptor, delta_pages: u64) -> u64`: the old size in pages, or `u64::MAX`.
pub const MEMORY_GROW: &str = "wasmc_memory_grow";
/// As [`MEMORY_GROW`], for a memory that several threads may grow at the same time.
pub const SHARED_MEMORY_GROW: &str = "wasmc_shared_memory_grow";
/// `extern "C" fn(address: *const u32, expected: u32, timeout: i64) -> u32`: `memory.atomic.wait32`; nanoseconds, negative
/// to wait for ever; 0 woken, 1 not equal, 2 timed out. Bounds and alignment are already checked.
pub const ATOMIC_WAIT32: &str = "wasmc_atomic_wait32";
/// `extern "C" fn(address: *const u64, expected: u64, timeout: i64) -> u32`: as [`ATOMIC_WAIT32`].
pub const ATOMIC_WAIT64: &str = "wasmc_atomic_wait64";
/// `extern "C" fn(address: *const u8, count: u32) -> u32`: wakes up to `count` threads that wait for the address; how many.
pub const ATOMIC_NOTIFY: &str = "wasmc_atomic_notify";
/// `extern "C" fn(table: *mut TableDescriptor, initial: u64, delta: u64) -> u64`: the old length, or `u64::MAX`.
pub const TABLE_GROW: &str = "wasmc_table_grow";
/// `extern "C" fn(start: *mut u64, value: u64, length: u64)`: bounds are already checked.
pub const TABLE_FILL: &str = "wasmc_table_fill";
/// `extern "C" fn(destination: *mut u8, source: *const u8, length: u64)`: may overlap, bounds are already checked.
pub const MEMORY_MOVE: &str = "wasmc_memory_move";
/// `extern "C" fn(destination: *mut u8, byte: u32, length: u64)`: bounds are already checked.
pub const MEMORY_FILL: &str = "wasmc_memory_fill";
/// `extern "C" fn(size: u64, heap: *mut Heap) -> u64`: the address of `size` bytes for a new object, whatever they hold; collects where
/// there is no room. `size` is a multiple of 8.
pub const HEAP_ALLOCATE: &str = "wasmc_heap_allocate";
/// `extern "C" fn(start: *mut u8, low: u64, high: u64, length: u64, size_log2: u64)`: writes the low bytes of a value to
/// `length` elements of `1 << size_log2` bytes.
pub const ARRAY_FILL: &str = "wasmc_array_fill";
/// `extern "C" fn(start: *mut u8, source: *const u8, length: u64, size_log2: u64)`: reads elements that are stored as in
/// linear memory.
pub const ARRAY_READ_DATA: &str = "wasmc_array_read_data";
/// `extern "C" fn(start: *mut u8, source: *const u64, length: u64, size_log2: u64)`: copies references from 64 bits each.
pub const ARRAY_READ_ELEMENTS: &str = "wasmc_array_read_elements";
/// `extern "C" fn() -> u64`: address of the block of the first thread, made on the first call.
pub const FIRST_BLOCK: &str = "wasmc_first_block";
/// `extern "C" fn(name: *const u8, length: u64) -> !`: an import that nobody provides was called.
pub const UNKNOWN_IMPORT: &str = "wasmc_unknown_import";
/// `extern "C" fn()`: opens the preopens; called by the entry point where the program imports WASI functions.
pub const WASI_INITIALIZE: &str = "wasmc_wasi_initialize";
/// `extern "C" fn()`: the entry point of programs driven by commands on standard input (specification tests, fuzzing).
pub const HARNESS: &str = "wasmc_harness";
/// `extern "C" fn(export: *const Export)`: calls the export with arguments from the command line, prints its results.
pub const INVOKE: &str = "wasmc_invoke";
/// `extern "C" fn(exceptions: *const Exceptions) -> !`: throws the pending exception.
pub const THROW: &str = "wasmc_throw";
/// `extern "C" fn(exceptions: *const Exceptions, exception: *const Exception) -> !`: throws that exception, not null, again.
pub const THROW_REFERENCE: &str = "wasmc_throw_reference";
/// `extern "C" fn(exceptions: *const Exceptions, heap: *mut Heap) -> *const Exception`: keeps the pending exception as an
/// object of the garbage-collected heap.
pub const EXCEPTION_ALLOCATE: &str = "wasmc_exception_allocate";
/// `extern "C" fn(output: &mut Output, sources: &Sources, module: u32, function: u32, offset: u32)`: writes the lines of the
/// source that a frame stands for.
pub const PRINT_SOURCES: &str = "wasmc_print_sources";

/// `extern "C" fn(output: &mut Output, description: &CoreDump, backtrace: &Backtrace)`: writes a core dump where the
/// environment asks for one, and says so.
pub const WRITE_CORE_DUMP: &str = "wasmc_write_core_dump";

/// `extern "C" fn(requirements: &Requirements)`: reports the trap `UnsupportedProcessor` where the processor lacks a feature.
pub const CHECK_PROCESSOR: &str = "wasmc_check_processor";

/// Operations that Cranelift calls a function for where the processor lacks an instruction: `extern "C"`, with the
/// operation's own types; on x86-64 `pshufb` takes and returns vectors in xmm registers.
pub const LIBCALLS: &[&str] = &[
    "wasmc_ceil_f32",
    "wasmc_ceil_f64",
    "wasmc_floor_f32",
    "wasmc_floor_f64",
    "wasmc_trunc_f32",
    "wasmc_trunc_f64",
    "wasmc_nearest_f32",
    "wasmc_nearest_f64",
    "wasmc_fma_f32",
    "wasmc_fma_f64",
    "wasmc_x86_pshufb",
];
