//! Types as pointers lead to them.
//!
//! A pointer of the program holds an offset in linear memory, and debuggers take what a pointer holds for an address. So
//! a pointer leads to a copy of its type, which says where a value really is: the attribute `DW_AT_data_location`
//! (DWARF 5, 5.18.1) adds the memory's address. `*p`, `p->next->x` and `p[3]` then work as they do elsewhere, while
//! variables and members, whose addresses are true ones, keep the types that they have.
//!
//! gdb (13) heeds the attribute at structures, unions and arrays only: numbers, enumerations and pointers are copied as
//! arrays of one element.
//!
//! The copies stand in a block of their own at the end of the unit, where indices of names do not look; so they bear
//! their full names. That of a type with a unit of its own (DWARF 5, 3.1.4) is in another such unit, with another signature.

use std::rc::Rc;

use gimli::{Attribute, AttributeValue, DebugTypeSignature, DwAt, DwTag, UnitOffset, constants as dw};

use super::expression::Reader;
use super::unit::{Link, Open, Scratch, Specification, Translator};
use super::writer::Buffer;

/// What becomes of a type that a pointer leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    /// It says where it is.
    Located,
    /// It is an array of one such value, which says where it is.
    Array,
    /// It leads to the copy of another type.
    Wrapper,
    /// There is none: it is no type of data.
    None,
}

fn copy_of(tag: DwTag) -> Copy {
    match tag {
        dw::DW_TAG_typedef
        | dw::DW_TAG_const_type
        | dw::DW_TAG_volatile_type
        | dw::DW_TAG_restrict_type
        | dw::DW_TAG_atomic_type
        | dw::DW_TAG_immutable_type => Copy::Wrapper,
        dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_union_type | dw::DW_TAG_array_type => {
            Copy::Located
        }
        dw::DW_TAG_base_type
        | dw::DW_TAG_pointer_type
        | dw::DW_TAG_reference_type
        | dw::DW_TAG_rvalue_reference_type
        | dw::DW_TAG_enumeration_type => Copy::Array,
        _ => Copy::None,
    }
}

/// Whether names in an entry are parts of longer ones.
fn is_scope(tag: DwTag) -> bool {
    matches!(tag, dw::DW_TAG_namespace | dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_union_type)
}

/// Whether the full name of an entry is remembered, or a part of others.
pub(super) fn is_named(tag: DwTag) -> bool {
    is_scope(tag) || copy_of(tag) != Copy::None
}

/// The signature of the unit with the copy of a type, by that of the type's own unit.
pub(super) fn signature_of_pointee(signature: DebugTypeSignature) -> u64 {
    // Signatures are hashes: one that differs in these bits is no other type's.
    signature.0 ^ 0xa5a5_5a5a_c3c3_3c3c
}

/// Whether an entry inside a type is part of what its values are.
fn is_part(tag: DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_member
            | dw::DW_TAG_inheritance
            | dw::DW_TAG_enumerator
            | dw::DW_TAG_subrange_type
            | dw::DW_TAG_generic_subrange
            | dw::DW_TAG_variant_part
            | dw::DW_TAG_variant
            | dw::DW_TAG_template_type_parameter
            | dw::DW_TAG_template_value_parameter
    )
}

