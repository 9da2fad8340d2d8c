//! Finds what the entry point needs: sections, and entries of the function table.

use std::collections::{BTreeSet, HashMap};

use super::imports::Import;
use super::input::{Relocation, Role};
use super::machine::Kind;
use super::symbols::{Place, Program, SectionId, Target};
use crate::error::Result;

/// A word of 32 bits in an entry of the function table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// The distance of a place from the start of the image.
    Place(Place),
    Bits(u32),
}

/// An entry of the function table: [as many words](super::machine::Machine::function_words) as there are count. The first is a place.
pub(super) type Function = [Word; 3];

/// What is linked.
#[derive(Default)]
pub(super) struct Reachable {
    sections: BTreeSet<SectionId>,
    pub imports: BTreeSet<Import>,
    /// By the order of sections.
    pub functions: Vec<Function>,
}

impl Reachable {
    pub fn contains(&self, section: SectionId) -> bool {
        self.sections.contains(&section)
    }
}

/// Follows relocations from the entry point, and from what describes the program.
pub(super) fn find(program: &Program<'_>) -> Result<Reachable> {
    let functions = functions(program)?;
    let mut reachable = Reachable::default();
    let mut pending = vec![program.entry.section];
    pending.extend(program.sections().filter(|(_, section)| section.role == Role::Note).map(|(id, _)| id));
    reachable.sections.extend(&pending);
    let mut listed = Vec::new();
    while let Some(id) = pending.pop() {
        let mut reach = |section: SectionId| {
            if reachable.sections.insert(section) {
                pending.push(section);
            }
        };
        for relocation in &program.section(id).relocations {
            match program.target(id.object, relocation.symbol)? {
                Target::Place(place) => reach(place.section),
                Target::Absolute(_) => {}
                Target::Import(import) | Target::ImportSlot(import) => {
                    reachable.imports.insert(import);
                }
            }
        }
        for function in functions.get(&id).into_iter().flatten() {
            for word in function {
                if let Word::Place(place) = word {
                    reach(place.section);
                }
            }
            listed.push((id, *function));
        }
    }
    // Stable: functions of one section stay in order.
    listed.sort_by_key(|(id, _)| *id);
    reachable.functions = listed.into_iter().map(|(_, function)| function).collect();
    Ok(reachable)
}

/// The entries of all function tables, by the section that their function is in.
fn functions(program: &Program<'_>) -> Result<HashMap<SectionId, Vec<Function>>> {
    let size = 4 * program.machine.function_words();
    let mut functions: HashMap<SectionId, Vec<Function>> = HashMap::new();
    for (id, section) in program.sections().filter(|(_, section)| section.role == Role::Functions) {
        let object = &program.objects[id.object as usize];
        let damaged = || object.damaged("the function table makes no sense");
        if section.data.len() % size != 0 {
            return Err(damaged());
        }
        let mut relocations = section.relocations.iter().peekable();
        for (number, entry) in section.data.chunks_exact(size).enumerate() {
            let mut words = [Word::Bits(0); 3];
            for (position, bytes) in entry.as_chunks::<4>().0.iter().enumerate() {
                let bits = u32::from_le_bytes(*bytes);
                let at = number * size + 4 * position;
                words[position] = match relocations.next_if(|relocation| relocation.offset as usize == at) {
                    Some(&Relocation { symbol, kind: Kind::ImageOffset, .. }) => {
                        let Target::Place(place) = program.target(id.object, symbol)? else { return Err(damaged()) };
                        Word::Place(Place { offset: place.offset + u64::from(bits), ..place })
                    }
                    Some(_) => return Err(damaged()),
                    None => Word::Bits(bits),
                };
            }
            let Word::Place(start) = words[0] else { return Err(damaged()) };
            functions.entry(start.section).or_default().push(words);
        }
        if relocations.next().is_some() {
            return Err(damaged());
        }
    }
    Ok(functions)
}
