//! What an artefact says of itself: the note that the compiler puts into every object and `wasmc inspect` reads.
//!
//! The ELF section `.note.wasmc` (`SHT_NOTE`) holds one note (System V ABI, "Note Section") with the name `wasmc`,
//! the type 1, and a descriptor in JSON: readable by anything, and open to new fields.

use crate::{Bounds, Entry, MemoryBase, OptLevel, Options, targets};
use object::{Endianness, Object, ObjectSection};
use serde::{Deserialize, Serialize};

/// Name of the section.
pub const SECTION: &str = ".note.wasmc";
/// The same where names of sections have eight bytes, in PE executables.
pub const SHORT_SECTION: &str = ".wasmc";
/// The same in Mach-O.
pub const MACHO_SECTION: &str = "__wasmc";
/// Type of the note.
pub const NOTE_TYPE: u32 = 1;
/// Name in the note, with its terminator (8 bytes with the padding).
const NOTE_NAME: &[u8; 6] = b"wasmc\0";

/// How an artefact was built and what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Version of the wasmc that built it.
    pub version: String,
    /// Target triple.
    pub target: String,
    /// An interpreter in the executable runs the code: there is no back end for the target's processor.
    pub interpreted: bool,
    /// The processor asked for, in the words of `--cpu`; none for the target's baseline.
    pub cpu: Option<String>,
    /// `0`, `1`, `2` or `s`.
    pub opt_level: String,
    /// `fixed` or `relocatable`.
    pub memory_base: String,
    /// `guard` or `explicit`.
    pub bounds: String,
    /// Bytes of stack for wasm code.
    pub max_stack: u64,
    /// The linear memories that the program defines.
    pub memories: Vec<MemoryLimits>,
    /// Functions that the modules import and that none of them provides, each `module.name`.
    pub imports: Vec<String>,
    /// Names that the main module exports.
    pub exports: Vec<String>,
    /// Folders opened to the program.
    pub preopens: Vec<PreopenNames>,
    /// Names of the environment variables that the build gave the program. (Their values are not repeated here.)
    pub environment: Vec<String>,
    /// The whole environment is passed on to the program.
    pub inherit_environment: bool,
    /// The `WASMC_…` variables are heeded at start-up.
    pub runtime_options: bool,
    /// What the executable calls: an export's name, or `harness`.
    pub entry: String,
}

/// Size limits of a linear memory, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryLimits {
    /// Size at start-up.
    pub initial: u64,
    /// Largest size that it can grow to.
    pub maximum: u64,
}

/// A folder opened to the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreopenNames {
    /// Path on the host; where it is not UTF-8, with U+FFFD for what is not.
    pub host: String,
    /// The name by which the program knows it.
    pub guest: String,
}

impl Manifest {
    /// All that the options say; the modules' memories, imports and exports are left empty.
    pub fn new(options: &Options) -> Manifest {
        Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: options.target.to_string(),
            interpreted: targets::is_interpreted(&options.target),
            cpu: options.cpu.clone(),
            opt_level: match options.opt_level {
                OptLevel::None => "0",
                OptLevel::Basic => "1",
                OptLevel::Speed => "2",
                OptLevel::Size => "s",
            }
            .to_owned(),
            memory_base: match options.memory_base {
                MemoryBase::Fixed => "fixed",
                MemoryBase::Relocatable => "relocatable",
            }
            .to_owned(),
            bounds: match options.bounds {
                Bounds::Guard => "guard",
                Bounds::Explicit => "explicit",
            }
            .to_owned(),
            max_stack: options.max_stack,
            preopens: options
                .preopens
                .iter()
                .map(|preopen| PreopenNames {
                    host: preopen.host.to_string_lossy().into_owned(),
                    guest: preopen.guest.clone(),
                })
                .collect(),
            environment: options
                .environment
                .iter()
                .map(|variable| variable.split_once('=').map_or(variable.as_str(), |(name, _)| name).to_owned())
                .collect(),
            inherit_environment: options.inherit_environment,
            runtime_options: options.runtime_options,
            entry: match &options.entry {
                Entry::Command => "_start".to_owned(),
                Entry::Invoke { export, .. } => export.clone(),
                Entry::Harness => "harness".to_owned(),
            },
            ..Manifest::default()
        }
    }

    /// The contents of the section [`SECTION`], which wants an alignment of 4.
    pub fn to_note(&self, endianness: Endianness) -> Vec<u8> {
        // Serialising strings, numbers and lists of them into memory has no way to fail.
        let descriptor = serde_json::to_vec(self).unwrap_or_default();
        let word = |value: u32| match endianness {
            Endianness::Little => value.to_le_bytes(),
            Endianness::Big => value.to_be_bytes(),
        };
        let mut note = Vec::with_capacity(descriptor.len() + 24);
        note.extend(word(NOTE_NAME.len() as u32));
        note.extend(word(descriptor.len() as u32));
        note.extend(word(NOTE_TYPE));
        note.extend(NOTE_NAME);
        note.resize(note.len().next_multiple_of(4), 0);
        note.extend(descriptor);
        note.resize(note.len().next_multiple_of(4), 0);
        note
    }

    /// The manifest of an executable or object, given as a whole; none where wasmc did not make it.
    pub fn read(artefact: &[u8]) -> Option<Manifest> {
        let file = object::File::parse(artefact).ok()?;
        let section = [SECTION, SHORT_SECTION, MACHO_SECTION].iter().find_map(|name| file.section_by_name(name))?;
        Manifest::from_note(section.data().ok()?, file.endianness())
    }

    /// Reads the first note of wasmc's among those in `notes`.
    fn from_note(mut notes: &[u8], endianness: Endianness) -> Option<Manifest> {
        loop {
            let (header, rest) = notes.split_first_chunk::<12>()?;
            let word = |at: usize| {
                let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
                match endianness {
                    Endianness::Little => u32::from_le_bytes(bytes),
                    Endianness::Big => u32::from_be_bytes(bytes),
                }
            };
            let (name, rest) = split_padded(rest, word(0))?;
            let (descriptor, rest) = split_padded(rest, word(4))?;
            if name == NOTE_NAME && word(8) == NOTE_TYPE {
                return serde_json::from_slice(descriptor).ok();
            }
            notes = rest;
        }
    }
}

