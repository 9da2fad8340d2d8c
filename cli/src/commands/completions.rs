//! `wasmc completions`: prints a completion script.

use crate::arguments::Arguments;
use crate::output;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the script for `shell`.
pub fn execute(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "wasmc", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
