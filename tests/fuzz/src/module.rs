//! Makes modules, and decides what is done with them.

use arbitrary::Unstructured;
use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use wasm_smith::{Config, MemoryOffsetChoices, Module};
use wasmparser::{MemArgTarget, MemoryType, Operator, Parser, Payload};

/// Bytes of randomness for a module.
const ENTROPY: usize = 32768;

/// Loop iterations and calls until a module ends itself.
const FUEL: u32 = 1000;

/// A module and the source of the arguments for its exports.
pub struct Case {
    /// The binary format.
    pub bytes: Vec<u8>,
    seed: u64,
}

impl Case {
    /// Random numbers for arguments, the same each time.
    pub fn numbers(&self) -> SmallRng {
        SmallRng::seed_from_u64(self.seed ^ 0x5eed)
    }

    /// Random numbers for how it is built, the same each time.
    pub fn options(&self) -> SmallRng {
        SmallRng::seed_from_u64(self.seed ^ 0xb17d)
    }
}

/// The module with this number; `None` where there is none.
pub fn generate(seed: u64) -> Option<Case> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut entropy = vec![0; ENTROPY];
    random.fill_bytes(&mut entropy);
    let mut once_in = |times: u32| random.random_ratio(1, times);
    let config = Config {
        // Functions that do something and come to an end: traps are rare in some modules, never there in others.
        disallow_traps: once_in(3),
        allow_start_export: once_in(8),
        canonicalize_nans: true,
        export_everything: true,
        generate_custom_sections: false,
        max_imports: 0,
        min_types: 3,
        max_types: 25,
        min_funcs: 3,
        max_funcs: 15,
        min_globals: 2,
        min_memories: 1,
        max_memories: 3,
        min_tables: 1,
        max_tables: 4,
        max_instructions: 400,
        max_memory32_bytes: 10 << 16,
        max_memory64_bytes: 10 << 16,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(150, 50, 1),
        max_table_elements: 1000,
        table_max_size_required: true,
        // Some features hide others: each module leaves some out.
        custom_page_sizes_enabled: once_in(4),
        exceptions_enabled: !once_in(4),
        gc_enabled: !once_in(3),
        memory64_enabled: once_in(2),
        relaxed_simd_enabled: !once_in(4),
        simd_enabled: !once_in(3),
        tail_call_enabled: !once_in(4),
        threads_enabled: once_in(3),
        wide_arithmetic_enabled: !once_in(2),
        // What wasmtime lacks, or cannot be compared.
        compact_imports_enabled: false,
        shared_everything_threads_enabled: false,
        ..Config::default()
    };
    let mut module = Module::new(config, &mut Unstructured::new(&entropy)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    let mut bytes = module.to_bytes();
    never_wait(&mut bytes).ok()?;
    Some(Case { bytes, seed })
}

/// Replaces `memory.atomic.wait`, which would wait for other threads where there are none, by its first operand.
fn never_wait(bytes: &mut [u8]) -> wasmparser::Result<()> {
    const DROP: u8 = 0x1a;
    const I32_WRAP_I64: u8 = 0xa7;
    const NOP: u8 = 0x01;
    let mut replacements = Vec::new();
    let mut memories: Vec<MemoryType> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::MemorySection(section) => memories = section.into_iter().collect::<Result<_, _>>()?,
            Payload::CodeSectionEntry(body) => {
                let mut wait = None;
                for operator in body.get_operators_reader()?.into_iter_with_offsets() {
                    let (operator, offset) = operator?;
                    if let Some((start, memory)) = wait.take() {
                        replacements.push((start..offset as usize, memory));
                    }
                    if let Operator::MemoryAtomicWait32 { memarg } | Operator::MemoryAtomicWait64 { memarg } = operator
                        && let MemArgTarget::Memory(memory) = memarg.target
                    {
                        wait = Some((offset as usize, memory));
                    }
                }
            }
            _ => {}
        }
    }
    for (instruction, memory) in replacements {
        let instruction = &mut bytes[instruction];
        instruction.fill(NOP);
        // There is room: two bytes of opcode, and at least one each for alignment and offset.
        instruction[..2].fill(DROP);
        if memories[memory as usize].memory64 {
            instruction[2] = I32_WRAP_I64;
        }
    }
    Ok(())
}
