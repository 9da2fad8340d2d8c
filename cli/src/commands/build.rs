//! `wasmc build`: compiles a program to a file.

use crate::arguments::{Arguments, BuildArguments, Compression};
use crate::input::{self, Program};
use crate::message::Messages;
use crate::output::{Destination, Output};
use crate::phases::Phases;
use crate::settings::EmitKind;
use crate::{linker, size};
use anyhow::{Context, Result, bail};
use clap::CommandFactory;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use target_lexicon::{BinaryFormat, OperatingSystem};
use wasmc_compiler::{Compiled, DebugLevel, Emit, Error, Options, Progress, targets};

/// Builds what `arguments` say.
pub fn execute(arguments: &BuildArguments, messages: Messages) -> Result<()> {
    reject_contradictions(arguments);
    let options = Options { split_debug: arguments.split_debug, ..arguments.flags.options(&arguments.arguments) };
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
    let linker = arguments.linker.as_deref();
    let emit = match (arguments.emit, linker) {
        (EmitKind::Exe, None) => None,
        (EmitKind::Exe, Some(_)) => Some(Emit::Program),
        (EmitKind::Obj, _) => Some(Emit::Object),
        (EmitKind::Asm, _) => Some(Emit::Assembly),
        (EmitKind::Clif, _) => Some(Emit::Clif),
    };
    let compress = arguments.compress_debug_sections == Some(Compression::Zlib);
    if matches!(options.target.binary_format, BinaryFormat::Coff | BinaryFormat::Macho)
        && (arguments.split_debug || compress)
        && let Some(flag) = separating_flag(arguments)
    {
        bail!("{flag} is not supported for {}: debug information stays in the executable", options.target);
    }
    let debug_file = if arguments.split_debug { Some(DebugFile::new(&destination)?) } else { None };
    let compiled = compile(&program, &options, emit, &phases)?;
    let is_executable = arguments.emit == EmitKind::Exe;
    let name = destination.name().to_owned();
    let mut output = destination.open(is_executable)?;
    if !is_executable {
        phases.phase("write", 0);
        output.write_all(compiled.object()).map_err(|error| output.failed(error))?;
    } else if debug_file.is_some() || compress {
        let mut executable = Vec::new();
        link(&compiled, &options, linker, &mut executable, &phases).with_context(|| name.clone())?;
        let debug_name = debug_file.as_ref().map(|file| file.name.as_encoded_bytes());
        let separated = wasmc_compiler::separate(executable, compress, debug_name).with_context(|| name.clone())?;
        output.write_all(&separated.executable).map_err(|error| output.failed(error))?;
        if let (Some(file), Some(contents)) = (debug_file, separated.debug) {
            // Both are complete before either gets its name.
            output.flush().map_err(|error| output.failed(error))?;
            file.write(&contents)?;
        }
    } else {
        link_to(&compiled, &options, linker, &mut output, &phases)?;
    }
    output.commit()?;
    phases.finish();

    if arguments.flags.time {
        messages.line(&phases.times());
    }
    if targets::is_interpreted(&options.target) {
        let target = &options.target;
        messages.note(format_args!(
            "there is no back end for {target}: the code is interpreted, many times slower than native"
        ));
    }
    let written = std::fs::metadata(&path).ok().filter(|metadata| metadata.is_file());
    let written = written.map(|metadata| format!(", {}", size::display(metadata.len()))).unwrap_or_default();
    messages.detail(format_args!("wrote {name}{written} for {}", options.target));
    Ok(())
}

/// Compiles the modules, for wasmc's own linker unless `emit` asks for something else; errors say in which file they are.
pub fn compile(program: &Program, options: &Options, emit: Option<Emit>, phases: &Phases) -> Result<Compiled> {
    let binaries = program.binaries(options.debug_info != DebugLevel::None)?;
    if let Some(missing) = binaries.missing_debug_info() {
        phases.messages().note(missing);
    }
    let inputs = binaries.inputs();
    let result = match emit {
        None => wasmc_compiler::compile_program(&inputs, options, phases),
        Some(emit) => wasmc_compiler::compile(&inputs, options, emit, phases).map(Compiled::from),
    };
    result.with_context(|| program.main().display_name())
}

/// The file that the debug information of an executable goes to.
struct DebugFile {
    /// Its name, without the folder.
    name: OsString,
    destination: Destination,
}

impl DebugFile {
    /// That beside an executable, whose links are followed: debuggers look there.
    fn new(executable: &Destination) -> Result<DebugFile> {
        let Some(path) = executable.file() else {
            bail!(
                "--split-debug writes a file beside the executable, which {} is none; name one with -o",
                executable.name()
            );
        };
        let mut path = path.as_os_str().to_owned();
        path.push(".debug");
        let path = PathBuf::from(path);
        let name = path.file_name().unwrap_or_default().to_owned();
        Ok(DebugFile { name, destination: Destination::new(&path)? })
    }

    fn write(self, contents: &[u8]) -> Result<()> {
        let mut output = self.destination.open(false)?;
        output.write_all(contents).map_err(|error| output.failed(error))?;
        output.commit()
    }
}

/// As [`link`], to an output.
pub fn link_to(
    program: &Compiled,
    options: &Options,
    linker: Option<&Path>,
    output: &mut Output,
    phases: &Phases,
) -> Result<()> {
    link(program, options, linker, output, phases).map_err(|error| match error.downcast::<Error>() {
        Ok(Error::Io(error)) => output.failed(error),
        Ok(error) => anyhow::Error::from(error).context(output.name().to_owned()),
        Err(error) => error,
    })
}

/// Links a program, with wasmc's own linker or with `linker`.
fn link(
    program: &Compiled,
    options: &Options,
    linker: Option<&Path>,
    output: &mut dyn Write,
    phases: &Phases,
) -> Result<()> {
    phases.phase("link", 0);
    match linker {
        Some(linker) => linker::link(linker, program.object(), options, output),
        None => wasmc_compiler::link(program, options, output).map_err(anyhow::Error::from),
    }
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
    if arguments.emit != EmitKind::Exe
        && let Some(flag) = separating_flag(arguments)
    {
        misuse(ErrorKind::ArgumentConflict, format!("{flag} has nothing to do unless an executable is made"));
    }
    if arguments.linker.is_some() && arguments.emit != EmitKind::Exe {
        misuse(ErrorKind::ArgumentConflict, "--linker has nothing to do unless an executable is made".to_owned());
    }
}

/// The flag that asks for something to be done with the debug information of an executable.
fn separating_flag(arguments: &BuildArguments) -> Option<&'static str> {
    match (arguments.split_debug, arguments.compress_debug_sections) {
        (true, _) => Some("--split-debug"),
        (false, Some(_)) => Some("--compress-debug-sections"),
        (false, None) => None,
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
