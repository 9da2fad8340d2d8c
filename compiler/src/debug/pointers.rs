//! Pointers and references as lldb understands them.
//!
//! lldb (19) takes every `DW_TAG_pointer_type` for an address of the process, whatever its size is said to be, and knows no
//! `DW_AT_data_location` (see `pointees.rs`). So, where debug information is for lldb, a pointer of the program is a structure
//! named as the pointer type is spelled, with one member: the offset, whose type names the memory that it counts in. It has
//! two methods, which give the address: a conversion to a pointer of the process, and `->`. The script for lldb defines them, so
//! that expressions work; and it finds in them the type that the pointer leads to, for children, `*p` and `p->x`.
//!
//! What is no more than an address in disguise stays a pointer or reference, to where the object really is: `this`, and
//! variables that are references.

use gimli::{AttributeValue, DwAt, DwTag, UnitOffset, constants as dw};
use rustc_hash::FxHashMap;

use super::attribute::is_pointer;
use super::expression::{Context, Reader};
use super::unit::{Open, Translator, Value};
use super::writer::Buffer;

/// What the types of a unit's pointers are made of, while it is written.
#[derive(Default)]
pub(super) struct Pointers {
    /// Old offsets of pointer and reference types.
    wanted: Vec<u32>,
    /// Types of pointers of the process that stand for them, by their old offsets.
    pub natives: FxHashMap<u32, u32>,
}

impl Pointers {
    /// Remembers a pointer or reference type, which is written at the end of the unit.
    pub fn want(&mut self, old: UnitOffset) {
        self.wanted.push(old.0 as u32);
    }
}

/// How deep types are spelled: what is deeper is damage, or nobody's type.
const DEPTH: usize = 24;

/// The same of types of parameters, of which there may be many each time, and how many are spelled.
const PARAMETER_DEPTH: usize = 4;
const PARAMETERS: usize = 32;

/// The variable that describes the first memory of the main module.
const MAIN_MEMORY: &str = "wasm::memory0";

/// An entry of the input's.
struct Entry<'a> {
    tag: DwTag,
    attributes: Vec<gimli::Attribute<Reader<'a>>>,
}

impl<'a> Entry<'a> {
    fn value(&self, name: DwAt) -> Option<Value<'a>> {
        self.attributes.iter().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
    }
}

impl Context<'_, '_> {
    /// The variable that describes the memory that pointers lead into (see `instance.rs`): the first of the module, which may
    /// be another module's.
    fn memory_name(&self) -> String {
        let memories = &self.plan.places.memories;
        let Some(own) = memories[self.module].first() else { return MAIN_MEMORY.to_owned() };
        for (module, places) in memories.iter().enumerate() {
            let imported = self.plan.modules[module].imported.memories as usize;
            let mut defined = places.iter().enumerate().skip(imported);
            if let Some((index, _)) = defined.find(|(_, place)| place.descriptor == own.descriptor) {
                return match module + 1 == memories.len() {
                    true => format!("wasm::memory{index}"),
                    false => format!("wasm::{}::memory{index}", self.plan.modules[module].name),
                };
            }
        }
        MAIN_MEMORY.to_owned()
    }
}

/// Whether an attribute is left out: it says that a class has a table of virtual functions, for whose address clang, in lldb,
/// would make room as large as an address of the process.
pub(super) fn is_virtual(name: DwAt) -> bool {
    matches!(name, dw::DW_AT_containing_type | dw::DW_AT_virtuality | dw::DW_AT_vtable_elem_location)
}

impl<'e, 'a> Translator<'e, 'a> {
    /// Whether pointers become structures.
    pub(super) fn has_structures(&self) -> bool {
        self.home.for_lldb
    }

    /// Whether a variable is a pointer of the process, by its type: one that is a reference, or `this`. `is_declared` says
    /// that it is a parameter of a function that is declared only.
    pub(super) fn is_native(&self, tag: DwTag, value: &dyn Fn(DwAt) -> Option<Value<'a>>, is_declared: bool) -> bool {
        let (dw::DW_TAG_variable | dw::DW_TAG_formal_parameter, Some(AttributeValue::UnitRef(ty))) =
            (tag, value(dw::DW_AT_type))
        else {
            return false;
        };
        // Copies of another unit's variables refer to types of that unit.
        if !self.has_structures() || self.is_away() {
            return false;
        }
        let is_this = value(dw::DW_AT_artificial).is_some();
        match self.read_entry(ty.0 as u32).map(|entry| entry.tag) {
            Some(dw::DW_TAG_pointer_type) => is_this && (is_declared || value(dw::DW_AT_location).is_some()),
            Some(tag) => is_pointer(tag) && value(dw::DW_AT_location).is_some(),
            None => false,
        }
    }

