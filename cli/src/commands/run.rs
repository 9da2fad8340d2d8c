//! `wasmc run`: compiles a program into the cache, unless it is there already, and becomes it.

use crate::arguments::RunArguments;
use crate::cache::{Cache, Key};
use crate::commands::build;
use crate::input::{self, Program};
use crate::message::Messages;
use crate::phases::Phases;
use crate::platform;
use anyhow::{Context, Result, anyhow};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use wasmc_compiler::{DebugLevel, Options, Progress};

/// Runs what `arguments` say; returns only on failure.
pub fn execute(arguments: &RunArguments, messages: Messages) -> Result<()> {
    // clap asks for at least one.
    let (file, rest) = arguments.command.split_first().context("no module is named")?;
    let rest = match rest.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => rest,
    };
    let phases = Phases::new(messages);
    phases.phase("read", 0);
    let program = Program::read(Path::new(file), &arguments.flags.link)?;
    let run = Run {
        options: arguments.flags.options(&[]),
        key: key(&program, arguments),
        program,
        phases,
        messages,
        time: arguments.flags.time,
        name: file,
        arguments: rest,
    };
    let why_not = match Cache::open() {
        Ok(cache) => run.start_from_cache(&cache)?.0,
        Err(why) => why,
    };
    messages.detail(format_args!("the cache cannot be used: {why_not:#}"));
    Err(run.start_in_memory())
}

/// Why programs cannot be stored in the cache, or not be executed from there.
struct CacheUnusable(anyhow::Error);

struct Run<'a> {
    program: Program,
    options: Options,
    key: Key,
    phases: Phases,
    messages: Messages,
    time: bool,
    /// The program's argument 0.
    name: &'a OsStr,
    arguments: &'a [OsString],
}

impl Run<'_> {
    /// Starts the program from the cache, where it is put first if it is not there. Compile errors are returned.
    fn start_from_cache(&self, cache: &Cache) -> Result<CacheUnusable> {
        self.phases.phase("look up", 0);
        if let Some(path) = cache.find(&self.key) {
            self.messages.detail(format_args!("running {} from the cache", path.display()));
            let error = self.start(|name, arguments| platform::execute(&path, name, arguments));
            if !platform::is_unusable_program(&error) {
                return Err(self.not_started(error));
            }
            // Another process may have removed it just now, or the file is damaged: make it anew.
            cache.discard(&path);
        }
        let program = build::compile(&self.program, &self.options, None, &self.phases)?;
        let stored =
            cache.store(&self.key, |output| build::link_to(&program, &self.options, None, output, &self.phases));
        let path = match stored {
            Ok(path) => path,
            // What cannot be linked here cannot be linked in memory.
            Err(error) if error.is::<wasmc_compiler::Error>() => return Err(error),
            Err(error) => return Ok(CacheUnusable(error)),
        };
        self.messages.detail(format_args!("compiled to {}", path.display()));
        let error = self.start(|name, arguments| platform::execute(&path, name, arguments));
        if platform::is_unusable_program(&error) {
            return Ok(CacheUnusable(self.not_started(error)));
        }
        Err(self.not_started(error))
    }

    /// Starts the program without a file.
    fn start_in_memory(&self) -> anyhow::Error {
        let build = || {
            let program = build::compile(&self.program, &self.options, None, &self.phases)?;
            self.phases.phase("link", 0);
            let mut file = platform::create_in_memory(&input::stem(Path::new(self.name)))
                .context("cannot hold the program in memory")?;
            wasmc_compiler::link(&program, &self.options, &mut file)
                .with_context(|| self.program.main().display_name())?;
            anyhow::Ok(file)
        };
        match build() {
            Ok(file) => {
                self.messages.detail("compiled to memory");
                let error = self.start(|name, arguments| platform::execute_open(&file, name, arguments));
                self.not_started(error)
            }
            Err(error) => error,
        }
    }

    /// Says what was asked for, then lets `execute` take the process over.
    fn start(&self, execute: impl FnOnce(&OsStr, &[OsString]) -> std::io::Error) -> std::io::Error {
        self.phases.finish();
        if self.time {
            self.messages.line(&self.phases.times());
        }
        execute(self.name, self.arguments)
    }

    fn not_started(&self, error: std::io::Error) -> anyhow::Error {
        anyhow!(error).context(format!("cannot start {}", self.program.main().display_name()))
    }
}

/// All that decides how the executable turns out.
fn key(program: &Program, arguments: &RunArguments) -> Key {
    let mut key = Key::new(&input::stem(&program.main().path));
    // The number of threads changes nothing in the output.
    let options = Options { jobs: 0, ..arguments.flags.options(&[]) };
    key.add(format!("{options:?}").as_bytes());
    if arguments.flags.cpu.iter().any(|cpu| cpu.contains("native")) {
        // Machines of different kinds may share a home.
        key.add(platform::processor_features().as_bytes());
    }
    for name in program.link_names() {
        key.add(name.as_bytes());
    }
    for module in program.modules() {
        key.add(input::stem(&module.path).as_bytes());
        key.add(&module.bytes);
        if options.debug_info != DebugLevel::None
            && let Ok(found) = module.debug_info()
        {
            found.files.iter().for_each(|file| key.add(file));
        }
    }
    key
}
