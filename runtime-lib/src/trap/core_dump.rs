//! Writes a WebAssembly core dump (tool-conventions, "Coredump", with the sections `coremodules` and `coreinstances`):
//! frames, memories and globals at a trap. Linked only into executables whose build allowed run-time options.

use core::ffi::CStr;

use wasmc_abi::core_dump::{CoreDump, CoreGlobal, GLOBAL_CONSTANT, GLOBAL_PLACED, LOCAL_UNKNOWN};
use wasmc_abi::instance::MemoryDescriptor;
use wasmc_abi::leb128::{signed, unsigned};
use wasmc_abi::value::{ANYREF, EXNREF, EXTERNREF, F32, F64, FUNCREF, I32, I64, V128};

use super::backtrace::{Backtrace, Frame};
use super::code_map::CodeMap;
use crate::output::Output;
use crate::{process, program, sys};

/// Names the file.
const VARIABLE: &[u8] = b"WASMC_COREDUMP";
/// The signal of a file that grows beyond a limit, signal(7): the error number is enough.
const SIGXFSZ: i32 = 25;

/// Largest size of a section that the format can tell, less what stands around the bytes of memories.
const LARGEST_DATA: u64 = u32::MAX as u64 - (1 << 20);

// Sections (wasm spec 5.5.2).
const CUSTOM: u8 = 0;
const MEMORY: u8 = 5;
const GLOBAL: u8 = 6;
const DATA: u8 = 11;

/// Called by way of [`CoreDump::write`]: see [`wasmc_abi::symbols::WRITE_CORE_DUMP`].
///
/// # Safety
/// `description` must be that of the program.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_write_core_dump(output: &mut Output<'_>, description: &CoreDump, backtrace: &Backtrace) {
    let Some(name) = process::variable(VARIABLE) else { return };
    // SAFETY: variables end with a zero byte (`process::set_vectors`).
    let path = unsafe { CStr::from_ptr(name.as_ptr().cast()) };
    sys::ignore_signal(SIGXFSZ);
    let written = sys::create_new(path).and_then(|handle| {
        let mut storage = [0; 4096];
        let mut file = File { handle: Some(handle), storage: &mut storage, length: 0, size: 0, error: None };
        // SAFETY: the caller's promise.
        unsafe { dump(&mut file, description, backtrace) };
        file.flush();
        match file.error {
            None => Ok(()),
            Some(error) => {
                // It is this process's own: it was not there before. A part of it is of no use.
                let _ = sys::remove(path);
                Err(error)
            }
        }
    });
    output.bytes(match written {
        Ok(()) => b"  core dump ",
        Err(_) => b"  cannot write the core dump ",
    });
    output.untrusted(name, 4096);
    if let Err(error) = written {
        output.bytes(match error.0 {
            2 => b": there is no such folder".as_slice(),
            13 => b": not permitted",
            17 => b": the file exists already",
            27 => b": the file would be too large",
            28 => b": no space left",
            _ => b": error number ",
        });
        if !matches!(error.0, 2 | 13 | 17 | 27 | 28) {
            output.decimal(error.0.unsigned_abs().into());
        }
    }
    output.byte(b'\n');
}

/// Bytes on their way to a file, or only counted.
struct File<'s> {
    /// None to count.
    handle: Option<i32>,
    storage: &'s mut [u8],
    length: usize,
    /// Bytes so far.
    size: u64,
    error: Option<sys::Error>,
}

