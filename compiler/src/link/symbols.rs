//! Resolves names: which definition each global symbol has, and which archive members are linked.

use super::input::{self, Role};
use super::program::{Definition, Global, GlobalId, LinkerSymbol, Program, Strength};
use super::relocate;
use super::width::Width;
use super::{Inputs, LinkOptions, display, error};
use crate::error::Result;
use object::elf;
use object::read::archive::{ArchiveFile, ArchiveOffset};
use object::read::elf::Sym as _;
use std::collections::{HashMap, HashSet, VecDeque};

/// An archive being searched.
struct Archive<'a> {
    name: &'a str,
    bytes: &'a [u8],
    file: ArchiveFile<'a>,
    /// Names and contents of the members, where the archive has no symbol index.
    listed: Vec<(String, &'a [u8])>,
}

/// Where a member of an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum MemberAt {
    /// Its header is at this offset.
    Offset(u64),
    /// Position in [`Archive::listed`].
    Listed(usize),
}

/// The state of resolution.
struct Resolver<'a> {
    program: Program<'a>,
    archives: Vec<Archive<'a>>,
    /// First archive member that defines a name: the archive's position, and the member's.
    members: HashMap<&'a [u8], (usize, MemberAt)>,
    loaded_members: HashSet<(usize, MemberAt)>,
    /// Required symbols that were undefined when they were met, in order.
    pending: VecDeque<GlobalId>,
    comdat_signatures: HashSet<&'a [u8]>,
    duplicates: Vec<String>,
}

/// Reads the objects, and those archive members that define what is undefined, and resolves every name.
pub(super) fn resolve<'a>(inputs: &Inputs<'a>, options: &LinkOptions<'a>, width: Width) -> Result<Program<'a>> {
    let Some(first) = inputs.objects.first() else { return Err(error("no object to link")) };
    let (object, _) = input::parse(first.name.to_owned(), false, first.bytes, 0, 0)?;
    let Some(machine) = relocate::machine(object.machine, object.endian, width) else {
        return Err(error(format!("{}: machine {} is not supported", first.name, object.machine.0)));
    };
    let mut resolver = Resolver {
        program: Program {
            machine,
            endian: object.endian,
            flags: 0,
            objects: Vec::new(),
            sections: Vec::new(),
            globals: Vec::new(),
            global_of_symbol: Vec::new(),
            by_name: HashMap::new(),
        },
        archives: Vec::new(),
        members: HashMap::new(),
        loaded_members: HashSet::new(),
        pending: VecDeque::new(),
        comdat_signatures: HashSet::new(),
        duplicates: Vec::new(),
    };
    for name in options.keep.iter().chain([&options.entry]) {
        let id = resolver.intern(name.as_bytes());
        resolver.require(id);
    }
    for file in inputs.objects {
        resolver.load(file.name.to_owned(), false, file.bytes)?;
    }
    for file in inputs.archives {
        resolver.index_archive(file.name, file.bytes)?;
    }
    while let Some(id) = resolver.pending.pop_front() {
        let global = &resolver.program.globals[id.0 as usize];
        if global.definition == Definition::Undefined
            && let Some(&(archive, member)) = resolver.members.get(global.name)
            && resolver.loaded_members.insert((archive, member))
        {
            resolver.load_member(archive, member)?;
        }
    }
    if !resolver.duplicates.is_empty() {
        return Err(error(format!("symbols defined more than once:\n    {}", resolver.duplicates.join("\n    "))));
    }
    let mut program = resolver.program;
    define_linker_symbols(&mut program, options);
    Ok(program)
}

impl<'a> Resolver<'a> {
    fn intern(&mut self, name: &'a [u8]) -> GlobalId {
        let globals = &mut self.program.globals;
        *self.program.by_name.entry(name).or_insert_with(|| {
            globals.push(Global { name, definition: Definition::Undefined, hidden: false, required: false });
            GlobalId((globals.len() - 1) as u32)
        })
    }

    fn require(&mut self, id: GlobalId) {
        let global = &mut self.program.globals[id.0 as usize];
        if !global.required {
            global.required = true;
            self.pending.push_back(id);
        }
    }

