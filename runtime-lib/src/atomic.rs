//! Atomic numbers of 64 bits, also where the processor has none.

#[cfg(target_has_atomic = "64")]
pub use core::sync::atomic::AtomicU64;
#[cfg(not(target_has_atomic = "64"))]
pub use single::AtomicU64;

/// For processors of which all programs are interpreted, and so have one thread; no signal handler uses such a number.
#[cfg(not(target_has_atomic = "64"))]
mod single {
    use core::cell::UnsafeCell;
    use core::sync::atomic::Ordering;

    /// A number of 64 bits.
    #[repr(transparent)]
    pub struct AtomicU64(UnsafeCell<u64>);

    // SAFETY: there is one thread.
    unsafe impl Sync for AtomicU64 {}

    impl AtomicU64 {
        /// The number.
        pub const fn new(value: u64) -> AtomicU64 {
            AtomicU64(UnsafeCell::new(value))
        }

        /// The number that is somewhere already.
        ///
        /// # Safety
        /// It must be valid and aligned for as long as the result is used.
        pub const unsafe fn from_ptr<'a>(pointer: *mut u64) -> &'a AtomicU64 {
            // SAFETY: the caller's promise; the type is transparent.
            unsafe { &*pointer.cast() }
        }

        /// Its value.
        pub fn load(&self, _order: Ordering) -> u64 {
            // SAFETY: nobody else changes it meanwhile.
            unsafe { *self.0.get() }
        }

        /// Changes its value.
        pub fn store(&self, value: u64, _order: Ordering) {
            // SAFETY: as above.
            unsafe { *self.0.get() = value };
        }
    }
}
