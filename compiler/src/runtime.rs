//! The runtime library for each target, built by `build.rs` and carried inside the compiler.

use target_lexicon::{Architecture, OperatingSystem, Triple};

/// The runtime library of a target, an `ar` archive, or `None` where there is none for it.
pub(crate) fn archive(triple: &Triple) -> Option<&'static [u8]> {
    match (triple.architecture, triple.operating_system) {
        (Architecture::X86_64, OperatingSystem::Linux) => {
            Some(include_bytes!(concat!(env!("OUT_DIR"), "/runtime-x86_64-linux.a")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::archive::ArchiveFile;
    use object::{Object, ObjectSection, ObjectSymbol};
    use std::collections::BTreeSet;

    fn triple(text: &str) -> Triple {
        text.parse().unwrap()
    }

    #[test]
    fn every_symbol_of_the_contract_is_defined() {
        let archive = archive(&triple("x86_64-unknown-linux-gnu")).unwrap();
        let mut defined = BTreeSet::new();
        let mut undefined = BTreeSet::new();
        for member in ArchiveFile::parse(archive).unwrap().members() {
            let object = object::File::parse(member.unwrap().data(archive).unwrap()).unwrap();
            for section in object.sections() {
                let name = section.name().unwrap();
                assert!(!name.starts_with(".debug"), "{name} is left");
            }
            for symbol in object.symbols().filter(|symbol| symbol.is_global()) {
                let names = if symbol.is_undefined() { &mut undefined } else { &mut defined };
                names.insert(symbol.name().unwrap().to_owned());
            }
        }
        use wasmc_abi::symbols::*;
        let expected = [
            START,
            MEMORY_GROW,
            SHARED_MEMORY_GROW,
            ATOMIC_WAIT32,
            ATOMIC_WAIT64,
            ATOMIC_NOTIFY,
            FIRST_BLOCK,
            TABLE_GROW,
            TABLE_FILL,
            MEMORY_MOVE,
            MEMORY_FILL,
            UNKNOWN_IMPORT,
            HARNESS,
            INVOKE,
        ];
        for name in expected.iter().chain(LIBCALLS) {
            assert!(defined.contains(*name), "{name} is missing");
        }
        let missing: Vec<_> = undefined.difference(&defined).collect();
        assert_eq!(missing, [PROGRAM], "the compiled object must define everything that the library lacks");
    }

    #[test]
    fn other_targets_have_none_yet() {
        assert!(archive(&triple("aarch64-unknown-linux-gnu")).is_none());
        assert!(archive(&triple("x86_64-pc-windows-msvc")).is_none());
    }
}
