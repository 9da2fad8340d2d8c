//! Walks the chains of addresses that dyld puts in.

use std::collections::{BTreeMap, BTreeSet};

use object::macho;

use crate::check::{Image, long, word};

/// What the chains hold.
pub struct Fixups {
    /// All names.
    pub imports: BTreeSet<String>,
    /// Places of functions' addresses, and the functions.
    pub binds: BTreeMap<u64, String>,
    /// How many places there are.
    pub count: usize,
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Every place is in a segment that dyld can write to, and every address in a segment of the executable.
pub fn check(image: &Image<'_>) -> Fixups {
    let table = image.table(macho::LC_DYLD_CHAINED_FIXUPS);
    let [version, starts, imports, names, count, format, compression] =
        [0, 4, 8, 12, 16, 20, 24].map(|at| word(table, at) as usize);
    assert_eq!((version, format, compression), (0, 1, 0));
    let imports: Vec<String> = (0..count)
        .map(|number| {
            let import = word(table, imports + 4 * number);
            assert_eq!(import & 0x1ff, 1, "of the first library, and not weak");
            let name = table[names + (import >> 9) as usize..].split(|&byte| byte == 0).next().expect("a piece");
            String::from_utf8(name.to_vec()).expect("ASCII")
        })
        .collect();
    let mut fixups = Fixups { imports: imports.iter().cloned().collect(), binds: BTreeMap::new(), count: 0 };
    assert_eq!(fixups.imports.len(), imports.len());
    assert_eq!(word(table, starts) as usize, image.segments.len());
    let page_size = if image.is_aarch64 { 16 << 10 } else { 4 << 10 };
    for (number, segment) in image.segments.iter().enumerate() {
        let offset = word(table, starts + 4 + 4 * number) as usize;
        if offset == 0 {
            continue;
        }
        let own = &table[starts + offset..];
        let pages = usize::from(short(own, 20));
        assert_eq!(word(own, 0) as usize, 22 + 2 * pages);
        assert_eq!((u64::from(short(own, 4)), short(own, 6)), (page_size, macho::DYLD_CHAINED_PTR_64.0));
        assert_eq!((long(own, 8), word(own, 16)), (segment.address - image.base(), 0));
        assert_eq!(segment.initial, 3, "{} cannot be written to", segment.name);
        for page in 0..pages {
            let first = short(own, 22 + 2 * page);
            if first == 0xffff {
                continue;
            }
            let start = segment.address + page as u64 * page_size;
            let mut place = start + u64::from(first);
            loop {
                assert!(place + 8 <= start + page_size && place + 8 <= segment.address + segment.size);
                let value = long(image.file, (segment.offset + place - segment.address) as usize);
                fixups.count += 1;
                if value >> 63 == 1 {
                    assert_eq!(value >> 24 & 0x07ff_ffff, 0, "an addend, or bits that are reserved");
                    let name = &imports[(value & 0xff_ffff) as usize];
                    assert!(fixups.binds.insert(place, name.clone()).is_none());
                } else {
                    let target = value & 0xf_ffff_ffff;
                    assert_eq!(value >> 36 & 0x7fff, 0);
                    let inside = |own: &crate::check::Part| (own.address..=own.address + own.size).contains(&target);
                    assert!(image.segments[1..].iter().any(inside), "{place:#x} leads to {target:#x}");
                }
                match value >> 51 & 0xfff {
                    0 => break,
                    next => place += 4 * next,
                }
            }
        }
    }
    fixups
}
