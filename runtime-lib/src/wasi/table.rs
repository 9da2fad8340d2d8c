//! The descriptor table: from the program's descriptor numbers to the operating system's handles.

use super::errno::{Errno, Result};
use super::rights::{self, Rights};
use super::sys::{self, Handle};
use crate::sync::exclusively;
use core::cell::UnsafeCell;

/// What stands behind a descriptor number.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// The operating system's handle, which the table owns.
    pub handle: Handle,
    /// What the descriptor may be used for.
    pub base: Rights,
    /// What descriptors opened through it may be used for.
    pub inheriting: Rights,
    /// The handle came from the parent process, which may still be using the same open file: its blocking mode is
    /// left alone.
    pub inherited: bool,
    /// Reads and writes do not wait, although the handle does (only where `inherited`).
    pub nonblocking: bool,
    /// The name of a preopened directory.
    pub preopen: Option<&'static [u8]>,
}

impl Descriptor {
    /// A descriptor of a file or directory that this process opened.
    pub const fn new(handle: Handle, base: Rights, inheriting: Rights) -> Descriptor {
        Descriptor { handle, base, inheriting, inherited: false, nonblocking: false, preopen: None }
    }

    /// A descriptor that the process was started with.
    pub const fn inherited(handle: Handle, base: Rights, inheriting: Rights) -> Descriptor {
        Descriptor { handle, base, inheriting, inherited: true, nonblocking: false, preopen: None }
    }
}

type Slot = Option<Descriptor>;

/// Slots that need no allocation.
const INLINE: usize = 8;

/// Bytes of the first mapping for slots.
const FIRST_MAPPING: usize = 1 << 14;

/// The table. A descriptor number is an index.
pub struct Table {
    inline: [Slot; INLINE],
    /// Address of the slots once there are more than `INLINE`, or 0.
    mapped: usize,
    /// Number of slots at `mapped`.
    capacity: usize,
    /// Every slot before this one is taken.
    first_free: usize,
}

impl Table {
    /// The table at a program's start: the three standard descriptors.
    pub const fn at_start() -> Table {
        let mut inline = [None; INLINE];
        inline[0] = Some(Descriptor::inherited(sys::STANDARD_INPUT, rights::STANDARD_INPUT, 0));
        inline[1] = Some(Descriptor::inherited(sys::STANDARD_OUTPUT, rights::STANDARD_OUTPUT, 0));
        inline[2] = Some(Descriptor::inherited(sys::STANDARD_ERROR, rights::STANDARD_OUTPUT, 0));
        Table { inline, mapped: 0, capacity: 0, first_free: 3 }
    }

    fn slots(&mut self) -> &mut [Slot] {
        if self.mapped == 0 {
            return &mut self.inline;
        }
        let slots = core::ptr::with_exposed_provenance_mut(self.mapped);
        // SAFETY: `grow` mapped room for `capacity` slots there, initialised all of them, and left them to the table.
        unsafe { core::slice::from_raw_parts_mut(slots, self.capacity) }
    }

    /// One more than the largest descriptor number there can be at present.
    pub fn limit(&mut self) -> usize {
        self.slots().len()
    }

    /// What stands behind a number. Fails with `badf`.
    pub fn get(&mut self, fd: i32) -> Result<&mut Descriptor> {
        self.slots().get_mut(fd as u32 as usize).and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    /// Makes room for twice as many descriptors.
    fn grow(&mut self) -> Result<()> {
        let old = self.slots();
        let (old_length, old_size) = (old.len(), size_of_val(old));
        let size = (2 * old_size).max(FIRST_MAPPING);
        let capacity = size / size_of::<Slot>();
        let start = crate::sys::allocate(size).map_err(|_| Errno::NOMEM)?;
        let slots: *mut Slot = core::ptr::with_exposed_provenance_mut(start);
        // SAFETY: the pages are new and have room for `capacity` slots, more than the old ones.
        unsafe {
            core::ptr::copy_nonoverlapping(old.as_ptr(), slots, old_length);
            for index in old_length..capacity {
                slots.add(index).write(None);
            }
            if self.mapped != 0 {
                crate::sys::release(self.mapped, old_size);
            }
        }
        (self.mapped, self.capacity) = (start, capacity);
        Ok(())
    }

    /// Takes the lowest free number. Where that fails, the handle is the caller's to close.
    pub fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        let start = self.first_free;
        let free = self.slots().iter().skip(start).position(Option::is_none).map(|beyond| start + beyond);
        let index = match free {
            Some(index) => index,
            None => {
                let index = self.limit();
                // Numbers stay below 2**31 (witx `path_open`).
                if index > i32::MAX as usize / 2 {
                    return Err(Errno::MFILE);
                }
                self.grow()?;
                index
            }
        };
        if let Some(slot) = self.slots().get_mut(index) {
            *slot = Some(descriptor);
        }
        self.first_free = index + 1;
        Ok(index as u32)
    }

