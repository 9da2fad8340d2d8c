//! Decides, before any code is made, where everything of a program stands: which functions are compiled, what
//! imports lead to, where globals, tables and memories are, and what the executable's data holds.

mod data;
mod definitions;
mod exceptions;
mod exports;
mod host;
mod inlining;
mod objects;
mod places;
mod reach;
mod records;
mod segments;
mod tables;
mod targets;
mod threads;
mod values;

use target_lexicon::Endianness;
use wasmc_abi::heap::{Heap, LARGEST_HEAP};
use wasmparser::FuncType;

pub(crate) use data::{Address, DataId, DataObject, DataObjects, Placement, StructureWriter, Target, UnitId};
pub(crate) use definitions::{Definition, Definitions, Owner, SizeCheck};
pub(crate) use exceptions::{Exceptions, ReferenceForm, Tag};
pub(crate) use exports::codes as value_codes;
pub(crate) use inlining::Inlining;
pub(crate) use objects::Objects;
pub(crate) use places::{BaseStrategy, GlobalPlace, MemoryPlace, Places, Slot, TablePlace};
pub(crate) use reach::{Unit, Units, entry_function, reactor_initializer};
pub(crate) use records::FunctionRecords;
pub(crate) use segments::{InitialCopy, Segments};
pub(crate) use targets::Targets;
pub(crate) use values::{ConstantValue, GlobalValues};

use crate::module::{BodyFacts, Module, Types};
use crate::targets::{
    has_fixed_base, has_low_addresses, has_pinned_register, has_threads, is_freestanding, is_interpreted,
    largest_memory, largest_memory64, mistakes_signaling,
};
use crate::{Bounds, Entry, Error, Input, MemoryBase, OptLevel, Options, RelaxedSimd, Result};

/// The layout of a whole program. Immutable once made: code generation only reads it.
pub(crate) struct Plan<'a> {
    pub modules: Vec<Module<'a>>,
    /// What each body does, by module and position.
    pub facts: Vec<Vec<BodyFacts>>,
    pub definitions: Definitions,
    pub types: Types,
    pub values: GlobalValues,
    /// The function that threads run.
    pub thread_start: Option<Definition>,
    /// The code to compile.
    pub units: Units,
    pub exceptions: Exceptions,
    pub inlining: Inlining,
    pub records: FunctionRecords,
    /// Structures, arrays and kept exceptions, if the program has any.
    pub objects: Option<Objects>,
    pub places: Places,
    pub segments: Segments,
    pub entry: Entry,
    pub relaxed_simd: RelaxedSimd,
    pub big_endian: bool,
    /// Conversions of numbers take signaling NaNs for others.
    pub mistakes_signaling: bool,
    /// Name of each unknown function.
    pub unknown_names: Vec<DataId>,
    /// The `Export` that the entry point invokes.
    pub invoked_export: Option<DataId>,
    /// Exports of each module, for the harness: an array of `Export` and its length.
    pub export_lists: Vec<(DataId, u64)>,
    /// Everything that is not code.
    pub data: DataObjects<'a>,
}

/// What of the options decides the layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// The first memory may have a constant address.
    pub fixed_base: bool,
    pub bounds: Bounds,
    /// 64-bit memories may have inaccessible bytes behind them.
    pub tail_guards: bool,
    pub max_memory: Option<u64>,
    /// No 64-bit memory has more bytes, declared or not.
    pub largest_memory64: u64,
    /// No memory has more bytes.
    pub largest_memory: u64,
    /// The most used mutable global may live in a register.
    pub register_global: bool,
    pub big_endian: bool,
}

impl Layout {
    fn new(options: &Options) -> Layout {
        // The interpreter catches no faults.
        let compared = is_freestanding(&options.target) || is_interpreted(&options.target);
        Layout {
            fixed_base: options.memory_base == MemoryBase::Fixed && has_fixed_base(&options.target),
            bounds: if compared { Bounds::Explicit } else { options.bounds },
            tail_guards: !compared,
            max_memory: options.max_memory,
            largest_memory64: largest_memory64(&options.target),
            largest_memory: largest_memory(&options.target),
            register_global: options.opt_level != OptLevel::None && has_pinned_register(&options.target),
            big_endian: options.target.endianness() == Ok(Endianness::Big),
        }
    }
}

