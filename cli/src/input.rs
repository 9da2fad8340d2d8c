//! Reads the modules of a program.

use anyhow::{Context, Result, bail};
use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use wasmc_compiler::{Input, SplitUnit, external_debug_info, parse_text, parse_text_with_lines, split_units};

/// A module as it was given.
pub struct Module {
    /// Its path; `-` for standard input.
    pub path: PathBuf,
    /// The file's contents, binary or text.
    pub bytes: Vec<u8>,
}

/// The modules of a program, in order of instantiation, as they were given.
pub struct Program {
    modules: Vec<Module>,
    /// The module names that the modules before the last stand for.
    link_names: Vec<String>,
}

/// The modules of a program in the binary format.
pub struct Binaries<'a> {
    program: &'a Program,
    binaries: Vec<Cow<'a, [u8]>>,
    /// Files that hold debug information of the modules, where it is wanted.
    debug_info: Vec<DebugFiles>,
}

/// Files with debug information of a module.
#[derive(Default)]
pub struct DebugFiles {
    /// Their contents.
    pub files: Vec<Vec<u8>>,
    /// Those that could not be read, of units of which the module has lines at least.
    pub missing: Vec<String>,
}

impl DebugFiles {
    /// The files, as the compiler takes them.
    pub fn contents(&self) -> Vec<&[u8]> {
        self.files.iter().map(Vec::as_slice).collect()
    }
}

impl Module {
    /// Reads a file, or standard input for `-`.
    pub fn read(path: &Path) -> Result<Module> {
        let bytes = if is_stdin(path) {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
            bytes
        } else {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?
        };
        Ok(Module { path: path.to_owned(), bytes })
    }

    /// The name for messages: the path, or what stands for it.
    pub fn display_name(&self) -> String {
        if is_stdin(&self.path) { "standard input".to_owned() } else { self.path.display().to_string() }
    }

    /// The binary format, converted where the file has the text format.
    pub fn binary(&self) -> Result<Cow<'_, [u8]>> {
        self.converted(parse_text)
    }

    /// The files that hold debug information of the module.
    pub fn debug_info(&self) -> Result<DebugFiles> {
        let mut found = DebugFiles::default();
        found.files.extend(self.external_debug_info()?);
        let units = split_units(found.files.first().unwrap_or(&self.bytes));
        self.add_split_debug_info(&units, &mut found);
        Ok(found)
    }

    /// The file that the module names: beside the module, if the name is relative or a URL.
    fn external_debug_info(&self) -> Result<Option<Vec<u8>>> {
        let Some(name) = external_debug_info(&self.bytes) else { return Ok(None) };
        let name = if name.contains("://") { name.rsplit('/').next().unwrap_or(name) } else { name };
        let path = self.folder().join(name);
        let bytes = std::fs::read(&path).with_context(|| {
            let module = self.display_name();
            format!(
                "{module} keeps its debug information in {}, which cannot be read: put it there, or leave -g out",
                path.display()
            )
        })?;
        Ok(Some(bytes))
    }

    /// Adds the files with the entries of these units: a package beside the module, with its name and `.dwp` behind it; or of each
    /// its own, where it was made, or beside the module.
    fn add_split_debug_info(&self, units: &[SplitUnit], found: &mut DebugFiles) {
        if units.is_empty() {
            return;
        }
        let mut package = self.path.clone().into_os_string();
        package.push(".dwp");
        if let Ok(package) = std::fs::read(package) {
            found.files.push(package);
            return;
        }
        for SplitUnit { folder, name } in units {
            let beside = Path::new(name).file_name().unwrap_or_default();
            let places =
                [Path::new(folder).join(name), self.folder().join(folder).join(name), self.folder().join(beside)];
            match places.iter().find_map(|path| std::fs::read(path).ok()) {
                Some(file) => found.files.push(file),
                None => found.missing.push(name.clone()),
            }
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn converted(&self, parse: fn(&[u8], &Path) -> wasmc_compiler::Result<Vec<u8>>) -> Result<Cow<'_, [u8]>> {
        const MAGIC: &[u8] = b"\0asm";
        let bytes = &self.bytes;
        if bytes.starts_with(MAGIC) {
            return Ok(Cow::Borrowed(bytes));
        }
        let name = self.display_name();
        if bytes.is_empty() {
            bail!("{name}: the file is empty");
        }
        if MAGIC.starts_with(bytes) {
            bail!("{name}: the module is cut short: it ends at byte offset {:#x}, inside its header", bytes.len());
        }
        if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() {
            bail!("{name}: not a WebAssembly module: it neither begins with the bytes `\\0asm` nor is it text");
        }
        Ok(Cow::Owned(parse(bytes, &self.path).with_context(|| name)?))
    }
}

impl Program {
    /// Reads the main module at `path`, and before it those linked in, each with the module name it stands for.
    pub fn read(path: &Path, links: &[(String, PathBuf)]) -> Result<Program> {
        let mut program = Program { modules: Vec::new(), link_names: Vec::new() };
        for (name, path) in links {
            if program.link_names.contains(name) {
                bail!("--link gives the module name {name} twice");
            }
            program.modules.push(Module::read(path)?);
            program.link_names.push(name.clone());
        }
        program.modules.push(Module::read(path)?);
        Ok(program)
    }

    /// The modules as they were given.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The module names that the modules before the last stand for.
    pub fn link_names(&self) -> &[String] {
        &self.link_names
    }

    /// The main module.
    pub fn main(&self) -> &Module {
        // `read` has put it there, and nothing is ever taken away.
        &self.modules[self.modules.len() - 1]
    }

    /// Converts what is text, with debug information that leads to its lines if that is wanted.
    pub fn binaries(&self, debug_info: bool) -> Result<Binaries<'_>> {
        let parse = if debug_info { parse_text_with_lines } else { parse_text };
        let binaries = self.modules.iter().map(|module| module.converted(parse)).collect::<Result<_>>()?;
        let separate = |module: &Module| if debug_info { module.debug_info() } else { Ok(DebugFiles::default()) };
        let debug_info = self.modules.iter().map(separate).collect::<Result<_>>()?;
        Ok(Binaries { program: self, binaries, debug_info })
    }
}

impl Binaries<'_> {
    /// What there is to say of debug information that is missing.
    pub fn missing_debug_info(&self) -> Option<String> {
        let mut missing = self.debug_info.iter().flat_map(|found| &found.missing);
        let first = missing.next()?;
        let others = match missing.count() {
            0 => String::new(),
            count => format!(" and {count} more files"),
        };
        Some(format!(
            "debug information is in {first}{others}, not to be found: of what is there, there will be lines only"
        ))
    }

    /// The modules as the compiler takes them: each may import from those before it.
    pub fn inputs(&self) -> Vec<Input<'_>> {
        let names = &self.program.link_names;
        self.program
            .modules
            .iter()
            .zip(&self.binaries)
            .zip(&self.debug_info)
            .enumerate()
            .map(|(index, ((module, bytes), debug_info))| Input {
                name: stem(&module.path),
                bytes,
                links: names.iter().take(index).cloned().zip(0..).collect(),
                debug_info: debug_info.contents(),
            })
            .collect()
    }
}

/// Whether the path stands for standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The file's name without its extension.
pub fn stem(path: &Path) -> String {
    if is_stdin(path) {
        return "stdin".to_owned();
    }
    path.file_stem().map_or_else(|| "module".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
