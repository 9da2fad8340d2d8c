//! Collects the stack maps of all code (`wasmc_abi::heap::StackMap`).

use std::collections::HashMap;

use crate::codegen::StackMap;
use crate::plan::StructureWriter;

/// The stack maps of a program, in order of address.
#[derive(Default)]
pub(super) struct StackMaps {
    /// Return address in the text, and index of the list in `slots`.
    calls: Vec<(u32, u32)>,
    /// Lists of slots, each after its length.
    slots: Vec<u32>,
    /// Where each list that there is already begins.
    known: HashMap<Vec<u32>, u32>,
}

impl StackMaps {
    /// Adds the calls of the unit that starts at `start` in the text.
    pub fn add(&mut self, start: u32, maps: &[StackMap]) {
        for map in maps {
            let list = match self.known.get(&map.slots) {
                Some(&list) => list,
                None => {
                    let list = self.slots.len() as u32;
                    self.slots.push(map.slots.len() as u32);
                    self.slots.extend_from_slice(&map.slots);
                    self.known.insert(map.slots.clone(), list);
                    list
                }
            };
            self.calls.push((start + map.address, list));
        }
    }

    /// The array of `StackMap`, and its length.
    pub fn write_calls(&self, writer: &mut StructureWriter) -> u64 {
        for &(address, slots) in &self.calls {
            writer.u32(address);
            writer.u32(slots);
        }
        self.calls.len() as u64
    }

    /// The array of slots, and its length.
    pub fn write_slots(&self, writer: &mut StructureWriter) -> u64 {
        self.slots.iter().for_each(|&word| writer.u32(word));
        self.slots.len() as u64
    }
}
