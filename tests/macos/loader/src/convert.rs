//! Constants and structures: macOS's (`sys/fcntl.h`, `sys/stat.h`, `sys/socket.h`, `sys/signal.h`), and Linux's.

use std::ffi::{c_char, c_int, c_void};

/// Linux's bits for macOS's, each pair a bit of macOS's and one of Linux's. Other bits are nothing that programs of wasmc's use.
fn bits(value: c_int, pairs: &[(c_int, c_int)]) -> c_int {
    let unknown = pairs.iter().fold(value, |rest, (macos, _)| rest & !macos);
    assert_eq!(unknown, 0, "flags that programs of wasmc's do not use: {value:#x}");
    pairs.iter().filter(|(macos, _)| value & macos != 0).fold(0, |sum, (_, linux)| sum | linux)
}

/// Flags of open(2) and fcntl(2). O_EXEC is O_PATH here.
const OPEN: &[(c_int, c_int)] = &[
    (1, libc::O_WRONLY),
    (2, libc::O_RDWR),
    (4, libc::O_NONBLOCK),
    (8, libc::O_APPEND),
    (0x80, libc::O_SYNC),
    (0x100, libc::O_NOFOLLOW),
    (0x200, libc::O_CREAT),
    (0x400, libc::O_TRUNC),
    (0x800, libc::O_EXCL),
    (0x2_0000, libc::O_NOCTTY),
    (0x10_0000, libc::O_DIRECTORY),
    (0x40_0000, libc::O_DSYNC),
    (0x100_0000, libc::O_CLOEXEC),
    (0x4000_0000, libc::O_PATH),
];

pub fn open_flags(flags: c_int) -> c_int {
    bits(flags, OPEN)
}

/// The other way round, for F_GETFL.
pub fn status_flags(flags: c_int) -> c_int {
    let kept = [1, 2, 4, 8, 0x80, 0x40_0000];
    let has = |linux: c_int| flags & linux == linux;
    OPEN.iter().filter(|(macos, linux)| kept.contains(macos) && has(*linux)).fold(0, |sum, (macos, _)| sum | macos)
}

/// Flags of functions whose names end with `at`.
pub fn at_flags(flags: c_int) -> c_int {
    bits(flags, &[(0x20, libc::AT_SYMLINK_NOFOLLOW), (0x40, libc::AT_SYMLINK_FOLLOW), (0x80, libc::AT_REMOVEDIR)])
}

/// The directory for those: AT_FDCWD is another number.
pub fn directory(handle: c_int) -> c_int {
    if handle == -2 { libc::AT_FDCWD } else { handle }
}

pub fn map_flags(flags: c_int) -> c_int {
    bits(flags, &[(2, libc::MAP_PRIVATE), (0x40, libc::MAP_NORESERVE), (0x1000, libc::MAP_ANONYMOUS)])
}

pub fn message_flags(flags: c_int) -> c_int {
    bits(flags, &[(2, libc::MSG_PEEK), (0x40, libc::MSG_WAITALL)])
}

pub fn clock(number: c_int) -> c_int {
    match number {
        0 => libc::CLOCK_REALTIME,
        6 => libc::CLOCK_MONOTONIC,
        12 => libc::CLOCK_PROCESS_CPUTIME_ID,
        16 => libc::CLOCK_THREAD_CPUTIME_ID,
        _ => -1,
    }
}

/// Times of utimensat(2): what stands for "now" and "as it is".
pub fn times(times: *const libc::timespec) -> [libc::timespec; 2] {
    // SAFETY: two times, which the caller was given.
    let mut times = unsafe { *times.cast::<[libc::timespec; 2]>() };
    for time in &mut times {
        match time.tv_nsec {
            -1 => time.tv_nsec = libc::UTIME_NOW,
            -2 => time.tv_nsec = libc::UTIME_OMIT,
            _ => {}
        }
    }
    times
}

/// `struct stat` with 64 bits for the inode.
#[repr(C)]
pub struct Stat {
    device: i32,
    mode: u16,
    links: u16,
    inode: u64,
    owners: [u32; 2],
    special: i32,
    /// Access, modification, change, birth.
    times: [[i64; 2]; 4],
    size: i64,
    blocks: i64,
    block_size: i32,
    flags: [u32; 3],
    spare: [i64; 2],
}

const _: () = assert!(size_of::<Stat>() == 144);

impl From<&libc::stat> for Stat {
    fn from(stat: &libc::stat) -> Stat {
        Stat {
            device: stat.st_dev as i32,
            mode: stat.st_mode as u16,
            links: stat.st_nlink as u16,
            inode: stat.st_ino,
            owners: [stat.st_uid, stat.st_gid],
            special: stat.st_rdev as i32,
            times: [
                [stat.st_atime, stat.st_atime_nsec],
                [stat.st_mtime, stat.st_mtime_nsec],
                [stat.st_ctime, stat.st_ctime_nsec],
                [0; 2],
            ],
            size: stat.st_size,
            blocks: stat.st_blocks,
            block_size: stat.st_blksize as i32,
            flags: [0; 3],
            spare: [0; 2],
        }
    }
}

/// `struct msghdr`.
#[repr(C)]
pub struct Message {
    name: *mut c_void,
    name_length: u32,
    vectors: *mut libc::iovec,
    count: c_int,
    control: *mut c_void,
    control_length: u32,
    pub flags: c_int,
}

impl Message {
    pub fn to_linux(&self) -> libc::msghdr {
        // SAFETY: all zero is a message of nothing.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_name = self.name;
        message.msg_namelen = self.name_length;
        message.msg_iov = self.vectors;
        message.msg_iovlen = self.count as usize;
        message.msg_control = self.control;
        message.msg_controllen = self.control_length as usize;
        message
    }
}

/// Signals whose numbers differ: macOS's, then Linux's.
const SIGNALS: &[(c_int, c_int)] = &[
    (10, libc::SIGBUS),
    (12, libc::SIGSYS),
    (16, libc::SIGURG),
    (17, libc::SIGSTOP),
    (18, libc::SIGTSTP),
    (19, libc::SIGCONT),
    (20, libc::SIGCHLD),
    (23, libc::SIGIO),
    (30, libc::SIGUSR1),
    (31, libc::SIGUSR2),
];

pub fn signal(macos: c_int) -> c_int {
    SIGNALS.iter().find(|(number, _)| *number == macos).map_or(macos, |(_, linux)| *linux)
}

pub fn signal_of_macos(linux: c_int) -> c_int {
    SIGNALS.iter().find(|(_, number)| *number == linux).map_or(linux, |(macos, _)| *macos)
}

/// A name that is given to the kernel together with a directory. The sandbox rests on its being one component: the kernel of macOS
/// would follow links before slashes.
pub fn single(name: *const c_char) -> *const c_char {
    // SAFETY: a zero byte ends the name.
    let bytes = unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes();
    assert!(!bytes.contains(&b'/'), "a path instead of a name: {}", bytes.escape_ascii());
    name
}
