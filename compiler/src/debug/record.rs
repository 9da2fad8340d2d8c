//! What code generation remembers of a function for its debug information: which instruction came from where, and where
//! the locals are.

use cranelift_codegen::ir::{Function, Value, ValueLabelAssignments};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{CompiledCode, LabelValueLoc};

use crate::codegen::{signed_leb128, unsigned_leb128};
use crate::translate::{InlinedBody, place_in_unit};

/// Where machine code of one function came from.
pub(crate) struct Record {
    /// Pairs of LEB128 numbers: unsigned distance in the machine code to the pair before, signed distance in the body.
    /// Each holds for the code up to the next.
    origins: Vec<u8>,
    pub locals: Locals,
}

/// Where the locals of a function are.
pub(crate) enum Locals {
    /// Each in a place of its own: its distance from the frame pointer in bytes. None for those without a place.
    Slots(Vec<Option<i32>>),
    /// Those that debug information may ask for, sorted by local and address.
    Ranges(Vec<LocalRange>),
}

/// A local's value is in one place for some instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocalRange {
    pub local: u32,
    /// Offsets in the function's machine code.
    pub start: u32,
    pub end: u32,
    pub place: ValuePlace,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ValuePlace {
    /// A register, by its number in DWARF.
    Register(u16),
    /// Bytes from the canonical frame address.
    Frame(i32),
    /// Bytes from the frame pointer.
    FramePointer(i32),
}

impl Record {
    /// Takes from compiled code what debug information needs; inlined bodies count as their calls.
    pub fn of(compiled: &CompiledCode, isa: &dyn TargetIsa, inlined: &[InlinedBody]) -> Record {
        let mut origins = Vec::new();
        let (mut native, mut wasm) = (0, 0);
        let mut last = None;
        for location in compiled.buffer.get_srclocs_sorted() {
            if location.loc.is_default() {
                continue;
            }
            let loc = place_in_unit(inlined, location.loc.bits());
            if last == Some(loc) {
                continue;
            }
            last = Some(loc);
            unsigned_leb128(&mut origins, u64::from(location.start - native));
            signed_leb128(&mut origins, i64::from(loc) - wasm);
            (native, wasm) = (location.start, i64::from(loc));
        }
        Record { origins, locals: locals(compiled, isa) }
    }

    /// Offsets in the machine code, ascending, and in the body: what holds from there up to the next.
    pub fn origins(&self) -> Origins<'_> {
        Origins { bytes: &self.origins, native: 0, wasm: 0 }
    }
}

/// Has values bear the labels of those that are but other names of them, which Cranelift forgets as it optimises.
pub(crate) fn label_originals(function: &mut Function) {
    let Some(mut labels) = function.dfg.values_labels.take() else { return };
    let aliases: Vec<Value> = labels.keys().copied().filter(|value| !function.dfg.value_is_real(*value)).collect();
    for alias in aliases {
        let original = function.dfg.resolve_aliases(alias);
        if let Some(ValueLabelAssignments::Starts(own)) = labels.remove(&alias) {
            match labels.entry(original).or_insert_with(|| ValueLabelAssignments::Starts(Vec::new())) {
                ValueLabelAssignments::Starts(starts) => starts.extend(own),
                ValueLabelAssignments::Alias { .. } => {}
            }
        }
    }
    function.dfg.values_labels = Some(labels);
}

fn locals(compiled: &CompiledCode, isa: &dyn TargetIsa) -> Locals {
    if let Some(frame) = compiled.buffer.frame_layout() {
        let mut slots = Vec::new();
        for slot in frame.stackslots.values() {
            if let Some(key) = slot.key {
                let local = key.bits() as usize;
                if slots.len() <= local {
                    slots.resize(local + 1, None);
                }
                slots[local] = Some(slot.offset as i32 - frame.frame_to_fp_offset as i32);
            }
        }
        if !slots.is_empty() {
            return Locals::Slots(slots);
        }
    }
    let mut ranges: Vec<LocalRange> = Vec::new();
    for (label, found) in &compiled.value_labels_ranges {
        for range in found {
            let place = match range.loc {
                LabelValueLoc::Reg(register) => match isa.map_regalloc_reg_to_dwarf(register) {
                    Ok(number) => ValuePlace::Register(number),
                    Err(_) => continue,
                },
                LabelValueLoc::CFAOffset(offset) => ValuePlace::Frame(offset as i32),
            };
            if range.start < range.end {
                ranges.push(LocalRange { local: label.as_u32(), start: range.start, end: range.end, place });
            }
        }
    }
    ranges.sort_unstable();
    Locals::Ranges(ranges)
}

/// See [`Record::origins`].
pub(crate) struct Origins<'r> {
    bytes: &'r [u8],
    native: u32,
    wasm: u32,
}

impl Iterator for Origins<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let mut reader = gimli::EndianSlice::new(self.bytes, gimli::LittleEndian);
        let native = gimli::Reader::read_uleb128(&mut reader).ok()?;
        let wasm = gimli::Reader::read_sleb128(&mut reader).ok()?;
        self.bytes = reader.slice();
        self.native += native as u32;
        self.wasm = self.wasm.wrapping_add_signed(wasm as i32);
        Some((self.native, self.wasm))
    }
}
