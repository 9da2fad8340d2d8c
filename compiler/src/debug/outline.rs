//! What is read of the modules' debug information before anything else: the entries of functions with code, which later passes go to
//! at once, and those that are left out, because they tell of nothing that is in the executable.
//!
//! These are functions that linkers threw away, or wasmc, and abstract ones (DWARF 5, 3.3.8.1) all of whose inlined instances are in
//! such functions: with all that is inside, but for those that anything else refers to, or into. LLVM's DWARFLinker (dsymutil)
//! keeps less: here, all that is outside of functions stays, so that types and names are found that nothing refers to.

use std::collections::hash_map::Entry;
use std::ops::Range;

use gimli::{DwForm, DwTag, Encoding, Reader as _, UnitOffset, constants as dw};
use rustc_hash::FxHashMap;

use super::addresses::{Bodies, is_dead};
use super::expression::Reader;
use super::lines::read_rows;
use super::units::{Dwarf, OpenUnit, Unit, Units};
use crate::module::Module;
use crate::plan::{self, Plan};
use crate::{Result, parallel};

/// All modules' debug information in outlines.
pub(crate) struct Outlines {
    /// `None` of modules without any.
    modules: Vec<Option<Vec<Outline>>>,
}

/// A unit's.
#[derive(Default)]
pub(super) struct Outline {
    /// In the order of their entries.
    pub functions: Vec<FunctionEntry>,
    /// Positions in the code section of functions with code that the unit describes, with or without an entry.
    described: Vec<usize>,
    /// Offsets in the unit of entries, and of what is behind them and their children; sorted.
    pub left_out: Vec<Range<u32>>,
}

/// An entry of a function with code.
pub(super) struct FunctionEntry {
    pub offset: UnitOffset,
    /// The position in the code section of its body.
    pub position: usize,
}

impl Outline {
    const NOTHING: &Outline = &Outline { functions: Vec::new(), described: Vec::new(), left_out: Vec::new() };
}

impl Outlines {
    /// Reads those of a program.
    pub fn of(plan: &Plan<'_>, jobs: usize) -> Result<Outlines> {
        let has_code = |module: usize, position: usize| plan.units.id(plan::Unit::Wasm { module, position }).is_some();
        Outlines::of_modules(&plan.modules, &has_code, jobs)
    }

