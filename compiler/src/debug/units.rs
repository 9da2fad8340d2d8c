//! The units of a module's debug information. One may be a skeleton, whose entries are in another file (split DWARF: DWARF 5,
//! 7.3.2; before version 5 an extension of GNU's): in an object of its own, `.dwo`, or among others in a package, `.dwp`.
//! Where that file is at hand, the unit in it takes the place of the skeleton; the skeleton's lines, folder and addresses are its own.

use std::collections::{HashMap, HashSet};

use gimli::{
    DwAt, DwForm, DwoId, EndianSlice, LittleEndian, Reader as _, Section as _, SectionId, UnitType, constants as dw,
};

use super::expression::Reader;
use crate::module::Module;

pub(super) type Dwarf<'a> = gimli::Dwarf<Reader<'a>>;
pub(super) type Header<'a> = gimli::UnitHeader<Reader<'a>>;
pub(super) type Unit<'a> = gimli::Unit<Reader<'a>>;

/// All units of a module.
pub(super) struct Units<'a> {
    /// What the module itself holds.
    pub dwarf: Dwarf<'a>,
    /// The units' headers in it.
    pub headers: Vec<Header<'a>>,
    /// What other files hold, unit by unit where they are packages.
    pub files: Vec<Dwarf<'a>>,
    places: Vec<Place<'a>>,
    /// How many of them, the first ones, are no copies.
    originals: usize,
    /// Damage hides units.
    pub damaged: bool,
}

/// Where a unit is.
struct Place<'a> {
    header: Header<'a>,
    /// The number of the file; `None` for the module itself.
    file: Option<usize>,
    skeleton: Option<Header<'a>>,
    is_copy: bool,
}

/// A unit, and what it is read with.
pub(super) struct OpenUnit<'u, 'a> {
    pub dwarf: &'u Dwarf<'a>,
    pub unit: Unit<'a>,
    /// What its lines are read with.
    pub lines: &'u Dwarf<'a>,
    /// The number of the file that it is in; `None` for the module itself.
    pub file: Option<usize>,
    pub skeleton: Option<Unit<'a>>,
    /// It is of a type, and read once more for the type as pointers lead to it: see `pointees.rs`.
    pub is_copy: bool,
}

/// A unit whose entries are in another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitUnit {
    /// The folder that it was compiled in; may be relative, and no UTF-8 originally.
    pub folder: String,
    /// The file's path from there.
    pub name: String,
}

/// The units of a module, given by its sections of debug information, whose entries are in other files.
pub(crate) fn split_units(sections: &[(&str, &[u8])]) -> Vec<SplitUnit> {
    let dwarf = load(sections);
    // Most modules have none, and many units.
    if !has_attribute(&dwarf, |name, _| matches!(name, dw::DW_AT_dwo_name | dw::DW_AT_GNU_dwo_name)) {
        return Vec::new();
    }
    let (headers, _) = headers(&dwarf);
    let text = |value: Option<Reader<'_>>| value.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let split = headers.into_iter().filter_map(|header| {
        let unit = dwarf.unit(header).ok()?;
        let name = dwarf.attr_string(&unit, unit.dwo_name().ok()??).ok()?;
        Some(SplitUnit { folder: text(unit.comp_dir), name: text(Some(name)) })
    });
    split.collect()
}

impl<'a> Units<'a> {
    /// Finds the units of a module.
    pub fn of(module: &Module<'a>) -> Units<'a> {
        let dwarf = load(&module.debug_sections);
        let (headers, damaged) = headers(&dwarf);
        let mut units = Units { dwarf, headers, files: Vec::new(), places: Vec::new(), originals: 0, damaged };
        let split = if module.split_debug_sections.is_empty() { HashMap::new() } else { units.read_files(module) };
        for &header in &units.headers {
            let found =
                if split.is_empty() { None } else { units.dwarf.unit(header).ok().and_then(|unit| unit.dwo_id) };
            let place = match found.and_then(|id| split.get(&id)) {
                Some(&(file, split)) => {
                    Place { header: split, file: Some(file), skeleton: Some(header), is_copy: false }
                }
                None => Place { header, file: None, skeleton: None, is_copy: false },
            };
            units.places.push(place);
        }
        units.add_types();
        units
    }

    /// Reads the files beside the module; returns what is in them for which skeleton.
    fn read_files(&mut self, module: &Module<'a>) -> HashMap<DwoId, (usize, Header<'a>)> {
        let skeletons = self.headers.iter().filter_map(|header| self.dwarf.unit(*header).ok()?.dwo_id);
        let wanted: Vec<DwoId> = skeletons.collect();
        let mut found = HashMap::new();
        for sections in &module.split_debug_sections {
            let section = |id: SectionId| Ok::<_, gimli::Error>(contents(sections, id.dwo_name().unwrap_or_default()));
            let index =
                |id: SectionId| if id.dwo_name().is_some() { section(id) } else { Ok(contents(sections, id.name())) };
            if let Ok(package) = gimli::DwarfPackage::load(index, EndianSlice::new(&[], LittleEndian))
                && sections.iter().any(|(name, _)| *name == SectionId::DebugCuIndex.name())
            {
                for id in &wanted {
                    if let Ok(Some(part)) = package.find_cu(*id, &self.dwarf) {
                        self.add_file(part, &mut found);
                    }
                }
                continue;
            }
            if let Ok(mut file) = gimli::Dwarf::load(section) {
                file.make_dwo(&self.dwarf);
                self.add_file(file, &mut found);
            }
        }
        found
    }

    fn add_file(&mut self, file: Dwarf<'a>, found: &mut HashMap<DwoId, (usize, Header<'a>)>) {
        let number = self.files.len();
        let (headers, damaged) = headers(&file);
        self.damaged |= damaged;
        for header in headers {
            if let Some(id) = file.unit(header).ok().and_then(|unit| unit.dwo_id) {
                found.entry(id).or_insert((number, header));
            }
        }
        self.files.push(file);
    }

