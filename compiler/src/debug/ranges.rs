//! Where the code of entries is.

use std::ops::Range;

use gimli::{DwAt, DwForm, DwTag, constants as dw};

use super::unit::{Open, Specification, Translator, Value};
use super::writer::{Buffer, Part, Target};

impl<'e, 'a> Translator<'e, 'a> {
    /// Where the code of an entry is.
    #[expect(clippy::too_many_arguments, reason = "the parts of one entry")]
    pub(super) fn code_range(
        &mut self,
        tag: DwTag,
        is_root: bool,
        low: Option<u64>,
        value: &dyn Fn(DwAt) -> Option<Value<'a>>,
        scope: &Open<'e>,
        specifications: &mut Vec<Specification>,
        values: &mut Buffer,
    ) {
        let environment = self.environment;
        if is_root {
            // The base of the lists' offsets.
            specifications.push((dw::DW_AT_low_pc, dw::DW_FORM_addr));
            values.address(Target::Text, 0);
        }
        if let (dw::DW_TAG_subprogram, Some(function)) = (tag, scope.function) {
            if low == Some(function.wasm.start.into()) {
                specifications.push((dw::DW_AT_low_pc, dw::DW_FORM_addr));
                values.address(Target::Text, function.text.start.into());
                specifications.push((dw::DW_AT_high_pc, dw::DW_FORM_udata));
                values.unsigned((function.text.end - function.text.start).into());
            }
            return;
        }
        let mut parts: Vec<Range<u64>> = Vec::new();
        if let Some(ranges) = value(dw::DW_AT_ranges) {
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
            if let Some(text) = environment.addresses.instruction_at(low) {
                specifications.push((dw::DW_AT_low_pc, dw::DW_FORM_addr));
                values.address(Target::Text, text.into());
            }
            return;
        }
        if parts.is_empty() {
            return;
        }
        let mut spans: Vec<Range<u32>> = parts.iter().flat_map(|part| environment.addresses.spans(part)).collect();
        spans.sort_by_key(|span| span.start);
        spans.dedup_by(|next, span| {
            let joins = next.start <= span.end;
            if joins {
                span.end = span.end.max(next.end);
            }
            joins
        });
        if !spans.is_empty() {
            specifications.push((dw::DW_AT_ranges, dw::DW_FORM_sec_offset));
            values.offset(Part::RangeLists, self.ranges.add(spans.into_iter().map(|span| (span, None))));
        }
    }

    pub(super) fn address(&self, value: Value<'a>) -> Option<u64> {
        self.environment.dwarf.attr_address(self.unit, value).ok().flatten()
    }

    pub(super) fn entry_address(&self, value: Value<'a>, values: &mut Buffer) -> Option<DwForm> {
        let text = self.environment.addresses.instruction_at(self.address(value)?)?;
        values.address(Target::Text, text.into());
        Some(dw::DW_FORM_addr)
    }
}
