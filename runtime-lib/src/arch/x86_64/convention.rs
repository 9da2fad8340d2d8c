//! The C calling convention: System V's (ABI AMD64 3.2.1), or that of Windows ("x64 calling convention").

#[cfg(not(windows))]
mod registers {
    /// The register of the first integer argument, and so on.
    macro_rules! first {
        () => {
            "rdi"
        };
    }
    macro_rules! second {
        () => {
            "rsi"
        };
    }
    macro_rules! third {
        () => {
            "rdx"
        };
    }
    macro_rules! fourth {
        () => {
            "rcx"
        };
    }
    /// The low half of the third's.
    macro_rules! third_half {
        () => {
            "edx"
        };
    }
    /// A directive for DWARF's unwind tables, which Windows does not have.
    macro_rules! cfi {
        ($directive:literal) => {
            $directive
        };
    }
    pub(crate) use {cfi, first, fourth, second, third, third_half};

    /// Takes the arguments of an entry of the unwinder over, which compiled code passes as System V has it.
    macro_rules! take_thrown {
        () => {
            ""
        };
    }
    pub(crate) use take_thrown;

    /// Bytes above a return address that belong to the callee.
    pub const SHADOW: usize = 0;

    /// Makes a frame and saves the registers that a callee must preserve; leaves the stack aligned for a call.
    macro_rules! save_registers {
        () => {
            ".cfi_startproc
            push rbp
            .cfi_def_cfa_offset 16
            .cfi_offset rbp, -16
            mov rbp, rsp
            .cfi_def_cfa_register rbp
            push rbx
            push r12
            push r13
            push r14
            push r15
            .cfi_offset rbx, -24
            .cfi_offset r12, -32
            .cfi_offset r13, -40
            .cfi_offset r14, -48
            .cfi_offset r15, -56
            sub rsp, 8"
        };
    }

    /// Undoes `save_registers` and returns to the caller.
    macro_rules! restore_registers_and_return {
        () => {
            "add rsp, 8
            pop r15
            pop r14
            pop r13
            pop r12
            pop rbx
            pop rbp
            .cfi_def_cfa rsp, 8
            ret
            .cfi_endproc"
        };
    }
    pub(crate) use {restore_registers_and_return, save_registers};

    /// Bytes between the stack pointer that `save_registers` leaves and the frame.
    pub const SAVED: usize = 48;
}

#[cfg(windows)]
mod registers {
    macro_rules! first {
        () => {
            "rcx"
        };
    }
    macro_rules! second {
        () => {
            "rdx"
        };
    }
    macro_rules! third {
        () => {
            "r8"
        };
    }
    macro_rules! fourth {
        () => {
            "r9"
        };
    }
    macro_rules! third_half {
        () => {
            "r8d"
        };
    }
    macro_rules! cfi {
        ($directive:literal) => {
            ""
        };
    }
    pub(crate) use {cfi, first, fourth, second, third, third_half};

    macro_rules! take_thrown {
        () => {
            "mov rcx, rdi
            mov rdx, rsi"
        };
    }
    pub(crate) use take_thrown;

    pub const SHADOW: usize = 32;

    // The lowest 32 bytes are the shadow space of callees.
    macro_rules! save_registers {
        () => {
            "push rbp
            mov rbp, rsp
            push rbx
            push r12
            push r13
            push r14
            push r15
            push rdi
            push rsi
            sub rsp, 200
            movaps [rsp + 32], xmm6
            movaps [rsp + 48], xmm7
            movaps [rsp + 64], xmm8
            movaps [rsp + 80], xmm9
            movaps [rsp + 96], xmm10
            movaps [rsp + 112], xmm11
            movaps [rsp + 128], xmm12
            movaps [rsp + 144], xmm13
            movaps [rsp + 160], xmm14
            movaps [rsp + 176], xmm15"
        };
    }

    macro_rules! restore_registers_and_return {
        () => {
            "movaps xmm6, [rsp + 32]
            movaps xmm7, [rsp + 48]
            movaps xmm8, [rsp + 64]
            movaps xmm9, [rsp + 80]
            movaps xmm10, [rsp + 96]
            movaps xmm11, [rsp + 112]
            movaps xmm12, [rsp + 128]
            movaps xmm13, [rsp + 144]
            movaps xmm14, [rsp + 160]
            movaps xmm15, [rsp + 176]
            add rsp, 200
            pop rsi
            pop rdi
            pop r15
            pop r14
            pop r13
            pop r12
            pop rbx
            pop rbp
            ret"
        };
    }
    pub(crate) use {restore_registers_and_return, save_registers};

    pub const SAVED: usize = 256;
}

pub(crate) use registers::*;
