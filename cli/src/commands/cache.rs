//! `wasmc cache`: shows and empties what `wasmc run` keeps.

use crate::arguments::CacheAction;
use crate::cache::{self, Cache};
use crate::{output, size};
use anyhow::{Context, Result};

/// Does `action`; a cache that was never used is empty, not an error.
pub fn execute(action: CacheAction) -> Result<()> {
    let folder = Cache::location().context("there is no cache: neither XDG_CACHE_HOME nor HOME names a folder")?;
    match action {
        CacheAction::Path => output::print(&format!("{}\n", folder.display())),
        CacheAction::Size => {
            let (count, bytes) = cache::size(&folder);
            let programs = if count == 1 { "program" } else { "programs" };
            output::print(&format!("{count} {programs}, {}\n", size::display(bytes)))
        }
        CacheAction::Clean => cache::clean(&folder),
    }
}
