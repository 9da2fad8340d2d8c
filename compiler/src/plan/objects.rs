//! Layouts of structures, arrays and exceptions, and what the collector is told of them (`wasmc_abi::heap`).

use wasmc_abi::heap::{
    ARRAY_ELEMENTS, Heap as HeapState, OBJECT_ALIGNMENT, OBJECT_ARRAY, OBJECT_EXCEPTION, OBJECT_NONE,
    OBJECT_REFERENCE_ARRAY, OBJECT_STRUCTURE, REFERENCE_SIZE, STRUCTURE_FIELDS,
};
use wasmparser::ValType;

use super::data::{DataId, DataObject, DataObjects, Placement, StructureWriter};
use super::exceptions::Exceptions;
use crate::module::{Shape, Storage, TypeId, Types};

/// A field of a structure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// In bytes from the object's start.
    pub offset: u32,
    pub storage: Storage,
}

/// How objects of a type are laid out.
#[derive(Debug)]
pub(crate) enum Layout {
    Structure {
        fields: Vec<Field>,
        /// Bytes of an object.
        size: u32,
    },
    Array {
        element: Storage,
        /// Binary logarithm of an element's size in bytes.
        size_log2: u32,
    },
}

/// Objects of a program that defines structures or arrays, or keeps exceptions.
pub(crate) struct Objects {
    /// By type number; `None` for functions.
    layouts: Vec<Option<Layout>>,
    /// The `wasmc_abi::heap::Heap`.
    pub heap: DataId,
    /// Array of `ObjectType`, and its length.
    pub types: (DataId, u64),
    /// Offsets of reference fields, and their number.
    pub offsets: (DataId, u64),
    /// They are below 4 GiB: their addresses are what objects hold of them.
    pub are_low: bool,
}

impl Objects {
    /// Lays the objects of a program out; `None` where it has none.
    pub fn lay_out(
        types: &Types,
        exceptions: &Exceptions,
        data: &mut DataObjects<'_>,
        big_endian: bool,
        are_low: bool,
    ) -> Option<Objects> {
        if !types.has_objects() && !exceptions.are_kept {
            return None;
        }
        let layouts: Vec<_> = types.all().iter().map(|ty| lay_out(&ty.shape, types)).collect();
        let mut table = StructureWriter::new(big_endian);
        let mut offsets = StructureWriter::new(big_endian);
        for layout in &layouts {
            let first = offsets.bytes.len() as u32 / 4;
            let (kind, size) = match layout {
                None => (OBJECT_NONE, 0),
                Some(Layout::Structure { fields, size }) => {
                    for field in fields.iter().filter(|field| types.is_object_storage(field.storage)) {
                        offsets.u32(field.offset);
                    }
                    (OBJECT_STRUCTURE, *size)
                }
                Some(Layout::Array { element, size_log2 }) if types.is_object_storage(*element) => {
                    (OBJECT_REFERENCE_ARRAY, 1 << size_log2)
                }
                Some(Layout::Array { size_log2, .. }) => (OBJECT_ARRAY, 1 << size_log2),
            };
            table.u32(kind);
            table.u32(size);
            table.u32(first);
            table.u32(offsets.bytes.len() as u32 / 4 - first);
        }
        for tag in &exceptions.tags {
            let first = offsets.bytes.len() as u32 / 4;
            let is_object = |ty: ValType| match ty {
                ValType::Ref(ty) => types.may_be_object(types.heap(tag.owner.module, ty.heap_type())),
                _ => false,
            };
            for &(_, offset) in tag.payload.iter().filter(|&&(ty, _)| is_object(ty)) {
                offsets.u32(offset as u32);
            }
            table.u32(OBJECT_EXCEPTION);
            table.u32(tag.size as u32);
            table.u32(first);
            table.u32(offsets.bytes.len() as u32 / 4 - first);
        }
        let type_count = (layouts.len() + exceptions.tags.len()) as u64;
        let offset_count = offsets.bytes.len() as u64 / 4;
        Some(Objects {
            heap: data.add(DataObject::zero("wasmc_heap", 16, size_of::<HeapState>() as u64)),
            types: (data.add(table.finish_in("wasmc_object_types", Placement::ReadOnly, 8)), type_count),
            offsets: (data.add(offsets.finish_in("wasmc_object_offsets", Placement::ReadOnly, 4)), offset_count),
            layouts,
            are_low,
        })
    }

    /// Fields and size of a structure type, which the validator has found to be one.
    pub fn structure(&self, id: TypeId) -> (&[Field], u32) {
        match &self.layouts[id.0 as usize] {
            Some(Layout::Structure { fields, size }) => (fields, *size),
            _ => (&[], 0),
        }
    }

    /// Element of an array type, which the validator has found to be one, and the binary logarithm of its size.
    pub fn array(&self, id: TypeId) -> (Storage, u32) {
        match self.layouts[id.0 as usize] {
            Some(Layout::Array { element, size_log2 }) => (element, size_log2),
            _ => (Storage::I8, 0),
        }
    }
}

/// Fields stand in their order, so that a subtype's begin with its supertype's.
fn lay_out(shape: &Shape, types: &Types) -> Option<Layout> {
    match shape {
        Shape::Structure(storages) => {
            let mut end = STRUCTURE_FIELDS;
            let mut place = |&storage: &Storage| {
                let size = 1 << size_log2(storage, types);
                let offset = end.next_multiple_of(size.min(OBJECT_ALIGNMENT));
                end = offset + size;
                Field { offset, storage }
            };
            let fields: Vec<Field> = storages.iter().map(&mut place).collect();
            Some(Layout::Structure { fields, size: end.next_multiple_of(OBJECT_ALIGNMENT) })
        }
        Shape::Array(element) => Some(Layout::Array { element: *element, size_log2: size_log2(*element, types) }),
        Shape::Function | Shape::Other => None,
    }
}

/// Binary logarithm of the bytes that a field or an element takes.
fn size_log2(storage: Storage, types: &Types) -> u32 {
    match storage {
        Storage::I8 => 0,
        Storage::I16 => 1,
        Storage::Number(ValType::I32 | ValType::F32) => 2,
        Storage::Number(ValType::V128) => 4,
        Storage::Number(_) => 3,
        Storage::Reference(reference) if types.is_function(reference.heap) => 3,
        Storage::Reference(_) => REFERENCE_SIZE.trailing_zeros(),
    }
}

const _: () = assert!(ARRAY_ELEMENTS.is_multiple_of(OBJECT_ALIGNMENT));
