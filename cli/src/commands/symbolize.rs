//! `wasmc symbolize`: adds functions, files and lines of the source to a trace.

use crate::arguments::SymbolizeArguments;
use crate::input::{self, Module};
use crate::output::StdoutClosed;
use anyhow::{Context, Result, bail};
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind};
use wasmc_compiler::{Error, Symbolizer};

/// Copies the trace to standard output.
pub fn execute(arguments: &SymbolizeArguments) -> Result<()> {
    if input::is_stdin(&arguments.file) && input::is_stdin(&arguments.trace) {
        bail!("only one of the two can come from standard input; name the file or the trace");
    }
    let file = Module::read(&arguments.file)?;
    let name = file.display_name();
    let is_elf = file.bytes.starts_with(b"\x7fELF");
    let bytes = if is_elf { Cow::Borrowed(&*file.bytes) } else { file.binary()? };
    let debug_info = file.debug_info()?;
    let symbolizer =
        Symbolizer::new(&name, &bytes, &debug_info.contents()).with_context(|| format!("cannot use {name}"))?;
    let mut trace: Box<dyn BufRead> = if input::is_stdin(&arguments.trace) {
        Box::new(std::io::stdin().lock())
    } else {
        let file = File::open(&arguments.trace);
        Box::new(BufReader::new(file.with_context(|| format!("cannot read {}", arguments.trace.display()))?))
    };
    let mut output = BufWriter::new(std::io::stdout().lock());
    match symbolizer.copy(&mut trace, &mut output) {
        Ok(None) => Ok(()),
        Ok(Some(other)) => {
            bail!("the trace is not of this build: its build ID is {}, that of {name} is {}", other.trace, other.file)
        }
        Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe => Err(StdoutClosed.into()),
        Err(error) => Err(error).context("cannot copy the trace"),
    }
}
