//! Calls that wasmc inlined, where caller and callee are of the same unit: an entry for each (`DW_TAG_inlined_subroutine`,
//! DWARF 5, 3.3.8.2), at the end of the innermost entry that the call is in, with the callee's parameters, variables and
//! blocks once more, as they are there. It refers to an abstract entry of the callee: its own, or one that is added.
//!
//! Callees of other units are told as their calls: their entries would refer to types, and their lines to files, of another unit.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use gimli::{Attribute, AttributeValue, DwAt, UnitOffset, constants as dw};

use super::addresses::{Function, intersection, merge};
use super::expression::Reader;
use super::record::Record;
use super::unit::{Environment, Link, Open, Scratch, Translator, Tree};
use super::writer::Part;

/// The calls that are to become entries inside an entry.
#[derive(Default)]
pub(super) struct Calls {
    /// By which number they are marked, if there are any.
    owner: Option<u32>,
    /// They are all of a function's.
    is_function: bool,
}

impl Calls {
    pub fn is_empty(&self) -> bool {
        self.owner.is_none()
    }
}

/// A call in a function that is being read.
struct Call {
    /// The number of the body that stands for it.
    body: u32,
    /// In the code section.
    address: u64,
    /// The innermost entry so far that it is in.
    owner: u32,
}

/// What is known of a unit's inlined calls.
#[derive(Default)]
pub(super) struct Inlined {
    /// Entries of the unit's functions, by their position in the code section. Empty where nothing is inlined.
    functions: HashMap<usize, UnitOffset>,
    /// Old offsets of those that are inlined somewhere in the unit, and the new ones of the abstract entries added for them.
    callees: HashMap<u32, Option<u32>>,
    /// Of the functions that are being read, one inside the other.
    open: Vec<Vec<Call>>,
    owners: u32,
}

impl Inlined {
    /// Searches a unit. Damage ends the search.
    pub fn of<'a>(environment: &Environment<'_, 'a>, unit: &gimli::Unit<Reader<'a>>) -> Inlined {
        let mut found = Inlined::default();
        let addresses = environment.addresses;
        if addresses.functions().iter().any(|function| !function.record.inlined.is_empty()) {
            let _ = found.search(environment, unit);
        }
        for position in found.functions.keys() {
            let function = addresses.functions().binary_search_by_key(position, |function| function.position);
            let bodies = function.map_or(&[][..], |number| &addresses.functions()[number].record.inlined);
            for (callee, _) in bodies.iter().filter_map(|body| environment.context.body_of(body)) {
                found.callees.extend(found.functions.get(&callee).map(|offset| (offset.0 as u32, None)));
            }
        }
        found
    }

    fn search<'a>(
        &mut self,
        environment: &Environment<'_, 'a>,
        unit: &gimli::Unit<Reader<'a>>,
    ) -> Result<(), gimli::Error> {
        let mut reader = unit.entries_raw(None)?;
        while !reader.is_empty() {
            let offset = reader.next_offset();
            let Some(abbreviation) = reader.read_abbreviation()? else { continue };
            if abbreviation.tag() != dw::DW_TAG_subprogram {
                reader.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            for specification in abbreviation.attributes() {
                let attribute = reader.read_attribute(*specification)?;
                if attribute.name() == dw::DW_AT_low_pc
                    && let Some(low) = environment.dwarf.attr_address(unit, attribute.value())?
                    && let Some(function) = environment.addresses.function_from(low)
                {
                    self.functions.insert(function.position, offset);
                }
            }
        }
        Ok(())
    }

    /// Whether a body inlined into a function gets an entry: it, and all that it is in, are of the unit's functions.
    pub fn is_shown(&self, environment: &Environment<'_, '_>, record: &Record, body: u32) -> bool {
        let Some(inlined) = body.checked_sub(1).and_then(|number| record.inlined.get(number as usize)) else {
            return true;
        };
        let callee = environment.context.body_of(inlined).and_then(|(callee, _)| self.functions.get(&callee));
        callee.is_some() && self.is_shown(environment, record, record.body_at(inlined.call))
    }

    /// Begins to read a function's entry.
    pub fn open_function(&mut self, environment: &Environment<'_, '_>, function: &Function<'_>) -> Calls {
        let record = function.record;
        self.owners += 1;
        let owner = self.owners;
        let bodies = (1..).zip(&record.inlined).filter(|(_, body)| record.body_at(body.call) == function.body);
        let calls: Vec<Call> = bodies
            .filter(|(number, _)| self.is_shown(environment, record, *number))
            .map(|(number, body)| {
                let offset = body.call - record.start(function.body);
                Call { body: number, address: u64::from(function.wasm.start) + u64::from(offset), owner }
            })
            .collect();
        if calls.is_empty() {
            return Calls::default();
        }
        self.open.push(calls);
        Calls { owner: Some(owner), is_function: true }
    }

    /// Begins to read an entry of the function with code of its own, which was made of these addresses.
    pub fn open_part(&mut self, parts: &[Range<u64>]) -> Calls {
        self.owners += 1;
        let owner = self.owners;
        let calls = self.open.last_mut().into_iter().flatten();
        let mut inside = calls.filter(|call| parts.iter().any(|part| part.contains(&call.address))).peekable();
        let owner = inside.peek().is_some().then_some(owner);
        inside.for_each(|call| call.owner = owner.unwrap_or(call.owner));
        Calls { owner, is_function: false }
    }

    /// The calls that no entry inside this one has; those of a function's entry end with it.
    fn close(&mut self, calls: &Calls) -> Vec<(u32, u64)> {
        let Some(owner) = calls.owner else { return Vec::new() };
        let open = self.open.last().into_iter().flatten();
        let own = open.filter(|call| call.owner == owner).map(|call| (call.body, call.address)).collect();
        if calls.is_function {
            self.open.pop();
        }
        own
    }

    /// The new offset of the abstract entry that was added for the function with this old one.
    pub fn abstract_entry(&self, function: u32) -> Option<u32> {
        self.callees.get(&function).copied().flatten()
    }
}

