//! s390x: what the processor says, by an instruction that needs no privilege (z/Architecture Principles of Operation, "STORE
//! FACILITY LIST EXTENDED"), and whether the kernel keeps vectors (HWCAP_S390_VXRS).

use super::super::auxiliary::{kind, value};

pub(super) use wasmc_abi::processor::S390X as FEATURES;

const VECTORS: usize = 1 << 11;

/// Facilities that each wants.
const FACILITIES: [&[usize]; FEATURES.len()] = [
    // Miscellaneous instruction extensions 2, vectors, vector enhancements 1.
    &[58, 129, 135],
    // Miscellaneous instruction extensions 3.
    &[61],
    // Miscellaneous instruction extensions 4.
    &[84],
    // Vector enhancements 2.
    &[148],
    // Vector enhancements 3.
    &[198],
];

/// Whether the processor has a feature of the list.
///
/// # Safety
/// None is needed.
pub(super) unsafe fn has(feature: usize) -> bool {
    let mut facilities = [0u64; 4];
    // SAFETY: writes as many double words as register 0 says, plus one.
    unsafe {
        core::arch::asm!(
            "stfle 0({facilities})",
            facilities = in(reg_addr) &raw mut facilities,
            inout("r0") facilities.len() as u64 - 1 => _,
        );
    }
    // Bit 0 is the leftmost.
    let installed = |&number: &usize| facilities[number / 64] >> (63 - number % 64) & 1 != 0;
    FACILITIES[feature].iter().all(installed) && value(kind::CAPABILITIES) & VECTORS != 0
}
