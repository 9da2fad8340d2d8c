//! How to unwind from functions, as objects say it: `__eh_frame` (LSB 5.0, 10.6) and `__compact_unwind` are taken apart into what is
//! said of each function.

use super::input::Reference;

/// What `__eh_frame` says of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Description<'a> {
    /// The function: what is referred to, and how far behind it begins.
    pub function: (Reference, i64),
    /// The common part, without its length.
    pub common: &'a [u8],
    /// Bytes of addresses: 4 or 8.
    pub width: usize,
    /// What follows the function's address: how long it is, and the rest.
    pub rest: &'a [u8],
}

/// What `__compact_unwind` says of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compact {
    pub function: (Reference, i64),
    pub encoding: u32,
}

/// Bytes of an entry of `__compact_unwind`.
const COMPACT: usize = 32;

/// The function that a field refers to: given the offset of the field, and what is stored there.
pub(super) type Find<'f> = &'f dyn Fn(u64, i64) -> Option<(Reference, i64)>;

/// Takes a section `__eh_frame` apart. `None` for one that makes no sense, or says what the linker does not know.
pub(super) fn descriptions<'a>(data: &'a [u8], find: Find<'_>) -> Option<Vec<Description<'a>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(length) = word(data, at).filter(|&length| length != 0) {
        let record = data.get(at + 4..)?.get(..length as usize)?;
        let id = word(record, 0)? as usize;
        if id != 0 {
            // From this field back to the common part.
            let common_at = (at + 4).checked_sub(id)?;
            let common = data.get(common_at + 4..)?.get(..word(data, common_at)? as usize)?;
            let width = width(common)?;
            let stored = match width {
                4 => i64::from(word(record, 4)? as i32),
                _ => i64::from_le_bytes(*record.get(4..)?.first_chunk()?),
            };
            let function = find(at as u64 + 8, stored)?;
            found.push(Description { function, common, width, rest: record.get(4 + width..)? });
        }
        at += 4 + length as usize;
    }
    Some(found)
}

/// Bytes of addresses in the descriptions of functions that share this part. They are counted from their own places.
fn width(common: &[u8]) -> Option<usize> {
    // The identifier 0, version 1, the augmentation: "z", and "R" for how addresses are written. No personality.
    let rest = common.strip_prefix(b"\0\0\0\0\x01zR\0")?;
    // Behind: code alignment, data alignment, return address register, the augmentation's length.
    let mut at = 0;
    for _ in 0..4 {
        at += rest.get(at..)?.iter().position(|byte| byte & 0x80 == 0)? + 1;
    }
    match rest.get(at)? {
        0x10 => Some(8),
        0x1b => Some(4),
        _ => None,
    }
}

/// Takes a section `__compact_unwind` apart. `None` for one that makes no sense.
pub(super) fn compact(data: &[u8], find: Find<'_>) -> Option<Vec<Compact>> {
    let entries = data.chunks_exact(COMPACT).enumerate();
    let compact = |(number, entry): (usize, &[u8])| {
        let stored = i64::from_le_bytes(*entry.first_chunk()?);
        // Behind the function and its length; what follows are a personality and its data, which nobody has.
        let (encoding, others) = (word(entry, 12)?, entry.get(16..)?);
        let is_plain = others.iter().all(|&byte| byte == 0);
        Some(Compact { function: find((number * COMPACT) as u64, stored)?, encoding }).filter(|_| is_plain)
    };
    entries.map(compact).collect()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
