//! The snapshot before (`wasi_unstable`, snapshot 0), which old programs import: it differs in the order of `whence`,
//! and in the layouts of `filestat` and `subscription`. All else is the present snapshot's, under another name.

use super::errno::{Errno, Result, code};
use super::filestat::{FileStatus, lay_out, of_descriptor, of_path};
use super::memory::{GuestMemory, address};
use super::poll::{Layout, poll};
use super::{arguments, clocks, descriptors, directories, environment, files, filestat, path_open, paths};
use super::{processes, random, sockets};

macro_rules! unchanged {
    ($($module:ident :: $name:ident($($parameter:ident: $kind:ty),*) -> $result:ty;)*) => {
        $(
            /// As in the present snapshot.
            #[unsafe(export_name = concat!("wasi_unstable.", stringify!($name)))]
            pub extern "C" fn $name($($parameter: $kind),*) -> $result {
                $module::$name($($parameter),*)
            }
        )*
    };
}

unchanged! {
    arguments::args_get(argv: i32, argv_buf: i32) -> i32;
    arguments::args_sizes_get(argc: i32, argv_buf_size: i32) -> i32;
    clocks::clock_res_get(id: i32, resolution: i32) -> i32;
    clocks::clock_time_get(id: i32, precision: i64, time: i32) -> i32;
    descriptors::fd_close(fd: i32) -> i32;
    descriptors::fd_fdstat_get(fd: i32, stat: i32) -> i32;
    descriptors::fd_fdstat_set_flags(fd: i32, flags: i32) -> i32;
    descriptors::fd_fdstat_set_rights(fd: i32, fs_rights_base: i64, fs_rights_inheriting: i64) -> i32;
    descriptors::fd_prestat_dir_name(fd: i32, path: i32, path_len: i32) -> i32;
    descriptors::fd_prestat_get(fd: i32, prestat: i32) -> i32;
    descriptors::fd_renumber(fd: i32, to: i32) -> i32;
    directories::fd_readdir(fd: i32, buf: i32, buf_len: i32, cookie: i64, bufused: i32) -> i32;
    environment::environ_get(environ: i32, environ_buf: i32) -> i32;
    environment::environ_sizes_get(environc: i32, environ_buf_size: i32) -> i32;
    files::fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> i32;
    files::fd_allocate(fd: i32, offset: i64, len: i64) -> i32;
    files::fd_datasync(fd: i32) -> i32;
    files::fd_filestat_set_size(fd: i32, size: i64) -> i32;
    files::fd_pread(fd: i32, iovs: i32, iovs_len: i32, offset: i64, nread: i32) -> i32;
    files::fd_pwrite(fd: i32, iovs: i32, iovs_len: i32, offset: i64, nwritten: i32) -> i32;
    files::fd_read(fd: i32, iovs: i32, iovs_len: i32, nread: i32) -> i32;
    files::fd_sync(fd: i32) -> i32;
    files::fd_tell(fd: i32, offset: i32) -> i32;
    files::fd_write(fd: i32, iovs: i32, iovs_len: i32, nwritten: i32) -> i32;
    filestat::fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, fst_flags: i32) -> i32;
    filestat::path_filestat_set_times(
        fd: i32, flags: i32, path: i32, path_len: i32, atim: i64, mtim: i64, fst_flags: i32
    ) -> i32;
    path_open::path_open(
        fd: i32, dirflags: i32, path: i32, path_len: i32, oflags: i32, fs_rights_base: i64, fs_rights_inheriting: i64,
        fdflags: i32, opened_fd: i32
    ) -> i32;
    paths::path_create_directory(fd: i32, path: i32, path_len: i32) -> i32;
    paths::path_link(
        old_fd: i32, old_flags: i32, old_path: i32, old_path_len: i32, new_fd: i32, new_path: i32, new_path_len: i32
    ) -> i32;
    paths::path_readlink(fd: i32, path: i32, path_len: i32, buf: i32, buf_len: i32, bufused: i32) -> i32;
    paths::path_remove_directory(fd: i32, path: i32, path_len: i32) -> i32;
    paths::path_rename(
        old_fd: i32, old_path: i32, old_path_len: i32, new_fd: i32, new_path: i32, new_path_len: i32
    ) -> i32;
    paths::path_symlink(old_path: i32, old_path_len: i32, fd: i32, new_path: i32, new_path_len: i32) -> i32;
    paths::path_unlink_file(fd: i32, path: i32, path_len: i32) -> i32;
    processes::proc_exit(rval: i32) -> !;
    processes::proc_raise(sig: i32) -> i32;
    processes::sched_yield() -> i32;
    random::random_get(buf: i32, buf_len: i32) -> i32;
    sockets::sock_recv(
        fd: i32, ri_data: i32, ri_data_len: i32, ri_flags: i32, ro_datalen: i32, ro_flags: i32
    ) -> i32;
    sockets::sock_send(fd: i32, si_data: i32, si_data_len: i32, si_flags: i32, so_datalen: i32) -> i32;
    sockets::sock_shutdown(fd: i32, how: i32) -> i32;
}

/// Writes a `filestat` of snapshot 0: the number of links has 32 bits.
fn write_status(memory: GuestMemory, result: i32, status: &FileStatus) -> Result<()> {
    let links = u32::try_from(status.links).unwrap_or(u32::MAX);
    memory.write(address(result), &lay_out::<56>(status, 20, &links.to_le_bytes()))
}

fn get(fd: i32, result: i32) -> Result<()> {
    let status = of_descriptor(fd)?;
    write_status(GuestMemory::of_program()?, result, &status)
}

fn get_at(fd: i32, flags: i32, path: i32, length: i32, result: i32) -> Result<()> {
    let memory = GuestMemory::of_program()?;
    let status = of_path(memory, fd, flags, path, length)?;
    write_status(memory, result, &status)
}

/// Tells an open file's attributes.
#[unsafe(export_name = "wasi_unstable.fd_filestat_get")]
pub extern "C" fn fd_filestat_get(fd: i32, buf: i32) -> i32 {
    code(get(fd, buf))
}

/// Tells the attributes of the file at a path.
#[unsafe(export_name = "wasi_unstable.path_filestat_get")]
pub extern "C" fn path_filestat_get(fd: i32, flags: i32, path: i32, path_len: i32, buf: i32) -> i32 {
    code(get_at(fd, flags, path, path_len, buf))
}

/// Moves a descriptor's position: the whence is 0 for the present position, 1 for the end, 2 for the start.
#[unsafe(export_name = "wasi_unstable.fd_seek")]
pub extern "C" fn fd_seek(fd: i32, offset: i64, whence: i32, newoffset: i32) -> i32 {
    let whence = match whence {
        0 => 1,
        1 => 2,
        2 => 0,
        _ => return code(Err(Errno::INVAL)),
    };
    code(files::seek(fd, offset, whence, newoffset))
}

/// Waits for the first of several events.
#[unsafe(export_name = "wasi_unstable.poll_oneoff")]
pub extern "C" fn poll_oneoff(subscriptions: i32, events: i32, nsubscriptions: i32, nevents: i32) -> i32 {
    code(poll(subscriptions, events, nsubscriptions, nevents, Layout { size: 56, clock: 24 }))
}
