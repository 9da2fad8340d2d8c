//! Error numbers of system calls.

/// Why a system call failed: an `errno` number (errno(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub i32);

impl Error {
    pub(super) const INTERRUPTED: Error = Error(4);
    pub(super) const EXISTS: Error = Error(17);
    pub(super) const NO_SPACE: Error = Error(28);
    /// ENOTSOCK.
    pub const NOT_A_SOCKET: Error = Error(super::constants::error::NOT_A_SOCKET as i32);

    /// What it means for a mapping that was refused (mmap(2)).
    pub fn explanation(self) -> &'static str {
        match self.0 {
            1 | 13 => "not permitted",
            12 => "not enough address space or memory",
            17 => "something else is there",
            _ => "refused",
        }
    }
}

/// Splits what a system call returned: the range −4095..=−1 is a negated error number.
pub(super) fn check(returned: usize) -> Result<usize, Error> {
    if returned > usize::MAX - 4095 { Err(Error((returned as isize).wrapping_neg() as i32)) } else { Ok(returned) }
}
