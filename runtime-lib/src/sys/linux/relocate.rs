//! A static position-independent executable relocates itself, before anything reads an address out of memory.
//!
//! **Nothing here may use an address that stands in memory**: no statics of other crates, no tables of strings, no
//! calls but of inlined functions and the system call. (gABI chapter 5; System V ABI AMD64 4.4.)
//!
//! The structures are those of the target's class; ELF of 32 bits has relocations without addends on its processors.

use super::PAGE_SIZE;
use super::address_space::seal;
use super::architecture::RELATIVE_RELOCATION;
use super::auxiliary::{InitialStack, kind};

const PT_DYNAMIC: u32 = 2;
const PT_PHDR: u32 = 6;
const PT_GNU_RELRO: u32 = 0x6474_e552;

const DT_NULL: usize = 0;
const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_REL: usize = 17;
const DT_RELSZ: usize = 18;
const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;

/// Elf64_Ehdr or Elf32_Ehdr, as far as needed.
#[repr(C)]
struct FileHeader {
    identification: [u8; 16],
    kind: u16,
    machine: u16,
    version: u32,
    entry: usize,
    program_headers: usize,
}

/// Size of an Elf64_Ehdr or Elf32_Ehdr.
const FILE_HEADER_SIZE: usize = if cfg!(target_pointer_width = "32") { 52 } else { 64 };

/// Elf32_Phdr.
#[cfg(target_pointer_width = "32")]
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    offset: usize,
    address: usize,
    physical_address: usize,
    file_size: usize,
    memory_size: usize,
    flags: u32,
    alignment: usize,
}

/// Elf64_Phdr.
#[cfg(target_pointer_width = "64")]
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: usize,
    address: usize,
    physical_address: usize,
    file_size: usize,
    memory_size: usize,
    alignment: usize,
}

/// Elf64_Rela or Elf32_Rela.
#[repr(C)]
struct Rela {
    offset: usize,
    information: usize,
    addend: usize,
}

/// Elf32_Rel.
#[repr(C)]
struct Rel {
    offset: usize,
    information: usize,
}

/// The part of `information` that is the relocation's type.
const TYPE: usize = if cfg!(target_pointer_width = "32") { 0xff } else { 0xffff_ffff };

/// By how much the executable was moved from the addresses it was linked at.
///
/// Where it has a PT_PHDR, that tells the address the headers were linked at. Otherwise the file header does, which every
/// linker puts right before the program headers: its entry point is the one in the auxiliary vector, unmoved.
#[inline(always)]
unsafe fn load_bias(stack: &InitialStack, headers: *const ProgramHeader, count: usize) -> usize {
    // SAFETY: the kernel's words about the executable it loaded; the page of the program headers is mapped from its
    // start, which the file header shares with them where it ends at their first byte.
    unsafe {
        for index in 0..count {
            let header = headers.add(index);
            if (*header).kind == PT_PHDR {
                return headers.addr() - (*header).address;
            }
        }
        let size = FILE_HEADER_SIZE;
        if headers.addr() % PAGE_SIZE == size {
            let file: *const FileHeader = headers.byte_sub(size).cast();
            if u32::from_le_bytes(*(*file).identification.first_chunk().unwrap_unchecked()) == 0x464c_457f
                && (*file).program_headers == size
            {
                return stack.auxiliary(kind::ENTRY) - (*file).entry;
            }
        }
        0
    }
}

