//! Decides which trap a faulting instruction means, from the kind of fault, the address and the program counter.

use core::ops::Range;

use wasmc_abi::instance::MemoryDescriptor;
use wasmc_abi::program::Program;
use wasmc_abi::trap::TrapCode;

use super::Detail;
use super::code_map::CodeMap;
use crate::arch::ResumePoint;

/// What the processor refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An access to memory.
    Memory,
    /// An instruction it does not have, or the one that always faults.
    Instruction,
    /// A division.
    Arithmetic,
    /// Nothing: another process sent the signal.
    Sent,
}

/// The registers that a backtrace begins with.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Address of the instruction, or 0 for "in the runtime library".
    pub program_counter: usize,
    /// Address of the lowest byte in use on the stack, or 0 where `program_counter` is.
    pub stack_pointer: usize,
    /// Address of the innermost frame record: the caller's frame pointer and, above it, the return address.
    pub frame_pointer: usize,
}

/// A fault as the operating system reports it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// The operating system's number for it.
    pub signal: i32,
    /// The address that was accessed, where there is one.
    pub address: Option<usize>,
    /// Where it happened.
    pub registers: Registers,
}

/// Where to go on after a fault.
#[derive(Clone, Copy, Debug)]
pub struct Resumption {
    /// The place.
    pub point: ResumePoint,
    /// Number of the trap's code, the result there.
    pub code: u32,
}

/// What a fault means.
#[derive(Clone, Copy, Debug)]
pub enum Explanation {
    /// A trap of the program.
    Trap(TrapCode, Detail<'static>),
    /// A defect of wasmc, or of the machine.
    Unknown,
}

/// The memory whose reservation holds the address: the offset in it, and its size.
fn access(program: &Program, address: u64) -> Option<(u64, u64)> {
    // SAFETY: the compiler's description of its program.
    let memories = unsafe { program.memories.as_slice::<u64>() };
    memories.iter().find_map(|&memory| {
        // SAFETY: as above; nobody writes the descriptor while the handler runs.
        let memory = unsafe { &*core::ptr::with_exposed_provenance::<MemoryDescriptor>(memory as usize) };
        let offset = address.checked_sub(memory.base)?;
        (offset < memory.reservation).then_some((offset, memory.length))
    })
}

/// Explains a fault. `guard` are the addresses of the wasm stack's guard.
pub fn explain(fault: &Fault, program: &Program, code_map: &CodeMap<'_>, guard: Range<usize>) -> Explanation {
    if let Some(address) = fault.address
        && guard.contains(&address)
    {
        // Anywhere: in compiled code's probes, in the push of a call, in a function of the runtime library.
        return Explanation::Trap(TrapCode::StackOverflow, Detail::None);
    }
    let program_counter = fault.registers.program_counter;
    if !code_map.contains(program_counter) {
        return Explanation::Unknown;
    }
    let site = code_map.function(program_counter).and_then(|function| code_map.site(function, program_counter));
    let accessed = fault.address.and_then(|address| access(program, address as u64));
    let detail = match accessed {
        Some((offset, length)) => Detail::Access { offset, length },
        None => Detail::None,
    };
    match (site.map(|site| site.code), fault.kind) {
        (Some(Some(TrapCode::MemoryOutOfBounds)), FaultKind::Memory) => {
            Explanation::Trap(TrapCode::MemoryOutOfBounds, detail)
        }
        (Some(Some(code)), _) => Explanation::Trap(code, Detail::None),
        (Some(None), FaultKind::Memory) if accessed.is_some() => Explanation::Trap(TrapCode::MemoryOutOfBounds, detail),
        (_, FaultKind::Instruction) => Explanation::Trap(TrapCode::UnsupportedProcessor, Detail::None),
        _ => Explanation::Unknown,
    }
}
