//! Atomic memory instructions (threads proposal). All of them are sequentially consistent, as Cranelift's are.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AtomicRmwOp as Op, InstBuilder, Type, Value, types};
use wasmc_abi::trap::TrapCode;
use wasmparser::{MemArg, Operator};

use super::Translator;
use super::address::memory_index;
use super::symbols::RuntimeSymbol;
use crate::targets::is_pulley;

impl Translator<'_, '_, '_> {
    /// Translates an atomic operator; false for operators of other families.
    pub(super) fn atomic_operator(&mut self, operator: &Operator<'_>) -> bool {
        use types::{I8, I16, I32, I64};
        match operator {
            Operator::I32AtomicLoad { memarg } => self.atomic_load(memarg, I32, I32),
            Operator::I32AtomicLoad8U { memarg } => self.atomic_load(memarg, I32, I8),
            Operator::I32AtomicLoad16U { memarg } => self.atomic_load(memarg, I32, I16),
            Operator::I64AtomicLoad { memarg } => self.atomic_load(memarg, I64, I64),
            Operator::I64AtomicLoad8U { memarg } => self.atomic_load(memarg, I64, I8),
            Operator::I64AtomicLoad16U { memarg } => self.atomic_load(memarg, I64, I16),
            Operator::I64AtomicLoad32U { memarg } => self.atomic_load(memarg, I64, I32),
            Operator::I32AtomicStore { memarg } => self.atomic_store(memarg, I32),
            Operator::I32AtomicStore8 { memarg } => self.atomic_store(memarg, I8),
            Operator::I32AtomicStore16 { memarg } => self.atomic_store(memarg, I16),
            Operator::I64AtomicStore { memarg } => self.atomic_store(memarg, I64),
            Operator::I64AtomicStore8 { memarg } => self.atomic_store(memarg, I8),
            Operator::I64AtomicStore16 { memarg } => self.atomic_store(memarg, I16),
            Operator::I64AtomicStore32 { memarg } => self.atomic_store(memarg, I32),
            Operator::I32AtomicRmwAdd { memarg } => self.atomic_update(memarg, I32, I32, Op::Add),
            Operator::I32AtomicRmw8AddU { memarg } => self.atomic_update(memarg, I32, I8, Op::Add),
            Operator::I32AtomicRmw16AddU { memarg } => self.atomic_update(memarg, I32, I16, Op::Add),
            Operator::I64AtomicRmwAdd { memarg } => self.atomic_update(memarg, I64, I64, Op::Add),
            Operator::I64AtomicRmw8AddU { memarg } => self.atomic_update(memarg, I64, I8, Op::Add),
            Operator::I64AtomicRmw16AddU { memarg } => self.atomic_update(memarg, I64, I16, Op::Add),
            Operator::I64AtomicRmw32AddU { memarg } => self.atomic_update(memarg, I64, I32, Op::Add),
            Operator::I32AtomicRmwSub { memarg } => self.atomic_update(memarg, I32, I32, Op::Sub),
            Operator::I32AtomicRmw8SubU { memarg } => self.atomic_update(memarg, I32, I8, Op::Sub),
            Operator::I32AtomicRmw16SubU { memarg } => self.atomic_update(memarg, I32, I16, Op::Sub),
            Operator::I64AtomicRmwSub { memarg } => self.atomic_update(memarg, I64, I64, Op::Sub),
            Operator::I64AtomicRmw8SubU { memarg } => self.atomic_update(memarg, I64, I8, Op::Sub),
            Operator::I64AtomicRmw16SubU { memarg } => self.atomic_update(memarg, I64, I16, Op::Sub),
            Operator::I64AtomicRmw32SubU { memarg } => self.atomic_update(memarg, I64, I32, Op::Sub),
            Operator::I32AtomicRmwAnd { memarg } => self.atomic_update(memarg, I32, I32, Op::And),
            Operator::I32AtomicRmw8AndU { memarg } => self.atomic_update(memarg, I32, I8, Op::And),
            Operator::I32AtomicRmw16AndU { memarg } => self.atomic_update(memarg, I32, I16, Op::And),
            Operator::I64AtomicRmwAnd { memarg } => self.atomic_update(memarg, I64, I64, Op::And),
            Operator::I64AtomicRmw8AndU { memarg } => self.atomic_update(memarg, I64, I8, Op::And),
            Operator::I64AtomicRmw16AndU { memarg } => self.atomic_update(memarg, I64, I16, Op::And),
            Operator::I64AtomicRmw32AndU { memarg } => self.atomic_update(memarg, I64, I32, Op::And),
            Operator::I32AtomicRmwOr { memarg } => self.atomic_update(memarg, I32, I32, Op::Or),
            Operator::I32AtomicRmw8OrU { memarg } => self.atomic_update(memarg, I32, I8, Op::Or),
            Operator::I32AtomicRmw16OrU { memarg } => self.atomic_update(memarg, I32, I16, Op::Or),
            Operator::I64AtomicRmwOr { memarg } => self.atomic_update(memarg, I64, I64, Op::Or),
            Operator::I64AtomicRmw8OrU { memarg } => self.atomic_update(memarg, I64, I8, Op::Or),
            Operator::I64AtomicRmw16OrU { memarg } => self.atomic_update(memarg, I64, I16, Op::Or),
            Operator::I64AtomicRmw32OrU { memarg } => self.atomic_update(memarg, I64, I32, Op::Or),
            Operator::I32AtomicRmwXor { memarg } => self.atomic_update(memarg, I32, I32, Op::Xor),
            Operator::I32AtomicRmw8XorU { memarg } => self.atomic_update(memarg, I32, I8, Op::Xor),
            Operator::I32AtomicRmw16XorU { memarg } => self.atomic_update(memarg, I32, I16, Op::Xor),
            Operator::I64AtomicRmwXor { memarg } => self.atomic_update(memarg, I64, I64, Op::Xor),
            Operator::I64AtomicRmw8XorU { memarg } => self.atomic_update(memarg, I64, I8, Op::Xor),
            Operator::I64AtomicRmw16XorU { memarg } => self.atomic_update(memarg, I64, I16, Op::Xor),
            Operator::I64AtomicRmw32XorU { memarg } => self.atomic_update(memarg, I64, I32, Op::Xor),
            Operator::I32AtomicRmwXchg { memarg } => self.atomic_update(memarg, I32, I32, Op::Xchg),
            Operator::I32AtomicRmw8XchgU { memarg } => self.atomic_update(memarg, I32, I8, Op::Xchg),
            Operator::I32AtomicRmw16XchgU { memarg } => self.atomic_update(memarg, I32, I16, Op::Xchg),
            Operator::I64AtomicRmwXchg { memarg } => self.atomic_update(memarg, I64, I64, Op::Xchg),
            Operator::I64AtomicRmw8XchgU { memarg } => self.atomic_update(memarg, I64, I8, Op::Xchg),
            Operator::I64AtomicRmw16XchgU { memarg } => self.atomic_update(memarg, I64, I16, Op::Xchg),
            Operator::I64AtomicRmw32XchgU { memarg } => self.atomic_update(memarg, I64, I32, Op::Xchg),
            Operator::I32AtomicRmwCmpxchg { memarg } => self.atomic_exchange(memarg, I32, I32),
            Operator::I32AtomicRmw8CmpxchgU { memarg } => self.atomic_exchange(memarg, I32, I8),
            Operator::I32AtomicRmw16CmpxchgU { memarg } => self.atomic_exchange(memarg, I32, I16),
            Operator::I64AtomicRmwCmpxchg { memarg } => self.atomic_exchange(memarg, I64, I64),
            Operator::I64AtomicRmw8CmpxchgU { memarg } => self.atomic_exchange(memarg, I64, I8),
            Operator::I64AtomicRmw16CmpxchgU { memarg } => self.atomic_exchange(memarg, I64, I16),
            Operator::I64AtomicRmw32CmpxchgU { memarg } => self.atomic_exchange(memarg, I64, I32),
            Operator::AtomicFence { ordering: _ } => {
                self.builder.ins().fence();
            }
            Operator::MemoryAtomicNotify { memarg } => self.notify(memarg),
            Operator::MemoryAtomicWait32 { memarg } => self.wait(memarg, I32, RuntimeSymbol::AtomicWait32),
            Operator::MemoryAtomicWait64 { memarg } => self.wait(memarg, I64, RuntimeSymbol::AtomicWait64),
            _ => return false,
        }
        true
    }

    fn atomic_load(&mut self, memarg: &MemArg, result: Type, memory: Type) {
        let index = self.pop();
        let address = self.aligned_address(memarg, index, memory);
        let flags = self.linear_memory_flags();
        let value = self.builder.ins().atomic_load(memory, flags, address);
        self.push_widened(value, result);
    }

    fn atomic_store(&mut self, memarg: &MemArg, memory: Type) {
        let (index, value) = self.pop2();
        let address = self.aligned_address(memarg, index, memory);
        let value = self.narrowed(value, memory);
        let flags = self.linear_memory_flags();
        self.builder.ins().atomic_store(flags, value, address);
    }

    fn atomic_update(&mut self, memarg: &MemArg, result: Type, memory: Type, operation: Op) {
        let (index, operand) = self.pop2();
        let address = self.aligned_address(memarg, index, memory);
        let operand = self.narrowed(operand, memory);
        let flags = self.linear_memory_flags();
        let old = self.builder.ins().atomic_rmw(memory, flags, operation, address, operand);
        self.push_widened(old, result);
    }

    /// Compare and exchange; what is expected is wrapped to the width of the access first.
    fn atomic_exchange(&mut self, memarg: &MemArg, result: Type, memory: Type) {
        let (index, expected, replacement) = self.pop3();
        let address = self.aligned_address(memarg, index, memory);
        let (expected, replacement) = (self.narrowed(expected, memory), self.narrowed(replacement, memory));
        let flags = self.linear_memory_flags();
        let old = self.builder.ins().atomic_cas(flags, address, expected, replacement);
        self.push_widened(old, result);
    }

    fn narrowed(&mut self, value: Value, memory: Type) -> Value {
        if self.type_of(value) == memory { value } else { self.builder.ins().ireduce(memory, value) }
    }

    fn push_widened(&mut self, value: Value, result: Type) {
        let value = if self.type_of(value) == result { value } else { self.builder.ins().uextend(result, value) };
        self.push(value);
    }

    /// Native address of an atomic access; traps unless the address in the memory is a multiple of the width.
    fn aligned_address(&mut self, memarg: &MemArg, index: Value, memory: Type) -> Value {
        self.check_alignment(memarg, index, memory);
        if is_pulley(self.isa.triple()) {
            // Atomic accesses are none of the interpreter's checked ones.
            return self.compared_address(memarg, index, memory.bytes());
        }
        let (address, offset) = self.address(memarg, index, memory.bytes());
        self.builder.ins().iadd_imm_s(address, i64::from(offset))
    }

    fn check_alignment(&mut self, memarg: &MemArg, index: Value, memory: Type) {
        let mask = i64::from(memory.bytes()) - 1;
        if mask == 0 {
            return;
        }
        // Whether the sum wraps changes nothing about its low bits.
        let low = self.builder.ins().iadd_imm_u(index, memarg.offset as i64 & mask);
        let rest = self.builder.ins().band_imm_u(low, mask);
        let unaligned = self.builder.ins().icmp_imm_u(IntCC::NotEqual, rest, 0);
        self.trap_if(unaligned, TrapCode::UnalignedAtomic);
    }

    fn wait(&mut self, memarg: &MemArg, memory: Type, symbol: RuntimeSymbol) {
        let (index, expected, timeout) = self.pop3();
        self.check_alignment(memarg, index, memory);
        let address = self.compared_address(memarg, index, memory.bytes());
        if !self.memory_place(memory_index(memarg)).shared {
            self.trap(TrapCode::ExpectedSharedMemory);
            self.reachable = false;
            return;
        }
        if let Some(result) = self.call_runtime(symbol, &[address, expected, timeout]) {
            self.push(result);
        }
    }

    fn notify(&mut self, memarg: &MemArg) {
        let (index, count) = self.pop2();
        self.check_alignment(memarg, index, types::I32);
        let address = self.compared_address(memarg, index, 4);
        if !self.memory_place(memory_index(memarg)).shared {
            // Nobody can wait there.
            let none = self.builder.ins().iconst(types::I32, 0);
            return self.push(none);
        }
        if let Some(woken) = self.call_runtime(RuntimeSymbol::AtomicNotify, &[address, count]) {
            self.push(woken);
        }
    }
}
