//! Types of files and descriptors (witx `$filetype`).

/// Anything else, a pipe among others.
pub const UNKNOWN: u8 = 0;
/// A block device.
pub const BLOCK_DEVICE: u8 = 1;
/// A character device.
pub const CHARACTER_DEVICE: u8 = 2;
/// A directory.
pub const DIRECTORY: u8 = 3;
/// A regular file.
pub const REGULAR_FILE: u8 = 4;
/// A datagram socket.
pub const SOCKET_DGRAM: u8 = 5;
/// A byte-stream socket.
pub const SOCKET_STREAM: u8 = 6;
/// A symbolic link.
pub const SYMBOLIC_LINK: u8 = 7;
