//! Tables on standard output, and the progress line on standard error.

use crate::setup::Tools;
use anyhow::Result;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::Command;

/// A table: the first columns are text and stand to the left, the others are figures and stand to the right.
pub struct Table {
    text_columns: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with its column titles, of which the first `text_columns` are text.
    pub fn new(text_columns: usize, titles: impl IntoIterator<Item = impl Into<String>>) -> Table {
        Table { text_columns, rows: vec![titles.into_iter().map(Into::into).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Prints a title line and the table.
    pub fn print(&self, title: &str) -> Result<()> {
        clear_progress();
        let mut out = stdout().lock();
        writeln!(out, "\n{title}")?;
        out.write_all(self.render().as_bytes())?;
        Ok(out.flush()?)
    }

    fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(
                    |(column, (cell, &width))| {
                        if column < self.text_columns { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                    },
                )
                .collect();
            text += cells.join("  ").trim_end();
            text.push('\n');
        }
        text
    }
}

/// Says on what machine and with which versions the figures were taken.
pub fn heading(tools: &Tools) -> Result<()> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{cpu}, {cores} cores, load {}", load.split(' ').next().unwrap_or("unknown"));
    for command in ["clang-19".as_ref(), tools.wasmtime.as_os_str(), tools.wasmc.as_os_str()] {
        if let Ok(output) = Command::new(command).arg("--version").output() {
            println!("{}", String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default());
        }
    }
    Ok(())
}

/// Shows what is going on, if standard error is a terminal.
pub fn progress(text: &str) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}

fn clear_progress() {
    progress("");
}

/// Milliseconds, with as many decimals as are worth reading.
pub fn milliseconds(value: f64) -> String {
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$}")
}

/// A ratio.
pub fn ratio(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { "-".into() }
}

/// A share, with its sign left out: it is printed behind a ratio.
pub fn plus_minus(value: f64) -> String {
    if value.is_finite() { format!("±{:.0}%", value * 100.0) } else { "-".into() }
}

/// Bytes as KB (1000 bytes) with one decimal.
pub fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}

/// KiB as MB (1000 000 bytes) with one decimal.
pub fn megabytes(kib: f64) -> String {
    format!("{:.1} MB", kib * 1.024 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(1, ["kernel", "ms"]);
        table.row(["a", "12.5"]);
        table.row(["longer", "3"]);
        assert_eq!(table.render(), "kernel    ms\na       12.5\nlonger     3\n");
    }

    #[test]
    fn figures() {
        assert_eq!([milliseconds(0.1234), milliseconds(12.34), milliseconds(1234.5)], ["0.12", "12.3", "1234"]);
        assert_eq!((ratio(0.876), ratio(f64::NAN), plus_minus(0.051)), ("0.88".into(), "-".into(), "±5%".into()));
    }
}
