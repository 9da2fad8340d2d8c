//! What a test needs to know of a binary module before it is compiled: its imports and its exports.

use wasmparser::{Parser, Payload, TypeRef};

/// A module of a script.
#[derive(Debug, Default)]
pub struct Module {
    /// The binary format.
    pub bytes: Vec<u8>,
    /// In order of the import section.
    pub imports: Vec<Import>,
    /// Names in order of the export section.
    pub exports: Vec<String>,
}

/// An import of a module.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    /// The provider's name.
    pub module: String,
    /// The name of what is imported.
    pub name: String,
    /// Whether the import is a table or a memory: its contents are shared with everybody else who imports it.
    pub shares_contents: bool,
}

impl Module {
    /// Reads the import and export sections, as far as they can be read: what is malformed, the compiler will refuse.
    pub fn new(bytes: Vec<u8>) -> Module {
        let mut module = Module::default();
        for payload in Parser::new(0).parse_all(&bytes) {
            match payload {
                Ok(Payload::ImportSection(section)) => {
                    module.imports = section
                        .into_imports()
                        .map_while(Result::ok)
                        .map(|import| Import {
                            module: import.module.to_owned(),
                            name: import.name.to_owned(),
                            shares_contents: matches!(import.ty, TypeRef::Table(_) | TypeRef::Memory(_)),
                        })
                        .collect();
                }
                Ok(Payload::ExportSection(section)) => {
                    module.exports =
                        section.into_iter().map_while(Result::ok).map(|export| export.name.to_owned()).collect();
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        module.bytes = bytes;
        module
    }
}
