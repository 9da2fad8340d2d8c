//! What Rust's compiler expects of a C library of Microsoft's.

/// Says that the program uses floating-point numbers.
#[unsafe(no_mangle)]
static _fltused: i32 = 0x9875;
