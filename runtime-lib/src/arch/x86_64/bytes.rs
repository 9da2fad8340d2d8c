//! Copying, filling and comparing bytes with SSE2, which every x86-64 has: nothing asks the processor what else it can.
//!
//! In assembly, because LLVM turns a loop that copies into a call of `memcpy`, also inside `memcpy`. Up to 128 bytes,
//! everything is loaded before anything is stored, from both ends, so that overlaps need no thought. Beyond, blocks of
//! 64 bytes with aligned stores; the ends, which alignment leaves ragged, are loaded first and stored last. From a few
//! kilobytes on, the string instructions of eight bytes a step: fast on every processor made since 1995, where those of
//! one byte a step are not.
//!
//! None of them moves the stack pointer, which is all that their unwind tables have to say.

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "mov rax, rdi",
        "cmp rdx, 16",
        "jb 20f",
        "cmp rdx, 32",
        "ja 2f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "ret",
        // 33..=64
        "2:",
        "cmp rdx, 64",
        "ja 3f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + rdx - 32]",
        "movups xmm3, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm2",
        "movups [rdi + rdx - 16], xmm3",
        "ret",
        // 65..=128
        "3:",
        "cmp rdx, 128",
        "ja 4f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups xmm4, [rsi + rdx - 64]",
        "movups xmm5, [rsi + rdx - 48]",
        "movups xmm6, [rsi + rdx - 32]",
        "movups xmm7, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "movups [rdi + rdx - 64], xmm4",
        "movups [rdi + rdx - 48], xmm5",
        "movups [rdi + rdx - 32], xmm6",
        "movups [rdi + rdx - 16], xmm7",
        "ret",
        // More: backwards if the destination begins inside the source. Both ends are loaded before the first store.
        "4:",
        "movups xmm4, [rsi]",
        "movups xmm5, [rsi + rdx - 16]",
        "lea r8, [rdi + rdx]",
        "mov rcx, rdi",
        "sub rcx, rsi",
        "je 9f",
        "cmp rcx, rdx",
        "jb 10f",
        // Forwards. The string instructions are slow where the destination is just below the source.
        "cmp rdx, {string}",
        "jb 5f",
        "neg rcx",
        "cmp rcx, 256",
        "jae 8f",
        // The last 48 bytes before the final 16.
        "5:",
        "movups xmm6, [rsi + rdx - 64]",
        "movups xmm7, [rsi + rdx - 48]",
        "movups xmm8, [rsi + rdx - 32]",
        "lea rcx, [rdi + 16]",
        "and rcx, -16",
        "sub rcx, rdi",
        "add rsi, rcx",
        "add rdi, rcx",
        "lea rcx, [r8 - 64]",
        ".p2align 4",
        "6:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movaps [rdi], xmm0",
        "movaps [rdi + 16], xmm1",
        "movaps [rdi + 32], xmm2",
        "movaps [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "cmp rdi, rcx",
        "jb 6b",
        "movups [r8 - 64], xmm6",
        "movups [r8 - 48], xmm7",
        "movups [r8 - 32], xmm8",
        "7:",
        "movups [rax], xmm4",
        "movups [r8 - 16], xmm5",
        "9:",
        "ret",
        // The string instruction, from an aligned destination.
        "8:",
        "lea rdx, [rdi + 16]",
        "and rdx, -16",
        "sub rdx, rdi",
        "add rsi, rdx",
        "add rdi, rdx",
        "mov rcx, r8",
        "sub rcx, rdi",
        "shr rcx, 3",
        "rep movsq",
        "jmp 7b",
        // Backwards: the first 48 bytes behind the first 16.
        "10:",
        "movups xmm6, [rsi + 16]",
        "movups xmm7, [rsi + 32]",
        "movups xmm8, [rsi + 48]",
        "add rsi, rdx",
        "lea r9, [r8 - 1]",
        "and r9, -16",
        "mov rcx, r8",
        "sub rcx, r9",
        "sub rsi, rcx",
        "lea rcx, [rdi + 64]",
        ".p2align 4",
        "11:",
        "movups xmm0, [rsi - 16]",
        "movups xmm1, [rsi - 32]",
        "movups xmm2, [rsi - 48]",
        "movups xmm3, [rsi - 64]",
        "movaps [r9 - 16], xmm0",
        "movaps [r9 - 32], xmm1",
        "movaps [r9 - 48], xmm2",
        "movaps [r9 - 64], xmm3",
        "sub rsi, 64",
        "sub r9, 64",
        "cmp r9, rcx",
        "ja 11b",
        "movups [rax + 16], xmm6",
        "movups [rax + 32], xmm7",
        "movups [rax + 48], xmm8",
        "jmp 7b",
        // 0..=15
        "20:",
        "cmp edx, 8",
        "jb 21f",
        "mov rcx, [rsi]",
        "mov r8, [rsi + rdx - 8]",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], r8",
        "ret",
        "21:",
        "cmp edx, 4",
        "jb 22f",
        "mov ecx, [rsi]",
        "mov r8d, [rsi + rdx - 4]",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], r8d",
        "ret",
        // 1, 2, 3: first, middle, last.
        "22:",
        "test edx, edx",
        "je 23f",
        "mov r10d, edx",
        "shr r10d, 1",
        "movzx ecx, byte ptr [rsi]",
        "movzx r8d, byte ptr [rsi + r10]",
        "movzx r9d, byte ptr [rsi + rdx - 1]",
        "mov [rdi], cl",
        "mov [rdi + r10], r8b",
        "mov [rdi + rdx - 1], r9b",
        "23:",
        "ret",
        ".cfi_endproc",
        string = const 2048,
    )
}

