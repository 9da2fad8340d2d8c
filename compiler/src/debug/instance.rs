//! Describes the instance to debuggers, as variables of a namespace: what the specification calls globals, memories and
//! tables are `wasm::NAME`, `wasm::memory0` and `wasm::table0`; those of modules linked in stand in a namespace in that one.

use std::collections::HashSet;

use gimli::{DwAt, DwForm, DwTag, constants as dw};
use wasmc_abi::instance::{FunctionRecord, MemoryDescriptor, TableDescriptor};
use wasmparser::ValType;

use super::record::ValuePlace;
use super::registers::Registers;
use super::unit::TranslatedUnit;
use super::writer::{Buffer, Part};
use crate::plan::{ConstantValue, GlobalPlace, Plan, Slot, TablePlace};

/// Numbers of the abbreviations.
const UNIT: u64 = 1;
const NAMESPACE: u64 = 2;
const BASE: u64 = 3;
const STRUCTURE: u64 = 4;
const MEMBER: u64 = 5;
const POINTER: u64 = 6;
const FUNCTION: u64 = 7;
const ARRAY: u64 = 8;
const BOUND: u64 = 9;
const PLACED: u64 = 10;
const CONSTANT: u64 = 11;

/// Types that are described: where their entries are in the unit.
struct Types {
    i32: u32,
    i64: u32,
    f32: u32,
    f64: u32,
    v128: u32,
    reference: u32,
    memory: u32,
    table: u32,
    record: u32,
}

struct Writer<'p, 'a> {
    plan: &'p Plan<'a>,
    registers: Registers,
    info: Buffer,
}

/// Describes the instance of all modules.
pub(super) fn describe(plan: &Plan<'_>, registers: Registers) -> TranslatedUnit {
    let mut writer = Writer { plan, registers, info: Buffer::new(plan.big_endian) };
    writer.header();
    writer.open_namespace("wasm");
    let types = writer.types();
    let count = plan.modules.len();
    for module in (0..count).rev() {
        let is_main = module + 1 == count;
        if !is_main {
            writer.open_namespace(&plan.modules[module].name);
        }
        writer.module(module, &types);
        if !is_main {
            writer.info.u8(0);
        }
    }
    writer.info.u8(0);
    writer.info.u8(0);
    writer.info.finish_length();
    TranslatedUnit { info: writer.info, abbreviations: abbreviations(plan.big_endian), ..TranslatedUnit::default() }
}

impl Writer<'_, '_> {
    fn header(&mut self) {
        let info = &mut self.info;
        info.u32(0);
        info.u16(5);
        info.u8(dw::DW_UT_compile.0);
        info.u8(8);
        info.offset(Part::Abbreviations, 0);
        info.unsigned(UNIT);
        info.string(format!("wasmc {}", env!("CARGO_PKG_VERSION")).as_bytes());
        // A language with namespaces.
        info.u16(dw::DW_LANG_C_plus_plus_11.0);
        info.string(b"WebAssembly instance");
    }

    fn open_namespace(&mut self, name: &str) {
        self.info.unsigned(NAMESPACE);
        self.info.string(name.as_bytes());
    }

    fn types(&mut self) -> Types {
        let i32 = self.base("i32", 4, dw::DW_ATE_signed);
        let i64 = self.base("i64", 8, dw::DW_ATE_signed);
        let f32 = self.base("f32", 4, dw::DW_ATE_float);
        let f64 = self.base("f64", 8, dw::DW_ATE_float);
        let u32 = self.base("u32", 4, dw::DW_ATE_unsigned);
        let u64 = self.base("u64", 8, dw::DW_ATE_unsigned);
        let byte = self.base("u8", 1, dw::DW_ATE_unsigned);
        let v128 = self.array(byte, 16);
        let function = self.position();
        self.info.unsigned(FUNCTION);
        let code = self.pointer(function);
        let members = [("code", code, FunctionRecord::CODE), ("type", u32, FunctionRecord::TYPE_ID)];
        let record = self.structure("function", size_of::<FunctionRecord>(), &members);
        let reference = self.pointer(record);
        let references = self.pointer(reference);
        let members = [("base", u64, MemoryDescriptor::BASE), ("length", u64, MemoryDescriptor::LENGTH)];
        let memory = self.structure("memory", size_of::<MemoryDescriptor>(), &members);
        let members = [("base", references, TableDescriptor::BASE), ("length", u64, TableDescriptor::LENGTH)];
        let table = self.structure("table", size_of::<TableDescriptor>(), &members);
        Types { i32, i64, f32, f64, v128, reference, memory, table, record }
    }