    /// Reads those of modules, of which these functions have code.
    pub fn of_modules(
        modules: &[Module<'_>],
        has_code: &dyn Fn(usize, usize) -> bool,
        jobs: usize,
    ) -> Result<Outlines> {
        let mut outlines = Outlines { modules: Vec::with_capacity(modules.len()) };
        for (number, module) in modules.iter().enumerate() {
            let bodies = Bodies::of(module, |position| has_code(number, position));
            outlines.modules.push(match module.debug_section(".debug_info") {
                Some(_) => Some(outlines_of(&Units::of(module), &bodies, jobs)?),
                None => None,
            });
        }
        Ok(outlines)
    }

    /// Positions in the code section, sorted, of a module's functions with code that its debug information describes, if it has any.
    pub(super) fn described(&self, module: usize) -> Option<Vec<usize>> {
        let units = self.modules.get(module)?.as_ref()?;
        let mut described: Vec<usize> = units.iter().flat_map(|unit| &unit.described).copied().collect();
        described.sort_unstable();
        described.dedup();
        Some(described)
    }

    /// The outline of a module's unit with this number.
    pub(super) fn of_unit(&self, module: usize, unit: usize) -> &Outline {
        self.modules.get(module).and_then(|units| units.as_ref()?.get(unit)).unwrap_or(Outline::NOTHING)
    }
}

/// The number of what is outside of all candidates.
const OUTSIDE: u32 = u32::MAX;

/// A unit while it is found out what to leave out.
#[derive(Default)]
struct Draft {
    /// Where it begins in `.debug_info`, if units refer to its entries by offsets there.
    start: Option<usize>,
    functions: Vec<FunctionEntry>,
    described: Vec<usize>,
    /// Entries that may be left out; sorted.
    candidates: Vec<Candidate>,
    /// References from one candidate to another; sorted.
    inside: Vec<(u32, u32)>,
    /// References to other units, by offset in `.debug_info`, from a candidate or from outside; sorted.
    across: Vec<(u32, usize)>,
}

struct Candidate {
    range: Range<u32>,
    is_kept: bool,
}

fn outlines_of(units: &Units<'_>, bodies: &Bodies, jobs: usize) -> Result<Vec<Outline>> {
    let mut drafts = Vec::with_capacity(units.len());
    let read = |(): &mut (), number: usize| {
        let open = units.open(number).ok().filter(|open| !open.is_copy);
        Ok(open.map_or_else(Draft::default, |open| Scan::of(&open, bodies)))
    };
    parallel::in_order(
        units.len(),
        jobs,
        || (),
        read,
        |_, draft| {
            drafts.push(draft);
            Ok(())
        },
    )?;
    keep_across(&mut drafts);
    let outline = |draft: Draft| {
        let candidates = draft.candidates.into_iter().filter(|candidate| !candidate.is_kept);
        let left_out = candidates.map(|candidate| candidate.range).collect();
        Outline { functions: draft.functions, described: draft.described, left_out }
    };
    Ok(drafts.into_iter().map(outline).collect())
}

/// Keeps what other units refer to.
fn keep_across(drafts: &mut [Draft]) {
    let starts = drafts.iter().enumerate().filter_map(|(number, draft)| Some((draft.start?, number)));
    let mut starts: Vec<(usize, usize)> = starts.collect();
    starts.sort_unstable();
    // What is kept, whose references are not followed yet.
    let mut pending = Vec::new();
    for (number, draft) in drafts.iter().enumerate().filter(|(_, draft)| !draft.across.is_empty()) {
        let kept = (0..).zip(&draft.candidates).filter(|(_, candidate)| candidate.is_kept);
        pending.extend(kept.map(|(candidate, _)| (number, candidate)));
        pending.push((number, OUTSIDE));
    }
    while let Some((number, from)) = pending.pop() {
        for position in part(&drafts[number].across, from) {
            let target = drafts[number].across[position].1;
            let next = starts.partition_point(|(start, _)| *start <= target);
            let Some(&(start, other)) = next.checked_sub(1).map(|found| &starts[found]) else { continue };
            let Ok(target) = u32::try_from(target - start) else { continue };
            let draft = &mut drafts[other];
            if let Some(candidate) = draft.candidate_at(target) {
                draft.keep(candidate, &mut |kept| pending.push((other, kept)));
            }
        }
    }
}

/// Where in a sorted list of references those from a candidate are.
fn part<T>(references: &[(u32, T)], from: u32) -> Range<usize> {
    let start = references.partition_point(|(other, _)| *other < from);
    start..references.partition_point(|(other, _)| *other <= from)
}

impl Draft {
    /// The number of the candidate that an entry belongs to.
    fn candidate_at(&self, entry: u32) -> Option<u32> {
        let next = self.candidates.partition_point(|candidate| candidate.range.start <= entry);
        let found = next.checked_sub(1)?;
        (entry < self.candidates[found].range.end).then_some(found as u32)
    }

    /// Keeps a candidate, and those that it refers to in the unit; tells which are kept that were not.
    fn keep(&mut self, candidate: u32, tell: &mut dyn FnMut(u32)) {
        let mut pending = vec![candidate];
        while let Some(from) = pending.pop() {
            // In bounds: there is one for each number.
            if !std::mem::replace(&mut self.candidates[from as usize].is_kept, true) {
                tell(from);
                pending.extend(part(&self.inside, from).map(|position| self.inside[position].1));
            }
        }
    }
}

/// How to read entries with an abbreviation.
struct Shape {
    tag: DwTag,
    has_children: bool,
    /// It is a function that is abstract or says where its code is.
    is_abstract: bool,
    has_code: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Copy)]
enum Step {
    /// Over bytes.
    Skip(u32),
    /// Over a value whose form says how long it is.
    Value(DwForm),
    /// A reference to another entry, in this form.
    Reference(DwForm),
    /// The location of a variable, as an expression.
    Location(DwForm),
}

