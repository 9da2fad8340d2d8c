//! Debug information for modules that have none: functions by their names, each offset in the binary as a line, and the
//! locals by number, so that breakpoints, stepping and backtraces work on them too.

use gimli::constants as dw;

use super::addresses::{Addresses, Function};
use super::lines::{BodyLines, File, Files, LineWriter, Row};
use super::record::{Locals, ValuePlace};
use super::registers::Registers;
use super::unit::TranslatedUnit;
use super::writer::{Buffer, Part, Target};
use crate::plan::{Definition, Plan};

/// Numbers of the abbreviations.
const UNIT: u64 = 1;
const FUNCTION: u64 = 2;
const LOCAL: u64 = 3;
const TYPE: u64 = 4;

/// The types of locals: names, sizes in bytes, encodings.
const TYPES: [(&str, u8, dw::DwAte); 4] = [
    ("i32", 4, dw::DW_ATE_signed),
    ("i64", 8, dw::DW_ATE_signed),
    ("f32", 4, dw::DW_ATE_float),
    ("f64", 8, dw::DW_ATE_float),
];

/// Describes a module.
pub(super) fn describe(
    plan: &Plan<'_>,
    registers: Registers,
    module: usize,
    addresses: &Addresses<'_>,
) -> TranslatedUnit {
    let big_endian = plan.big_endian;
    let mut info = Buffer::new(big_endian);
    info.u32(0);
    info.u16(5);
    info.u8(dw::DW_UT_compile.0);
    info.u8(8);
    info.offset(Part::Abbreviations, 0);
    info.unsigned(UNIT);
    // Debuggers that know clang trust its line tables to tell where a prologue ends.
    info.string(format!("clang LLVM (wasmc {})", env!("CARGO_PKG_VERSION")).as_bytes());
    info.u16(dw::DW_LANG_C11.0);
    info.string(plan.modules[module].name.as_bytes());
    info.offset(Part::Lines, 0);
    info.address(Target::Text, 0);
    let end = addresses.functions().iter().map(|function| function.text.end).max().unwrap_or(0);
    info.u32(end);
    let mut types = [0; TYPES.len()];
    for (place, (name, size, encoding)) in types.iter_mut().zip(TYPES) {
        *place = info.position();
        info.unsigned(TYPE);
        info.string(name.as_bytes());
        info.u8(size);
        info.u8(encoding.0);
    }
    let file = File { name: plan.modules[module].name.clone().into_bytes(), folder: 0, md5: None };
    let other = File { name: file.name.clone(), folder: 0, md5: None };
    let files = Files { folders: vec![b".".to_vec()], files: vec![file, other] };
    let mut lines = LineWriter::new(&files, big_endian);
    let code_start = plan.modules[module].code_start;
    for function in addresses.functions() {
        add_function(plan, registers, function, &types, &mut info);
        lines.function(function, &[rows(function, code_start)]);
    }
    info.u8(0);
    info.finish_length();
    TranslatedUnit {
        info,
        abbreviations: abbreviations(big_endian),
        lines: Some(lines.finish()),
        ..TranslatedUnit::default()
    }
}

fn add_function(
    plan: &Plan<'_>,
    registers: Registers,
    function: &Function<'_>,
    types: &[u32; TYPES.len()],
    info: &mut Buffer,
) {
    let Function { module, position, .. } = *function;
    info.unsigned(FUNCTION);
    info.string(plan.name_of(Definition::Wasm { module, position }).as_bytes());
    info.address(Target::Text, function.text.start.into());
    info.u32(function.text.end - function.text.start);
    info.u8(1);
    info.u8(dw::DW_OP_call_frame_cfa.0);
    if let Locals::Slots(slots) = &function.record.locals {
        for (local, ty) in local_types(plan, function).into_iter().enumerate() {
            let place = slots.get(local).copied().flatten();
            if let (Some(ty), Some(place)) = (ty, place) {
                info.unsigned(LOCAL);
                info.string(format!("local{local}").as_bytes());
                info.u32(types[ty]);
                let mut location = Buffer::new(plan.big_endian);
                registers.value_in(ValuePlace::FramePointer(place), &mut location);
                info.unsigned(location.bytes.len() as u64);
                info.append(&location);
            }
        }
    }
    info.u8(0);
}

