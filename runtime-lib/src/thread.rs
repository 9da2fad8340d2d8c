//! Threads of the program (wasi-threads): each is an instance of its own over the shared memories.
//!
//! A thread has a [`Slot`], and the slot a mapping: guard and stack of wasm code, stack of the handler of faults, block of
//! data ([`wasmc_abi::thread`]); the block only, where the system makes stacks. Where compiled code finds the block by the stack
//! pointer, the mapping is the region for that ([`STACK_REGION_EXTRA`]). The slot's identifier is cleared when a thread has
//! ended (on Linux by the kernel: CLONE_CHILD_CLEARTID); from then on the slot and its mapping serve the next thread, which so
//! begins without mapping anything.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use wasmc_abi::instance::TableDescriptor;
use wasmc_abi::thread::{BlockAddress, BlockPart, BlockTable, STACK_REGION_EXTRA, ThreadStart, ThreadTemplate};

use crate::stack::{self, GUARD_SIZE};
use crate::sync::{self, Lock};
use crate::trap::backtrace::StackRange;
use crate::wasi::errno::Errno;
use crate::{arch, heap, process, program, sys};

/// Room for a thread.
struct Slot {
    /// The operating system's number of the thread, or 0 where there is none.
    system_thread: AtomicU32,
    /// Start of the mapping, or 0 where there is none yet.
    mapping: AtomicUsize,
    /// Lower and upper end of the stack; the latter is 0 where no thread has begun to use one.
    stack: [AtomicUsize; 2],
    start: UnsafeCell<ThreadStart>,
}

/// How long threads that are done may take to end, in nanoseconds.
const PATIENCE: u64 = 100_000_000;

/// Held while a thread is started.
static STARTING: Lock = Lock::new();
/// As many slots as the program may have threads; null before the first.
static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(core::ptr::null_mut());
/// The block of the process's first thread, or 0.
static FIRST_BLOCK: AtomicUsize = AtomicUsize::new(0);

fn template() -> &'static ThreadTemplate {
    // SAFETY: the compiler's description.
    match unsafe { program().threads.as_slice::<ThreadTemplate>() } {
        [template] => template,
        _ => process::fatal(&[b"the executable starts threads, but does not say how: build it again"]),
    }
}

fn tables(template: &ThreadTemplate) -> &'static [BlockTable] {
    // SAFETY: the compiler's description.
    unsafe { template.tables.as_slice::<BlockTable>() }
}

/// Bytes of a block with its tables' elements, in whole pages.
fn block_size(template: &ThreadTemplate) -> usize {
    let elements: u64 = tables(template).iter().map(|table| table.length * 8).sum();
    (template.size + elements).max(1).next_multiple_of(sys::PAGE_SIZE as u64) as usize
}

/// Makes a block what an instance has at first.
///
/// # Safety
/// There must be [`block_size`] bytes at `block` that nobody uses.
unsafe fn fill_block(template: &ThreadTemplate, block: usize) {
    // SAFETY: the compiler's description, and the caller's promise: parts and elements lie inside the block.
    unsafe {
        for part in template.parts.as_slice::<BlockPart>() {
            let contents = part.contents.as_slice::<u8>();
            let target = core::ptr::with_exposed_provenance_mut(block + part.offset as usize);
            core::ptr::copy_nonoverlapping(contents.as_ptr(), target, contents.len());
        }
        for address in template.addresses.as_slice::<BlockAddress>() {
            let field: *mut u64 = core::ptr::with_exposed_provenance_mut(block + address.field as usize);
            field.write(block as u64 + address.target);
        }
        let mut elements = block + template.size as usize;
        for table in tables(template) {
            (*descriptor(block, table)).base = elements as u64;
            let bytes = table.length as usize * 8;
            core::ptr::write_bytes(core::ptr::with_exposed_provenance_mut::<u8>(elements), 0, bytes);
            elements += bytes;
        }
    }
}

fn descriptor(block: usize, table: &BlockTable) -> *mut TableDescriptor {
    core::ptr::with_exposed_provenance_mut(block + table.descriptor as usize)
}

/// Gives back what the tables of an instance that has ended have grown into.
///
/// # Safety
/// The block must be filled, and nobody may use it again as it is.
unsafe fn release_tables(template: &ThreadTemplate, block: usize) {
    let inside = block..block + block_size(template);
    for table in tables(template) {
        // SAFETY: the caller's promise.
        let TableDescriptor { base, capacity, .. } = unsafe { *descriptor(block, table) };
        if !inside.contains(&(base as usize)) {
            // SAFETY: `wasmc_table_grow` allocated this for the table alone.
            unsafe { sys::release(base as usize, capacity as usize * 8) };
        }
    }
}