/// Plans the program that `inputs` make; `modules` are the same inputs, parsed, `types` are theirs, and `facts` come from
/// their bodies.
pub(crate) fn plan<'a>(
    inputs: &[Input<'a>],
    modules: Vec<Module<'a>>,
    types: Types,
    facts: Vec<Vec<BodyFacts>>,
    options: &Options,
) -> Result<Plan<'a>> {
    if options.max_heap > LARGEST_HEAP {
        return Err(Error::Option(format!("the heap of objects has at most {LARGEST_HEAP} bytes (`--max-gc-heap`)")));
    }
    let mut layout = Layout::new(options);
    // The heap of structures and arrays takes the addresses below 4 GiB.
    layout.fixed_base &= !types.has_objects();
    let definitions = Definitions::resolve(inputs, &modules, &types, options)?;
    let values = GlobalValues::evaluate(&modules, &definitions);
    let thread_start = threads::start(&modules, &definitions, &options.entry)?;
    if thread_start.is_some() && !has_threads(&options.target) {
        let what = format!("programs with threads for the target {}", options.target);
        return Err(Error::Unsupported { what, offset: None });
    }
    let units = reach::units(&modules, &facts, &definitions, &options.entry, thread_start)?;
    let inlining = Inlining::decide(&facts, &definitions, &units, options.opt_level);
    let mut data = DataObjects::default();
    let exceptions = Exceptions::plan(&modules, &facts, &definitions, &types, &units, &mut data);
    let records = FunctionRecords::build(&modules, &definitions, &types, &units, &mut data, layout.big_endian);
    let are_low = has_low_addresses(&options.target);
    let objects = Objects::lay_out(&types, &exceptions, &mut data, layout.big_endian, are_low);
    if is_freestanding(&options.target) && objects.is_some() {
        // The heap needs addresses of its own choice.
        let what = format!(
            "structures, arrays and exceptions as references (`exnref`) for the target {}, which has no operating system",
            options.target
        );
        return Err(Error::Unsupported { what, offset: None });
    }
    let mut places = places::place(
        &places::Context {
            modules: &modules,
            facts: &facts,
            definitions: &definitions,
            values: &values,
            types: &types,
            units: &units,
            records: &records,
            layout,
            entry: &options.entry,
            threads: thread_start.is_some(),
        },
        &mut data,
    )?;
    let segments = segments::plan(
        &segments::Context {
            modules: &modules,
            definitions: &definitions,
            values: &values,
            places: &places,
            records: &records,
            big_endian: layout.big_endian,
        },
        &mut data,
    );
    if let Some(block) = &mut places.block {
        if let Some(objects) = exceptions.objects {
            block.add_exceptions(objects, exceptions.largest);
        }
        if let Some(objects) = &objects {
            block.add(objects.heap, size_of::<Heap>());
        }
        for contents in segments.elements.iter().flatten().filter(|contents| contents.is_dynamic) {
            block.add_elements(contents);
        }
        if !has_pinned_register(&options.target) {
            block.find_by_stack(options.max_stack)?;
        }
    }
    let unknown_names = definitions
        .unknown
        .iter()
        .enumerate()
        .map(|(number, unknown)| {
            let name = unknown.name.clone().into_bytes();
            data.add(DataObject::new(format!("wasmc_unknown{number}"), Placement::ReadOnly, 1, name.into()))
        })
        .collect();
    let exports = exports::describe(
        &exports::Context {
            modules: &modules,
            definitions: &definitions,
            places: &places,
            units: &units,
            entry: &options.entry,
            types: &types,
            big_endian: layout.big_endian,
        },
        &mut data,
    );
    Ok(Plan {
        modules,
        facts,
        definitions,
        types,
        values,
        thread_start,
        units,
        exceptions,
        inlining,
        records,
        objects,
        places,
        segments,
        entry: options.entry.clone(),
        relaxed_simd: options.relaxed_simd,
        big_endian: layout.big_endian,
        mistakes_signaling: mistakes_signaling(&options.target),
        unknown_names,
        invoked_export: exports.invoked,
        export_lists: exports.lists,
        data,
    })
}

impl Plan<'_> {
    /// Type of a function, wherever it is defined.
    pub fn type_of(&self, definition: Definition) -> &FuncType {
        records::type_of(definition, &self.modules, &self.definitions)
    }

    /// Name of a piece of code for symbols, traces and messages.
    pub fn unit_name(&self, unit: UnitId) -> String {
        match self.units.list[unit.0 as usize] {
            Unit::Wasm { module, position } => self.name_of(Definition::Wasm { module, position }),
            Unit::HostAdapter(host) => format!("adapter.{}", self.name_of(Definition::Host(host))),
            Unit::UnknownImport(unknown) => format!("unknown.{}", self.name_of(Definition::Unknown(unknown))),
            Unit::ArrayCall(definition) => format!("array_call.{}", self.name_of(definition)),
            Unit::Initialize { module } => format!("{}.initialize", self.modules[module].name),
            Unit::Entry => "wasmc_entry".to_owned(),
            Unit::ThreadEntry => "wasmc_thread_entry".to_owned(),
        }
    }

    /// The program keeps a global, or the address of the running thread's block, in a register.
    pub fn uses_pinned_register(&self) -> bool {
        self.places.block_in_register()
            || self.places.globals.iter().flatten().any(|place| matches!(place, GlobalPlace::Register))
    }

    /// The code, inlined bodies included, neither uses what the pinned register holds nor calls any that may.
    pub fn is_free_of_pinned_register(&self, unit: Unit) -> bool {
        if self.places.block_in_register() {
            return false;
        }
        let Unit::Wasm { module, position } = unit else { return false };
        let facts = &self.facts[module][position];
        let place = |global: &u32| self.places.globals[module][*global as usize];
        let touches = |globals: &[u32]| globals.iter().map(place).any(|place| matches!(place, GlobalPlace::Register));
        let is_free = |(number, &function): (usize, &u32)| match self.definitions.function(module, function) {
            Definition::Wasm { module: owner, position: callee } => {
                // One that calls itself still does so where it is taken in.
                (owner, callee) != (module, position)
                    && self.inlining.contains(module, position, number as u32)
                    && self.is_free_of_pinned_register(Unit::Wasm { module: owner, position: callee })
            }
            _ => false,
        };
        facts.calls.iter().enumerate().all(is_free)
            && !facts.has_indirect_call
            // A throw leaves the function without restoring registers.
            && !facts.has_throw
            && !touches(&facts.global_reads)
            && !touches(&facts.global_writes)
    }

    /// Some function calls another in tail position.
    pub fn uses_tail_calls(&self) -> bool {
        self.facts.iter().flatten().any(|facts| facts.has_tail_call)
    }

    /// Name of a function for symbols, traces and messages.
    pub fn name_of(&self, definition: Definition) -> String {
        match definition {
            Definition::Wasm { module, position } => {
                let module = &self.modules[module];
                module.function_name(module.imported.functions + position as u32).into_owned()
            }
            Definition::Host(host) => self.definitions.host[host as usize].symbol.clone(),
            Definition::Unknown(unknown) => self.definitions.unknown[unknown as usize].name.clone(),
        }
    }
}
