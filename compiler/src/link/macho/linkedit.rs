//! The tables at the end of the file, in the segment `__LINKEDIT`.

use super::fixups::Fixups;
use super::layout::{IMAGE_BASE, Layout};
use super::signature::Signature;
use super::symbols::Program;
use super::symtab::{self, Symtab};
use super::{MachoOptions, error};
use crate::error::Result;

/// A table in the file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub offset: u64,
    pub size: u64,
}

/// The segment, arranged.
pub(super) struct Linkedit {
    pub address: u64,
    pub offset: u64,
    /// All of it but the signature, which begins behind.
    pub bytes: Vec<u8>,
    pub fixups: Extent,
    pub exports: Extent,
    pub functions: Extent,
    pub symbols: Extent,
    pub indirect: Extent,
    pub strings: Extent,
    /// How many symbols are local, defined for others, undefined.
    pub counts: [u32; 3],
    pub signature: Signature,
}

impl Linkedit {
    /// Bytes in the file.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64 + self.signature.size()
    }
}

/// Makes the tables and puts them behind each other.
pub(super) fn collect(
    program: &Program<'_>,
    layout: &Layout,
    fixups: &Fixups,
    identity: &str,
    options: &MachoOptions<'_>,
) -> Result<Linkedit> {
    let Symtab { entries, strings, indirect, counts, functions } = symtab::collect(program, layout, options)?;
    let (address, offset) = layout.end();
    let mut bytes = Vec::new();
    let mut append = |table: &[u8], align: usize| {
        bytes.resize(bytes.len().next_multiple_of(align), 0);
        let extent = Extent { offset: offset + bytes.len() as u64, size: table.len() as u64 };
        bytes.extend(table);
        extent
    };
    let fixups = append(&fixups.table, 8);
    let exports = append(&exports(), 8);
    let functions = append(&function_starts(&functions), 8);
    let symbols = append(&entries, 8);
    let indirect = append(&indirect, 8);
    let strings = append(&strings, 8);
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    let code = u32::try_from(offset + bytes.len() as u64);
    let code = code.map_err(|_| error("the executable has more than 4 GiB, which cannot be signed"))?;
    let text = layout.segments.first().map_or(0, |segment| segment.file_size);
    let signature = Signature::new(identity, code, text);
    Ok(Linkedit { address, offset, bytes, fixups, exports, functions, symbols, indirect, strings, counts, signature })
}

/// What the executable offers to others, in a trie: its header.
fn exports() -> Vec<u8> {
    let name = symtab::HEADER.as_bytes();
    // The root ends no name, and has one edge: the whole name, to the node behind.
    let mut trie = vec![0, 1];
    trie.extend(name);
    trie.push(0);
    trie.push(trie.len() as u8 + 1);
    // A node that ends a name, in two bytes: its kind and its distance from the header. It has no edges.
    trie.extend([2, 0, 0, 0]);
    trie
}

/// Where functions begin: the distance of each from the one before, of the first from the header. (LEB128.)
fn function_starts(functions: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = IMAGE_BASE;
    for &function in functions {
        let mut distance = function - last;
        last = function;
        while distance >= 0x80 {
            bytes.push(distance as u8 | 0x80);
            distance >>= 7;
        }
        bytes.push(distance as u8);
    }
    bytes.push(0);
    bytes
}
