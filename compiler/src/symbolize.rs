//! Tells where in the source the frames of a trace are, which an executable without a source map printed.
//!
//! What comes out is what the executable would have printed with one (`runtime-lib/src/trap/report.rs`).

use std::io::{BufRead, Write};

use object::{Object, ObjectSection};
use wasmc_abi::source_map::{SECTION, SourceMap};

use crate::debug::{Outlines, printable, source_map};
use crate::{Error, Input, Result, Standard, module};

/// A line of a trace that names an executable begins with this, but for what a log puts before it.
const BUILD_ID: &str = "  build ID ";
/// The line before the frames.
const STACK: &str = "  wasm stack (";

/// Before a function of the source.
const SOURCE: &str = "         ";

/// Explains traces of one program.
pub struct Symbolizer {
    map: Vec<u8>,
    /// In hexadecimal; none where it is not known.
    build_id: Option<String>,
}

/// What is wrong with traces that were met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherBuild {
    /// The identifier in the trace.
    pub trace: String,
    /// That of the file.
    pub file: String,
}

impl Symbolizer {
    /// Takes the source map from an executable or a file of debug information, or makes it from the module's own and from
    /// what other files hold of it ([`Input::debug_info`]).
    ///
    /// # Errors
    /// Where there is none.
    pub fn new(name: &str, bytes: &[u8], debug_info: &[&[u8]]) -> Result<Symbolizer> {
        if bytes.starts_with(b"\0asm") {
            let inputs = [Input { name: name.to_owned(), bytes, debug_info: debug_info.to_vec(), ..Input::default() }];
            let (modules, _) = module::parse(&inputs, Standard::default())?;
            let outlines = Outlines::of_modules(&modules, &|_, _| true, 0)?;
            let map = source_map(&modules, &outlines, &[], 0)?;
            let map = map.ok_or_else(|| missing("the module holds no debug information (DWARF)"))?;
            return Ok(Symbolizer { map, build_id: None });
        }
        let file = object::File::parse(bytes).map_err(|_| missing("this is neither an ELF file nor a module"))?;
        let advice = "it holds no lines; wanted is the module, what was built with -g or -gline-tables-only, or the \
                      .debug file of a build with --split-debug";
        let section = file.section_by_name(SECTION).ok_or_else(|| missing(advice))?;
        let map = section.uncompressed_data().map_err(|_| missing("its lines are damaged"))?.into_owned();
        SourceMap::new(&map).ok_or_else(|| missing("its lines are damaged, or of another version of wasmc"))?;
        let build_id = file.build_id().ok().flatten();
        let build_id = build_id.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        Ok(Symbolizer { map, build_id })
    }

    /// Copies text, and adds to the traces in it. Lines are passed on as they come, those of a trace when it ends.
    ///
    /// Traces of another build are left as they are; the first of them is returned.
    pub fn copy(&self, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<Option<OtherBuild>> {
        let mut other = None;
        let mut trace: Vec<Vec<u8>> = Vec::new();
        loop {
            let mut line = Vec::new();
            let length = input.read_until(b'\n', &mut line)?;
            let text = String::from_utf8_lossy(&line);
            let belongs = frame(&text).is_some() || text.contains(" frames omitted ...") || text.contains(SOURCE);
            if !trace.is_empty() && !belongs {
                let found = self.other_build(&text);
                self.write_trace(&trace, found.is_none(), output)?;
                other = other.or(found);
                trace.clear();
            }
            let begins = text.contains(STACK);
            if length == 0 {
                return Ok(other);
            }
            if begins || !trace.is_empty() {
                trace.push(line);
            } else {
                output.write_all(&line)?;
                output.flush()?;
            }
        }
    }

    /// Whether the line names another executable.
    fn other_build(&self, line: &str) -> Option<OtherBuild> {
        let (trace, own) = (build_id(line)?, self.build_id.as_ref()?);
        (trace != own).then(|| OtherBuild { trace: trace.to_owned(), file: own.clone() })
    }

    fn write_trace(&self, lines: &[Vec<u8>], is_known: bool, output: &mut dyn Write) -> Result<()> {
        let map = SourceMap::new(&self.map).filter(|_| is_known);
        for (number, line) in lines.iter().enumerate() {
            output.write_all(line)?;
            let text = String::from_utf8_lossy(line);
            // An executable with lines has told them already.
            let next = lines.get(number + 1).map(|next| String::from_utf8_lossy(next));
            let is_told = next.is_some_and(|next| next.contains(SOURCE) && frame(&next).is_none());
            if let (Some(map), Some(frame), false) = (&map, frame(&text), is_told) {
                map.visit(frame.module, frame.function, frame.offset, &mut |source| {
                    let text = |bytes: &[u8]| printable(&String::from_utf8_lossy(bytes), usize::MAX);
                    let place = match source.line {
                        0 => String::new(),
                        line => format!(" at {}:{line}", text(source.file)),
                    };
                    let inlined = if source.is_inlined { " (inlined)" } else { "" };
                    // Into memory or a file; its end is checked when it is flushed.
                    let _ = writeln!(output, "{}{SOURCE}{}{place}{inlined}", frame.before, text(source.function));
                });
            }
        }
        Ok(output.flush()?)
    }
}

fn missing(what: &str) -> Error {
    Error::Option(what.to_owned())
}

/// A line of a trace: `    0: NAME [INDEX] at 0xOFFSET`, perhaps ` of module NUMBER`.
struct TraceFrame<'t> {
    /// What a log puts before it.
    before: &'t str,
    module: u32,
    function: u32,
    offset: u32,
}

/// The frame that a line of text tells of.
fn frame(line: &str) -> Option<TraceFrame<'_>> {
    let (front, place) = line.trim_end().rsplit_once("] at 0x")?;
    let (front, function) = front.rsplit_once('[')?;
    let (offset, module) = match place.split_once(" of module ") {
        Some((offset, module)) => (offset, module.parse().ok()?),
        None => (place, 0),
    };
    // The number of the frame, four spaces before it.
    let before = front.match_indices(": ").find_map(|(at, _)| {
        let spaces = front[..at].trim_end_matches(|digit: char| digit.is_ascii_digit());
        spaces.strip_suffix("    ").filter(|_| spaces.len() < at)
    })?;
    let offset = u32::from_str_radix(offset, 16).ok()?;
    Some(TraceFrame { before, module, function: function.parse().ok()?, offset })
}

/// The identifier of the executable in a line of text.
fn build_id(line: &str) -> Option<&str> {
    let (_, id) = line.trim_end().rsplit_once(BUILD_ID)?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_lines_of_traces_and_logs() {
        let found = |line| frame(line).map(|frame| (frame.before, frame.module, frame.function, frame.offset));
        assert_eq!(found("    0: main [8] at 0x3ce\n"), Some(("", 0, 8, 0x3ce)));
        assert_eq!(found("    12: [8] at 0xff"), Some(("", 0, 8, 0xff)));
        assert_eq!(found("    1: <[T; 3] as X>::y [7] at 0x10 of module 2\r\n"), Some(("", 2, 7, 16)));
        assert_eq!(found("host app[12]:     3: a [7] at 0x1\n"), Some(("host app[12]: ", 0, 7, 1)));
        for other in
            ["", "  in function main [8] at 0x3ce", "    0: main [8] at 0x", "    0: main [x] at 0x1", "] at 0x1"]
        {
            assert!(found(other).is_none(), "{other}");
        }
        assert_eq!(build_id("  build ID 00ff\n"), Some("00ff"));
        assert_eq!(build_id("  build ID x"), None);
    }
}