impl Shape {
    fn of(abbreviation: &gimli::Abbreviation, unit: &Unit<'_>) -> Shape {
        let tag = abbreviation.tag();
        let attributes = abbreviation.attributes();
        let has = |name| attributes.iter().any(|attribute| attribute.name() == name);
        let mut steps = Vec::new();
        for attribute in attributes {
            let (name, form) = (attribute.name(), attribute.form());
            // Calls are not carried over: see `unit.rs`. Where an entry ends is no reference to what follows it.
            let is_reference = name != dw::DW_AT_sibling
                && !matches!(tag, dw::DW_TAG_call_site | dw::DW_TAG_GNU_call_site)
                && is_reference(form);
            let is_location = tag == dw::DW_TAG_variable
                && name == dw::DW_AT_location
                && matches!(form, dw::DW_FORM_exprloc | dw::DW_FORM_block1 | dw::DW_FORM_block);
            let step = match attribute.size(&unit.header) {
                _ if is_reference => Step::Reference(form),
                _ if is_location => Step::Location(form),
                Some(size) => Step::Skip(size as u32),
                None => Step::Value(form),
            };
            match (steps.last_mut(), step) {
                (Some(Step::Skip(sum)), Step::Skip(size)) => *sum += size,
                _ => steps.push(step),
            }
        }
        let is_function = tag == dw::DW_TAG_subprogram;
        Shape {
            tag,
            has_children: abbreviation.has_children(),
            is_abstract: is_function && has(dw::DW_AT_inline),
            has_code: is_function && (has(dw::DW_AT_low_pc) || has(dw::DW_AT_ranges)),
            steps,
        }
    }
}

/// Whether values in a form refer to entries of the unit, or of others by offset.
fn is_reference(form: DwForm) -> bool {
    matches!(
        form,
        dw::DW_FORM_ref1
            | dw::DW_FORM_ref2
            | dw::DW_FORM_ref4
            | dw::DW_FORM_ref8
            | dw::DW_FORM_ref_udata
            | dw::DW_FORM_ref_addr
    )
}

/// What is around entries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// The unit and namespaces.
    Namespaces,
    Function,
    /// A type, for one: functions in it are parts of it.
    Other,
}

/// A unit while it is read.
struct Scan<'s, 'a> {
    dwarf: &'s Dwarf<'a>,
    unit: &'s Unit<'a>,
    bodies: &'s Bodies,
    /// Other units have no part in its references.
    is_alone: bool,
    encoding: Encoding,
    /// References in the unit: from a candidate or from outside, to an entry.
    references: Vec<(u32, u32)>,
    /// Candidates that are kept for what is in them.
    kept: Vec<u32>,
    draft: Draft,
}

impl<'s, 'a> Scan<'s, 'a> {
    fn of(open: &'s OpenUnit<'_, 'a>, bodies: &'s Bodies) -> Draft {
        let is_alone = open.file.is_some();
        let start = open.unit.header.debug_info_offset().filter(|_| !is_alone).map(|start| start.0);
        let mut scan = Scan {
            dwarf: open.dwarf,
            unit: &open.unit,
            bodies,
            is_alone,
            encoding: open.unit.encoding(),
            references: Vec::new(),
            kept: Vec::new(),
            draft: Draft { start, ..Draft::default() },
        };
        let is_whole = scan.entries().is_ok();
        let Scan { references, mut kept, mut draft, .. } = scan;
        if !is_whole {
            // What is behind the damage might refer to any.
            draft.candidates.clear();
            kept.clear();
        }
        draft.described = described(open, bodies, &draft.functions);
        draft.across.sort_unstable();
        for (from, to) in references {
            match draft.candidate_at(to) {
                Some(to) if from == OUTSIDE => kept.push(to),
                Some(to) if from != to => draft.inside.push((from, to)),
                _ => {}
            }
        }
        draft.inside.sort_unstable();
        draft.inside.dedup();
        kept.into_iter().for_each(|number| draft.keep(number, &mut |_| {}));
        draft
    }

