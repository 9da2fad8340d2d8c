//! Lines of any length from a file descriptor.

use crate::room::Room;
use crate::sys;

/// Bytes asked for at a time.
const BLOCK: usize = 1 << 16;

/// The lines that come from a descriptor.
pub(super) struct Lines {
    descriptor: i32,
    room: Room,
    /// The bytes in the room that were read and not handed out yet.
    begin: usize,
    end: usize,
}

impl Lines {
    pub fn new(descriptor: i32) -> Self {
        Lines { descriptor, room: Room::new(), begin: 0, end: 0 }
    }

    /// The next line, without its end. Calls `before_waiting` when it has to ask the operating system for more.
    pub fn next(&mut self, before_waiting: fn()) -> Option<&[u8]> {
        let mut searched = self.begin;
        loop {
            let found = self.room.bytes().get(searched..self.end)?.iter().position(|&byte| byte == b'\n');
            if let Some(position) = found {
                let line = self.begin..searched + position;
                self.begin = line.end + 1;
                return self.room.bytes().get(line);
            }
            // Move the beginning of the line to the front, and read what follows.
            self.room.bytes().copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
            searched = self.end;
            self.room.ensure(self.end + BLOCK)?;
            before_waiting();
            let count = sys::read(self.descriptor, self.room.bytes().get_mut(self.end..)?).ok()?;
            if count == 0 {
                // The last line may lack its end.
                let line = 0..self.end;
                self.end = 0;
                return if line.is_empty() { None } else { self.room.bytes().get(line) };
            }
            self.end += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsRawFd;

    #[test]
    fn lines_of_any_length() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let long = "x".repeat(300_000);
        let text = format!("first\n\n{long}\nlast");
        let sender = std::thread::spawn(move || writer.write_all(text.as_bytes()).unwrap());
        let mut lines = Lines::new(reader.as_raw_fd());
        assert_eq!(lines.next(|| ()), Some(&b"first"[..]));
        assert_eq!(lines.next(|| ()), Some(&b""[..]));
        assert_eq!(lines.next(|| ()), Some(long.as_bytes()));
        assert_eq!(lines.next(|| ()), Some(&b"last"[..]));
        assert_eq!(lines.next(|| ()), None);
        assert_eq!(lines.next(|| ()), None);
        sender.join().unwrap();
    }
}
