//! Finds the sections that the program needs, from its entry point on; all others are left out.

use super::input::Role;
use super::program::{Definition, GlobalId, LinkerSymbol, Program, SectionId, Target};
use super::unwind::Unwind;
use super::{LinkOptions, display, error};
use crate::error::Result;
use object::elf;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is linked.
pub(super) struct Reachable {
    /// By section.
    sections: Vec<bool>,
    /// By position in `Unwind::commons`.
    pub commons: Vec<bool>,
    /// By position in `Unwind::frames`.
    pub frames: Vec<bool>,
    /// The tentative definitions that need memory.
    pub common_symbols: BTreeSet<GlobalId>,
    /// The symbol of the entry point.
    pub entry: GlobalId,
}

impl Reachable {
    /// Whether a section is linked.
    pub fn contains(&self, section: SectionId) -> bool {
        self.sections.get(section.0 as usize).copied().unwrap_or(false)
    }
}

/// How many references to one undefined symbol an error lists.
const REFERENCES_LISTED: usize = 3;

struct Finder<'p, 'a> {
    program: &'p Program<'a>,
    unwind: &'p Unwind,
    found: Reachable,
    worklist: Vec<SectionId>,
    /// Sections by name, for `__start_NAME` and `__stop_NAME`.
    by_name: HashMap<&'a [u8], Vec<SectionId>>,
    /// References to undefined symbols: section and offset, or nothing for a request by the options.
    undefined: BTreeMap<GlobalId, Vec<Option<(SectionId, u64)>>>,
}

/// Follows all references from the entry point and from what must be kept.
pub(super) fn find(program: &Program<'_>, unwind: &Unwind, options: &LinkOptions<'_>) -> Result<Reachable> {
    let Some(entry) = program.global_named(options.entry.as_bytes()) else {
        return Err(error(format!("the entry point {} is not defined", options.entry)));
    };
    let mut finder = Finder {
        program,
        unwind,
        found: Reachable {
            sections: vec![false; program.sections.len()],
            commons: vec![false; unwind.commons.len()],
            frames: vec![false; unwind.frames.len()],
            common_symbols: BTreeSet::new(),
            entry,
        },
        worklist: Vec::new(),
        by_name: HashMap::new(),
        undefined: BTreeMap::new(),
    };
    finder.index_names();
    finder.mark_target(program.global_target(entry)?, None);
    for name in options.keep {
        if let Some(id) = program.global_named(name.as_bytes()) {
            finder.mark_target(program.global_target(id)?, None);
        }
    }
    finder.mark_kept()?;
    while let Some(section) = finder.worklist.pop() {
        finder.visit(section)?;
    }
    finder.mark_linked_to()?;
    finder.report_undefined()?;
    finder.mark_debug(options.strip)?;
    Ok(finder.found)
}

