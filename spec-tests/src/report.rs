//! What came of the tests, counted and shown.

use crate::suite::{Expectation, TestFile};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use wasmc_compiler::MemoryBase;

/// What came of one check.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// As expected.
    Passed,
    /// Otherwise, with the reason.
    Failed(String),
    /// Something that wasmc or this runner does not know yet.
    Unsupported(String),
}

/// Under which circumstances a check was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Run {
    /// Without running anything.
    Validation,
    /// In an executable with a fixed memory base.
    Fixed,
    /// In an executable with a relocatable memory base.
    Relocatable,
}

impl Run {
    const ALL: [Run; 3] = [Run::Validation, Run::Fixed, Run::Relocatable];
}

impl From<MemoryBase> for Run {
    fn from(memory_base: MemoryBase) -> Run {
        match memory_base {
            MemoryBase::Fixed => Run::Fixed,
            MemoryBase::Relocatable => Run::Relocatable,
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Run::Validation => "validation",
            Run::Fixed => "fixed",
            Run::Relocatable => "relocatable",
        })
    }
}

/// A check and what came of it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Line of the script; 0 for the file as a whole.
    pub line: usize,
    /// Name of the directive.
    pub directive: &'static str,
    /// Under which circumstances.
    pub run: Run,
    /// What came of it.
    pub outcome: Outcome,
    /// It could not be otherwise because of an earlier finding: counted, but not shown one by one.
    pub consequence: bool,
}

/// Numbers of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// As expected.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not known yet.
    pub unsupported: usize,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unsupported += other.unsupported;
    }

    fn total(self) -> usize {
        self.passed + self.failed + self.unsupported
    }
}

/// What came of a file.
#[derive(Debug)]
pub struct FileReport {
    suite: String,
    name: String,
    expectation: Expectation,
    superseded: Vec<(usize, &'static str)>,
    tallies: [Tally; 3],
    /// Whatever did not pass.
    pub findings: Vec<Finding>,
    /// Modules that were refused as they must be, but in other words than the script's.
    pub other_words: usize,
}

/// So many findings of a file are shown, unless all are asked for.
const SHOWN: usize = 10;

impl FileReport {
    /// A file of which nothing is known yet.
    pub fn new(file: &TestFile) -> FileReport {
        FileReport {
            suite: file.suite.clone(),
            name: file.name.clone(),
            expectation: file.expectation,
            superseded: file.superseded.clone(),
            tallies: [Tally::default(); 3],
            findings: Vec::new(),
            other_words: 0,
        }
    }

    /// Counts a finding, and keeps it if it is not a pass.
    pub fn add(&mut self, mut finding: Finding) {
        if let (Outcome::Failed(_), Some((_, why))) =
            (&finding.outcome, self.superseded.iter().find(|(line, _)| *line == finding.line))
        {
            finding.outcome = Outcome::Unsupported(format!("superseded: {why}"));
        }
        let tally = &mut self.tallies[finding.run as usize];
        match &finding.outcome {
            Outcome::Passed => tally.passed += 1,
            Outcome::Failed(_) => tally.failed += 1,
            Outcome::Unsupported(_) => tally.unsupported += 1,
        }
        if finding.outcome != Outcome::Passed {
            self.findings.push(finding);
        }
    }

    /// The counts as they enter the closing line.
    fn closing(&self) -> Tally {
        let mut sum = Tally::default();
        self.tallies.iter().for_each(|tally| sum.add(*tally));
        match self.expectation {
            Expectation::Given | Expectation::Partly => sum,
            Expectation::Required => Tally { failed: sum.failed + sum.unsupported, unsupported: 0, ..sum },
            Expectation::NotYetSupported => Tally { unsupported: sum.failed + sum.unsupported, failed: 0, ..sum },
        }
    }

    /// The text to print about the file: nothing where all is well, unless `verbose`.
    pub fn describe(&self, verbose: bool) -> String {
        let mut text = String::new();
        let closing = self.closing();
        if closing.failed + closing.unsupported > 0 || verbose || self.expectation == Expectation::Given {
            let _ = writeln!(
                text,
                "{}/{}: {} passed, {} failed, {} skipped",
                self.suite, self.name, closing.passed, closing.failed, closing.unsupported
            );
        }
        if verbose && self.other_words > 0 {
            let _ = writeln!(text, "  {} modules were refused in other words than the script's", self.other_words);
        }
        if verbose || self.expectation != Expectation::NotYetSupported {
            self.describe_failures(&mut text, verbose);
        }
        self.describe_skipped(&mut text);
        text
    }

