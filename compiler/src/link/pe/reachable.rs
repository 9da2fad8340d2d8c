//! Finds what the entry point needs: sections, and entries of the function table.

use std::collections::{BTreeSet, HashMap};

use object::pe;

use super::imports::Import;
use super::input::{Relocation, Role};
use super::symbols::{Place, Program, SectionId, Target};
use crate::error::Result;

/// Bytes of an entry of the function table.
pub(super) const FUNCTION_ENTRY: usize = 12;

/// What is linked.
#[derive(Default)]
pub(super) struct Reachable {
    sections: BTreeSet<SectionId>,
    pub imports: BTreeSet<Import>,
    /// First byte, the one behind the last, and the information of each function, by the order of sections.
    pub functions: Vec<[Place; 3]>,
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
            reach(function[2].section);
            listed.push((id, *function));
        }
    }
    // Stable: functions of one section stay in order.
    listed.sort_by_key(|(id, _)| *id);
    reachable.functions = listed.into_iter().map(|(_, function)| function).collect();
    Ok(reachable)
}

/// The entries of all function tables, by the section that their function is in.
fn functions(program: &Program<'_>) -> Result<HashMap<SectionId, Vec<[Place; 3]>>> {
    let mut functions: HashMap<SectionId, Vec<[Place; 3]>> = HashMap::new();
    for (id, section) in program.sections().filter(|(_, section)| section.role == Role::Functions) {
        let object = &program.objects[id.object as usize];
        let damaged = || object.damaged("the function table makes no sense");
        let (entries, rest) = section.relocations.as_chunks::<3>();
        if !rest.is_empty() || entries.len() * FUNCTION_ENTRY != section.data.len() {
            return Err(damaged());
        }
        for (number, entry) in entries.iter().enumerate() {
            let mut places = [Place { section: id, offset: 0 }; 3];
            for (position, relocation) in entry.iter().enumerate() {
                let at = number * FUNCTION_ENTRY + 4 * position;
                let Relocation { offset, symbol, kind } = *relocation;
                let addend = section.data[at..].first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
                let Target::Place(place) = program.target(id.object, symbol)? else { return Err(damaged()) };
                if offset as usize != at || kind != pe::IMAGE_REL_AMD64_ADDR32NB {
                    return Err(damaged());
                }
                places[position] = Place { offset: place.offset + u64::from(addend.ok_or_else(damaged)?), ..place };
            }
            functions.entry(places[0].section).or_default().push(places);
        }
    }
    Ok(functions)
}
