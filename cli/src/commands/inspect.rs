//! `wasmc inspect`: shows what an artefact of wasmc's, or a module, is made of.

mod artefact;
mod module;

use crate::arguments::InspectArguments;
use crate::input::Module;
use crate::output;
use anyhow::{Result, bail};
use std::fmt::Write;
use wasmc_compiler::manifest::Manifest;

/// Prints what is in the file that `arguments` name.
pub fn execute(arguments: &InspectArguments) -> Result<()> {
    let file = Module::read(&arguments.file)?;
    let (text, json) = if let Some(manifest) = Manifest::read(&file.bytes) {
        (artefact::text(&file.display_name(), &manifest), serde_json::to_value(&manifest)?)
    } else if is_other_binary(&file.bytes) {
        bail!("{}: neither a module nor an executable or object that wasmc built", file.display_name());
    } else {
        let summary = module::Summary::read(&file)?;
        (summary.text(&file.display_name()), summary.json())
    };
    if arguments.json {
        return output::print(&format!("{}\n", serde_json::to_string_pretty(&json)?));
    }
    output::print(&text)
}

/// Executables and objects of any system, and archives: nothing that could have been meant as a module.
fn is_other_binary(bytes: &[u8]) -> bool {
    const ELF: &[u8] = b"\x7fELF";
    const PE: &[u8] = b"MZ";
    const MACH_O_64: &[u8] = b"\xcf\xfa\xed\xfe";
    const ARCHIVE: &[u8] = b"!<arch>\n";
    [ELF, PE, MACH_O_64, ARCHIVE].iter().any(|magic| bytes.starts_with(magic))
}

/// One labelled line; nothing for an empty value.
fn line(text: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {label:<12} {}", crate::message::printable(value));
    }
}

/// A labelled list, one item a line.
fn list<T: AsRef<str>>(text: &mut String, label: &str, items: impl IntoIterator<Item = T>) {
    for (index, item) in items.into_iter().enumerate() {
        line(text, if index == 0 { label } else { "" }, item.as_ref());
    }
}
