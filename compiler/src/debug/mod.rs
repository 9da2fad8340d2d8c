//! Debug information: from the DWARF of the modules to the DWARF of the machine code made of them.
//!
//! All output is DWARF 5. Units are translated one at a time, on all cores, so that no more than a few are in memory in
//! any form but the input's and the output's bytes. References: DWARF 5; "DWARF for WebAssembly" (the code section's
//! contents are the address space of code, linear memory that of data, `DW_OP_WASM_location` names locals).

mod abbreviations;
mod addresses;
mod attribute;
mod callees;
mod carriers;
mod constants;
mod contents;
mod expression;
mod history;
mod inference;
mod inlined;
mod instance;
mod lines;
mod lists;
mod location;
mod opcode;
mod outline;
mod place;
mod plain;
mod pointees;
mod pointers;
mod ranges;
mod record;
mod registers;
mod rewritten;
mod scripts;
mod selection;
mod sources;
mod strings;
mod synthetic;
mod unit;
mod units;
mod wanted;
mod writer;

use std::collections::BTreeMap;

use gimli::{Section as _, constants as dw};
use rustc_hash::FxHashMap;

pub(crate) use carriers::{Source, forget, label, resolve};
pub(crate) use history::{History, Timeline};
pub(crate) use outline::Outlines;
pub(crate) use record::{Record, slots};
pub(crate) use registers::Registers;
pub(crate) use rewritten::{STANDS_IN, divisions};
pub use scripts::{Debugger, debug_script};
pub(crate) use sources::{printable, source_map};
pub(crate) use unit::Dropped;
pub use units::SplitUnit;
pub(crate) use units::split_units;
pub(crate) use wanted::Wanted;
pub(crate) use writer::{Buffer, Part, Target};

use crate::object::Text;
use crate::plan::Plan;
use crate::{DebugLevel, Error, Options, Progress, Result, parallel, targets};
use addresses::Addresses;
use callees::Callees;
use expression::Context;
use strings::Strings;
use unit::{Environment, Reference, TranslatedUnit};
use units::{Dwarf, OpenUnit, Units, has_attribute};

/// The sections of debug information.
pub(crate) struct DebugInfo {
    sections: BTreeMap<Part, Buffer>,
    strings: Strings,
    /// No linker will move it: what refers to places in it is final.
    is_settled: bool,
    /// What could not be carried over.
    pub dropped: Dropped,
    /// Units that were.
    pub units: usize,
    /// Functions that nothing is told of, since they have no code.
    without_code: usize,
}

impl DebugInfo {
    /// What was carried over, in words.
    pub fn summary(&self) -> String {
        let Dropped { entries, attributes, units } = self.dropped;
        format!(
            "debug info: {} units; left out: {units} units, {entries} entries, {attributes} attributes; \
             functions without code: {}",
            self.units, self.without_code
        )
    }

    /// Sections that are not empty, in the order of the object file.
    pub fn sections(&self) -> impl Iterator<Item = (Part, &Buffer)> {
        Part::ALL.iter().filter_map(|part| self.sections.get(part).map(|section| (*part, section)))
    }

    /// As [`sections`](DebugInfo::sections), for taking apart.
    pub fn into_sections(self) -> impl Iterator<Item = (Part, Buffer)> {
        self.sections.into_iter()
    }

    fn section(&mut self, part: Part, big_endian: bool) -> &mut Buffer {
        self.sections.entry(part).or_insert_with(|| Buffer::new(big_endian))
    }
}

