//! Describes what a core dump tells of the program (`wasmc_abi::core_dump`), where the build allows one.

use wasmc_abi::core_dump::{CoreDump, CoreGlobal, GLOBAL_CONSTANT, GLOBAL_PLACED, GLOBAL_UNKNOWN};
use wasmc_abi::symbols;
use wasmc_abi::value::{EXTERNREF, F32, F64, FUNCREF, I32, I64, V128};
use wasmparser::ValType;

use super::code_map::module_number;
use super::text::Text;
use crate::Options;
use crate::codegen::unsigned_leb128;
use crate::plan::{ConstantValue, DataId, DataObject, GlobalPlace, Owner, Placement, Plan, StructureWriter, Target};

/// Adds the description to the plan's data; none where whoever starts the program may not ask for a dump.
pub(super) fn describe(plan: &mut Plan<'_>, text: &mut Text, options: &Options) -> Option<DataId> {
    if !options.runtime_options {
        return None;
    }
    let owners = global_owners(plan);
    let head = head(plan, &owners);
    let length = head.len() as u64;
    let head = plan.data.add(DataObject::new("", Placement::ReadOnly, 1, head.into()));
    let mut globals = StructureWriter::new(plan.big_endian);
    for owner in &owners {
        global(&mut globals, plan, *owner);
    }
    let globals = plan.data.add(globals.finish("wasmc_core_globals", 8));
    let mut starts = StructureWriter::new(plan.big_endian);
    let locals = std::mem::take(&mut text.locals);
    let described = if locals.is_empty() { &[][..] } else { &text.units };
    described.iter().for_each(|unit| starts.u32(unit.locals));
    let functions = plan.data.add(starts.finish("wasmc_core_functions", 4));
    let (count, size) = (described.len() as u64, locals.len() as u64);
    let locals = plan.data.add(DataObject::new("", Placement::ReadOnly, 1, locals.into()));
    let mut writer = StructureWriter::new(plan.big_endian);
    writer.address(Target::Runtime(symbols::WRITE_CORE_DUMP), 0);
    writer.span(Some(head), length);
    writer.span(Some(globals), owners.len() as u64);
    writer.span(Some(functions), count);
    writer.span(Some(locals), size);
    debug_assert_eq!(writer.bytes.len(), size_of::<CoreDump>());
    Some(plan.data.add(writer.finish("wasmc_core_dump", 8)))
}

/// Modules as traces number them: the main one first.
fn modules(plan: &Plan<'_>) -> Vec<usize> {
    let count = plan.modules.len();
    let mut modules: Vec<usize> = (0..count).collect();
    modules.sort_by_key(|module| module_number(*module, count));
    modules
}

/// All globals that modules define, in the order of the dump's.
fn global_owners(plan: &Plan<'_>) -> Vec<Owner> {
    let defined = |module: usize| {
        let parsed = &plan.modules[module];
        (parsed.imported.globals..parsed.globals.len() as u32).map(move |index| Owner { module, index })
    };
    modules(plan).into_iter().flat_map(defined).collect()
}

/// What the file begins with, and the sections `core`, `coremodules` and `coreinstances`.
fn head(plan: &Plan<'_>, globals: &[Owner]) -> Vec<u8> {
    let modules = modules(plan);
    let mut head = b"\0asm\x01\0\0\0".to_vec();
    let main = plan.modules.last().map_or("", |module| &module.name);
    let mut core = vec![0];
    name(&mut core, main);
    custom(&mut head, "core", core);
    let mut names = Vec::new();
    unsigned_leb128(&mut names, modules.len() as u64);
    for &module in &modules {
        names.push(0);
        name(&mut names, &plan.modules[module].name);
    }
    custom(&mut head, "coremodules", names);
    let mut instances = Vec::new();
    unsigned_leb128(&mut instances, modules.len() as u64);
    for (number, &module) in modules.iter().enumerate() {
        instances.push(0);
        unsigned_leb128(&mut instances, number as u64);
        let memories = plan.places.memories[module].iter().map(|place| {
            let same = |slot: &crate::plan::Slot| *slot == place.descriptor;
            plan.places.descriptors.iter().position(same).unwrap_or(0)
        });
        list(&mut instances, memories);
        let count = plan.modules[module].globals.len() as u32;
        let numbers = (0..count).map(|index| {
            let owner = plan.definitions.global(module, index);
            globals.iter().position(|known| *known == owner).unwrap_or(0)
        });
        list(&mut instances, numbers);
    }
    custom(&mut head, "coreinstances", instances);
    head
}

fn list(bytes: &mut Vec<u8>, items: impl ExactSizeIterator<Item = usize>) {
    unsigned_leb128(bytes, items.len() as u64);
    for item in items {
        unsigned_leb128(bytes, item as u64);
    }
}

fn name(bytes: &mut Vec<u8>, name: &str) {
    unsigned_leb128(bytes, name.len() as u64);
    bytes.extend_from_slice(name.as_bytes());
}

/// A custom section (wasm spec 5.5.3).
fn custom(bytes: &mut Vec<u8>, section: &str, contents: Vec<u8>) {
    let mut body = Vec::new();
    name(&mut body, section);
    body.extend(contents);
    bytes.push(0);
    unsigned_leb128(bytes, body.len() as u64);
    bytes.extend(body);
}

/// A `CoreGlobal`.
fn global(writer: &mut StructureWriter, plan: &Plan<'_>, owner: Owner) {
    let start = writer.bytes.len();
    let mut constant = StructureWriter::new(plan.big_endian);
    let mut state = GLOBAL_UNKNOWN;
    let mut placed = None;
    match plan.places.globals[owner.module][owner.index as usize] {
        GlobalPlace::Constant(value) => {
            state = GLOBAL_CONSTANT;
            match value {
                ConstantValue::I32(value) => constant.u32(value as u32),
                ConstantValue::F32(bits) => constant.u32(bits),
                ConstantValue::I64(value) => constant.u64(value as u64),
                ConstantValue::F64(bits) => constant.u64(bits),
                ConstantValue::V128(bits) => constant.vector(bits),
                // What references are means nothing outside of the process.
                ConstantValue::Null | ConstantValue::Reference(_) | ConstantValue::Function(_) => {}
                ConstantValue::Dynamic => state = GLOBAL_UNKNOWN,
            }
        }
        GlobalPlace::ConstantInSlot(_, slot) | GlobalPlace::Slot(slot) => {
            // A thread's block is not known when the program is described.
            if plan.places.offset_in_block(slot.object).is_none() {
                state = GLOBAL_PLACED;
                placed = Some(slot);
            }
        }
        GlobalPlace::Register => {}
    }
    match placed {
        Some(slot) => writer.address(Target::Data(slot.object), slot.offset.into()),
        None => writer.u64(0),
    }
    let ty = plan.modules[owner.module].globals[owner.index as usize].ty.content_type;
    let code = match ty {
        // References are written as null ones of the two types that all tools know.
        ValType::Ref(reference) if reference.is_func_ref() => FUNCREF,
        ValType::Ref(_) => EXTERNREF,
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
        ValType::V128 => V128,
    };
    writer.u32(code.into());
    writer.u32(state);
    constant.bytes.resize(16, 0);
    writer.bytes.append(&mut constant.bytes);
    debug_assert_eq!(writer.bytes.len() - start, size_of::<CoreGlobal>());
}
