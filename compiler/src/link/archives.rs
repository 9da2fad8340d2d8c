//! Archives, for the linkers of Windows and macOS: which member defines a name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use object::read::archive::ArchiveFile;

use super::Inputs;
use crate::error::Result;

/// The members of all archives.
pub(super) struct Members<'a> {
    /// Name and contents.
    list: Vec<(&'a [u8], &'a [u8])>,
    /// Which member defines a name: the first.
    defined: HashMap<&'a [u8], usize>,
    /// Of each member, whether it was chosen.
    chosen: Vec<bool>,
}

/// Reads the tables of symbols.
pub(super) fn members<'a>(inputs: &Inputs<'a>) -> Result<Members<'a>> {
    let mut members = Members { list: Vec::new(), defined: HashMap::new(), chosen: Vec::new() };
    for file in inputs.archives {
        let damaged = |error: object::Error| super::error(format!("{}: {error}", file.name));
        let archive = ArchiveFile::parse(file.bytes).map_err(damaged)?;
        let mut positions = HashMap::new();
        for symbol in archive.symbols().map_err(damaged)?.into_iter().flatten() {
            let symbol = symbol.map_err(damaged)?;
            let position = match positions.entry(symbol.offset().0) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    let member = archive.member(symbol.offset()).map_err(damaged)?;
                    members.list.push((member.name(), member.data(file.bytes).map_err(damaged)?));
                    *place.insert(members.list.len() - 1)
                }
            };
            members.defined.entry(symbol.name()).or_insert(position);
        }
    }
    members.chosen = vec![false; members.list.len()];
    Ok(members)
}

impl<'a> Members<'a> {
    /// Those that define one of the names and were not chosen before, in order: name and contents.
    pub fn choose<'n>(&mut self, names: impl IntoIterator<Item = &'n [u8]>) -> Vec<(&'a [u8], &'a [u8])> {
        let mut chosen: Vec<usize> = names.into_iter().filter_map(|name| self.defined.get(name)).copied().collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen.retain(|&member| !std::mem::replace(&mut self.chosen[member], true));
        chosen.into_iter().map(|member| self.list[member]).collect()
    }
}
