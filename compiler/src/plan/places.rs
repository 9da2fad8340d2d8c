//! Places globals, memories and tables: in constants, in a register, or in the instance data of their module.

use std::collections::{HashMap, HashSet};

use wasmc_abi::instance::{
    FIXED_BASE, GUARDED_RESERVATION, MEMORY_EXPLICIT_BOUNDS, MEMORY_FIXED_BASE, MEMORY_TAIL_GUARD, NULL_TYPE,
    TAIL_GUARD,
};
use wasmparser::{ExternalKind, ValType};

use super::data::{DataId, DataObject, DataObjects, Placement, StructureWriter, Target};
use super::definitions::{Definition, Definitions, Owner, page_size_log2};
use super::reach::{Unit, Units};
use super::records::{FunctionRecords, write_record};
use super::targets::TableTargets;
use super::threads::InstanceBlock;
use super::values::{ConstantValue, GlobalValues};
use super::{Layout, tables};
use crate::module::{BodyFacts, Module, Types};
use crate::{Bounds, Entry, Error, Result};

/// A place in the data of the executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    pub object: DataId,
    /// In bytes from the object's start.
    pub offset: u32,
}

/// Where a global is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GlobalPlace {
    /// Nowhere: nobody ever writes it.
    Constant(ConstantValue),
    /// Nobody ever writes it, but the harness reads it here.
    ConstantInSlot(ConstantValue, Slot),
    /// In the register that the calling convention leaves alone.
    Register,
    Slot(Slot),
}

/// Where byte 0 of a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BaseStrategy {
    /// At this address.
    Fixed(u64),
    /// Where the descriptor says; never changes once the program runs.
    Descriptor,
}

/// A memory as compiled code sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryPlace {
    /// Its `MemoryDescriptor`.
    pub descriptor: Slot,
    pub base: BaseStrategy,
    pub bounds: Bounds,
    /// Initial size in bytes: a memory never shrinks.
    pub initial: u64,
    /// Largest size in bytes that it can grow to.
    pub maximum: u64,
    /// Nobody grows it.
    pub constant_size: bool,
    pub page_size_log2: u32,
    /// Indices are i64.
    pub memory64: bool,
    /// Several threads may access it at the same time.
    pub shared: bool,
    /// With explicit bounds: `TAIL_GUARD` bytes behind the current size are inaccessible.
    pub tail_guard: bool,
}

/// A table as compiled code sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TablePlace {
    /// An array of `FunctionRecord`, in place.
    Static { elements: DataId, length: u64 },
    /// A `TableDescriptor`.
    Dynamic(Slot),
}

/// Where everything that a program's modules own is, by module and index; imports lead to their owner's place.
pub(crate) struct Places {
    pub globals: Vec<Vec<GlobalPlace>>,
    pub memories: Vec<Vec<MemoryPlace>>,
    pub tables: Vec<Vec<TablePlace>>,
    /// What is in the tables that never change, by their object.
    pub targets: HashMap<DataId, TableTargets>,
    /// Number of elements that `table.init` may still copy, by module and segment.
    pub element_lengths: Vec<Vec<Slot>>,
    /// Number of bytes that `memory.init` may still copy, by module and segment.
    pub data_lengths: Vec<Vec<Slot>>,
    /// Descriptors of all memories.
    pub descriptors: Vec<Slot>,
    /// Where each thread has its own globals, tables and segments.
    pub block: Option<InstanceBlock>,
}

impl Places {
    /// The pinned register holds the address of the running thread's block.
    pub fn block_in_register(&self) -> bool {
        self.block.as_ref().is_some_and(|block| block.region.is_none())
    }

    /// Where the instance lives: offset of a data object in the running thread's block, or `None` where it is at its
    /// symbol.
    pub fn offset_in_block(&self, object: DataId) -> Option<u32> {
        self.block.as_ref()?.parts.iter().find(|(part, _)| *part == object).map(|&(_, offset)| offset)
    }
}

/// What the builder reads.
pub(super) struct Context<'p, 'a> {
    pub modules: &'p [Module<'a>],
    pub facts: &'p [Vec<BodyFacts>],
    pub definitions: &'p Definitions,
    pub values: &'p GlobalValues,
    pub types: &'p Types,
    pub units: &'p Units,
    pub records: &'p FunctionRecords,
    pub layout: Layout,
    pub entry: &'p Entry,
    /// The program has threads.
    pub threads: bool,
}

