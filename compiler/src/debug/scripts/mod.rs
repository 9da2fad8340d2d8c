//! Scripts that teach debuggers about WebAssembly: commands, and printers for what debug information cannot say.

/// A debugger that there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debugger {
    /// GDB, 13 and later, with Python.
    Gdb,
    /// LLDB, 14 and later.
    Lldb,
}

/// The script for a debugger, to be loaded by its command `source`, or `command source`.
pub fn debug_script(debugger: Debugger) -> &'static str {
    match debugger {
        Debugger::Gdb => include_str!("gdb.py"),
        Debugger::Lldb => include_str!("lldb.commands"),
    }
}
