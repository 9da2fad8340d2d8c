//! Translates one unit: its tree of entries. Their attributes: `attribute.rs`, `location.rs`, `ranges.rs`; the calls that wasmc
//! inlined: `inlined.rs`.
//!
//! An attribute or entry that cannot be carried over is left out alone, and counted.

use std::ops::Range;
use std::rc::Rc;

use gimli::{AttributeValue, DwAt, DwForm, DwTag, Reader as _, UnitOffset, UnitType, constants as dw};
use rustc_hash::FxHashMap;

use super::abbreviations::Abbreviations;
use super::addresses::{Addresses, Function, Spans};
use super::attribute::is_pointer;
use super::callees::Callees;
use super::expression::{Context, Reader};
use super::inlined::{Calls, Inlined};
use super::lines::{self, Row};
use super::lists::Lists;
use super::location::constant_location;
use super::outline::Outline;
use super::plain::Plain;
use super::pointees::signature_of_pointee;
use super::pointers::{Pointers, is_virtual};
use super::selection;
use super::strings;
use super::writer::{Buffer, Part};

/// What a unit became.
#[derive(Default)]
pub(super) struct TranslatedUnit {
    pub info: Buffer,
    pub abbreviations: Buffer,
    pub lines: Option<Buffer>,
    pub location_lists: Buffer,
    pub range_lists: Buffer,
    /// Places in `info` that refer to entries of other units.
    pub references: Vec<(u32, Reference)>,
    /// Old and new offsets of entries that other units may refer to: old ones in the input's section, new ones in `info`.
    pub entries: Vec<(u32, u32)>,
    /// The same of abstract entries that were added: old offsets of the functions' own.
    pub abstracts: Vec<(u32, u32)>,
    pub dropped: Dropped,
    /// Functions that nothing is told of, since they have no code.
    pub without_code: usize,
}

/// What a unit refers to in another, by its offset in the input's section.
#[derive(Clone, Copy)]
pub(super) enum Reference {
    Entry(u32),
    /// The abstract entry that was added for a function.
    Abstract(u32),
}

/// How much was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub entries: usize,
    pub attributes: usize,
    pub units: usize,
}

impl Dropped {
    /// Adds other counts.
    pub fn add(&mut self, other: Dropped) {
        self.entries += other.entries;
        self.attributes += other.attributes;
        self.units += other.units;
    }
}

/// What units are translated with.
pub(super) struct Environment<'e, 'a> {
    /// The unit's.
    pub number: usize,
    pub outline: &'e Outline,
    pub callees: &'e Callees<'e, 'a>,
    /// Other units whose functions are inlined into this one's.
    pub others: FxHashMap<usize, Environment<'e, 'a>>,
    pub dwarf: &'e gimli::Dwarf<Reader<'a>>,
    /// What line tables are read with.
    pub lines: &'e gimli::Dwarf<Reader<'a>>,
    /// What the module says of the unit, where that is in another file.
    pub skeleton: Option<&'e gimli::Unit<Reader<'a>>>,
    /// The unit is that of a type as pointers lead to it.
    pub is_copy: bool,
    pub addresses: &'e Addresses<'e>,
    pub context: Context<'e, 'a>,
    /// The unit is in the module itself, not in a file beside it.
    pub is_in_module: bool,
    /// Units refer to one another by offset.
    pub has_references: bool,
    /// Only what stack traces tell: see `selection.rs`.
    pub lines_only: bool,
    /// Pointers are written as lldb understands them: see `pointers.rs`.
    pub for_lldb: bool,
    pub map_path: &'e (dyn Fn(&[u8]) -> Vec<u8> + Sync),
    pub big_endian: bool,
}

impl Environment<'_, '_> {
    /// How many files the unit's line table has.
    pub fn own_files(&self) -> u32 {
        let header = self.context.unit.line_program.as_ref().map(|program| program.header());
        // Before version 5, the first has number 1.
        header.map_or(0, |header| header.file_names().len() as u32 + u32::from(header.version() < 5))
    }
}

pub(super) type Value<'a> = AttributeValue<Reader<'a>>;

