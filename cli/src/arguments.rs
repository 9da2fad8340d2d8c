//! The command line: commands, flags and their help texts.

use crate::settings::{self, EmitKind};
use crate::size;
use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use target_lexicon::Triple;
use wasmc_compiler::{Bounds, DebugLevel, Debugger, MemoryBase, OptLevel, Preopen, RelaxedSimd, UnknownImports};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "wasmc",
    about = "Compiles WebAssembly to native executables",
    long_about = "Compiles WebAssembly to native executables.\n\n\
        `wasmc build app.wasm -o app` makes an executable that needs nothing else: no runtime, no libraries. \
        The program keeps WebAssembly's sandbox: it reaches only the files, variables and memory that the build grants.",
    after_long_help = GENERAL_NOTES,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Args)]
pub struct Global {
    /// Print nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 900)]
    pub quiet: bool,
    /// Say what is done, and where things are put
    #[arg(short, long, global = true, display_order = 901)]
    pub verbose: bool,
    /// When to use colours; `auto` heeds NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto, display_order = 902)]
    pub color: ColorChoice,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Compile a module to an executable, an object or text
    #[command(after_long_help = BUILD_EXAMPLES)]
    Build(BuildArguments),
    /// Compile a module if that has not been done before, then run it
    #[command(after_long_help = RUN_EXAMPLES)]
    Run(RunArguments),
    /// Show what an executable, an object or a module imports, its memory, permissions and version
    Inspect(InspectArguments),
    /// Add functions, files and lines of the source to the trace of a trap
    #[command(after_long_help = SYMBOLIZE_EXAMPLES)]
    Symbolize(SymbolizeArguments),
    /// List the targets, what can be made for each, and where its runtime library comes from
    Targets(TargetsArguments),
    /// Print a script that teaches a debugger about WebAssembly
    #[command(after_long_help = DEBUG_SCRIPTS_EXAMPLES)]
    DebugScripts(DebugScriptsArguments),
    /// Explain a trap or an exit code; without an argument, list them
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArguments),
    /// Print a completion script for a shell
    #[command(after_long_help = COMPLETION_EXAMPLES)]
    Completions(CompletionsArguments),
    /// Show or empty the cache of `wasmc run`
    Cache(CacheArguments),
}

/// Arguments of `build`.
#[derive(Args)]
pub struct BuildArguments {
    /// The module, binary or text (`.wat`); `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Leading arguments for the function that --invoke names
    #[arg(value_name = "ARGS", allow_negative_numbers = true)]
    pub arguments: Vec<String>,
    /// Where to write; `-` for standard output [default: FILE's name without its extension]
    #[arg(short, long, value_name = "PATH", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_name = "KIND", value_enum, default_value_t = EmitKind::Exe, help_heading = OUTPUT)]
    pub emit: EmitKind,
    /// Link with this program (an `ld`, or a `gcc` or `clang`) instead of wasmc's own linker
    #[arg(long, value_name = "PATH", help_heading = OUTPUT)]
    pub linker: Option<PathBuf>,
    /// Strip the executable, and write its debug information to PATH.debug beside it
    #[arg(long, requires = "debug", help_heading = OUTPUT)]
    pub split_debug: bool,
    /// Compress the sections of debug information
    #[arg(long, value_name = "HOW", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "zlib", requires = "debug", help_heading = OUTPUT)]
    pub compress_debug_sections: Option<Compression>,
    /// Flags that `run` has too.
    #[command(flatten)]
    pub flags: CompileFlags,
}

/// Arguments of `run`.
#[derive(Args)]
pub struct RunArguments {
    /// The module, then the program's own arguments, which are passed on untouched
    ///
    /// All that follows the file belongs to the program, even what looks like a flag of wasmc's. A `--` directly
    /// after the file is left out.
    #[arg(value_names = ["FILE", "ARGS"], required = true, num_args = 1.., trailing_var_arg = true)]
    pub command: Vec<OsString>,
    /// Flags that `build` has too.
    #[command(flatten)]
    pub flags: CompileFlags,
}

const CODE: &str = "Code generation";
const PROGRAM: &str = "What the program gets";
const OUTPUT: &str = "Output";

