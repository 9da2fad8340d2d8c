//! A parsed and validated module: what its sections say, in the specification's index spaces.

mod constant;
mod facts;
mod hints;
mod names;
mod parse;
mod separate;
mod types;

use std::borrow::Cow;

pub(crate) use constant::{ConstantExpression, ConstantOperator};
pub(crate) use facts::{BodyFacts, CallSite, validate_bodies};
pub(crate) use hints::BranchHints;
pub(crate) use parse::{body_length, body_offset, parse};
pub use separate::{external_debug_info, split_units};
pub(crate) use types::{Heap, Reference, Shape, Storage, TypeId, Types};
use wasmparser::{
    CompositeInnerType, FuncToValidate, FuncType, FunctionBody, GlobalType, MemoryType, SubType, TableType,
    ValidatorResources, WasmFeatures,
};

/// A module (wasm spec 2.5). Every index space starts with what is imported.
pub(crate) struct Module<'a> {
    /// For messages and symbols.
    pub name: String,
    /// What the module was validated against.
    features: WasmFeatures,
    /// Types by type index.
    pub types: Vec<SubType>,
    pub imports: Vec<Import<'a>>,
    /// Type index of each function.
    pub functions: Vec<u32>,
    pub tables: Vec<Table>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<Global>,
    /// Type index of each tag.
    pub tags: Vec<u32>,
    pub exports: Vec<Export<'a>>,
    pub start: Option<u32>,
    pub elements: Vec<ElementSegment>,
    pub data: Vec<DataSegment<'a>>,
    /// Bodies of the defined functions, in order.
    pub bodies: Vec<Body<'a>>,
    /// How many of each index space are imported.
    pub imported: ImportCounts,
    pub branch_hints: BranchHints,
    /// Offset in the binary of the code section's contents, from which debug information counts.
    pub code_start: u32,
    /// Custom sections with debug information: names and contents.
    pub debug_sections: Vec<(&'a str, &'a [u8])>,
    /// Those of files with the entries of units that the module's own debug information only refers to.
    pub split_debug_sections: Vec<Vec<(&'a str, &'a [u8])>>,
    /// Function names by function index, from the name section, or the export or import name.
    function_names: Vec<Option<Cow<'a, str>>>,
    /// Tag names by tag index, likewise.
    tag_names: Vec<Option<Cow<'a, str>>>,
    /// Global names by global index, likewise.
    global_names: Vec<Option<Cow<'a, str>>>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct ImportCounts {
    pub functions: u32,
    pub tables: u32,
    pub memories: u32,
    pub globals: u32,
    pub tags: u32,
}

pub(crate) struct Import<'a> {
    pub module: &'a str,
    pub name: &'a str,
    pub ty: ImportType,
}

/// What is imported; the index is its place in the index space.
#[derive(Clone, Copy)]
pub(crate) enum ImportType {
    Function { index: u32 },
    Table { index: u32 },
    Memory { index: u32 },
    Global { index: u32 },
    Tag { index: u32 },
}

pub(crate) struct Table {
    pub ty: TableType,
    /// What each element is at first; `None` for null, and for imported tables.
    pub init: Option<ConstantExpression>,
}

pub(crate) struct Global {
    pub ty: GlobalType,
    /// `None` for imported globals.
    pub init: Option<ConstantExpression>,
}

pub(crate) struct Export<'a> {
    pub name: &'a str,
    pub kind: wasmparser::ExternalKind,
    pub index: u32,
}

/// When a segment is copied.
pub(crate) enum SegmentMode {
    Passive,
    /// At instantiation, into the table or memory `index`.
    Active {
        index: u32,
        offset: ConstantExpression,
    },
    /// Never: it only declares references (wasm spec 2.5.7).
    Declarative,
}

impl SegmentMode {
    /// Kept for `table.init` and `memory.init`.
    pub fn is_passive(&self) -> bool {
        matches!(self, SegmentMode::Passive)
    }
}

pub(crate) struct ElementSegment {
    pub mode: SegmentMode,
    pub items: Vec<ConstantExpression>,
}

pub(crate) struct DataSegment<'a> {
    pub mode: SegmentMode,
    pub bytes: &'a [u8],
}

/// A function's code.
pub(crate) struct Body<'a> {
    pub code: FunctionBody<'a>,
    /// Taken by the validation of bodies.
    pub validate: std::sync::Mutex<Option<FuncToValidate<ValidatorResources>>>,
}

impl<'a> Module<'a> {
    /// The custom section of this name, if it is one of debug information.
    pub fn debug_section(&self, name: &str) -> Option<&'a [u8]> {
        self.debug_sections.iter().find(|(known, _)| *known == name).map(|(_, contents)| *contents)
    }

    /// Type of the function with this index.
    pub fn function_type(&self, index: u32) -> &FuncType {
        self.type_at(self.functions[index as usize])
    }

    /// The function type with this type index.
    pub fn type_at(&self, type_index: u32) -> &FuncType {
        match &self.types[type_index as usize].composite_type.inner {
            CompositeInnerType::Func(ty) => ty,
            // The validator has made sure that a type used as a function's is one.
            other => unreachable!("{other} is validated to be a function type"),
        }
    }

    /// Type of the tag with this index: its parameters are the payload.
    pub fn tag_type(&self, index: u32) -> &FuncType {
        self.type_at(self.tags[index as usize])
    }

    /// Name of a tag for messages: from the name section, the export, the import, or the index.
    pub fn tag_name(&self, index: u32) -> Cow<'_, str> {
        match self.tag_names.get(index as usize) {
            Some(Some(name)) => Cow::Borrowed(name),
            _ => Cow::Owned(format!("tag {index}")),
        }
    }

    /// Name of a global for debuggers: from the name section, the export or the import.
    pub fn global_name(&self, index: u32) -> Option<&str> {
        self.global_names.get(index as usize)?.as_deref()
    }

    /// Name for symbols, traces and messages: from the name section, the export, the import, or the index.
    pub fn function_name(&self, index: u32) -> Cow<'_, str> {
        match self.function_names.get(index as usize) {
            Some(Some(name)) => Cow::Borrowed(name),
            _ => Cow::Owned(format!("wasm_function_{index}")),
        }
    }
}