    /// Enters an archive's symbols. Without a symbol index, the members are read for theirs.
    fn index_archive(&mut self, name: &'a str, bytes: &'a [u8]) -> Result<()> {
        let bad = |e: object::read::Error| error(format!("{name} is not an archive, or is damaged: {e}"));
        let file = ArchiveFile::parse(bytes).map_err(bad)?;
        if file.is_thin() {
            return Err(error(format!("{name} is a thin archive, which does not hold its members")));
        }
        let index = self.archives.len();
        let mut listed = Vec::new();
        if let Some(symbols) = file.symbols().map_err(bad)? {
            for symbol in symbols {
                let symbol = symbol.map_err(bad)?;
                self.members.entry(symbol.name()).or_insert((index, MemberAt::Offset(symbol.offset().0)));
            }
        } else {
            for member in file.members() {
                let member = member.map_err(bad)?;
                let data = member.data(bytes).map_err(bad)?;
                let (object, _) = input::parse(member_name(name, member.name()), true, data, 0, 0)?;
                for symbol in object.symbols.iter().filter(|s| !s.is_local() && !s.is_undefined(object.endian)) {
                    let member = (index, MemberAt::Listed(listed.len()));
                    self.members.entry(object.symbol_name(symbol)?).or_insert(member);
                }
                listed.push((object.name, data));
            }
        }
        self.archives.push(Archive { name, bytes, file, listed });
        Ok(())
    }

    fn load_member(&mut self, archive: usize, member: MemberAt) -> Result<()> {
        // In bounds, here and below: positions were made by `index_archive`.
        let archive = &self.archives[archive];
        let (name, data) = match member {
            MemberAt::Listed(position) => archive.listed[position].clone(),
            MemberAt::Offset(offset) => {
                let bad = |e: object::read::Error| error(format!("{} is damaged: {e}", archive.name));
                let member = archive.file.member(ArchiveOffset(offset)).map_err(bad)?;
                (member_name(archive.name, member.name()), member.data(archive.bytes).map_err(bad)?)
            }
        };
        self.load(name, true, data)
    }

    /// Adds an object and enters its symbols.
    fn load(&mut self, name: String, from_archive: bool, bytes: &'a [u8]) -> Result<()> {
        let program = &mut self.program;
        let index = program.objects.len() as u32;
        let (object, sections) = input::parse(name, from_archive, bytes, index, program.sections.len() as u32)?;
        if object.machine != program.machine.number() || object.endian != program.endian {
            let number = object.machine.0;
            return Err(error(format!("{} is for another machine (number {number}) than the program", object.name)));
        }
        if u32::try_from(program.sections.len() + sections.len()).is_err() {
            return Err(error("too many sections"));
        }
        program.flags |= object.flags.0;
        program.sections.extend(sections);
        for group in &object.groups {
            if group.comdat && !self.comdat_signatures.insert(group.signature) {
                for &member in &group.members {
                    // In bounds: checked when the group was read.
                    program.sections[(object.first_section + member) as usize].discarded = true;
                }
            }
        }
        let symbol_count = object.symbols.len();
        if u32::try_from(symbol_count).is_err() {
            return Err(object.damaged("too many symbols"));
        }
        program.objects.push(object);
        program.global_of_symbol.push(vec![u32::MAX; symbol_count]);
        for symbol in 1..symbol_count as u32 {
            self.enter_symbol(index, symbol)?;
        }
        Ok(())
    }

    fn enter_symbol(&mut self, object_index: u32, index: u32) -> Result<()> {
        let object = &self.program.objects[object_index as usize];
        let endian = object.endian;
        let symbol = object.symbol(index)?;
        if symbol.is_local() {
            return Ok(());
        }
        let section = object.symbol_section(symbol, index)?;
        let discarded =
            section.is_some_and(|section| self.program.sections[(object.first_section + section) as usize].discarded);
        let name = object.symbol_name(symbol)?;
        let strength = match symbol.st_shndx(endian) {
            elf::SHN_UNDEF => None,
            _ if discarded => None,
            elf::SHN_COMMON => Some(Strength::Common),
            elf::SHN_ABS => Some(self.binding_strength(symbol)),
            _ if section.is_some() => Some(self.binding_strength(symbol)),
            other => {
                let name = display(name);
                return Err(object.damaged(format_args!("symbol {name} is in the reserved section {:#x}", other.0)));
            }
        };
        let weak = symbol.is_weak();
        let hidden = matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
        let id = self.intern(name);
        self.program.global_of_symbol[object_index as usize][index as usize] = id.0;
        self.program.globals[id.0 as usize].hidden |= hidden;
        match strength {
            Some(strength) => self.define(id, object_index, index, strength),
            None if weak => Ok(()),
            None => {
                self.require(id);
                Ok(())
            }
        }
    }

