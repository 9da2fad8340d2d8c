//! The initial contents of memories: active data segments that the compiler resolved.

use wasmc_abi::instance::MemoryDescriptor;
use wasmc_abi::program::{DataImage, IMAGE_MOVABLE, Program};

use crate::sys::{self, PAGE_SIZE};

/// From this many bytes on, pages are moved. Moving takes two system calls whatever the size; copying touches every
/// page twice, at about a microsecond a page.
const WORTH_MOVING: usize = 16 * PAGE_SIZE;

/// Lays every image of the program into its memory.
///
/// # Safety
/// To be called once, when the memories are mapped, with the compiler's description of the program.
pub unsafe fn lay_down_all(program: &Program) {
    // SAFETY: the compiler's description.
    let images = unsafe { program.images.as_slice::<DataImage>() };
    for image in images {
        // SAFETY: as above: the image belongs to a memory of the program.
        unsafe { lay_down(image) };
    }
}

/// Moves what can be moved, copies the rest.
///
/// # Safety
/// The image must lie inside its memory's current size, and not be used again if it is movable.
unsafe fn lay_down(image: &DataImage) {
    // SAFETY: the image names a descriptor of the program.
    let memory = unsafe { &*core::ptr::with_exposed_provenance::<MemoryDescriptor>(image.memory as usize) };
    let source = image.contents.start as usize;
    let target = (memory.base + image.offset) as usize;
    let length = image.contents.length as usize;
    let mut moved = 0;
    let is_aligned = source.is_multiple_of(PAGE_SIZE) && target.is_multiple_of(PAGE_SIZE);
    if image.flags & IMAGE_MOVABLE != 0 && length >= WORTH_MOVING && is_aligned {
        // The last page may be shared with what another image laid there: its part is copied.
        let whole = length & !(PAGE_SIZE - 1);
        // SAFETY: whole pages of the image, which nobody else reads, go to whole pages inside the memory.
        if unsafe { sys::move_pages(source, target, whole) }.is_ok() {
            moved = whole;
        }
    }
    // SAFETY: the image is inside the memory, and does not overlap it.
    unsafe {
        core::ptr::copy_nonoverlapping(
            core::ptr::with_exposed_provenance::<u8>(source + moved),
            core::ptr::with_exposed_provenance_mut::<u8>(target + moved),
            length - moved,
        );
    }
}
