//! Values of attributes, form by form (DWARF 5, 7.5.5).

use gimli::{AttributeValue, DwAt, DwForm, DwTag, Section as _, constants as dw};

use super::expression::Reader;
use super::pointees::signature_of_pointee;
use super::strings::STRING;
use super::unit::{Link, Open, Translator};
use super::writer::{Buffer, Part};

impl<'e, 'a> Translator<'e, 'a> {
    /// Writes an attribute's value; returns its form, or `None` where it cannot be carried over. References are added to
    /// the list with their place in `values` and the old offset.
    pub(super) fn attribute(
        &mut self,
        tag: DwTag,
        name: DwAt,
        attribute: &gimli::Attribute<Reader<'a>>,
        scope: &Open<'e>,
        values: &mut Buffer,
        references: &mut Vec<(u32, u32, Link)>,
    ) -> Option<DwForm> {
        match attribute.value() {
            AttributeValue::Exprloc(expression) => return self.expression(name, expression, scope, values),
            list @ (AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_)) => {
                return self.location_list(name, list, scope, values);
            }
            _ => {}
        }
        if self.is_away()
            && let (dw::DW_AT_decl_file | dw::DW_AT_call_file, Some(file)) = (name, attribute.udata_value())
        {
            values.unsigned(self.file_number(file as u32).into());
            return Some(dw::DW_FORM_udata);
        }
        if name == dw::DW_AT_producer
            && let Ok(producer) = self.environment.dwarf.attr_string(self.unit, attribute.value())
            && !producer.slice().starts_with(b"clang ")
        {
            // gdb trusts line tables to tell where prologues end only of producers that it knows.
            values.string(&[b"clang LLVM (wasmc; ", producer.slice(), b")"].concat());
            return Some(dw::DW_FORM_string);
        }
        Some(match attribute.raw_value() {
            AttributeValue::Block(bytes) => {
                values.unsigned(bytes.len() as u64);
                values.bytes.extend_from_slice(bytes.slice());
                dw::DW_FORM_block
            }
            AttributeValue::Data1(value) => {
                values.u8(value);
                dw::DW_FORM_data1
            }
            AttributeValue::Data2(value) => {
                values.u16(value);
                dw::DW_FORM_data2
            }
            AttributeValue::Data4(value) => {
                values.u32(value);
                dw::DW_FORM_data4
            }
            AttributeValue::Data8(value) => {
                values.u64(value);
                dw::DW_FORM_data8
            }
            AttributeValue::Data16(value) => {
                values.u128(value);
                dw::DW_FORM_data16
            }
            AttributeValue::Sdata(value) => {
                values.signed(value);
                dw::DW_FORM_sdata
            }
            AttributeValue::Udata(value) => {
                values.unsigned(value);
                dw::DW_FORM_udata
            }
            AttributeValue::Flag(true) => dw::DW_FORM_flag_present,
            AttributeValue::Flag(false) => {
                values.u8(0);
                dw::DW_FORM_flag
            }
            AttributeValue::UnitRef(offset) if self.is_away() => {
                let start = self.unit.header.debug_info_offset()?.0;
                references.push((values.position(), (start + offset.0) as u32, Link::Other));
                values.offset(Part::Info, 0);
                dw::DW_FORM_ref_addr
            }
            AttributeValue::UnitRef(offset) => {
                let is_pointee = is_pointer(tag) && name == dw::DW_AT_type;
                if is_pointee {
                    self.wanted_pointees.push(offset.0 as u32);
                }
                let link = match () {
                    () if is_pointee => Link::Pointee,
                    () if scope.is_native && name == dw::DW_AT_type => Link::Native,
                    () => Link::Own,
                };
                references.push((values.position(), offset.0 as u32, link));
                values.u32(0);
                dw::DW_FORM_ref4
            }
            // A unit of another file refers to none but itself.
            AttributeValue::DebugInfoRef(offset) if self.environment.skeleton.is_some() => {
                references.push((values.position(), offset.to_unit_offset(&self.unit.header)?.0 as u32, Link::Own));
                values.u32(0);
                dw::DW_FORM_ref4
            }
            AttributeValue::DebugInfoRef(offset) => {
                references.push((values.position(), offset.0 as u32, Link::Other));
                values.offset(Part::Info, 0);
                dw::DW_FORM_ref_addr
            }
            AttributeValue::DebugTypesRef(signature) => {
                let is_pointee = is_pointer(tag) && name == dw::DW_AT_type;
                values.u64(if is_pointee { signature_of_pointee(signature) } else { signature.0 });
                dw::DW_FORM_ref_sig8
            }
            AttributeValue::DebugStrRef(offset) => self.string(is_path(tag, name), offset, values)?,
            AttributeValue::DebugStrOffsetsIndex(index) => {
                let offset = self.environment.dwarf.string_offset(self.unit, index).ok()?;
                self.string(is_path(tag, name), offset, values)?
            }
            AttributeValue::DebugLineStrRef(offset) => {
                let text = self.environment.dwarf.line_string(offset).ok()?;
                self.inline_string(is_path(tag, name), text.slice(), values)
            }
            AttributeValue::String(text) => self.inline_string(is_path(tag, name), text.slice(), values),
            _ => return None,
        })
    }

    fn string(&self, is_path: bool, offset: gimli::DebugStrOffset, values: &mut Buffer) -> Option<DwForm> {
        if is_path || self.environment.lines_only {
            let text = self.environment.dwarf.string(offset).ok()?;
            return Some(self.inline_string(is_path, text.slice(), values));
        }
        if offset.0 >= self.environment.dwarf.debug_str.reader().len() {
            return None;
        }
        values.offset(Part::Strings, offset.0 as u32);
        Some(STRING)
    }

    fn inline_string(&self, is_path: bool, text: &[u8], values: &mut Buffer) -> DwForm {
        if is_path {
            values.string(&(self.environment.map_path)(text));
        } else {
            values.string(text);
        }
        dw::DW_FORM_string
    }
}

/// The entry is a type whose values are addresses in linear memory.
pub(super) fn is_pointer(tag: DwTag) -> bool {
    matches!(tag, dw::DW_TAG_pointer_type | dw::DW_TAG_reference_type | dw::DW_TAG_rvalue_reference_type)
}

/// The attribute's string is the path of a file or folder.
fn is_path(tag: DwTag, name: DwAt) -> bool {
    name == dw::DW_AT_comp_dir || name == dw::DW_AT_name && tag == dw::DW_TAG_compile_unit
}
