//! Resolves names: which object defines each, and which members of archives are linked.

use std::collections::HashMap;

use super::imports::{self, Import};
use super::input::{self, Object, Role, Section, Symbol};
use super::machine::Machine;
use super::{Inputs, PeOptions, archives, display, error};
use crate::error::Result;

/// A section: positions of the object, and among its sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SectionId {
    pub object: u32,
    pub section: u32,
}

/// Everything that is linked.
pub(super) struct Program<'a> {
    pub objects: Vec<Object<'a>>,
    /// The processor of all of them.
    pub machine: Machine,
    /// Where each name that objects share is defined.
    definitions: HashMap<&'a [u8], Place>,
    /// Where Windows enters.
    pub entry: Place,
}

/// A place in a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub section: SectionId,
    pub offset: u64,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Place(Place),
    /// A number.
    Absolute(u64),
    /// A function of Windows: code that jumps there.
    Import(Import),
    /// Where the address of one is.
    ImportSlot(Import),
}

/// Parses the objects, and the members of archives that they need.
pub(super) fn resolve<'a>(inputs: &Inputs<'a>, options: &PeOptions<'a>) -> Result<Program<'a>> {
    let mut program = Resolver::default();
    for file in inputs.objects {
        program.add(input::parse(file.name.into(), file.bytes)?)?;
    }
    let entry = options.entry.as_bytes();
    program.wanted.push(entry);
    let mut members = archives::members(inputs)?;
    loop {
        let mut wanted = std::mem::take(&mut program.wanted);
        wanted.retain(|name| !program.definitions.contains_key(name));
        let chosen = members.choose(wanted);
        if chosen.is_empty() {
            break;
        }
        for (name, bytes) in chosen {
            program.add(input::parse(String::from_utf8_lossy(name), bytes)?)?;
        }
    }
    let undefined = || error(format!("no object defines the entry point {}", options.entry));
    let entry = *program.definitions.get(entry).ok_or_else(undefined)?;
    // The entry point is in one of them.
    let machine = program.objects.first().map_or(Machine::X86_64, |object| object.machine);
    Ok(Program { objects: program.objects, machine, definitions: program.definitions, entry })
}

#[derive(Default)]
struct Resolver<'a> {
    objects: Vec<Object<'a>>,
    definitions: HashMap<&'a [u8], Place>,
    /// Names that objects refer to, and may not define.
    wanted: Vec<&'a [u8]>,
}

impl<'a> Resolver<'a> {
    fn add(&mut self, object: Object<'a>) -> Result<()> {
        if self.objects.first().is_some_and(|first| first.machine != object.machine) {
            return Err(object.damaged("it is for another processor"));
        }
        let number = self.objects.len() as u32;
        for symbol in object.symbols.iter().flatten() {
            match *symbol {
                Symbol::Defined { section, offset, global: Some(name) } => {
                    let place = Place { section: SectionId { object: number, section }, offset };
                    let first = *self.definitions.entry(name).or_insert(place);
                    // Of those that several objects have, the first counts.
                    if first != place && !object.sections[section as usize].is_shared {
                        let other = &self.objects[first.section.object as usize].name;
                        return Err(object.damaged(format_args!("{} is defined in {other} too", display(name))));
                    }
                }
                Symbol::Undefined(name) => self.wanted.push(name),
                _ => {}
            }
        }
        self.objects.push(object);
        Ok(())
    }
}

impl<'a> Program<'a> {
    /// The section.
    pub fn section(&self, id: SectionId) -> &Section<'a> {
        // In bounds: ids are made from positions.
        &self.objects[id.object as usize].sections[id.section as usize]
    }

    /// All sections that can be linked, in order.
    pub fn sections(&self) -> impl Iterator<Item = (SectionId, &Section<'a>)> {
        let of_object = |(number, object): (usize, &'_ Object<'a>)| (number as u32, object.sections.len() as u32);
        let ids = self
            .objects
            .iter()
            .enumerate()
            .map(of_object)
            .flat_map(|(object, count)| (0..count).map(move |section| SectionId { object, section }));
        ids.map(|id| (id, self.section(id))).filter(|(_, section)| section.role != Role::None)
    }

    /// What a symbol of an object stands for.
    pub fn target(&self, object: u32, symbol: u32) -> Result<Target> {
        let of = &self.objects[object as usize];
        let name = match of.symbols.get(symbol as usize) {
            Some(&Some(Symbol::Defined { section, offset, global: None })) => {
                return Ok(Target::Place(Place { section: SectionId { object, section }, offset }));
            }
            Some(&Some(Symbol::Absolute(value))) => return Ok(Target::Absolute(value)),
            Some(&Some(Symbol::Defined { global: Some(name), .. } | Symbol::Undefined(name))) => name,
            _ => return Err(of.damaged("a relocation refers to no symbol")),
        };
        if let Some(&place) = self.definitions.get(name) {
            return Ok(Target::Place(place));
        }
        let slot = name.strip_prefix(b"__imp_").and_then(imports::find).map(Target::ImportSlot);
        slot.or_else(|| imports::find(name).map(Target::Import)).ok_or_else(|| {
            of.damaged(format_args!("{} is not defined, nor a function of Windows that wasmc knows", display(name)))
        })
    }
}
