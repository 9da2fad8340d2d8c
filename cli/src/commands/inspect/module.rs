//! What a module imports, exports and needs, and whether wasmc can build it.

use super::{line, list};
use crate::input::{self, Module};
use crate::size;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use wasmc_compiler::{Entry, Error, Input, Options};
use wasmparser::{ExternalKind, MemoryType, Parser, Payload, TypeRef};

/// A module as seen from outside.
pub struct Summary {
    /// Size of the binary format in bytes.
    size: usize,
    functions: u32,
    imports: Vec<Import>,
    exports: Vec<(String, &'static str)>,
    memories: Vec<MemoryType>,
    verdict: Verdict,
}

struct Import {
    module: String,
    name: String,
    kind: &'static str,
}

/// What would come of `wasmc build`.
enum Verdict {
    Buildable,
    /// Imports that nobody provides, each as `"module" "name": type`.
    UnknownImports(Vec<String>),
    Refused(String),
}

impl Summary {
    /// Reads a module; fails where its sections cannot be told apart.
    pub fn read(file: &Module) -> Result<Summary> {
        let binary = file.binary()?;
        let mut summary = Summary {
            size: binary.len(),
            functions: 0,
            imports: Vec::new(),
            exports: Vec::new(),
            memories: Vec::new(),
            verdict: Verdict::Buildable,
        };
        // A module that is not valid is listed as far as it goes; the verdict says what is wrong with it.
        let read = summary.read_sections(&binary);
        summary.verdict = verdict(file, &binary, &summary.exports);
        match (&summary.verdict, read) {
            (Verdict::Buildable, Err(error)) => {
                let offset = error.offset();
                Err(error).with_context(|| format!("{}: at byte offset {offset:#x}", file.display_name()))
            }
            _ => Ok(summary),
        }
    }

    fn read_sections(&mut self, binary: &[u8]) -> wasmparser::Result<()> {
        for payload in Parser::new(0).parse_all(binary) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Memory(ty) = import.ty {
                            self.memories.push(ty);
                        }
                        self.imports.push(Import {
                            module: import.module.to_owned(),
                            name: import.name.to_owned(),
                            kind: kind_of_type(import.ty),
                        });
                    }
                }
                Payload::FunctionSection(section) => self.functions = section.count(),
                Payload::MemorySection(section) => {
                    for memory in section {
                        self.memories.push(memory?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        self.exports.push((export.name.to_owned(), kind(export.kind)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The summary for people.
    pub fn text(&self, name: &str) -> String {
        let mut text = format!("{name}: WebAssembly module\n");
        line(&mut text, "size", &size::display(self.size as u64));
        line(&mut text, "functions", &self.functions.to_string());
        let memories = self.memories.iter().map(|memory| {
            let (initial, maximum) = limits(memory);
            let maximum =
                maximum.map_or("no limit".to_owned(), |maximum| format!("{} at most", size::display(maximum)));
            format!("{} at first, {maximum}", size::display(initial))
        });
        list(&mut text, "memory", memories);
        let imports = self.imports.iter().map(|import| format!("{}.{} ({})", import.module, import.name, import.kind));
        list(&mut text, "imports", imports);
        list(&mut text, "exports", self.exports.iter().map(|(name, kind)| format!("{name} ({kind})")));
        match &self.verdict {
            Verdict::Buildable => line(&mut text, "wasmc", "can build this"),
            Verdict::UnknownImports(imports) => {
                line(&mut text, "wasmc", "builds this with --unknown-imports trap only; nobody provides");
                list(&mut text, "", imports);
            }
            Verdict::Refused(why) => line(&mut text, "wasmc", &format!("cannot build this: {why}")),
        }
        text
    }

    /// The summary for programs.
    pub fn json(&self) -> Value {
        let imports: Vec<_> = self
            .imports
            .iter()
            .map(|import| json!({ "module": import.module, "name": import.name, "kind": import.kind }))
            .collect();
        let exports: Vec<_> = self.exports.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
        let memories: Vec<_> = self
            .memories
            .iter()
            .map(limits)
            .map(|(initial, maximum)| json!({ "initial": initial, "maximum": maximum }))
            .collect();
        let (unknown, error) = match &self.verdict {
            Verdict::Buildable => (&[][..], None),
            Verdict::UnknownImports(imports) => (&imports[..], None),
            Verdict::Refused(why) => (&[][..], Some(why)),
        };
        json!({
            "size": self.size,
            "functions": self.functions,
            "imports": imports,
            "exports": exports,
            "memories": memories,
            "buildable": matches!(self.verdict, Verdict::Buildable),
            "unknown_imports": unknown,
            "error": error,
        })
    }
}

/// Asks the compiler; for a module that is no command, whether its first exported function could be invoked.
fn verdict(file: &Module, binary: &[u8], exports: &[(String, &'static str)]) -> Verdict {
    let function = exports.iter().find(|&&(_, kind)| kind == "function").map(|(name, _)| name);
    let entry = match function {
        Some(name) if !exports.iter().any(|(name, _)| name == "_start") => {
            Entry::Invoke { export: name.clone(), arguments: Vec::new() }
        }
        _ => Entry::Command,
    };
    let input = Input { name: input::stem(&file.path), bytes: binary, ..Input::default() };
    match wasmc_compiler::check(&[input], &Options { entry, ..Options::default() }, &()) {
        Ok(()) => Verdict::Buildable,
        Err(Error::UnknownImports(imports)) => Verdict::UnknownImports(imports),
        Err(error) => Verdict::Refused(error.to_string()),
    }
}

/// Initial and maximum size in bytes.
fn limits(memory: &MemoryType) -> (u64, Option<u64>) {
    let bytes =
        |pages: u64| pages.saturating_mul(1u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX));
    (bytes(memory.initial), memory.maximum.map(bytes))
}

fn kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

fn kind_of_type(ty: TypeRef) -> &'static str {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}
