//! What a program needs of the processor beyond what every one has that its target is for, outside x86-64: there, `cpuid` costs
//! more than the rest of a start (`translate/internal/processor.rs` of the compiler).

/// What an executable was built for, where its processor is checked when it starts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Requirements {
    /// Address of [`CHECK_PROCESSOR`](crate::symbols::CHECK_PROCESSOR): it is linked only where this is.
    pub check: u64,
    /// Bit i: feature i of the processor's list below.
    pub features: u64,
}

const _: () = assert!(size_of::<Requirements>() == 16);

/// Arm Architecture Reference Manual for A-profile, A2.2.
pub const AARCH64: &[&str] = &["lse", "pauth", "fp16", "dotprod", "i8mm"];

/// Extensions that the RISC-V profiles name. Not those of `rv64gc`, without which nothing starts.
pub const RISCV64: &[&str] =
    &["v", "zba", "zbb", "zbc", "zbs", "zbkb", "zcb", "zfa", "zfh", "zfhmin", "zicond", "zvbb", "zvfh"];

/// z/Architecture Principles of Operation, "Facility Indications". The first, the z14's, is in every program.
pub const S390X: &[&str] = &["arch12", "mie3", "mie4", "vxrs_ext2", "vxrs_ext3"];

#[cfg(test)]
mod tests {
    #[test]
    fn each_has_a_bit() {
        for list in [super::AARCH64, super::RISCV64, super::S390X] {
            assert!(list.len() <= 64);
        }
    }
}