impl File<'_> {
    fn flush(&mut self) {
        let collected = self.storage.get(..self.length).unwrap_or(&[]);
        if let (Some(handle), None) = (self.handle, self.error) {
            let start = collected.as_ptr().expose_provenance();
            // SAFETY: these are the bytes of a slice.
            self.error = unsafe { sys::write_memory(handle, start, collected.len()) }.err();
        }
        self.length = 0;
    }

    fn byte(&mut self, byte: u8) {
        self.size += 1;
        if self.handle.is_none() {
            return;
        }
        if self.length == self.storage.len() {
            self.flush();
        }
        if let Some(place) = self.storage.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(byte);
        }
    }

    /// Many bytes, which are not looked at.
    ///
    /// # Safety
    /// There must be `length` bytes at `address`, that others may write to.
    unsafe fn memory(&mut self, address: usize, length: u64) {
        self.size += length;
        if let (Some(handle), None) = (self.handle, self.error) {
            self.flush();
            if self.error.is_none() {
                // SAFETY: the caller's promise; the bytes go to the kernel.
                self.error = unsafe { sys::write_memory(handle, address, length as usize) }.err();
            }
        }
    }

    fn unsigned(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    fn signed(&mut self, mut value: i64) {
        while !(-0x40..0x40).contains(&value) {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8 & 0x7f);
    }

    fn name(&mut self, name: &[u8]) {
        self.unsigned(name.len() as u64);
        self.bytes(name);
    }

    /// A section whose contents are written twice: to count them first.
    fn section(&mut self, id: u8, write: &dyn Fn(&mut File<'_>)) {
        let mut counter = File { handle: None, storage: &mut [], length: 0, size: 0, error: None };
        write(&mut counter);
        self.byte(id);
        self.unsigned(counter.size);
        write(self);
    }
}

/// Writes all of the file.
///
/// # Safety
/// `description` must be that of the program.
unsafe fn dump(file: &mut File<'_>, description: &CoreDump, backtrace: &Backtrace) {
    // SAFETY: the caller's promise.
    let (head, globals) = unsafe { (description.head.as_slice::<u8>(), description.globals.as_slice::<CoreGlobal>()) };
    file.bytes(head);
    // SAFETY: the caller's promise.
    let locals = unsafe { Locals { starts: description.functions.as_slice(), places: description.locals.as_slice() } };
    file.section(CUSTOM, &|file| frames(file, backtrace, &locals));
    // SAFETY: the compiler's description of its program.
    let memories = unsafe { program().memories.as_slice::<u64>() };
    let descriptor = |address: &u64| {
        // SAFETY: as above; the descriptors live as long as the program.
        unsafe { *core::ptr::with_exposed_provenance::<MemoryDescriptor>(*address as usize) }
    };
    file.section(MEMORY, &|file| {
        file.unsigned(memories.len() as u64);
        for memory in memories.iter().map(descriptor) {
            // Limits (wasm spec 5.3.7): 64-bit where it is so large, and the page size where it is another.
            let is_64 = memory.length > 1 << 32;
            let has_page_size = memory.page_size_log2 != 16;
            file.byte(if is_64 { 4 } else { 0 } | if has_page_size { 8 } else { 0 });
            file.unsigned(memory.length.checked_shr(memory.page_size_log2).unwrap_or(0));
            if has_page_size {
                file.unsigned(memory.page_size_log2.into());
            }
        }
    });
    file.section(GLOBAL, &|file| {
        file.unsigned(globals.len() as u64);
        for global in globals {
            // SAFETY: as above.
            unsafe { write_global(file, global) };
        }
    });
    // What follows the last byte that is not zero is left out. It is looked for once: other threads may still run.
    let mut room = LARGEST_DATA;
    let mut sizes = [0_u64; MEMORIES];
    for (memory, size) in memories.iter().map(descriptor).zip(&mut sizes) {
        // SAFETY: as above: a memory is accessible up to its length.
        *size = unsafe { used(memory.base as usize, memory.length.min(room)) };
        room -= *size;
    }
    file.section(DATA, &|file| {
        file.unsigned(memories.len().min(MEMORIES) as u64);
        for (index, (memory, size)) in memories.iter().map(descriptor).zip(sizes).enumerate() {
            // Active, with the index of its memory (wasm spec 5.5.14), from offset 0 on.
            file.unsigned(2);
            file.unsigned(index as u64);
            file.bytes(if memory.length > 1 << 32 { &[0x42, 0, 0x0b] } else { &[0x41, 0, 0x0b] });
            file.unsigned(size);
            // SAFETY: as above.
            unsafe { file.memory(memory.base as usize, size) };
        }
    });
}

/// Memories whose contents are written: no program has that many.
const MEMORIES: usize = 64;

/// Bytes up to the last one that is not zero.
///
/// # Safety
/// There must be `length` bytes at `address`.
unsafe fn used(address: usize, length: u64) -> u64 {
    let mut size = length as usize;
    while size > 0 {
        let start = (size - 1) / sys::PAGE_SIZE * sys::PAGE_SIZE;
        let page = core::ptr::with_exposed_provenance::<u8>(address + start);
        // SAFETY: the caller's promise; memories begin at a page. Volatile: other threads may write to it.
        let is_used = unsafe {
            match size - start {
                sys::PAGE_SIZE => (0..sys::PAGE_SIZE / 8).any(|at| page.cast::<u64>().add(at).read_volatile() != 0),
                rest => (0..rest).any(|at| page.add(at).read_volatile() != 0),
            }
        };
        if is_used {
            break;
        }
        size = start;
    }
    size as u64
}

/// Where locals are in frames: see [`CoreDump`].
struct Locals<'a> {
    starts: &'a [u32],
    places: &'a [u8],
}

