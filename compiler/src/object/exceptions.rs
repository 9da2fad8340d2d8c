//! Writes the description of a program's exceptions (`wasmc_abi::exception::Exceptions`).

use std::borrow::Cow;

use wasmc_abi::exception::{Exceptions, LAST};

use super::text::Text;
use crate::codegen::UnitHandlers;
use crate::plan::{DataId, DataObject, Placement, Plan, StructureWriter, Target, value_codes};

/// The handlers of all calls, in the order of the text section.
#[derive(Default)]
pub(super) struct HandlerTable {
    calls: Vec<u32>,
    lists: Vec<u32>,
    handlers: Vec<u32>,
}

impl HandlerTable {
    /// Adds the handlers of the unit that starts `start` bytes into the text section.
    pub fn add(&mut self, unit: &UnitHandlers, start: u32) {
        let positions: Vec<u32> = unit
            .lists
            .iter()
            .map(|list| {
                let position = self.handlers.len() as u32;
                self.handlers.push(list.frame_size);
                for &(tag, code) in &list.handlers {
                    self.handlers.extend([tag, start + code]);
                }
                let last = self.handlers.len() - 2;
                self.handlers[last] |= LAST;
                position
            })
            .collect();
        for &(return_address, list) in &unit.calls {
            self.calls.push(start + return_address);
            self.lists.push(positions[list]);
        }
    }
}

/// Fills the description, where the program throws.
pub(super) fn describe(plan: &mut Plan<'_>, text: &Text) {
    let Some(objects) = plan.exceptions.objects else { return };
    let table = &text.handlers;
    let mut spans = Vec::new();
    for (symbol, words) in [
        ("wasmc_exception_calls", &table.calls),
        ("wasmc_exception_lists", &table.lists),
        ("wasmc_exception_handlers", &table.handlers),
    ] {
        let mut writer = StructureWriter::new(plan.big_endian);
        for &word in words {
            writer.u32(word);
        }
        spans.push((plan.data.add(writer.finish(symbol, 4)), words.len() as u64));
    }
    spans.push(tags(plan));
    let mut writer = StructureWriter::new(plan.big_endian);
    writer.address(Target::Data(objects.pending), 0);
    writer.u64(plan.exceptions.largest as u64);
    writer.address(Target::Text, 0);
    writer.u64(plan.types.all().len() as u64);
    for (object, length) in spans {
        writer.span(Some(object), length);
    }
    debug_assert_eq!(writer.bytes.len(), size_of::<Exceptions>());
    let description = &mut plan.data.0[objects.description.0 as usize];
    *description = writer.finish(std::mem::take(&mut description.symbol), description.align);
}

/// An array of `TagRecord`.
fn tags(plan: &mut Plan<'_>) -> (DataId, u64) {
    let mut writer = StructureWriter::new(plan.big_endian);
    let bytes = |bytes: Vec<u8>| DataObject::new("", Placement::ReadOnly, 1, Cow::Owned(bytes));
    for tag in &plan.exceptions.tags {
        let module = &plan.modules[tag.owner.module];
        let name = module.tag_name(tag.owner.index).into_owned().into_bytes();
        let parameters = value_codes(&plan.types, tag.owner.module, module.tag_type(tag.owner.index).params());
        for contents in [name, parameters] {
            let length = contents.len() as u64;
            writer.span(Some(plan.data.add(bytes(contents))), length);
        }
    }
    (plan.data.add(writer.finish("wasmc_tags", 8)), plan.exceptions.tags.len() as u64)
}
