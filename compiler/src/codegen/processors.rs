//! The processors that `--cpu` names beside Cranelift's own: levels, as sets of features, and what each target starts from.

use target_lexicon::{Architecture, BinaryFormat, Triple};

/// A processor, or a level of features that processors have from some year on.
#[derive(Clone, Copy, Debug)]
pub struct Processor {
    /// What `--cpu` calls it.
    pub name: &'static str,
    /// Since when, and what is new.
    pub description: &'static str,
    /// Cranelift's names of the features that it has beyond the level before it in the list.
    features: &'static [&'static str],
}

/// x86-64 psABI 3.1.1.
const X86_64: &[Processor] = &[
    Processor { name: "x86-64", description: "SSE2: every one, since 2003", features: &[] },
    Processor {
        name: "x86-64-v2",
        description: "SSE4.2, popcnt: since 2009",
        features: &["has_cmpxchg16b", "has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"],
    },
    Processor {
        name: "x86-64-v3",
        description: "AVX2, BMI, FMA: since 2013",
        features: &["has_avx", "has_avx2", "has_bmi1", "has_bmi2", "has_fma", "has_lzcnt"],
    },
    Processor {
        name: "x86-64-v4",
        description: "AVX-512: servers since 2017",
        features: &["has_avx512f", "has_avx512dq", "has_avx512vl"],
    },
];

/// Arm Architecture Reference Manual for A-profile, A2.2.
const AARCH64: &[Processor] = &[
    Processor { name: "armv8-a", description: "every one, since 2012", features: &[] },
    Processor { name: "armv8.1-a", description: "LSE atomics: since 2016", features: &["has_lse"] },
    Processor { name: "armv8.2-a", description: "half precision: since 2018", features: &["has_fp16"] },
];

/// RISC-V Profiles. Of a profile's extensions, those that code generation has a use for.
const RISCV64: &[Processor] = &[
    Processor { name: "rv64gc", description: "every one that runs Linux", features: &["has_zca", "has_zcd"] },
    Processor {
        name: "rva22u64",
        description: "bit manipulation: profile of 2022",
        features: &["has_zba", "has_zbb", "has_zbs", "has_zfhmin"],
    },
    Processor {
        name: "rva23u64",
        description: "vectors, which SIMD needs: profile of 2023",
        features: &["has_v", "has_zvl128b", "has_zcb", "has_zfa", "has_zicond"],
    },
];

/// z/Architecture Principles of Operation, "Facility Indications". Code generation takes those of the z14 for granted.
const S390X: &[Processor] = &[
    Processor { name: "arch12", description: "z14: since 2017", features: &[] },
    Processor { name: "arch13", description: "z15: since 2019", features: &["has_mie3", "has_vxrs_ext2"] },
];

/// The levels of a target's processors, each of which has the features of those before it.
pub fn levels(target: &Triple) -> &'static [Processor] {
    match target.architecture {
        Architecture::X86_64 => X86_64,
        Architecture::Aarch64(_) => AARCH64,
        Architecture::Riscv64(_) => RISCV64,
        Architecture::S390x => S390X,
        _ => &[],
    }
}

/// What executables need unless `--cpu` says otherwise. On x86-64, that is what servers and desktops made since 2013 have: older
/// processors are told of by a trap at the start (`translate/internal/processor.rs`); for macOS it is what Apple's own processors
/// have when they run programs for x86-64, until macOS 15. Elsewhere it is what every processor has.
pub fn baseline(target: &Triple) -> Option<&'static str> {
    let levels = levels(target);
    let position = match (target.architecture, target.binary_format) {
        (Architecture::X86_64, BinaryFormat::Macho) => 1,
        (Architecture::X86_64, _) => 2,
        _ => 0,
    };
    levels.get(position).map(|level| level.name)
}

/// Cranelift's names of the features of a level, if there is one of this name.
pub(super) fn features(target: &Triple, name: &str) -> Option<Vec<&'static str>> {
    let levels = levels(target);
    let position = levels.iter().position(|level| level.name == name)?;
    Some(levels[..=position].iter().flat_map(|level| level.features).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::baseline;

    #[test]
    fn what_executables_need_depends_on_the_system_too() {
        let of = |target: &str| baseline(&target.parse().unwrap());
        assert_eq!(of("x86_64-unknown-linux-gnu"), Some("x86-64-v3"));
        assert_eq!(of("x86_64-pc-windows-msvc"), Some("x86-64-v3"));
        assert_eq!(of("x86_64-apple-darwin"), Some("x86-64-v2"));
        assert_eq!(of("aarch64-apple-darwin"), Some("armv8-a"));
    }
}