    /// Adds the units of types in other files, each signature once, and the copies of all units of types.
    fn add_types(&mut self) {
        let mut known = HashSet::new();
        for (number, file) in self.files.iter().enumerate() {
            let headers = headers(file).0.into_iter();
            let new = headers.filter(|header| signature(header).is_some_and(|signature| known.insert(signature)));
            let place = |header| Place { header, file: Some(number), skeleton: None, is_copy: false };
            self.places.extend(new.map(place));
        }
        self.originals = self.places.len();
        let types = self.places.iter().filter(|place| signature(&place.header).is_some());
        let copies = types.map(|place| Place { header: place.header, file: place.file, skeleton: None, is_copy: true });
        let copies: Vec<Place<'a>> = copies.collect();
        self.places.extend(copies);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// How many come before those that are read once more, as pointers lead to their types.
    pub fn originals(&self) -> usize {
        self.originals
    }

    /// Begins to read the unit with this number.
    pub fn open(&self, number: usize) -> gimli::Result<OpenUnit<'_, 'a>> {
        let place = &self.places[number];
        let dwarf = place.file.map_or(&self.dwarf, |file| &self.files[file]);
        let mut unit = dwarf.unit(place.header)?;
        let skeleton = place.skeleton.map(|header| self.dwarf.unit(header)).transpose()?;
        let mut lines = dwarf;
        if let Some(skeleton) = &skeleton {
            unit.copy_relocated_attributes(skeleton);
            unit.line_program = skeleton.line_program.clone();
            unit.comp_dir = skeleton.comp_dir;
            lines = &self.dwarf;
        }
        Ok(OpenUnit { dwarf, unit, lines, file: place.file, skeleton, is_copy: place.is_copy })
    }
}

/// What a unit of a type is known by.
fn signature(header: &Header<'_>) -> Option<u64> {
    match header.type_() {
        UnitType::Type { type_signature, .. } | UnitType::SplitType { type_signature, .. } => Some(type_signature.0),
        _ => None,
    }
}

/// The debug information in sections.
fn load<'a>(sections: &[(&str, &'a [u8])]) -> Dwarf<'a> {
    gimli::Dwarf::load(|id: SectionId| Ok::<_, gimli::Error>(contents(sections, id.name())))
        .unwrap_or_else(|_: gimli::Error| gimli::Dwarf::default())
}

fn contents<'a>(sections: &[(&str, &'a [u8])], name: &str) -> Reader<'a> {
    let found = sections.iter().find(|(known, _)| *known == name);
    EndianSlice::new(found.map_or(&[], |(_, contents)| *contents), LittleEndian)
}

/// Whether entries may have an attribute of such a name and form, by the abbreviations alone.
pub(super) fn has_attribute(dwarf: &Dwarf<'_>, is_it: impl Fn(DwAt, DwForm) -> bool) -> bool {
    let mut reader = *dwarf.debug_abbrev.reader();
    // Tables stand behind one another (DWARF 5, 7.5.3); damage ends the search.
    let mut search = || -> gimli::Result<bool> {
        while !reader.is_empty() {
            if reader.read_uleb128()? == 0 {
                continue;
            }
            reader.read_uleb128()?;
            reader.read_u8()?;
            loop {
                let (name, form) = (DwAt(reader.read_uleb128_u16()?), DwForm(reader.read_uleb128_u16()?));
                if is_it(name, form) {
                    return Ok(true);
                }
                if form == dw::DW_FORM_implicit_const {
                    reader.read_sleb128()?;
                }
                if (name.0, form.0) == (0, 0) {
                    break;
                }
            }
        }
        Ok(false)
    };
    search().unwrap_or(true)
}

/// The headers of all units, and whether damage hides more of them.
fn headers<'a>(dwarf: &Dwarf<'a>) -> (Vec<Header<'a>>, bool) {
    let (mut units, mut types) = (dwarf.units(), dwarf.type_units());
    let mut damaged = false;
    let mut headers = Vec::new();
    let mut add = |next: gimli::Result<Option<Header<'a>>>| {
        damaged |= next.is_err();
        let found = next.ok().flatten();
        headers.extend(found);
        found.is_some()
    };
    while add(units.next()) {}
    while add(types.next()) {}
    (headers, damaged)
}