/// An attribute's name and form, and what of its value stands in the abbreviation.
pub(super) type Specification = (DwAt, DwForm);

/// An entry whose children are being read.
pub(super) struct Open<'e> {
    /// Its place in the text section, if it or an entry around it is a function.
    pub(super) function: Option<Rc<Function<'e>>>,
    /// The calls that wasmc inlined, and whose entries come at the end of this one's children.
    pub(super) calls: Calls,
    /// Entries inside a function that has no code have no location.
    pub(super) dead: bool,
    /// Its own offset in the input's `.debug_info`.
    pub(super) entry: u32,
    /// It is a variable that refers to another.
    pub(super) is_reference: bool,
    /// It is a variable that is a pointer of the process: see `pointers.rs`.
    pub(super) is_native: bool,
    /// It is a function that is declared only.
    pub(super) is_declared: bool,
    /// The code of the entry, or of the one around; `None` where any may be inside.
    pub(super) spans: Option<Rc<[Range<u32>]>>,
    /// The full name of what is inside begins with this, if there is such.
    pub(super) prefix: Option<Rc<str>>,
}

impl Open<'_> {
    /// Nothing is around.
    pub fn outside() -> Self {
        Open {
            function: None,
            calls: Calls::default(),
            dead: false,
            entry: 0,
            is_reference: false,
            is_native: false,
            is_declared: false,
            spans: None,
            prefix: None,
        }
    }
}

/// What a tree of entries is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tree {
    Unit,
    /// The function's entries once more, for a body that wasmc inlined.
    Inlined,
}

/// What a reference leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// An entry of this unit.
    Own,
    /// An entry of another unit.
    Other,
    /// The copy of a type as pointers lead to it, if there is one: see `pointees.rs`.
    Pointee,
    /// A pointer of the process, for one of the program: see `pointers.rs`.
    Native,
    /// The abstract entry of a function that wasmc inlined: see `inlined.rs`.
    Abstract,
    /// That of a function of another unit.
    OtherAbstract,
}

pub(super) struct Translator<'e, 'a> {
    /// Of the unit that is written.
    pub(super) home: &'e Environment<'e, 'a>,
    /// Of the one that is read: another where a function of it was inlined.
    pub(super) environment: &'e Environment<'e, 'a>,
    pub(super) unit: &'e gimli::Unit<Reader<'a>>,
    pub(super) output: TranslatedUnit,
    /// Old offsets of types that pointers lead to.
    pub(super) wanted_pointees: Vec<u32>,
    /// Old offsets of those that are written, and the copies' offsets.
    pub(super) pointees: FxHashMap<u32, u32>,
    pub(super) pointers: Pointers,
    /// Full names of types inside others or in namespaces, by old offset: what they begin with, and the types' own names. Few are
    /// asked for.
    pub(super) full_names: FxHashMap<u32, (Rc<str>, Reader<'a>)>,
    abbreviations: Abbreviations,
    /// How to copy entries, by their abbreviation's number in the input.
    pub(super) plain: FxHashMap<u64, Option<Rc<Plain>>>,
    /// Room for the parts of an entry, used again for each.
    pub(super) scratch: Scratch,
    pub(super) spans: Spans,
    pub(super) inlined: Inlined,
    /// The unit's.
    pub(super) rows: Vec<Row>,
    pub(super) locations: Lists,
    pub(super) ranges: Lists,
    /// Room for a place in an expression, used again for each.
    pub(super) place: Buffer,
    /// Old and new offsets in the unit of all entries so far.
    pub(super) moved: Vec<(u32, u32)>,
    /// Places that refer to entries of this unit, by old offset.
    pub(super) own_references: Vec<(u32, u32, Link)>,
}

/// An entry while it is put together.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) specifications: Vec<Specification>,
    pub(super) values: Buffer,
    pub(super) references: Vec<(u32, u32, Link)>,
}