/// Flags of `build` and `run` that decide what is compiled.
#[derive(Args)]
pub struct CompileFlags {
    /// How much work goes into the machine code
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", help_heading = CODE, value_parser = opt_level(), overrides_with = "opt_level")]
    pub opt_level: OptLevel,
    /// Processor: `native`, a name, or features such as `+avx2` or `-avx512f`, comma-separated; `list` lists them
    #[arg(long, value_name = "CPU", allow_hyphen_values = true, help_heading = CODE)]
    pub cpu: Vec<String>,
    /// Target triple [default: this machine's]; `wasmc targets` lists them
    #[arg(long, value_name = "TRIPLE", value_parser = settings::parse_target, help_heading = CODE)]
    pub target: Option<Triple>,
    /// Folder with runtime libraries for other targets than this machine
    #[arg(long, value_name = "FOLDER", help_heading = CODE)]
    pub runtime_dir: Option<PathBuf>,
    /// How accesses are kept inside linear memory
    #[arg(long, value_name = "HOW", default_value = "guard", value_parser = bounds(), help_heading = CODE)]
    pub bounds: Bounds,
    /// Where linear memory stands in the address space
    #[arg(long, value_name = "WHERE", default_value = "fixed", value_parser = memory_base(), help_heading = CODE)]
    pub memory_base: MemoryBase,
    /// What relaxed vector instructions give
    #[arg(long, value_name = "WHAT", default_value = "native", value_parser = relaxed_simd(), help_heading = CODE)]
    pub relaxed_simd: RelaxedSimd,
    /// Threads to compile with; 0 for one a core
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = CODE)]
    pub jobs: usize,

    /// Open a folder to the program, under its own name or another; may be repeated
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = OsStringValueParser::new().try_map(settings::parse_preopen), help_heading = PROGRAM)]
    pub dir: Vec<Preopen>,
    /// Set an environment variable, or pass one on as it is at run time; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = settings::parse_environment, help_heading = PROGRAM)]
    pub env: Vec<String>,
    /// Pass on the whole environment, as it is at run time
    #[arg(long, help_heading = PROGRAM)]
    pub inherit_env: bool,
    /// Limit every linear memory: bytes, or with K, M, G for binary multiples
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = PROGRAM)]
    pub max_memory: Option<u64>,
    /// Limit the heap of garbage-collected objects, up to 2 GiB less 32 KiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "1G", help_heading = PROGRAM)]
    pub max_gc_heap: u64,
    /// Collect garbage at every allocation, to find defects of the collector
    #[arg(long, hide_short_help = true, help_heading = PROGRAM)]
    pub gc_stress: bool,
    /// Stack for wasm code
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "8M", help_heading = PROGRAM)]
    pub max_stack: u64,
    /// Threads that the program may have beside its first one
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(..=65536), help_heading = PROGRAM)]
    pub max_threads: u32,
    /// Call this export instead of `_start`, with arguments from the command line, and print its results
    #[arg(long, value_name = "NAME", help_heading = PROGRAM)]
    pub invoke: Option<String>,
    /// What to do about imported functions that nobody provides
    #[arg(long, value_name = "WHAT", default_value = "error", value_parser = unknown_imports(), help_heading = PROGRAM)]
    pub unknown_imports: UnknownImports,
    /// Another module that provides the imports from the module name NAME; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = OsStringValueParser::new().try_map(settings::parse_link), help_heading = PROGRAM)]
    pub link: Vec<(String, PathBuf)>,
    /// Let WASMC_DIR, WASMC_ENV, WASMC_MAX_MEMORY and WASMC_MAX_STACK add to these at run time, and WASMC_COREDUMP name a file
    #[arg(long, help_heading = PROGRAM)]
    pub runtime_options: bool,

    /// Write debug information; `-ggdb` or `-glldb` for that debugger; `-gline-tables-only` for functions and lines only
    #[arg(short = 'g', value_name = "LEVEL", num_args = 0..=1, require_equals = true, default_missing_value = "full", hide_possible_values = true, value_parser = debug_flag(), overrides_with = "debug", help_heading = OUTPUT)]
    pub debug: Option<DebugFlag>,
    /// In debug information, let source paths that begin with OLD begin with NEW; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = settings::parse_prefix_map, requires = "debug", help_heading = OUTPUT)]
    pub debug_prefix_map: Vec<(String, String)>,
    /// Leave out the symbol table, and of debug information all but what traces tell
    #[arg(long, help_heading = OUTPUT)]
    pub strip: bool,
    /// Print how long each phase took
    #[arg(long, help_heading = OUTPUT)]
    pub time: bool,
}

