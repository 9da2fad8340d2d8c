//! The stack as the kernel leaves it at a program's start: arguments, environment, auxiliary vector.
//! (System V ABI AMD64 3.4.1 and its like; getauxval(3).)

/// Type of the auxiliary vector's entries that the runtime library reads.
pub(super) mod kind {
    pub const NULL: usize = 0;
    pub const PROGRAM_HEADERS: usize = 3;
    pub const PROGRAM_HEADER_COUNT: usize = 5;
    pub const ENTRY: usize = 9;
    #[cfg(any(target_arch = "aarch64", target_arch = "s390x"))]
    pub const CAPABILITIES: usize = 16;
    #[cfg(target_arch = "aarch64")]
    pub const MORE_CAPABILITIES: usize = 26;
    pub const FILE_NAME: usize = 31;
    pub const VDSO: usize = 33;
}

/// The arrays on the initial stack.
#[derive(Clone, Copy)]
pub(super) struct InitialStack {
    pub arguments: *const *const u8,
    pub environment: *const *const u8,
    pub auxiliary: *const [usize; 2],
}

impl InitialStack {
    /// Finds the arrays.
    ///
    /// # Safety
    /// `stack` must be the stack pointer with which the kernel started the program.
    #[inline(always)]
    pub unsafe fn parse(stack: *const usize) -> InitialStack {
        // SAFETY: argc stands at the top, then argc pointers and a null, then the environment's pointers and a null,
        // then pairs of words up to one whose first is zero.
        unsafe {
            let arguments: *const *const u8 = stack.add(1).cast();
            let environment = arguments.add(*stack + 1);
            let mut end = environment;
            while !(*end).is_null() {
                end = end.add(1);
            }
            InitialStack { arguments, environment, auxiliary: end.add(1).cast() }
        }
    }

    /// The value of the auxiliary vector's entry of this kind, or 0.
    ///
    /// # Safety
    /// `self` must come from [`parse`](Self::parse).
    #[inline(always)]
    pub unsafe fn auxiliary(&self, kind: usize) -> usize {
        let mut entry = self.auxiliary;
        loop {
            // SAFETY: the vector ends with an entry of kind NULL, which the loop does not pass.
            let [found, value] = unsafe { *entry };
            if found == kind {
                return value;
            }
            if found == kind::NULL {
                return 0;
            }
            // SAFETY: as above.
            entry = unsafe { entry.add(1) };
        }
    }
}

/// Whether the program may use the kernel's vDSO. valgrind takes it out of the vector, and does not let its code read its
/// data.
pub fn offers_vdso() -> bool {
    crate::process::environment_array().is_null() || value(kind::VDSO) != 0
}

/// The value of the auxiliary vector's entry of this kind, or 0.
pub(super) fn value(kind: usize) -> usize {
    let mut end = crate::process::environment_array();
    if end.is_null() {
        return 0;
    }
    // SAFETY: the environment is where the kernel left it: a null pointer ends it, the vector is behind that.
    unsafe {
        let environment = end;
        while !(*end).is_null() {
            end = end.add(1);
        }
        let stack = InitialStack { arguments: core::ptr::null(), environment, auxiliary: end.add(1).cast() };
        stack.auxiliary(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_arrays_behind_each_other() {
        let stack = [2usize, 101, 102, 0, 201, 0, kind::ENTRY, 7, kind::PROGRAM_HEADERS, 9, kind::NULL, 0];
        // SAFETY: laid out as the kernel does.
        unsafe {
            let parsed = InitialStack::parse(stack.as_ptr());
            assert_eq!(*parsed.arguments as usize, 101);
            assert_eq!(*parsed.environment as usize, 201);
            assert_eq!(parsed.auxiliary(kind::PROGRAM_HEADERS), 9);
            assert_eq!(parsed.auxiliary(kind::PROGRAM_HEADER_COUNT), 0);
        }
    }
}
