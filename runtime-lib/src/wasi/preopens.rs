//! What is open when the program starts: directories, and sockets that listen.

use super::errno::{Errno, Result};
use super::host;
use super::path::Path;
use super::rights;
use super::sys;
use super::table::{self, Descriptor};
use wasmc_abi::program::{PROGRAM_RUNTIME_OPTIONS, Preopen};

/// The variable with further directories, `HOST` or `HOST::GUEST`, separated by commas.
const RUNTIME_DIRECTORIES: &[u8] = b"WASMC_DIR";

/// Opens a directory, and gives it the next descriptor number.
fn open_directory(host: &[u8], guest: &'static [u8]) -> Result<()> {
    let handle = sys::open_host_directory(&Path::from_host(host)?)?;
    let mut descriptor = Descriptor::new(handle, rights::DIRECTORY, rights::ALL);
    descriptor.preopen = Some(guest);
    table::with(|table| table.insert(descriptor)).map(drop)
}

/// Opens a directory, or ends the process with a message that says why it cannot.
fn preopen(host: &'static [u8], guest: &'static [u8]) {
    if let Err(errno) = open_directory(host, guest) {
        let reason: &[u8] = match errno {
            Errno::NOENT => b"there is no such directory",
            Errno::NOTDIR => b"it is not a directory",
            Errno::ACCES | Errno::PERM => b"permission denied",
            Errno::NAMETOOLONG => b"the path is too long",
            Errno::LOOP => b"too many symbolic links",
            Errno::MFILE | Errno::NFILE => b"too many open files",
            _ => b"the system refuses it",
        };
        crate::process::fatal(&[b"cannot open the directory `", host, b"` for the program: ", reason]);
    }
}

/// `HOST::GUEST`, or one path for both.
fn split(entry: &'static [u8]) -> (&'static [u8], &'static [u8]) {
    match entry.windows(2).position(|pair| pair == b"::") {
        Some(at) => (entry.get(..at).unwrap_or(b""), entry.get(at + 2..).unwrap_or(b"")),
        None => (entry, entry),
    }
}

/// Opens what the program starts with. The entry point calls this once, before anything of the program runs.
#[unsafe(export_name = "wasmc_wasi_initialize")]
pub extern "C" fn initialize() {
    sys::ignore_broken_pipes();
    let program = crate::program();
    // SAFETY: the program description's spans are of what it says they are, and live as long as the program.
    for directory in unsafe { program.preopens.as_slice::<Preopen>() } {
        // SAFETY: as above.
        let (host, guest) = unsafe { (directory.host.as_slice(), directory.guest.as_slice()) };
        preopen(host, guest);
    }
    if program.flags & PROGRAM_RUNTIME_OPTIONS == 0 {
        return;
    }
    let directories = host::variable(RUNTIME_DIRECTORIES).unwrap_or(b"");
    for entry in directories.split(|&byte| byte == b',').filter(|entry| !entry.is_empty()) {
        let (host, guest) = split(entry);
        preopen(host, guest);
    }
    let listeners = sys::inherited_listeners(host::variable, |handle| {
        let listener = Descriptor::inherited(handle, rights::LISTENER, rights::CONNECTION);
        table::with(|table| table.insert(listener)).map(drop)
    });
    if listeners.is_err() {
        crate::process::fatal(&[b"no room for the sockets of LISTEN_FDS"]);
    }
}
