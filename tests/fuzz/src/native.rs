//! The module as an executable of wasmc's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::Rng;
use rand::rngs::SmallRng;
use wasmc_abi::trap::TrapCode;
use wasmc_compiler::{
    Bounds, DebugLevel, Entry, Input, MemoryBase, OptLevel, Options, RelaxedSimd, compile_program, link,
};

use crate::harness::{Answer, Harness, Request};
use crate::module::Case;
use crate::outcome::{Expected, Native, Outcome, Question, Value};

/// Builds the module, and asks it what the oracle was asked. The error is for a module that wasmc does not build.
pub fn run(harness: &Harness, case: &Case, expected: &Expected) -> Result<Native, String> {
    let executable = build(case)?;
    let requests: Vec<Request> = expected
        .iter()
        .map(|(question, _)| match question {
            Question::Instantiate => Request::Initialize(0),
            Question::Call(export, arguments) => Request::Call(0, *export, arguments.clone()),
            Question::Global(export) => Request::Get(0, *export),
            Question::Memory(export) => Request::Memory(0, *export),
        })
        .collect();
    let conversation = harness.run(&executable, &requests).map_err(|error| error.to_string())?;
    let outcomes = conversation.answers.into_iter().zip(expected).map(|(answer, (_, outcome))| decode(answer, outcome));
    Ok(Native { outcomes: outcomes.collect(), failure: conversation.failure })
}

fn build(case: &Case) -> Result<Vec<u8>, String> {
    let options = options(&mut case.options());
    let input = Input { name: "fuzz".into(), bytes: &case.bytes, ..Input::default() };
    let built = catch_unwind(AssertUnwindSafe(|| {
        let program = compile_program(&[input], &options, &())?;
        let mut executable = Vec::new();
        link(&program, &options, &mut executable).map(|()| executable)
    }));
    match built {
        Ok(built) => built.map_err(|error| format!("wasmc: {error}")),
        Err(_) => Err("wasmc panicked".to_owned()),
    }
}

/// Each module is built in one of the ways that a user could choose.
fn options(random: &mut SmallRng) -> Options {
    let mut once_in = |times: u32| random.random_ratio(1, times);
    Options {
        entry: Entry::Harness,
        relaxed_simd: RelaxedSimd::Deterministic,
        opt_level: match (once_in(3), once_in(2)) {
            (false, _) => OptLevel::Speed,
            (true, false) => OptLevel::None,
            (true, true) => OptLevel::Size,
        },
        memory_base: if once_in(4) { MemoryBase::Relocatable } else { MemoryBase::Fixed },
        bounds: if once_in(4) { Bounds::Explicit } else { Bounds::Guard },
        heap_stress: once_in(4),
        debug_info: if once_in(8) { DebugLevel::Full } else { DebugLevel::None },
        jobs: 1,
        ..Options::default()
    }
}

/// An answer in the terms of the outcome that is expected, which tells references from numbers.
fn decode(answer: Answer, expected: &Outcome) -> Outcome {
    match answer {
        Answer::Values(values) => {
            let types: &[Value] = if let Outcome::Values(types) = expected { types } else { &[] };
            let value = |(at, bits): (usize, u128)| match types.get(at) {
                Some(Value::Reference { .. }) => Value::Reference { is_null: bits as u64 == 0 },
                _ => Value::Bits(bits),
            };
            Outcome::Values(values.into_iter().enumerate().map(value).collect())
        }
        Answer::Exception => Outcome::Exception,
        Answer::Trap(TrapCode::StackOverflow | TrapCode::HeapExhausted) => Outcome::Limit,
        // The oracle has fewer kinds.
        Answer::Trap(TrapCode::UndefinedElement) => Outcome::Trap("TableOutOfBounds"),
        Answer::Trap(TrapCode::NullFunction | TrapCode::NullStructure | TrapCode::NullArray | TrapCode::NullI31) => {
            Outcome::Trap("NullReference")
        }
        Answer::Trap(code) => Outcome::Trap(code.name()),
        Answer::Error(_) => Outcome::Trap("no answer"),
    }
}
