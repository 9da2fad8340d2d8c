//! Writes the code map (`wasmc_abi::code_map`): from a program counter to function, offset and trap.

use std::borrow::Cow;

use wasmc_abi::code_map::{FUNCTION_FLAG_BITS, FUNCTION_FRAMELESS, FUNCTION_INLINES, FUNCTION_INTERNAL, NAME_LIMIT};

use super::text::Text;
use crate::codegen::unsigned_leb128;
use crate::demangle::demangle;
use crate::module::body_offset;
use crate::plan::{DataId, DataObject, Placement, Plan, StructureWriter, Unit, UnitId};

/// The parts of a `CodeMap`, each with its length.
pub(super) struct CodeMapParts {
    pub text_length: u64,
    pub functions: (DataId, u64),
    pub sites: (DataId, u64),
    pub names: (DataId, u64),
}

/// Adds the code map to the plan's data.
pub(super) fn describe(plan: &mut Plan<'_>, text: &mut Text) -> CodeMapParts {
    let mut functions = StructureWriter::new(plan.big_endian);
    let mut names = Vec::new();
    for (number, placed) in text.units.iter().enumerate() {
        let name_offset = names.len() as u32;
        let (index, wasm_offset, kind) = match plan.units.list[number] {
            Unit::Wasm { module, position } => {
                let name = plan.unit_name(UnitId(number as u32));
                let name = demangle(&name);
                let name = shown(&name);
                unsigned_leb128(&mut names, name.len() as u64);
                names.extend_from_slice(name.as_bytes());
                let number = module_number(module, plan.modules.len());
                let module = &plan.modules[module];
                let index = module.imported.functions + position as u32;
                (index, body_offset(&module.bodies[position].code), number << FUNCTION_FLAG_BITS)
            }
            _ => (0, 0, FUNCTION_INTERNAL),
        };
        functions.u32(placed.start);
        functions.u32(name_offset);
        functions.u32(placed.sites);
        functions.u32(index);
        functions.u32(wasm_offset);
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        functions.u32(kind | flag(placed.frameless, FUNCTION_FRAMELESS) | flag(placed.has_inlined, FUNCTION_INLINES));
    }
    let count = text.units.len() as u64;
    let text_length = text.units.last().map_or(0, |last| u64::from(last.start) + u64::from(last.size));
    let mut bytes = |symbol: &str, bytes: Vec<u8>| {
        let length = bytes.len() as u64;
        (plan.data.add(DataObject::new(symbol, Placement::ReadOnly, 1, Cow::Owned(bytes))), length)
    };
    let sites = bytes("wasmc_code_sites", text.take_sites());
    let names = bytes("wasmc_code_names", names);
    let functions = plan.data.add(functions.finish("wasmc_code_functions", 8));
    CodeMapParts { text_length, functions: (functions, count), sites, names }
}

/// The number by which traces know a module of several (`wasmc_abi::code_map::module_of`).
pub(crate) fn module_number(module: usize, count: usize) -> u32 {
    if module + 1 == count { 0 } else { module as u32 + 1 }
}

/// As much of a name as messages show, and at least a byte more where it goes on, by which they know that it does.
fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME_LIMIT + 4)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(shown("short"), "short");
        for character in ["x", "é", "€", "𝄞"] {
            let long = character.repeat(300);
            let cut = shown(&long);
            assert!(long.starts_with(cut) && (NAME_LIMIT + 1..=NAME_LIMIT + 4).contains(&cut.len()), "{cut}");
        }
    }
}
