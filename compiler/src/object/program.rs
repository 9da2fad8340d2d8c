//! Writes the description of the program that the runtime library reads (`wasmc_abi::program::Program`).

use wasmc_abi::program::{ABI_VERSION, IMAGE_MOVABLE, PROGRAM_INHERIT_ENVIRONMENT, PROGRAM_RUNTIME_OPTIONS};
use wasmc_abi::symbols;
use wasmparser::ExternalKind;

use super::code_map::CodeMapParts;
use crate::plan::{DataId, DataObject, Placement, Plan, Slot, StructureWriter, Target, Unit};
use crate::{Entry, Options};

/// Descriptions that not every program has.
pub(super) struct Parts {
    pub heap: Option<DataId>,
    pub sources: Option<DataId>,
    pub core_dump: Option<DataId>,
    pub processor: Option<DataId>,
}

/// Adds the `Program` to the plan's data.
pub(super) fn describe(plan: &mut Plan<'_>, code: &CodeMapParts, parts: Parts, options: &Options) -> DataId {
    let memories = memories(plan);
    let images = images(plan);
    let environment = texts(plan, "wasmc_environment", &options.environment);
    let preopens = preopens(plan, options);
    let arguments = match &options.entry {
        Entry::Invoke { arguments, .. } => texts(plan, "wasmc_arguments", arguments),
        _ => texts(plan, "wasmc_arguments", &[]),
    };
    let threads = threads(plan, options);
    let modules = modules(plan);
    let flag = |on: bool, bit: u32| if on { bit } else { 0 };

    let mut writer = StructureWriter::new(plan.big_endian);
    writer.u32(ABI_VERSION);
    writer.u32(
        flag(options.runtime_options, PROGRAM_RUNTIME_OPTIONS)
            | flag(options.inherit_environment, PROGRAM_INHERIT_ENVIRONMENT),
    );
    writer.u64(options.max_stack);
    writer.u64(plan.places.block.as_ref().and_then(|block| block.region).unwrap_or(0));
    unit(&mut writer, plan, Unit::Entry);
    span(&mut writer, memories);
    span(&mut writer, images);
    match wasi_memory(plan) {
        Some(slot) => address(&mut writer, slot),
        None => writer.u64(0),
    }
    writer.address(Target::Text, 0);
    writer.u64(code.text_length);
    span(&mut writer, code.functions);
    span(&mut writer, code.sites);
    span(&mut writer, code.names);
    span(&mut writer, environment);
    span(&mut writer, preopens);
    span(&mut writer, arguments);
    span(&mut writer, threads);
    span(&mut writer, modules);
    optional(&mut writer, parts.heap);
    optional(&mut writer, parts.sources);
    writer.address(Target::Weak(symbols::BUILD_ID), 0);
    optional(&mut writer, parts.core_dump);
    optional(&mut writer, parts.processor);
    debug_assert_eq!(writer.bytes.len(), size_of::<wasmc_abi::program::Program>());
    plan.data.add(writer.finish(symbols::PROGRAM, 16))
}

fn optional(writer: &mut StructureWriter, part: Option<DataId>) {
    match part {
        Some(part) => writer.address(Target::Data(part), 0),
        None => writer.u64(0),
    }
}

fn span(writer: &mut StructureWriter, (object, length): (DataId, u64)) {
    writer.span(Some(object), length);
}

fn address(writer: &mut StructureWriter, slot: Slot) {
    writer.address(Target::Data(slot.object), i64::from(slot.offset));
}

fn unit(writer: &mut StructureWriter, plan: &Plan<'_>, unit: Unit) {
    match plan.units.id(unit) {
        Some(id) => writer.address(Target::Unit(id), 0),
        None => writer.u64(0),
    }
}

fn memories(plan: &mut Plan<'_>) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    for &slot in &plan.places.descriptors {
        address(&mut writer, slot);
    }
    let count = plan.places.descriptors.len() as u64;
    (plan.data.add(writer.finish("wasmc_memories", 8)), count)
}

