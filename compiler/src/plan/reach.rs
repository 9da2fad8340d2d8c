//! Finds the functions that can ever run, and lists the pieces of code to compile.

use rustc_hash::FxHashMap;
use wasmparser::ExternalKind;

use super::data::UnitId;
use super::definitions::{Definition, Definitions};
use crate::module::{BodyFacts, Module};
use crate::{Entry, Error, Result};

/// A piece of code to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    /// A wasm function: the body at `position` of a module's code section.
    Wasm { module: usize, position: usize },
    /// Lets a function of the runtime library be called by reference: same type, wasm calling convention.
    HostAdapter(u32),
    /// A function that nobody provides: traps with its name.
    UnknownImport(u32),
    /// Calls an exported function with an array of arguments (`wasmc_abi::value::ArrayCall`).
    ArrayCall(Definition),
    /// Instantiates a module: segments and start function.
    Initialize { module: usize },
    /// Instantiates all modules and calls the start export.
    Entry,
    /// Instantiates all modules for a thread and calls the function that it is to run.
    ThreadEntry,
}

/// The pieces of code of a program.
pub(crate) struct Units {
    /// In the order of the text section; a [`UnitId`] is a position here.
    pub list: Vec<Unit>,
    ids: FxHashMap<Unit, UnitId>,
    /// Functions whose reference is taken, in the order in which they were found.
    pub referenced: Vec<Definition>,
}

impl Units {
    fn add(&mut self, unit: Unit) -> UnitId {
        let next = UnitId(self.list.len() as u32);
        *self.ids.entry(unit).or_insert_with(|| {
            self.list.push(unit);
            next
        })
    }

    /// Id of a piece of code; `None` where it can never run.
    pub fn id(&self, unit: Unit) -> Option<UnitId> {
        self.ids.get(&unit).copied()
    }

    /// Id of the code of a function in the wasm calling convention.
    pub fn of_function(&self, definition: Definition) -> Option<UnitId> {
        self.id(code_of(definition))
    }
}

/// The unit that has a function's code in the wasm calling convention.
fn code_of(definition: Definition) -> Unit {
    match definition {
        Definition::Wasm { module, position } => Unit::Wasm { module, position },
        Definition::Host(host) => Unit::HostAdapter(host),
        Definition::Unknown(unknown) => Unit::UnknownImport(unknown),
    }
}

/// The exported function that a build's entry point calls.
pub(crate) fn entry_function(module: &Module<'_>, entry: &Entry) -> Result<Option<u32>> {
    let name = match entry {
        Entry::Command => "_start",
        Entry::Invoke { export, .. } => export.as_str(),
        Entry::Harness => return Ok(None),
    };
    let found = module.exports.iter().find(|export| export.name == name && export.kind == ExternalKind::Func);
    match found {
        Some(export) => {
            let ty = module.function_type(export.index);
            if *entry == Entry::Command && !(ty.params().is_empty() && ty.results().is_empty()) {
                return Err(Error::Option("the export `_start` must take and return nothing".to_owned()));
            }
            Ok(Some(export.index))
        }
        None => {
            let functions: Vec<_> = module
                .exports
                .iter()
                .filter(|export| export.kind == ExternalKind::Func)
                .map(|export| export.name)
                .collect();
            let advice = match functions.as_slice() {
                [] => "the module exports no function at all".to_owned(),
                names => format!("exported functions: {}; choose one with `--invoke NAME`", names.join(", ")),
            };
            Err(Error::Option(format!("the module has no exported function `{name}` to start with; {advice}")))
        }
    }
}

/// The initialiser that a WASI reactor exports, called before anything else.
pub(crate) fn reactor_initializer(module: &Module<'_>, entry: &Entry) -> Option<u32> {
    let export = module.exports.iter().find(|export| export.name == "_initialize")?;
    let callable = export.kind == ExternalKind::Func && module.function_type(export.index).params().is_empty();
    (callable && matches!(entry, Entry::Invoke { .. })).then_some(export.index)
}

