//! UTF-16, as Windows has it, from and to UTF-8. A surrogate without its other half is the three bytes that UTF-8 would have
//! for it (WTF-8), so that no two names become the same.

/// The bytes of units.
pub fn to_utf8(units: &[u16]) -> impl Iterator<Item = u8> {
    let mut rest = units.iter().copied().peekable();
    let mut pending = [0u8; 4];
    let (mut next, mut count) = (0, 0);
    core::iter::from_fn(move || {
        if next == count {
            let unit = u32::from(rest.next()?);
            let low = match rest.peek() {
                Some(&low) if unit & 0xfc00 == 0xd800 && low & 0xfc00 == 0xdc00 => Some(u32::from(low)),
                _ => None,
            };
            let code = match low {
                Some(low) => {
                    rest.next();
                    0x1_0000 + ((unit & 0x3ff) << 10 | low & 0x3ff)
                }
                None => unit,
            };
            (pending, count) = encode(code);
            next = 0;
        }
        let byte = *pending.get(next)?;
        next += 1;
        Some(byte)
    })
}

/// The bytes of a code point, and how many there are.
fn encode(code: u32) -> ([u8; 4], usize) {
    let tail = |shift: u32| 0x80 | (code >> shift) as u8 & 0x3f;
    match code {
        0..0x80 => ([code as u8, 0, 0, 0], 1),
        0x80..0x800 => ([0xc0 | (code >> 6) as u8, tail(0), 0, 0], 2),
        0x800..0x1_0000 => ([0xe0 | (code >> 12) as u8, tail(6), tail(0), 0], 3),
        _ => ([0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)], 4),
    }
}

/// Writes the units of text as far as there is room: how many bytes were read, and how many units written. What is not
/// UTF-8 becomes U+FFFD, a byte at a time.
pub fn from_utf8(bytes: &[u8], units: &mut [u16]) -> (usize, usize) {
    let (mut taken, mut written) = (0, 0);
    while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
        let head = rest.get(..4.min(rest.len())).unwrap_or(rest);
        let valid = match core::str::from_utf8(head) {
            Ok(text) => text,
            // SAFETY: so much of it is UTF-8.
            Err(error) => unsafe { core::str::from_utf8_unchecked(head.get_unchecked(..error.valid_up_to())) },
        };
        let character = valid.chars().next();
        let length = character.map_or(1, char::len_utf8);
        let mut pair = [0; 2];
        let encoded = character.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf16(&mut pair);
        let Some(place) = units.get_mut(written..written + encoded.len()) else { break };
        place.copy_from_slice(encoded);
        written += encoded.len();
        taken += length;
    }
    (taken, written)
}

/// Whether a name in a directory is that of a file and nothing else, also to those that go by Win32's rules ("Naming Files,
/// Paths, and Namespaces"): no path, no stream of a file, no device with any extension, no pattern, and not another name with
/// dots or spaces at its end.
pub fn is_plain_name(text: &[u8]) -> bool {
    let is_special =
        |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'*' | b'/' | b':' | b'<' | b'>' | b'?' | b'\\' | b'|');
    !matches!(text.last(), None | Some(b'.' | b' ')) && !text.iter().any(is_special) && !is_device(text)
}

fn is_device(text: &[u8]) -> bool {
    let stem = text.split(|&byte| byte == b'.').next().unwrap_or(text).trim_ascii_end();
    let named = |name: &[u8]| stem.eq_ignore_ascii_case(name);
    if [&b"CON"[..], b"PRN", b"AUX", b"NUL", b"CONIN$", b"CONOUT$"].into_iter().any(named) {
        return true;
    }
    match stem.split_at_checked(3) {
        Some((port, number)) if port.eq_ignore_ascii_case(b"COM") || port.eq_ignore_ascii_case(b"LPT") => {
            // One digit, or a superscript 1, 2 or 3.
            matches!(number, [b'0'..=b'9'] | [0xc2, 0xb9 | 0xb2 | 0xb3])
        }
        _ => false,
    }
}

/// Splits a command line as Microsoft's C library does: into the units of arguments, with `None` after each.
///
/// The first ends at white space outside of quotes, and has no escapes. Later, of an even number of `\` before a quote half stay,
/// and of an odd number half and the quote; `""` within quotes is one quote.
fn split(line: &[u16]) -> impl Iterator<Item = Option<u16>> {
    let mut splitter = Splitter { line, at: 0, state: State::Name, quoted: false, backslashes: 0, quote: false };
    core::iter::from_fn(move || splitter.next())
}

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// In the program's name.
    Name,
    /// Between arguments.
    Between,
    /// In an argument.
    Within,
}