impl<'a> Finder<'_, 'a> {
    fn index_names(&mut self) {
        let wanted: Vec<&[u8]> = self
            .program
            .globals
            .iter()
            .filter_map(|global| match global.definition {
                Definition::Linker(LinkerSymbol::Start(name) | LinkerSymbol::Stop(name)) => Some(name),
                _ => None,
            })
            .collect();
        self.by_name = wanted.into_iter().map(|name| (name, Vec::new())).collect();
        for id in self.program.section_ids() {
            if let Some(sections) = self.by_name.get_mut(self.program.section(id).name) {
                sections.push(id);
            }
        }
    }

    /// Sections that are linked whether anybody refers to them or not; refuses those that would need code run.
    fn mark_kept(&mut self) -> Result<()> {
        for id in self.program.section_ids() {
            let section = self.program.section(id);
            if section.role != Role::Memory || section.discarded {
                continue;
            }
            match section.kind {
                elf::SHT_INIT_ARRAY | elf::SHT_FINI_ARRAY | elf::SHT_PREINIT_ARRAY if section.size > 0 => {
                    let object = &self.program.object_of(id).name;
                    let name = display(section.name);
                    return Err(error(format!(
                        "{object} has functions to run before or after the program ({name}), which nobody would call"
                    )));
                }
                elf::SHT_NOTE => self.mark(id),
                _ if section.has_flag(elf::SHF_GNU_RETAIN) => self.mark(id),
                _ => {}
            }
        }
        Ok(())
    }

    fn mark(&mut self, id: SectionId) {
        let section = self.program.section(id);
        // In bounds: `sections` has an entry for each section.
        let live = &mut self.found.sections[id.0 as usize];
        if !*live && section.role == Role::Memory && !section.discarded {
            *live = true;
            self.worklist.push(id);
        }
    }

    fn mark_target(&mut self, target: Target<'a>, reference: Option<(SectionId, u64)>) {
        match target {
            Target::Section { section, .. } => self.mark(section),
            Target::Common(id) => {
                self.found.common_symbols.insert(id);
            }
            Target::Linker(LinkerSymbol::Start(name) | LinkerSymbol::Stop(name)) => {
                for id in self.by_name.get(name).cloned().unwrap_or_default() {
                    self.mark(id);
                }
            }
            Target::Undefined(id) => {
                self.undefined.entry(id).or_default().push(reference);
            }
            Target::Linker(_) | Target::Absolute(_) | Target::WeakUndefined | Target::Discarded => {}
        }
    }

    /// Follows the references of a section that has just been marked.
    fn visit(&mut self, id: SectionId) -> Result<()> {
        let (program, unwind) = (self.program, self.unwind);
        let section = program.section(id);
        self.check(id)?;
        self.follow(id, 0..section.relocations.len())?;
        if let Some(group) = section.group {
            let object = program.object_of(id);
            for &member in &object.groups[group as usize].members {
                self.mark(SectionId(object.first_section + member));
            }
        }
        for position in unwind.frames_of(id) {
            // In bounds, here and below: both vectors are as long as the unwind tables.
            self.found.frames[position] = true;
            let frame = &unwind.frames[position];
            self.follow(frame.record.section, frame.record.relocations.clone())?;
            if !std::mem::replace(&mut self.found.commons[frame.common as usize], true) {
                let common = &unwind.commons[frame.common as usize];
                self.follow(common.section, common.relocations.clone())?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, id: SectionId, relocations: std::ops::Range<usize>) -> Result<()> {
        let program = self.program;
        let section = program.section(id);
        // In bounds: the ranges come from the section itself or from its records.
        for relocation in &section.relocations[relocations] {
            let (offset, symbol, ..) = program.relocation(relocation);
            let target = program.target(section.object, symbol)?;
            if let Target::Discarded = target {
                let name = program.symbol_display(section.object, symbol);
                let place = program.place_display(id, offset);
                return Err(error(format!("{place} refers to {name}, whose section is not linked")));
            }
            self.mark_target(target, Some((id, offset)));
        }
        Ok(())
    }

    /// Refuses sections that this linker or the runtime library cannot serve.
    fn check(&self, id: SectionId) -> Result<()> {
        let section = self.program.section(id);
        let refuse = |why: &str| {
            let object = &self.program.object_of(id).name;
            Err(error(format!("{object}: section {} {why}", display(section.name))))
        };
        if section.has_flag(elf::SHF_TLS) {
            return refuse("is thread-local storage, which is not supported");
        }
        if section.has_flag(elf::SHF_WRITE) && section.has_flag(elf::SHF_EXECINSTR) {
            return refuse("is both writable and executable");
        }
        if section.has_flag(elf::SHF_EXECINSTR) && section.kind == elf::SHT_NOBITS && section.size > 0 {
            return refuse("is executable, but has no contents");
        }
        if section.has_flag(elf::SHF_COMPRESSED) {
            return refuse("is compressed, which is not supported");
        }
        if section.alignment > self.program.machine.page_size() {
            return refuse(&format!("is aligned to {:#x}, more than a page", section.alignment));
        }
        Ok(())
    }

    /// Sections that describe others (`SHF_LINK_ORDER`) are linked with those they describe.
    fn mark_linked_to(&mut self) -> Result<()> {
        loop {
            for id in self.program.section_ids() {
                let section = self.program.section(id);
                let object = self.program.object_of(id);
                if let Some(linked_to) = section.linked_to.filter(|index| *index < object.section_count)
                    && self.found.contains(SectionId(object.first_section + linked_to))
                {
                    self.mark(id);
                }
            }
            if self.worklist.is_empty() {
                return Ok(());
            }
            while let Some(section) = self.worklist.pop() {
                self.visit(section)?;
            }
        }
    }

    fn report_undefined(&self) -> Result<()> {
        if self.undefined.is_empty() {
            return Ok(());
        }
        let mut message = String::from("undefined symbols:");
        for (id, references) in &self.undefined {
            message.push_str("\n    ");
            message.push_str(&display(self.program.globals[id.0 as usize].name));
            for reference in references.iter().take(REFERENCES_LISTED) {
                message.push_str("\n        referred to by ");
                match reference {
                    Some((section, offset)) => message.push_str(&self.program.place_display(*section, *offset)),
                    None => message.push_str("the build itself (entry point, or a symbol to keep)"),
                }
            }
            if references.len() > REFERENCES_LISTED {
                message.push_str(&format!("\n        and {} more", references.len() - REFERENCES_LISTED));
            }
        }
        Err(error(message))
    }

    /// What is not loaded: all of the objects', nothing of the archives' (the runtime library's debug information
    /// would be larger than most programs). Stripping leaves the notes, which tell tools what the file is.
    fn mark_debug(&mut self, strip: bool) -> Result<()> {
        for id in self.program.section_ids() {
            let section = self.program.section(id);
            let wanted = section.role == Role::Debug && (!strip || section.kind == elf::SHT_NOTE);
            if wanted && !section.discarded && !self.program.object_of(id).from_archive {
                self.check(id)?;
                self.found.sections[id.0 as usize] = true;
            }
        }
        Ok(())
    }
}

/// Whether a symbol is of a kind that this linker refuses: thread-local, or resolved by code at start-up.
pub(super) fn refused_symbol(program: &Program<'_>, object: u32, symbol: u32) -> Result<Option<&'static str>> {
    if symbol == 0 {
        return Ok(None);
    }
    let (object, symbol) = match program.global_of(object, symbol) {
        Some(id) => match program.globals[id.0 as usize].definition {
            Definition::Object { object, symbol, .. } => (object, symbol),
            _ => return Ok(None),
        },
        None => (object, symbol),
    };
    Ok(match program.objects[object as usize].symbol(symbol)?.st_type() {
        elf::STT_TLS => Some("thread-local storage is not supported"),
        elf::STT_GNU_IFUNC => Some("functions chosen at start-up (STT_GNU_IFUNC) are not supported"),
        _ => None,
    })
}
