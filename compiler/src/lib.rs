//! Compiles WebAssembly modules to native objects and links them into executables.
//!
//! Read the modules of this crate in the order of the pipeline; ARCHITECTURE.md shows it on one page.

mod codegen;
mod debug;
mod demangle;
mod error;
mod link;
pub mod manifest;
mod module;
mod object;
mod optimize;
mod options;
mod parallel;
mod plan;
mod runtime;
mod symbolize;
pub mod targets;
mod translate;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

pub use codegen::{Processor, baseline, features, levels};
pub use debug::{Debugger, SplitUnit, debug_script};
pub use error::{Error, Result};
pub use link::Separated;
pub use module::{external_debug_info, split_units};
pub use options::{
    Bounds, DebugLevel, Entry, MemoryBase, OptLevel, Options, Preopen, RelaxedSimd, Standard, UnknownImports,
};
pub use runtime::{RuntimeSource, runtime_archive, runtime_source};
pub use symbolize::{OtherBuild, Symbolizer};

/// Version of Cranelift, the code generator.
pub const CRANELIFT_VERSION: &str = cranelift_codegen::VERSION;

/// One module of a program.
#[derive(Clone, Debug, Default)]
pub struct Input<'a> {
    /// For messages and symbols: usually the file's name without its extension.
    pub name: String,
    /// The binary format. (`parse_text` makes it from the text format.)
    pub bytes: &'a [u8],
    /// Which earlier input provides an import's module name: import module name → index of that input.
    /// Other names are looked for in the runtime library.
    pub links: BTreeMap<String, usize>,
    /// Other files with its debug information, as modules: one that holds it where the module has none itself (see
    /// [`external_debug_info`]), and those that hold entries of units ([`split_units`]).
    pub debug_info: Vec<&'a [u8]>,
}