/// Translates a unit.
pub(super) fn translate(environment: &Environment<'_, '_>) -> Result<TranslatedUnit, gimli::Error> {
    let unit = environment.context.unit;
    let mut translator = Translator {
        home: environment,
        environment,
        unit,
        output: TranslatedUnit::default(),
        wanted_pointees: Vec::new(),
        pointees: FxHashMap::default(),
        pointers: Pointers::default(),
        full_names: FxHashMap::default(),
        abbreviations: Abbreviations::new(),
        plain: FxHashMap::default(),
        scratch: Scratch::default(),
        spans: Spans::default(),
        inlined: Inlined::default(),
        rows: lines::read_rows(unit),
        locations: Lists::default(),
        ranges: Lists::default(),
        place: Buffer::default(),
        moved: Vec::new(),
        own_references: Vec::new(),
    };
    translator.output.info = Buffer::new(environment.big_endian);
    translator.output.abbreviations = Buffer::new(environment.big_endian);
    translator.header();
    translator.entries(unit.header.root_offset(), Tree::Unit, Vec::new());
    Ok(translator.finish())
}

impl<'e, 'a> Translator<'e, 'a> {
    /// The unit's header (DWARF 5, 7.5.1).
    fn header(&mut self) {
        let info = &mut self.output.info;
        info.u32(0);
        info.u16(5);
        let (kind, signature) = match self.unit.header.type_() {
            UnitType::Type { type_signature, type_offset } | UnitType::SplitType { type_signature, type_offset } => {
                (dw::DW_UT_type, Some((type_signature, type_offset)))
            }
            UnitType::Partial => (dw::DW_UT_partial, None),
            _ => (dw::DW_UT_compile, None),
        };
        info.u8(kind.0);
        info.u8(8);
        info.offset(Part::Abbreviations, 0);
        if let Some((signature, offset)) = signature {
            let is_copy = self.environment.is_copy;
            info.u64(if is_copy { signature_of_pointee(signature) } else { signature.0 });
            let link = if is_copy { Link::Pointee } else { Link::Own };
            self.own_references.push((info.position(), offset.0 as u32, link));
            info.u32(0);
            if is_copy {
                self.wanted_pointees.push(offset.0 as u32);
            }
        }
    }

    /// Writes the entries from an offset on, up to the end of those that are `open`, or of the first one.
    pub(super) fn entries(&mut self, start: UnitOffset, tree: Tree, mut open: Vec<Open<'e>>) {
        let mut left_out = if tree == Tree::Unit { self.home.outline.left_out.as_slice() } else { &[] };
        // How many entries are open that are left out with what is inside.
        let mut skipped = 0_usize;
        let mut attributes = Vec::new();
        let mut reader = self.read_from(start).unwrap_or_default();
        let all = reader;
        while !reader.is_empty() {
            let offset = UnitOffset(start.0 + reader.offset_from(all));
            if let Some((first, rest)) = left_out.split_first()
                && first.start as usize <= offset.0
            {
                left_out = rest;
                reader = self.read_from(UnitOffset(first.end as usize)).unwrap_or_default();
                continue;
            }
            let Ok(code) = reader.read_uleb128() else {
                self.output.dropped.entries += 1;
                break;
            };
            if code == 0 {
                // The end of an entry's children.
                match skipped.checked_sub(1) {
                    Some(outer) => skipped = outer,
                    None => self.close(&mut open, tree),
                }
                if open.is_empty() {
                    break;
                }
                continue;
            }
            if let (Tree::Unit, 0, Some(parent)) = (tree, skipped, open.last())
                && let Some(plain) = self.plain(code)
            {
                let mut behind = reader;
                if let Some(scope) = self.plain_entry(&plain, offset.0 as u32, &mut behind, parent) {
                    reader = behind;
                    open.extend(scope);
                    continue;
                }
            }
            let unit = self.unit;
            let Some((abbreviation, behind)) = read_attributes(unit, offset, &mut attributes) else {
                self.output.dropped.entries += 1;
                break;
            };
            reader = self.read_from(behind).unwrap_or_default();
            let tag = match abbreviation.tag() {
                // Without the entries that are elsewhere, it is all there is of the unit.
                dw::DW_TAG_skeleton_unit => dw::DW_TAG_compile_unit,
                tag => tag,
            };
            let has_children = abbreviation.has_children();
            if skipped != 0 {
                self.output.dropped.entries += usize::from(!self.environment.lines_only);
                skipped += usize::from(has_children);
                continue;
            }
            if self.environment.lines_only {
                if !selection::has_functions(tag) {
                    skipped = has_children.into();
                    continue;
                }
                attributes.retain(|attribute| selection::is_of_lines(attribute.name()));
            }
            if is_left_out(tag) || tree == Tree::Inlined && !is_of_instance(tag) {
                self.output.dropped.entries += 1;
                skipped = has_children.into();
                continue;
            }
            if self.has_structures() && is_pointer(tag) && !open.is_empty() {
                self.pointers.want(offset);
                skipped = has_children.into();
                continue;
            }
            let scope = self.entry(offset, tag, has_children, &attributes, open.last());
            if has_children {
                open.push(scope);
            } else {
                if !scope.calls.is_empty() {
                    self.inlined_calls(&scope);
                    self.output.info.u8(0);
                }
                if open.is_empty() {
                    break;
                }
            }
        }
        // Damage has hidden the ends.
        while !open.is_empty() {
            self.close(&mut open, tree);
        }
    }

