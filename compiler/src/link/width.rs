//! What differs between ELF of 32 and of 64 bits.

/// The class of an ELF file (gABI 4, "ELF Identification"). Inside the linker, everything has 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// 32 bits: the dynamic relocations have no addends, as the processors' supplements want it.
    Narrow,
    /// 64 bits.
    Wide,
}

impl Width {
    fn either(self, narrow: u64, wide: u64) -> u64 {
        match self {
            Width::Narrow => narrow,
            Width::Wide => wide,
        }
    }

    /// Size of the ELF header.
    pub fn file_header(self) -> u64 {
        self.either(52, 64)
    }

    /// Size of a program header.
    pub fn program_header(self) -> u64 {
        self.either(32, 56)
    }

    /// Size of a section header.
    pub fn section_header(self) -> u64 {
        self.either(40, 64)
    }

    /// Size of a symbol table entry.
    pub fn symbol(self) -> u64 {
        self.either(16, 24)
    }

    /// Size of an entry of the dynamic section.
    pub fn dynamic(self) -> u64 {
        self.either(8, 16)
    }

    /// Size of a dynamic relocation.
    pub fn relocation(self) -> u64 {
        self.either(8, 24)
    }

    /// Size of an address.
    pub fn word(self) -> u64 {
        self.either(4, 8)
    }
}