/// Splits off `length` bytes and the padding up to the next multiple of 4, which the last one may lack.
fn split_padded(bytes: &[u8], length: u32) -> Option<(&[u8], &[u8])> {
    let (field, rest) = bytes.split_at_checked(length as usize)?;
    let padding = (length.wrapping_neg() % 4) as usize;
    Some((field, rest.get(padding..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Preopen;

    fn example() -> Manifest {
        let options = Options {
            preopens: vec![Preopen { host: "/srv/data".into(), guest: "data".into() }],
            environment: vec!["LANG".into(), "SECRET=swordfish".into()],
            entry: Entry::Invoke { export: "fib".into(), arguments: vec!["30".into()] },
            ..Options::default()
        };
        Manifest {
            memories: vec![MemoryLimits { initial: 65536, maximum: 1 << 32 }],
            imports: vec!["wasi_snapshot_preview1.fd_write".into()],
            ..Manifest::new(&options)
        }
    }

    #[test]
    fn a_note_reads_back_in_both_byte_orders() {
        for endianness in [Endianness::Little, Endianness::Big] {
            let note = example().to_note(endianness);
            assert_eq!(note.len() % 4, 0);
            assert_eq!(Manifest::from_note(&note, endianness), Some(example()));
        }
    }

    #[test]
    fn the_values_of_environment_variables_stay_out() {
        let note = example().to_note(Endianness::Little);
        let text = String::from_utf8_lossy(&note);
        assert!(text.contains("SECRET") && !text.contains("swordfish"), "{text}");
    }

    #[test]
    fn other_notes_are_passed_over() {
        let mut notes = vec![4, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, b'G', b'N', b'U', 0, 1, 2, 3, 0];
        notes.extend(example().to_note(Endianness::Little));
        assert_eq!(Manifest::from_note(&notes, Endianness::Little), Some(example()));
    }

    #[test]
    fn a_note_cut_short_anywhere_is_no_manifest() {
        let note = example().to_note(Endianness::Little);
        let unpadded = note.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        for length in 0..unpadded {
            assert_eq!(Manifest::from_note(&note[..length], Endianness::Little), None, "at {length}");
        }
    }

    #[test]
    fn an_object_reads_back() {
        use object::write::{Object, StandardSegment};
        let mut object =
            Object::new(object::BinaryFormat::Elf, object::Architecture::X86_64, object::Endianness::Little);
        let segment = object.segment_name(StandardSegment::Data).to_vec();
        let section = object.add_section(segment, SECTION.into(), object::SectionKind::Note);
        object.append_section_data(section, &example().to_note(Endianness::Little), 4);
        let bytes = object.write().expect("a small object can be written");
        assert_eq!(Manifest::read(&bytes), Some(example()));
        assert_eq!(Manifest::read(b"\x7fELF"), None);
        assert_eq!(Manifest::read(b""), None);
    }
}
