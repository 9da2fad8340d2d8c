//! What wasmc says on standard error.

use crate::arguments::Global;
use anstyle::{AnsiColor, Style};
use clap::ColorChoice;
use std::borrow::Cow;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::panic::PanicHookInfo;

/// How much is said, and in which colours.
#[derive(Clone, Copy)]
pub struct Messages {
    /// Nothing but errors.
    pub quiet: bool,
    verbose: bool,
    color: bool,
}

impl Messages {
    /// As the command line asks.
    pub fn new(global: &Global) -> Messages {
        let color = match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let says_no = |name, no: fn(&std::ffi::OsStr) -> bool| std::env::var_os(name).is_some_and(|v| no(&v));
                std::io::stderr().is_terminal()
                    && !says_no("NO_COLOR", |value| !value.is_empty())
                    && !says_no("TERM", |value| value == "dumb")
            }
        };
        Messages { quiet: global.quiet, verbose: global.verbose, color }
    }

    /// Why the command failed.
    pub fn error(self, error: &anyhow::Error) {
        self.write("error", AnsiColor::Red, &format_args!("{error:#}"));
    }

    /// What should be known, though nothing is wrong.
    pub fn note(self, text: impl Display) {
        if !self.quiet {
            self.write("note", AnsiColor::Cyan, &text);
        }
    }

    /// What is being done, for `-v`.
    pub fn detail(self, text: impl Display) {
        if self.verbose {
            self.line(&format_args!("wasmc: {}", printable(&text.to_string())));
        }
    }

    /// What was asked for explicitly.
    pub fn line(self, text: &dyn Display) {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// A defect of wasmc, in the place of Rust's own message.
    pub fn panicked(self, panic: &PanicHookInfo<'_>) {
        let what = panic.payload_as_str().unwrap_or("unknown cause");
        let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
        let text = format!("{what}{place}\n  this is a defect of wasmc; please report it with the module");
        self.write("internal error", AnsiColor::Red, &text);
    }

    fn write(self, kind: &str, color: AnsiColor, text: &dyn Display) {
        let style = if self.color { Style::new().bold().fg_color(Some(color.into())) } else { Style::new() };
        self.line(&format_args!("{style}{kind}:{style:#} {}", printable(&text.to_string())));
    }
}

/// The text without control characters other than line breaks: names in a module must not command a terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() && c != '\n';
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if is_harmful(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(printable("größe\nok"), "größe\nok");
        assert_eq!(printable("\x1b[2Ja\r\u{9b}"), "\\u{1b}[2Ja\\r\\u{9b}");
    }
}
