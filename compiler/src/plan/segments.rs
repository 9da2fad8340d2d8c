//! Element and data segments: laid down before the program starts where that is known to succeed, else copied by the
//! module's initialisation code.

use std::borrow::Cow;

use super::data::{DataId, DataObject, DataObjects, Placement, StructureWriter, Target};
use super::definitions::{Definitions, Owner};
use super::places::{Places, Slot, TablePlace};
use super::records::FunctionRecords;
use super::values::{ConstantValue, GlobalValues};
use crate::module::{Module, SegmentMode};

/// The contents of a segment, for `table.init`, `memory.init` and initialisation code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentContents {
    /// `None` where nothing copies from it.
    pub object: Option<DataId>,
    /// Elements or bytes.
    pub length: u64,
    /// Some elements are written by the initialisation code.
    pub is_dynamic: bool,
}

/// A copy that initialisation code makes, with bounds checks, in this order (wasm spec 4.5.4).
#[derive(Clone, Copy, Debug)]
pub(crate) enum InitialCopy {
    /// Fills a table with the value of its initialiser.
    FillTable {
        table: u32,
    },
    Elements {
        table: u32,
        segment: usize,
        offset: u64,
    },
    Data {
        memory: u32,
        segment: usize,
        offset: u64,
    },
}

/// Part of a memory's initial contents, laid down before any code runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    pub memory: Slot,
    /// In bytes from the memory's start.
    pub offset: u64,
    pub object: DataId,
    pub length: u64,
    /// Whole pages, which the runtime library may move.
    pub movable: bool,
}

/// The segments of a program, by module.
#[derive(Default)]
pub(crate) struct Segments {
    pub elements: Vec<Vec<SegmentContents>>,
    pub data: Vec<Vec<SegmentContents>>,
    pub copies: Vec<Vec<InitialCopy>>,
    pub images: Vec<Image>,
}

/// Images of at least this size are page-aligned, so that their pages can be moved instead of copied.
const WORTH_MOVING: u64 = 64 << 10;
/// Unit in which pages move, in bytes.
const PAGE: u64 = 4096;

pub(super) struct Context<'p, 'a> {
    pub modules: &'p [Module<'a>],
    pub definitions: &'p Definitions,
    pub values: &'p GlobalValues,
    pub places: &'p Places,
    pub records: &'p FunctionRecords,
    pub big_endian: bool,
}

pub(super) fn plan<'a>(context: &Context<'_, 'a>, data: &mut DataObjects<'a>) -> Segments {
    let mut segments = Segments::default();
    for number in 0..context.modules.len() {
        let mut copies = Vec::new();
        fill_tables(context, number, &mut copies);
        let elements = element_segments(context, number, data, &mut copies);
        segments.elements.push(elements);
        let contents = data_segments(context, number, data, &mut copies, &mut segments.images);
        segments.data.push(contents);
        segments.copies.push(copies);
    }
    segments
}

fn fill_tables(context: &Context<'_, '_>, number: usize, copies: &mut Vec<InitialCopy>) {
    for (index, table) in context.modules[number].tables.iter().enumerate() {
        if let (Some(_), TablePlace::Dynamic(_)) = (&table.init, context.places.tables[number][index]) {
            copies.push(InitialCopy::FillTable { table: index as u32 });
        }
    }
}

fn element_segments(
    context: &Context<'_, '_>,
    number: usize,
    data: &mut DataObjects<'_>,
    copies: &mut Vec<InitialCopy>,
) -> Vec<SegmentContents> {
    let module = &context.modules[number];
    let mut planned = Vec::with_capacity(module.elements.len());
    for (segment, element) in module.elements.iter().enumerate() {
        let copied = match &element.mode {
            SegmentMode::Passive => true,
            SegmentMode::Declarative => false,
            SegmentMode::Active { index, offset } => {
                let dynamic = matches!(context.places.tables[number][*index as usize], TablePlace::Dynamic(_));
                if dynamic {
                    let offset = context.values.of(number, offset, context.definitions).unsigned();
                    copies.push(InitialCopy::Elements { table: *index, segment, offset });
                }
                dynamic
            }
        };
        let mut is_dynamic = false;
        let object = (copied && !element.items.is_empty()).then(|| {
            let mut writer = StructureWriter::new(context.big_endian);
            for item in &element.items {
                match context.values.of(number, item, context.definitions) {
                    ConstantValue::Function(definition) => {
                        let (records, addend) = context.records.address(definition);
                        writer.address(Target::Data(records), addend);
                    }
                    ConstantValue::Reference(bits) => writer.u64(bits),
                    value => {
                        is_dynamic |= value == ConstantValue::Dynamic;
                        writer.u64(0);
                    }
                }
            }
            let symbol = format!("{}.elements{segment}", module.name);
            data.add(if is_dynamic {
                writer.finish_in(symbol, Placement::Writable, 8)
            } else {
                writer.finish(symbol, 8)
            })
        });
        planned.push(SegmentContents { object, length: element.items.len() as u64, is_dynamic });
    }
    planned
}

