//! Finds what each import leads to: another module of the program, the runtime library, or nothing.

use std::collections::HashMap;

use wasmparser::{ExternalKind, FuncType, GlobalType, MemoryType, TableType};

use super::host;
use crate::module::{ImportType, Module, TypeId, Types};
use crate::{Entry, Error, Input, Options, Result, UnknownImports};

/// Where the code of a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Definition {
    /// The body at `position` of a module's code section.
    Wasm { module: usize, position: usize },
    /// A function of the runtime library: index in [`Definitions::host`].
    Host(u32),
    /// Nowhere: index in [`Definitions::unknown`].
    Unknown(u32),
}

/// The module that defines a table, memory, global or tag, and the index it has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub module: usize,
    pub index: u32,
}

/// A function of the runtime library that the program imports.
pub(crate) struct HostFunction {
    pub symbol: String,
    pub ty: FuncType,
    /// The type that the first import of it names.
    pub type_id: TypeId,
}

/// A function that nobody provides.
pub(crate) struct UnknownFunction {
    /// `module.name`, for the trap's message.
    pub name: String,
    pub ty: FuncType,
    pub type_id: TypeId,
}

/// An imported memory or table whose size is known only when the importing module is instantiated.
#[derive(Clone, Copy)]
pub(crate) struct SizeCheck {
    pub module: usize,
    pub kind: ExternalKind,
    pub owner: Owner,
    /// Pages of a memory, elements of a table.
    pub at_least: u64,
}

/// What every index of every module leads to.
#[derive(Default)]
pub(crate) struct Definitions {
    functions: Vec<Vec<Definition>>,
    tables: Vec<Vec<Owner>>,
    memories: Vec<Vec<Owner>>,
    globals: Vec<Vec<Owner>>,
    tags: Vec<Vec<Owner>>,
    pub host: Vec<HostFunction>,
    pub unknown: Vec<UnknownFunction>,
    pub size_checks: Vec<SizeCheck>,
}

impl Definitions {
    pub fn function(&self, module: usize, index: u32) -> Definition {
        self.functions[module][index as usize]
    }

    pub fn table(&self, module: usize, index: u32) -> Owner {
        self.tables[module][index as usize]
    }

    pub fn memory(&self, module: usize, index: u32) -> Owner {
        self.memories[module][index as usize]
    }

    pub fn global(&self, module: usize, index: u32) -> Owner {
        self.globals[module][index as usize]
    }

    pub fn tag(&self, module: usize, index: u32) -> Owner {
        self.tags[module][index as usize]
    }