    /// What the unit that is read holds from an entry on.
    fn read_from(&self, entry: UnitOffset) -> Option<Reader<'a>> {
        self.unit.header.range_from(entry..).ok()
    }

    /// Ends the children of the innermost entry.
    fn close(&mut self, open: &mut Vec<Open<'e>>, tree: Tree) {
        let Some(scope) = open.pop() else { return };
        self.inlined_calls(&scope);
        if open.is_empty() && tree == Tree::Unit {
            self.pointees();
            self.pointer_types();
        }
        self.output.info.u8(0);
    }

    /// Writes an entry.
    fn entry(
        &mut self,
        offset: UnitOffset,
        tag: DwTag,
        has_children: bool,
        attributes: &[gimli::Attribute<Reader<'a>>],
        parent: Option<&Open<'e>>,
    ) -> Open<'e> {
        let mut scope = Open {
            function: parent.and_then(|parent| parent.function.clone()),
            calls: Calls::default(),
            dead: parent.is_some_and(|parent| parent.dead),
            entry: self.unit.header.debug_info_offset().map_or(0, |start| start.0 as u32) + offset.0 as u32,
            is_reference: false,
            is_native: false,
            is_declared: false,
            spans: parent.and_then(|parent| parent.spans.clone()),
            prefix: None,
        };
        let value =
            |name: DwAt| attributes.iter().find(|attribute| attribute.name() == name).map(|found| found.value());
        scope.prefix = self.name_scope(offset.0 as u32, tag, &value, parent.and_then(|parent| parent.prefix.as_ref()));
        let low = value(dw::DW_AT_low_pc).and_then(|value| self.address(value));
        if tag == dw::DW_TAG_subprogram && (low.is_some() || value(dw::DW_AT_ranges).is_some()) {
            let function = low.and_then(|low| self.environment.addresses.function_from(low));
            scope.function = function.cloned().map(Rc::new);
            scope.dead = scope.function.is_none();
            self.abstract_entry(offset, attributes, &scope);
        } else if tag == dw::DW_TAG_subprogram {
            // A method of a class in a function: the code is another entry's.
            scope.function = None;
        }
        let is_variable = matches!(tag, dw::DW_TAG_variable | dw::DW_TAG_formal_parameter);
        if is_variable
            && matches!(value(dw::DW_AT_location), Some(AttributeValue::Exprloc(_)))
            && let Some(AttributeValue::UnitRef(ty)) = value(dw::DW_AT_type)
        {
            scope.is_reference = self.is_reference(ty);
        }
        scope.is_declared = tag == dw::DW_TAG_subprogram && value(dw::DW_AT_declaration).is_some();
        scope.is_native = self.is_native(tag, &value, parent.is_some_and(|parent| parent.is_declared));
        let Scratch { mut specifications, mut values, mut references } = std::mem::take(&mut self.scratch);
        values.clear(self.environment.big_endian);
        for attribute in attributes {
            let name = attribute.name();
            let position = values.position();
            if name == dw::DW_AT_const_value
                && is_variable
                && scope.function.is_some()
                && let Some(form) = constant_location(attribute.value(), &mut values)
            {
                specifications.push((dw::DW_AT_location, form));
                continue;
            }
            let form = match name {
                // Written below, or not needed.
                dw::DW_AT_low_pc | dw::DW_AT_high_pc | dw::DW_AT_ranges | dw::DW_AT_stmt_list => continue,
                dw::DW_AT_sibling | dw::DW_AT_str_offsets_base | dw::DW_AT_addr_base => continue,
                dw::DW_AT_loclists_base | dw::DW_AT_rnglists_base => continue,
                dw::DW_AT_GNU_ranges_base | dw::DW_AT_GNU_addr_base => continue,
                dw::DW_AT_linkage_name if tag == dw::DW_TAG_subprogram && self.is_name_of_main(attribute) => continue,
                dw::DW_AT_dwo_name | dw::DW_AT_GNU_dwo_name | dw::DW_AT_GNU_dwo_id => continue,
                _ if self.has_structures() && tag != dw::DW_TAG_inheritance && is_virtual(name) => continue,
                dw::DW_AT_entry_pc => self.entry_address(attribute.value(), &scope, &mut values),
                _ => self.attribute(tag, name, attribute, &scope, &mut values, &mut references),
            };
            match form {
                Some(form) => specifications.push((name, form)),
                None => {
                    values.truncate(position);
                    if !scope.dead {
                        self.output.dropped.attributes += 1;
                    }
                }
            }
        }
        // Where an entry does not say so, its size is that of an address, which is no longer a pointer's.
        if is_pointer(tag) && value(dw::DW_AT_byte_size).is_none() {
            specifications.push((dw::DW_AT_byte_size, dw::DW_FORM_data1));
            values.u8(self.unit.header.address_size());
        }
        let is_root = parent.is_none();
        self.code_range(tag, is_root, low, &value, &mut scope, &mut specifications, &mut values);
        let has_children = has_children || !scope.calls.is_empty();
        if is_root {
            self.root(&mut specifications, &mut values);
        }
        let position = self.write_entry(tag, has_children, &specifications, &values, &references);
        specifications.clear();
        references.clear();
        self.scratch = Scratch { specifications, values, references };
        self.moved.push((offset.0 as u32, position));
        scope
    }

    /// Whether a linkage name is one that clang gives `main`. It is left out: debuggers look for `main` by name.
    fn is_name_of_main(&self, attribute: &gimli::Attribute<Reader<'a>>) -> bool {
        let text = self.environment.dwarf.attr_string(self.unit, attribute.value());
        text.is_ok_and(|text| NAMES_OF_MAIN.contains(&text.slice()))
    }

    /// Whether a type is one of references.
    fn is_reference(&self, ty: UnitOffset) -> bool {
        let mut reader = self.unit.entries_raw(Some(ty)).ok();
        let abbreviation = reader.as_mut().and_then(|reader| reader.read_abbreviation().ok().flatten());
        let tag = abbreviation.map(|abbreviation| abbreviation.tag());
        matches!(tag, Some(dw::DW_TAG_reference_type | dw::DW_TAG_rvalue_reference_type))
    }

    /// Writes an entry whose attributes are translated; returns where it is.
    pub(super) fn write_entry(
        &mut self,
        tag: DwTag,
        has_children: bool,
        specifications: &[Specification],
        values: &Buffer,
        references: &[(u32, u32, Link)],
    ) -> u32 {
        let number = self.abbreviation(tag, has_children, specifications);
        let info = &mut self.output.info;
        let position = info.position();
        info.unsigned(number);
        let start = info.position();
        info.append(values);
        for &(place, old, link) in references {
            match link {
                Link::Other => self.output.references.push((start + place, Reference::Entry(old))),
                Link::OtherAbstract => self.output.references.push((start + place, Reference::Abstract(old))),
                Link::Own | Link::Pointee | Link::Native | Link::Abstract => {
                    self.own_references.push((start + place, old, link))
                }
            }
        }
        position
    }

    /// What only the first entry of a unit has.
    fn root(&mut self, specifications: &mut Vec<Specification>, values: &mut Buffer) {
        let environment = self.environment;
        if !environment.lines_only {
            specifications.push((dw::DW_AT_str_offsets_base, dw::DW_FORM_sec_offset));
            values.offset(Part::StringOffsets, strings::TABLE);
        }
        if let Some(folder) = environment.skeleton.and_then(|skeleton| skeleton.comp_dir) {
            specifications.push((dw::DW_AT_comp_dir, dw::DW_FORM_string));
            values.string(&(environment.map_path)(folder.slice()));
        }
        if self.unit.line_program.is_some() {
            specifications.push((dw::DW_AT_stmt_list, dw::DW_FORM_sec_offset));
            values.offset(Part::Lines, 0);
        }
    }

    /// The number of an abbreviation.
    pub(super) fn abbreviation(&mut self, tag: DwTag, has_children: bool, specifications: &[Specification]) -> u64 {
        self.abbreviations.number(tag, has_children, specifications, &mut self.output.abbreviations)
    }

    fn finish(mut self) -> TranslatedUnit {
        self.lines();
        let output = &mut self.output;
        output.abbreviations.u8(0);
        output.info.finish_length();
        for (place, old, link) in &self.own_references {
            let copy = match link {
                Link::Pointee => self.pointees.get(old).copied(),
                Link::Native => self.pointers.natives.get(old).copied(),
                Link::Abstract => self.inlined.abstracts.get(old).copied(),
                Link::Own | Link::Other | Link::OtherAbstract => None,
            };
            if let Some(copy) = copy {
                output.info.patch(*place, copy);
                continue;
            }
            // One to an entry that was left out is made one to the unit itself, which is of no kind that it could mean.
            let found = self.moved.binary_search_by_key(old, |(old, _)| *old).map(|found| self.moved[found].1);
            let new = found.unwrap_or_else(|_| {
                output.dropped.attributes += 1;
                self.moved.first().map_or(0, |root| root.1)
            });
            output.info.patch(*place, new);
        }
        if let Some(start) = self.unit.header.debug_info_offset().filter(|_| self.home.is_in_module) {
            let start = start.0 as u32;
            let moved = self.moved.iter().map(|(old, new)| (start + old, *new));
            let (all, callees) = (self.home.has_references, self.home.callees);
            output.entries = moved.filter(|(old, _)| all || callees.refer_to(*old)).collect();
            output.abstracts = self.inlined.abstracts.iter().map(|(old, new)| (start + old, *new)).collect();
        }
        output.without_code = self.home.outline.left_out.len();
        output.location_lists = self.locations.finish(self.environment.big_endian);
        output.range_lists = self.ranges.finish(self.environment.big_endian);
        self.output
    }
}