fn data_segments<'a>(
    context: &Context<'_, 'a>,
    number: usize,
    data: &mut DataObjects<'a>,
    copies: &mut Vec<InitialCopy>,
    images: &mut Vec<Image>,
) -> Vec<SegmentContents> {
    let module = &context.modules[number];
    // If any segment may not fit, those before it must still be visible to others: all are copied in order. So they are by
    // each thread, which is an instance of its own.
    let laid_down = context.places.block.is_none()
        && module.data.iter().all(|segment| match &segment.mode {
            SegmentMode::Active { index, offset } => {
                let own = context.definitions.memory(number, *index) == Owner { module: number, index: *index };
                let start = context.values.of(number, offset, context.definitions).unsigned();
                let end = start.checked_add(segment.bytes.len() as u64);
                own && end.is_some_and(|end| end <= context.places.memories[number][*index as usize].initial)
            }
            _ => true,
        });
    let mut planned = Vec::with_capacity(module.data.len());
    let mut pieces: Vec<Vec<(u64, &'a [u8])>> = vec![Vec::new(); module.memories.len()];
    for (segment, contents) in module.data.iter().enumerate() {
        let copied = match &contents.mode {
            SegmentMode::Passive | SegmentMode::Declarative => true,
            SegmentMode::Active { index, offset } => {
                let offset = context.values.of(number, offset, context.definitions).unsigned();
                if laid_down {
                    if !contents.bytes.is_empty() {
                        pieces[*index as usize].push((offset, contents.bytes));
                    }
                } else {
                    copies.push(InitialCopy::Data { memory: *index, segment, offset });
                }
                !laid_down
            }
        };
        let object = (copied && !contents.bytes.is_empty()).then(|| {
            let symbol = format!("{}.data{segment}", module.name);
            data.add(DataObject::new(symbol, Placement::ReadOnly, 16, Cow::Borrowed(contents.bytes)))
        });
        planned.push(SegmentContents { object, length: contents.bytes.len() as u64, is_dynamic: false });
    }
    for (memory, pieces) in pieces.iter().enumerate() {
        let place = context.places.memories[number][memory];
        lay_down(&module.name, memory, place.descriptor, place.initial, pieces, data, images);
    }
    planned
}

/// Turns the active segments of a memory into images.
fn lay_down<'a>(
    module: &str,
    memory: usize,
    descriptor: Slot,
    initial: u64,
    pieces: &[(u64, &'a [u8])],
    data: &mut DataObjects<'a>,
    images: &mut Vec<Image>,
) {
    let total: u64 = pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let start = pieces.iter().map(|&(offset, _)| offset).min().unwrap_or(0) / PAGE * PAGE;
    let end = pieces.iter().map(|(offset, bytes)| offset + bytes.len() as u64).max().unwrap_or(0);
    let end = end.next_multiple_of(PAGE);
    if total >= WORTH_MOVING && end <= initial && end - start <= 2 * total {
        let mut whole = vec![0; (end - start) as usize];
        for &(offset, bytes) in pieces {
            let at = (offset - start) as usize;
            whole[at..at + bytes.len()].copy_from_slice(bytes);
        }
        let symbol = format!("{module}.memory{memory}.image");
        let object = data.add(DataObject::new(symbol, Placement::Image, PAGE, Cow::Owned(whole)));
        images.push(Image { memory: descriptor, offset: start, object, length: end - start, movable: true });
        return;
    }
    for (position, &(offset, bytes)) in pieces.iter().enumerate() {
        let symbol = format!("{module}.memory{memory}.image{position}");
        let object = data.add(DataObject::new(symbol, Placement::ReadOnly, 1, Cow::Borrowed(bytes)));
        images.push(Image { memory: descriptor, offset, object, length: bytes.len() as u64, movable: false });
    }
}
