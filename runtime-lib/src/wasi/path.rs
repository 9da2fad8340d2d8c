//! Paths that the program passes: copied out of its memory, checked, and split at the last component.

use super::errno::{Errno, Result};
use super::memory::{GuestMemory, address};
use core::ffi::CStr;

/// Bytes of the longest path, with the zero byte that ends it (Linux: PATH_MAX).
pub const CAPACITY: usize = 4096;

/// A relative path, or the contents of a symbolic link: UTF-8 without zero bytes, not empty.
pub struct Path {
    /// The text, and zeros after it, at least one.
    bytes: [u8; CAPACITY],
    length: usize,
}

/// A path, split in place.
pub struct Split<'a> {
    /// The directory that holds the last component, or `None` where the path has one component only.
    pub parent: Option<&'a CStr>,
    /// The last component with the slashes after it. `.` where the path ends in `.` or `..`: then `parent` is all of it.
    pub name: &'a CStr,
    /// There are slashes after the last component: it must be a directory.
    pub slash: bool,
}

/// The bytes up to the first zero.
fn c_string(bytes: &[u8]) -> Result<&CStr> {
    CStr::from_bytes_until_nul(bytes).map_err(|_| Errno::NAMETOOLONG)
}

impl Path {
    /// Copies a path out of the program's memory. Fails with `noent` for an empty one, `ilseq` for one that is not
    /// UTF-8, `inval` for one with a zero byte, `perm` for an absolute one, `nametoolong`, and `fault`.
    pub fn from_guest(memory: GuestMemory, pointer: i32, length: i32) -> Result<Path> {
        let source = memory.bytes(address(pointer), u64::from(length as u32))?;
        if source.length() >= CAPACITY {
            return Err(Errno::NAMETOOLONG);
        }
        let mut path = Path { bytes: [0; CAPACITY], length: source.length() };
        source.copy_to(&mut path.bytes);
        path.check()?;
        Ok(path)
    }

    /// A path of the host's, which may be absolute. Fails with `nametoolong`, and with `inval` for a zero byte.
    pub fn from_host(text: &[u8]) -> Result<Path> {
        let mut path = Path { bytes: [0; CAPACITY], length: text.len() };
        match path.bytes.get_mut(..text.len()) {
            Some(place) if text.len() < CAPACITY => place.copy_from_slice(text),
            _ => return Err(Errno::NAMETOOLONG),
        }
        if text.contains(&0) { Err(Errno::INVAL) } else { Ok(path) }
    }

    fn check(&self) -> Result<()> {
        let text = self.text();
        match text.first() {
            None => return Err(Errno::NOENT),
            Some(b'/') => return Err(Errno::PERM),
            Some(_) => {}
        }
        if text.contains(&0) {
            return Err(Errno::INVAL);
        }
        match core::str::from_utf8(text) {
            Ok(_) => Ok(()),
            Err(_) => Err(Errno::ILSEQ),
        }
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// The whole path.
    pub fn whole(&self) -> Result<&CStr> {
        c_string(&self.bytes)
    }

    /// The path, if it is nothing but a name: one component, neither `.` nor `..`, with no slash.
    pub fn single_name(&self) -> Option<&CStr> {
        match self.text() {
            b"." | b".." => None,
            text if text.contains(&b'/') => None,
            _ => self.whole().ok(),
        }
    }

    /// Where the last component starts, and where the slashes after it do.
    fn last_component(&self) -> (usize, usize) {
        let text = self.text();
        let end = text.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        let start = text.get(..end).and_then(|path| path.iter().rposition(|&byte| byte == b'/')).map_or(0, |at| at + 1);
        (start, end)
    }

    /// Splits the path. It is in two pieces from then on.
    pub fn split(&mut self) -> Result<Split<'_>> {
        self.split_after(self.length)
    }

