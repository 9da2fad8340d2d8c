//! The types of all modules of a program: one number for equal types, wherever they are defined, and subtyping
//! (wasm spec 3.1.3 "Defined Types", 3.3 "Matching").

use std::collections::HashMap;
use std::ops::Range;

use wasmparser::types::{CoreTypeId, TypesRef};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FieldType, HeapType, RefType, StorageType, UnpackedIndex, ValType,
};

/// Number of a defined type in its program: the same for equivalent types of different modules.
///
/// Subtypes of a type follow it directly, so that "is a subtype of" is a comparison with a range of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub u32);

/// A heap type whose defined types are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Heap {
    Abstract(AbstractHeapType),
    Defined(TypeId),
}

/// A reference type whose defined types are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    pub nullable: bool,
    pub heap: Heap,
}

/// What a field of a structure or an element of an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    I8,
    I16,
    Number(ValType),
    Reference(Reference),
}

/// What a defined type describes.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Function,
    /// The fields, in order.
    Structure(Vec<Storage>),
    /// The element.
    Array(Storage),
    /// Not a type of any value that wasmc makes.
    Other,
}

impl Shape {
    /// The abstract type right above types of this shape.
    fn parent(&self) -> AbstractHeapType {
        match self {
            Shape::Function => AbstractHeapType::Func,
            Shape::Structure(_) => AbstractHeapType::Struct,
            Shape::Array(_) => AbstractHeapType::Array,
            Shape::Other => AbstractHeapType::Cont,
        }
    }
}

/// A type that some module defines.
pub(crate) struct DefinedType {
    pub shape: Shape,
    /// The number behind those of the subtypes.
    pub end: u32,
}

/// The defined types of a program.
#[derive(Default)]
pub(crate) struct Types {
    /// By module and type index.
    indices: Vec<Vec<TypeId>>,
    numbers: HashMap<CoreTypeId, TypeId>,
    list: Vec<DefinedType>,
    /// Where the numbers of functions, structures and arrays end.
    ends: [u32; 4],
}

impl Types {
    /// Numbers the types of modules that one validator has validated: `indices` are the validator's ids, by module and
    /// type index.
    pub fn number(indices: &[Vec<CoreTypeId>], validated: Option<TypesRef<'_>>) -> Types {
        let mut types = Types::default();
        if let Some(validated) = validated {
            let mut order = Ordering { validated, children: HashMap::new(), roots: Default::default() };
            indices.iter().flatten().for_each(|&id| order.add(id));
            types.list.reserve(order.children.len());
            for (kind, roots) in std::mem::take(&mut order.roots).iter().enumerate() {
                order.number(roots, &mut types);
                types.ends[kind] = types.list.len() as u32;
            }
            // Field types may name any other type: they are read when all have numbers.
            let ids: Vec<CoreTypeId> = {
                let mut ids: Vec<_> = types.numbers.iter().map(|(&id, &number)| (number, id)).collect();
                ids.sort_unstable_by_key(|&(number, _)| number);
                ids.into_iter().map(|(_, id)| id).collect()
            };
            for (position, id) in ids.into_iter().enumerate() {
                types.list[position].shape = types.shape(&validated[id].composite_type.inner);
            }
        }
        types.indices = indices.iter().map(|ids| ids.iter().map(|id| types.numbers[id]).collect()).collect();
        types
    }

    fn shape(&self, ty: &CompositeInnerType) -> Shape {
        match ty {
            CompositeInnerType::Func(_) => Shape::Function,
            CompositeInnerType::Struct(ty) => {
                Shape::Structure(ty.fields.iter().map(|field| self.storage(field)).collect())
            }
            CompositeInnerType::Array(ty) => Shape::Array(self.storage(&ty.0)),
            CompositeInnerType::Cont(_) => Shape::Other,
        }
    }

    fn storage(&self, field: &FieldType) -> Storage {
        match field.element_type {
            StorageType::I8 => Storage::I8,
            StorageType::I16 => Storage::I16,
            StorageType::Val(ValType::Ref(ty)) => Storage::Reference(self.reference(0, ty)),
            StorageType::Val(number) => Storage::Number(number),
        }
    }

    /// Number of the type with this index.
    pub fn of_index(&self, module: usize, type_index: u32) -> TypeId {
        self.indices[module][type_index as usize]
    }

    pub fn get(&self, id: TypeId) -> &DefinedType {
        &self.list[id.0 as usize]
    }

    /// All types in the order of their numbers.
    pub fn all(&self) -> &[DefinedType] {
        &self.list
    }

    /// Some module defines a structure or an array.
    pub fn has_objects(&self) -> bool {
        self.list.iter().any(|ty| matches!(ty.shape, Shape::Structure(_) | Shape::Array(_)))
    }

    /// Numbers of all structures.
    pub fn structures(&self) -> Range<u32> {
        self.ends[0]..self.ends[1]
    }

    /// Numbers of all arrays.
    pub fn arrays(&self) -> Range<u32> {
        self.ends[1]..self.ends[2]
    }

