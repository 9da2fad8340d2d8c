//! Calls that wasmc inlined: an entry for each (`DW_TAG_inlined_subroutine`, DWARF 5, 3.3.8.2), at the end of the innermost
//! entry that the call is in, with the callee's parameters, variables and blocks once more, as they are there. It refers to an
//! abstract entry of the callee: its own, or one that is added.
//!
//! The callee may be of another unit of the module: then that one is read while this one is written, what it refers to is
//! referred to across units, and its files join this one's.

use std::ops::Range;
use std::rc::Rc;

use gimli::{Attribute, AttributeValue, DwAt, UnitOffset, constants as dw};
use rustc_hash::FxHashMap;

use super::addresses::{Function, intersection, merge};
use super::expression::Reader;
use super::lines::{BodyLines, Files, Row, functions_of, read_files, rows_of, translate};
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

/// What is known of a unit's inlined calls while it is written.
#[derive(Default)]
pub(super) struct Inlined {
    /// Abstract entries added for functions of the unit: old offsets of the functions' own, and theirs.
    pub abstracts: FxHashMap<u32, u32>,
    /// Of the functions that are being read and have any, one inside the other; by the number of the function's body.
    open: Vec<(u32, Vec<Call>)>,
    owners: u32,
    /// Files of other units, by the unit's number and theirs there, in order: they follow the unit's own.
    files: Vec<(usize, u32)>,
    /// The numbers that they have here.
    file_numbers: FxHashMap<(usize, u32), u32>,
}

impl Inlined {
    /// The number in the table of the unit's files of one that another unit, or this one, knows by a number.
    fn file(&mut self, home: &Environment<'_, '_>, unit: usize, file: u32) -> u32 {
        if unit == home.number {
            return file;
        }
        *self.file_numbers.entry((unit, file)).or_insert_with(|| {
            self.files.push((unit, file));
            home.own_files() + self.files.len() as u32 - 1
        })
    }

    /// Begins to read a function's entry.
    pub fn open_function(&mut self, home: &Environment<'_, '_>, function: &Function<'_>) -> Calls {
        let record = function.record;
        self.owners += 1;
        let owner = self.owners;
        let bodies = (1..).zip(&record.inlined).filter(|(number, _)| record.around(*number) == function.body);
        let calls: Vec<Call> = bodies
            .filter(|(number, _)| is_shown(home, record, *number))
            .map(|(number, body)| {
                let offset = body.call - record.start(function.body);
                Call { body: number, address: u64::from(function.wasm.start) + u64::from(offset), owner }
            })
            .collect();
        if calls.is_empty() {
            return Calls::default();
        }
        self.open.push((function.body, calls));
        Calls { owner: Some(owner), is_function: true }
    }

    /// Begins to read an entry of a body with code of its own, which was made of these addresses.
    pub fn open_part(&mut self, body: u32, parts: &[Range<u64>]) -> Calls {
        self.owners += 1;
        let owner = self.owners;
        // A body without calls is not open. The one around may be of the same function, and have calls at the same addresses.
        let calls = self.open.last_mut().filter(|(open, _)| *open == body).map(|(_, calls)| calls);
        let calls = calls.into_iter().flatten();
        let mut inside = calls.filter(|call| parts.iter().any(|part| part.contains(&call.address))).peekable();
        let owner = inside.peek().is_some().then_some(owner);
        inside.for_each(|call| call.owner = owner.unwrap_or(call.owner));
        Calls { owner, is_function: false }
    }

    /// The calls that no entry inside this one has; those of a function's entry end with it.
    fn close(&mut self, calls: &Calls) -> Vec<(u32, u64)> {
        let Some(owner) = calls.owner else { return Vec::new() };
        let open = self.open.last().into_iter().flat_map(|(_, calls)| calls);
        let own = open.filter(|call| call.owner == owner).map(|call| (call.body, call.address)).collect();
        if calls.is_function {
            self.open.pop();
        }
        own
    }
}

