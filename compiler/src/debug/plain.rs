//! Entries that are carried over as they stand: types, members, template parameters, abstract functions, most of all that there
//! are. What they say is numbers, names and references, so that it is found out once for an abbreviation how they are copied.

use std::rc::Rc;

use gimli::constants as dw;
use gimli::{AttributeValue, DebugStrOffset, DebugStrOffsetsIndex, DwForm, DwTag, Reader as _, Section as _};

use super::attribute::is_pointer;
use super::expression::Reader;
use super::inlined::Calls;
use super::pointees::is_named;
use super::strings::STRING;
use super::unit::{Link, NAMES_OF_MAIN, Open, Translator};
use super::writer::Part;
use crate::codegen::signed_leb128;

/// How to copy entries with an abbreviation.
pub(super) struct Plain {
    tag: DwTag,
    has_children: bool,
    /// The number of the output's abbreviation.
    number: u64,
    steps: Vec<Step>,
}

enum Step {
    /// Bytes to copy.
    Copy(usize),
    /// A number of any length to copy (DWARF 5, 7.6).
    Number,
    /// Bytes that are not needed.
    Skip(usize),
    /// Bytes that the abbreviation has instead of the entry.
    Constant(Vec<u8>),
    String {
        form: DwForm,
        is_name: bool,
        is_linkage_name: bool,
    },
    /// Four bytes that refer to an entry of the unit.
    Reference(Link),
}

impl<'e, 'a> Translator<'e, 'a> {
    /// How to copy entries with the abbreviation of this number, if that can be.
    pub(super) fn plain(&mut self, code: u64) -> Option<Rc<Plain>> {
        if let Some(known) = self.plain.get(&code) {
            return known.clone();
        }
        let found = self.find_plain(code).map(Rc::new);
        self.plain.insert(code, found.clone());
        found
    }

    fn find_plain(&mut self, code: u64) -> Option<Plain> {
        let unit = self.unit;
        let abbreviation = unit.abbreviations.get(code)?;
        let (tag, has_children) = (abbreviation.tag(), abbreviation.has_children());
        let encoding = unit.encoding();
        let is_special = matches!(
            tag,
            dw::DW_TAG_compile_unit
                | dw::DW_TAG_partial_unit
                | dw::DW_TAG_type_unit
                | dw::DW_TAG_skeleton_unit
                | dw::DW_TAG_call_site
                | dw::DW_TAG_GNU_call_site
        );
        if is_special
            || self.environment.lines_only
            || self.has_structures()
            || encoding.format != gimli::Format::Dwarf32
        {
            return None;
        }
        let mut specifications = Vec::new();
        let mut steps = Vec::new();
        for attribute in abbreviation.attributes() {
            let (name, form) = (attribute.name(), attribute.form());
            let (step, form) = match (name, form) {
                (dw::DW_AT_sibling, _) => (Step::Skip(attribute.size(&unit.header)?), None),
                // Where code and its lines are, and what is written anew.
                (
                    dw::DW_AT_low_pc
                    | dw::DW_AT_high_pc
                    | dw::DW_AT_ranges
                    | dw::DW_AT_entry_pc
                    | dw::DW_AT_stmt_list
                    | dw::DW_AT_producer,
                    _,
                ) => return None,
                // It becomes a location.
                (dw::DW_AT_const_value, _) if matches!(tag, dw::DW_TAG_variable | dw::DW_TAG_formal_parameter) => {
                    return None;
                }
                // They may be offsets of lists before DWARF 4.
                (_, dw::DW_FORM_data4 | dw::DW_FORM_data8) if encoding.version < 4 => return None,
                (
                    _,
                    dw::DW_FORM_data1
                    | dw::DW_FORM_data2
                    | dw::DW_FORM_data4
                    | dw::DW_FORM_data8
                    | dw::DW_FORM_data16
                    | dw::DW_FORM_flag_present,
                ) => (Step::Copy(attribute.size(&unit.header)?), Some(form)),
                (_, dw::DW_FORM_udata | dw::DW_FORM_sdata) => (Step::Number, Some(form)),
                (_, dw::DW_FORM_implicit_const) => {
                    let mut bytes = Vec::new();
                    signed_leb128(&mut bytes, attribute.implicit_const_value()?);
                    (Step::Constant(bytes), Some(dw::DW_FORM_sdata))
                }
                (
                    _,
                    dw::DW_FORM_strp | dw::DW_FORM_strx1 | dw::DW_FORM_strx2 | dw::DW_FORM_strx4 | dw::DW_FORM_strx,
                ) => {
                    let is_linkage_name = name == dw::DW_AT_linkage_name && tag == dw::DW_TAG_subprogram;
                    (Step::String { form, is_name: name == dw::DW_AT_name, is_linkage_name }, Some(STRING))
                }
                (_, dw::DW_FORM_ref4) => {
                    let link = if is_pointer(tag) && name == dw::DW_AT_type { Link::Pointee } else { Link::Own };
                    (Step::Reference(link), Some(form))
                }
                _ => return None,
            };
            specifications.extend(form.map(|form| (name, form)));
            match (steps.last_mut(), step) {
                (Some(Step::Copy(sum)), Step::Copy(size)) => *sum += size,
                (_, step) => steps.push(step),
            }
        }
        let has_size = specifications.iter().any(|(name, _)| *name == dw::DW_AT_byte_size);
        if is_pointer(tag) && !has_size {
            // As in `unit.rs`.
            specifications.push((dw::DW_AT_byte_size, dw::DW_FORM_data1));
            steps.push(Step::Constant(vec![unit.header.address_size()]));
        }
        let number = self.abbreviation(tag, has_children, &specifications);
        Some(Plain { tag, has_children, number, steps })
    }