/// Told how far a build is.
pub trait Progress: Sync {
    /// A phase begins (`validate`, `compile`, `write object`, `link`); `total` steps of it will be counted.
    fn phase(&self, name: &'static str, total: usize);
    /// One step of the phase is done; called from any thread.
    fn step(&self);
    /// Something worth knowing to those who asked for details.
    fn detail(&self, _text: &str) {}
}

/// Ignores all news.
impl Progress for () {
    fn phase(&self, _name: &'static str, _total: usize) {}
    fn step(&self) {}
}

/// What `compile` shall make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    /// A relocatable object file.
    Object,
    /// A relocatable object file for a linker that is given nothing else but the runtime library: no other debug information
    /// will be in front of its own.
    Program,
    /// The machine code as text, function by function.
    Assembly,
    /// The optimised intermediate representation as text, function by function.
    Clif,
}

/// A program that is compiled, for [`link`].
#[derive(Debug, Default)]
pub struct Compiled {
    /// A relocatable object file.
    object: Vec<u8>,
    /// What its sections of debug information hold, where they stand empty in the object: a second copy of them would be most
    /// of the memory that a build takes.
    debug: object::DebugContents,
}

impl Compiled {
    /// The object file: that of [`compile_program`] is for [`link`] only, others make nothing of its debug information.
    pub fn object(&self) -> &[u8] {
        &self.object
    }
}

impl From<Vec<u8>> for Compiled {
    /// An object file that has everything.
    fn from(object: Vec<u8>) -> Compiled {
        Compiled { object, ..Compiled::default() }
    }
}

/// Converts the text format to the binary format, or passes a binary through.
///
/// # Errors
/// `Error::Text` with line and column for text that does not parse.
pub fn parse_text(bytes: &[u8], path: &Path) -> Result<Vec<u8>> {
    convert(&mut wat::Parser::new(), bytes, path)
}

/// As [`parse_text`], with debug information that leads from instructions to their lines in the text.
///
/// # Errors
/// As those of `parse_text`.
pub fn parse_text_with_lines(bytes: &[u8], path: &Path) -> Result<Vec<u8>> {
    convert(wat::Parser::new().generate_dwarf(wat::GenerateDwarf::Full), bytes, path)
}

fn convert(parser: &mut wat::Parser, bytes: &[u8], path: &Path) -> Result<Vec<u8>> {
    if bytes.starts_with(b"\0asm") {
        return Ok(bytes.to_vec());
    }
    parser.parse_bytes(Some(path), bytes).map(Cow::into_owned).map_err(|error| Error::Text(error.to_string()))
}

/// Validates, translates and compiles the modules of a program, in order of instantiation.
///
/// The program's main module is the last. Returns the object file, or text as `emit` asks.
pub fn compile(inputs: &[Input<'_>], options: &Options, emit: Emit, progress: &dyn Progress) -> Result<Vec<u8>> {
    compile_parts(inputs, options, emit, false, progress).map(|compiled| compiled.object)
}

/// As [`compile`], a program for [`link`].
pub fn compile_program(inputs: &[Input<'_>], options: &Options, progress: &dyn Progress) -> Result<Compiled> {
    let detach = object::can_detach_debug(&options.target);
    compile_parts(inputs, options, Emit::Program, detach, progress)
}

fn compile_parts(
    inputs: &[Input<'_>],
    options: &Options,
    emit: Emit,
    detach_debug: bool,
    progress: &dyn Progress,
) -> Result<Compiled> {
    let plan = plan_program(inputs, options, progress)?;
    let isas = codegen::build_isas(options, &plan)?;
    let isa = &*isas.general;
    progress.phase("compile", plan.units.list.len());
    match emit {
        Emit::Object | Emit::Program => {
            let mut text = object::Text::new(isa, plan.units.list.len());
            let outlines = match options.debug_info {
                DebugLevel::None => None,
                _ => Some(debug::Outlines::of(&plan, options.jobs)?),
            };
            let wanted = outlines.as_ref().map(|outlines| debug::Wanted::of(&plan, outlines, options));
            codegen::compile_units(&plan, &isas, options, wanted.as_ref(), progress, |unit| text.append(unit))?;
            let (mut debug, mut sources) = (None, None);
            if let Some(outlines) = outlines {
                drop(wanted);
                let found = debug::describe(&plan, &text, &outlines, options, emit == Emit::Program, progress)?;
                progress.detail(&found.summary());
                debug = Some(found);
                sources = debug::source_map(&plan.modules, &outlines, &options.debug_prefix_map, options.jobs)?;
            }
            progress.phase("write object", 0);
            let (object, debug) = object::write(plan, isa, text, debug, detach_debug, sources, options)?;
            Ok(Compiled { object, debug })
        }
        Emit::Assembly | Emit::Clif => {
            codegen::print_units(&plan, &isas, options, emit == Emit::Assembly, progress).map(Compiled::from)
        }
    }
}

/// Tells whether a program can be built: fails as [`compile`] would, but makes no code.
pub fn check(inputs: &[Input<'_>], options: &Options, progress: &dyn Progress) -> Result<()> {
    plan_program(inputs, options, progress).map(drop)
}

fn plan_program<'a>(inputs: &[Input<'a>], options: &Options, progress: &dyn Progress) -> Result<plan::Plan<'a>> {
    if options.debug_info != DebugLevel::None && !targets::has_debug_info(&options.target, options.debug_info) {
        return Err(debug::unsupported(options));
    }
    progress.phase("parse", 0);
    let (modules, types) = module::parse(inputs, options.standard)?;
    progress.phase("validate", modules.iter().map(|module| module.bodies.len()).sum());
    let facts = modules
        .iter()
        .map(|module| module::validate_bodies(module, options.jobs, progress))
        .collect::<Result<Vec<_>>>()?;
    progress.phase("plan", 0);
    plan::plan(inputs, modules, types, facts, options)
}

/// Links a program made by [`compile_program`], or an object by [`compile`], with the runtime library into an executable, without any other tool.
///
/// `output` is written front to back; after an error, what it got is to be thrown away.
pub fn link(program: &Compiled, options: &Options, output: &mut dyn Write) -> Result<()> {
    let runtime = runtime_archive(options)?;
    let inputs = link::Inputs {
        objects: &[link::File { name: "the program", bytes: &program.object }],
        archives: &[link::File { name: "the runtime library", bytes: &runtime }],
        debug: &program.debug,
    };
    if options.target.binary_format == target_lexicon::BinaryFormat::Coff {
        let options =
            link::PeOptions { entry: wasmc_abi::symbols::START, stack_size: options.max_stack, strip: options.strip };
        return link::link_pe_executable(&inputs, &options, output);
    }
    if options.target.binary_format == target_lexicon::BinaryFormat::Macho {
        let options = link::MachoOptions { entry: wasmc_abi::symbols::START, strip: options.strip };
        return link::link_macho_executable(&inputs, &options, output);
    }
    let link_options =
        link::LinkOptions { entry: wasmc_abi::symbols::START, keep: &[], strip: options.strip, build_id: true };
    link::link_executable(&inputs, &link_options, output)
}

/// Compresses the debug information of an executable that was linked, by wasmc or by another linker, if asked to; and
/// moves it to a file of its own if that has a name, which the executable then carries for debuggers.
///
/// # Errors
/// Where `executable` is no 64-bit ELF file that makes sense.
pub fn separate(executable: Vec<u8>, compress: bool, debug_file: Option<&[u8]>) -> Result<Separated> {
    link::separate(executable, compress, debug_file)
}