    /// A heap type as a module writes it.
    pub fn heap(&self, module: usize, ty: HeapType) -> Heap {
        match ty {
            HeapType::Abstract { ty, .. } => Heap::Abstract(ty),
            HeapType::Concrete(index) | HeapType::Exact(index) => Heap::Defined(match index {
                UnpackedIndex::Module(index) => self.of_index(module, index),
                UnpackedIndex::Id(id) => self.numbers[&id],
                // Only between the sections of the validator's own canonicalisation.
                UnpackedIndex::RecGroup(_) => TypeId(0),
            }),
        }
    }

    /// A reference type as a module writes it.
    pub fn reference(&self, module: usize, ty: RefType) -> Reference {
        Reference { nullable: ty.is_nullable(), heap: self.heap(module, ty.heap_type()) }
    }

    /// References of this heap type may point to a structure, an array or an exception.
    pub fn may_be_object(&self, heap: Heap) -> bool {
        use AbstractHeapType::{Cont, Func, I31, NoCont, NoExn, NoExtern, NoFunc, None};
        match heap {
            Heap::Abstract(ty) => !matches!(ty, Func | NoFunc | NoExtern | NoExn | None | I31 | Cont | NoCont),
            Heap::Defined(id) => !matches!(self.get(id).shape, Shape::Function | Shape::Other),
        }
    }

    /// References of this heap type are functions'.
    pub fn is_function(&self, heap: Heap) -> bool {
        match heap {
            Heap::Abstract(ty) => matches!(ty, AbstractHeapType::Func | AbstractHeapType::NoFunc),
            Heap::Defined(id) => matches!(self.get(id).shape, Shape::Function),
        }
    }

    /// A field or an element of this kind holds a reference that the collector must look at.
    pub fn is_object_storage(&self, storage: Storage) -> bool {
        matches!(storage, Storage::Reference(reference) if !self.is_function(reference.heap))
    }

    /// Whether `below` is `above` or a subtype of it.
    pub fn is_subtype(&self, below: TypeId, above: TypeId) -> bool {
        (above.0..self.get(above).end).contains(&below.0)
    }

    /// Heap type matching (wasm spec 3.3.3).
    pub fn heap_matches(&self, below: Heap, above: Heap) -> bool {
        use AbstractHeapType::{Any, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None, Struct};
        match (below, above) {
            (Heap::Defined(below), Heap::Defined(above)) => self.is_subtype(below, above),
            (Heap::Defined(below), above) => self.heap_matches(Heap::Abstract(self.get(below).shape.parent()), above),
            (Heap::Abstract(None), Heap::Defined(above)) => {
                matches!(self.get(above).shape, Shape::Structure(_) | Shape::Array(_))
            }
            (Heap::Abstract(NoFunc), Heap::Defined(above)) => matches!(self.get(above).shape, Shape::Function),
            (Heap::Abstract(_), Heap::Defined(_)) => false,
            (Heap::Abstract(below), Heap::Abstract(above)) => match (below, above) {
                _ if below == above => true,
                (None, Any | Eq | I31 | Struct | AbstractHeapType::Array)
                | (I31 | Struct | AbstractHeapType::Array, Eq | Any)
                | (Eq, Any)
                | (NoFunc, Func)
                | (NoExtern, Extern)
                | (NoExn, Exn) => true,
                _ => false,
            },
        }
    }

    /// Reference type matching (wasm spec 3.3.4).
    pub fn reference_matches(&self, below: Reference, above: Reference) -> bool {
        (above.nullable || !below.nullable) && self.heap_matches(below.heap, above.heap)
    }

    /// Value type matching (wasm spec 3.3.5) between types of two modules.
    pub fn value_matches(&self, (below_in, below): (usize, ValType), (above_in, above): (usize, ValType)) -> bool {
        match (below, above) {
            (ValType::Ref(below), ValType::Ref(above)) => {
                self.reference_matches(self.reference(below_in, below), self.reference(above_in, above))
            }
            _ => below == above,
        }
    }
}

/// Orders types so that subtypes follow their supertype, and kinds stay together.
struct Ordering<'v> {
    validated: TypesRef<'v>,
    /// Direct subtypes of each type that is known, itself excluded.
    children: HashMap<CoreTypeId, Vec<CoreTypeId>>,
    /// Types without supertype: functions, structures, arrays, others.
    roots: [Vec<CoreTypeId>; 4],
}

impl Ordering<'_> {
    /// Adds a type and what is above it. The validator bounds the depth (63).
    fn add(&mut self, id: CoreTypeId) {
        if self.children.contains_key(&id) {
            return;
        }
        self.children.insert(id, Vec::new());
        if let Some(above) = self.validated.supertype_of(id) {
            self.add(above);
            self.children.entry(above).or_default().push(id);
            return;
        }
        let kind = match self.validated[id].composite_type.inner {
            CompositeInnerType::Func(_) => 0,
            CompositeInnerType::Struct(_) => 1,
            CompositeInnerType::Array(_) => 2,
            CompositeInnerType::Cont(_) => 3,
        };
        self.roots[kind].push(id);
    }

    /// Gives numbers to these types, each followed by its subtypes.
    fn number(&self, ids: &[CoreTypeId], types: &mut Types) {
        for &id in ids {
            let number = types.list.len();
            types.numbers.insert(id, TypeId(number as u32));
            types.list.push(DefinedType { shape: Shape::Other, end: 0 });
            self.number(&self.children[&id], types);
            types.list[number].end = types.list.len() as u32;
        }
    }
}