    /// Number of a function's type.
    pub fn type_id(&self, definition: Definition, modules: &[Module<'_>], types: &Types) -> TypeId {
        match definition {
            Definition::Wasm { module, position } => {
                let parsed = &modules[module];
                types.of_index(module, parsed.functions[parsed.imported.functions as usize + position])
            }
            Definition::Host(host) => self.host[host as usize].type_id,
            Definition::Unknown(unknown) => self.unknown[unknown as usize].type_id,
        }
    }

    /// Resolves the imports of all modules.
    ///
    /// # Errors
    /// `UnknownImports` with all of them, or `IncompatibleImport` for the first whose provider has another type.
    pub fn resolve(
        inputs: &[Input<'_>],
        modules: &[Module<'_>],
        types: &Types,
        options: &Options,
    ) -> Result<Definitions> {
        let mut resolver = Resolver {
            definitions: Definitions::default(),
            hosts: HashMap::new(),
            modules,
            types,
            unknown: options.unknown_imports,
            provides_memory: options.entry != Entry::Harness,
            made: HashMap::new(),
            missing: Vec::new(),
        };
        for (number, module) in modules.iter().enumerate() {
            resolver.definitions.functions.push(Vec::with_capacity(module.functions.len()));
            resolver.definitions.tables.push(Vec::new());
            resolver.definitions.memories.push(Vec::new());
            resolver.definitions.globals.push(Vec::new());
            resolver.definitions.tags.push(Vec::new());
            for import in &module.imports {
                resolver.import(number, import, inputs[number].links.get(import.module).copied())?;
            }
            resolver.own(number);
        }
        if resolver.missing.is_empty() {
            Ok(resolver.definitions)
        } else {
            Err(Error::UnknownImports(resolver.missing))
        }
    }
}

struct Resolver<'m, 'a> {
    definitions: Definitions,
    hosts: HashMap<String, u32>,
    modules: &'m [Module<'a>],
    types: &'m Types,
    unknown: UnknownImports,
    /// Shared memories that no module provides are made; the scripts of the harness want them refused.
    provides_memory: bool,
    /// The memories made, by the names of their imports.
    made: HashMap<(String, String), Owner>,
    missing: Vec<String>,
}

impl Resolver<'_, '_> {
    /// Resolves one import of module `number`; `provider` is the module linked under the import's module name.
    fn import(&mut self, number: usize, import: &crate::module::Import<'_>, provider: Option<usize>) -> Result<()> {
        let importer = &self.modules[number];
        // A link to a module that comes later cannot be instantiated first; treated as absent.
        let export = provider.filter(|&provider| provider < number).and_then(|provider| {
            let found = self.modules[provider].exports.iter().find(|export| export.name == import.name)?;
            Some((provider, found.kind, found.index))
        });
        let quoted = || format!("\"{}\" \"{}\"", import.module, import.name);
        let mismatch =
            |expected: String, found: String| Err(Error::IncompatibleImport { import: quoted(), expected, found });
        match (import.ty, export) {
            (ImportType::Function { index }, Some((provider, ExternalKind::Func, export))) => {
                let definition = self.definitions.function(provider, export);
                let expected = self.types.of_index(number, importer.functions[index as usize]);
                let found = self.definitions.type_id(definition, self.modules, self.types);
                if !self.types.is_subtype(found, expected) {
                    let (expected, found) =
                        (importer.function_type(index), self.modules[provider].function_type(export));
                    return mismatch(function_text(expected), function_text(found));
                }
                self.definitions.functions[number].push(definition);
            }
            (ImportType::Table { index }, Some((provider, ExternalKind::Table, export))) => {
                let owner = self.definitions.table(provider, export);
                let (expected, found) =
                    (&importer.tables[index as usize].ty, &self.modules[owner.module].tables[owner.index as usize].ty);
                let same_elements = self.types.reference(number, expected.element_type)
                    == self.types.reference(owner.module, found.element_type);
                let same_kind = same_elements && expected.table64 == found.table64 && expected.shared == found.shared;
                if !same_kind || !maximum_fits(expected.maximum, found.maximum) {
                    return mismatch(table_text(expected), table_text(found));
                }
                if found.initial < expected.initial {
                    if found.maximum == Some(found.initial) {
                        return mismatch(table_text(expected), table_text(found));
                    }
                    self.check_size(number, ExternalKind::Table, owner, expected.initial);
                }
                self.definitions.tables[number].push(owner);
            }
            (ImportType::Memory { index }, Some((provider, ExternalKind::Memory, export))) => {
                let owner = self.definitions.memory(provider, export);
                let (expected, found) =
                    (&importer.memories[index as usize], &self.modules[owner.module].memories[owner.index as usize]);
                let same_kind = expected.memory64 == found.memory64
                    && expected.shared == found.shared
                    && page_size_log2(expected) == page_size_log2(found);
                if !same_kind || !maximum_fits(expected.maximum, found.maximum) {
                    return mismatch(memory_text(expected), memory_text(found));
                }
                if found.initial < expected.initial {
                    if found.maximum == Some(found.initial) {
                        return mismatch(memory_text(expected), memory_text(found));
                    }
                    self.check_size(number, ExternalKind::Memory, owner, expected.initial);
                }
                self.definitions.memories[number].push(owner);
            }
            (ImportType::Global { index }, Some((provider, ExternalKind::Global, export))) => {
                let owner = self.definitions.global(provider, export);
                let (expected, found) = (
                    &importer.globals[index as usize].ty,
                    &self.modules[owner.module].globals[owner.index as usize].ty,
                );
                let below = (owner.module, found.content_type);
                let above = (number, expected.content_type);
                let matches = expected.mutable == found.mutable
                    && self.types.value_matches(below, above)
                    && (!expected.mutable || self.types.value_matches(above, below));
                if !matches {
                    return mismatch(global_text(expected), global_text(found));
                }
                self.definitions.globals[number].push(owner);
            }
            (ImportType::Tag { index }, Some((provider, ExternalKind::Tag, export))) => {
                let owner = self.definitions.tag(provider, export);
                let exporter = &self.modules[owner.module];
                let expected = self.types.of_index(number, importer.tags[index as usize]);
                if expected != self.types.of_index(owner.module, exporter.tags[owner.index as usize]) {
                    return mismatch(tag_text(importer.tag_type(index)), tag_text(exporter.tag_type(owner.index)));
                }
                self.definitions.tags[number].push(owner);
            }
            (_, Some((_, kind, _))) => {
                return mismatch(self.import_text(number, import.ty), format!("a {kind:?}").to_lowercase());
            }
            (ImportType::Function { index }, None) => {
                let definition = self.outside_function(number, import, index)?;
                self.definitions.functions[number].push(definition);
            }
            (ImportType::Memory { index }, None)
                if self.provides_memory && importer.memories[index as usize].shared =>
            {
                // wasi-threads: every thread's instance gets the same memory, and the embedder makes it.
                let name = (import.module.to_owned(), import.name.to_owned());
                let owner = *self.made.entry(name).or_insert(Owner { module: number, index });
                let (expected, found) =
                    (&importer.memories[index as usize], &self.modules[owner.module].memories[owner.index as usize]);
                if expected != found {
                    return mismatch(memory_text(expected), memory_text(found));
                }
                self.definitions.memories[number].push(owner);
            }
            (ty, None) => {
                self.missing.push(format!("{}: {}", quoted(), self.import_text(number, ty)));
                // Placeholders keep the index spaces aligned until the missing imports are reported.
                let nowhere = Owner { module: number, index: 0 };
                match ty {
                    ImportType::Table { .. } => self.definitions.tables[number].push(nowhere),
                    ImportType::Memory { .. } => self.definitions.memories[number].push(nowhere),
                    ImportType::Tag { .. } => self.definitions.tags[number].push(nowhere),
                    _ => self.definitions.globals[number].push(nowhere),
                }
            }
        }
        Ok(())
    }

    /// A function that no module provides: the runtime library's, or unknown.
    fn outside_function(
        &mut self,
        number: usize,
        import: &crate::module::Import<'_>,
        index: u32,
    ) -> Result<Definition> {
        let expected = self.modules[number].function_type(index);
        let type_id = self.types.of_index(number, self.modules[number].functions[index as usize]);
        if let Some(found) = host::function_type(import.module, import.name) {
            if *expected != found {
                return Err(Error::IncompatibleImport {
                    import: format!("\"{}\" \"{}\"", import.module, import.name),
                    expected: function_text(expected),
                    found: function_text(&found),
                });
            }
            let symbol = format!("{}.{}", import.module, import.name);
            let hosts = &mut self.definitions.host;
            let host = *self.hosts.entry(symbol.clone()).or_insert_with(|| {
                hosts.push(HostFunction { symbol, ty: found, type_id });
                hosts.len() as u32 - 1
            });
            return Ok(Definition::Host(host));
        }
        if self.unknown == UnknownImports::Error {
            let text = format!("\"{}\" \"{}\": {}", import.module, import.name, function_text(expected));
            self.missing.push(text);
        }
        let name = format!("{}.{}", import.module, import.name);
        self.definitions.unknown.push(UnknownFunction { name, ty: expected.clone(), type_id });
        Ok(Definition::Unknown(self.definitions.unknown.len() as u32 - 1))
    }

    fn check_size(&mut self, module: usize, kind: ExternalKind, owner: Owner, at_least: u64) {
        self.definitions.size_checks.push(SizeCheck { module, kind, owner, at_least });
    }

    /// Adds what module `number` defines itself.
    fn own(&mut self, number: usize) {
        let module = &self.modules[number];
        let definitions = &mut self.definitions;
        for position in 0..module.bodies.len() {
            definitions.functions[number].push(Definition::Wasm { module: number, position });
        }
        let owned = |first: u32, count: usize| (first..count as u32).map(move |index| Owner { module: number, index });
        definitions.tables[number].extend(owned(module.imported.tables, module.tables.len()));
        definitions.memories[number].extend(owned(module.imported.memories, module.memories.len()));
        definitions.globals[number].extend(owned(module.imported.globals, module.globals.len()));
        definitions.tags[number].extend(owned(module.imported.tags, module.tags.len()));
    }

    fn import_text(&self, number: usize, ty: ImportType) -> String {
        let module = &self.modules[number];
        match ty {
            ImportType::Function { index } => function_text(module.function_type(index)),
            ImportType::Table { index } => table_text(&module.tables[index as usize].ty),
            ImportType::Memory { index } => memory_text(&module.memories[index as usize]),
            ImportType::Global { index } => global_text(&module.globals[index as usize].ty),
            ImportType::Tag { index } => tag_text(module.tag_type(index)),
        }
    }
}

/// Binary logarithm of the size of pages in bytes, unless a memory's type says otherwise.
const DEFAULT_PAGE_SIZE_LOG2: u32 = 16;

/// Binary logarithm of the size of a memory's pages in bytes.
pub(super) fn page_size_log2(ty: &MemoryType) -> u32 {
    ty.page_size_log2.unwrap_or(DEFAULT_PAGE_SIZE_LOG2)
}

/// Limits matching, the maximum's half (wasm spec 3.4.11.1).
fn maximum_fits(expected: Option<u64>, found: Option<u64>) -> bool {
    match (expected, found) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(expected), Some(found)) => found <= expected,
    }
}