    fn describe_failures(&self, text: &mut String, verbose: bool) {
        let failures = || {
            self.findings.iter().filter(|finding| match finding.outcome {
                Outcome::Passed => false,
                Outcome::Failed(_) => true,
                Outcome::Unsupported(_) => self.expectation == Expectation::Required,
            })
        };
        let shown = failures().filter(|finding| verbose || !finding.consequence);
        let mut count = 0;
        for finding in shown.take(if verbose { usize::MAX } else { SHOWN }) {
            count += 1;
            let (Outcome::Failed(reason) | Outcome::Unsupported(reason)) = &finding.outcome else { continue };
            let reason = reason.replace('\n', "\n      ");
            let _ = match finding.line {
                0 => writeln!(text, "  {reason}"),
                line => writeln!(text, "  line {line}, {} [{}]: {reason}", finding.directive, finding.run),
            };
        }
        let more = failures().count() - count;
        if more > 0 {
            let _ = writeln!(text, "  ... and {more} more (-v shows all)");
        }
    }

    /// What was skipped, by reason; consequences are counted with the directive that they concern.
    fn describe_skipped(&self, text: &mut String) {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &self.findings {
            let reason = match (&finding.outcome, self.expectation) {
                (Outcome::Unsupported(_), Expectation::Required) | (Outcome::Passed, _) => continue,
                (Outcome::Unsupported(_), _) if finding.consequence => "of modules that are not supported".to_owned(),
                (Outcome::Unsupported(reason), _) => first_line(reason),
                (Outcome::Failed(_), Expectation::NotYetSupported) => "fails".to_owned(),
                (Outcome::Failed(_), _) => continue,
            };
            *reasons.entry(format!("{}: {reason}", finding.directive)).or_default() += 1;
        }
        for (reason, count) in reasons {
            let _ = writeln!(text, "  skipped {count} x {reason}");
        }
    }
}

/// A reason without the offset in the module, so that equal ones are counted together.
fn first_line(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    line.split(" (at byte offset").next().unwrap_or(line).to_owned()
}

/// The sums over all files.
#[derive(Default)]
pub struct Summary {
    suites: Vec<SuiteSummary>,
    closing: Tally,
    other_words: usize,
}

struct SuiteSummary {
    name: String,
    expectation: Expectation,
    files: usize,
    tallies: [Tally; 3],
}

impl Summary {
    /// Adds a file.
    pub fn add(&mut self, report: &FileReport) {
        let index = self.suites.iter().position(|suite| suite.name == report.suite).unwrap_or_else(|| {
            self.suites.push(SuiteSummary {
                name: report.suite.clone(),
                expectation: report.expectation,
                files: 0,
                tallies: [Tally::default(); 3],
            });
            self.suites.len() - 1
        });
        let suite = &mut self.suites[index];
        suite.files += 1;
        for (sum, tally) in suite.tallies.iter_mut().zip(report.tallies) {
            sum.add(tally);
        }
        self.closing.add(report.closing());
        self.other_words += report.other_words;
    }

    /// Whether nothing failed that must pass.
    pub fn is_success(&self) -> bool {
        self.closing.failed == 0
    }

    /// The counts that decide: what failed but need not pass yet counts as skipped.
    pub fn closing_line(&self) -> String {
        let Tally { passed, failed, unsupported } = self.closing;
        format!("{passed} passed, {failed} failed, {unsupported} skipped")
    }