    fn binding_strength(&self, symbol: &input::Sym) -> Strength {
        // The GNU toolchain's unique symbols (STB_GNU_UNIQUE) may be defined many times.
        match symbol.st_bind() {
            elf::STB_WEAK | elf::STB_GNU_UNIQUE => Strength::Weak,
            _ => Strength::Strong,
        }
    }

    fn define(&mut self, id: GlobalId, object: u32, symbol: u32, strength: Strength) -> Result<()> {
        let program = &self.program;
        let wins = match program.globals[id.0 as usize].definition {
            Definition::Undefined | Definition::Linker(_) => true,
            Definition::Object { object: old, strength: Strength::Strong, .. } if strength == Strength::Strong => {
                let name = display(program.globals[id.0 as usize].name);
                let (old, new) = (&program.objects[old as usize].name, &program.objects[object as usize].name);
                self.duplicates.push(format!("{name}: in {old} and in {new}"));
                false
            }
            Definition::Object { object: old, symbol: old_symbol, strength: Strength::Common }
                if strength == Strength::Common =>
            {
                let size = |object: u32, symbol: u32| -> Result<u64> {
                    Ok(program.objects[object as usize].symbol(symbol)?.st_size(program.endian))
                };
                size(object, symbol)? > size(old, old_symbol)?
            }
            Definition::Object { strength: old, .. } => strength > old,
        };
        if wins {
            self.program.globals[id.0 as usize].definition = Definition::Object { object, symbol, strength };
        }
        Ok(())
    }
}

fn member_name(archive: &str, member: &[u8]) -> String {
    format!("{archive}({})", display(member))
}

/// See [`wasmc_abi::symbols::BUILD_ID`].
const BUILD_ID: &[u8] = wasmc_abi::symbols::BUILD_ID.as_bytes();

/// Gives the linker's own symbols to names that somebody refers to and nobody defines.
fn define_linker_symbols(program: &mut Program<'_>, options: &LinkOptions<'_>) {
    let section_names: HashSet<&[u8]> = program
        .sections
        .iter()
        .filter(|section| section.role == Role::Memory && !section.discarded)
        .map(|section| section.name)
        .filter(|name| is_identifier(name))
        .collect();
    for global in &mut program.globals {
        if global.definition != Definition::Undefined {
            continue;
        }
        let symbol = match global.name {
            b"_DYNAMIC" => LinkerSymbol::Dynamic,
            b"__ehdr_start" | b"__executable_start" => LinkerSymbol::FileHeader,
            b"_gp_disp" => LinkerSymbol::GlobalPointer,
            b".TOC." => LinkerSymbol::TableOfContents,
            b"_GLOBAL_OFFSET_TABLE_" => LinkerSymbol::GlobalOffsetTable,
            b"__GNU_EH_FRAME_HDR" => LinkerSymbol::UnwindIndex,
            b"_etext" | b"etext" => LinkerSymbol::TextEnd,
            b"_edata" | b"edata" => LinkerSymbol::DataEnd,
            b"__bss_start" => LinkerSymbol::ZeroStart,
            b"_end" | b"end" => LinkerSymbol::End,
            BUILD_ID if options.build_id => LinkerSymbol::BuildId,
            name => {
                let start = name.strip_prefix(b"__start_").filter(|name| section_names.contains(name));
                let stop = name.strip_prefix(b"__stop_").filter(|name| section_names.contains(name));
                match (start, stop) {
                    (Some(name), _) => LinkerSymbol::Start(name),
                    (None, Some(name)) => LinkerSymbol::Stop(name),
                    (None, None) => continue,
                }
            }
        };
        global.definition = Definition::Linker(symbol);
    }
}

/// Whether a C program could name a section's bounds: letters, digits and `_`, no digit first.
fn is_identifier(name: &[u8]) -> bool {
    name.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_')
        && name.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_')
}