/// Reads the attributes of an entry; returns its abbreviation and what is behind it. `None` where it is damaged.
fn read_attributes<'u, 'a>(
    unit: &'u gimli::Unit<Reader<'a>>,
    entry: UnitOffset,
    attributes: &mut Vec<gimli::Attribute<Reader<'a>>>,
) -> Option<(&'u gimli::Abbreviation, UnitOffset)> {
    let mut reader = unit.entries_raw(Some(entry)).ok()?;
    let abbreviation = reader.read_abbreviation().ok()??;
    attributes.clear();
    for specification in abbreviation.attributes() {
        attributes.push(reader.read_attribute(*specification).ok()?);
    }
    Some((abbreviation, reader.next_offset()))
}

/// What clang calls `main`, by its parameters (tool conventions, "Basic C ABI": user entry point).
pub(super) const NAMES_OF_MAIN: [&[u8]; 2] = [b"__main_argc_argv", b"__main_void"];

/// Entries that make no sense any more: calls are elsewhere, and are made in other ways.
fn is_left_out(tag: DwTag) -> bool {
    matches!(tag, dw::DW_TAG_call_site | dw::DW_TAG_GNU_call_site)
}

/// Entries inside a function that each body made of it has one of.
fn is_of_instance(tag: DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_formal_parameter
            | dw::DW_TAG_variable
            | dw::DW_TAG_lexical_block
            | dw::DW_TAG_try_block
            | dw::DW_TAG_catch_block
            | dw::DW_TAG_inlined_subroutine
    )
}