/// See [`wasmc_abi::symbols::FIRST_BLOCK`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn wasmc_first_block() -> u64 {
    let mut block = FIRST_BLOCK.load(Ordering::Relaxed);
    if block == 0 {
        let template = template();
        let Some(allocated) = allocate_first(block_size(template)) else {
            process::fatal(&[b"there is no memory for the program's globals and tables"]);
        };
        block = allocated;
        // SAFETY: allocated just now for this.
        unsafe { fill_block(template, block) };
        FIRST_BLOCK.store(block, Ordering::Relaxed);
    }
    block as u64
}

/// Room for the first thread's block: where compiled code on its stack looks for it, if it does.
fn allocate_first(size: usize) -> Option<usize> {
    match stack::region(program()) {
        0 => sys::allocate(size).ok(),
        region => {
            let block = stack::first().low & !(region - 1);
            // SAFETY: the start of the region is for this alone.
            unsafe { sys::commit(block, size) }.ok()?;
            Some(block)
        }
    }
}

/// Starts a thread: calls `wasi_thread_start` in an instance of its own, with a thread identifier and this argument. Returns the
/// identifier, or a negated error number where there can be no further thread.
#[unsafe(export_name = "wasi.thread-spawn")]
pub extern "C" fn thread_spawn(argument: i32) -> i32 {
    STARTING.with(|| start(template(), argument)).unwrap_or(-i32::from(Errno::AGAIN.0))
}

fn start(template: &'static ThreadTemplate, argument: i32) -> Option<i32> {
    let slots = slots(template)?;
    let index = free_slot(slots)?;
    let slot: *mut Slot = SLOTS.load(Ordering::Relaxed).wrapping_add(index);
    let room = Room::of(template);
    // SAFETY: there is no thread in the slot, and no other is being started.
    unsafe {
        let mut mapping = (*slot).mapping.load(Ordering::Relaxed);
        if mapping == 0 {
            mapping = room.map()?;
            (*slot).mapping.store(mapping, Ordering::Release);
        } else {
            release_tables(template, room.block(mapping));
        }
        let block = room.block(mapping);
        fill_block(template, block);
        let thread = index as i32 + 1;
        (*slot).start.get().write(ThreadStart { block: block as u64, thread, argument });
        let system_thread = &(*slot).system_thread;
        // Before the thread can end, and so free the slot.
        system_thread.store(u32::MAX, Ordering::Relaxed);
        if sys::start_thread(room.stack(mapping).high, stack_size(), system_thread, begin, slot.cast()).is_err() {
            system_thread.store(0, Ordering::Relaxed);
            return None;
        }
        Some(thread)
    }
}

/// The first slot without a thread.
///
/// A program knows that a thread is done before the thread has ended for the system: where all slots are taken, one may be
/// about to become free.
fn free_slot(slots: &[Slot]) -> Option<usize> {
    let mut deadline = None;
    loop {
        let free = slots.iter().position(|slot| slot.system_thread.load(Ordering::Acquire) == 0);
        if free.is_some() {
            return free;
        }
        let now = sys::monotonic_time();
        if now >= *deadline.get_or_insert(now + PATIENCE) {
            return None;
        }
        sys::wait_while(&AtomicU32::new(0), 0, Some(now + PATIENCE / 100));
    }
}

/// The slots; what happens once with the first thread.
fn slots(template: &ThreadTemplate) -> Option<&'static [Slot]> {
    let count = template.limit as usize;
    let mut slots = SLOTS.load(Ordering::Relaxed);
    if slots.is_null() {
        if count == 0 {
            return None;
        }
        let size = (count * size_of::<Slot>()).next_multiple_of(sys::PAGE_SIZE);
        // Zeros are slots that are free and have no mapping.
        slots = core::ptr::with_exposed_provenance_mut(sys::allocate(size).ok()?);
        SLOTS.store(slots, Ordering::Release);
        sync::share();
        stack::set_other_stacks(stack_with);
    }
    // SAFETY: there is room for that many; what changes in a slot that others read is atomic.
    Some(unsafe { core::slice::from_raw_parts(slots, count) })
}

