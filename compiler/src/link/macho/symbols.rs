//! Resolves names: which object defines each, and which members of archives are linked.

use std::collections::HashMap;

use super::imports::{self, Import};
use super::input::{self, Atom, Object, Processor, Reference, Role, Symbol};
use super::{Inputs, MachoOptions, archives, display, error};
use crate::error::Result;

/// An atom: positions of the object, and among its atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AtomId {
    pub object: u32,
    pub atom: u32,
}

/// Everything that is linked.
pub(super) struct Program<'a> {
    pub processor: Processor,
    pub objects: Vec<Object<'a>>,
    /// Where each name that objects share is defined.
    definitions: HashMap<&'a [u8], Place>,
    /// What dyld calls.
    pub entry: Place,
}

/// A place in an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub atom: AtomId,
    pub offset: u64,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Place(Place),
    /// A number.
    Absolute(u64),
    /// A function of libSystem.
    Import(Import),
}

/// Parses the objects, and the members of archives that they need.
pub(super) fn resolve<'a>(inputs: &Inputs<'a>, options: &MachoOptions<'_>) -> Result<Program<'a>> {
    let mut program = Resolver::default();
    for file in inputs.objects {
        program.add(input::parse(file.name.into(), file.bytes, !options.strip)?)?;
    }
    // Names of C have an underscore in front.
    let entry = format!("_{}", options.entry);
    let mut members = archives::members(inputs)?;
    let mut wanted = members.choose([entry.as_bytes()]);
    loop {
        for (name, bytes) in wanted {
            program.add(input::parse(String::from_utf8_lossy(name), bytes, false)?)?;
        }
        let mut names = std::mem::take(&mut program.wanted);
        names.retain(|name| !program.definitions.contains_key(name));
        wanted = members.choose(names);
        if wanted.is_empty() {
            break;
        }
    }
    let undefined = || error(format!("no object defines the entry point {}", options.entry));
    let entry = *program.definitions.get(entry.as_bytes()).ok_or_else(undefined)?;
    let processor = program.objects[0].processor;
    if let Some(other) = program.objects.iter().find(|object| object.processor != processor) {
        return Err(other.damaged("it is for another processor than the other objects"));
    }
    Ok(Program { processor, objects: program.objects, definitions: program.definitions, entry })
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
        let number = self.objects.len() as u32;
        for symbol in object.symbols.iter().flatten() {
            match *symbol {
                Symbol::Defined { atom, offset, name, is_global: true } => {
                    let place = Place { atom: AtomId { object: number, atom }, offset };
                    let first = *self.definitions.entry(name).or_insert(place);
                    if first != place {
                        let other = &self.objects[first.atom.object as usize].name;
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
    /// The atom.
    pub fn atom(&self, id: AtomId) -> &Atom<'a> {
        // In bounds: ids are made from positions.
        &self.objects[id.object as usize].atoms[id.atom as usize]
    }

    /// All atoms of a role, in order.
    pub fn atoms(&self, role: Role) -> impl Iterator<Item = (AtomId, &Atom<'a>)> {
        let objects = self.objects.iter().enumerate();
        let atoms = objects.flat_map(|(object, of)| {
            let id = move |atom: usize| AtomId { object: object as u32, atom: atom as u32 };
            of.atoms.iter().enumerate().map(move |(atom, own)| (id(atom), own))
        });
        atoms.filter(move |(_, atom)| atom.role == role)
    }

    /// What a reference of an object stands for.
    pub fn target(&self, object: u32, reference: Reference) -> Result<Target> {
        let of = &self.objects[object as usize];
        let symbol = match reference {
            Reference::Atom(atom, offset) => {
                return Ok(Target::Place(Place { atom: AtomId { object, atom }, offset }));
            }
            Reference::Symbol(symbol) => symbol,
        };
        let name = match of.symbols.get(symbol as usize) {
            Some(&Some(Symbol::Defined { atom, offset, is_global: false, .. })) => {
                return Ok(Target::Place(Place { atom: AtomId { object, atom }, offset }));
            }
            Some(&Some(Symbol::Absolute(value))) => return Ok(Target::Absolute(value)),
            Some(&Some(Symbol::Defined { name, .. } | Symbol::Undefined(name))) => name,
            _ => return Err(of.damaged("a relocation refers to no symbol")),
        };
        if let Some(&place) = self.definitions.get(name) {
            return Ok(Target::Place(place));
        }
        imports::find(name).map(Target::Import).ok_or_else(|| {
            of.damaged(format_args!("{} is not defined, nor a function of libSystem that wasmc knows", display(name)))
        })
    }

    /// As [`target`](Self::target), where only a place will do.
    pub fn place(&self, object: u32, reference: Reference) -> Result<Place> {
        match self.target(object, reference)? {
            Target::Place(place) => Ok(place),
            _ => Err(self.objects[object as usize].damaged("a relocation refers to what has no place in the program")),
        }
    }
}