/// Arguments of `inspect`.
#[derive(Args)]
pub struct InspectArguments {
    /// An executable or object that wasmc built, or a module; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `symbolize`.
#[derive(Args)]
pub struct SymbolizeArguments {
    /// What knows the source: the `.debug` file of a build with --split-debug, an executable that was built with lines,
    /// or the module
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The text with the trace
    #[arg(value_name = "TRACE", default_value = "-")]
    pub trace: PathBuf,
}

/// Arguments of `targets`.
#[derive(Args)]
pub struct TargetsArguments {
    /// Folder with runtime libraries for other targets than this machine
    #[arg(long, value_name = "FOLDER")]
    pub runtime_dir: Option<PathBuf>,
}

/// Arguments of `debug-scripts`.
#[derive(Args)]
pub struct DebugScriptsArguments {
    /// The debugger
    #[arg(value_enum)]
    pub debugger: DebuggerName,
}

/// A debugger that there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DebuggerName {
    /// GDB, 13 and later
    Gdb,
    /// LLDB, 14 and later
    Lldb,
}

/// Arguments of `explain`.
#[derive(Args)]
pub struct ExplainArguments {
    /// A trap's number, name or message, or an exit code; an error line as a whole will do
    #[arg(value_name = "TRAP")]
    pub topic: Vec<String>,
}

/// Arguments of `completions`.
#[derive(Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `cache`.
#[derive(Args)]
pub struct CacheArguments {
    /// What to do with the cache
    #[command(subcommand)]
    pub action: CacheAction,
}

/// What to do with the cache.
#[derive(Subcommand, Clone, Copy)]
pub enum CacheAction {
    /// Print the folder
    Path,
    /// Print how many programs it holds, and their size
    Size,
    /// Remove all programs from it
    Clean,
}

/// How sections are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Compression {
    /// Not at all.
    None,
    /// As zlib does.
    Zlib,
}

/// Which debug information is written, and for which debugger where that is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebugFlag {
    pub level: DebugLevel,
    pub debugger: Option<Debugger>,
}

/// The short flags that clap cannot spell, and how it does: one with an optional value that is attached to it.
const ATTACHED: [[&str; 2]; 3] =
    [["-gline-tables-only", "-g=line-tables-only"], ["-ggdb", "-g=gdb"], ["-glldb", "-g=lldb"]];

/// The words of the command line with flags as clap knows them.
pub fn spelled_out(words: &[OsString]) -> Vec<OsString> {
    let known = |word: &OsString| ATTACHED.iter().find(|[flag, _]| word == flag).map(|[_, known]| known.into());
    words.iter().map(|word| known(word).unwrap_or_else(|| word.clone())).collect()
}

impl Arguments {
    /// Gives a program's own arguments back the spelling that they had in `words`, whose end they are.
    pub fn restore_spelling(&mut self, words: &[OsString]) {
        if let Command::Run(run) = &mut self.command {
            for (argument, word) in run.command.iter_mut().rev().zip(words.iter().rev()) {
                if ATTACHED.iter().any(|[flag, known]| argument == known && word == flag) {
                    argument.clone_from(word);
                }
            }
        }
    }
}

fn debug_flag() -> impl TypedValueParser<Value = DebugFlag> {
    PossibleValuesParser::new(["full", "gdb", "lldb", "line-tables-only"]).map(|value| match value.as_str() {
        "line-tables-only" => DebugFlag { level: DebugLevel::Lines, debugger: None },
        "gdb" => DebugFlag { level: DebugLevel::Full, debugger: Some(Debugger::Gdb) },
        "lldb" => DebugFlag { level: DebugLevel::Full, debugger: Some(Debugger::Lldb) },
        _ => DebugFlag { level: DebugLevel::Full, debugger: None },
    })
}

