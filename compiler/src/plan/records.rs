//! The function records that non-null `funcref` values point to: one for each function whose reference is taken.

use std::collections::HashMap;

use wasmc_abi::instance::FunctionRecord;
use wasmparser::FuncType;

use super::data::{DataId, DataObjects, StructureWriter, Target};
use super::definitions::{Definition, Definitions};
use super::reach::Units;
use crate::module::{Module, Types};

/// Where the record of each referenced function is.
pub(crate) struct FunctionRecords {
    object: DataId,
    positions: HashMap<Definition, u32>,
}

impl FunctionRecords {
    pub fn build(
        modules: &[Module<'_>],
        definitions: &Definitions,
        types: &Types,
        units: &Units,
        data: &mut DataObjects<'_>,
        big_endian: bool,
    ) -> FunctionRecords {
        let mut positions = HashMap::new();
        let mut writer = StructureWriter::new(big_endian);
        for &definition in &units.referenced {
            let next = positions.len() as u32;
            positions.entry(definition).or_insert_with(|| {
                write_record(&mut writer, definition, modules, definitions, types, units);
                next
            });
        }
        let object = data.add(writer.finish("wasmc_function_records", 16));
        FunctionRecords { object, positions }
    }

    /// Address of a function's record: the value of its `funcref`.
    pub fn address(&self, definition: Definition) -> (DataId, i64) {
        // `Units::referenced` lists every function that code, segments or globals refer to.
        let position = self.positions[&definition];
        (self.object, i64::from(position) * size_of::<FunctionRecord>() as i64)
    }
}

/// Writes a `FunctionRecord`.
pub(super) fn write_record(
    writer: &mut StructureWriter,
    definition: Definition,
    modules: &[Module<'_>],
    definitions: &Definitions,
    types: &Types,
    units: &Units,
) {
    match units.of_function(definition) {
        Some(unit) => writer.address(Target::Unit(unit), 0),
        None => writer.u64(0),
    }
    writer.u32(definitions.type_id(definition, modules, types).0);
    writer.u32(0);
}

/// Type of a function.
pub(crate) fn type_of<'p>(
    definition: Definition,
    modules: &'p [Module<'_>],
    definitions: &'p Definitions,
) -> &'p FuncType {
    match definition {
        Definition::Wasm { module, position } => {
            let module = &modules[module];
            module.function_type(module.imported.functions + position as u32)
        }
        Definition::Host(host) => &definitions.host[host as usize].ty,
        Definition::Unknown(unknown) => &definitions.unknown[unknown as usize].ty,
    }
}