impl Context<'_, '_> {
    /// Facts of the functions that can run, with their module's number.
    fn live_facts(&self) -> impl Iterator<Item = (usize, &BodyFacts)> {
        self.facts.iter().enumerate().flat_map(move |(module, bodies)| {
            let live = move |position| self.units.id(Unit::Wasm { module, position }).is_some();
            bodies
                .iter()
                .enumerate()
                .filter(move |&(position, _)| live(position))
                .map(move |(_, facts)| (module, facts))
        })
    }

    /// The global to keep in a register: the most used mutable i32 that only the main module knows, which in the
    /// output of every C-like toolchain is the stack pointer.
    fn register_global(&self) -> Option<Owner> {
        // A host caller between two calls of compiled code would not keep the register.
        if !self.layout.register_global || *self.entry != Entry::Command || self.threads {
            return None;
        }
        let number = self.modules.len().checked_sub(1)?;
        let module = &self.modules[number];
        let mut uses: HashMap<u32, usize> = HashMap::new();
        for (user, facts) in self.live_facts() {
            if user == number {
                for &global in facts.global_reads.iter().chain(&facts.global_writes) {
                    *uses.entry(global).or_default() += 1;
                }
            }
        }
        let eligible = |index: u32| {
            let ty = &module.globals[index as usize].ty;
            index >= module.imported.globals && ty.mutable && !ty.shared && ty.content_type == ValType::I32
        };
        let candidate = (0..module.globals.len() as u32)
            .filter(|&index| eligible(index))
            .max_by_key(|&index| (uses.get(&index).copied().unwrap_or(0), std::cmp::Reverse(index)))?;
        (uses.get(&candidate).copied().unwrap_or(0) >= 2).then_some(Owner { module: number, index: candidate })
    }
}

/// Places everything and adds the instance data of each module to `data`.
pub(super) fn place<'a>(context: &Context<'_, 'a>, data: &mut DataObjects<'a>) -> Result<Places> {
    let written: HashSet<Owner> = context
        .live_facts()
        .flat_map(|(module, facts)| {
            facts.global_writes.iter().map(move |&global| context.definitions.global(module, global))
        })
        .collect();
    let grown: HashSet<Owner> = context
        .live_facts()
        .flat_map(|(module, facts)| {
            facts.memories_grown.iter().map(move |&memory| context.definitions.memory(module, memory))
        })
        .collect();
    let static_tables = tables::static_contents(context);
    let mut places = Places {
        globals: Vec::new(),
        memories: Vec::new(),
        tables: Vec::new(),
        targets: HashMap::new(),
        element_lengths: Vec::new(),
        data_lengths: Vec::new(),
        descriptors: Vec::new(),
        block: context.threads.then(InstanceBlock::default),
    };
    let mut instances = Instances {
        context,
        data,
        written,
        grown,
        register: context.register_global(),
        fixed_base_free: context.layout.fixed_base,
    };
    for (number, tables) in static_tables.into_iter().enumerate() {
        instances.module(number, tables, &mut places)?;
    }
    Ok(places)
}

struct Instances<'p, 'c, 'd, 'a> {
    context: &'p Context<'c, 'a>,
    data: &'d mut DataObjects<'a>,
    written: HashSet<Owner>,
    grown: HashSet<Owner>,
    register: Option<Owner>,
    /// No memory has taken the fixed base yet.
    fixed_base_free: bool,
}

