//! Reads `__unwind_info`, and the descriptions in `__eh_frame` that it leads to (`mach-o/compact_unwind_encoding.h`).

use std::collections::BTreeMap;

use crate::check::{Image, Part, long, word};

/// Functions of each description in `__eh_frame`, by the description's offset: where they begin, and how long they are.
fn descriptions(section: &Part, data: &[u8]) -> BTreeMap<u32, (u64, u64)> {
    let mut found = BTreeMap::new();
    let mut at = 0;
    while at + 4 <= data.len() && word(data, at) != 0 {
        let id = word(data, at + 4) as usize;
        if id != 0 {
            let common = &data[at + 4 - id..];
            assert_eq!((word(common, 4), &common[8..12]), (0, &b"\x01zR\0"[..]));
            // Addresses of 64 bits, counted from their places.
            let place = section.address + at as u64 + 8;
            found.insert(at as u32, (place.wrapping_add(long(data, at + 8)), long(data, at + 16)));
        }
        at += 4 + word(data, at) as usize;
    }
    found
}

/// Every function has an entry; what an entry leads to is about the same function. Other linkers' pages are of another kind,
/// and left alone.
pub fn check(image: &Image<'_>, functions: &[u64]) {
    let section = image.section("__unwind_info").expect("functions say how to unwind");
    let info = section.data(image.file);
    let frames = image.section("__eh_frame").expect("compiled code says more");
    let described = descriptions(frames, frames.data(image.file));
    assert_eq!(word(info, 0), 1);
    let (index, count) = (word(info, 20) as usize, word(info, 24) as usize);
    let mut entries = Vec::new();
    for number in 0..count - 1 {
        let [first, page] = [0, 4].map(|field| word(info, index + 12 * number + field));
        let page = &info[page as usize..];
        if word(page, 0) != 2 {
            return;
        }
        let (start, count) = ((word(page, 4) & 0xffff) as usize, (word(page, 4) >> 16) as usize);
        assert!(start + 8 * count <= 4096 && word(page, start) == first);
        entries.extend((0..count).map(|entry| (word(page, start + 8 * entry), word(page, start + 8 * entry + 4))));
    }
    assert!(entries.is_sorted_by_key(|(function, _)| *function));
    let text = image.section("__text").expect("code");
    let end = image.base() + u64::from(word(info, index + 12 * (count - 1)));
    assert_eq!(end, text.address + text.size);
    let dwarf = if image.is_aarch64 { 3 } else { 4 };
    let mut used = 0;
    for &(function, encoding) in &entries {
        let address = image.base() + u64::from(function);
        assert!(text.contains(address));
        if encoding >> 24 & 0xf == dwarf {
            let (own, length) = described[&(encoding & 0xff_ffff)];
            assert!(own == address && length > 0, "the description of {own:#x} is told to be of {address:#x}");
            used += 1;
        }
        // No personality, no data for one.
        assert_eq!(encoding >> 28 & 0x7, 0);
    }
    assert_eq!(used, described.len(), "nobody leads to a description");
    let known =
        |function: &&u64| entries.binary_search_by_key(&(**function - image.base()), |(own, _)| (*own).into()).is_err();
    let unknown: Vec<&u64> = functions.iter().filter(known).collect();
    assert!(unknown.is_empty(), "nothing is said of {unknown:x?}");
}