    fn entries(&mut self) -> gimli::Result<()> {
        let (unit, encoding) = (self.unit, self.encoding);
        let root = unit.header.root_offset();
        let all = unit.header.range_from(root..)?;
        let mut reader = all;
        let mut shapes: FxHashMap<u64, Shape> = FxHashMap::default();
        let mut around: Vec<Around> = Vec::new();
        // The candidate that is being read, and how many entries are around it.
        let mut candidate: Option<(u32, usize)> = None;
        while !reader.is_empty() {
            let offset = (root.0 + reader.offset_from(all)) as u32;
            let code = reader.read_uleb128()?;
            if code == 0 {
                around.pop();
                if around.is_empty() {
                    break;
                }
                self.close(&mut candidate, around.len(), offset + 1);
                continue;
            }
            let shape = match shapes.entry(code) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let abbreviation = unit.abbreviations.get(code);
                    let abbreviation = abbreviation.ok_or(gimli::Error::InvalidAbbreviationCode(code))?;
                    place.insert(Shape::of(abbreviation, unit))
                }
            };
            let (tag, has_children) = (shape.tag, shape.has_children);
            if shape.has_code || shape.is_abstract {
                let position = if shape.has_code { self.function(UnitOffset(offset as usize))? } else { None };
                if let Some(position) = position {
                    self.draft.functions.push(FunctionEntry { offset: UnitOffset(offset as usize), position });
                }
                match candidate {
                    // What is around it stays.
                    Some((number, _)) => self.kept.extend(position.map(|_| number)),
                    None if position.is_none() && around.iter().all(|around| *around == Around::Namespaces) => {
                        candidate = Some((self.draft.candidates.len() as u32, around.len()));
                        self.draft.candidates.push(Candidate { range: offset..offset, is_kept: false });
                    }
                    None => {}
                }
            }
            let from = candidate.map_or(OUTSIDE, |(number, _)| number);
            for step in &shape.steps {
                match *step {
                    Step::Skip(size) => reader.skip(size as usize)?,
                    Step::Value(form) => skip(form, &mut reader)?,
                    Step::Reference(dw::DW_FORM_ref4) => self.references.push((from, reader.read_u32()?)),
                    Step::Reference(dw::DW_FORM_ref_addr) => {
                        let target = match encoding.version {
                            2 => reader.read_address(encoding.address_size)? as usize,
                            _ => reader.read_offset(encoding.format)?,
                        };
                        match unit.header.debug_info_offset().filter(|_| self.is_alone) {
                            Some(start) => self.references.push((from, target.saturating_sub(start.0) as u32)),
                            None => self.draft.across.push((from, target)),
                        }
                    }
                    Step::Reference(form) => {
                        let target = match form {
                            dw::DW_FORM_ref1 => reader.read_u8()?.into(),
                            dw::DW_FORM_ref2 => reader.read_u16()?.into(),
                            dw::DW_FORM_ref8 => reader.read_u64()?,
                            _ => reader.read_uleb128()?,
                        };
                        self.references.push((from, target as u32));
                    }
                    Step::Location(form) => {
                        let length = match form {
                            dw::DW_FORM_block1 => reader.read_u8()?.into(),
                            _ => reader.read_uleb128()?,
                        };
                        let expression = reader.split(length as usize)?;
                        if let Some((number, _)) = candidate
                            && is_in_memory(expression, encoding)
                        {
                            self.kept.push(number);
                        }
                    }
                }
            }
            if has_children {
                around.push(match tag {
                    dw::DW_TAG_subprogram => Around::Function,
                    dw::DW_TAG_compile_unit
                    | dw::DW_TAG_partial_unit
                    | dw::DW_TAG_type_unit
                    | dw::DW_TAG_namespace
                    | dw::DW_TAG_module => Around::Namespaces,
                    _ => Around::Other,
                });
            } else {
                let end = (root.0 + reader.offset_from(all)) as u32;
                self.close(&mut candidate, around.len(), end);
                if around.is_empty() {
                    break;
                }
            }
        }
        // Damage has hidden its end.
        self.kept.extend(candidate.map(|(number, _)| number));
        Ok(())
    }

    /// Ends the candidate, if it is the entry that ends with so many around it.
    fn close(&mut self, candidate: &mut Option<(u32, usize)>, around: usize, end: u32) {
        if let Some((number, _)) = candidate.take_if(|(_, depth)| *depth == around) {
            self.draft.candidates[number as usize].range.end = end;
        }
    }

    /// The position in the code section of the function that an entry tells of, if it has code.
    fn function(&self, entry: UnitOffset) -> gimli::Result<Option<usize>> {
        let mut reader = self.unit.entries_raw(Some(entry))?;
        let Some(abbreviation) = reader.read_abbreviation()? else { return Ok(None) };
        for specification in abbreviation.attributes() {
            let attribute = reader.read_attribute(*specification)?;
            let address = match attribute.name() {
                dw::DW_AT_low_pc => self.dwarf.attr_address(self.unit, attribute.value())?,
                dw::DW_AT_ranges => match self.dwarf.attr_ranges(self.unit, attribute.value())? {
                    Some(mut ranges) => ranges.next()?.map(|range| range.begin),
                    None => None,
                },
                _ => None,
            };
            if let Some(position) = address.and_then(|address| self.bodies.position_from(address)) {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }
}

/// The positions in the code section of functions that a unit describes: those of its entries, and all in its ranges, or, where it says
/// none, with lines.
fn described(open: &OpenUnit<'_, '_>, bodies: &Bodies, functions: &[FunctionEntry]) -> Vec<usize> {
    let mut found: Vec<usize> = functions.iter().map(|function| function.position).collect();
    let unit = open.skeleton.as_ref().unwrap_or(&open.unit);
    let mut has_ranges = false;
    if let Ok(mut ranges) = open.lines.unit_ranges(unit) {
        while let Ok(Some(range)) = ranges.next() {
            has_ranges |= !is_dead(range.begin);
            found.extend(bodies.positions_in(&(range.begin..range.end)));
        }
    }
    // Units of types have none, and the line tables of others.
    let is_of_type = matches!(unit.header.type_(), gimli::UnitType::Type { .. } | gimli::UnitType::SplitType { .. });
    if !has_ranges && !is_of_type {
        let rows = read_rows(unit);
        found.extend(rows.iter().filter_map(|row| Some(bodies.at(row.address.into())?.0)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether an expression is an address in linear memory of something that is there.
fn is_in_memory(mut expression: Reader<'_>, encoding: Encoding) -> bool {
    match expression.read_u8().map(gimli::DwOp) {
        Ok(dw::DW_OP_addr) => expression.read_address(encoding.address_size).is_ok_and(|address| {
            // What linkers write for what they threw away (LLVM: from -1 down, by kind of section).
            !is_dead(address) && address < u64::from(u32::MAX - 1)
        }),
        Ok(dw::DW_OP_addrx | dw::DW_OP_GNU_addr_index) => true,
        _ => false,
    }
}

/// Reads over a value of no fixed size (DWARF 5, 7.5.6).
fn skip(form: DwForm, reader: &mut Reader<'_>) -> gimli::Result<()> {
    let length = match form {
        dw::DW_FORM_block1 => reader.read_u8()?.into(),
        dw::DW_FORM_block2 => reader.read_u16()?.into(),
        dw::DW_FORM_block4 => reader.read_u32()?.into(),
        dw::DW_FORM_block | dw::DW_FORM_exprloc => reader.read_uleb128()?,
        dw::DW_FORM_string => return reader.read_null_terminated_slice().map(drop),
        dw::DW_FORM_udata
        | dw::DW_FORM_sdata
        | dw::DW_FORM_ref_udata
        | dw::DW_FORM_strx
        | dw::DW_FORM_addrx
        | dw::DW_FORM_loclistx
        | dw::DW_FORM_rnglistx
        | dw::DW_FORM_GNU_addr_index
        | dw::DW_FORM_GNU_str_index => return reader.skip_leb128(),
        // `DW_FORM_indirect` may be a reference, and nothing in use has it: such units are told as they are.
        _ => return Err(gimli::Error::UnknownForm(form)),
    };
    reader.skip(length as usize)
}
