//! Finds functions and sites in the compiler's map of the code. Trusts no offset: a damaged map gives no answer.

use core::ops::Range;

use wasmc_abi::code_map::{self, FUNCTION_FRAMELESS, FUNCTION_INLINES, FUNCTION_INTERNAL, FunctionEntry};
use wasmc_abi::leb128::{signed, unsigned};
use wasmc_abi::trap::TrapCode;

/// The map, as slices.
#[derive(Clone, Copy, Debug)]
pub struct CodeMap<'a> {
    text: usize,
    text_length: usize,
    functions: &'a [FunctionEntry],
    sites: &'a [u8],
    names: &'a [u8],
}

/// A function: its entry, and where its code and its sites end.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    entry: &'a FunctionEntry,
    position: usize,
    code_start: usize,
    code_end: usize,
    sites_end: usize,
}

/// An instruction that can trap, or the return address of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Offset in the module's binary.
    pub wasm_offset: u32,
    /// The trap that a fault here means, where there is only one.
    pub code: Option<TrapCode>,
}

impl Function<'_> {
    /// Index in its module's function index space.
    pub fn index(&self) -> u32 {
        self.entry.index
    }

    /// Its position among all of the map's.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Number of its module: 0 for the main one.
    pub fn module(&self) -> u32 {
        code_map::module_of(self.entry.flags)
    }

    /// Offset of its body in the module's binary.
    pub fn wasm_offset(&self) -> u32 {
        self.entry.wasm_offset
    }

    /// Whether the function never makes a frame: its caller's is the innermost as long as it runs.
    pub fn is_frameless(&self) -> bool {
        self.entry.flags & FUNCTION_FRAMELESS != 0
    }

    /// Whether `address` is one of its code.
    pub fn contains(&self, address: usize) -> bool {
        (self.code_start..self.code_end).contains(&address)
    }

    /// Address of its first instruction.
    pub fn start(&self) -> usize {
        self.code_start
    }

    /// Whether it is the compiler's own.
    pub fn is_internal(&self) -> bool {
        self.entry.flags & FUNCTION_INTERNAL != 0
    }
}

/// The body of another function in a function's code.
struct InlinedBody {
    start: u32,
    function: u32,
    call: u32,
}

/// Where in a function's stream the list of inlined bodies is.
fn inlined_bodies(function: Function<'_>, stream: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    let has_list = function.entry.flags & FUNCTION_INLINES != 0;
    let length = if has_list { unsigned(stream, &mut start)? } else { 0 };
    Some(start..start.checked_add(length as usize)?)
}

impl<'a> CodeMap<'a> {
    /// The map of a program.
    pub fn new(map: &'a code_map::CodeMap) -> Self {
        // SAFETY: the compiler's description of its program: arrays of constants in the executable.
        unsafe {
            CodeMap {
                text: map.text.start as usize,
                text_length: map.text.length as usize,
                functions: map.functions.as_slice(),
                sites: map.sites.as_slice(),
                names: map.names.as_slice(),
            }
        }
    }