impl Instances<'_, '_, '_, '_> {
    fn module(
        &mut self,
        number: usize,
        static_tables: Vec<Option<Vec<Option<Definition>>>>,
        places: &mut Places,
    ) -> Result<()> {
        let module = &self.context.modules[number];
        // Static tables come first: the instance is the next object.
        let static_objects: Vec<_> = static_tables
            .into_iter()
            .enumerate()
            .map(|(index, contents)| contents.map(|contents| self.static_table(number, index, contents, places)))
            .collect();
        let mut storages = Vec::new();
        for (index, table) in module.tables.iter().enumerate() {
            let in_block = places.block.is_some();
            let dynamic = index >= module.imported.tables as usize && static_objects[index].is_none() && !in_block;
            if table.ty.initial > LARGEST_TABLE {
                return Err(Error::Limit(format!(
                    "table {index} starts with {} elements; no table has more than {LARGEST_TABLE}",
                    table.ty.initial
                )));
            }
            let size = table.ty.initial * 8;
            storages
                .push(dynamic.then(|| {
                    self.data.add(DataObject::zero(format!("{}.table{index}", module.name), 16, size.max(8)))
                }));
        }
        // Descriptors of memories are the instance's own first fields, or else the object before it: memories are common to
        // all threads.
        let first = DataId(self.data.0.len() as u32);
        let mut writer = StructureWriter::new(self.context.layout.big_endian);
        let memories = (0..module.memories.len() as u32)
            .map(|index| self.memory(number, index, first, &mut writer, places))
            .collect::<Result<_>>()?;
        places.memories.push(memories);
        let mut object = first;
        let mut block_offset = 0;
        if let Some(block) = &mut places.block {
            let descriptors = std::mem::replace(&mut writer, StructureWriter::new(self.context.layout.big_endian));
            self.data.add(descriptors.finish_in(format!("{}.memories", module.name), Placement::Writable, 16));
            object = DataId(first.0 + 1);
            block_offset = block.size;
        }

        let mut tables = Vec::new();
        for (index, table) in module.tables.iter().enumerate() {
            let owner = self.context.definitions.table(number, index as u32);
            tables.push(if owner.module != number || owner.index != index as u32 {
                places.tables.get(owner.module).unwrap_or(&tables)[owner.index as usize]
            } else if let Some((elements, length)) = static_objects[index] {
                TablePlace::Static { elements, length }
            } else {
                let slot = Slot { object, offset: writer.bytes.len() as u32 };
                match storages[index] {
                    Some(storage) => writer.address(Target::Data(storage), 0),
                    None => writer.u64(0),
                }
                if let Some(block) = &mut places.block {
                    block.tables.push((block_offset + slot.offset, table.ty.initial));
                }
                writer.u64(table.ty.initial);
                writer.u64(table.ty.maximum.unwrap_or(u64::from(u32::MAX)).min(LARGEST_TABLE));
                writer.u64(table.ty.initial);
                TablePlace::Dynamic(slot)
            });
        }
        places.tables.push(tables);

        let mut globals = Vec::new();
        for index in 0..module.globals.len() as u32 {
            globals.push(self.global(number, index, object, &mut writer, places));
        }
        places.globals.push(globals);

        let mut lengths = |count: usize, length: &dyn Fn(usize) -> u64| {
            writer.align(8);
            let slot = |position| {
                let offset = writer.bytes.len() as u32;
                writer.u64(length(position));
                Slot { object, offset }
            };
            (0..count).map(slot).collect()
        };
        places.element_lengths.push(lengths(module.elements.len(), &|segment| {
            let segment = &module.elements[segment];
            if segment.mode.is_passive() { segment.items.len() as u64 } else { 0 }
        }));
        places.data_lengths.push(lengths(module.data.len(), &|segment| {
            let segment = &module.data[segment];
            if segment.mode.is_passive() { segment.bytes.len() as u64 } else { 0 }
        }));
        let symbol = format!("{}.instance", module.name);
        match &mut places.block {
            Some(block) => {
                block.add(object, writer.bytes.len());
                self.data.add(writer.finish(symbol, 16));
            }
            None => {
                self.data.add(writer.finish_in(symbol, Placement::Writable, 16));
            }
        }
        Ok(())
    }

    fn static_table(
        &mut self,
        number: usize,
        index: usize,
        contents: Vec<Option<Definition>>,
        places: &mut Places,
    ) -> (DataId, u64) {
        let context = self.context;
        let mut writer = StructureWriter::new(context.layout.big_endian);
        for element in &contents {
            match *element {
                Some(definition) => write_record(
                    &mut writer,
                    definition,
                    context.modules,
                    context.definitions,
                    context.types,
                    context.units,
                ),
                None => {
                    writer.u64(0);
                    writer.u32(NULL_TYPE);
                    writer.u32(0);
                }
            }
        }
        let symbol = format!("{}.table{index}", context.modules[number].name);
        let object = self.data.add(writer.finish(symbol, 16));
        let length = contents.len() as u64;
        let typed = |definition| (context.definitions.type_id(definition, context.modules, context.types), definition);
        let elements = contents.into_iter().map(|element| element.map(typed)).collect();
        places.targets.insert(object, TableTargets::new(elements));
        (object, length)
    }