    /// Writes the types of all pointers.
    pub(super) fn pointer_types(&mut self) {
        let wanted = std::mem::take(&mut self.pointers.wanted);
        if wanted.is_empty() {
            return;
        }
        let size = self.unit.header.address_size();
        let mut values = Buffer::new(self.environment.big_endian);
        values.string(if size == 8 { b"unsigned long" } else { b"unsigned int" });
        values.u8(dw::DW_ATE_unsigned.0);
        values.u8(size);
        let specifications = [
            (dw::DW_AT_name, dw::DW_FORM_string),
            (dw::DW_AT_encoding, dw::DW_FORM_data1),
            (dw::DW_AT_byte_size, dw::DW_FORM_data1),
        ];
        let number = self.write_entry(dw::DW_TAG_base_type, false, &specifications, &values, &[]);
        values.clear(self.environment.big_endian);
        values.string(self.environment.context.memory_name().as_bytes());
        values.u32(number);
        let specifications = [(dw::DW_AT_name, dw::DW_FORM_string), (dw::DW_AT_type, dw::DW_FORM_ref4)];
        let offset_type = self.write_entry(dw::DW_TAG_typedef, false, &specifications, &values, &[]);
        for old in wanted {
            self.pointer_type(old, offset_type);
        }
        // Entries are looked for by their old offsets; these came last.
        self.moved.sort_unstable();
    }

    fn pointer_type(&mut self, old: u32, offset_type: u32) {
        let Some(entry) = self.read_entry(old) else {
            self.output.dropped.entries += 1;
            return;
        };
        let native = self.native_type(entry.tag, &entry);
        self.pointers.natives.insert(old, native);
        let address = if entry.tag == dw::DW_TAG_pointer_type {
            native
        } else {
            self.native_type(dw::DW_TAG_pointer_type, &entry)
        };
        // The structure itself.
        let target = self.target(&entry);
        let is_function = target.as_ref().is_some_and(|target| target.tag == dw::DW_TAG_subroutine_type);
        let mut values = Buffer::new(self.environment.big_endian);
        let mut name = self.spelled(old, String::new(), DEPTH);
        let memory = self.environment.context.memory_name();
        // lldb takes types of one name for one: pointers into another memory are others.
        if memory != MAIN_MEMORY {
            name = format!("{name} in {memory}");
        }
        values.string(name.as_bytes());
        let size = entry.value(dw::DW_AT_byte_size).and_then(|size| size.udata_value());
        values.unsigned(size.unwrap_or(self.unit.header.address_size().into()));
        let mut specifications = vec![(dw::DW_AT_name, dw::DW_FORM_string), (dw::DW_AT_byte_size, dw::DW_FORM_udata)];
        // Types of one name that are declared in different places are different.
        if let Some((file, line)) = self.declaration(&entry) {
            specifications.extend([(dw::DW_AT_decl_file, dw::DW_FORM_udata), (dw::DW_AT_decl_line, dw::DW_FORM_udata)]);
            values.unsigned(file);
            values.unsigned(line);
        }
        let structure = self.write_entry(dw::DW_TAG_structure_type, true, &specifications, &values, &[]);
        self.moved.push((old, structure));
        let mut member = Buffer::new(self.environment.big_endian);
        member.string(b"offset");
        member.u32(offset_type);
        member.u8(0);
        let specifications = [
            (dw::DW_AT_name, dw::DW_FORM_string),
            (dw::DW_AT_type, dw::DW_FORM_ref4),
            (dw::DW_AT_data_member_location, dw::DW_FORM_data1),
        ];
        self.write_entry(dw::DW_TAG_member, false, &specifications, &member, &[]);
        // A function's number in a table leads to nothing in memory.
        if !is_function {
            let constant = self.reference_to(dw::DW_TAG_const_type, structure);
            let this = self.reference_to(dw::DW_TAG_pointer_type, constant);
            self.method(b"operator address", address, this);
            if target.is_some() {
                self.method(b"operator->", address, this);
            }
        }
        self.output.info.u8(0);
    }