    /// Frees a number. The handle is the caller's from then on. Fails with `badf`.
    pub fn remove(&mut self, fd: i32) -> Result<Descriptor> {
        let index = fd as u32 as usize;
        let removed = self.slots().get_mut(index).and_then(Option::take).ok_or(Errno::BADF)?;
        self.first_free = self.first_free.min(index);
        Ok(removed)
    }
}

impl Drop for Table {
    /// Only tests drop tables: that of a program lives as long as the process.
    fn drop(&mut self) {
        for slot in self.slots() {
            if let Some(descriptor) = slot.take()
                && !descriptor.inherited
            {
                sys::close(descriptor.handle);
            }
        }
    }
}

/// The program's one table.
struct Global(UnsafeCell<Table>);

// SAFETY: only `with` uses it, under the lock where the program has threads, and no signal handler does.
#[cfg(not(test))]
unsafe impl Sync for Global {}

#[cfg(not(test))]
static TABLE: Global = Global(UnsafeCell::new(Table::at_start()));

#[cfg(test)]
std::thread_local! {
    static TABLE: Global = const { Global(UnsafeCell::new(Table::at_start())) };
}

/// Calls `work` with the table. `work` must not come back here, nor wait for anything.
pub fn with<R>(work: impl FnOnce(&mut Table) -> R) -> R {
    exclusively(|| {
        // SAFETY: nobody else has the table: there is one thread (in tests, one table a thread) or a lock, and no `work`
        // calls this function again.
        #[cfg(not(test))]
        let result = work(unsafe { &mut *TABLE.0.get() });
        // SAFETY: as above.
        #[cfg(test)]
        let result = TABLE.with(|table| work(unsafe { &mut *table.0.get() }));
        result
    })
}

/// A copy of what stands behind a number, if it has the `needed` rights. Fails with `badf` or `notcapable`.
pub fn get(fd: i32, needed: Rights) -> Result<Descriptor> {
    with(|table| {
        let descriptor = *table.get(fd)?;
        if descriptor.base & needed == needed { Ok(descriptor) } else { Err(Errno::NOTCAPABLE) }
    })
}

/// A copy of what stands behind the number of a directory that has the `needed` rights. Fails with `badf`, with
/// `notcapable`, or with `notdir` where it is no directory at all.
pub fn get_directory(fd: i32, needed: Rights) -> Result<Descriptor> {
    let descriptor = get(fd, 0)?;
    if descriptor.base & needed == needed {
        return Ok(descriptor);
    }
    let status = sys::status(descriptor.handle)?;
    Err(if status.file_type == super::file_type::DIRECTORY { Errno::NOTCAPABLE } else { Errno::NOTDIR })
}

/// A copy of what stands behind the number of a socket that has the `needed` rights. Fails with `badf`, with
/// `notcapable`, or with `notsock` where it is no socket at all.
pub fn get_socket(fd: i32, needed: Rights) -> Result<Descriptor> {
    let descriptor = get(fd, 0)?;
    if descriptor.base & needed == needed {
        return Ok(descriptor);
    }
    let status = sys::status(descriptor.handle)?;
    let socket = matches!(status.file_type, super::file_type::SOCKET_DGRAM | super::file_type::SOCKET_STREAM);
    Err(if socket { Errno::NOTCAPABLE } else { Errno::NOTSOCK })
}
