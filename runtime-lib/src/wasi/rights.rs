//! What a descriptor may be used for (witx `$rights`). All 30 of them fit 32 bits.

/// A set of rights.
pub type Rights = u32;

/// `fd_datasync`; `path_open` with `dsync`.
pub const FD_DATASYNC: Rights = 1 << 0;
/// `fd_read`, `sock_recv`; with `FD_SEEK`, `fd_pread`.
pub const FD_READ: Rights = 1 << 1;
/// `fd_seek`, and `fd_tell`.
pub const FD_SEEK: Rights = 1 << 2;
/// `fd_fdstat_set_flags`.
pub const FD_FDSTAT_SET_FLAGS: Rights = 1 << 3;
/// `fd_sync`; `path_open` with `sync`, `rsync` or `dsync`.
pub const FD_SYNC: Rights = 1 << 4;
/// `fd_tell`, and `fd_seek` by nothing from the current position.
pub const FD_TELL: Rights = 1 << 5;
/// `fd_write`, `sock_send`; with `FD_SEEK`, `fd_pwrite`.
pub const FD_WRITE: Rights = 1 << 6;
/// `fd_advise`.
pub const FD_ADVISE: Rights = 1 << 7;
/// `fd_allocate`.
pub const FD_ALLOCATE: Rights = 1 << 8;
/// `path_create_directory`.
pub const PATH_CREATE_DIRECTORY: Rights = 1 << 9;
/// `path_open` with `creat`.
pub const PATH_CREATE_FILE: Rights = 1 << 10;
/// `path_link` from here.
pub const PATH_LINK_SOURCE: Rights = 1 << 11;
/// `path_link` to here.
pub const PATH_LINK_TARGET: Rights = 1 << 12;
/// `path_open`.
pub const PATH_OPEN: Rights = 1 << 13;
/// `fd_readdir`.
pub const FD_READDIR: Rights = 1 << 14;
/// `path_readlink`.
pub const PATH_READLINK: Rights = 1 << 15;
/// `path_rename` from here.
pub const PATH_RENAME_SOURCE: Rights = 1 << 16;
/// `path_rename` to here.
pub const PATH_RENAME_TARGET: Rights = 1 << 17;
/// `path_filestat_get`.
pub const PATH_FILESTAT_GET: Rights = 1 << 18;
/// `path_open` with `trunc`.
pub const PATH_FILESTAT_SET_SIZE: Rights = 1 << 19;
/// `path_filestat_set_times`.
pub const PATH_FILESTAT_SET_TIMES: Rights = 1 << 20;
/// `fd_filestat_get`.
pub const FD_FILESTAT_GET: Rights = 1 << 21;
/// `fd_filestat_set_size`.
pub const FD_FILESTAT_SET_SIZE: Rights = 1 << 22;
/// `fd_filestat_set_times`.
pub const FD_FILESTAT_SET_TIMES: Rights = 1 << 23;
/// `path_symlink`.
pub const PATH_SYMLINK: Rights = 1 << 24;
/// `path_remove_directory`.
pub const PATH_REMOVE_DIRECTORY: Rights = 1 << 25;
/// `path_unlink_file`.
pub const PATH_UNLINK_FILE: Rights = 1 << 26;
/// `poll_oneoff` on `fd_read` with `FD_READ`, on `fd_write` with `FD_WRITE`.
pub const POLL_FD_READWRITE: Rights = 1 << 27;
/// `sock_shutdown`.
pub const SOCK_SHUTDOWN: Rights = 1 << 28;
/// `sock_accept`.
pub const SOCK_ACCEPT: Rights = 1 << 29;

/// Every right there is.
pub const ALL: Rights = (1 << 30) - 1;

/// Those that mean something for a directory.
pub const DIRECTORY: Rights = PATH_CREATE_DIRECTORY
    | PATH_CREATE_FILE
    | PATH_LINK_SOURCE
    | PATH_LINK_TARGET
    | PATH_OPEN
    | FD_READDIR
    | PATH_READLINK
    | PATH_RENAME_SOURCE
    | PATH_RENAME_TARGET
    | PATH_FILESTAT_GET
    | PATH_FILESTAT_SET_SIZE
    | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK
    | PATH_REMOVE_DIRECTORY
    | PATH_UNLINK_FILE
    | FD_FDSTAT_SET_FLAGS
    | FD_DATASYNC
    | FD_SYNC
    | FD_FILESTAT_GET
    | FD_FILESTAT_SET_TIMES;

/// Those that mean something for a file, a device or a pipe.
pub const FILE: Rights = FD_DATASYNC
    | FD_READ
    | FD_SEEK
    | FD_FDSTAT_SET_FLAGS
    | FD_SYNC
    | FD_TELL
    | FD_WRITE
    | FD_ADVISE
    | FD_ALLOCATE
    | FD_FILESTAT_GET
    | FD_FILESTAT_SET_SIZE
    | FD_FILESTAT_SET_TIMES
    | POLL_FD_READWRITE;

/// Those of standard input. It may be a socket (inetd).
pub const STANDARD_INPUT: Rights =
    FILE & !(FD_WRITE | FD_DATASYNC | FD_SYNC | FD_ALLOCATE | FD_FILESTAT_SET_SIZE) | SOCK_SHUTDOWN;

/// Those of standard output and standard error.
pub const STANDARD_OUTPUT: Rights = FILE & !FD_READ | SOCK_SHUTDOWN;

/// Those of a connected socket.
pub const CONNECTION: Rights =
    FD_READ | FD_WRITE | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_SHUTDOWN;

/// Those of a listening socket.
pub const LISTENER: Rights =
    SOCK_ACCEPT | FD_READ | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_SHUTDOWN;

/// The rights among the bits of a parameter. Bits that mean nothing are left out.
pub fn from_parameter(bits: i64) -> Rights {
    bits as u32 & ALL
}
