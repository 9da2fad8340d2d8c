//! Debug information in other files: modules of which only the sections of debug information count. `emcc -gseparate-dwarf`
//! puts all into one, which the custom section `external_debug_info` of the module that runs names (tool conventions, "DWARF
//! for WebAssembly", 2: a string, the URL of the file); `clang -gsplit-dwarf` puts entries into one beside each object.

use wasmparser::{BinaryReader, Parser, Payload};

use crate::debug::{self, SplitUnit};

/// Where the module says that its debug information is: a path or a URL, which may be relative to the module's own.
pub fn external_debug_info(module: &[u8]) -> Option<&str> {
    custom_sections(module)
        .find(|(name, _)| *name == "external_debug_info")
        .and_then(|(_, contents)| BinaryReader::new(contents, 0).read_unlimited_string().ok())
}

/// The units of a module's debug information that only refer to their entries, which are in other files (DWARF 5, 7.3.2).
pub fn split_units(module: &[u8]) -> Vec<SplitUnit> {
    debug::split_units(&debug_sections(module))
}

/// The sections of debug information in a module; as far as damage lets them be found.
pub(super) fn debug_sections(module: &[u8]) -> Vec<(&str, &[u8])> {
    custom_sections(module).filter(|(name, _)| name.starts_with(".debug_")).collect()
}

fn custom_sections(module: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    Parser::new(0).parse_all(module).map_while(Result::ok).filter_map(|payload| match payload {
        Payload::CustomSection(section) => Some((section.name(), section.data())),
        _ => None,
    })
}