impl<'a> Translator<'_, 'a> {
    /// Writes the copies of all types that pointers lead to.
    pub(super) fn pointees(&mut self) {
        if self.wanted_pointees.is_empty() || self.environment.context.data_location().is_none() {
            return;
        }
        let number = self.abbreviation(dw::DW_TAG_lexical_block, true, &[]);
        self.output.info.unsigned(number);
        let mut attributes = Vec::new();
        while let Some(old) = self.wanted_pointees.pop() {
            if !self.pointees.contains_key(&old) && self.pointee(old, &mut attributes).is_err() {
                self.output.dropped.entries += 1;
            }
        }
        self.output.info.u8(0);
    }

    /// Writes the copy of the type at an offset, unless it is a type that is not copied. `attributes` is room for those of an entry.
    fn pointee(&mut self, old: u32, attributes: &mut Vec<Attribute<Reader<'a>>>) -> gimli::Result<()> {
        let mut reader = self.unit.entries_raw(Some(UnitOffset(old as usize)))?;
        let start = reader.next_depth();
        // Depths of the entries whose children are left out and of those that are open.
        let mut skipped: Option<isize> = None;
        let mut open = 0;
        loop {
            let depth = reader.next_depth();
            let Some(abbreviation) = reader.read_abbreviation()? else {
                match skipped {
                    Some(from) if depth - 1 > from => {}
                    Some(_) => skipped = None,
                    // The offset is no entry's.
                    None if open == 0 => break,
                    None => {
                        self.output.info.u8(0);
                        open -= 1;
                    }
                }
                if depth - 1 <= start {
                    break;
                }
                continue;
            };
            attributes.clear();
            for specification in abbreviation.attributes() {
                attributes.push(reader.read_attribute(*specification)?);
            }
            let (tag, has_children) = (abbreviation.tag(), abbreviation.has_children());
            let is_top = depth == start;
            let copy = copy_of(tag);
            if is_top && copy == Copy::None {
                break;
            }
            if is_top && copy == Copy::Array {
                let position = self.array_of(old);
                self.pointees.insert(old, position);
                break;
            }
            if skipped.is_none() && (is_top || is_part(tag)) {
                let position = self.copied_entry(tag, has_children, attributes, is_top.then_some((old, copy)));
                if is_top {
                    self.pointees.insert(old, position);
                }
                open += usize::from(has_children);
            } else if skipped.is_none() && has_children {
                skipped = Some(depth);
            }
            if is_top && !has_children {
                break;
            }
        }
        for _ in 0..open {
            self.output.info.u8(0);
        }
        Ok(())
    }

    /// Writes the type of an array with one element of the type at an old offset.
    fn array_of(&mut self, old: u32) -> u32 {
        let mut values = Buffer::new(self.environment.big_endian);
        let links = vec![(0, old, Link::Own)];
        values.u32(0);
        let mut specifications = vec![(dw::DW_AT_type, dw::DW_FORM_ref4)];
        self.add_location(&mut specifications, &mut values);
        let position = self.write_entry(dw::DW_TAG_array_type, true, &specifications, &values, &links);
        let mut count = Buffer::new(self.environment.big_endian);
        count.u8(1);
        let specifications = vec![(dw::DW_AT_count, dw::DW_FORM_data1)];
        self.write_entry(dw::DW_TAG_subrange_type, false, &specifications, &count, &[]);
        self.output.info.u8(0);
        position
    }

    fn add_location(&self, specifications: &mut Vec<Specification>, values: &mut Buffer) {
        if let Some(location) = self.environment.context.data_location() {
            specifications.push((dw::DW_AT_data_location, dw::DW_FORM_exprloc));
            values.unsigned(location.bytes.len() as u64);
            values.append(&location);
        }
    }

    /// Writes an entry of a copy; `top` is the old offset and kind of the type itself.
    fn copied_entry(
        &mut self,
        tag: DwTag,
        has_children: bool,
        attributes: &[Attribute<Reader<'a>>],
        top: Option<(u32, Copy)>,
    ) -> u32 {
        let scope = Open::outside();
        let Scratch { mut specifications, mut values, references: mut links } = std::mem::take(&mut self.scratch);
        values.clear(self.environment.big_endian);
        let full_name = top.and_then(|(old, _)| self.full_name(old));
        let is_wrapper = top.is_some_and(|(_, copy)| copy == Copy::Wrapper);
        let mut is_elsewhere = false;
        for attribute in attributes {
            let name = attribute.name();
            let position = values.position();
            let form = match (name, attribute.value()) {
                (dw::DW_AT_sibling | dw::DW_AT_data_location, _) => continue,
                // The type itself is in a unit of its own; so is its copy.
                (dw::DW_AT_signature, AttributeValue::DebugTypesRef(signature)) => {
                    is_elsewhere = true;
                    values.u64(signature_of_pointee(signature));
                    Some(dw::DW_FORM_ref_sig8)
                }
                (dw::DW_AT_type, AttributeValue::DebugTypesRef(signature)) if is_wrapper => {
                    values.u64(signature_of_pointee(signature));
                    Some(dw::DW_FORM_ref_sig8)
                }
                (dw::DW_AT_name, _) if full_name.is_some() => {
                    values.string(full_name.as_deref().unwrap_or_default().as_bytes());
                    Some(dw::DW_FORM_string)
                }
                (dw::DW_AT_type, AttributeValue::UnitRef(target)) if is_wrapper => {
                    self.wanted_pointees.push(target.0 as u32);
                    links.push((values.position(), target.0 as u32, Link::Pointee));
                    values.u32(0);
                    Some(dw::DW_FORM_ref4)
                }
                _ => self.attribute(tag, name, attribute, &scope, &mut values, &mut links),
            };
            match form {
                Some(form) => specifications.push((name, form)),
                None => values.truncate(position),
            }
        }
        if top.is_some() && !is_wrapper && !is_elsewhere {
            self.add_location(&mut specifications, &mut values);
        }
        let position = self.write_entry(tag, has_children, &specifications, &values, &links);
        specifications.clear();
        links.clear();
        self.scratch = Scratch { specifications, values, references: links };
        position
    }

    /// The full name of the type at an old offset, if it is remembered.
    pub(super) fn full_name(&self, old: u32) -> Option<String> {
        let (prefix, own) = self.full_names.get(&old)?;
        Some([prefix, &*String::from_utf8_lossy(own.slice())].concat())
    }

    /// Remembers the full name of a type that is inside another or in a namespace; returns the prefix for what is inside.
    pub(super) fn name_scope(
        &mut self,
        offset: u32,
        tag: DwTag,
        name: &dyn Fn(DwAt) -> Option<AttributeValue<Reader<'a>>>,
        prefix: Option<&Rc<str>>,
    ) -> Option<Rc<str>> {
        let is_scope = is_scope(tag);
        let is_type = copy_of(tag) != Copy::None;
        if !is_scope && (!is_type || prefix.is_none()) {
            return prefix.cloned();
        }
        let text = name(dw::DW_AT_name).and_then(|name| self.environment.dwarf.attr_string(self.unit, name).ok());
        let own = match (&text, tag) {
            (Some(text), _) => String::from_utf8_lossy(text.slice()),
            (None, dw::DW_TAG_namespace) => "(anonymous namespace)".into(),
            (None, _) => return prefix.cloned(),
        };
        let inside = is_scope.then(|| [prefix.map_or("", |prefix| prefix), &own, "::"].concat().into());
        if let Some(prefix) = prefix.filter(|_| is_type) {
            self.full_names.extend(text.map(|text| (offset, (prefix.clone(), text))));
        }
        inside.or_else(|| prefix.cloned())
    }
}