    /// Where the next entry will be, as references to it say.
    fn position(&self) -> u32 {
        self.info.position()
    }

    fn base(&mut self, name: &str, size: u8, encoding: dw::DwAte) -> u32 {
        let position = self.position();
        self.info.unsigned(BASE);
        self.info.string(name.as_bytes());
        self.info.u8(size);
        self.info.u8(encoding.0);
        position
    }

    fn pointer(&mut self, target: u32) -> u32 {
        let position = self.position();
        self.info.unsigned(POINTER);
        self.info.u32(target);
        position
    }

    fn array(&mut self, element: u32, count: u64) -> u32 {
        let position = self.position();
        self.info.unsigned(ARRAY);
        self.info.u32(element);
        self.info.unsigned(BOUND);
        self.info.unsigned(count);
        self.info.u8(0);
        position
    }

    fn structure(&mut self, name: &str, size: usize, members: &[(&str, u32, usize)]) -> u32 {
        let position = self.position();
        self.info.unsigned(STRUCTURE);
        self.info.string(name.as_bytes());
        self.info.unsigned(size as u64);
        for (name, ty, offset) in members {
            self.info.unsigned(MEMBER);
            self.info.string(name.as_bytes());
            self.info.u32(*ty);
            self.info.unsigned(*offset as u64);
        }
        self.info.u8(0);
        position
    }

    /// What a module defines.
    fn module(&mut self, number: usize, types: &Types) {
        let module = &self.plan.modules[number];
        let places = &self.plan.places;
        for (index, place) in places.memories[number].iter().enumerate().skip(module.imported.memories as usize) {
            self.placed(&format!("memory{index}"), types.memory, place.descriptor);
        }
        for (index, place) in places.tables[number].iter().enumerate().skip(module.imported.tables as usize) {
            let name = format!("table{index}");
            match *place {
                TablePlace::Static { elements, length } => {
                    let array = self.array(types.record, length);
                    self.placed(&name, array, Slot { object: elements, offset: 0 });
                }
                TablePlace::Dynamic(slot) => self.placed(&name, types.table, slot),
            }
        }
        let mut names = HashSet::new();
        for (index, place) in places.globals[number].iter().enumerate().skip(module.imported.globals as usize) {
            let name =
                module.global_name(index as u32).filter(|name| is_identifier(name) && names.insert(name.to_owned()));
            let name = name.map_or_else(|| format!("global{index}"), str::to_owned);
            let ty = match module.globals[index].ty.content_type {
                ValType::I32 => types.i32,
                ValType::I64 => types.i64,
                ValType::F32 => types.f32,
                ValType::F64 => types.f64,
                ValType::V128 => types.v128,
                ValType::Ref(_) => types.reference,
            };
            match *place {
                GlobalPlace::Constant(value) => self.constant(&name, ty, value),
                GlobalPlace::ConstantInSlot(_, slot) | GlobalPlace::Slot(slot) => self.placed(&name, ty, slot),
                GlobalPlace::Register => {
                    let Some(register) = self.registers.pinned else { continue };
                    let place = ValuePlace::Register(register);
                    let registers = self.registers;
                    self.variable(&name, ty, |location| registers.value_in(place, location));
                }
            }
        }
    }

