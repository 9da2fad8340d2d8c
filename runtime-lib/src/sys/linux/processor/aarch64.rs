//! AArch64: what the kernel says (Documentation/arch/arm64/elf_hwcaps.rst).

use super::super::auxiliary::{kind, value};

pub(super) use wasmc_abi::processor::AARCH64 as FEATURES;

/// Bits of AT_HWCAP that each wants, and of AT_HWCAP2.
const BITS: [(usize, usize); FEATURES.len()] = [
    // ATOMICS
    (1 << 8, 0),
    // PACA
    (1 << 30, 0),
    // FPHP, ASIMDHP
    (1 << 9 | 1 << 10, 0),
    // ASIMDDP
    (1 << 20, 0),
    // I8MM
    (0, 1 << 13),
];

/// Whether the processor has a feature of the list.
///
/// # Safety
/// None is needed.
pub(super) unsafe fn has(feature: usize) -> bool {
    let (first, second) = BITS[feature];
    value(kind::CAPABILITIES) & first == first && value(kind::MORE_CAPABILITIES) & second == second
}
