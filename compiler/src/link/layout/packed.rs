//! Packs the addresses of words to relocate into the form of `DT_RELR` (gABI 5, "Relative Relocation Table").

/// Encodes even addresses of words of `word` bytes: one entry for an address, then bitmaps for the words that follow it.
pub(super) fn encode(mut addresses: Vec<u64>, word: u64) -> Vec<u64> {
    // What one bitmap covers: as many words as a word has bits, but one.
    let covered = (8 * word - 1) * word;
    addresses.sort_unstable();
    addresses.dedup();
    let mut entries = Vec::new();
    let mut rest = addresses.as_slice();
    while let [first, after @ ..] = rest {
        entries.push(*first);
        rest = after;
        let mut base = first.wrapping_add(word);
        loop {
            let mut bitmap = 0_u64;
            while let [next, after @ ..] = rest {
                let distance = next.wrapping_sub(base);
                if distance >= covered || distance % word != 0 {
                    break;
                }
                bitmap |= 1 << (distance / word);
                rest = after;
            }
            if bitmap == 0 {
                break;
            }
            entries.push(bitmap << 1 | 1);
            base = base.wrapping_add(covered);
        }
    }
    entries
}

/// Makes the entries at least `length` with bitmaps of no word.
pub(super) fn pad(entries: &mut Vec<u64>, length: usize) {
    if entries.len() < length {
        entries.resize(length, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{encode, pad};

    /// Reads the table as the start code must.
    fn decode(entries: &[u64]) -> Vec<u64> {
        let mut addresses = Vec::new();
        let mut base = 0;
        for entry in entries {
            if entry & 1 == 0 {
                addresses.push(*entry);
                base = entry + 8;
            } else {
                addresses.extend((0..63).filter(|bit| entry >> (bit + 1) & 1 == 1).map(|bit| base + bit * 8));
                base += 63 * 8;
            }
        }
        addresses
    }

    #[test]
    fn a_dense_table_takes_a_word_for_63() {
        let addresses: Vec<u64> = (0..6400).map(|position| 0x1000 + position * 8).collect();
        let entries = encode(addresses.clone(), 8);
        assert_eq!(entries.len(), 1 + 6399_usize.div_ceil(63));
        assert_eq!(decode(&entries), addresses);
    }

    #[test]
    fn sparse_unsorted_and_misaligned_addresses_come_back() {
        let mut addresses: Vec<u64> = (1..4000_u64).map(|i| (i * i * 7919) % 1_000_003 * 2).collect();
        let entries = encode(addresses.clone(), 8);
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(decode(&entries), addresses);
    }

    #[test]
    fn bitmaps_of_narrow_words_cover_31() {
        let addresses: Vec<u64> = (0..64).map(|position| 0x1000 + position * 4).collect();
        let entries = encode(addresses, 4);
        assert_eq!(entries, [0x1000, 0xffff_ffff, 0xffff_ffff, 3]);
    }

    #[test]
    fn padding_names_no_word() {
        let mut entries = encode(vec![0x2000, 0x2008], 8);
        pad(&mut entries, 5);
        assert_eq!(entries.len(), 5);
        assert_eq!(decode(&entries), [0x2000, 0x2008]);
        assert!(encode(Vec::new(), 8).is_empty());
    }
}
