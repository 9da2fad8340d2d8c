//! Describes exports to the runtime library, for the harness and for `--invoke`.

use wasmc_abi::program::{EXPORT_FUNCTION, EXPORT_GLOBAL, EXPORT_MEMORY, EXPORT_TABLE, EXPORT_TAG};
use wasmc_abi::value;
use wasmparser::{ExternalKind, RefType, ValType};

use super::data::{DataId, DataObject, DataObjects, Placement, StructureWriter, Target};
use super::definitions::Definitions;
use super::places::{GlobalPlace, Places, Slot, TablePlace};
use super::reach::{Unit, Units};
use crate::Entry;
use crate::module::{Export, Module, Types};

pub(super) struct Context<'p, 'a> {
    pub modules: &'p [Module<'a>],
    pub definitions: &'p Definitions,
    pub places: &'p Places,
    pub units: &'p Units,
    pub entry: &'p Entry,
    pub types: &'p Types,
    pub big_endian: bool,
}

/// Descriptions of exports in the data.
pub(super) struct Exports {
    /// For each module, an array of `Export` and its length; only for the harness.
    pub lists: Vec<(DataId, u64)>,
    /// The one `Export` that the entry point invokes.
    pub invoked: Option<DataId>,
}

pub(super) fn describe<'a>(context: &Context<'_, 'a>, data: &mut DataObjects<'a>) -> Exports {
    let mut exports = Exports { lists: Vec::new(), invoked: None };
    match context.entry {
        Entry::Command => {}
        Entry::Harness => {
            for number in 0..context.modules.len() {
                let list = &context.modules[number].exports;
                let object = write(context, number, list.iter(), data);
                exports.lists.push((object, list.len() as u64));
            }
        }
        Entry::Invoke { export: name, .. } => {
            if let Some((number, main)) = context.modules.iter().enumerate().next_back() {
                let invoked = main.exports.iter().filter(|export| export.name == name).take(1);
                exports.invoked = Some(write(context, number, invoked, data));
            }
        }
    }
    exports
}

/// Writes an array of `Export`.
fn write<'p, 'a: 'p>(
    context: &Context<'p, 'a>,
    number: usize,
    exports: impl Iterator<Item = &'p Export<'a>>,
    data: &mut DataObjects<'a>,
) -> DataId {
    let module = &context.modules[number];
    let mut writer = StructureWriter::new(context.big_endian);
    for export in exports {
        let text = data.add(DataObject::new("", Placement::ReadOnly, 1, export.name.as_bytes().into()));
        writer.span(Some(text), export.name.len() as u64);
        let mut types = (Vec::new(), Vec::new());
        match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                writer.u64(EXPORT_FUNCTION);
                let definition = context.definitions.function(number, export.index);
                match context.units.id(Unit::ArrayCall(definition)) {
                    Some(unit) => writer.address(Target::Unit(unit), 0),
                    None => writer.u64(0),
                }
                let ty = module.function_type(export.index);
                types = (codes(context.types, number, ty.params()), codes(context.types, number, ty.results()));
            }
            ExternalKind::Table => {
                writer.u64(EXPORT_TABLE);
                slot(
                    &mut writer,
                    match context.places.tables[number][export.index as usize] {
                        TablePlace::Dynamic(slot) => Some(slot),
                        TablePlace::Static { .. } => None,
                    },
                );
            }
            ExternalKind::Memory => {
                writer.u64(EXPORT_MEMORY);
                slot(&mut writer, Some(context.places.memories[number][export.index as usize].descriptor));
            }
            ExternalKind::Tag => {
                writer.u64(EXPORT_TAG);
                slot(&mut writer, None);
            }
            ExternalKind::Global => {
                writer.u64(EXPORT_GLOBAL);
                slot(
                    &mut writer,
                    match context.places.globals[number][export.index as usize] {
                        GlobalPlace::Slot(slot) | GlobalPlace::ConstantInSlot(_, slot) => Some(slot),
                        GlobalPlace::Constant(_) | GlobalPlace::Register => None,
                    },
                );
                types.0 = codes(context.types, number, &[module.globals[export.index as usize].ty.content_type]);
            }
        }
        for codes in [types.0, types.1] {
            let length = codes.len() as u64;
            let object = data.add(DataObject::new("", Placement::ReadOnly, 1, codes.into()));
            writer.span(Some(object), length);
        }
    }
    data.add(writer.finish(format!("{}.exports", module.name), 8))
}

fn slot(writer: &mut StructureWriter, slot: Option<Slot>) {
    match slot {
        Some(slot) => writer.address(Target::Data(slot.object), i64::from(slot.offset)),
        None => writer.u64(0),
    }
}

/// Types of a module as `wasmc_abi::value` codes.
pub(crate) fn codes(numbered: &Types, module: usize, types: &[ValType]) -> Vec<u8> {
    types
        .iter()
        .map(|ty| match ty {
            ValType::I32 => value::I32,
            ValType::I64 => value::I64,
            ValType::F32 => value::F32,
            ValType::F64 => value::F64,
            ValType::V128 => value::V128,
            ValType::Ref(ty) if ty.is_extern_ref() => value::EXTERNREF,
            ValType::Ref(ty) if *ty == RefType::EXNREF => value::EXNREF,
            ValType::Ref(ty) if numbered.is_function(numbered.heap(module, ty.heap_type())) => value::FUNCREF,
            ValType::Ref(_) => value::ANYREF,
        })
        .collect()
}