/// Whether a body inlined into a function gets an entry: it, and all that it is in, are of units that can be read.
fn is_shown(home: &Environment<'_, '_>, record: &Record, body: u32) -> bool {
    body == 0
        || home.callees.of_body(record, body).is_some_and(|callee| {
            let is_at_hand = callee.unit == home.number || home.others.contains_key(&callee.unit);
            is_at_hand && is_shown(home, record, record.around(body))
        })
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
        let has_origin = attributes.iter().any(|attribute| attribute.name() == dw::DW_AT_abstract_origin);
        if has_origin || self.is_away() || !self.home.callees.has_entry(self.home.number, offset) {
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
        self.inlined.abstracts.insert(offset.0 as u32, position);
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
            let around = (self.environment, self.unit);
            let _ = self.inlined_call(&function, body, address, scope);
            (self.environment, self.unit) = around;
            self.output.dropped = dropped;
            self.moved.truncate(moved);
        }
    }

    /// Writes the entry of a body inlined into a function at an address.
    fn inlined_call(
        &mut self,
        outer: &Function<'e>,
        body: u32,
        address: u64,
        scope: &Open<'e>,
    ) -> Result<(), gimli::Error> {
        let record = outer.record;
        let callees = self.home.callees;
        let found = body.checked_sub(1).and_then(|number| record.inlined.get(number as usize));
        let Some((position, wasm)) = found.and_then(|body| callees.position_of(body)) else { return Ok(()) };
        let Some(callee) = callees.at(position) else { return Ok(()) };
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
        let call = self.line_of(outer, address);
        // From here on the callee's unit is read.
        if callee.unit == self.home.number {
            self.environment = self.home;
        } else if let Some(other) = self.home.others.get(&callee.unit) {
            self.environment = other;
        } else {
            return Ok(());
        }
        self.unit = self.environment.context.unit;

        let Scratch { mut specifications, mut values, mut references } = std::mem::take(&mut self.scratch);
        values.clear(self.environment.big_endian);
        let start = self.unit.header.debug_info_offset().map_or(0, |start| start.0 as u32);
        let origin = self.unit.entry(callee.entry)?.attr_value(dw::DW_AT_abstract_origin);
        let (old, link) = match origin {
            Some(AttributeValue::DebugInfoRef(origin)) => (origin.0 as u32, Link::Other),
            Some(AttributeValue::UnitRef(origin)) if self.is_away() => (start + origin.0 as u32, Link::Other),
            Some(AttributeValue::UnitRef(origin)) => (origin.0 as u32, Link::Own),
            _ if self.is_away() => (start + callee.entry.0 as u32, Link::OtherAbstract),
            _ => (callee.entry.0 as u32, Link::Abstract),
        };
        references.push((0, old, link));
        if matches!(link, Link::Other | Link::OtherAbstract) {
            values.offset(Part::Info, 0);
            specifications.push((dw::DW_AT_abstract_origin, dw::DW_FORM_ref_addr));
        } else {
            values.u32(0);
            specifications.push((dw::DW_AT_abstract_origin, dw::DW_FORM_ref4));
        }
        specifications.push((dw::DW_AT_ranges, dw::DW_FORM_sec_offset));
        values.offset(Part::RangeLists, self.ranges.add(&spans));
        if let Some(row) = call {
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

        let calls = self.inlined.open_function(self.home, &function);
        let inside = Open { function: Some(Rc::new(function)), calls, spans: Some(spans.into()), ..Open::outside() };
        let mut reader = self.unit.entries_raw(Some(callee.entry))?;
        let abbreviation = reader.read_abbreviation()?;
        let Some(abbreviation) = abbreviation.filter(|abbreviation| abbreviation.has_children()) else {
            self.inlined_calls(&inside);
            self.output.info.u8(0);
            return Ok(());
        };
        reader.skip_attributes(abbreviation.attributes())?;
        self.entries(reader.next_offset(), Tree::Inlined, vec![inside]);
        Ok(())
    }

    /// What is read is of another unit than what is written.
    pub(super) fn is_away(&self) -> bool {
        self.environment.number != self.home.number
    }

    /// The number that the unit's table of files has for one of the unit that is being read.
    pub(super) fn file_number(&mut self, file: u32) -> u32 {
        self.inlined.file(self.home, self.environment.number, file)
    }

    /// The line of an address in a function, or in a body inlined into one.
    fn line_of(&mut self, function: &Function<'_>, address: u64) -> Option<Row> {
        let callee = self.home.callees.at(function.position).filter(|_| function.body != 0);
        let (unit, rows) = callee.map_or((self.home.number, &self.rows), |callee| (callee.unit, &callee.rows));
        let next = rows.partition_point(|row| u64::from(row.address) <= address);
        let row = rows[next.checked_sub(1)?];
        Some(Row { file: self.inlined.file(self.home, unit, row.file), ..row })
    }

    /// Writes the line table, when all files that entries refer to are known.
    pub(super) fn lines(&mut self) {
        let home = self.home;
        let Some(program) = &self.unit.line_program else { return };
        let mut files = read_files(home.lines, self.unit, program.header(), home.map_path);
        // The files of inlined bodies' lines come first to be known.
        for function in functions_of(home, &self.rows) {
            let bodies = 1..=function.record.inlined.len() as u32;
            for body in bodies.filter(|body| is_shown(home, function.record, *body)) {
                let callee = home.callees.of_body(function.record, body);
                for (unit, row) in callee.iter().flat_map(|callee| callee.rows.iter().map(|row| (callee.unit, row))) {
                    self.inlined.file(home, unit, row.file);
                }
            }
        }
        let mut others: FxHashMap<usize, Files> = FxHashMap::default();
        for (unit, number) in &self.inlined.files {
            let others = others.entry(*unit).or_insert_with(|| {
                home.others.get(unit).map_or_else(Files::default, |other| {
                    let unit = other.context.unit;
                    let header = unit.line_program.as_ref().map(|program| program.header());
                    header.map_or_else(Files::default, |header| read_files(other.lines, unit, header, home.map_path))
                })
            });
            files.add(others, *number as usize);
        }
        let (rows, numbers) = (&self.rows, &self.inlined.file_numbers);
        let bodies_of = |function: &Function<'_>| {
            let mut bodies = vec![BodyLines { start: function.wasm.start, rows: rows_of(rows, &function.wasm) }];
            bodies.extend((1..).zip(&function.record.inlined).map(|(number, body)| {
                let found = home.callees.position_of(body).filter(|_| is_shown(home, function.record, number));
                let Some((position, wasm)) = found else { return BodyLines { start: 0, rows: Vec::new() } };
                let callee = home.callees.at(position);
                let rows = callee.into_iter().flat_map(|callee| {
                    let file = |file| numbers.get(&(callee.unit, file)).copied().unwrap_or(file);
                    callee.rows.iter().map(move |row| Row { file: file(row.file), ..*row })
                });
                BodyLines { start: wasm.start, rows: rows.collect() }
            }));
            bodies
        };
        self.output.lines = Some(translate(home, &files, &self.rows, &bodies_of));
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