    /// As [`split`](Self::split), but the name is given without the slashes after it.
    pub fn split_bare(&mut self) -> Result<Split<'_>> {
        let (_, end) = self.last_component();
        self.split_after(end)
    }

    /// Splits the path, and lets the name end there at the latest.
    fn split_after(&mut self, name_end: usize) -> Result<Split<'_>> {
        let (start, end) = self.last_component();
        let slash = end < self.length;
        if let Some(slashes) = self.bytes.get_mut(name_end..self.length) {
            slashes.fill(0);
        }
        if matches!(self.bytes.get(start..end), Some(b"." | b"..")) {
            return Ok(Split { parent: Some(self.whole()?), name: c".", slash });
        }
        if start == 0 {
            return Ok(Split { parent: None, name: self.whole()?, slash });
        }
        // The byte before the last component is a slash, and not the path's first, which is relative.
        let (parent, name) = self.bytes.split_at_mut_checked(start).ok_or(Errno::NAMETOOLONG)?;
        if let Some(separator) = parent.last_mut() {
            *separator = 0;
        }
        Ok(Split { parent: Some(c_string(parent)?), name: c_string(name)?, slash })
    }

    /// Puts the separator back that [`split`](Self::split) took out.
    pub fn join(&mut self) {
        if let Some(text) = self.bytes.get_mut(..self.length) {
            for byte in text {
                if *byte == 0 {
                    *byte = b'/';
                }
            }
        }
    }

    /// Puts a symbolic link's target in the place of the last component. Fails with `perm` for an absolute target.
    pub fn replace_last(&mut self, target: &[u8]) -> Result<()> {
        if target.first() == Some(&b'/') {
            return Err(Errno::PERM);
        }
        let (start, end) = self.last_component();
        let slash = end < self.length;
        let length = start + target.len() + usize::from(slash);
        if length >= CAPACITY {
            return Err(Errno::NAMETOOLONG);
        }
        if let Some(rest) = self.bytes.get_mut(start..) {
            rest.fill(0);
            if let Some(place) = rest.get_mut(..target.len()) {
                place.copy_from_slice(target);
            }
            if slash && let Some(place) = rest.get_mut(target.len()) {
                *place = b'/';
            }
        }
        self.length = length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (Option<String>, String, bool) {
        let mut path = Path::from_host(text.as_bytes()).unwrap();
        let split = path.split().unwrap();
        (split.parent.map(|parent| parent.to_str().unwrap().into()), split.name.to_str().unwrap().into(), split.slash)
    }

    #[test]
    fn paths_split_at_their_last_component() {
        assert_eq!(split("a"), (None, "a".into(), false));
        assert_eq!(split("a///"), (None, "a///".into(), true));
        assert_eq!(split("a/b"), (Some("a".into()), "b".into(), false));
        assert_eq!(split("a//b/"), (Some("a/".into()), "b/".into(), true));
        assert_eq!(split("a/.."), (Some("a/..".into()), ".".into(), false));
        assert_eq!(split("a/../"), (Some("a/../".into()), ".".into(), true));
        assert_eq!(split("."), (Some(".".into()), ".".into(), false));
        assert_eq!(split("..a"), (None, "..a".into(), false));
        assert_eq!(split("../a"), (Some("..".into()), "a".into(), false));
    }

    #[test]
    fn slashes_are_taken_off_and_put_back() {
        for (text, parent, name) in
            [("a///", None, "a"), ("a//b/", Some("a/"), "b"), ("a/../", Some("a/.."), "."), ("a", None, "a")]
        {
            let mut path = Path::from_host(text.as_bytes()).unwrap();
            let split = path.split_bare().unwrap();
            assert_eq!(split.parent.map(|parent| parent.to_str().unwrap()), parent);
            assert_eq!((split.name.to_str().unwrap(), split.slash), (name, text.ends_with('/')));
            path.join();
            assert_eq!(path.whole().unwrap().to_str().unwrap(), text);
        }
    }

    #[test]
    fn a_link_takes_the_place_of_the_last_component() {
        for (path, target, expected) in [
            ("link", "x", "x"),
            ("a/link", "../b", "a/../b"),
            ("a/link//", "b", "a/b/"),
            ("a/longer-than-its-target", "t", "a/t"),
        ] {
            let mut path = Path::from_host(path.as_bytes()).unwrap();
            path.replace_last(target.as_bytes()).unwrap();
            assert_eq!(path.whole().unwrap().to_str().unwrap(), expected);
        }
        let mut path = Path::from_host(b"a/b").unwrap();
        assert_eq!(path.replace_last(b"/etc"), Err(Errno::PERM));
        assert_eq!(path.replace_last(&[b'x'; CAPACITY - 2]), Err(Errno::NAMETOOLONG));
        path.split().unwrap();
        path.join();
        assert_eq!(path.whole().unwrap(), c"a/b");
    }
}
