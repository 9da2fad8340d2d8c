//! Scripts that teach debuggers about WebAssembly: commands, and printers for what debug information cannot say.

use target_lexicon::{BinaryFormat, Triple};

/// A debugger that there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debugger {
    /// GDB, 13 and later, with Python.
    Gdb,
    /// LLDB, 17 and later, with Python.
    Lldb,
}

impl Debugger {
    /// The one that is usual on a target: lldb on Apple's systems, where there is no other for AArch64.
    pub fn of(target: &Triple) -> Debugger {
        if target.binary_format == BinaryFormat::Macho { Debugger::Lldb } else { Debugger::Gdb }
    }
}

/// The script for a debugger, to be loaded by its command `source`, or `command script import`.
pub fn debug_script(debugger: Debugger) -> &'static str {
    match debugger {
        Debugger::Gdb => include_str!("gdb.py"),
        Debugger::Lldb => include_str!("lldb.py"),
    }
}
