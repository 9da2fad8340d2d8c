//! Reads and validates the sections of a module; function bodies are validated later, in parallel.

use std::sync::Mutex;

use wasmparser::{
    DataKind, ElementItems, ElementKind, FunctionBody, KnownCustom, Parser, Payload, TableInit, TypeRef, ValidPayload,
    Validator, WasmFeatures,
};

use super::separate::debug_sections;
use super::{
    Body, BranchHints, ConstantExpression, DataSegment, ElementSegment, Export, Global, Import, ImportCounts,
    ImportType, Module, SegmentMode, Table, Types, names,
};
use crate::{Error, Input, Result, Standard};

/// WebAssembly 2.0, and the proposals that every toolchain took for granted soon after.
const WASM2: WasmFeatures = WasmFeatures::WASM2.union(WasmFeatures::TAIL_CALL).union(WasmFeatures::EXTENDED_CONST);

/// Everything that wasmc compiles.
const LATEST: WasmFeatures = WASM2
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::LEGACY_EXCEPTIONS)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::GC)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::WIDE_ARITHMETIC);

/// Reads the modules of a program in the binary format, and their types.
///
/// # Errors
/// `Error::Invalid` for a module that no version of WebAssembly accepts, `Error::Unsupported` for one that needs a
/// proposal which wasmc does not compile, or which `standard` leaves out.
pub(crate) fn parse<'a>(inputs: &[Input<'a>], standard: Standard) -> Result<(Vec<Module<'a>>, Types)> {
    let features = features(standard);
    // One validator for all, so that equivalent types of different modules have the same id.
    let mut validator = Validator::new_with_features(features);
    let mut modules = Vec::with_capacity(inputs.len());
    let mut ids = Vec::with_capacity(inputs.len());
    let mut last = None;
    for input in inputs {
        if Parser::is_component(input.bytes) {
            let what = "components; wasmc builds core modules, of WASI 0.1: compile for `wasm32-wasip1`".to_owned();
            return Err(Error::Unsupported { what, offset: None });
        }
        let (mut module, types) = read_sections(&input.name, input.bytes, features, &mut validator)
            .map_err(|error| explain(error, input.bytes))?;
        for sections in input.debug_info.iter().map(|file| debug_sections(file)) {
            if sections.iter().any(|(name, _)| name.ends_with(".dwo")) {
                module.split_debug_sections.push(sections);
            } else if module.debug_sections.is_empty() {
                module.debug_sections = sections;
            }
        }
        validator.reset();
        let view = types.as_ref();
        ids.push((0..view.core_type_count_in_module()).map(|index| view.core_type_at_in_module(index)).collect());
        modules.push(module);
        last = Some(types);
    }
    // The last module's view has the types of all.
    let types = Types::number(&ids, last.as_ref().map(|types| types.as_ref()));
    Ok((modules, types))
}

/// Tells a module that needs more than the features asked for from one that is wrong.
fn explain(error: Error, bytes: &[u8]) -> Error {
    match error {
        Error::Invalid { message, offset, .. }
            if Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).is_ok() =>
        {
            Error::Unsupported { what: message, offset: Some(offset) }
        }
        other => other,
    }
}

fn features(standard: Standard) -> WasmFeatures {
    match standard {
        Standard::Wasm2 => WASM2,
        Standard::Latest => LATEST,
    }
}

fn read_sections<'a>(
    name: &str,
    bytes: &'a [u8],
    features: WasmFeatures,
    validator: &mut Validator,
) -> Result<(Module<'a>, wasmparser::types::Types)> {
    let mut types = None;
    let mut module = Module {
        features,
        name: name.to_owned(),
        types: Vec::new(),
        imports: Vec::new(),
        functions: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        tags: Vec::new(),
        exports: Vec::new(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        bodies: Vec::new(),
        imported: ImportCounts::default(),
        branch_hints: BranchHints::default(),
        code_start: 0,
        debug_sections: Vec::new(),
        split_debug_sections: Vec::new(),
        function_names: Vec::new(),
        tag_names: Vec::new(),
        global_names: Vec::new(),
    };
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(Error::from_parser)?;
        match validator.payload(&payload).map_err(Error::from_parser)? {
            ValidPayload::Func(validate, code) => {
                module.bodies.push(Body { code, validate: Mutex::new(Some(validate)) });
            }
            ValidPayload::End(end) => types = Some(end),
            _ => read_payload(&mut module, payload)?,
        }
    }
    names::complete(&mut module);
    // The parser ends with an error where the end is missing.
    let types = types.ok_or_else(|| Error::Invalid {
        message: "unexpected end of the module".to_owned(),
        offset: bytes.len() as u64,
        function: None,
    })?;
    Ok((module, types))
}