impl Locals<'_> {
    /// Writes the locals of a frame: none where it is not known where they are.
    fn write(&self, file: &mut File<'_>, backtrace: &Backtrace, frame: &Frame<'_>) {
        let start = self.starts.get(frame.function.position()).filter(|_| frame.address != 0);
        let mut at = start.map_or(usize::MAX, |start| *start as usize);
        let count = unsigned(self.places, &mut at).unwrap_or(0);
        file.unsigned(count);
        for _ in 0..count {
            let kind = self.places.get(at).copied().unwrap_or(LOCAL_UNKNOWN);
            at += 1;
            let mut value = [0; 16];
            let is_known = kind != LOCAL_UNKNOWN
                && signed(self.places, &mut at).is_some_and(|offset| {
                    let address = frame.address.wrapping_add_signed(offset as isize);
                    let bytes = value.get_mut(..crate::values::size_of_type(kind));
                    bytes.is_some_and(|bytes| backtrace.read_stack(address, bytes))
                });
            if is_known {
                file.byte(kind);
                write_number(file, kind, value);
            } else {
                file.byte(LOCAL_UNKNOWN);
            }
        }
    }
}

fn frames(file: &mut File<'_>, backtrace: &Backtrace, locals: &Locals<'_>) {
    file.name(b"corestack");
    file.byte(0);
    file.name(b"main");
    let code_map = CodeMap::new(&program().code);
    let count = core::cell::Cell::new(0);
    backtrace.visit(&code_map, &mut |_| count.set(count.get() + 1));
    file.unsigned(count.get());
    backtrace.visit(&code_map, &mut |frame| {
        file.byte(0);
        file.unsigned(frame.function.module().into());
        file.unsigned(frame.function.index().into());
        file.unsigned(frame.wasm_offset.wrapping_sub(frame.function.wasm_offset()).into());
        locals.write(file, backtrace, frame);
        // No operands.
        file.byte(0);
    });
}

/// Type, mutability and value. One whose value is not known is mutable, and zero.
///
/// # Safety
/// It must be one of the program's.
unsafe fn write_global(file: &mut File<'_>, global: &CoreGlobal) {
    let kind = global.kind as u8;
    let value = match global.state {
        GLOBAL_CONSTANT => global.value,
        GLOBAL_PLACED => {
            let mut value = [0; 16];
            let size = crate::values::size_of_type(kind).min(value.len());
            // SAFETY: the caller's promise.
            unsafe {
                let place = core::ptr::with_exposed_provenance::<u8>(global.address as usize);
                core::ptr::copy_nonoverlapping(place, value.as_mut_ptr(), size);
            }
            value
        }
        _ => [0; 16],
    };
    file.byte(kind);
    file.byte(u8::from(!matches!(global.state, GLOBAL_CONSTANT | GLOBAL_PLACED)));
    match kind {
        I32 => file.byte(0x41),
        I64 => file.byte(0x42),
        F32 => file.byte(0x43),
        F64 => file.byte(0x44),
        V128 => file.bytes(&[0xfd, 0x0c]),
        // References mean nothing outside of the process.
        FUNCREF | EXTERNREF | EXNREF | ANYREF => file.bytes(&[0xd0, kind]),
        _ => {}
    }
    write_number(file, kind, value);
    file.byte(0x0b);
}

/// A number, which the first of the bytes hold; nothing for other types.
fn write_number(file: &mut File<'_>, kind: u8, value: [u8; 16]) {
    let [a, b, c, d, e, f, g, h, ..] = value;
    let low = u32::from_ne_bytes([a, b, c, d]);
    let whole = u64::from_ne_bytes([a, b, c, d, e, f, g, h]);
    match kind {
        I32 => file.signed(i64::from(low as i32)),
        I64 => file.signed(whole as i64),
        F32 => file.bytes(&low.to_le_bytes()),
        F64 => file.bytes(&whole.to_le_bytes()),
        V128 => file.bytes(&u128::from_ne_bytes(value).to_le_bytes()),
        _ => {}
    }
}