/// Applies the packed relative relocations of DT_RELR: an even word is an address to relocate, an odd one a bitmap of
/// which of the 63 words behind the last one to relocate.
#[inline(always)]
unsafe fn apply_relr(bias: usize, table: *const usize, size: usize) {
    // SAFETY: the linker's table names words of this executable that hold unmoved addresses.
    unsafe {
        let mut place = core::ptr::null_mut::<usize>();
        for index in 0..size / size_of::<usize>() {
            let entry = *table.add(index);
            if entry & 1 == 0 {
                place = core::ptr::with_exposed_provenance_mut(bias.wrapping_add(entry));
                *place = (*place).wrapping_add(bias);
                place = place.add(1);
            } else {
                let mut bitmap = entry >> 1;
                let mut word = place;
                while bitmap != 0 {
                    if bitmap & 1 != 0 {
                        *word = (*word).wrapping_add(bias);
                    }
                    bitmap >>= 1;
                    word = word.add(1);
                }
                place = place.add(usize::BITS as usize - 1);
            }
        }
    }
}

/// Relocates the executable, then makes read-only what the linker marked as to be read only from then on.
///
/// # Safety
/// To be called once, first of all, with the stack pointer that the kernel set.
pub(super) unsafe extern "C" fn wasmc_relocate(stack: *const usize) {
    // SAFETY: the caller passes the kernel's stack; what the headers and the dynamic section say is the linker's
    // description of this very executable.
    unsafe {
        let stack = InitialStack::parse(stack);
        let headers: *const ProgramHeader = core::ptr::with_exposed_provenance(stack.auxiliary(kind::PROGRAM_HEADERS));
        let count = stack.auxiliary(kind::PROGRAM_HEADER_COUNT);
        if headers.is_null() {
            return;
        }
        let bias = load_bias(&stack, headers, count);

        let mut sealed = (0, 0);
        for index in 0..count {
            let header = &*headers.add(index);
            let address = bias.wrapping_add(header.address);
            if header.kind == PT_GNU_RELRO {
                sealed = (address & !(PAGE_SIZE - 1), (address + header.memory_size) & !(PAGE_SIZE - 1));
            } else if header.kind == PT_DYNAMIC {
                let (mut rela, mut rela_size, mut relr, mut relr_size) = (0, 0, 0, 0);
                let (mut rel, mut rel_size) = (0, 0);
                let mut entry: *const [usize; 2] = core::ptr::with_exposed_provenance(address);
                loop {
                    let [tag, value] = *entry;
                    // Comparisons rather than a `match`, which may become a jump through a table.
                    if tag == DT_RELA {
                        rela = bias.wrapping_add(value);
                    } else if tag == DT_RELASZ {
                        rela_size = value;
                    } else if tag == DT_REL {
                        rel = bias.wrapping_add(value);
                    } else if tag == DT_RELSZ {
                        rel_size = value;
                    } else if tag == DT_RELR {
                        relr = bias.wrapping_add(value);
                    } else if tag == DT_RELRSZ {
                        relr_size = value;
                    } else if tag == DT_NULL {
                        break;
                    }
                    entry = entry.add(1);
                }
                let table: *const Rela = core::ptr::with_exposed_provenance(rela);
                for index in 0..rela_size / size_of::<Rela>() {
                    let relocation = &*table.add(index);
                    if relocation.information & TYPE == RELATIVE_RELOCATION {
                        let place: *mut usize =
                            core::ptr::with_exposed_provenance_mut(bias.wrapping_add(relocation.offset));
                        *place = bias.wrapping_add(relocation.addend);
                    }
                }
                let table: *const Rel = core::ptr::with_exposed_provenance(rel);
                for index in 0..rel_size / size_of::<Rel>() {
                    let relocation = &*table.add(index);
                    if relocation.information & TYPE == RELATIVE_RELOCATION {
                        let place: *mut usize =
                            core::ptr::with_exposed_provenance_mut(bias.wrapping_add(relocation.offset));
                        place.write_unaligned(place.read_unaligned().wrapping_add(bias));
                    }
                }
                apply_relr(bias, core::ptr::with_exposed_provenance(relr), relr_size);
            }
        }
        if sealed.0 < sealed.1 {
            // Where the kernel refuses, the pages just stay writable.
            let _ = seal(sealed.0, sealed.1 - sealed.0);
        }
    }
}