    /// Writes a pointer or reference of the process, to where one of the program leads.
    fn native_type(&mut self, tag: DwTag, entry: &Entry<'a>) -> u32 {
        let mut specifications = Vec::new();
        let mut values = Buffer::new(self.environment.big_endian);
        let mut links = Vec::new();
        let target = entry.attributes.iter().find(|attribute| attribute.name() == dw::DW_AT_type);
        if let Some(target) = target
            // Not that of a pointer: the type itself, not its copy.
            && let Some(form) = self.attribute(dw::DW_TAG_member, dw::DW_AT_type, target, &Open::outside(), &mut values, &mut links)
        {
            specifications.push((dw::DW_AT_type, form));
        }
        self.write_entry(tag, false, &specifications, &values, &links)
    }

    /// Writes an entry that only refers to another, by its new offset.
    fn reference_to(&mut self, tag: DwTag, position: u32) -> u32 {
        let mut values = Buffer::new(self.environment.big_endian);
        values.u32(position);
        self.write_entry(tag, false, &[(dw::DW_AT_type, dw::DW_FORM_ref4)], &values, &[])
    }

    /// Writes the declaration of a method that the script for lldb defines.
    fn method(&mut self, name: &[u8], result: u32, this: u32) {
        let mut values = Buffer::new(self.environment.big_endian);
        values.string(name);
        values.string(
            format!("wasmc_address{} {}", self.unit.header.address_size(), self.environment.context.memory_name())
                .as_bytes(),
        );
        values.u32(result);
        let specifications = [
            (dw::DW_AT_name, dw::DW_FORM_string),
            (dw::DW_AT_linkage_name, dw::DW_FORM_string),
            (dw::DW_AT_type, dw::DW_FORM_ref4),
            (dw::DW_AT_declaration, dw::DW_FORM_flag_present),
            (dw::DW_AT_external, dw::DW_FORM_flag_present),
        ];
        self.write_entry(dw::DW_TAG_subprogram, true, &specifications, &values, &[]);
        let mut parameter = Buffer::new(self.environment.big_endian);
        parameter.u32(this);
        let specifications = [(dw::DW_AT_type, dw::DW_FORM_ref4), (dw::DW_AT_artificial, dw::DW_FORM_flag_present)];
        self.write_entry(dw::DW_TAG_formal_parameter, false, &specifications, &parameter, &[]);
        self.output.info.u8(0);
    }

