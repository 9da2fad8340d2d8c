//! Decides which trap a faulting instruction means, from the kind of fault, the address and the program counter.

use core::ops::Range;

use wasmc_abi::instance::{MEMORY_FIXED_BASE, MemoryDescriptor};
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
    /// The innermost frame, where the function has made it.
    pub frame_pointer: usize,
    /// The return address of the last call, where the processor keeps that in a register.
    pub link: usize,
}

impl Registers {
    /// For a walk that begins at the frame of a function of the runtime library.
    pub fn of_library(frame: usize) -> Registers {
        Registers { program_counter: 0, stack_pointer: 0, frame_pointer: frame, link: 0 }
    }
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
        // An index that wraps at 2^32 may have a constant folded into its displacement: the processor then sees an
        // address below the base, where a memory at a fixed place has nothing but unmapped pages.
        let offset = match address.checked_sub(memory.base) {
            Some(offset) => offset,
            None if memory.flags & MEMORY_FIXED_BASE != 0 => u64::from(address.wrapping_sub(memory.base) as u32),
            None => return None,
        };
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
    // Below the memory's size everything is accessible: a fault there is the machine's (a page of the executable's file
    // that can no longer be read).
    let is_outside = accessed.is_some_and(|(offset, length)| offset >= length);
    match (site.map(|site| site.code), fault.kind) {
        (Some(Some(TrapCode::MemoryOutOfBounds)), FaultKind::Memory) => {
            Explanation::Trap(TrapCode::MemoryOutOfBounds, detail)
        }
        (Some(Some(code)), _) => Explanation::Trap(code, Detail::None),
        (Some(None), FaultKind::Memory) if is_outside => Explanation::Trap(TrapCode::MemoryOutOfBounds, detail),
        (_, FaultKind::Instruction) => Explanation::Trap(TrapCode::UnsupportedProcessor, Detail::None),
        _ => Explanation::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::code_map::tests::sample;
    use super::*;
    use wasmc_abi::Span;
    use wasmc_abi::program::ABI_VERSION;

    /// A program with one memory of 64 KiB at 0x10000, and the code of the sample map.
    fn program(flags: u32) -> Program {
        let memory = MemoryDescriptor {
            base: 0x1_0000,
            length: 0x1_0000,
            maximum: 0x2_0000,
            reservation: if flags == 0 { 0x10_0000 } else { 1 << 33 },
            page_size_log2: 16,
            flags,
        };
        let memories = vec![core::ptr::from_ref(Box::leak(Box::new(memory))).expose_provenance() as u64].leak();
        let nothing = Span { start: 0, length: 0 };
        Program {
            abi_version: ABI_VERSION,
            flags: 0,
            stack_size: 0,
            stack_region: 0,
            entry: 0,
            memories: Span { start: memories.as_ptr().expose_provenance() as u64, length: 1 },
            images: nothing,
            wasi_memory: 0,
            code: sample(),
            environment: nothing,
            preopens: nothing,
            arguments: nothing,
            threads: nothing,
            modules: nothing,
            heap: 0,
            sources: 0,
            build_id: 0,
            core_dump: 0,
            processor: 0,
        }
    }

    /// The trap, and whether an access was told.
    fn explained(kind: FaultKind, address: Option<usize>, program_counter: usize) -> Option<(TrapCode, bool)> {
        explained_in(&program(0), kind, address, program_counter)
    }

    fn explained_in(
        program: &Program,
        kind: FaultKind,
        address: Option<usize>,
        program_counter: usize,
    ) -> Option<(TrapCode, bool)> {
        let registers = Registers { program_counter, stack_pointer: 0, frame_pointer: 0, link: 0 };
        let fault = Fault { kind, signal: 0, address, registers };
        match explain(&fault, program, &CodeMap::new(&program.code), 0x70_0000..0x71_0000) {
            Explanation::Trap(code, detail) => Some((code, matches!(detail, Detail::Access { .. }))),
            Explanation::Unknown => None,
        }
    }

    #[test]
    fn faults_are_explained_by_address_and_site() {
        use FaultKind::{Arithmetic, Instruction, Memory};
        let (load, trap, elsewhere, runtime) = (0x1008, 0x10d8, 0x1009, 0x5000);
        let out_of_bounds = Some((TrapCode::MemoryOutOfBounds, true));
        assert_eq!(explained(Memory, Some(0x2_0000), load), out_of_bounds);
        assert_eq!(explained(Memory, Some(0x10_ffff), load), out_of_bounds);
        // Accessible, behind the reservation, no address: not the program's doing.
        assert_eq!(explained(Memory, Some(0x1_ffff), load), None);
        assert_eq!(explained(Memory, Some(0x11_0000), load), None);
        assert_eq!(explained(Memory, Some(0xffff), load), None);
        assert_eq!(explained(Memory, None, load), None);
        // But below a fixed base, an index wrapped.
        let fixed = program(MEMORY_FIXED_BASE);
        assert_eq!(explained_in(&fixed, Memory, Some(0xfff8), load), out_of_bounds);
        // Where no access is known to be, and outside of compiled code.
        assert_eq!(explained(Memory, Some(0x2_0000), elsewhere), None);
        assert_eq!(explained(Memory, Some(0x2_0000), runtime), None);
        // The stack's guard explains everything.
        for program_counter in [load, trap, elsewhere, runtime] {
            let overflow = Some((TrapCode::StackOverflow, false));
            assert_eq!(explained(Memory, Some(0x70_0000), program_counter), overflow);
            assert_eq!(explained(Memory, Some(0x70_ffff), program_counter), overflow);
        }
        // A site with a code means that.
        for kind in [Instruction, Arithmetic, Memory] {
            assert_eq!(explained(kind, None, trap), Some((TrapCode::Unreachable, false)));
        }
        assert_eq!(explained(Instruction, None, elsewhere), Some((TrapCode::UnsupportedProcessor, false)));
        assert_eq!(explained(Instruction, None, load), Some((TrapCode::UnsupportedProcessor, false)));
        assert_eq!(explained(Instruction, None, runtime), None);
        assert_eq!(explained(Arithmetic, None, elsewhere), None);
    }
}
