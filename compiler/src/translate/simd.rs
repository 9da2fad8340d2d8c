//! Vector instructions (wasm spec 4.4.3).

use wasmparser::Operator;

use super::Translator;

impl Translator<'_, '_, '_> {
    /// Translates a vector operator; false for operators of other families.
    pub(super) fn simd_operator(&mut self, operator: &Operator<'_>) -> bool {
        let _ = operator;
        false
    }
}