    /// The entry at an old offset.
    fn read_entry(&self, old: u32) -> Option<Entry<'a>> {
        let mut reader = self.unit.entries_raw(Some(UnitOffset(old as usize))).ok()?;
        let abbreviation = reader.read_abbreviation().ok()??;
        let attributes = abbreviation.attributes().iter().map(|known| reader.read_attribute(*known));
        Some(Entry { tag: abbreviation.tag(), attributes: attributes.collect::<gimli::Result<_>>().ok()? })
    }

    /// The type that one refers to, in the same unit.
    fn target(&self, entry: &Entry<'a>) -> Option<Entry<'a>> {
        match entry.value(dw::DW_AT_type)? {
            AttributeValue::UnitRef(target) => self.read_entry(target.0 as u32),
            // Where that is, is not looked for; it is not `void`.
            _ => Some(Entry { tag: dw::DW_TAG_unspecified_type, attributes: Vec::new() }),
        }
    }

    /// The file and line that tell types of one name apart.
    fn declaration(&self, entry: &Entry<'a>) -> Option<(u64, u64)> {
        let mut entry = self.target(entry)?;
        for _ in 0..DEPTH {
            let number = |name| entry.value(name).and_then(|value| value.udata_value());
            if let (Some(file), Some(line)) = (number(dw::DW_AT_decl_file), number(dw::DW_AT_decl_line)) {
                return Some((file, line));
            }
            entry = self.target(&entry)?;
        }
        None
    }

    /// The entries in the one at an old offset.
    fn children(&self, old: u32) -> Vec<Entry<'a>> {
        let mut found = Vec::new();
        let Ok(mut reader) = self.unit.entries_raw(Some(UnitOffset(old as usize))) else { return found };
        let start = reader.next_depth();
        while !reader.is_empty() {
            let depth = reader.next_depth();
            let Ok(abbreviation) = reader.read_abbreviation() else { break };
            if depth <= start && !found.is_empty() || depth == start && abbreviation.is_none() {
                break;
            }
            let Some(abbreviation) = abbreviation else {
                if depth <= start + 1 {
                    break;
                }
                continue;
            };
            let attributes = abbreviation.attributes().iter().map(|known| reader.read_attribute(*known));
            let Ok(attributes) = attributes.collect::<gimli::Result<_>>() else { break };
            if depth == start && !abbreviation.has_children() {
                break;
            }
            if depth == start + 1 {
                found.push(Entry { tag: abbreviation.tag(), attributes });
            }
        }
        found
    }

    /// The bounds of an array.
    fn bounds(&self, old: u32) -> String {
        let bound = |entry: Entry<'a>| {
            let number = |name| entry.value(name).and_then(|value| value.udata_value());
            let count = number(dw::DW_AT_count).or_else(|| number(dw::DW_AT_upper_bound)?.checked_add(1));
            count.map_or_else(|| "[]".to_owned(), |count| format!("[{count}]"))
        };
        self.children(old).into_iter().take(PARAMETERS).map(bound).collect()
    }

    /// The types of a function's parameters.
    fn parameters(&self, old: u32, depth: usize) -> String {
        let parameter = |entry: Entry<'a>| match entry.value(dw::DW_AT_type) {
            Some(AttributeValue::UnitRef(target)) => {
                self.spelled(target.0 as u32, String::new(), (depth - 1).min(PARAMETER_DEPTH))
            }
            _ => "...".to_owned(),
        };
        self.children(old).into_iter().take(PARAMETERS).map(parameter).collect::<Vec<_>>().join(", ")
    }

    /// A type as C spells it, around what is declared to be of that type.
    fn spelled(&self, old: u32, declarator: String, depth: usize) -> String {
        let spaced = |name: &str| match declarator.is_empty() {
            true => name.to_owned(),
            false => format!("{name} {declarator}"),
        };
        let Some(entry) = self.read_entry(old).filter(|_| depth > 0) else { return spaced("...") };
        if let Some(name) = self.full_name(old) {
            return spaced(&name);
        }
        let name =
            entry.value(dw::DW_AT_name).and_then(|name| self.environment.dwarf.attr_string(self.unit, name).ok());
        if let Some(name) = name {
            return spaced(&String::from_utf8_lossy(name.slice()));
        }
        let inner = |declarator| match entry.value(dw::DW_AT_type) {
            Some(AttributeValue::UnitRef(target)) => self.spelled(target.0 as u32, declarator, depth - 1),
            Some(AttributeValue::DebugInfoRef(target)) => format!("type {:#x} {declarator}", target.0),
            Some(AttributeValue::DebugTypesRef(signature)) => format!("type {:#x} {declarator}", signature.0),
            _ if declarator.is_empty() => "void".to_owned(),
            _ => format!("void {declarator}"),
        };
        let inner_tag = self.target(&entry).map(|target| target.tag);
        let after = |mark: &str| {
            let is_list = matches!(inner_tag, Some(dw::DW_TAG_array_type | dw::DW_TAG_subroutine_type));
            if is_list { format!("({mark}{declarator})") } else { format!("{mark}{declarator}") }
        };
        let qualified = |word: &str| match inner_tag {
            Some(tag) if is_pointer(tag) => {
                inner(if declarator.is_empty() { word.to_owned() } else { format!("{word} {declarator}") })
            }
            _ => format!("{word} {}", inner(declarator.clone())),
        };
        match entry.tag {
            dw::DW_TAG_pointer_type => inner(after("*")),
            dw::DW_TAG_reference_type => inner(after("&")),
            dw::DW_TAG_rvalue_reference_type => inner(after("&&")),
            dw::DW_TAG_const_type => qualified("const"),
            dw::DW_TAG_volatile_type => qualified("volatile"),
            dw::DW_TAG_restrict_type => qualified("restrict"),
            dw::DW_TAG_atomic_type => qualified("_Atomic"),
            dw::DW_TAG_array_type => inner(declarator.clone() + &self.bounds(old)),
            dw::DW_TAG_subroutine_type => inner(format!("{declarator}({})", self.parameters(old, depth))),
            _ => match (entry.value(dw::DW_AT_signature), entry.value(dw::DW_AT_decl_line)) {
                (Some(AttributeValue::DebugTypesRef(signature)), _) => spaced(&format!("type {:#x}", signature.0)),
                // They differ by where they are declared.
                (_, Some(_)) => spaced("(anonymous)"),
                _ => spaced(&format!("(anonymous {old:#x})")),
            },
        }
    }
}
