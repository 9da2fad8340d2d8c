//! From a place in a module to its source: the function, the file and the line, and those that it is inlined into.
//!
//! Made from the modules' own debug information, it knows nothing of machine code: what a trace tells of a frame
//! (module, function index, offset) is all that it takes. The runtime library reads it where a trap is reported,
//! `wasmc symbolize` where a trace of an executable without it is explained.
//!
//! The bytes, numbers of fixed size being little-endian:
//! - [`MAGIC`]
//! - `u32`: how many functions there are; `u32`: bytes of all streams
//! - for each function, sorted: `u32` number of its module ([`module_of`](crate::code_map::module_of)), `u32` index in the
//!   module's function index space, `u32` offset of its stream, which ends where the next one's begins
//! - the streams
//! - the texts, to the end: for each its length in bytes as unsigned LEB128, then the bytes, which are fit to be printed
//!
//! A stream consists of unsigned LEB128 numbers, but for the one that is said to be signed:
//! - offset of the function's name among the texts
//! - bytes of a list of the functions that the toolchain has inlined into it, and the list: for each the offset of its
//!   name, the number in the list, counted from 1, of the one that it is inlined into (an earlier one, or 0 for the
//!   function itself), the offset of the name of the file, and the line, where it is called
//! - the rows, each for the offsets up to the next one's: offset in the module's binary − that of the row before (or 0),
//!   times 2, plus 1 where the number in the list changes; then that number where it does; then, signed, the line − that
//!   of the row before (or 0), times 2, plus 1 where the file changes; then the offset of its name where it does.
//!   Line 0 means none.

use crate::Span;
use crate::leb128::{signed, unsigned};

/// The section of an executable, or of its file of debug information, that holds it.
pub const SECTION: &str = ".wasmc.sources";

/// How it begins; the last byte is the version.
pub const MAGIC: [u8; 4] = *b"wsm\x01";

/// What an executable that holds a source map tells the runtime library.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// Address of [`PRINT_SOURCES`](crate::symbols::PRINT_SOURCES): it is linked only into executables with a map.
    pub print: u64,
    /// The map, a span of bytes.
    pub map: Span,
}

const _: () = assert!(size_of::<Sources>() == 24);

/// A source map.
#[derive(Clone, Copy, Debug)]
pub struct SourceMap<'a> {
    functions: &'a [[u8; 12]],
    streams: &'a [u8],
    texts: &'a [u8],
}

/// A function of the source that a place is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceFrame<'a> {
    /// Its name.
    pub function: &'a [u8],
    /// The file that the place is in.
    pub file: &'a [u8],
    /// The line; 0 where it is not known.
    pub line: u32,
    /// The toolchain inlined it into the next frame's function.
    pub is_inlined: bool,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn number(stream: &[u8], position: &mut usize) -> Option<u32> {
    Some(unsigned(stream, position)? as u32)
}

impl<'a> SourceMap<'a> {
    /// The map in these bytes, if they hold one.
    pub fn new(bytes: &'a [u8]) -> Option<SourceMap<'a>> {
        let body = bytes.strip_prefix(&MAGIC)?;
        let (count, length) = (word(body, 0)? as usize, word(body, 4)? as usize);
        let functions = body.get(8..)?.as_chunks().0.get(..count)?;
        let (streams, texts) = body.get(8 + size_of_val(functions)..)?.split_at_checked(length)?;
        Some(SourceMap { functions, streams, texts })
    }

    /// What a function's rows are coded in.
    fn stream(&self, module: u32, index: u32) -> Option<&'a [u8]> {
        let key = |entry: &[u8]| Some((word(entry, 0)?, word(entry, 4)?));
        let position = self.functions.partition_point(|entry| key(entry) < Some((module, index)));
        let entry = self.functions.get(position)?;
        if key(entry) != Some((module, index)) {
            return None;
        }
        let end = self.functions.get(position + 1).map_or(Some(self.streams.len() as u32), |next| word(next, 8))?;
        self.streams.get(word(entry, 8)? as usize..end as usize)
    }

    fn text(&self, offset: u32) -> &'a [u8] {
        let mut position = offset as usize;
        let Some(length) = unsigned(self.texts, &mut position) else { return &[] };
        let end = position.saturating_add(length as usize);
        self.texts.get(position..end).unwrap_or(&[])
    }

    /// Visits the functions of the source that an offset of a module's function is in, the innermost first. Visits none
    /// where the map does not know; damage ends it early.
    pub fn visit(&self, module: u32, index: u32, offset: u32, visitor: &mut dyn FnMut(&SourceFrame<'a>)) -> Option<()> {
        let stream = self.stream(module, index)?;
        let position = &mut 0;
        let function = number(stream, position)?;
        let list_length = number(stream, position)? as usize;
        let (list, rows) = stream.get(*position..)?.split_at_checked(list_length)?;
        let row = row(rows, offset)?;
        let (mut inlined, mut file, mut line) = (row.inlined, row.file, row.line);
        while inlined != 0 {
            let position = &mut 0;
            for _ in 1..inlined {
                for _ in 0..4 {
                    number(list, position)?;
                }
            }
            let (name, parent) = (number(list, position)?, number(list, position)?);
            visitor(&SourceFrame { function: self.text(name), file: self.text(file), line, is_inlined: true });
            (file, line) = (number(list, position)?, number(list, position)?);
            // It comes to an end: each is inlined into an earlier one.
            inlined = (parent < inlined).then_some(parent)?;
        }
        visitor(&SourceFrame { function: self.text(function), file: self.text(file), line, is_inlined: false });
        Some(())
    }
}

/// What holds at some offsets.
#[derive(Clone, Copy, Default)]
struct Row {
    inlined: u32,
    file: u32,
    line: u32,
}

/// The row that an offset is in.
fn row(rows: &[u8], offset: u32) -> Option<Row> {
    let position = &mut 0;
    let mut row = Row::default();
    let (mut found, mut at) = (None, 0_u64);
    while *position < rows.len() {
        let head = unsigned(rows, position)?;
        at = at.wrapping_add(head >> 1);
        if at > u64::from(offset) {
            break;
        }
        if head & 1 != 0 {
            row.inlined = number(rows, position)?;
        }
        let lines = signed(rows, position)?;
        row.line = row.line.wrapping_add((lines >> 1) as u32);
        if lines & 1 != 0 {
            row.file = number(rows, position)?;
        }
        found = Some(row);
    }
    found
}