/// Translates the debug information of all modules. With `is_alone` it will stand at the beginning of its sections.
pub(crate) fn describe(
    plan: &Plan<'_>,
    text: &Text,
    outlines: &Outlines,
    options: &Options,
    is_alone: bool,
    progress: &dyn Progress,
) -> Result<DebugInfo> {
    let Some(registers) = Registers::of(options.target.architecture) else {
        return Err(unsupported(options));
    };
    let mut info = DebugInfo {
        sections: BTreeMap::new(),
        strings: Strings::default(),
        is_settled: is_alone,
        dropped: Dropped::default(),
        units: 0,
        without_code: 0,
    };
    for module in 0..plan.modules.len() {
        if plan.modules[module].debug_section(".debug_info").is_some() {
            translate_module(plan, text, outlines, module, registers, options, progress, &mut info)?;
        } else {
            let unit = synthetic::describe(plan, registers, module, &Addresses::of(plan, text, module));
            add_unit(&mut info, unit, 0, &mut References::default(), plan.big_endian);
        }
    }
    if options.debug_info == DebugLevel::Full {
        add_unit(&mut info, instance::describe(plan, registers), 0, &mut References::default(), plan.big_endian);
        let mut numbers = Buffer::new(plan.big_endian);
        info.strings.write(&mut numbers);
        if info.is_settled {
            numbers.settle();
        }
        info.sections.insert(Part::StringOffsets, numbers);
    }
    Ok(info)
}

/// The error where debug information cannot be written for the target.
pub(crate) fn unsupported(options: &Options) -> Error {
    let mut what = format!("debug information (`-g`) for the target {}", options.target);
    if targets::has_debug_info(&options.target, DebugLevel::Lines) {
        what.push_str("; `-gline-tables-only` is supported, without variables");
    }
    Error::Unsupported { what, offset: None }
}

#[expect(clippy::too_many_arguments, reason = "what there is so far")]
fn translate_module(
    plan: &Plan<'_>,
    text: &Text,
    outlines: &Outlines,
    module: usize,
    registers: Registers,
    options: &Options,
    progress: &dyn Progress,
    info: &mut DebugInfo,
) -> Result<()> {
    let units = Units::of(&plan.modules[module]);
    info.dropped.units += usize::from(units.damaged);
    let addresses = Addresses::of(plan, text, module);
    let big_endian = plan.big_endian;
    let lines_only = options.debug_info == DebugLevel::Lines;
    let mut strings = |dwarf: &Dwarf<'_>| match lines_only {
        true => 0,
        false => add_strings(info, dwarf.debug_str.reader().slice(), big_endian),
    };
    let own_strings = strings(&units.dwarf);
    let split_strings: Vec<u32> = units.files.iter().map(strings).collect();
    let for_lldb = options.debugger.unwrap_or_else(|| Debugger::of(&options.target)) == Debugger::Lldb;
    let count = if for_lldb { units.originals() } else { units.len() };
    let has_references = refers_across_units(&units.dwarf);
    let callees = Callees::of(plan, module, &units, outlines, &addresses, options.jobs)?;
    let map_path = |path: &[u8]| map_path(path, &options.debug_prefix_map);
    let mut references = References::default();
    progress.phase("debug info", count);
    parallel::in_order(
        count,
        options.jobs,
        || (),
        |(), number| {
            let translated = units.open(number).and_then(|open| {
                let others = callees.others(number, &open, &addresses).into_iter();
                let others: Vec<_> = others.filter_map(|other| Some((other, units.open(other).ok()?))).collect();
                let environment = |number, open, others| {
                    let OpenUnit { dwarf, unit, .. }: &OpenUnit<'_, '_> = open;
                    Environment {
                        number,
                        outline: outlines.of_unit(module, number),
                        callees: &callees,
                        others,
                        dwarf,
                        lines: open.lines,
                        skeleton: open.skeleton.as_ref(),
                        is_copy: open.is_copy,
                        addresses: &addresses,
                        context: Context { plan, module, encoding: unit.header.encoding(), registers, dwarf, unit },
                        is_in_module: open.file.is_none(),
                        has_references: has_references && open.file.is_none(),
                        lines_only,
                        for_lldb,
                        map_path: &map_path,
                        big_endian,
                    }
                };
                let others =
                    others.iter().map(|(other, open)| (*other, environment(*other, open, FxHashMap::default())));
                let strings = open.file.map_or(own_strings, |file| split_strings[file]);
                Ok((unit::translate(&environment(number, &open, others.collect()))?, strings))
            });
            progress.step();
            Ok(translated.ok())
        },
        |_, translated| {
            match translated {
                Some((translated, strings)) => {
                    info.units += 1;
                    add_unit(info, translated, strings, &mut references, big_endian);
                }
                None => info.dropped.units += 1,
            }
            Ok(())
        },
    )?;
    references.resolve(info);
    Ok(())
}

