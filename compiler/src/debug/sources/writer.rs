//! Writes the source map; `wasmc_abi::source_map` describes the bytes.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wasmc_abi::code_map::NAME_LIMIT;
use wasmc_abi::source_map::MAGIC;

use super::unit::{FunctionSources, UnitSources};
use crate::codegen::{signed_leb128, unsigned_leb128};
use crate::module::Module;

/// Bytes of a file's name that are kept: as long as paths can be on Linux.
const PATH_LIMIT: usize = 4096;

/// The map while it is written.
#[derive(Default)]
pub(super) struct SourceMapWriter {
    /// Streams by number of the module and index of the function.
    streams: BTreeMap<(u32, u32), Vec<u8>>,
    texts: Vec<u8>,
    /// Where each text is.
    offsets: FxHashMap<String, u32>,
}

impl SourceMapWriter {
    /// Adds the functions of a unit of a module with this number. Of several that claim a body, the first counts.
    pub fn add(&mut self, number: u32, module: &Module<'_>, unit: &UnitSources) {
        let files: Vec<u32> = unit.files.iter().map(|file| self.text(file, PATH_LIMIT)).collect();
        for function in &unit.functions {
            let key = (number, module.imported.functions + function.position as u32);
            if !function.places.is_empty() && !self.streams.contains_key(&key) {
                let stream = self.stream(function, &files, module.code_start);
                self.streams.insert(key, stream);
            }
        }
    }

    fn stream(&mut self, function: &FunctionSources, files: &[u32], code_start: u32) -> Vec<u8> {
        let file_name = |file: u32| files.get(file as usize).copied();
        let unknown = self.text("", 0);
        let mut list = Vec::new();
        for inlined in &function.inlined {
            unsigned_leb128(&mut list, self.text(&inlined.name, NAME_LIMIT).into());
            unsigned_leb128(&mut list, inlined.parent.into());
            unsigned_leb128(&mut list, file_name(inlined.file).unwrap_or(unknown).into());
            // A file that is not known makes no line.
            unsigned_leb128(&mut list, file_name(inlined.file).map_or(0, |_| inlined.line).into());
        }
        let mut stream = Vec::new();
        unsigned_leb128(&mut stream, self.text(&function.name, NAME_LIMIT).into());
        unsigned_leb128(&mut stream, list.len() as u64);
        stream.append(&mut list);
        let (mut offset, mut inlined, mut file, mut line) = (0, 0, 0, 0);
        for place in &function.places {
            let next = place.address + code_start;
            let flag = |on: bool| u64::from(on);
            unsigned_leb128(&mut stream, u64::from(next - offset) << 1 | flag(place.inlined != inlined));
            if place.inlined != inlined {
                unsigned_leb128(&mut stream, place.inlined.into());
            }
            let next_file = file_name(place.file).unwrap_or(unknown);
            let next_line = file_name(place.file).map_or(0, |_| i64::from(place.line));
            signed_leb128(&mut stream, (next_line - line) << 1 | i64::from(next_file != file));
            if next_file != file {
                unsigned_leb128(&mut stream, next_file.into());
            }
            (offset, inlined, file, line) = (next, place.inlined, next_file, next_line);
        }
        stream
    }

    /// Where a text is, as far as its limit.
    fn text(&mut self, text: &str, limit: usize) -> u32 {
        if let Some(&known) = self.offsets.get(text) {
            return known;
        }
        let offset = self.texts.len() as u32;
        let printable = printable(text, limit);
        unsigned_leb128(&mut self.texts, printable.len() as u64);
        self.texts.extend_from_slice(printable.as_bytes());
        self.offsets.insert(text.to_owned(), offset);
        offset
    }

    /// The map; none where there is nothing in it, or more than fits.
    pub fn finish(self) -> Option<Vec<u8>> {
        let length: usize = self.streams.values().map(Vec::len).sum();
        let length = u32::try_from(length).ok().filter(|_| !self.streams.is_empty())?;
        u32::try_from(self.texts.len()).ok()?;
        let mut map = MAGIC.to_vec();
        map.extend((self.streams.len() as u32).to_le_bytes());
        map.extend(length.to_le_bytes());
        let mut start = 0_u32;
        for ((module, function), stream) in &self.streams {
            for word in [*module, *function, start] {
                map.extend(word.to_le_bytes());
            }
            start += stream.len() as u32;
        }
        map.extend(self.streams.into_values().flatten());
        map.extend(self.texts);
        Some(map)
    }
}

/// A text without control characters, cut at the limit.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let kept = &text[..text.floor_char_boundary(limit)];
    let mut shown: String =
        kept.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect();
    if kept.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn texts_are_fit_for_terminals() {
        assert_eq!(printable("größe<T>", 64), "größe<T>");
        assert_eq!(printable("a\x1b[31m\n\u{9b}", 64), "a\u{fffd}[31m\u{fffd}\u{fffd}");
        assert_eq!(printable("größe", 3), "gr…");
    }
}
