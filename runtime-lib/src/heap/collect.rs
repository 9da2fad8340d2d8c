//! Copies the objects in use from one half of the heap to the other.

use wasmc_abi::heap::{
    ARRAY_ELEMENTS, ARRAY_LENGTH, HeapDescription, OBJECT_EXCEPTION, OBJECT_REFERENCE_ARRAY, OBJECT_STRUCTURE,
    ObjectType, TAG_MASK,
};

use super::objects::{size, type_of, word};

/// In place of the type number of an object that was copied; the lower half of its new address follows.
const FORWARDED: u32 = u32::MAX;
/// Follows instead where the whole of the address does: in an exception. The heap may stand anywhere where there is nothing
/// else, and each half for itself. No lower half of an address is that.
const FAR: u32 = u32::MAX;

/// The reference whose lower half stands in an object, at this address or another: the upper half of all objects' addresses is
/// the same ([`HEAP_LOW`](wasmc_abi::heap::HEAP_LOW)). What is no address has none.
fn whole(low: u32, address: u64) -> u64 {
    let low = u64::from(low);
    if low == 0 || low & TAG_MASK != 0 { low } else { address >> 32 << 32 | low }
}

/// A collection under way.
pub(super) struct Collection<'a> {
    description: &'a HeapDescription,
    /// The half to empty, as far as it is used.
    from: core::ops::Range<u64>,
    /// First object whose references still point into that half.
    scan: u64,
    /// Where the next copy goes.
    next: u64,
}

impl<'a> Collection<'a> {
    /// Objects from `start` to `end` are to be copied to `to` and behind.
    pub fn new(description: &'a HeapDescription, start: u64, end: u64, to: u64) -> Self {
        Collection { description, from: start..end, scan: to, next: to }
    }

    /// The reference by which the object is known from now on; copies it if nobody did.
    ///
    /// # Safety
    /// `reference` must be one of the `any`, `extern` or `func` hierarchy, valid before the collection, and there must be room
    /// for all objects in use.
    pub unsafe fn forward(&mut self, reference: u64) -> u64 {
        if reference & TAG_MASK != 0 || !self.from.contains(&reference) {
            return reference;
        }
        // SAFETY: an object, whose first word is its type's number or tells that it was copied.
        unsafe {
            let number = word(reference);
            if number == FORWARDED {
                return match word(reference + 4) {
                    FAR => *core::ptr::with_exposed_provenance::<u64>(reference as usize + 8),
                    low => whole(low, reference),
                };
            }
            let Some(ty) = type_of(self.description, number) else { return reference };
            let bytes = size(ty, reference);
            let copy = self.next;
            core::ptr::copy_nonoverlapping(
                core::ptr::with_exposed_provenance::<u64>(reference as usize),
                core::ptr::with_exposed_provenance_mut::<u64>(copy as usize),
                (bytes / 8) as usize,
            );
            self.next = copy + bytes;
            let old = core::ptr::with_exposed_provenance_mut::<u32>(reference as usize);
            *old = FORWARDED;
            if ty.kind == OBJECT_EXCEPTION {
                *old.add(1) = FAR;
                // There is room behind the header's tag (`Exception::reserved`).
                old.add(2).cast::<u64>().write(copy);
            } else {
                *old.add(1) = copy as u32;
            }
            copy
        }
    }

    /// Forwards a reference that is stored in 64 bits.
    ///
    /// # Safety
    /// As for [`forward`](Self::forward); `address` must be that of the reference.
    pub unsafe fn visit(&mut self, address: u64) {
        let slot = core::ptr::with_exposed_provenance_mut::<u64>(address as usize);
        // SAFETY: the caller's promise.
        unsafe { *slot = self.forward(*slot) };
    }

    /// Forwards a reference that is stored in an object.
    ///
    /// # Safety
    /// As for [`visit`](Self::visit).
    unsafe fn visit_field(&mut self, address: u64) {
        let slot = core::ptr::with_exposed_provenance_mut::<u32>(address as usize);
        // SAFETY: the caller's promise.
        unsafe { *slot = self.forward(whole(*slot, address)) as u32 };
    }

    /// Copies what the copied objects refer to, until nothing is left; returns where free space begins.
    ///
    /// # Safety
    /// All roots must have been visited.
    pub unsafe fn finish(mut self) -> u64 {
        while self.scan < self.next {
            // SAFETY: a copy of an object.
            self.scan = unsafe { self.visit_references(self.scan) };
        }
        self.next
    }

    /// Forwards the references in an object; returns where it ends.
    ///
    /// # Safety
    /// There must be an object.
    pub unsafe fn visit_references(&mut self, object: u64) -> u64 {
        // SAFETY: the caller's promise; the object has the layout of its type.
        unsafe {
            // Every object has a type of the table.
            let Some(ty) = type_of(self.description, word(object)) else { return self.next };
            match ty.kind {
                OBJECT_STRUCTURE => {
                    for &offset in self.offsets(ty) {
                        self.visit_field(object + u64::from(offset));
                    }
                }
                OBJECT_EXCEPTION => {
                    for &offset in self.offsets(ty) {
                        self.visit(object + u64::from(offset));
                    }
                }
                OBJECT_REFERENCE_ARRAY => {
                    let length = word(object + u64::from(ARRAY_LENGTH));
                    for position in 0..u64::from(length) {
                        self.visit_field(object + u64::from(ARRAY_ELEMENTS) + position * u64::from(ty.size));
                    }
                }
                _ => {}
            }
            object + size(ty, object)
        }
    }

    /// Where the references of a structure or an exception are.
    fn offsets(&self, ty: &ObjectType) -> &'a [u32] {
        // SAFETY: the compiler's description of its program.
        let offsets = unsafe { self.description.offsets.as_slice::<u32>() };
        offsets.get(ty.first as usize..(ty.first + ty.count) as usize).unwrap_or(&[])
    }
}