/// A source path with its start replaced as the options say; where several do, the last one counts.
fn map_path(path: &[u8], prefixes: &[(String, String)]) -> Vec<u8> {
    let found = prefixes.iter().rev().find_map(|(old, new)| Some((path.strip_prefix(old.as_bytes())?, new)));
    found.map_or_else(|| path.to_vec(), |(rest, new)| [new.as_bytes(), rest].concat())
}

/// Carries a module's strings over; returns where they begin.
fn add_strings(info: &mut DebugInfo, strings: &[u8], big_endian: bool) -> u32 {
    let output = info.section(Part::Strings, big_endian);
    let start = output.position();
    output.bytes.extend_from_slice(strings);
    output.u8(0);
    start
}

/// Whether any unit may refer to entries of another by their offset.
fn refers_across_units(dwarf: &Dwarf<'_>) -> bool {
    has_attribute(dwarf, |_, form| form == dw::DW_FORM_ref_addr)
}

/// Appends a unit to the sections.
fn add_unit(
    info: &mut DebugInfo,
    mut unit: TranslatedUnit,
    strings: u32,
    references: &mut References,
    big_endian: bool,
) {
    info.dropped.add(unit.dropped);
    info.without_code += unit.without_code;
    let mut starts = BTreeMap::new();
    let parts = [
        (Part::Abbreviations, Some(&unit.abbreviations)),
        (Part::Lines, unit.lines.as_ref()),
        (Part::LocationLists, Some(&unit.location_lists)),
        (Part::RangeLists, Some(&unit.range_lists)),
    ];
    for (part, added) in parts {
        let section = info.section(part, big_endian);
        starts.insert(part, section.position());
        if let Some(added) = added {
            section.append(added);
        }
    }
    if let Some(text) = info.sections.get_mut(&Part::Strings) {
        info.strings.number(&mut unit.info, strings, text);
    }
    for relocation in &mut unit.info.relocations {
        if let Target::Part(part) = relocation.target {
            relocation.addend += u64::from(starts.get(&part).copied().unwrap_or(0));
        }
    }
    if info.is_settled {
        unit.info.settle();
    }
    let section = info.section(Part::Info, big_endian);
    let start = section.position();
    section.append(&unit.info);
    references.pending.extend(unit.references.iter().map(|(place, target)| (start + place, *target)));
    references.moved.extend(unit.entries.iter().map(|(old, new)| (*old, start + new)));
    references.abstracts.extend(unit.abstracts.iter().map(|(old, new)| (*old, start + new)));
}

/// References between units.
#[derive(Default)]
struct References {
    /// Places of references.
    pending: Vec<(u32, Reference)>,
    /// Old and new offsets of entries that they may be to, in the order of the old ones.
    moved: Vec<(u32, u32)>,
    /// New offsets of abstract entries that were added, by the old ones of the functions' own.
    abstracts: FxHashMap<u32, u32>,
}

impl References {
    /// Directs them to where the entries are now.
    fn resolve(&self, info: &mut DebugInfo) {
        let mut dropped = 0;
        let Some(section) = info.sections.get_mut(&Part::Info) else { return };
        for (place, target) in &self.pending {
            let found = match target {
                Reference::Entry(old) => {
                    self.moved.binary_search_by_key(old, |(old, _)| *old).ok().map(|found| self.moved[found].1)
                }
                Reference::Abstract(old) => self.abstracts.get(old).copied(),
            };
            dropped += usize::from(found.is_none());
            // One to an entry that was left out goes to the first unit, which is of no kind that it could mean.
            let new = found.unwrap_or(FIRST_ENTRY);
            if info.is_settled {
                section.patch(*place, new);
            } else if let Ok(relocation) =
                section.relocations.binary_search_by_key(place, |relocation| relocation.offset)
            {
                section.relocations[relocation].addend = new.into();
            }
        }
        info.dropped.attributes += dropped;
    }
}

/// Offset of the first entry: behind a unit's header (DWARF 5, 7.5.1.1).
const FIRST_ENTRY: u32 = 12;

#[cfg(test)]
mod tests;
