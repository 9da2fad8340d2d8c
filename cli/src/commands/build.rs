//! `wasmc build`: compiles a program to a file.

use crate::arguments::{Arguments, BuildArguments};
use crate::input::{self, Program};
use crate::message::Messages;
use crate::output::{Destination, Output};
use crate::phases::Phases;
use crate::settings::EmitKind;
use crate::{linker, size};
use anyhow::{Context, Result, bail};
use clap::CommandFactory;
use clap::error::ErrorKind;
use std::io::Write;
use std::path::{Path, PathBuf};
use target_lexicon::OperatingSystem;
use wasmc_compiler::{Emit, Error, Options, Progress};

/// Builds what `arguments` say.
pub fn execute(arguments: &BuildArguments, messages: Messages) -> Result<()> {
    reject_contradictions(arguments);
    let options = arguments.flags.options(&arguments.arguments);
    let path = match &arguments.output {
        Some(path) => path.clone(),
        None => default_output(&arguments.file, arguments.emit, &options)?,
    };
    let destination = Destination::new(&path)?;
    let is_binary = matches!(arguments.emit, EmitKind::Exe | EmitKind::Obj);
    if is_binary && destination.is_terminal() {
        bail!("standard output is a terminal, where a binary would do harm; name a file with -o");
    }

    let phases = Phases::new(messages);
    phases.phase("read", 0);
    let program = Program::read(&arguments.file, &arguments.flags.link)?;
    for module in program.modules() {
        if !input::is_stdin(&module.path) && destination.is_same_file(&module.path) {
            bail!("the output {} would overwrite the input; name another file with -o", destination.name());
        }
    }
    let emit = match arguments.emit {
        EmitKind::Exe | EmitKind::Obj => Emit::Object,
        EmitKind::Asm => Emit::Assembly,
        EmitKind::Clif => Emit::Clif,
    };
    let bytes = compile(&program, &options, emit, &phases)?;
    let is_executable = arguments.emit == EmitKind::Exe;
    let name = destination.name().to_owned();
    let mut output = destination.open(is_executable)?;
    if is_executable {
        link(&bytes, &options, arguments.linker.as_deref(), &mut output, &phases)?;
    } else {
        phases.phase("write", 0);
        output.write_all(&bytes).map_err(|error| output.failed(error))?;
    }
    output.commit()?;
    phases.finish();

    if arguments.flags.time {
        messages.line(&phases.times());
    }
    let written = std::fs::metadata(&path).ok().filter(|metadata| metadata.is_file());
    let written = written.map(|metadata| format!(", {}", size::display(metadata.len()))).unwrap_or_default();
    messages.detail(format_args!("wrote {name}{written} for {}", options.target));
    Ok(())
}

/// Compiles the modules; errors say in which file they are.
pub fn compile(program: &Program, options: &Options, emit: Emit, phases: &Phases) -> Result<Vec<u8>> {
    let binaries = program.binaries()?;
    let result = wasmc_compiler::compile(&binaries.inputs(), options, emit, phases);
    result.with_context(|| program.main().display_name())
}

/// Links an object, with wasmc's own linker or with `linker`.
pub fn link(
    object: &[u8],
    options: &Options,
    linker: Option<&Path>,
    output: &mut Output,
    phases: &Phases,
) -> Result<()> {
    phases.phase("link", 0);
    let linked = match linker {
        Some(linker) => linker::link(linker, object, options, output),
        None => wasmc_compiler::link(object, options, output).map_err(anyhow::Error::from),
    };
    linked.map_err(|error| match error.downcast::<Error>() {
        Ok(Error::Io(error)) => output.failed(error),
        Ok(error) => anyhow::Error::from(error).context(output.name().to_owned()),
        Err(error) => error,
    })
}

/// Ends the process with exit code 2 where flags do not go together in ways that clap cannot express.
fn reject_contradictions(arguments: &BuildArguments) {
    let misuse = |kind, message: String| -> ! {
        let mut parser = Arguments::command();
        parser.build();
        match parser.find_subcommand_mut("build") {
            Some(build) => build.error(kind, message).exit(),
            None => parser.error(kind, message).exit(),
        }
    };
    if let (Some(argument), None) = (arguments.arguments.first(), &arguments.flags.invoke) {
        misuse(
            ErrorKind::UnknownArgument,
            format!(
                "unexpected argument '{argument}': arguments after the file are for the function that --invoke names"
            ),
        );
    }
    if arguments.linker.is_some() && arguments.emit != EmitKind::Exe {
        misuse(ErrorKind::ArgumentConflict, "--linker has nothing to do unless an executable is made".to_owned());
    }
}

/// The input's name in the working folder, with the extension that belongs to the output.
fn default_output(input: &Path, emit: EmitKind, options: &Options) -> Result<PathBuf> {
    if input::is_stdin(input) {
        bail!("the module comes from standard input, which gives the output no name; name it with -o");
    }
    let Some(stem) = input.file_stem() else {
        bail!("cannot read {}: this is no file", input.display());
    };
    let extension = match emit {
        EmitKind::Exe if options.target.operating_system == OperatingSystem::Windows => ".exe",
        EmitKind::Exe => "",
        EmitKind::Obj => ".o",
        EmitKind::Asm => ".s",
        EmitKind::Clif => ".clif",
    };
    let mut name = stem.to_owned();
    name.push(extension);
    Ok(name.into())
}
