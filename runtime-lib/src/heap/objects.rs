//! The layout of objects, by the compiler's table of types.

use wasmc_abi::heap::{
    ARRAY_ELEMENTS, ARRAY_LENGTH, HeapDescription, OBJECT_ALIGNMENT, OBJECT_ARRAY, OBJECT_REFERENCE_ARRAY,
    OBJECT_STRUCTURE, ObjectType, TAG_MASK,
};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A structure.
    Structure,
    /// An array.
    Array,
}

/// The `u32` at an address.
///
/// # Safety
/// The address must be one of an object's, and a multiple of 4.
pub(super) unsafe fn word(address: u64) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { *core::ptr::with_exposed_provenance::<u32>(address as usize) }
}

/// The type of the object with this number.
pub(super) fn type_of(description: &HeapDescription, number: u32) -> Option<&'static ObjectType> {
    // SAFETY: the compiler's description of its program.
    unsafe { description.types.as_slice::<ObjectType>() }.get(number as usize)
}

/// Bytes of the object at an address.
///
/// # Safety
/// There must be an object of this type.
pub(super) unsafe fn size(ty: &ObjectType, address: u64) -> u64 {
    let size = match ty.kind {
        OBJECT_ARRAY | OBJECT_REFERENCE_ARRAY => {
            // SAFETY: the caller's promise.
            let length = unsafe { word(address + u64::from(ARRAY_LENGTH)) };
            u64::from(ARRAY_ELEMENTS) + u64::from(length) * u64::from(ty.size)
        }
        _ => u64::from(ty.size),
    };
    size.next_multiple_of(u64::from(OBJECT_ALIGNMENT))
}

/// What a reference of the `any` or `extern` hierarchy refers to; `None` where that is no object.
///
/// # Safety
/// Compiled code must have made the reference, and no object since.
pub unsafe fn kind_of(reference: u64) -> Option<Kind> {
    let description = super::description()?;
    if reference == 0 || reference & TAG_MASK != 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    match type_of(description, unsafe { word(reference) })?.kind {
        OBJECT_STRUCTURE => Some(Kind::Structure),
        OBJECT_ARRAY | OBJECT_REFERENCE_ARRAY => Some(Kind::Array),
        _ => None,
    }
}

/// Bytes of the object at an address.
///
/// # Safety
/// There must be an object, or an exception that was given its type.
pub unsafe fn size_of(object: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match super::description().and_then(|description| type_of(description, word(object))) {
            Some(ty) => size(ty, object),
            None => 0,
        }
    }
}