    /// Whether an address is one of compiled code.
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.text) < self.text_length
    }

    /// The function whose code is at `address`.
    pub fn function(&self, address: usize) -> Option<Function<'a>> {
        if !self.contains(address) {
            return None;
        }
        let offset = (address - self.text) as u32;
        let behind = self.functions.partition_point(|entry| entry.start <= offset);
        self.function_at(behind.checked_sub(1)?)
    }

    /// The function at a position of the map.
    #[inline(never)]
    fn function_at(&self, position: usize) -> Option<Function<'a>> {
        let entry = self.functions.get(position)?;
        let behind = position.checked_add(1)?;
        let (end, sites_end) = match self.functions.get(behind) {
            Some(next) => (next.start as usize, next.sites as usize),
            None => (self.text_length, self.sites.len()),
        };
        let code_start = self.text.wrapping_add(entry.start as usize);
        Some(Function { entry, position, code_start, code_end: self.text.wrapping_add(end), sites_end })
    }

    /// The site at exactly this address of a function. Where compiled code is interpreted, the last one before it will do:
    /// the interpreter has instructions trap that are no sites, but only such behind the first instruction of the same
    /// operator, which is one.
    pub fn site(&self, function: Function<'a>, address: usize) -> Option<Site> {
        let (site, is_exact) = self.last_site(function, address)?;
        (is_exact || cfg!(interpreted)).then_some(site)
    }

    /// The last site up to this address of a function, and whether it is there exactly.
    fn last_site(&self, function: Function<'a>, address: usize) -> Option<(Site, bool)> {
        let stream = self.stream(function)?;
        let sought = address.checked_sub(function.code_start)? as u64;
        let mut position = inlined_bodies(function, stream)?.end;
        let mut at = 0;
        let mut wasm_offset = i64::from(function.entry.wasm_offset);
        let mut last = None;
        while position < stream.len() {
            let head = unsigned(stream, &mut position)?;
            at += head >> 1;
            if at > sought {
                break;
            }
            wasm_offset += signed(stream, &mut position)?;
            let mut code = None;
            if head & 1 != 0 {
                code = TrapCode::from_number(*stream.get(position)?);
                position += 1;
            }
            last = Some((Site { wasm_offset: wasm_offset as u32, code }, at == sought));
        }
        last
    }

    /// What a function's sites are coded in.
    fn stream(&self, function: Function<'a>) -> Option<&'a [u8]> {
        self.sites.get(function.entry.sites as usize..function.sites_end)
    }

    /// The wasm function that is at a place in a function's code, and the offset in the module's binary: another one
    /// where its body stands in place of a call; then the place of that call comes last.
    pub fn innermost(&self, function: Function<'a>, place: u32) -> (Function<'a>, u32, Option<u32>) {
        let first = function.wasm_offset();
        let at = place.wrapping_sub(first);
        if let Some(body) = self.inlined_body(function, at)
            && let Some(callee) = self.function_at(body.function as usize)
        {
            // The call stands in an earlier body; so this comes to an end.
            let call = (body.call < body.start).then(|| first.wrapping_add(body.call));
            return (callee, callee.wasm_offset().wrapping_add(at - body.start), call);
        }
        (function, place, None)
    }

    /// The inlined body that a place, counted from the function's own, is in.
    fn inlined_body(&self, function: Function<'a>, place: u32) -> Option<InlinedBody> {
        let stream = self.stream(function)?;
        let Range { start: mut position, end } = inlined_bodies(function, stream)?;
        let (mut found, mut start) = (None, 0_u32);
        while position < end {
            let mut number = || Some(unsigned(stream, &mut position)? as u32);
            start = start.wrapping_add(number()?);
            if start > place {
                break;
            }
            found = Some(InlinedBody { start, function: number()?, call: number()? });
        }
        found
    }

    /// The function's name; empty where it has none.
    pub fn name(&self, function: Function<'a>) -> &'a [u8] {
        let mut position = function.entry.name as usize;
        let Some(length) = unsigned(self.names, &mut position) else { return &[] };
        let end = position.saturating_add(length as usize);
        self.names.get(position..end).unwrap_or(&[])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use wasmc_abi::Span;

    fn span<T: 'static>(items: Vec<T>) -> Span {
        let items: &'static [T] = items.leak();
        Span { start: items.as_ptr().expose_provenance() as u64, length: items.len() as u64 }
    }

    fn entry(start: u32, name: u32, sites: u32, index: u32, wasm_offset: u32, flags: u32) -> FunctionEntry {
        FunctionEntry { start, name, sites, index, wasm_offset, flags }
    }

    /// A map of code at 0x1000..0x1100: `a` [1] at 0x1000, `b` [2] at 0x1040, frameless, an adapter at 0x1080.
    pub fn sample() -> code_map::CodeMap {
        let sites = vec![
            // a: a load at +8, binary offset 0x30; ud2 at +0xd8 (two bytes of LEB128), offset 0x2f.
            8u8 << 1,
            0x10,
            0xa1,
            0x03,
            0x7f,
            1,
            // b: a call that returns to +5, offset 0x100 (0x40 + 0xc0).
            5 << 1,
            0xc0,
            0x01,
        ];
        code_map::CodeMap {
            text: Span { start: 0x1000, length: 0x400 },
            functions: span(vec![
                entry(0, 0, 0, 1, 0x20, 0),
                entry(0x340, 2, 6, 2, 0x40, FUNCTION_FRAMELESS),
                entry(0x380, 4, 9, u32::MAX, 0, FUNCTION_INTERNAL),
            ]),
            sites: span(sites),
            names: span(b"\x01a\x01b\x00".to_vec()),
        }
    }

    #[test]
    fn functions_and_names_are_found() {
        let map = sample();
        let map = CodeMap::new(&map);
        assert!(map.function(0xfff).is_none());
        assert!(map.function(0x1400).is_none());
        assert_eq!(map.function(0x133f).unwrap().index(), 1);
        let b = map.function(0x1340).unwrap();
        assert_eq!((b.index(), map.name(b), b.is_frameless()), (2, &b"b"[..], true));
        assert!(b.start() == 0x1340 && b.contains(0x137f) && !b.contains(0x1380));
        let adapter = map.function(0x13ff).unwrap();
        assert!(adapter.is_internal());
        assert_eq!(map.name(adapter), b"");
    }

    #[test]
    fn sites_are_found_at_their_exact_address_only() {
        let map = sample();
        let map = CodeMap::new(&map);
        let a = map.function(0x1000).unwrap();
        assert_eq!(map.site(a, 0x1008), Some(Site { wasm_offset: 0x30, code: None }));
        assert_eq!(map.site(a, 0x10d8), Some(Site { wasm_offset: 0x2f, code: Some(TrapCode::Unreachable) }));
        for address in [0x1000, 0x1007, 0x1009, 0x10d7, 0x10d9, 0x1300] {
            assert_eq!(map.site(a, address), None);
        }
        let b = map.function(0x1340).unwrap();
        assert_eq!(map.site(b, 0x1345), Some(Site { wasm_offset: 0x100, code: None }));
        assert_eq!(map.site(map.function(0x1380).unwrap(), 0x1380), None);
    }

    #[test]
    fn inlined_bodies_lead_back_to_the_function() {
        let mut map = sample();
        // c takes in a at offset 0x12 (0x10 bytes long from 0x20 on), and that takes in b at its 0x4 (from 0x30 on).
        let stream = vec![6u8, 0x20, 0, 0x12, 0x10, 1, 0x24, 8 << 1, 0x31, 1 << 1, 0x79];
        map.functions = span(vec![
            entry(0, 0, 0, 1, 0x100, 0),
            entry(0x10, 2, 0, 2, 0x200, 0),
            entry(0x20, 4, 0, 3, 0x300, FUNCTION_INLINES),
        ]);
        map.sites = span(stream);
        let map = CodeMap::new(&map);
        let c = map.function(0x1028).unwrap();
        let calls_of = |map: &CodeMap<'_>, place: u32| {
            let (mut place, mut calls) = (Some(place), Vec::new());
            while let Some(at) = place {
                let (found, offset, call) = map.innermost(map.function(0x1028).unwrap(), at);
                calls.push((found.index(), offset));
                place = call;
            }
            calls
        };
        let calls = |place| calls_of(&map, place);
        let site = map.site(c, 0x1028).unwrap();
        assert_eq!(calls(site.wasm_offset), [(2, 0x201), (1, 0x104), (3, 0x312)]);
        assert_eq!(calls(map.site(c, 0x1029).unwrap().wasm_offset), [(1, 0x10a), (3, 0x312)]);
        assert_eq!(calls(0x31f), [(3, 0x31f)]);
        // Damage: a call that stands in its own body, a function that is not there.
        for stream in [vec![3u8, 0x20, 0, 0x20], vec![3, 0x20, 9, 0x10], vec![9, 0x20], vec![]] {
            let damaged = CodeMap { sites: stream.leak(), ..map };
            assert!((1..=2).contains(&calls_of(&damaged, 0x325).len()));
        }
    }
}
