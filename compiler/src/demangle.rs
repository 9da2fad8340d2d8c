//! Names as their authors wrote them, from those that Rust and C++ make of them for linkers.

use std::borrow::Cow;
use std::fmt;

use cpp_demangle::{BorrowedSymbol, DemangleOptions};

/// Bytes of a C++ name that are written: it can be made to double with every character.
const LIMIT: usize = 4096;

/// A function's name without hash, parameters and return type; one that is of no known form, as it is.
pub(crate) fn demangle(name: &str) -> Cow<'_, str> {
    if let Ok(symbol) = rustc_demangle::try_demangle(name) {
        return Cow::Owned(format!("{symbol:#}"));
    }
    if name.starts_with("_Z")
        && let Ok((symbol, rest)) = BorrowedSymbol::with_tail(name.as_bytes())
    {
        let mut written = Limited(String::new());
        let options = DemangleOptions::new().no_params().no_return_type();
        if rest.is_empty() && symbol.structured_demangle(&mut written, &options).is_ok() {
            return Cow::Owned(written.0);
        }
    }
    Cow::Borrowed(name)
}

/// Text up to the limit.
struct Limited(String);

impl fmt::Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LIMIT {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::demangle;

    #[test]
    fn names_of_rust_and_cpp_become_readable() {
        for (mangled, readable) in [
            ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
            ("_RNvC6_123foo3bar", "123foo::bar"),
            ("_ZNK3app5Shape4areaEv", "app::Shape::area"),
            ("_ZSt4sortIPiEvT_S1_", "std::sort<int*>"),
            ("_ZN3app4mainEv.cold", "app::main"),
            ("main", "main"),
            ("_Z", "_Z"),
            ("", ""),
        ] {
            assert_eq!(demangle(mangled), readable);
        }
    }

    #[test]
    fn names_that_explode_stay_as_they_are() {
        let doubling: String = (0..64).map(|number| format!("1AIS{}_S{}_E", digits(number), digits(number))).collect();
        let name = format!("_Z1fI1A{doubling}Evv");
        assert!(demangle(&name).len() <= super::LIMIT.max(name.len()));
        let deep = format!("_Z1f{}i", "P".repeat(100_000));
        assert_eq!(demangle(&deep), deep);
    }

    fn digits(number: usize) -> String {
        if number == 0 { String::new() } else { (number - 1).to_string() }
    }
}
