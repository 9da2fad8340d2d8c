//! Makes the source map part of the program, for traces (`wasmc_abi::source_map::Sources`).

use object::SectionKind;
use object::write::Object;
use wasmc_abi::source_map::{SECTION, Sources};
use wasmc_abi::symbols;

use super::format::section_name;
use crate::plan::{DataId, DataObject, Placement, Plan, StructureWriter, Target};

/// Adds the map and its description to the plan's data.
pub(super) fn describe(plan: &mut Plan<'_>, map: Vec<u8>) -> DataId {
    let length = map.len() as u64;
    let map = plan.data.add(DataObject::new("", Placement::Sources, 1, map.into()));
    let mut writer = StructureWriter::new(plan.big_endian);
    writer.address(Target::Runtime(symbols::PRINT_SOURCES), 0);
    writer.span(Some(map), length);
    debug_assert_eq!(writer.bytes.len(), size_of::<Sources>());
    plan.data.add(writer.finish("wasmc_sources", 8))
}

/// Adds the map as debug information, which the program does not know of.
pub(super) fn detach(object: &mut Object<'_>, map: Vec<u8>) {
    let (segment, name) = section_name(object.format(), SECTION, SectionKind::Debug);
    let section = object.add_section(segment, name, SectionKind::Debug);
    object.set_section_data(section, map, 1);
}
