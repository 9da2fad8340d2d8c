//! Names of functions, from the name section (wasm spec 7.4.1), exports and imports.

use std::borrow::Cow;

use wasmparser::{ExternalKind, Name, NameSectionReader};

use super::{ImportType, Module};

/// Reads the name section, as far as it is sound.
pub(super) fn read<'a>(module: &mut Module<'a>, reader: NameSectionReader<'a>) {
    for subsection in reader {
        match subsection {
            Ok(Name::Function(map)) => {
                for naming in map.into_iter().map_while(Result::ok) {
                    set(module, naming.index, naming.name);
                }
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// Gives a name to every function that the name section left without, where an export or an import has one.
pub(super) fn complete(module: &mut Module<'_>) {
    for position in 0..module.exports.len() {
        let export = &module.exports[position];
        if export.kind == ExternalKind::Func {
            let (index, name) = (export.index, export.name);
            set_default(module, index, name);
        }
    }
    for position in 0..module.imports.len() {
        let import = &module.imports[position];
        if let ImportType::Function { index } = import.ty {
            let name = import.name;
            set_default(module, index, name);
        }
    }
}

fn set<'a>(module: &mut Module<'a>, index: u32, name: &'a str) {
    let index = index as usize;
    if index >= module.functions.len() || name.is_empty() {
        return;
    }
    if module.function_names.len() <= index {
        module.function_names.resize(module.functions.len(), None);
    }
    module.function_names[index] = Some(Cow::Borrowed(name));
}

fn set_default<'a>(module: &mut Module<'a>, index: u32, name: &'a str) {
    if !matches!(module.function_names.get(index as usize), Some(Some(_))) {
        set(module, index, name);
    }
}
