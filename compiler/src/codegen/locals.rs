//! Where the locals of a function are in its frame, for core dumps (`wasmc_abi::core_dump::CoreDump::locals`): at `-O0`, where each
//! that is no reference has a place of its own.

use cranelift_codegen::CompiledCode;
use target_lexicon::Triple;
use wasmc_abi::core_dump::LOCAL_UNKNOWN;
use wasmc_abi::value::{F32, F64, I32, I64};
use wasmparser::ValType;

use super::{signed_leb128, unsigned_leb128};
use crate::debug;
use crate::module::Module;
use crate::plan::{Plan, Unit};
use crate::targets::has_frame_pointer;

/// Describes the locals of a unit; there are none in what is no wasm function.
pub(super) fn describe(compiled: &CompiledCode, plan: &Plan<'_>, unit: Unit, triple: &Triple) -> Vec<u8> {
    let types = match unit {
        Unit::Wasm { module, position } => types_of(&plan.modules[module], position),
        _ => Vec::new(),
    };
    let slots = debug::slots(compiled).unwrap_or_default();
    // Without a frame pointer, frames are known by the stack pointer.
    let frame = match compiled.buffer.frame_layout() {
        Some(layout) if !has_frame_pointer(triple) => layout.frame_to_fp_offset,
        _ => 0,
    };
    let mut bytes = Vec::new();
    unsigned_leb128(&mut bytes, types.len() as u64);
    for (local, ty) in types.into_iter().enumerate() {
        let code = match ty {
            ValType::I32 => Some(I32),
            ValType::I64 => Some(I64),
            ValType::F32 => Some(F32),
            ValType::F64 => Some(F64),
            // The format has no values of these.
            ValType::V128 | ValType::Ref(_) => None,
        };
        match code.zip(slots.get(local).copied().flatten()) {
            Some((code, offset)) => {
                bytes.push(code);
                signed_leb128(&mut bytes, i64::from(offset) + i64::from(frame));
            }
            None => bytes.push(LOCAL_UNKNOWN),
        }
    }
    bytes
}

/// Parameters, then declared locals.
fn types_of(module: &Module<'_>, position: usize) -> Vec<ValType> {
    let mut types = module.function_type(module.imported.functions + position as u32).params().to_vec();
    let declared = module.bodies[position].code.get_locals_reader().into_iter().flatten().flatten();
    types.extend(declared.flat_map(|(count, ty)| std::iter::repeat_n(ty, count as usize)));
    types
}
