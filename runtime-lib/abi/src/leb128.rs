//! Numbers of variable length (wasm spec 5.2.2, DWARF 5 §7.6), read from tables that may be damaged.

/// The unsigned number at `*position`, which moves behind it; none where the bytes end, or it has more than 64 bits.
#[inline(never)]
pub fn unsigned(bytes: &[u8], position: &mut usize) -> Option<u64> {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let byte = *bytes.get(*position)?;
        *position += 1;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
}

/// The signed number, likewise.
pub fn signed(bytes: &[u8], position: &mut usize) -> Option<i64> {
    let start = *position;
    let number = unsigned(bytes, position)?;
    let unused = 64u32.saturating_sub(7 * (*position - start) as u32);
    Some((number << unused) as i64 >> unused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_damage_is_none() {
        let decode = |bytes: &[u8]| (unsigned(bytes, &mut 0), signed(bytes, &mut 0));
        assert_eq!(decode(&[0x7f]), (Some(127), Some(-1)));
        assert_eq!(decode(&[0x80, 0x7f]), (Some(127 << 7), Some(-128)));
        assert_eq!(decode(&[0x3f]), (Some(63), Some(63)));
        assert_eq!(decode(&[0xff; 9]), (None, None));
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), (Some(u64::MAX), Some(-1)));
        assert_eq!(decode(&[0x80; 12]), (None, None));
    }
}
