//! What wasmtime does with a module.

use rand::Rng;
use rand::rngs::SmallRng;
use wasmtime::{
    AsContextMut, Config, Engine, Extern, ExternType, Instance, Module, Ref, Result, Store, ThrownException, Trap,
    V128, Val, ValType,
};

use crate::module::Case;
use crate::outcome::{Expected, Outcome, Question, Value};

/// Calls of each export.
const CALLS: usize = 2;

/// An engine for every feature of the modules.
pub fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_custom_page_sizes(true)
        .wasm_exceptions(true)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .wasm_tail_call(true)
        .wasm_threads(true)
        .shared_memory(true)
        .wasm_wide_arithmetic(true);
    Ok(Engine::new(&config)?)
}

/// Instantiates the module, calls its exports, and reads its globals and memories.
pub fn run(engine: &Engine, case: &Case) -> Result<Expected> {
    let module = Module::new(engine, &case.bytes)?;
    let mut store = Store::new(engine, ());
    let mut expected = Expected::new();
    let instance = match Instance::new(&mut store, &module, &[]) {
        Ok(instance) => instance,
        Err(error) => {
            expected.push((Question::Instantiate, failure(&error)));
            return Ok(expected);
        }
    };
    expected.push((Question::Instantiate, Outcome::Values(Vec::new())));
    let mut numbers = case.numbers();
    let exports: Vec<(String, ExternType)> =
        module.exports().map(|export| (export.name().to_owned(), export.ty())).collect();
    for (position, (name, ty)) in exports.iter().enumerate() {
        let ExternType::Func(ty) = ty else { continue };
        for _ in 0..CALLS {
            let Some(arguments) = ty.params().map(|ty| argument(&ty, &mut numbers)).collect::<Option<Vec<_>>>() else {
                break;
            };
            let Some(function) = instance.get_func(&mut store, name) else { break };
            let mut results = vec![Val::I32(0); ty.results().len()];
            let values: Vec<Val> = arguments.iter().map(|&(value, _)| value).collect();
            let outcome = match function.call(&mut store, &values, &mut results) {
                Ok(()) => Outcome::Values(results.iter().map(value).collect()),
                Err(error) => failure(&error),
            };
            expected.push((Question::Call(position, arguments.iter().map(|&(_, bits)| bits).collect()), outcome));
        }
    }
    for (position, (name, _)) in exports.iter().enumerate() {
        match instance.get_export(&mut store, name) {
            Some(Extern::Global(global)) => {
                let read = global.get(&mut store);
                expected.push((Question::Global(position), Outcome::Values(vec![value(&read)])));
            }
            Some(Extern::Memory(memory)) => {
                expected.push((Question::Memory(position), contents(memory.data(store.as_context_mut()))));
            }
            Some(Extern::SharedMemory(memory)) => {
                // SAFETY: no thread runs that could write to it.
                let bytes: Vec<u8> = memory.data().iter().map(|byte| unsafe { *byte.get() }).collect();
                expected.push((Question::Memory(position), contents(&bytes)));
            }
            _ => {}
        }
    }
    Ok(expected)
}

/// A memory's length and the hash of its contents.
fn contents(bytes: &[u8]) -> Outcome {
    Outcome::Values(vec![Value::Bits((bytes.len() as u128) << 64 | u128::from(fnv1a(bytes)))])
}

/// The hash that the harness of wasmc's executables uses.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A random argument and its bits; none for references that must not be null.
fn argument(ty: &ValType, numbers: &mut SmallRng) -> Option<(Val, u128)> {
    let small = numbers.random_ratio(1, 2);
    let mut number = numbers.random::<u64>();
    if small {
        number %= 64;
    }
    Some(match ty {
        ValType::I32 => (Val::I32(number as i32), u128::from(number as u32)),
        ValType::I64 => (Val::I64(number as i64), u128::from(number)),
        ValType::F32 => {
            let bits = (number as i32 as f32).to_bits();
            (Val::F32(bits), u128::from(bits))
        }
        ValType::F64 => {
            let bits = (number as i64 as f64).to_bits();
            (Val::F64(bits), u128::from(bits))
        }
        ValType::V128 => {
            let bits = u128::from(number) << 64 | u128::from(numbers.random::<u64>());
            (Val::V128(V128::from(bits)), bits)
        }
        ValType::Ref(ty) if ty.is_nullable() => (Ref::null(ty.heap_type()).into(), 0),
        ValType::Ref(_) => return None,
    })
}

fn value(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::Bits(u128::from(*value as u32)),
        Val::I64(value) => Value::Bits(u128::from(*value as u64)),
        Val::F32(bits) => Value::Bits(u128::from(*bits)),
        Val::F64(bits) => Value::Bits(u128::from(*bits)),
        Val::V128(value) => Value::Bits(value.as_u128()),
        reference => Value::Reference { is_null: reference.ref_().is_none_or(|reference| reference.is_null()) },
    }
}

fn failure(error: &wasmtime::Error) -> Outcome {
    if error.is::<ThrownException>() {
        return Outcome::Exception;
    }
    Outcome::Trap(match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "Unreachable",
        Some(Trap::MemoryOutOfBounds) => "MemoryOutOfBounds",
        Some(Trap::TableOutOfBounds) => "TableOutOfBounds",
        Some(Trap::IndirectCallToNull) => "UninitializedElement",
        Some(Trap::BadSignature) => "IndirectCallTypeMismatch",
        Some(Trap::IntegerOverflow) => "IntegerOverflow",
        Some(Trap::IntegerDivisionByZero) => "IntegerDivideByZero",
        Some(Trap::BadConversionToInteger) => "InvalidConversionToInteger",
        Some(Trap::NullReference) => "NullReference",
        Some(Trap::ArrayOutOfBounds) => "ArrayOutOfBounds",
        Some(Trap::CastFailure) => "CastFailure",
        // The stack is full, an allocation too large, the heap exhausted.
        _ => return Outcome::Limit,
    })
}
