//! Where locals, globals and linear memory are, in the operations of an expression.

use std::ops::Range;

use super::addresses::Function;
use super::expression::{Context, Untranslatable};
use super::history::Subject;
use super::opcode::*;
use super::record::{Locals, ValuePlace};
use super::writer::{Buffer, Target};
use crate::plan::{BaseStrategy, ConstantValue, GlobalPlace, MemoryPlace};

impl Context<'_, '_> {
    /// From an offset in linear memory, which is an object's supposed address, to where the object is.
    pub(super) fn data_location(&self) -> Option<Buffer> {
        let mut output = Buffer::new(self.plan.big_endian);
        output.u8(PUSH_OBJECT_ADDRESS);
        self.to_native(&mut output).ok()?;
        Some(output)
    }

    /// The memory that addresses of the module's debug information are in: the first.
    fn memory(&self) -> Result<MemoryPlace, Untranslatable> {
        self.plan.places.memories[self.module].first().copied().ok_or(Untranslatable)
    }

    /// From an offset in linear memory to an address.
    pub(super) fn to_native(&self, output: &mut Buffer) -> Result<(), Untranslatable> {
        let memory = self.memory()?;
        match memory.base {
            BaseStrategy::Fixed(base) => {
                output.u8(PLUS_UCONST);
                output.unsigned(base);
            }
            BaseStrategy::Descriptor => {
                self.push_base(memory, output);
                output.u8(PLUS);
            }
        }
        Ok(())
    }

    /// From an address to an offset in linear memory.
    pub(super) fn to_guest(&self, output: &mut Buffer) -> Result<(), Untranslatable> {
        let memory = self.memory()?;
        match memory.base {
            BaseStrategy::Fixed(base) => {
                output.u8(CONSTU);
                output.unsigned(base);
            }
            BaseStrategy::Descriptor => self.push_base(memory, output),
        }
        output.u8(MINUS);
        Ok(())
    }

    fn push_base(&self, memory: MemoryPlace, output: &mut Buffer) {
        output.u8(ADDR);
        let offset = memory.descriptor.offset as usize + wasmc_abi::instance::MemoryDescriptor::BASE;
        output.address(Target::Data(memory.descriptor.object), offset as u64);
        output.u8(DEREF);
    }

    fn pinned(&self) -> Result<ValuePlace, Untranslatable> {
        self.registers.pinned.map(ValuePlace::Register).ok_or(Untranslatable)
    }

    fn global(&self, index: u32) -> Result<GlobalPlace, Untranslatable> {
        self.plan.places.globals[self.module].get(index as usize).copied().ok_or(Untranslatable)
    }

    /// The location of a global.
    pub(super) fn global_location(&self, index: u32, output: &mut Buffer) -> Result<(), Untranslatable> {
        match self.global(index)? {
            GlobalPlace::Slot(slot) | GlobalPlace::ConstantInSlot(_, slot) => {
                self.registers.push_slot(&self.plan.places, slot, output)
            }
            GlobalPlace::Register => {
                self.registers.value_in(self.pinned()?, output);
                Ok(())
            }
            GlobalPlace::Constant(_) => {
                self.push_global(index, output)?;
                output.u8(STACK_VALUE);
                Ok(())
            }
        }
    }

    /// Pushes a global's value.
    pub(super) fn push_global(&self, index: u32, output: &mut Buffer) -> Result<(), Untranslatable> {
        match self.global(index)? {
            GlobalPlace::Slot(slot) => {
                self.registers.push_slot(&self.plan.places, slot, output)?;
                output.u8(DEREF_SIZE);
                output.u8(self.encoding.address_size);
            }
            GlobalPlace::Register => self.registers.push_local(self.pinned()?, 4, output)?,
            GlobalPlace::Constant(ConstantValue::I32(value))
            | GlobalPlace::ConstantInSlot(ConstantValue::I32(value), _) => {
                output.u8(CONSTU);
                output.unsigned((value as u32).into());
            }
            _ => return Err(Untranslatable),
        }
        Ok(())
    }

    /// Bytes of a local.
    pub(super) fn local_size(&self, function: Option<&Function<'_>>, local: u32) -> Result<u8, Untranslatable> {
        let function = function.ok_or(Untranslatable)?;
        let module = &self.plan.modules[function.module];
        let ty = module.function_type(module.imported.functions + function.position as u32);
        let size = |ty| crate::translate::value_type(ty).bytes() as u8;
        if let Some(ty) = ty.params().get(local as usize) {
            return Ok(size(*ty));
        }
        let mut left = local - ty.params().len() as u32;
        let mut reader = module.bodies[function.position].code.get_locals_reader().map_err(|_| Untranslatable)?;
        for _ in 0..reader.get_count() {
            let (count, ty) = reader.read().map_err(|_| Untranslatable)?;
            match left.checked_sub(count) {
                Some(rest) => left = rest,
                None => return Ok(size(ty)),
            }
        }
        Err(Untranslatable)
    }
}

/// Ranges of the text section in which a subject has a place, in order: those that have a part in `code`, which is sorted.
pub(super) fn places_of_one(
    function: &Function<'_>,
    subject: Subject,
    code: &[Range<u32>],
) -> impl Iterator<Item = (Range<u32>, ValuePlace)> {
    let all = match &function.record.locals {
        Locals::Ranges(all) => all.as_slice(),
        Locals::Slots(_) => &[],
    };
    let (body, text) = (function.body, function.text.start);
    let start = all.partition_point(|range| (range.body, range.subject) < (body, subject));
    let own = all[start..].iter().take_while(move |range| (range.body, range.subject) == (body, subject));
    own.map(move |range| (text + range.start..text + range.end, range.place)).filter(|(part, _)| {
        let next = code.partition_point(|code| code.end <= part.start);
        code.get(next).is_some_and(|code| code.start < part.end)
    })
}

/// Ranges of the text section in which all of the subjects have a place, with their places: those that have a part in `code`,
/// which is sorted.
pub(super) fn places_of(
    function: &Function<'_>,
    subjects: &[Subject],
    code: &[Range<u32>],
) -> Vec<(Range<u32>, Vec<ValuePlace>)> {
    let mut found: Vec<(Range<u32>, Vec<ValuePlace>)> = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        let mut next = Vec::new();
        for (part, place) in places_of_one(function, *subject, code) {
            if number == 0 {
                next.push((part, vec![place]));
                continue;
            }
            for (other, places) in &found {
                let both = part.start.max(other.start)..part.end.min(other.end);
                if both.start < both.end {
                    next.push((both, places.iter().copied().chain([place]).collect()));
                }
            }
        }
        next.sort_by_key(|(range, _)| range.start);
        found = next;
    }
    found
}