    /// Copies the entry at an offset, whose attributes are read next, into another one; returns it where it has children. `None` where
    /// it turns out to be none of those that can be copied: then nothing is written.
    pub(super) fn plain_entry(
        &mut self,
        plain: &Plain,
        offset: u32,
        reader: &mut Reader<'a>,
        parent: &Open<'e>,
    ) -> Option<Option<Open<'e>>> {
        let position = self.output.info.position();
        let lengths = (self.own_references.len(), self.wanted_pointees.len());
        self.output.info.unsigned(plain.number);
        let mut name = None;
        if self.plain_attributes(plain, reader, &mut name).is_none() {
            self.output.info.truncate(position);
            self.own_references.truncate(lengths.0);
            self.wanted_pointees.truncate(lengths.1);
            return None;
        }
        self.moved.push((offset, position));
        let mut prefix = None;
        if is_named(plain.tag) {
            let name = name.map(AttributeValue::DebugStrRef);
            prefix = self.name_scope(offset, plain.tag, &|_| name, parent.prefix.as_ref());
        } else if plain.has_children {
            prefix = parent.prefix.clone();
        }
        Some(plain.has_children.then(|| Open {
            function: parent.function.clone().filter(|_| plain.tag != dw::DW_TAG_subprogram),
            calls: Calls::default(),
            dead: parent.dead,
            entry: self.unit.header.debug_info_offset().map_or(0, |start| start.0 as u32) + offset,
            is_reference: false,
            is_native: false,
            is_declared: false,
            spans: parent.spans.clone(),
            prefix,
        }))
    }

    fn plain_attributes(
        &mut self,
        plain: &Plain,
        reader: &mut Reader<'a>,
        found: &mut Option<DebugStrOffset>,
    ) -> Option<()> {
        let dwarf = self.environment.dwarf;
        for step in &plain.steps {
            let info = &mut self.output.info;
            match step {
                Step::Copy(length) => info.bytes.extend_from_slice(reader.split(*length).ok()?.slice()),
                Step::Number => {
                    let all = *reader;
                    reader.skip_leb128().ok()?;
                    info.bytes.extend_from_slice(all.slice().get(..reader.offset_from(all))?);
                }
                Step::Skip(length) => reader.skip(*length).ok()?,
                Step::Constant(bytes) => info.bytes.extend_from_slice(bytes),
                Step::String { form, is_name, is_linkage_name } => {
                    let index = match *form {
                        dw::DW_FORM_strx1 => Some(reader.read_u8().ok()?.into()),
                        dw::DW_FORM_strx2 => Some(reader.read_u16().ok()?.into()),
                        dw::DW_FORM_strx4 => Some(reader.read_u32().ok()? as usize),
                        dw::DW_FORM_strx => Some(usize::try_from(reader.read_uleb128().ok()?).ok()?),
                        _ => None,
                    };
                    let offset = match index {
                        Some(index) => dwarf.string_offset(self.unit, DebugStrOffsetsIndex(index)).ok()?,
                        None => DebugStrOffset(reader.read_u32().ok()? as usize),
                    };
                    if offset.0 >= dwarf.debug_str.reader().len() {
                        return None;
                    }
                    if *is_linkage_name && NAMES_OF_MAIN.contains(&dwarf.string(offset).ok()?.slice()) {
                        return None;
                    }
                    if *is_name {
                        *found = Some(offset);
                    }
                    info.offset(Part::Strings, offset.0 as u32);
                }
                Step::Reference(link) => {
                    let target = reader.read_u32().ok()?;
                    if *link == Link::Pointee {
                        self.wanted_pointees.push(target);
                    }
                    self.own_references.push((info.position(), target, *link));
                    info.u32(0);
                }
            }
        }
        Some(())
    }
}
