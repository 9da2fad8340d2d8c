//! Names of functions, globals and tags, from the name section (wasm spec 7.4.1), exports and imports.

use std::borrow::Cow;

use wasmparser::{ExternalKind, Name, NameMap, NameSectionReader};

use super::{ImportType, Module};

/// Reads the name section, as far as it is sound.
pub(super) fn read<'a>(module: &mut Module<'a>, reader: NameSectionReader<'a>) {
    for subsection in reader {
        match subsection {
            Ok(Name::Function(map)) => read_map(module, map, IndexSpace::Functions),
            Ok(Name::Global(map)) => read_map(module, map, IndexSpace::Globals),
            Ok(Name::Tag(map)) => read_map(module, map, IndexSpace::Tags),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

fn read_map<'a>(module: &mut Module<'a>, map: NameMap<'a>, space: IndexSpace) {
    for naming in map.into_iter().map_while(Result::ok) {
        set(module, space, naming.index, naming.name);
    }
}

/// Gives a name to everything that the name section left without, where an export or an import has one.
pub(super) fn complete(module: &mut Module<'_>) {
    for position in 0..module.exports.len() {
        let export = &module.exports[position];
        let (index, name) = (export.index, export.name);
        match export.kind {
            ExternalKind::Func => set_default(module, IndexSpace::Functions, index, name),
            ExternalKind::Tag => set_default(module, IndexSpace::Tags, index, name),
            ExternalKind::Global => set_default(module, IndexSpace::Globals, index, name),
            _ => {}
        }
    }
    for position in 0..module.imports.len() {
        let import = &module.imports[position];
        let name = import.name;
        match import.ty {
            ImportType::Function { index } => set_default(module, IndexSpace::Functions, index, name),
            ImportType::Tag { index } => set_default(module, IndexSpace::Tags, index, name),
            ImportType::Global { index } => set_default(module, IndexSpace::Globals, index, name),
            _ => {}
        }
    }
}

/// What has names.
#[derive(Clone, Copy)]
enum IndexSpace {
    Functions,
    Globals,
    Tags,
}

/// The names of an index space, and how many there can be.
fn names<'m, 'a>(module: &'m mut Module<'a>, space: IndexSpace) -> (&'m mut Vec<Option<Cow<'a, str>>>, usize) {
    match space {
        IndexSpace::Functions => (&mut module.function_names, module.functions.len()),
        IndexSpace::Globals => (&mut module.global_names, module.globals.len()),
        IndexSpace::Tags => (&mut module.tag_names, module.tags.len()),
    }
}

fn set<'a>(module: &mut Module<'a>, space: IndexSpace, index: u32, name: &'a str) {
    let index = index as usize;
    let (names, count) = names(module, space);
    if index >= count || name.is_empty() {
        return;
    }
    if names.len() <= index {
        names.resize(count, None);
    }
    names[index] = Some(Cow::Borrowed(name));
}

fn set_default<'a>(module: &mut Module<'a>, space: IndexSpace, index: u32, name: &'a str) {
    let (names, _) = names(module, space);
    if !matches!(names.get(index as usize), Some(Some(_))) {
        set(module, space, index, name);
    }
}
