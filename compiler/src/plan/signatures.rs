//! Canonical numbers for function types: equal types have equal numbers throughout a program, so that an
//! indirect call compares with a constant.

use std::collections::HashMap;

use wasmparser::FuncType;

use crate::module::Module;

/// Numbers of the function types of all modules.
pub(crate) struct Signatures {
    /// By module and type index; `None` for types that are not functions'.
    ids: Vec<Vec<Option<u32>>>,
    by_type: HashMap<FuncType, u32>,
}

impl Signatures {
    pub fn number(modules: &[Module<'_>]) -> Signatures {
        let mut by_type = HashMap::new();
        let ids = modules
            .iter()
            .map(|module| {
                module
                    .types
                    .iter()
                    .map(|ty| {
                        let next = by_type.len() as u32;
                        ty.as_ref().map(|ty| *by_type.entry(ty.clone()).or_insert(next))
                    })
                    .collect()
            })
            .collect();
        Signatures { ids, by_type }
    }

    /// Number of the type with this index, which the validator has found to be a function's.
    pub fn of_index(&self, module: usize, type_index: u32) -> u32 {
        self.ids[module][type_index as usize].expect("validated function type")
    }

    /// Number of a type that some module of the program has.
    pub fn of_type(&self, ty: &FuncType) -> u32 {
        // Every function of the program, the runtime library's too, has its type from a type section.
        self.by_type[ty]
    }
}
