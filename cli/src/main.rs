//! The `wasmc` command: turns WebAssembly modules into native executables.

mod arguments;
mod cache;
mod commands;
mod input;
mod linker;
mod message;
mod output;
mod phases;
mod platform;
mod settings;
mod size;

use arguments::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use message::Messages;
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use target_lexicon::Triple;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let color = arguments::color_choice(&words);
    if let Some(target) = commands::targets::cpu_list_target(&words) {
        return list_processors(target);
    }
    let parser = Arguments::command().version(version()).color(color);
    let parsed = parser.try_get_matches_from(arguments::spelled_out(&words));
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(mut arguments) => {
            arguments.restore_spelling(&words);
            arguments
        }
        // Prints help and version on stdout with exit code 0, and misuse on stderr with exit code 2.
        Err(error) => error.exit(),
    };
    let messages = Messages::new(&arguments.global);
    std::panic::set_hook(Box::new(move |panic| messages.panicked(panic)));
    match std::panic::catch_unwind(AssertUnwindSafe(|| execute(arguments.command, messages))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // The reader has seen enough (`wasmc explain | head`): nothing to complain about.
        Ok(Err(error)) if error.is::<output::StdoutClosed>() => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            messages.error(&error);
            ExitCode::FAILURE
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// `--cpu list`.
fn list_processors(target: Result<Triple, String>) -> ExitCode {
    let listed = target.map_err(anyhow::Error::msg).and_then(|target| commands::targets::list_processors(&target));
    match listed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<output::StdoutClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command, messages: Messages) -> anyhow::Result<()> {
    match command {
        Command::Build(arguments) => commands::build::execute(&arguments, messages),
        Command::Run(arguments) => commands::run::execute(&arguments, messages),
        Command::Inspect(arguments) => commands::inspect::execute(&arguments),
        Command::Symbolize(arguments) => commands::symbolize::execute(&arguments),
        Command::Targets(arguments) => commands::targets::execute(&arguments),
        Command::DebugScripts(arguments) => commands::debug_scripts::execute(arguments.debugger),
        Command::Explain(arguments) => commands::explain::execute(&arguments.topic),
        Command::Completions(arguments) => commands::completions::execute(arguments.shell),
        Command::Cache(arguments) => commands::cache::execute(arguments.action),
    }
}

/// What `--version` prints.
fn version() -> String {
    format!(
        "{}\nCranelift {}\ndefault target {}",
        env!("CARGO_PKG_VERSION"),
        wasmc_compiler::CRANELIFT_VERSION,
        target_lexicon::Triple::host()
    )
}
