//! Encodes where a piece of code may trap or be found by a stack walk: `wasmc_abi::code_map::FunctionEntry::sites`.

use cranelift_codegen::CompiledCode;

use crate::translate::trap_number;

/// A place in machine code that the trap handler may have to explain.
struct Site {
    address: u32,
    /// Trap that the instruction at the address is; `None` for calls and memory accesses.
    code: Option<u8>,
    /// Offset from the function's body in the wasm binary.
    wasm_offset: u32,
}

/// The site stream of a compiled function.
pub(super) fn encode(compiled: &CompiledCode) -> Vec<u8> {
    let locations = compiled.buffer.get_srclocs_sorted();
    let location_of = |address: u32| {
        let next = locations.partition_point(|location| location.start <= address);
        let found = next.checked_sub(1).map(|position| &locations[position]);
        found
            .filter(|location| address < location.end && !location.loc.is_default())
            .map(|location| location.loc.bits())
    };
    let traps = compiled.buffer.traps().iter().map(|trap| (trap.offset, trap_number(trap.code), trap.offset));
    // A return address is explained by the call before it.
    let calls = compiled.buffer.call_sites().map(|call| (call.ret_addr, None, call.ret_addr.saturating_sub(1)));
    let mut sites: Vec<Site> = traps
        .chain(calls)
        .map(|(address, code, explained)| Site { address, code, wasm_offset: location_of(explained).unwrap_or(0) })
        .collect();
    sites.sort_by_key(|site| site.address);
    sites.dedup_by_key(|site| site.address);

    let mut stream = Vec::with_capacity(3 * sites.len());
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