fn types_text(types: &[wasmparser::ValType]) -> String {
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn function_text(ty: &FuncType) -> String {
    format!("function [{}] -> [{}]", types_text(ty.params()), types_text(ty.results()))
}

fn tag_text(ty: &FuncType) -> String {
    format!("tag [{}]", types_text(ty.params()))
}

fn limits_text(initial: u64, maximum: Option<u64>) -> String {
    maximum.map_or(initial.to_string(), |maximum| format!("{initial} {maximum}"))
}

fn table_text(ty: &TableType) -> String {
    let index = if ty.table64 { " i64" } else { "" };
    format!("table{index} {} {}", limits_text(ty.initial, ty.maximum), ty.element_type)
}

fn memory_text(ty: &MemoryType) -> String {
    let index = if ty.memory64 { " i64" } else { "" };
    let shared = if ty.shared { " shared" } else { "" };
    let page_size = match page_size_log2(ty) {
        DEFAULT_PAGE_SIZE_LOG2 => String::new(),
        log2 => format!(" (pagesize {})", 1u64 << log2),
    };
    format!("memory{index} {}{shared}{page_size}", limits_text(ty.initial, ty.maximum))
}

fn global_text(ty: &GlobalType) -> String {
    if ty.mutable { format!("global (mut {})", ty.content_type) } else { format!("global {}", ty.content_type) }
}
