//! Finds the references that are not in objects: in globals, tables and element segments, and on the stack.

use wasmc_abi::Span;
use wasmc_abi::heap::{Heap, HeapDescription, StackMap};
use wasmc_abi::instance::TableDescriptor;

use super::collect::Collection;
use crate::arch::{self, Caller, FrameOf};
use crate::{program, stack};

/// Where to look.
pub(super) struct Roots<'a> {
    description: &'a HeapDescription,
    /// What to add to the addresses of the description: that of the thread's block, or 0.
    block: u64,
}

impl<'a> Roots<'a> {
    /// Those of the thread that has the heap.
    pub fn of(description: &'a HeapDescription, heap: &Heap) -> Roots<'a> {
        let heap = core::ptr::from_ref(heap).expose_provenance() as u64;
        Roots { description, block: heap.wrapping_sub(description.heap) }
    }

    /// Forwards every reference from outside the heap.
    ///
    /// # Safety
    /// `caller` must describe the thread's innermost frame of compiled code.
    pub unsafe fn visit(&self, caller: Caller, collection: &mut Collection<'_>) {
        // SAFETY: the compiler's description of its program.
        unsafe {
            for &root in self.description.roots.as_slice::<u64>() {
                collection.visit(self.block.wrapping_add(root));
            }
            for &table in self.description.tables.as_slice::<u64>() {
                let table = self.block.wrapping_add(table) as usize;
                let table = &*core::ptr::with_exposed_provenance::<TableDescriptor>(table);
                visit_array(collection, table.base, table.length);
            }
            for array in self.description.arrays.as_slice::<Span>() {
                visit_array(collection, self.block.wrapping_add(array.start), array.length);
            }
            visit_stack(self.description, caller, collection);
        }
    }
}

/// Forwards `length` references in 64 bits each.
///
/// # Safety
/// They must be there.
unsafe fn visit_array(collection: &mut Collection<'_>, start: u64, length: u64) {
    for position in 0..length {
        // SAFETY: the caller's promise.
        unsafe { collection.visit(start + 8 * position) };
    }
}

/// Forwards the references in the frames of compiled code: from the innermost outwards, as far as frames were called from
/// compiled code.
///
/// # Safety
/// As for [`Roots::visit`].
unsafe fn visit_stack(description: &HeapDescription, caller: Caller, collection: &mut Collection<'_>) {
    let text = program().code.text;
    // SAFETY: the compiler's description of its program.
    let (maps, slots) = unsafe { (description.stack_maps.as_slice::<StackMap>(), description.slots.as_slice::<u32>()) };
    let stack = stack::with(caller.frame);
    let mut caller = caller;
    loop {
        let offset = (caller.return_address as u64).wrapping_sub(text.start);
        if offset > text.length || caller.frame < stack.low || caller.frame >= stack.high {
            return;
        }
        if let Ok(found) = maps.binary_search_by_key(&(offset as u32), |map| map.address) {
            // The compiler's lists are in bounds.
            let list = maps.get(found).and_then(|map| slots.get(map.slots as usize..)).unwrap_or(&[]);
            let (count, list) = list.split_first().unwrap_or((&0, &[]));
            for &below in list.iter().take(*count as usize) {
                // SAFETY: the frame holds a reference there, says the compiler.
                unsafe { collection.visit((caller.frame as u64).wrapping_sub(below as i32 as u64)) };
            }
        }
        // SAFETY: the frame of a compiled function.
        caller = unsafe { arch::known_caller_of(caller.frame, FrameOf::Compiled) };
    }
}
