//! `wasmc debug-scripts`: prints a script for a debugger.

use crate::arguments::DebuggerName;
use crate::output;
use anyhow::Result;
use wasmc_compiler::{Debugger, debug_script};

/// Prints the script for a debugger.
pub fn execute(debugger: DebuggerName) -> Result<()> {
    output::print(debug_script(match debugger {
        DebuggerName::Gdb => Debugger::Gdb,
        DebuggerName::Lldb => Debugger::Lldb,
    }))
}