fn opt_level() -> impl TypedValueParser<Value = OptLevel> {
    PossibleValuesParser::new([
        PossibleValue::new("0").help("Fastest build; values stay where a debugger finds them"),
        PossibleValue::new("1").help("Optimise within functions"),
        PossibleValue::new("2").help("Run wasmc's own passes too"),
        PossibleValue::new("s").help("As 2, where that does not make the code larger"),
    ])
    .map(|value| match value.as_str() {
        "0" => OptLevel::None,
        "1" => OptLevel::Basic,
        "s" => OptLevel::Size,
        _ => OptLevel::Speed,
    })
}

fn bounds() -> impl TypedValueParser<Value = Bounds> {
    PossibleValuesParser::new([
        PossibleValue::new("guard").help("By guard pages: fast, but reserves 8 GiB of address space"),
        PossibleValue::new("explicit").help("By comparisons: for small address spaces, such as under `ulimit -v`"),
    ])
    .map(|value| if value == "explicit" { Bounds::Explicit } else { Bounds::Guard })
}

fn memory_base() -> impl TypedValueParser<Value = MemoryBase> {
    PossibleValuesParser::new([
        PossibleValue::new("fixed").help("At a constant address, where the target allows it: fast"),
        PossibleValue::new("relocatable").help("Wherever the system puts it"),
    ])
    .map(|value| if value == "relocatable" { MemoryBase::Relocatable } else { MemoryBase::Fixed })
}

fn relaxed_simd() -> impl TypedValueParser<Value = RelaxedSimd> {
    PossibleValuesParser::new([
        PossibleValue::new("native").help("What the processor's fastest instructions give"),
        PossibleValue::new("deterministic").help("The same on every processor"),
    ])
    .map(|value| if value == "deterministic" { RelaxedSimd::Deterministic } else { RelaxedSimd::Native })
}

fn unknown_imports() -> impl TypedValueParser<Value = UnknownImports> {
    PossibleValuesParser::new([
        PossibleValue::new("error").help("Refuse to build, and list them"),
        PossibleValue::new("trap").help("Build; calling one is a trap that names it"),
    ])
    .map(|value| if value == "trap" { UnknownImports::Trap } else { UnknownImports::Error })
}

/// What `--color` says, needed before the command line is parsed: its errors are coloured too.
pub fn color_choice(words: &[OsString]) -> ColorChoice {
    let mut words = words.iter().skip(1).map_while(|word| word.to_str().filter(|&word| word != "--"));
    while let Some(word) = words.next() {
        let value = match word {
            "--color" => words.next(),
            _ => word.strip_prefix("--color="),
        };
        match value {
            Some("always") => return ColorChoice::Always,
            Some("never") => return ColorChoice::Never,
            _ => {}
        }
    }
    ColorChoice::Auto
}

const GENERAL_NOTES: &str = "\
Exit codes:
  0    done; of `run`: the program's own
  1    the build failed, or anything else went wrong
  2    the command line was wrong
  134  the program trapped (128 + SIGABRT); `wasmc explain` tells more

`wasmc help COMMAND` describes a command. docs/cli.md describes every flag.";

const BUILD_EXAMPLES: &str = "\
Examples:
  wasmc build app.wasm -o app                  an executable
  wasmc build app.wasm --dir data --env LANG   one that may use ./data and knows LANG
  wasmc build math.wat --invoke add 2 3        one that calls `add` with 2, 3 and its own arguments
  wasmc build app.wasm --target aarch64-unknown-linux-gnu
                                               an executable for another machine
  wasmc build app.wasm --emit obj              app.o, for another linker
  wasmc build app.wasm --emit asm -o - | less  the machine code
  wasmc build - -o app < app.wasm              a module from standard input

The output is written beside its destination and then renamed: a build that fails, or is stopped, leaves what was \
there before.";

const RUN_EXAMPLES: &str = "\
Examples:
  wasmc run app.wasm --help           --help goes to the program
  wasmc run --dir . app.wasm a b c    flags of wasmc stand before the file
  wasmc run --invoke fib math.wat 30  calls `fib` with 30, prints the result

What is compiled is kept under $XDG_CACHE_HOME/wasmc or ~/.cache/wasmc, by the module's contents, wasmc's version and \
all flags: a second run starts at once. `wasmc cache` shows and empties it.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  wasmc explain                                list all
  wasmc explain 2                              by number
  wasmc explain MemoryOutOfBounds              by name
  wasmc explain out of bounds memory access    by message
  wasmc explain exit 134                       an exit code";

