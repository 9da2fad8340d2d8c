//! Makes the source map (`wasmc_abi::source_map`): from offsets in modules to functions, files and lines of the source.

mod unit;
mod writer;

use crate::debug::addresses::Bodies;
use crate::debug::lines::read_rows;
use crate::debug::outline::Outlines;
use crate::debug::units::{OpenUnit, Units};
use crate::module::Module;
use crate::object::module_number;
use crate::{Result, parallel};
use unit::Demangled;
use writer::SourceMapWriter;

pub(crate) use writer::printable;

/// The source map of a program's modules; none where they hold no debug information.
pub(crate) fn source_map<'a>(
    modules: &[Module<'a>],
    outlines: &Outlines,
    prefix_map: &[(String, String)],
    jobs: usize,
) -> Result<Option<Vec<u8>>> {
    let mut writer = SourceMapWriter::default();
    for (index, module) in modules.iter().enumerate() {
        if module.debug_section(".debug_info").is_none() {
            continue;
        }
        let units = Units::of(module);
        let bodies = Bodies::of(module, |_| true);
        let map_path = |path: &[u8]| super::map_path(path, prefix_map);
        let read = |demangled: &mut Demangled<'a>, number: usize| {
            let functions = &outlines.of_unit(index, number).functions;
            if functions.is_empty() {
                return Ok(None);
            }
            let Ok(open) = units.open(number) else { return Ok(None) };
            let OpenUnit { dwarf, unit, .. } = &open;
            let files = unit.line_program.as_ref().map(|program| {
                let header = program.header().clone();
                super::lines::read_files(open.lines, unit, &header, &map_path)
            });
            let rows = read_rows(unit);
            // A unit of another file refers to none but itself.
            let headers = if open.file.is_none() { units.headers.as_slice() } else { &[] };
            Ok(Some(unit::read(dwarf, headers, unit, functions, &bodies, files.unwrap_or_default(), &rows, demangled)))
        };
        parallel::in_order(units.len(), jobs, Demangled::default, read, |_, unit| {
            if let Some(unit) = unit {
                writer.add(module_number(index, modules.len()), module, &unit);
            }
            Ok(())
        })?;
    }
    Ok(writer.finish())
}