struct Splitter<'a> {
    line: &'a [u16],
    at: usize,
    state: State,
    quoted: bool,
    /// To be handed out before anything else.
    backslashes: usize,
    /// To be handed out after those.
    quote: bool,
}

impl Splitter<'_> {
    fn next(&mut self) -> Option<Option<u16>> {
        loop {
            if self.backslashes != 0 {
                self.backslashes -= 1;
                return Some(Some(BACKSLASH));
            }
            if core::mem::take(&mut self.quote) {
                return Some(Some(QUOTE));
            }
            let Some(&unit) = self.line.get(self.at) else {
                // The end of the last argument is told once.
                let last = core::mem::replace(&mut self.state, State::Between);
                return if last == State::Between { None } else { Some(None) };
            };
            let is_white = unit == u16::from(b' ') || unit == u16::from(b'\t');
            match self.state {
                State::Between if is_white => self.at += 1,
                State::Between => self.state = State::Within,
                _ if is_white && !self.quoted => {
                    self.at += 1;
                    self.state = State::Between;
                    return Some(None);
                }
                State::Within if unit == BACKSLASH => {
                    let rest = self.line.get(self.at..).unwrap_or(&[]);
                    let count = rest.iter().take_while(|&&unit| unit == BACKSLASH).count();
                    self.at += count;
                    if self.line.get(self.at) == Some(&QUOTE) {
                        self.backslashes = count / 2;
                        self.quote = count % 2 == 1;
                        self.at += usize::from(self.quote);
                    } else {
                        self.backslashes = count;
                    }
                }
                _ if unit == QUOTE => {
                    self.at += 1;
                    let doubled = self.quoted && self.line.get(self.at) == Some(&QUOTE);
                    if doubled && self.state == State::Within {
                        self.at += 1;
                        self.quote = true;
                    } else {
                        self.quoted = !self.quoted;
                    }
                }
                _ => {
                    self.at += 1;
                    return Some(Some(unit));
                }
            }
        }
    }
}

/// Texts that end with zero bytes, and arrays of pointers to them, in one block of memory.
struct Vectors {
    pointers: *mut *const u8,
    bytes: *mut u8,
}

impl Vectors {
    /// # Safety
    /// There must be room for what comes of it.
    unsafe fn add(&mut self, units: &[u16]) {
        // SAFETY: the caller's promise.
        unsafe {
            self.pointers.write(self.bytes);
            self.pointers = self.pointers.add(1);
            for byte in to_utf8(units).chain([0]) {
                self.bytes.write(byte);
                self.bytes = self.bytes.add(1);
            }
        }
    }

    /// # Safety
    /// As for [`add`](Self::add).
    unsafe fn end(&mut self) {
        // SAFETY: the caller's promise.
        unsafe {
            self.pointers.write(core::ptr::null());
            self.pointers = self.pointers.add(1);
        }
    }
}

