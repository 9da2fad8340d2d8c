//! Branch hints: which way conditional branches are likely to go (branch-hinting proposal).

use std::collections::HashMap;

use wasmparser::BranchHintSectionReader;

/// What the section `metadata.code.branch_hint` says of each function.
#[derive(Default)]
pub(crate) struct BranchHints(HashMap<u32, HashMap<u32, bool>>);

impl BranchHints {
    /// Reads the section; an error means that it is malformed.
    pub fn read(section: BranchHintSectionReader<'_>) -> wasmparser::Result<BranchHints> {
        let mut functions = HashMap::new();
        for function in section {
            let function = function?;
            let hints = function.hints.into_iter().map(|hint| hint.map(|hint| (hint.func_offset, hint.taken)));
            functions.insert(function.func, hints.collect::<wasmparser::Result<_>>()?);
        }
        Ok(BranchHints(functions))
    }

    /// For a function, by its index, the likely outcome of branches: by the offset of the instruction in the body,
    /// whether its condition holds. Offsets of other instructions mean nothing.
    pub fn of_function(&self, index: u32) -> Option<&HashMap<u32, bool>> {
        self.0.get(&index)
    }
}
