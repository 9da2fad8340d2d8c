//! Refuses to start a program on a processor that it was not built for: not the middle of its work is where that comes to light.

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod architecture;
#[cfg(target_arch = "riscv64")]
#[path = "riscv64.rs"]
mod architecture;
#[cfg(target_arch = "s390x")]
#[path = "s390x.rs"]
mod architecture;

use architecture::FEATURES;
use wasmc_abi::processor::Requirements;
use wasmc_abi::trap::TrapCode;

/// See [`wasmc_abi::symbols::CHECK_PROCESSOR`].
///
/// # Safety
/// To be called at the start, before there are threads.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_check_processor(requirements: &Requirements) {
    let mut missing = 0u64;
    let mut rest = requirements.features;
    while rest != 0 {
        let feature = rest.trailing_zeros();
        rest &= rest - 1;
        // SAFETY: the caller's promise.
        if !unsafe { architecture::has(feature as usize) } {
            missing |= 1 << feature;
        }
    }
    if missing == 0 {
        return;
    }
    crate::trap::report::end_before_start(TrapCode::UnsupportedProcessor, &|output| {
        output.bytes(b": it lacks ");
        for (feature, name) in FEATURES.iter().enumerate().filter(|(feature, _)| missing >> feature & 1 != 0) {
            if missing & ((1 << feature) - 1) != 0 {
                output.bytes(b", ");
            }
            output.bytes(name.as_bytes());
        }
        output.bytes(b", which the executable was built to use");
    })
}