/// What [`crate::process::set_vectors`] wants, of a command line and of an environment, whose entries are followed by zeros.
/// Null pointers where there is no memory. Entries of the command interpreter's, which begin with `=`, are left out.
pub fn vectors(
    line: &[u16],
    environment: &[u16],
    allocate: impl FnOnce(usize) -> Option<usize>,
) -> (*const *const u8, *const *const u8) {
    let arguments = split(line).filter(Option::is_none).count();
    let variables = || {
        let entries = environment.split(|&unit| unit == 0);
        entries.filter(|entry| entry.first().is_some_and(|&first| first != u16::from(b'=')))
    };
    let pointers = arguments + variables().count() + 2;
    // A unit has no more than three bytes; each text has a zero. Behind all that, an argument's units.
    let bytes = (3 * (line.len() + environment.len()) + pointers).next_multiple_of(2);
    let size = pointers * size_of::<*const u8>() + bytes + 2 * line.len();
    let Some(start) = allocate(size) else { return (core::ptr::null(), core::ptr::null()) };
    let first: *mut *const u8 = core::ptr::with_exposed_provenance_mut(start);
    // SAFETY: as counted above.
    unsafe {
        let mut vectors = Vectors { pointers: first, bytes: first.add(pointers).cast() };
        let units: *mut u16 = vectors.bytes.add(bytes).cast();
        let mut length = 0;
        for unit in split(line) {
            match unit {
                Some(unit) => {
                    units.add(length).write(unit);
                    length += 1;
                }
                None => {
                    vectors.add(core::slice::from_raw_parts(units, length));
                    length = 0;
                }
            }
        }
        vectors.end();
        for entry in variables() {
            vectors.add(entry);
        }
        vectors.end();
        (first, first.add(arguments + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn utf8_and_back() {
        let text = "aé€𝄞\u{10ffff}\u{ffff}";
        assert_eq!(to_utf8(&wide(text)).collect::<Vec<_>>(), text.as_bytes());
        let mut units = [0; 32];
        assert_eq!(from_utf8(text.as_bytes(), &mut units), (text.len(), wide(text).len()));
        assert_eq!(units[..wide(text).len()], wide(text));
        // Surrogates alone, in the wrong order, and a pair behind one.
        let alone = [0xd834, 0x41, 0xdd1e, 0xd834, 0xd834, 0xdd1e];
        assert_eq!(to_utf8(&alone).collect::<Vec<_>>(), b"\xed\xa0\xb4A\xed\xb4\x9e\xed\xa0\xb4\xf0\x9d\x84\x9e");
    }

    #[test]
    fn what_is_no_utf8_is_replaced_and_what_has_no_room_is_left() {
        let mut units = [0; 4];
        assert_eq!(from_utf8(b"a\xffb\xe2\x82", &mut units), (4, 4));
        assert_eq!(units, [0x61, 0xfffd, 0x62, 0xfffd]);
        assert_eq!(from_utf8("abc𝄞".as_bytes(), &mut units), (3, 3));
        assert_eq!(from_utf8(b"", &mut units), (0, 0));
    }

    #[test]
    fn names_that_are_something_else_to_windows() {
        let others = "CON|nul|Prn.txt|aux.tar.gz|com1|LPT9.x|COM\u{b9}|lpt\u{b3}|NUL .txt|conin$|CONOUT$|a.|a |...| ";
        for name in others
            .split('|')
            .chain(["", "a:b", "a::$DATA", "C:", "a\\b", "a/b", "a*", "a?", "<a>", "a\"", "a|b", "a\n"])
        {
            assert!(!is_plain_name(name.as_bytes()), "{name:?}");
        }
        for name in "CONSOLE|con1|COM|COM10|com\u{b5}|LPTX|.profile|a b|a.b|nul_|xCON|\u{17e}|~1|PROGRA~1".split('|') {
            assert!(is_plain_name(name.as_bytes()), "{name:?}");
        }
    }

    fn arguments(line: &str) -> Vec<String> {
        let line = wide(line);
        let mut arguments = Vec::new();
        let mut units = Vec::new();
        for unit in split(&line) {
            match unit {
                Some(unit) => units.push(unit),
                None => arguments.push(String::from_utf16(&std::mem::take(&mut units)).unwrap()),
            }
        }
        assert!(units.is_empty());
        arguments
    }

    /// The examples of Microsoft's documentation ("Parsing C command-line arguments"), and edges.
    #[test]
    fn command_lines_split_as_in_c() {
        assert_eq!(arguments(r#"p "abc" d e"#), ["p", "abc", "d", "e"]);
        assert_eq!(arguments(r#"p a\\b d"e f"g h"#), ["p", r"a\\b", "de fg", "h"]);
        assert_eq!(arguments(r#"p a\\\"b c d"#), ["p", r#"a\"b"#, "c", "d"]);
        assert_eq!(arguments(r#"p a\\\\"b c" d e"#), ["p", r"a\\b c", "d", "e"]);
        assert_eq!(arguments(r#"p a"b"" c d"#), ["p", r#"ab" c d"#]);
        assert_eq!(arguments(r#""C:\Program Files\a b\" x"#), [r"C:\Program Files\a b\", "x"]);
        assert_eq!(arguments("p  \t a  "), ["p", "a"]);
        assert_eq!(arguments(r#"p "" x"#), ["p", "", "x"]);
        assert_eq!(arguments(r#"p x\\"#), ["p", r"x\\"]);
        assert_eq!(arguments(""), [""]);
    }

    #[test]
    fn vectors_are_as_the_process_wants_them() {
        let environment = wide("=C:=C:\\\0A=1\0B=é\0");
        let memory = Box::leak(Box::new([0u64; 64]));
        let room = size_of_val(memory);
        let (arguments, variables) = vectors(&wide("p \"x y\""), &environment, |size| {
            assert!(size <= room);
            Some(memory.as_mut_ptr().expose_provenance())
        });
        let strings = |mut at: *const *const u8| {
            let mut strings = Vec::new();
            // SAFETY: arrays with a null pointer at the end.
            unsafe {
                while !(*at).is_null() {
                    strings.push(core::ffi::CStr::from_ptr((*at).cast()).to_str().unwrap());
                    at = at.add(1);
                }
            }
            strings
        };
        assert_eq!(strings(arguments), ["p", "x y"]);
        assert_eq!(strings(variables), ["A=1", "B=é"]);
        assert!(vectors(&[], &[], |_| None).0.is_null());
    }
}
