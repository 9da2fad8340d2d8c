//! What is expected of a program: the contents of the `.toml` file beside it.

use std::collections::BTreeMap;

/// How a program is built, and what it then does in one or several runs.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Further arguments of `wasmc build`. The working folder of the build is that of the runs.
    #[serde(default)]
    pub build: Vec<String>,
    /// Folders to make in the working folder and to give as `--dir`: `HOST::GUEST`.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Build with the system's linker too.
    #[serde(default)]
    pub linker: bool,
    /// What not every target has, of `threads`, `simd` and `objects` (exceptions as references too): where it is lacking, the build is refused.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Instead of runs: the build fails with exit code 1 and no output file, and the message contains each of these.
    pub refused: Option<Vec<String>>,
    /// The runs, in this order, each in a fresh working folder.
    #[serde(default)]
    pub run: Vec<Run>,
}

/// One run of an executable.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Command-line arguments after the program's name.
    #[serde(default)]
    pub args: Vec<String>,
    /// Standard input, through a pipe.
    #[serde(default)]
    pub stdin: String,
    /// Files to lay down in the working folder before: path → contents.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Standard output, exactly.
    #[serde(default)]
    pub stdout: String,
    /// Standard error, exactly, where the program does not trap.
    #[serde(default)]
    pub stderr: String,
    /// Standard error contains each of these, in this order; `stderr` is not compared then.
    #[serde(default)]
    pub stderr_contains: Vec<String>,
    /// The program traps, with this in the message. The exit code is that of SIGABRT.
    pub trap: Option<String>,
    /// Functions of the call stack that the message shows, innermost first: inlined or not.
    #[serde(default)]
    pub trace: Vec<String>,
    /// Exit code where the program does not trap.
    #[serde(default)]
    pub exit: i32,
    /// Files of the working folder after: path → contents.
    #[serde(default)]
    pub after: BTreeMap<String, String>,
    /// Paths of the working folder that do not exist after.
    #[serde(default)]
    pub absent: Vec<String>,
}
