//! Tells the runtime library of the garbage-collected heap (`wasmc_abi::heap::HeapDescription`).

use wasmc_abi::heap::{HEAP_LOW, HEAP_STRESS, HEAP_THREADS};
use wasmparser::ValType;

use super::text::Text;
use crate::Options;
use crate::plan::{DataId, GlobalPlace, Plan, Slot, StructureWriter, TablePlace, Target};

/// Adds the description to the plan's data; `None` where the program makes no objects.
pub(super) fn describe(plan: &mut Plan<'_>, text: &Text, options: &Options) -> Option<DataId> {
    let objects = plan.objects.as_ref()?;
    let (heap, types, offsets) = (objects.heap, objects.types, objects.offsets);
    let roots = slots(plan, "wasmc_heap_roots", &global_roots(plan));
    let tables = slots(plan, "wasmc_heap_tables", &table_roots(plan));
    let arrays = arrays(plan);
    let stack_maps = list(plan, "wasmc_stack_maps", |writer| text.stack_maps.write_calls(writer));
    let stack_slots = list(plan, "wasmc_stack_slots", |writer| text.stack_maps.write_slots(writer));
    let mut writer = StructureWriter::new(plan.big_endian);
    place(plan, &mut writer, Slot { object: heap, offset: 0 });
    writer.u64(options.max_heap);
    for (object, length) in [types, offsets, roots, tables, arrays, stack_maps, stack_slots] {
        writer.span(Some(object), length);
    }
    let flag = |on: bool, bit: u64| if on { bit } else { 0 };
    let has_threads = plan.places.block.is_some();
    writer.u64(
        flag(options.heap_stress, HEAP_STRESS)
            | flag(plan.types.has_objects(), HEAP_LOW)
            | flag(has_threads, HEAP_THREADS),
    );
    debug_assert_eq!(writer.bytes.len(), size_of::<wasmc_abi::heap::HeapDescription>());
    Some(plan.data.add(writer.finish("wasmc_heap_description", 8)))
}

/// References of this type may be to objects.
fn is_object(plan: &Plan<'_>, module: usize, ty: ValType) -> bool {
    match ty {
        ValType::Ref(ty) => plan.types.may_be_object(plan.types.heap(module, ty.heap_type())),
        _ => false,
    }
}

/// Globals that hold references to objects.
fn global_roots(plan: &Plan<'_>) -> Vec<Slot> {
    let mut roots = Vec::new();
    for (number, module) in plan.modules.iter().enumerate() {
        let own = module.imported.globals as usize..;
        for (global, place) in module.globals[own.clone()].iter().zip(&plan.places.globals[number][own]) {
            match *place {
                GlobalPlace::Slot(slot) if is_object(plan, number, global.ty.content_type) => roots.push(slot),
                _ => {}
            }
        }
    }
    roots
}

/// Tables that hold references to objects.
fn table_roots(plan: &Plan<'_>) -> Vec<Slot> {
    let mut roots = Vec::new();
    for (number, module) in plan.modules.iter().enumerate() {
        let own = module.imported.tables as usize..;
        for (table, place) in module.tables[own.clone()].iter().zip(&plan.places.tables[number][own]) {
            match *place {
                TablePlace::Dynamic(slot) if is_object(plan, number, ValType::Ref(table.ty.element_type)) => {
                    roots.push(slot);
                }
                _ => {}
            }
        }
    }
    roots
}

/// Element segments that hold objects.
fn arrays(plan: &mut Plan<'_>) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    let dynamic = plan.segments.elements.iter().flatten().filter(|contents| contents.is_dynamic);
    let mut count = 0;
    for contents in dynamic {
        let Some(object) = contents.object else { continue };
        place(plan, &mut writer, Slot { object, offset: 0 });
        writer.u64(contents.length);
        count += 1;
    }
    (plan.data.add(writer.finish("wasmc_heap_arrays", 8)), count)
}

/// Writes where a slot is: its address, or in the block of each thread.
fn place(plan: &Plan<'_>, writer: &mut StructureWriter, slot: Slot) {
    match plan.places.offset_in_block(slot.object) {
        Some(start) => writer.u64(u64::from(start) + u64::from(slot.offset)),
        None => writer.address(Target::Data(slot.object), i64::from(slot.offset)),
    }
}

/// An array of the places of slots.
fn slots(plan: &mut Plan<'_>, symbol: &str, slots: &[Slot]) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    for slot in slots {
        place(plan, &mut writer, *slot);
    }
    (plan.data.add(writer.finish(symbol, 8)), slots.len() as u64)
}

fn list(plan: &mut Plan<'_>, symbol: &str, write: impl FnOnce(&mut StructureWriter) -> u64) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    let length = write(&mut writer);
    (plan.data.add(writer.finish(symbol, 8)), length)
}
