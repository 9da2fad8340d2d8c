//! What Rust's compiler expects of a C library of Microsoft's.

/// Says that the program uses floating-point numbers.
#[unsafe(no_mangle)]
static _fltused: i32 = 0x9875;

/// Touches each page of a frame of rax bytes, in order, and changes no register: Windows makes the pages of a stack
/// accessible one at a time.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn __chkstk() {
    core::arch::naked_asm!(
        "push rcx",
        "push rax",
        // Where the frame's upper end is, above what was pushed and the return address.
        "lea rcx, [rsp + 24]",
        "2:",
        "cmp rax, 4096",
        "jb 3f",
        "sub rcx, 4096",
        "test [rcx], rcx",
        "sub rax, 4096",
        "jmp 2b",
        "3:",
        "sub rcx, rax",
        "test [rcx], rcx",
        "pop rax",
        "pop rcx",
        "ret",
    )
}
