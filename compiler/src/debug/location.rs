//! Attributes that are expressions, and lists of them.

use std::ops::Range;

use gimli::{AttributeValue, DwAt, DwForm, constants as dw};

use super::addresses::Function;
use super::expression::{Data, Location, Purpose, Reader};
use super::history::Subject;
use super::opcode::{BRA, BREG0, CONSTS, CONSTU, DEREF_SIZE, DROP, DUP, FBREG, LIT1, STACK_VALUE};
use super::place::places_of_one;
use super::record::common;
use super::unit::{Open, Translator, Value};
use super::writer::{Buffer, Part};

impl<'e, 'a> Translator<'e, 'a> {
    pub(super) fn expression(
        &mut self,
        name: DwAt,
        expression: gimli::Expression<Reader<'a>>,
        scope: &Open<'e>,
        values: &mut Buffer,
    ) -> Option<DwForm> {
        let purpose = purpose(name, scope)?;
        if scope.dead && purpose != Purpose::Number {
            return None;
        }
        let code = scope.function.as_ref().map(|function| function.text.clone());
        let translated =
            self.environment.context.translate(expression, purpose, scope.function.as_deref(), 0, code.as_slice());
        match translated.ok()? {
            Location::Everywhere(mut expression) => {
                if name == dw::DW_AT_location && scope.is_reference && !scope.is_native && is_in_frame(&expression) {
                    never_null(&mut expression);
                }
                values.unsigned(expression.bytes.len() as u64);
                values.append(&expression);
                Some(dw::DW_FORM_exprloc)
            }
            Location::Ranges(ranges) if ranges.is_empty() => None,
            Location::Ranges(ranges) => Some(self.write_list(&ranges, values)),
        }
    }

    pub(super) fn location_list(
        &mut self,
        name: DwAt,
        list: Value<'a>,
        scope: &Open<'e>,
        values: &mut Buffer,
    ) -> Option<DwForm> {
        let environment = self.environment;
        let purpose = purpose(name, scope)?;
        if scope.dead {
            return None;
        }
        let mut entries = environment.dwarf.attr_locations(self.unit, list).ok()??;
        let mut found: Vec<(Range<u32>, Data)> = Vec::new();
        while let Ok(Some(entry)) = entries.next() {
            let spans = self.spans_of(scope, &(entry.range.begin..entry.range.end));
            let translated = environment.context.translate(
                entry.data,
                purpose,
                scope.function.as_deref(),
                entry.range.begin,
                &spans,
            );
            match translated {
                Ok(Location::Everywhere(data)) => {
                    let data = Data::Written(data.into());
                    found.extend(spans.into_iter().map(|span| (span, data.clone())));
                }
                Ok(Location::Ranges(ranges)) => {
                    for (range, data) in ranges {
                        found.extend(common(&spans, &range).map(|part| (part, data.clone())));
                    }
                }
                Err(_) => self.output.dropped.attributes += 1,
            }
        }
        found.sort_by_key(|(range, _)| (range.start, range.end));
        if let Some(function) =
            scope.function.as_ref().filter(|_| purpose == Purpose::Location && name == dw::DW_AT_location)
        {
            self.fill_gaps(function, scope.entry, &mut found);
        }
        if found.is_empty() {
            return None;
        }
        Some(self.write_list(&found, values))
    }

    /// Writes a list, and the reference to it; returns its form.
    fn write_list(&mut self, ranges: &[(Range<u32>, Data)], values: &mut Buffer) -> DwForm {
        values.offset(Part::LocationLists, self.locations.begin());
        let context = &self.environment.context;
        let mut written = std::mem::take(&mut self.place);
        for (range, data) in ranges {
            self.locations.range(range);
            match data {
                Data::Place(place) => {
                    written.clear(self.environment.big_endian);
                    context.registers.value_in(*place, &mut written);
                    self.locations.data(&written);
                }
                Data::Written(data) => self.locations.data(data),
            }
        }
        self.locations.end();
        self.place = written;
        dw::DW_FORM_sec_offset
    }

    /// Adds to a sorted list where else the variable of an entry was found to be.
    fn fill_gaps(&self, function: &Function<'_>, entry: u32, found: &mut Vec<(Range<u32>, Data)>) {
        let subject = Subject::Variable(entry);
        if places_of_one(function, subject, std::slice::from_ref(&function.text)).next().is_none() {
            return;
        }
        let mut gaps = Vec::new();
        let mut start = function.text.start;
        for (range, _) in found.iter() {
            gaps.push(start..range.start);
            start = start.max(range.end);
        }
        gaps.push(start..function.text.end);
        gaps.retain(|gap| gap.start < gap.end);
        for (range, place) in places_of_one(function, subject, &gaps) {
            found.extend(common(&gaps, &range).map(|part| (part, Data::Place(place))));
        }
        found.sort_by_key(|(range, _)| (range.start, range.end));
    }
}

/// Writes the value of a variable that is always the same integer as its location: gdb (13) counts what has a constant of the type's
/// (`DW_AT_const_value`) among no frame's variables.
pub(super) fn constant_location(value: Value<'_>, values: &mut Buffer) -> Option<DwForm> {
    let mut data = Buffer::new(false);
    match value {
        AttributeValue::Sdata(value) => {
            data.u8(CONSTS);
            data.signed(value);
        }
        AttributeValue::Udata(value) => {
            data.u8(CONSTU);
            data.unsigned(value);
        }
        _ => return None,
    }
    data.u8(STACK_VALUE);
    values.unsigned(data.bytes.len() as u64);
    values.append(&data);
    Some(dw::DW_FORM_exprloc)
}

/// Whether an expression is an address in the frame.
fn is_in_frame(expression: &Buffer) -> bool {
    let has_base = expression.bytes.first().is_some_and(|first| *first == FBREG || (BREG0..BREG0 + 32).contains(first));
    has_base && expression.bytes.last() != Some(&STACK_VALUE)
}

/// From the address of a reference to its value, which is made 1 where it is 0: one that is not bound yet. gdb (13) reads no
/// reference that leads to where `DW_AT_data_location` begins.
fn never_null(expression: &mut Buffer) {
    expression.bytes.extend([DEREF_SIZE, 4, DUP, BRA]);
    expression.u16(2);
    expression.bytes.extend([DROP, LIT1, STACK_VALUE]);
}

/// What the expression of an attribute is for; `None` for what is not known.
fn purpose(name: DwAt, scope: &Open<'_>) -> Option<Purpose> {
    Some(match name {
        dw::DW_AT_location if scope.is_native => Purpose::Target,
        dw::DW_AT_location | dw::DW_AT_static_link | dw::DW_AT_return_addr | dw::DW_AT_string_length => {
            Purpose::Location
        }
        dw::DW_AT_frame_base => Purpose::FrameBase,
        dw::DW_AT_data_member_location | dw::DW_AT_data_location => Purpose::Member,
        dw::DW_AT_upper_bound | dw::DW_AT_lower_bound | dw::DW_AT_count | dw::DW_AT_byte_size | dw::DW_AT_bit_size => {
            Purpose::Number
        }
        dw::DW_AT_byte_stride | dw::DW_AT_bit_stride | dw::DW_AT_allocated | dw::DW_AT_associated | dw::DW_AT_rank => {
            Purpose::Number
        }
        dw::DW_AT_vtable_elem_location | dw::DW_AT_bit_offset | dw::DW_AT_data_bit_offset => Purpose::Number,
        _ => return None,
    })
}