/// Runs in the new thread, on its stack.
unsafe extern "C" fn begin(slot: *mut u8) -> ! {
    let slot: *const Slot = slot.cast_const().cast();
    let template = template();
    let room = Room::of(template);
    // SAFETY: the slot is this thread's until it ends; the mapping has a stack for the handler.
    unsafe {
        let StackRange { low, high } = room.stack((*slot).mapping.load(Ordering::Relaxed));
        let (low, high) = sys::enter_thread(low, high);
        (*slot).stack[0].store(low, Ordering::Relaxed);
        (*slot).stack[1].store(high, Ordering::Release);
        let entry = core::ptr::with_exposed_provenance::<()>(template.entry as usize);
        let entry: unsafe extern "C" fn(*mut u8) = core::mem::transmute(entry);
        arch::call_compiled(entry, (*slot).start.get().cast());
        heap::release((*(*slot).start.get()).block);
        (*slot).stack[1].store(0, Ordering::Relaxed);
        sys::exit_thread(&(*slot).system_thread)
    }
}

/// Every thread has as much stack as the first.
fn stack_size() -> usize {
    let first = stack::first();
    (first.high - first.low).next_multiple_of(sys::PAGE_SIZE)
}

/// How a slot's mapping is divided, from its start: guard, stack, stack of the handler of faults, block. In a region: block,
/// guard, stack, stack of the handler, which ends with the region.
#[derive(Clone, Copy)]
struct Room {
    /// Bytes of the region, or 0 where the mapping is none.
    region: usize,
    /// Offset of the stack.
    stack: usize,
    stack_size: usize,
    /// Offset of the block.
    block: usize,
    block_size: usize,
}

/// What is beside a stack and a block in a region, and at most a page less than each is rounded up to, and a page above the first
/// thread's stack.
const _: () =
    assert!((GUARD_SIZE + sys::HANDLER_STACK_SIZE + 3 * sys::PAGE_SIZE) as u64 + stack::SMALLEST <= STACK_REGION_EXTRA);

impl Room {
    fn of(template: &ThreadTemplate) -> Room {
        let region = stack::region(program());
        let block_size = block_size(template);
        if region != 0 {
            let stack_size = stack_size();
            let stack = region - sys::HANDLER_STACK_SIZE - stack_size;
            return Room { region, stack, stack_size, block: 0, block_size };
        }
        let (stack, stack_size) = if sys::MAKES_STACKS { (0, 0) } else { (GUARD_SIZE, stack_size()) };
        Room { region, stack, stack_size, block: stack + stack_size + sys::HANDLER_STACK_SIZE, block_size }
    }

    fn map(self) -> Option<usize> {
        let handled = self.stack_size.checked_add(sys::HANDLER_STACK_SIZE)?;
        if self.region != 0 {
            let (reservation, mapping) = stack::reserve_region(self.region)?;
            // SAFETY: reserved just now.
            let committed = unsafe {
                sys::commit(mapping, self.block_size).and_then(|()| sys::commit(mapping + self.stack, handled))
            };
            if committed.is_err() {
                // SAFETY: as above.
                unsafe { sys::release(reservation, self.region * 2) };
            }
            return committed.ok().map(|()| mapping);
        }
        let usable = handled.checked_add(self.block_size)?;
        let mapping = sys::reserve(0, usable.checked_add(self.stack)?).ok()?;
        // SAFETY: reserved just now.
        match unsafe { sys::commit(mapping + self.stack, usable) } {
            Ok(()) => Some(mapping),
            Err(_) => {
                // SAFETY: as above.
                unsafe { sys::release(mapping, usable + self.stack) };
                None
            }
        }
    }

    fn stack(self, mapping: usize) -> StackRange {
        let low = mapping + self.stack;
        StackRange { low, high: low + self.stack_size }
    }

    fn block(self, mapping: usize) -> usize {
        mapping + self.block
    }
}

/// The stack of wasm code, other than the first thread's, that an address is on or just below.
fn stack_with(address: usize) -> Option<StackRange> {
    let slots = SLOTS.load(Ordering::Acquire);
    // SAFETY: there are as many slots.
    let slots = unsafe { core::slice::from_raw_parts(slots, template().limit as usize) };
    slots.iter().find_map(|slot| {
        let high = slot.stack[1].load(Ordering::Acquire);
        let low = slot.stack[0].load(Ordering::Relaxed);
        (low.saturating_sub(GUARD_SIZE)..high).contains(&address).then_some(StackRange { low, high })
    })
}
