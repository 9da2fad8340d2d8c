//! Programs with threads (wasi-threads): each thread is an instance of its own over the shared memories.
//!
//! What an instance has of its own is not at a symbol then, but in a block of data for each thread, which compiled code
//! finds by the pinned register, or by the stack pointer where there is none. What all threads share stays at symbols:
//! memories' descriptors, tables that never change.

use std::mem::offset_of;

use wasmc_abi::exception::Exceptions;
use wasmc_abi::thread::STACK_REGION_EXTRA;
use wasmparser::{ExternalKind, FuncType, ValType};

use super::data::DataId;
use super::definitions::{Definition, Definitions};
use super::exceptions::ExceptionObjects;
use super::host;
use super::segments::SegmentContents;
use crate::module::Module;
use crate::{Entry, Error, Result};

/// The block of data that each thread has.
#[derive(Default)]
pub(crate) struct InstanceBlock {
    /// Initial contents: data objects, each with its offset in the block.
    pub parts: Vec<(DataId, u32)>,
    /// In bytes, without the elements of tables.
    pub size: u32,
    /// Tables with elements in the block: offset of the descriptor, initial number of elements.
    pub tables: Vec<(u32, u64)>,
    /// Fields that hold addresses in the block: offset of the field, and what it points to.
    pub addresses: Vec<(u32, u32)>,
    /// Where the stack pointer tells the block: bytes of the region of each stack, a power of two
    /// ([`STACK_REGION_EXTRA`](wasmc_abi::thread::STACK_REGION_EXTRA)).
    pub region: Option<u64>,
}

impl InstanceBlock {
    /// Has compiled code find the block, which is complete, by the stack pointer.
    ///
    /// # Errors
    /// `Error::Option` where block and stack are larger than any region.
    pub fn find_by_stack(&mut self, max_stack: u64) -> Result<()> {
        let elements: u64 = self.tables.iter().map(|&(_, length)| length * 8).sum();
        let region = (u64::from(self.size) + elements + STACK_REGION_EXTRA)
            .checked_add(max_stack)
            .and_then(u64::checked_next_power_of_two)
            .filter(|&region| region <= LARGEST_REGION)
            .ok_or_else(|| {
                Error::Option(format!("stacks of {max_stack} bytes are too large for threads (`--max-stack`)"))
            })?;
        self.region = Some(region);
        Ok(())
    }

    /// Adds a data object of `size` bytes; returns its offset, a multiple of 16.
    pub fn add(&mut self, object: DataId, size: usize) -> u32 {
        let offset = self.size;
        self.parts.push((object, offset));
        self.size = (offset as usize + size).next_multiple_of(16) as u32;
        offset
    }

    /// Gives each thread elements of its own of a segment whose initialisation code writes some.
    pub fn add_elements(&mut self, contents: &SegmentContents) {
        if let Some(object) = contents.object {
            self.add(object, contents.length as usize * size_of::<u64>());
        }
    }

    /// Gives each thread a place for its pending exception, and a description that names the place.
    pub fn add_exceptions(&mut self, objects: ExceptionObjects, largest: usize) {
        let pending = self.add(objects.pending, largest);
        let description = self.add(objects.description, size_of::<Exceptions>());
        self.addresses.push((description + offset_of!(Exceptions, pending) as u32, pending));
    }
}

/// Bytes of the largest region for a stack and a block: no process has more than this for two.
const LARGEST_REGION: u64 = 1 << 46;

/// The name of the function that threads run (wasi-threads).
const THREAD_START: &str = "wasi_thread_start";

/// The function that the program's threads run; `None` for a program that starts none.
///
/// # Errors
/// `Error::Option` where the main module lacks it, `Error::Unsupported` where threads cannot have what a module asks for.
pub(super) fn start(modules: &[Module<'_>], definitions: &Definitions, entry: &Entry) -> Result<Option<Definition>> {
    if !definitions.host.iter().any(|function| function.symbol == host::THREAD_SPAWN) {
        return Ok(None);
    }
    if *entry == Entry::Harness {
        return Err(unsupported("threads in a program that the harness drives".to_owned()));
    }
    for module in modules {
        if let Some(index) = module.memories.iter().position(|memory| !memory.shared) {
            return Err(unsupported(format!(
                "memory {index} of module {} is not shared, and each thread would need one of its own",
                module.name
            )));
        }
    }
    let Some((number, main)) = modules.iter().enumerate().next_back() else { return Ok(None) };
    let export = main.exports.iter().find(|export| export.name == THREAD_START && export.kind == ExternalKind::Func);
    let Some(export) = export else {
        return Err(Error::Option(format!(
            "the program starts threads, but the module exports no function `{THREAD_START}` for them to run"
        )));
    };
    if *main.function_type(export.index) != FuncType::new([ValType::I32, ValType::I32], []) {
        return Err(Error::Option(format!("the export `{THREAD_START}` must take two i32 and return nothing")));
    }
    Ok(Some(definitions.function(number, export.index)))
}

fn unsupported(what: String) -> Error {
    Error::Unsupported { what, offset: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_room_for_block_and_stack() {
        let region = |size, tables: &[u64], max_stack| {
            let tables = tables.iter().map(|&length| (0, length)).collect();
            let mut block = InstanceBlock { size, tables, ..InstanceBlock::default() };
            block.find_by_stack(max_stack).map(|()| block.region)
        };
        assert_eq!(region(64, &[10], 8 << 20).unwrap(), Some(16 << 20));
        assert_eq!(region(0, &[], 12 << 20).unwrap(), Some(16 << 20));
        assert_eq!(region(16, &[], 12 << 20).unwrap(), Some(32 << 20));
        assert_eq!(region(0, &[1 << 20, 1 << 20], 0).unwrap(), Some(32 << 20));
        assert_eq!(region(0, &[], 1 << 45).unwrap(), Some(1 << 46));
        for max_stack in [1 << 46, 1 << 63, u64::MAX] {
            assert!(region(0, &[], max_stack).is_err());
        }
    }
}