/// Of each local, the position of its type in [`TYPES`].
fn local_types(plan: &Plan<'_>, function: &Function<'_>) -> Vec<Option<usize>> {
    use wasmparser::ValType;
    /// Modules with more locals in a function are no use to look at.
    const LIMIT: usize = 1000;
    let position = |ty: ValType| match ty {
        ValType::I32 => Some(0),
        ValType::I64 => Some(1),
        ValType::F32 => Some(2),
        ValType::F64 => Some(3),
        ValType::V128 | ValType::Ref(_) => None,
    };
    let module = &plan.modules[function.module];
    let ty = module.function_type(module.imported.functions + function.position as u32);
    let mut types: Vec<Option<usize>> = ty.params().iter().map(|ty| position(*ty)).collect();
    if let Ok(reader) = module.bodies[function.position].code.get_locals_reader() {
        for (count, ty) in reader.into_iter().map_while(Result::ok) {
            types.extend(std::iter::repeat_n(position(ty), (count as usize).min(LIMIT.saturating_sub(types.len()))));
        }
    }
    types
}

/// A row for each offset that code was made of.
fn rows(function: &Function<'_>, code_start: u32) -> BodyLines {
    let mut addresses: Vec<u32> = function.pieces().map(|(_, wasm)| wasm).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let row = |(number, address): (usize, &u32)| Row {
        address: *address,
        file: 1,
        line: code_start + address,
        column: 0,
        discriminator: 0,
        is_stmt: true,
        prologue_end: number == 1,
        epilogue_begin: false,
        end_sequence: false,
    };
    BodyLines { start: function.wasm.start, rows: addresses.iter().enumerate().map(row).collect() }
}

fn abbreviations(big_endian: bool) -> Buffer {
    let mut output = Buffer::new(big_endian);
    let mut add = |number: u64, tag: dw::DwTag, has_children: bool, attributes: &[(dw::DwAt, dw::DwForm)]| {
        output.unsigned(number);
        output.unsigned(tag.0.into());
        output.u8(has_children.into());
        for (name, form) in attributes {
            output.unsigned(name.0.into());
            output.unsigned(form.0.into());
        }
        output.unsigned(0);
        output.unsigned(0);
    };
    let unit = [
        (dw::DW_AT_producer, dw::DW_FORM_string),
        (dw::DW_AT_language, dw::DW_FORM_data2),
        (dw::DW_AT_name, dw::DW_FORM_string),
        (dw::DW_AT_stmt_list, dw::DW_FORM_sec_offset),
        (dw::DW_AT_low_pc, dw::DW_FORM_addr),
        (dw::DW_AT_high_pc, dw::DW_FORM_data4),
    ];
    add(UNIT, dw::DW_TAG_compile_unit, true, &unit);
    let function = [
        (dw::DW_AT_name, dw::DW_FORM_string),
        (dw::DW_AT_low_pc, dw::DW_FORM_addr),
        (dw::DW_AT_high_pc, dw::DW_FORM_data4),
        (dw::DW_AT_frame_base, dw::DW_FORM_exprloc),
    ];
    add(FUNCTION, dw::DW_TAG_subprogram, true, &function);
    let local = [
        (dw::DW_AT_name, dw::DW_FORM_string),
        (dw::DW_AT_type, dw::DW_FORM_ref4),
        (dw::DW_AT_location, dw::DW_FORM_exprloc),
    ];
    add(LOCAL, dw::DW_TAG_variable, false, &local);
    let ty = [
        (dw::DW_AT_name, dw::DW_FORM_string),
        (dw::DW_AT_byte_size, dw::DW_FORM_data1),
        (dw::DW_AT_encoding, dw::DW_FORM_data1),
    ];
    add(TYPE, dw::DW_TAG_base_type, false, &ty);
    output.u8(0);
    output
}
