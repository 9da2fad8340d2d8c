//! Chooses the symbols of the output: every name that stands in a linked section.

use super::LinkOptions;
use super::input::Role;
use super::program::{Definition, GlobalId, Program, Target};
use super::reachable::Reachable;
use super::{display, error};
use crate::error::Result;
use object::elf;
use object::read::elf::Sym as _;

/// A symbol of the output.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    /// Ends the symbols of the last source file: those that follow belong to no file.
    NoFile,
    /// A local symbol of an object.
    Local { object: u32, symbol: u32 },
    /// A global symbol.
    Global(GlobalId),
}

/// The symbol table of the output, without the null entry that begins it.
#[derive(Debug, Default)]
pub(super) struct Symtab {
    /// Local symbols, then the others (gABI 4, "Symbol Table").
    pub entries: Vec<Entry>,
    /// How many of them are local.
    pub local_count: usize,
    /// Size of the string table in bytes.
    pub strings_size: u64,
}

/// Chooses the symbols; none when stripping.
pub(super) fn collect(program: &Program<'_>, reachable: &Reachable, options: &LinkOptions<'_>) -> Result<Symtab> {
    let mut symtab = Symtab { strings_size: 1, ..Symtab::default() };
    if options.strip {
        return Ok(symtab);
    }
    for object in 0..program.objects.len() as u32 {
        symtab.add_locals(program, reachable, object)?;
    }
    let mut globals = Vec::new();
    let mut hidden = Vec::new();
    for id in (0..program.globals.len() as u32).map(GlobalId) {
        let global = &program.globals[id.0 as usize];
        let live = match program.global_target(id)? {
            Target::Section { section, .. } => {
                reachable.contains(section) && program.section(section).role == Role::Memory
            }
            Target::Common(id) => reachable.common_symbols.contains(&id),
            Target::Absolute(_) | Target::Linker(_) => true,
            Target::WeakUndefined | Target::Undefined(_) | Target::Discarded => false,
        };
        if live {
            symtab.strings_size += global.name.len() as u64 + 1;
            let linker_defined = matches!(global.definition, Definition::Linker(_));
            if global.hidden || linker_defined { hidden.push(id) } else { globals.push(id) }
        }
    }
    if !hidden.is_empty() {
        symtab.entries.push(Entry::NoFile);
    }
    symtab.entries.extend(hidden.into_iter().map(Entry::Global));
    symtab.local_count = symtab.entries.len();
    symtab.entries.extend(globals.into_iter().map(Entry::Global));
    if u32::try_from(symtab.strings_size).is_err() {
        return Err(error("the names of the symbols are longer than 4 GiB"));
    }
    Ok(symtab)
}

impl Symtab {
    fn add_locals(&mut self, program: &Program<'_>, reachable: &Reachable, object_index: u32) -> Result<()> {
        let object = &program.objects[object_index as usize];
        let mut sections =
            program.section_ids().skip(object.first_section as usize).take(object.section_count as usize);
        if !sections.any(|id| reachable.contains(id)) {
            return Ok(());
        }
        for (index, symbol) in object.symbols.iter().enumerate().skip(1) {
            let index = index as u32;
            if !symbol.is_local() || symbol.st_type() == elf::STT_SECTION {
                continue;
            }
            let name = object.symbol_name(symbol)?;
            let live = match program.target(object_index, index)? {
                Target::Section { section, .. } => {
                    let input = program.section(section);
                    // What assemblers name so nobody asks for: strings, and on RISC-V instructions that relocations refer to.
                    let numbered = name.starts_with(b".L");
                    // Mapping symbols tell code from data, which only is a question where code is.
                    let is_needless = name.starts_with(b"$") && !input.has_flag(elf::SHF_EXECINSTR);
                    reachable.contains(section) && input.role == Role::Memory && !numbered && !is_needless
                }
                Target::Absolute(_) => true,
                _ => false,
            };
            if live && !name.is_empty() {
                self.strings_size += name.len() as u64 + 1;
                self.entries.push(Entry::Local { object: object_index, symbol: index });
            }
        }
        Ok(())
    }
}

impl Entry {
    /// The symbol's name.
    pub fn name<'a>(&self, program: &Program<'a>) -> Result<&'a [u8]> {
        match *self {
            Entry::NoFile => Ok(b""),
            Entry::Local { object, symbol } => {
                let object = &program.objects[object as usize];
                object.symbol_name(object.symbol(symbol)?)
            }
            Entry::Global(id) => Ok(program.globals[id.0 as usize].name),
        }
    }

    /// The entry of the object that defines the symbol; none where the linker does.
    pub fn definition<'a>(&self, program: &Program<'a>) -> Result<Option<&'a super::input::Sym>> {
        match *self {
            Entry::NoFile => Ok(None),
            Entry::Local { object, symbol } => program.objects[object as usize].symbol(symbol).map(Some),
            Entry::Global(id) => match program.globals[id.0 as usize].definition {
                Definition::Object { object, symbol, .. } => program.objects[object as usize].symbol(symbol).map(Some),
                Definition::Linker(_) | Definition::Undefined => Ok(None),
            },
        }
    }

    /// What the symbol stands for.
    pub fn target<'a>(&self, program: &Program<'a>) -> Result<Target<'a>> {
        match *self {
            Entry::NoFile => Ok(Target::Absolute(0)),
            Entry::Local { object, symbol } => program.target(object, symbol),
            Entry::Global(id) => program.global_target(id),
        }
    }

    /// The error for a symbol whose value is not known.
    pub fn lost(&self, program: &Program<'_>) -> crate::error::Error {
        let name = self.name(program).map_or_else(|_| "a symbol".into(), display);
        error(format!("{name} is in no section of the output"))
    }
}
