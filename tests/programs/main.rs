//! End-to-end tests: builds the programs of this folder with `wasmc build` and checks what the executables do.
//!
//! Each program is a test of its own. Beside its source stands what is expected of it: see `expectation.rs`.

mod expectation;
mod generated;
mod process;
mod program;
mod special;

/// One test for each program of a folder, and one that sees to it that the list is complete.
macro_rules! programs {
    ($($folder:ident $extension:literal: $($program:ident)*;)*) => {
        $(mod $folder {
            $(#[test] fn $program() {
                crate::program::check(stringify!($folder), stringify!($program), $extension);
            })*

            #[test]
            fn list_is_complete() {
                crate::program::check_list(stringify!($folder), $extension, &[$(stringify!($program)),*]);
            }
        })*
    };
}

programs! {
    c "wasm":
        allocate bulk cat clock data directories dispatch environ exit_code files floats grow hello integers
        interpreter lines poll printf recursion sha256 simd sort tail_calls threads traps unknown wasi wasi_posix;
    rust "wasm":
        collections files hello panic words;
    wat "wat":
        add conversions empty exceptions exit four_gib grow grow_trap inlining large_file multi_value names segment_trap segments start start_trap
        tables tail_calls thread_exceptions thread_instances thread_objects uncaught unknown_imports write;
}
