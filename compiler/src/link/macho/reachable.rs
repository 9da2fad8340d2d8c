//! Finds what the entry point needs: atoms, and functions of libSystem.

use std::collections::BTreeSet;

use super::imports::Import;
use super::input::{DEBUG_SECTIONS, Role};
use super::relocate::Kind;
use super::symbols::{AtomId, Program, Target};
use crate::error::Result;

/// What is linked.
#[derive(Default)]
pub(super) struct Reachable {
    atoms: BTreeSet<AtomId>,
    /// Functions of libSystem.
    pub imports: BTreeSet<Import>,
    /// Those that are jumped to: by a piece of code for each.
    pub stubs: BTreeSet<Import>,
    /// Those whose address is kept at a place of its own, for stubs and others: all but those in data.
    pub slots: BTreeSet<Import>,
}

impl Reachable {
    pub fn contains(&self, atom: AtomId) -> bool {
        self.atoms.contains(&atom)
    }
}

/// Follows relocations from the entry point, and from what describes the program.
pub(super) fn find(program: &Program<'_>) -> Result<Reachable> {
    let mut reachable = Reachable::default();
    let mut pending = vec![program.entry.atom];
    pending.extend(program.atoms(Role::Note).map(|(id, _)| id));
    let debug: Vec<AtomId> = debug_atoms(program).collect();
    if let Some(first) = debug.first() {
        // It counts on all code of its object, one piece behind the other.
        pending.extend(program.atoms(Role::Code).map(|(id, _)| id).filter(|id| id.object == first.object));
    }
    reachable.atoms.extend(&pending);
    while let Some(id) = pending.pop() {
        for relocation in &program.atom(id).relocations {
            for reference in [Some(relocation.target), relocation.minus].into_iter().flatten() {
                match program.target(id.object, reference)? {
                    Target::Place(place) => {
                        if reachable.atoms.insert(place.atom) {
                            pending.push(place.atom);
                        }
                    }
                    Target::Absolute(_) => {}
                    Target::Import(import) => {
                        reachable.imports.insert(import);
                        if relocation.kind != Kind::Absolute {
                            reachable.slots.insert(import);
                        }
                        if relocation.kind.is_branch() {
                            reachable.stubs.insert(import);
                        }
                    }
                }
            }
        }
    }
    // It keeps nothing that it refers to.
    reachable.atoms.extend(debug);
    Ok(reachable)
}

fn debug_atoms(program: &Program<'_>) -> impl Iterator<Item = AtomId> {
    (0..DEBUG_SECTIONS.len()).flat_map(|number| program.atoms(Role::Debug(number as u8)).map(|(id, _)| id))
}
