//! Sizes in bytes as people write and read them, with binary multiples.

/// Reads a size: digits, then optionally K, M, G or T (also as `Ki`, `KiB`), in either case.
pub fn parse(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "ki" | "kib" => 10,
        "m" | "mi" | "mib" => 20,
        "g" | "gi" | "gib" => 30,
        "t" | "ti" | "tib" => 40,
        _ => return Err("write a number of bytes, or one with K, M, G or T for binary multiples, such as 64M".into()),
    };
    let number: u64 = digits.parse().map_err(|_| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true if !digits.is_empty() => "more than 64 bits can hold".to_owned(),
        _ => "write a whole number of bytes, or one with K, M, G or T, such as 64M".to_owned(),
    })?;
    number.checked_mul(1 << shift).ok_or_else(|| "more than 64 bits can hold".to_owned())
}

/// Writes a size with one digit behind the point where it is not exact.
pub fn display(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = None;
    let mut shift = 0;
    for (index, name) in UNITS.iter().enumerate() {
        if bytes >> (10 * (index + 1)) == 0 {
            break;
        }
        unit = Some(name);
        shift = 10 * (index + 1);
    }
    match unit {
        None => format!("{bytes} bytes"),
        Some(unit) if bytes & ((1 << shift) - 1) == 0 => format!("{} {unit}", bytes >> shift),
        Some(unit) => format!("{:.1} {unit}", bytes as f64 / (1u64 << shift) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse("0"), Ok(0));
        assert_eq!(parse("65536"), Ok(65536));
        assert_eq!(parse("64K"), Ok(64 << 10));
        assert_eq!(parse("8m"), Ok(8 << 20));
        assert_eq!(parse("4GiB"), Ok(4 << 30));
        assert_eq!(parse("15T"), Ok(15 << 40));
        assert_eq!(parse("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "K", "-1", "1.5M", "1 M", "1KB", "18446744073709551616", "17179869184G", "6٣", "M6"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown() {
        assert_eq!(display(0), "0 bytes");
        assert_eq!(display(1023), "1023 bytes");
        assert_eq!(display(1024), "1 KiB");
        assert_eq!(display(1536), "1.5 KiB");
        assert_eq!(display(1 << 32), "4 GiB");
        assert_eq!(display(u64::MAX), "16.0 EiB");
    }
}