    /// A table with a row for each suite: passed checks of all checks, by kind of run.
    pub fn table(&self) -> String {
        let header = ["suite", "expected", "files", "validation", "fixed", "relocatable", "failed", "unsupported"];
        let mut rows = vec![header.map(str::to_owned)];
        for suite in &self.suites {
            let mut sum = Tally::default();
            suite.tallies.iter().for_each(|tally| sum.add(*tally));
            let cell = |run: Run| {
                let tally = suite.tallies[run as usize];
                if tally.total() == 0 { "-".to_owned() } else { format!("{}/{}", tally.passed, tally.total()) }
            };
            let [validation, fixed, relocatable] = Run::ALL.map(cell);
            let (failed, unsupported) = (sum.failed.to_string(), sum.unsupported.to_string());
            let expected = suite.expectation.to_string();
            let files = suite.files.to_string();
            rows.push([suite.name.clone(), expected, files, validation, fixed, relocatable, failed, unsupported]);
        }
        let widths: Vec<usize> = (0..header.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in rows {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let _ = match column {
                    0 | 1 => write!(text, "{cell:<width$}  "),
                    _ => write!(text, "{cell:>width$}  "),
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        if self.other_words > 0 {
            let _ = writeln!(text, "{} modules were refused in other words than the suite's.", self.other_words);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_compiler::Standard;

    fn report(expectation: Expectation) -> FileReport {
        let file = TestFile {
            suite: "s".into(),
            name: "f.wast".into(),
            contents: Ok(String::new()),
            expectation,
            standard: Standard::Wasm2,
            superseded: Vec::new(),
        };
        let mut report = FileReport::new(&file);
        let mut add = |line, run, outcome, consequence| {
            report.add(Finding { line, directive: "invoke", run, outcome, consequence });
        };
        add(1, Run::Validation, Outcome::Passed, false);
        add(2, Run::Fixed, Outcome::Failed("expected 1\ngot 2".into()), false);
        add(3, Run::Fixed, Outcome::Failed("needs line 2".into()), true);
        add(4, Run::Relocatable, Outcome::Unsupported("threads (at byte offset 0x1)".into()), false);
        add(5, Run::Relocatable, Outcome::Unsupported("threads (at byte offset 0x2)".into()), false);
        report
    }

    fn closing_line(expectation: Expectation) -> (String, bool) {
        let mut summary = Summary::default();
        summary.add(&report(expectation));
        (summary.closing_line(), summary.is_success())
    }

    #[test]
    fn what_counts_depends_on_the_expectation() {
        assert_eq!(closing_line(Expectation::Required), ("1 passed, 4 failed, 0 skipped".into(), false));
        assert_eq!(closing_line(Expectation::Given), ("1 passed, 2 failed, 2 skipped".into(), false));
        assert_eq!(closing_line(Expectation::NotYetSupported), ("1 passed, 0 failed, 4 skipped".into(), true));
    }

    #[test]
    fn superseded_checks_are_skipped_with_the_reason() {
        let file = TestFile {
            suite: "s".into(),
            name: "f.wast".into(),
            contents: Ok(String::new()),
            expectation: Expectation::Partly,
            standard: Standard::Wasm2,
            superseded: vec![(7, "2.0 allows it")],
        };
        let mut report = FileReport::new(&file);
        for line in [7, 8] {
            let outcome = Outcome::Failed("accepted".into());
            report.add(Finding {
                line,
                directive: "assert_invalid",
                run: Run::Validation,
                outcome,
                consequence: false,
            });
        }
        assert_eq!(
            report.describe(false),
            "s/f.wast: 0 passed, 1 failed, 1 skipped\n  line 8, assert_invalid [validation]: accepted\n  \
             skipped 1 x assert_invalid: superseded: 2.0 allows it\n"
        );
    }

    #[test]
    fn failures_are_shown_once_and_skipped_checks_by_reason() {
        assert_eq!(
            report(Expectation::Given).describe(false),
            "s/f.wast: 1 passed, 2 failed, 2 skipped\n  line 2, invoke [fixed]: expected 1\n      got 2\n  \
             ... and 1 more (-v shows all)\n  skipped 2 x invoke: threads\n"
        );
        assert!(report(Expectation::Given).describe(true).contains("line 3, invoke [fixed]: needs line 2"));
        assert_eq!(
            report(Expectation::NotYetSupported).describe(false),
            "s/f.wast: 1 passed, 0 failed, 4 skipped\n  skipped 2 x invoke: fails\n  skipped 2 x invoke: threads\n"
        );
    }

    #[test]
    fn the_table_sums_by_suite() {
        let mut summary = Summary::default();
        summary.add(&report(Expectation::Required));
        summary.add(&report(Expectation::Required));
        assert_eq!(
            summary.table(),
            "suite  expected  files  validation  fixed  relocatable  failed  unsupported\n\
             s      required      2         2/2    0/4          0/4       4            4\n"
        );
    }
}