/// Lists the code of a program: what the entry point, exports, start functions, segments and globals lead to.
pub(crate) fn units(
    modules: &[Module<'_>],
    facts: &[Vec<BodyFacts>],
    definitions: &Definitions,
    entry: &Entry,
    thread_start: Option<Definition>,
) -> Result<Units> {
    let mut search = Search {
        facts,
        definitions,
        live: modules.iter().map(|m| vec![false; m.bodies.len()]).collect(),
        referenced: Vec::new(),
        pending: Vec::new(),
        outside: Vec::new(),
    };
    let mut array_calls = Vec::new();
    for (number, module) in modules.iter().enumerate() {
        if let Some(start) = module.start {
            search.call(definitions.function(number, start));
        }
        let items = module.elements.iter().flat_map(|segment| &segment.items);
        let tables = module.tables.iter().filter_map(|table| table.init.as_ref());
        let globals = module.globals.iter().filter_map(|global| global.init.as_ref());
        for function in items.chain(tables).chain(globals).flat_map(|expression| expression.functions()) {
            search.reference(definitions.function(number, function));
        }
        if *entry == Entry::Harness {
            for export in module.exports.iter().filter(|export| export.kind == ExternalKind::Func) {
                array_calls.push(definitions.function(number, export.index));
            }
        }
    }
    // The program's main module is the last.
    if let Some((number, main)) = modules.iter().enumerate().next_back() {
        if let Some(function) = entry_function(main, entry)? {
            let definition = definitions.function(number, function);
            search.call(definition);
            if matches!(entry, Entry::Invoke { .. }) {
                array_calls.push(definition);
            }
        }
        if let Some(function) = reactor_initializer(main, entry) {
            search.call(definitions.function(number, function));
        }
    }
    if let Some(definition) = thread_start {
        search.call_by_reference(definition);
    }
    for &definition in &array_calls {
        search.call_by_reference(definition);
    }
    search.run();

    let mut units = Units { list: Vec::new(), ids: FxHashMap::default(), referenced: search.referenced };
    for (module, live) in search.live.iter().enumerate() {
        for position in (0..live.len()).filter(|&position| live[position]) {
            units.add(Unit::Wasm { module, position });
        }
    }
    for definition in search.outside {
        units.add(code_of(definition));
    }
    for definition in array_calls {
        units.add(Unit::ArrayCall(definition));
    }
    for module in 0..modules.len() {
        units.add(Unit::Initialize { module });
    }
    units.add(Unit::Entry);
    if thread_start.is_some() {
        units.add(Unit::ThreadEntry);
    }
    Ok(units)
}

struct Search<'p> {
    facts: &'p [Vec<BodyFacts>],
    definitions: &'p Definitions,
    live: Vec<Vec<bool>>,
    referenced: Vec<Definition>,
    pending: Vec<(usize, usize)>,
    /// Functions without a body that need code in the wasm calling convention.
    outside: Vec<Definition>,
}

impl Search<'_> {
    fn call(&mut self, definition: Definition) {
        match definition {
            Definition::Wasm { module, position } => {
                if !std::mem::replace(&mut self.live[module][position], true) {
                    self.pending.push((module, position));
                }
            }
            Definition::Unknown(_) => self.outside.push(definition),
            // Direct calls go straight to the runtime library.
            Definition::Host(_) => {}
        }
    }

    fn reference(&mut self, definition: Definition) {
        self.referenced.push(definition);
        self.call_by_reference(definition);
    }

    /// The function is called in the wasm calling convention, whoever defines it.
    fn call_by_reference(&mut self, definition: Definition) {
        match definition {
            Definition::Host(_) => self.outside.push(definition),
            _ => self.call(definition),
        }
    }

    fn run(&mut self) {
        while let Some((module, position)) = self.pending.pop() {
            let facts = &self.facts[module][position];
            for &function in &facts.calls {
                self.call(self.definitions.function(module, function));
            }
            for &function in &facts.references {
                self.reference(self.definitions.function(module, function));
            }
        }
    }
}