impl<'e, 'a> Translator<'e, 'a> {
    /// Writes the abstract entry of a function that is inlined somewhere, unless it has one: what it is called and where it
    /// is declared.
    pub(super) fn abstract_entry(
        &mut self,
        offset: UnitOffset,
        attributes: &[Attribute<Reader<'a>>],
        scope: &Open<'e>,
    ) {
        let offset = offset.0 as u32;
        let has_origin = attributes.iter().any(|attribute| attribute.name() == dw::DW_AT_abstract_origin);
        if has_origin || !self.inlined.callees.contains_key(&offset) {
            return;
        }
        let Scratch { mut specifications, mut values, mut references } = std::mem::take(&mut self.scratch);
        values.clear(self.environment.big_endian);
        for attribute in attributes.iter().filter(|attribute| is_of_abstract_entry(attribute.name())) {
            let (name, position) = (attribute.name(), values.position());
            match self.attribute(dw::DW_TAG_subprogram, name, attribute, scope, &mut values, &mut references) {
                Some(form) => specifications.push((name, form)),
                None => values.truncate(position),
            }
        }
        specifications.push((dw::DW_AT_inline, dw::DW_FORM_data1));
        values.u8(dw::DW_INL_inlined.0);
        let position = self.write_entry(dw::DW_TAG_subprogram, false, &specifications, &values, &references);
        self.inlined.callees.insert(offset, Some(position));
        specifications.clear();
        references.clear();
        self.scratch = Scratch { specifications, values, references };
    }

    /// Writes the entries of the calls in an entry, and in none inside it, that wasmc inlined.
    pub(super) fn inlined_calls(&mut self, scope: &Open<'e>) {
        let Some(function) = scope.function.clone().filter(|_| !scope.calls.is_empty()) else { return };
        for (body, address) in self.inlined.close(&scope.calls) {
            // The function's own entries are counted, and referred to; these are not.
            let (dropped, moved) = (self.output.dropped, self.moved.len());
            let _ = self.inlined_call(&function, body, address, scope);
            self.output.dropped = dropped;
            self.moved.truncate(moved);
        }
    }

    fn inlined_call(
        &mut self,
        outer: &Function<'e>,
        body: u32,
        address: u64,
        scope: &Open<'e>,
    ) -> Result<(), gimli::Error> {
        let record = outer.record;
        let found = body.checked_sub(1).and_then(|number| record.inlined.get(number as usize));
        let Some((position, wasm)) = found.and_then(|body| self.environment.context.body_of(body)) else {
            return Ok(());
        };
        let Some(&entry) = self.inlined.functions.get(&position) else { return Ok(()) };
        let (text, module) = (outer.text.clone(), outer.module);
        let function = Function { wasm, text, record, body, module, position };
        let mut spans: Vec<Range<u32>> = function.pieces().map(|(text, _)| text).collect();
        merge(&mut spans);
        if let Some(around) = &scope.spans {
            spans = intersection(&spans, around);
        }
        if spans.is_empty() {
            return Ok(());
        }
        let Scratch { mut specifications, mut values, mut references } = std::mem::take(&mut self.scratch);
        values.clear(self.environment.big_endian);
        let origin = self.unit.entry(entry)?.attr_value(dw::DW_AT_abstract_origin);
        specifications.push(match origin {
            Some(AttributeValue::DebugInfoRef(origin)) => {
                references.push((values.position(), origin.0 as u32, Link::Other));
                values.offset(Part::Info, 0);
                (dw::DW_AT_abstract_origin, dw::DW_FORM_ref_addr)
            }
            origin => {
                references.push(match origin {
                    Some(AttributeValue::UnitRef(origin)) => (values.position(), origin.0 as u32, Link::Own),
                    _ => (values.position(), entry.0 as u32, Link::Abstract),
                });
                values.u32(0);
                (dw::DW_AT_abstract_origin, dw::DW_FORM_ref4)
            }
        });
        specifications.push((dw::DW_AT_ranges, dw::DW_FORM_sec_offset));
        values.offset(Part::RangeLists, self.ranges.add(spans.iter().map(|span| (span.clone(), None))));
        let next = self.rows.partition_point(|row| u64::from(row.address) <= address);
        if let Some(row) = next.checked_sub(1).map(|row| self.rows[row]) {
            for (name, number) in
                [(dw::DW_AT_call_file, row.file), (dw::DW_AT_call_line, row.line), (dw::DW_AT_call_column, row.column)]
            {
                specifications.push((name, dw::DW_FORM_udata));
                values.unsigned(number.into());
            }
        }
        self.write_entry(dw::DW_TAG_inlined_subroutine, true, &specifications, &values, &references);
        specifications.clear();
        references.clear();
        self.scratch = Scratch { specifications, values, references };

        let calls = self.inlined.open_function(self.environment, &function);
        let inside = Open { function: Some(Rc::new(function)), calls, spans: Some(spans.into()), ..Open::outside() };
        let mut reader = self.unit.entries_raw(Some(entry))?;
        let abbreviation = reader.read_abbreviation()?;
        let Some(abbreviation) = abbreviation.filter(|abbreviation| abbreviation.has_children()) else {
            self.inlined_calls(&inside);
            self.output.info.u8(0);
            return Ok(());
        };
        reader.skip_attributes(abbreviation.attributes())?;
        self.entries(&mut reader, Tree::Inlined, vec![inside]);
        Ok(())
    }
}

/// What an abstract entry says of a function.
fn is_of_abstract_entry(name: DwAt) -> bool {
    matches!(
        name,
        dw::DW_AT_name
            | dw::DW_AT_linkage_name
            | dw::DW_AT_MIPS_linkage_name
            | dw::DW_AT_specification
            | dw::DW_AT_decl_file
            | dw::DW_AT_decl_line
            | dw::DW_AT_decl_column
            | dw::DW_AT_type
            | dw::DW_AT_external
            | dw::DW_AT_prototyped
            | dw::DW_AT_noreturn
            | dw::DW_AT_artificial
    )
}