    fn memory(
        &mut self,
        number: usize,
        index: u32,
        object: DataId,
        writer: &mut StructureWriter,
        places: &mut Places,
    ) -> Result<MemoryPlace> {
        let context = self.context;
        let owner = context.definitions.memory(number, index);
        if owner != (Owner { module: number, index }) {
            return Ok(places.memories[owner.module][owner.index as usize]);
        }
        let ty = &context.modules[number].memories[index as usize];
        let page_size_log2 = page_size_log2(ty);
        let bytes = |pages: u64| pages.checked_shl(page_size_log2).filter(|bytes| bytes >> page_size_log2 == pages);
        let address_space = if ty.memory64 { context.layout.largest_memory64 } else { 1 << 32 };
        let initial = bytes(ty.initial).filter(|&bytes| bytes <= address_space).ok_or_else(|| {
            Error::Limit(format!("memory {index} starts with {} pages, more than an address space holds", ty.initial))
        })?;
        // `memory.grow` may fail whenever it likes (wasm spec 4.4.7.6). Where the module names no maximum, the last
        // page of 32-bit memories stays out of reach: that makes constants in addresses foldable (`optimize/fold.rs`).
        let undeclared = if ty.memory64 { address_space } else { address_space - (64 << 10) };
        let declared = ty.maximum.and_then(bytes).unwrap_or(undeclared).min(address_space);
        let allowed = context.layout.max_memory.unwrap_or(u64::MAX);
        if initial > allowed {
            return Err(Error::Option(format!(
                "memory {index} starts with {initial} bytes, more than `--max-memory` allows ({allowed} bytes)"
            )));
        }
        if initial > context.layout.largest_memory {
            return Err(Error::Limit(format!(
                "memory {index} starts with {initial} bytes, more than a target of 32 bits has room for"
            )));
        }
        let maximum = declared.min(allowed).min(context.layout.largest_memory).max(initial);
        // The MMU's unit is a page of the operating system, and 64 bits reach farther than any reservation.
        let explicit = context.layout.bounds == Bounds::Explicit || ty.memory64 || page_size_log2 < 12;
        let tail_guard = ty.memory64 && page_size_log2 >= 12 && context.layout.tail_guards;
        let base = if self.fixed_base_free {
            self.fixed_base_free = false;
            BaseStrategy::Fixed(FIXED_BASE)
        } else {
            BaseStrategy::Descriptor
        };
        writer.align(8);
        let descriptor = Slot { object, offset: writer.bytes.len() as u32 };
        writer.u64(if let BaseStrategy::Fixed(base) = base { base } else { 0 });
        writer.u64(initial);
        writer.u64(maximum);
        let tail = if tail_guard { TAIL_GUARD } else { 0 };
        writer.u64(if explicit { maximum.next_multiple_of(4096) + tail } else { GUARDED_RESERVATION });
        writer.u32(page_size_log2);
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        writer.u32(
            flag(explicit, MEMORY_EXPLICIT_BOUNDS)
                | flag(matches!(base, BaseStrategy::Fixed(_)), MEMORY_FIXED_BASE)
                | flag(tail_guard, MEMORY_TAIL_GUARD),
        );
        places.descriptors.push(descriptor);
        Ok(MemoryPlace {
            descriptor,
            base,
            bounds: if explicit { Bounds::Explicit } else { Bounds::Guard },
            initial,
            maximum,
            constant_size: !self.grown.contains(&owner),
            page_size_log2,
            memory64: ty.memory64,
            shared: ty.shared,
            tail_guard,
        })
    }

    fn global(
        &mut self,
        number: usize,
        index: u32,
        object: DataId,
        writer: &mut StructureWriter,
        places: &Places,
    ) -> GlobalPlace {
        let context = self.context;
        let owner = context.definitions.global(number, index);
        if owner.module != number {
            return places.globals[owner.module][owner.index as usize];
        }
        let module = &context.modules[number];
        let value = context.values.global(number, index);
        if self.register == Some(owner) {
            return GlobalPlace::Register;
        }
        let constant = !self.written.contains(&owner) && value != ConstantValue::Dynamic;
        // The harness reads exported globals from their slots, constant or not.
        let seen = *context.entry == Entry::Harness
            && module.exports.iter().any(|export| export.kind == ExternalKind::Global && export.index == index);
        let slot = (!constant || seen).then(|| {
            writer.align(if matches!(value, ConstantValue::V128(_)) { 16 } else { 8 });
            let offset = writer.bytes.len() as u32;
            match value {
                ConstantValue::I32(value) => writer.u32(value as u32),
                ConstantValue::F32(bits) => writer.u32(bits),
                ConstantValue::I64(value) => writer.u64(value as u64),
                ConstantValue::F64(bits) => writer.u64(bits),
                ConstantValue::V128(bits) => writer.vector(bits),
                ConstantValue::Null | ConstantValue::Dynamic => writer.u64(0),
                ConstantValue::Reference(bits) => writer.u64(bits),
                ConstantValue::Function(definition) => {
                    let (records, addend) = context.records.address(definition);
                    writer.address(Target::Data(records), addend);
                }
            }
            Slot { object, offset }
        });
        match slot {
            Some(slot) if !constant => GlobalPlace::Slot(slot),
            Some(slot) => GlobalPlace::ConstantInSlot(value, slot),
            None => GlobalPlace::Constant(value),
        }
    }
}

/// No table has more elements than this, declared or not: their 8-byte references would fill 80 MB.
const LARGEST_TABLE: u64 = 10_000_000;