fn images(plan: &mut Plan<'_>) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    for image in &plan.segments.images {
        address(&mut writer, image.memory);
        writer.u64(image.offset);
        writer.span(Some(image.object), image.length);
        writer.u64(if image.movable { IMAGE_MOVABLE } else { 0 });
    }
    let count = plan.segments.images.len() as u64;
    (plan.data.add(writer.finish("wasmc_images", 8)), count)
}

/// The memory that WASI functions use: the main module's export `memory`, or else its first memory.
fn wasi_memory(plan: &Plan<'_>) -> Option<Slot> {
    let main = plan.modules.last()?;
    let exported = main.exports.iter().find(|export| export.kind == ExternalKind::Memory && export.name == "memory");
    let index = exported.map_or(0, |export| export.index);
    let place = plan.places.memories.last()?.get(index as usize)?;
    Some(place.descriptor)
}

/// Bytes of a text, as a data object and their number.
fn text(plan: &mut Plan<'_>, bytes: &[u8]) -> (DataId, u64) {
    let length = bytes.len() as u64;
    (plan.data.add(DataObject::new("", Placement::ReadOnly, 1, bytes.to_vec().into())), length)
}

/// An array of `Text`.
fn texts(plan: &mut Plan<'_>, symbol: &str, items: &[String]) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    for item in items {
        span(&mut writer, text(plan, item.as_bytes()));
    }
    (plan.data.add(writer.finish(symbol, 8)), items.len() as u64)
}

fn preopens(plan: &mut Plan<'_>, options: &Options) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    for preopen in &options.preopens {
        span(&mut writer, text(plan, preopen.host.as_os_str().as_encoded_bytes()));
        span(&mut writer, text(plan, preopen.guest.as_bytes()));
    }
    (plan.data.add(writer.finish("wasmc_preopens", 8)), options.preopens.len() as u64)
}

/// The `ThreadTemplate` of a program with threads.
fn threads(plan: &mut Plan<'_>, options: &Options) -> (DataId, u64) {
    let mut template = StructureWriter::new(plan.big_endian);
    let mut count = 0;
    if let Some(block) = &plan.places.block {
        let mut parts = StructureWriter::new(plan.big_endian);
        for &(part, offset) in &block.parts {
            parts.u64(u64::from(offset));
            parts.span(Some(part), plan.data.0[part.0 as usize].size);
        }
        let mut tables = StructureWriter::new(plan.big_endian);
        for &(descriptor, length) in &block.tables {
            tables.u64(u64::from(descriptor));
            tables.u64(length);
        }
        let mut addresses = StructureWriter::new(plan.big_endian);
        for &(field, target) in &block.addresses {
            addresses.u64(u64::from(field));
            addresses.u64(u64::from(target));
        }
        let lengths = (block.parts.len() as u64, block.tables.len() as u64, block.addresses.len() as u64);
        template.span(Some(plan.data.add(parts.finish("wasmc_block_parts", 8))), lengths.0);
        template.span(Some(plan.data.add(tables.finish("wasmc_block_tables", 8))), lengths.1);
        let size = u64::from(block.size);
        template.span(Some(plan.data.add(addresses.finish("wasmc_block_addresses", 8))), lengths.2);
        template.u64(size);
        unit(&mut template, plan, Unit::ThreadEntry);
        template.u64(u64::from(options.max_threads));
        count = 1;
    }
    (plan.data.add(template.finish("wasmc_threads", 8)), count)
}

/// The modules, where the harness drives them.
fn modules(plan: &mut Plan<'_>) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    for (module, &list) in plan.export_lists.iter().enumerate() {
        unit(&mut writer, plan, Unit::Initialize { module });
        span(&mut writer, list);
    }
    let count = plan.export_lists.len() as u64;
    (plan.data.add(writer.finish("wasmc_modules", 8)), count)
}
