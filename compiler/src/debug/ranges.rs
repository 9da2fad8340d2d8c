//! Where the code of entries is.

use std::ops::Range;
use std::rc::Rc;

use gimli::{DwAt, DwForm, DwTag, constants as dw};

use super::addresses::{intersection, merge};
use super::unit::{Open, Specification, Translator, Value};
use super::writer::{Buffer, Part, Target};

impl<'e, 'a> Translator<'e, 'a> {
    /// Writes where the code of an entry is, and notes it, if it has code of its own. An entry's code is never more than that
    /// of the one around it: code that was made of instructions of both counts to the outer one's.
    #[expect(clippy::too_many_arguments, reason = "the parts of one entry")]
    pub(super) fn code_range(
        &mut self,
        tag: DwTag,
        is_root: bool,
        low: Option<u64>,
        value: &dyn Fn(DwAt) -> Option<Value<'a>>,
        scope: &mut Open<'e>,
        specifications: &mut Vec<Specification>,
        values: &mut Buffer,
    ) {
        let environment = self.environment;
        if is_root {
            // The base of the lists' offsets.
            specifications.push((dw::DW_AT_low_pc, dw::DW_FORM_addr));
            values.address(Target::Text, 0);
        }
        if let (dw::DW_TAG_subprogram, Some(function)) = (tag, &scope.function) {
            if low.is_some_and(|low| function.begins_at(low)) {
                specifications.push((dw::DW_AT_low_pc, dw::DW_FORM_addr));
                values.address(Target::Text, function.text.start.into());
                specifications.push((dw::DW_AT_high_pc, dw::DW_FORM_udata));
                values.unsigned((function.text.end - function.text.start).into());
            }
            scope.spans = Some(Rc::new([function.text.clone()]));
            scope.calls = self.inlined.open_function(self.home, function);
            return;
        }
        let mut parts: Vec<Range<u64>> = Vec::new();
        if let (true, Some(skeleton)) = (is_root, environment.skeleton) {
            let mut ranges = environment.lines.unit_ranges(skeleton).ok();
            while let Some(Ok(Some(range))) = ranges.as_mut().map(|ranges| ranges.next()) {
                parts.push(range.begin..range.end);
            }
        } else if let Some(ranges) = value(dw::DW_AT_ranges) {
            if let Ok(Some(mut ranges)) = environment.dwarf.attr_ranges(self.unit, ranges) {
                while let Ok(Some(range)) = ranges.next() {
                    parts.push(range.begin..range.end);
                }
            }
        } else if let (Some(low), Some(high)) = (low, value(dw::DW_AT_high_pc)) {
            let end = match self.address(high) {
                Some(end) => Some(end),
                None => high.udata_value().and_then(|size| low.checked_add(size)),
            };
            parts.extend(end.map(|end| low..end));
        } else if let Some(low) = low.filter(|_| !is_root) {
            // A label.
            if let Some(text) = self.instruction_at(low, scope) {
                specifications.push((dw::DW_AT_low_pc, dw::DW_FORM_addr));
                values.address(Target::Text, text.into());
            }
            return;
        }
        if parts.is_empty() {
            return;
        }
        let addresses = environment.addresses;
        let mut spans: Vec<Range<u32>> = if is_root {
            // All code of its functions, also what is in front of their first instructions.
            let functions = parts.iter().flat_map(|part| addresses.functions_in(part));
            functions.map(|function| function.text.clone()).collect()
        } else {
            parts.iter().flat_map(|part| self.spans_of(scope, part)).collect()
        };
        merge(&mut spans);
        if let Some(around) = &scope.spans {
            spans = intersection(&spans, around);
        }
        if !spans.is_empty() {
            specifications.push((dw::DW_AT_ranges, dw::DW_FORM_sec_offset));
            values.offset(Part::RangeLists, self.ranges.add(&spans));
        }
        if !is_root {
            scope.spans = Some(spans.into());
            scope.calls = self.inlined.open_part(scope.function.as_ref().map_or(0, |function| function.body), &parts);
        }
    }

    /// The machine code of a range of addresses, as far as it belongs to an entry's function.
    pub(super) fn spans_of(&mut self, scope: &Open<'e>, range: &Range<u64>) -> Vec<Range<u32>> {
        let functions = match &scope.function {
            Some(function) => std::slice::from_ref(&**function),
            None => self.environment.addresses.functions_in(range),
        };
        self.spans.of(functions, range)
    }

    fn instruction_at(&self, address: u64, scope: &Open<'e>) -> Option<u32> {
        match &scope.function {
            Some(function) => function.instruction_at(address),
            None => self.environment.addresses.function_at(address)?.instruction_at(address),
        }
    }

    pub(super) fn address(&self, value: Value<'a>) -> Option<u64> {
        self.environment.dwarf.attr_address(self.unit, value).ok().flatten()
    }

    pub(super) fn entry_address(&self, value: Value<'a>, scope: &Open<'e>, values: &mut Buffer) -> Option<DwForm> {
        let text = self.instruction_at(self.address(value)?, scope)?;
        values.address(Target::Text, text.into());
        Some(dw::DW_FORM_addr)
    }
}