/// As in C, but the ranges may overlap.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    core::arch::naked_asm!(".cfi_startproc", "jmp {memmove}", ".cfi_endproc", memmove = sym memmove)
}

/// `memory.copy`, bounds checked: see [`wasmc_abi::symbols::MEMORY_MOVE`].
///
/// # Safety
/// Both ranges must be mapped, the destination writable.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn wasmc_memory_move(destination: *mut u8, source: *const u8, length: u64) {
    core::arch::naked_asm!(".cfi_startproc", "jmp {memmove}", ".cfi_endproc", memmove = sym memmove)
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memset(destination: *mut u8, byte: i32, length: usize) -> *mut u8 {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "mov rax, rdi",
        "movzx esi, sil",
        "movabs rcx, 0x0101010101010101",
        "imul rsi, rcx",
        "cmp rdx, 16",
        "jb 20f",
        "movq xmm0, rsi",
        "punpcklqdq xmm0, xmm0",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm0",
        "cmp rdx, 32",
        "jbe 9f",
        "movups [rdi + 16], xmm0",
        "movups [rdi + rdx - 32], xmm0",
        "cmp rdx, 64",
        "jbe 9f",
        "movups [rdi + 32], xmm0",
        "movups [rdi + 48], xmm0",
        "movups [rdi + rdx - 64], xmm0",
        "movups [rdi + rdx - 48], xmm0",
        "cmp rdx, 128",
        "jbe 9f",
        // More: both ends are done, 64 bytes each.
        "lea r8, [rdi + rdx]",
        "add rdi, 64",
        "and rdi, -64",
        "cmp rdx, {string}",
        "jae 8f",
        "lea rcx, [r8 - 64]",
        "cmp rdi, rcx",
        "jae 9f",
        ".p2align 4",
        "6:",
        "movaps [rdi], xmm0",
        "movaps [rdi + 16], xmm0",
        "movaps [rdi + 32], xmm0",
        "movaps [rdi + 48], xmm0",
        "add rdi, 64",
        "cmp rdi, rcx",
        "jb 6b",
        "9:",
        "ret",
        "8:",
        "mov rcx, r8",
        "sub rcx, rdi",
        "shr rcx, 3",
        "mov rdx, rax",
        "mov rax, rsi",
        "rep stosq",
        "mov rax, rdx",
        "ret",
        // 0..=15
        "20:",
        "cmp edx, 8",
        "jb 21f",
        "mov [rdi], rsi",
        "mov [rdi + rdx - 8], rsi",
        "ret",
        "21:",
        "cmp edx, 4",
        "jb 22f",
        "mov [rdi], esi",
        "mov [rdi + rdx - 4], esi",
        "ret",
        // 1, 2, 3: first, middle, last.
        "22:",
        "test edx, edx",
        "je 23f",
        "mov ecx, edx",
        "shr ecx, 1",
        "mov [rdi], sil",
        "mov [rdi + rcx], sil",
        "mov [rdi + rdx - 1], sil",
        "23:",
        "ret",
        ".cfi_endproc",
        string = const 2048,
    )
}

/// `memory.fill`, bounds checked: see [`wasmc_abi::symbols::MEMORY_FILL`].
///
/// # Safety
/// The range must be mapped and writable.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn wasmc_memory_fill(destination: *mut u8, byte: u32, length: u64) {
    core::arch::naked_asm!(".cfi_startproc", "jmp {memset}", ".cfi_endproc", memset = sym memset)
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "cmp rdx, 16",
        "jb 3f",
        "2:",
        "movdqu xmm0, [rdi]",
        "movdqu xmm1, [rsi]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb eax, xmm0",
        "xor eax, 0xffff",
        "jne 4f",
        "add rdi, 16",
        "add rsi, 16",
        "sub rdx, 16",
        "cmp rdx, 16",
        "jae 2b",
        // 0..=15, one by one.
        "3:",
        "test rdx, rdx",
        "je 5f",
        "movzx eax, byte ptr [rdi]",
        "movzx ecx, byte ptr [rsi]",
        "sub eax, ecx",
        "jne 6f",
        "inc rdi",
        "inc rsi",
        "dec rdx",
        "jmp 3b",
        // The first bit set tells which of the 16 differs first.
        "4:",
        "bsf edx, eax",
        "movzx eax, byte ptr [rdi + rdx]",
        "movzx ecx, byte ptr [rsi + rdx]",
        "sub eax, ecx",
        "ret",
        "5:",
        "xor eax, eax",
        "6:",
        "ret",
        ".cfi_endproc",
    )
}

/// As in C: whether the bytes differ.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    core::arch::naked_asm!(".cfi_startproc", "jmp {memcmp}", ".cfi_endproc", memcmp = sym memcmp)
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn strlen(string: *const u8) -> usize {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "mov rax, -1",
        "2:",
        "inc rax",
        "cmp byte ptr [rdi + rax], 0",
        "jne 2b",
        "ret",
        ".cfi_endproc",
    )
}