fn read_payload<'a>(module: &mut Module<'a>, payload: Payload<'a>) -> Result<()> {
    match payload {
        Payload::TypeSection(section) => {
            for group in section {
                module.types.extend(group.map_err(Error::from_parser)?.into_types());
            }
        }
        Payload::ImportSection(section) => {
            for import in section.into_imports() {
                let import = import.map_err(Error::from_parser)?;
                let ty = add_import(module, import.ty);
                module.imports.push(Import { module: import.module, name: import.name, ty });
            }
        }
        Payload::FunctionSection(section) => {
            for type_index in section {
                module.functions.push(type_index.map_err(Error::from_parser)?);
            }
        }
        Payload::TableSection(section) => {
            for table in section {
                let table = table.map_err(Error::from_parser)?;
                let init = match &table.init {
                    TableInit::RefNull => None,
                    TableInit::Expr(expression) => Some(ConstantExpression::decode(expression)?),
                };
                module.tables.push(Table { ty: table.ty, init });
            }
        }
        Payload::MemorySection(section) => {
            for memory in section {
                module.memories.push(memory.map_err(Error::from_parser)?);
            }
        }
        Payload::GlobalSection(section) => {
            for global in section {
                let global = global.map_err(Error::from_parser)?;
                let init = Some(ConstantExpression::decode(&global.init_expr)?);
                module.globals.push(Global { ty: global.ty, init });
            }
        }
        Payload::TagSection(section) => {
            for tag in section {
                module.tags.push(tag.map_err(Error::from_parser)?.func_type_idx);
            }
        }
        Payload::ExportSection(section) => {
            for export in section {
                let export = export.map_err(Error::from_parser)?;
                module.exports.push(Export { name: export.name, kind: export.kind, index: export.index });
            }
        }
        Payload::StartSection { func, .. } => module.start = Some(func),
        Payload::ElementSection(section) => {
            for element in section {
                let element = element.map_err(Error::from_parser)?;
                let mode = match &element.kind {
                    ElementKind::Passive => SegmentMode::Passive,
                    ElementKind::Declared => SegmentMode::Declarative,
                    ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                        index: table_index.unwrap_or(0),
                        offset: ConstantExpression::decode(offset_expr)?,
                    },
                };
                let mut items = Vec::new();
                match element.items {
                    ElementItems::Functions(functions) => {
                        for function in functions {
                            items.push(ConstantExpression::function(function.map_err(Error::from_parser)?));
                        }
                    }
                    ElementItems::Expressions(_, expressions) => {
                        for expression in expressions {
                            items.push(ConstantExpression::decode(&expression.map_err(Error::from_parser)?)?);
                        }
                    }
                }
                module.elements.push(ElementSegment { mode, items });
            }
        }
        Payload::DataSection(section) => {
            for data in section {
                let data = data.map_err(Error::from_parser)?;
                let mode = match &data.kind {
                    DataKind::Passive => SegmentMode::Passive,
                    DataKind::Active { memory_index, offset_expr } => {
                        SegmentMode::Active { index: *memory_index, offset: ConstantExpression::decode(offset_expr)? }
                    }
                };
                module.data.push(DataSegment { mode, bytes: data.data });
            }
        }
        Payload::CodeSectionStart { unchecked_range, .. } => module.code_start = unchecked_range.start as u32,
        Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
            module.debug_sections.push((section.name(), section.data()));
        }
        // A damaged one is ignored: custom sections never invalidate a module (wasm spec 5.5.3).
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Name(reader) => names::read(module, reader),
            KnownCustom::BranchHints(reader) => module.branch_hints = BranchHints::read(reader).unwrap_or_default(),
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

fn add_import(module: &mut Module<'_>, ty: TypeRef) -> ImportType {
    /// Adds an item to an index space and counts it as imported; returns its index.
    fn add<T>(space: &mut Vec<T>, imported: &mut u32, item: T) -> u32 {
        space.push(item);
        *imported += 1;
        *imported - 1
    }
    let imported = &mut module.imported;
    match ty {
        TypeRef::Func(type_index) | TypeRef::FuncExact(type_index) => {
            ImportType::Function { index: add(&mut module.functions, &mut imported.functions, type_index) }
        }
        TypeRef::Table(ty) => {
            ImportType::Table { index: add(&mut module.tables, &mut imported.tables, Table { ty, init: None }) }
        }
        TypeRef::Memory(ty) => ImportType::Memory { index: add(&mut module.memories, &mut imported.memories, ty) },
        TypeRef::Global(ty) => {
            ImportType::Global { index: add(&mut module.globals, &mut imported.globals, Global { ty, init: None }) }
        }
        TypeRef::Tag(ty) => ImportType::Tag { index: add(&mut module.tags, &mut imported.tags, ty.func_type_idx) },
    }
}

/// Bytes of a body.
pub(crate) fn body_length(code: &FunctionBody<'_>) -> u32 {
    let range = code.range();
    // As below.
    (range.end - range.start) as u32
}

/// Wasm offset of a body's first byte, in its module.
pub(crate) fn body_offset(code: &FunctionBody<'_>) -> u32 {
    // The binary format's own limits keep modules below 4 GiB.
    code.range().start as u32
}