const SYMBOLIZE_EXAMPLES: &str = "\
Examples:
  wasmc symbolize app.debug crash.txt          a trace in a file
  ./app 2>&1 | wasmc symbolize app.wasm        as it comes; other text is passed on
  journalctl -u app | wasmc symbolize app.debug

A trace that names another build ID than the file's is left as it is, and the exit code is 1.";

const DEBUG_SCRIPTS_EXAMPLES: &str = "\
Examples:
  wasmc debug-scripts gdb > ~/.config/wasmc.py          then, in ~/.gdbinit:  source ~/.config/wasmc.py
  wasmc debug-scripts lldb > ~/.config/wasmc_lldb.py    then, in ~/.lldbinit: command script import ~/.config/wasmc_lldb.py";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  wasmc completions bash > ~/.local/share/bash-completion/completions/wasmc
  wasmc completions zsh > \"${fpath[1]}/_wasmc\"
  wasmc completions fish > ~/.config/fish/completions/wasmc.fish";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    fn run_words(words: &[&str]) -> Vec<OsString> {
        match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
            Ok(Command::Run(run)) => run.command,
            Ok(_) => panic!("not a run"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn all_after_the_file_is_the_programs() {
        let words = ["-O0", "--help", "-v", "--", "--", "-"];
        let all = [&["wasmc", "run", "-O1", "app.wasm"], &words[..]].concat();
        assert_eq!(run_words(&all)[1..], words);
    }

    #[test]
    fn the_flag_for_lines_is_the_commands_or_the_programs() {
        let parse = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let mut arguments = Arguments::try_parse_from(spelled_out(&words)).expect("it parses");
            arguments.restore_spelling(&words);
            match arguments.command {
                Command::Build(build) => (build.flags.debug, vec![build.file.into()]),
                Command::Run(run) => (run.flags.debug, run.command),
                _ => panic!("neither"),
            }
        };
        let lines = "-gline-tables-only";
        let (full, only_lines) = (
            DebugFlag { level: DebugLevel::Full, debugger: None },
            DebugFlag { level: DebugLevel::Lines, debugger: None },
        );
        let lldb = DebugFlag { level: DebugLevel::Full, debugger: Some(Debugger::Lldb) };
        assert_eq!(parse(&["wasmc", "build", "-g", "a"]), (Some(full), vec!["a".into()]));
        assert_eq!(parse(&["wasmc", "build", lines, "a"]), (Some(only_lines), vec!["a".into()]));
        assert_eq!(parse(&["wasmc", "build", "-glldb", "a"]), (Some(lldb), vec!["a".into()]));
        assert_eq!(parse(&["wasmc", "build", "a", "-gO1"]), (Some(full), vec!["a".into()]));
        // As with compilers, the last one counts.
        assert_eq!(parse(&["wasmc", "build", "-g", "-O2", lines, "-O0", "a"]).0, Some(only_lines));
        let program = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let ran = parse(&["wasmc", "run", lines, "a", lines, "-g=line-tables-only", "-ggdb"]);
        assert_eq!(ran, (Some(only_lines), program(&["a", lines, "-g=line-tables-only", "-ggdb"])));
        assert_eq!(parse(&["wasmc", "run", "--", "a", "--", lines]).1, program(&["a", "--", lines]));
    }

    #[test]
    fn invoke_takes_negative_numbers() {
        let words = ["wasmc", "build", "a.wat", "--invoke", "add", "-1", "-2.5", "-o", "out"];
        match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
            Ok(Command::Build(build)) => {
                assert_eq!(build.flags.invoke.as_deref(), Some("add"));
                assert_eq!(build.arguments, ["-1", "-2.5"]);
                assert_eq!(build.output, Some("out".into()));
            }
            Ok(_) => panic!("not a build"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn the_colour_flag_is_found_before_parsing() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(color_choice(&words(&["wasmc", "build", "--color=never"])), ColorChoice::Never);
        assert_eq!(color_choice(&words(&["wasmc", "--color", "always", "build"])), ColorChoice::Always);
        assert_eq!(color_choice(&words(&["wasmc", "run", "a", "--", "--color=never"])), ColorChoice::Auto);
    }
}
