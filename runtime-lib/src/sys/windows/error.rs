//! Error numbers of Windows.

use super::api;

/// Why a call failed: what GetLastError says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub i32);

impl Error {
    /// That of the calling thread's last call.
    pub(crate) fn last() -> Error {
        // SAFETY: reads a number.
        Error(unsafe { api::GetLastError() } as i32)
    }

    /// What it means for memory that was refused.
    pub fn explanation(self) -> &'static str {
        match self.0 as u32 {
            api::ERROR_NOT_ENOUGH_MEMORY | api::ERROR_COMMITMENT_LIMIT => "not enough address space or memory",
            api::ERROR_INVALID_ADDRESS => "something else is there",
            _ => "refused",
        }
    }
}