    fn placed(&mut self, name: &str, ty: u32, slot: Slot) {
        let mut place = Buffer::new(self.plan.big_endian);
        if self.registers.push_slot(&self.plan.places, slot, &mut place).is_ok() {
            self.variable(name, ty, |location| location.append(&place));
        }
    }

    fn variable(&mut self, name: &str, ty: u32, write: impl FnOnce(&mut Buffer)) {
        let mut location = Buffer::new(self.plan.big_endian);
        write(&mut location);
        self.info.unsigned(PLACED);
        self.info.string(name.as_bytes());
        self.info.u32(ty);
        self.info.unsigned(location.bytes.len() as u64);
        self.info.append(&location);
    }

    /// A global that is nowhere because it never changes. One that is known only at run time is left out.
    fn constant(&mut self, name: &str, ty: u32, value: ConstantValue) {
        let mut bytes = Buffer::new(self.plan.big_endian);
        match value {
            ConstantValue::I32(value) => bytes.u32(value as u32),
            ConstantValue::F32(bits) => bytes.u32(bits),
            ConstantValue::I64(value) => bytes.u64(value as u64),
            ConstantValue::F64(bits) | ConstantValue::Reference(bits) => bytes.u64(bits),
            ConstantValue::V128(bits) => bytes.u128(bits),
            ConstantValue::Null => bytes.u64(0),
            ConstantValue::Dynamic | ConstantValue::Function(_) => return,
        }
        self.info.unsigned(CONSTANT);
        self.info.string(name.as_bytes());
        self.info.u32(ty);
        self.info.unsigned(bytes.bytes.len() as u64);
        self.info.append(&bytes);
    }
}

/// Whether debuggers can parse it as a name.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn abbreviations(big_endian: bool) -> Buffer {
    use dw::{
        DW_AT_byte_size as SIZE, DW_AT_const_value as VALUE, DW_AT_count as COUNT,
        DW_AT_data_member_location as OFFSET, DW_AT_encoding as ENCODING, DW_AT_language as LANGUAGE,
        DW_AT_location as LOCATION, DW_AT_name as NAME, DW_AT_producer as PRODUCER, DW_AT_type as TYPE,
    };
    let (string, udata, data1) = (dw::DW_FORM_string, dw::DW_FORM_udata, dw::DW_FORM_data1);
    let reference = dw::DW_FORM_ref4;
    let mut output = Buffer::new(big_endian);
    let mut add = |number: u64, tag: DwTag, has_children: bool, attributes: &[(DwAt, DwForm)]| {
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
    let unit = [(PRODUCER, string), (LANGUAGE, dw::DW_FORM_data2), (NAME, string)];
    add(UNIT, dw::DW_TAG_compile_unit, true, &unit);
    add(NAMESPACE, dw::DW_TAG_namespace, true, &[(NAME, string)]);
    add(BASE, dw::DW_TAG_base_type, false, &[(NAME, string), (SIZE, data1), (ENCODING, data1)]);
    add(STRUCTURE, dw::DW_TAG_structure_type, true, &[(NAME, string), (SIZE, udata)]);
    add(MEMBER, dw::DW_TAG_member, false, &[(NAME, string), (TYPE, reference), (OFFSET, udata)]);
    add(POINTER, dw::DW_TAG_pointer_type, false, &[(TYPE, reference)]);
    add(FUNCTION, dw::DW_TAG_subroutine_type, false, &[]);
    add(ARRAY, dw::DW_TAG_array_type, true, &[(TYPE, reference)]);
    add(BOUND, dw::DW_TAG_subrange_type, false, &[(COUNT, udata)]);
    let external = (dw::DW_AT_external, dw::DW_FORM_flag_present);
    let variable = [(NAME, string), (TYPE, reference), (LOCATION, dw::DW_FORM_exprloc), external];
    add(PLACED, dw::DW_TAG_variable, false, &variable);
    let constant = [(NAME, string), (TYPE, reference), (VALUE, dw::DW_FORM_block), external];
    add(CONSTANT, dw::DW_TAG_variable, false, &constant);
    output.u8(0);
    output
}
