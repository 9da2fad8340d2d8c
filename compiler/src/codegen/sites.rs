//! Encodes where a piece of code may trap or be found by a stack walk: `wasmc_abi::code_map::FunctionEntry::sites`.

use std::collections::HashSet;

use cranelift_codegen::CompiledCode;
use cranelift_codegen::ir::SourceLoc;

use super::relax::Moves;
use crate::debug::STANDS_IN;
use crate::translate::{InlinedBody, trap_number};

/// A place in machine code that the trap handler may have to explain.
struct Site {
    address: u32,
    /// Trap that the instruction at the address is; `None` for calls and memory accesses.
    code: Option<u8>,
    /// Source location: offset from the function's body in the wasm binary, or of an inlined body.
    wasm_offset: u32,
}

/// The site stream of a compiled function with these bodies of others in it. What is at one of the `trapping` source
/// locations may trap, at its first instruction or behind that.
pub(super) fn encode(
    compiled: &CompiledCode,
    moves: &Moves,
    inlined: &[InlinedBody],
    trapping: &HashSet<SourceLoc>,
) -> Vec<u8> {
    let locations = compiled.buffer.get_srclocs_sorted();
    let location_of = |address: u32| {
        let next = locations.partition_point(|location| location.start <= address);
        let found = next.checked_sub(1).map(|position| &locations[position]);
        found
            .filter(|location| address < location.end && !location.loc.is_default())
            .map(|location| location.loc.bits())
            .filter(|location| location & STANDS_IN == 0)
    };
    let traps =
        compiled.buffer.traps().iter().map(|trap| (moves.start(trap.offset), trap_number(trap.code), trap.offset));
    // A return address is explained by the call before it.
    let calls =
        compiled.buffer.call_sites().map(|call| (moves.end(call.ret_addr), None, call.ret_addr.saturating_sub(1)));
    let starts = locations.iter().filter(|location| trapping.contains(&location.loc));
    let starts = starts.map(|location| (moves.start(location.start), None, location.start));
    let mut sites: Vec<Site> = traps
        .chain(calls)
        .chain(starts)
        .map(|(address, code, explained)| Site { address, code, wasm_offset: location_of(explained).unwrap_or(0) })
        .collect();
    sites.sort_by_key(|site| site.address);
    sites.dedup_by_key(|site| site.address);

    let mut stream = Vec::with_capacity(3 * sites.len());
    if !inlined.is_empty() {
        encode_inlined(&mut stream, inlined);
    }
    let (mut address, mut wasm_offset) = (0, 0);
    for site in sites {
        // `FunctionEntry` describes this encoding.
        unsigned(&mut stream, (u64::from(site.address - address) << 1) | u64::from(site.code.is_some()));
        signed(&mut stream, i64::from(site.wasm_offset) - wasm_offset);
        stream.extend(site.code);
        address = site.address;
        wasm_offset = i64::from(site.wasm_offset);
    }
    stream
}

/// The head of the stream of a function with `FUNCTION_INLINES`.
fn encode_inlined(stream: &mut Vec<u8>, inlined: &[InlinedBody]) {
    let mut list = Vec::new();
    let mut start = 0;
    for body in inlined {
        unsigned(&mut list, u64::from(body.start - start));
        unsigned(&mut list, u64::from(body.function.0));
        unsigned(&mut list, u64::from(body.call));
        start = body.start;
    }
    unsigned(stream, list.len() as u64);
    stream.append(&mut list);
}

/// Unsigned LEB128 (DWARF 5 §7.6).
pub(crate) fn unsigned(stream: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        stream.push(value as u8 | 0x80);
        value >>= 7;
    }
    stream.push(value as u8);
}

/// Signed LEB128 (DWARF 5 §7.6).
pub(crate) fn signed(stream: &mut Vec<u8>, mut value: i64) {
    while !(-0x40..0x40).contains(&value) {
        stream.push(value as u8 | 0x80);
        value >>= 7;
    }
    stream.push(value as u8 & 0x7f);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb128_matches_the_examples_of_the_dwarf_standard() {
        let mut stream = Vec::new();
        for value in [2, 127, 128, 129, 12857] {
            unsigned(&mut stream, value);
        }
        assert_eq!(stream, [2, 127, 0x80, 1, 0x81, 1, 0xb9, 0x64]);
        stream.clear();
        for value in [2, -2, 127, -127, 128, -128, 129, -129] {
            signed(&mut stream, value);
        }
        assert_eq!(stream, [2, 0x7e, 0xff, 0, 0x81, 0x7f, 0x80, 1, 0x80, 0x7f, 0x81, 1, 0xff, 0x7e]);
    }
}
