//! Functions as Pulley's code wants them: addresses of the target's width, and calls of the runtime library through the
//! interpreter.
//!
//! The translator makes addresses of 64 bits on every target. The interpreter's target may have 32: then what makes an address
//! makes one of 32 bits, which is extended, and what takes one takes the lower half. A check has found before that
//! nothing lies beyond (`translate/address.rs`), and Cranelift drops most of the detour.

use std::collections::HashSet;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    AbiParam, AtomicRmwOp, BlockArg, BlockCall, Endianness, ExceptionTableData, ExtFuncData, ExternalName, FuncRef,
    Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode, SigRef, Signature, SourceLoc, TrapCode, Type,
    UserExternalName, Value, ValueDef, ValueList, condcodes::IntCC, types,
};
use cranelift_codegen::isa::TargetIsa;
use wasmc_abi::interpreter::{MOST_PARAMETERS, Signature as HostSignature};

use crate::translate::{Namespace, RuntimeSymbol, Word};

/// What the one host function is called: a namespace that no symbol has.
pub(super) const HOST_CALL: UserExternalName = UserExternalName { namespace: u32::MAX, index: 0 };

/// Changes a function so that Pulley has instructions for it.
///
/// # Errors
/// In words, for what the interpreter cannot do.
pub(super) fn adapt(function: &mut Function, isa: &dyn TargetIsa) -> Result<(), String> {
    check_results(function, isa)?;
    let mut adapter = Adapter { address: isa.pointer_type(), cursor: FuncCursor::new(function) };
    while adapter.cursor.next_block().is_some() {
        while let Some(inst) = adapter.cursor.next_inst() {
            adapter.adapt(inst)?;
        }
    }
    Ok(())
}

/// Most results of a function, of integers and of floating-point numbers, that are in registers.
const RESULTS_IN_REGISTERS: usize = 14;

/// Cranelift 0.135 takes a result in memory to its place in the caller's frame as a word of 32 bits, and reads it there as one
/// of 64: on a big-endian target, that is another number.
fn check_results(function: &Function, isa: &dyn TargetIsa) -> Result<(), String> {
    if isa.endianness() == Endianness::Little || isa.pointer_type() != types::I32 {
        return Ok(());
    }
    let mut signatures = function.dfg.signatures.values().chain([&function.signature]);
    let is_beyond = |signature: &Signature| {
        let floats = signature.returns.iter().filter(|result| !result.value_type.is_int()).count();
        floats.max(signature.returns.len() - floats) > RESULTS_IN_REGISTERS
    };
    if signatures.any(is_beyond) {
        return Err(format!(
            "more than {RESULTS_IN_REGISTERS} results of a function, where a big-endian processor is interpreted"
        ));
    }
    Ok(())
}

struct Adapter<'f> {
    /// Type of addresses.
    address: Type,
    /// At the instruction that is being changed.
    cursor: FuncCursor<'f>,
}

impl Adapter<'_> {
    fn adapt(&mut self, inst: Inst) -> Result<(), String> {
        let data = self.cursor.func.dfg.insts[inst];
        match data {
            InstructionData::Load { .. } => {
                self.order_lanes(inst);
                self.drop_fault(inst, 0);
                self.narrow_argument(inst, 0);
            }
            InstructionData::Store { .. } => {
                self.order_lanes(inst);
                self.drop_fault(inst, 1);
                self.narrow_argument(inst, 1);
            }
            InstructionData::LoadNoOffset { opcode: Opcode::AtomicLoad, .. }
            | InstructionData::StoreNoOffset { opcode: Opcode::AtomicStore, .. }
            | InstructionData::AtomicRmw { .. }
            | InstructionData::AtomicCas { .. } => self.in_one_thread(inst, &data),
            InstructionData::NullAry { opcode: Opcode::Fence } => {
                self.cursor.remove_inst_and_step_back();
            }
            InstructionData::CallIndirect { .. } => self.narrow_argument(inst, 0),
            InstructionData::TryCallIndirect { .. } => {
                self.narrow_argument(inst, 0);
                self.widen_payloads(inst);
            }
            InstructionData::Call { func_ref, .. } => self.call(inst, func_ref)?,
            InstructionData::TryCall { func_ref, .. } => {
                self.call(inst, func_ref)?;
                self.widen_payloads(inst);
            }
            InstructionData::UnaryGlobalValue { .. }
            | InstructionData::FuncAddr { .. }
            | InstructionData::StackAddr { .. }
            | InstructionData::NullAry { opcode: Opcode::GetStackPointer | Opcode::GetFramePointer } => {
                self.widen(inst)
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the lower half of an argument that is an address.
    fn narrow_argument(&mut self, inst: Inst, position: usize) {
        let value = self.cursor.func.dfg.inst_args(inst)[position];
        let narrow = self.narrow(value);
        self.cursor.func.dfg.inst_args_mut(inst)[position] = narrow;
    }

    fn narrow(&mut self, value: Value) -> Value {
        if self.cursor.func.dfg.value_type(value) == self.address {
            return value;
        }
        self.cursor.ins().ireduce(self.address, value)
    }

    /// Extends the result, which is an address.
    fn widen(&mut self, inst: Inst) {
        let result = self.cursor.func.dfg.first_result(inst);
        let wide = self.cursor.func.dfg.value_type(result);
        if wide == self.address {
            return;
        }
        let narrow = self.cursor.func.dfg.replace_result(result, self.address);
        self.cursor.goto_after_inst(inst);
        self.cursor.ins().with_result(result).uextend(wide, narrow);
        self.cursor.prev_inst();
    }

    /// What handlers get from the unwinder has the width of an address: a block before each extends it.
    fn widen_payloads(&mut self, inst: Inst) {
        let func = &mut *self.cursor.func;
        let Some(table) = func.dfg.insts[inst].exception_table() else { return };
        let targets = func.dfg.exception_tables[table].all_branches().to_vec();
        for (position, target) in targets.into_iter().enumerate() {
            let handler = target.block(&func.dfg.value_lists);
            let arguments: Vec<BlockArg> = target.args(&func.dfg.value_lists).collect();
            if !arguments.iter().any(|argument| matches!(argument, BlockArg::TryCallExn(_))) {
                continue;
            }
            let types: Vec<Type> =
                func.dfg.block_params(handler).iter().map(|&parameter| func.dfg.value_type(parameter)).collect();
            let between = func.dfg.make_block();
            func.layout.append_block(between);
            func.layout.set_cold(between);
            let mut thrown = Vec::new();
            let mut passed = Vec::new();
            for (argument, ty) in arguments.into_iter().zip(types) {
                let value = match argument {
                    BlockArg::Value(value) => value,
                    payload => {
                        thrown.push(payload);
                        let narrow = func.dfg.append_block_param(between, self.address);
                        let mut cursor = FuncCursor::new(func).at_bottom(between);
                        if ty == self.address { narrow } else { cursor.ins().uextend(ty, narrow) }
                    }
                };
                passed.push(BlockArg::Value(value));
            }
            FuncCursor::new(func).at_bottom(between).ins().jump(handler, &passed);
            let target = BlockCall::new(between, thrown, &mut func.dfg.value_lists);
            if let Some(place) = func.dfg.exception_tables[table].all_branches_mut().get_mut(position) {
                *place = target;
            }
        }
    }

    /// Vectors stand byte by byte from their first lane on, wherever they are; the interpreter knows no other order.
    fn order_lanes(&mut self, inst: Inst) {
        let dfg = &mut self.cursor.func.dfg;
        let Some(mut flags) = dfg.insts[inst].memflags_data(dfg) else { return };
        if dfg.ctrl_typevar(inst).is_vector() && flags.explicit_endianness().is_none() {
            flags.set_endianness(Endianness::Little);
            if let (Ok(flags), Some(place)) = (dfg.mem_flags.insert(flags), dfg.insts[inst].memflags_mut()) {
                *place = flags;
            }
        }
    }

    /// An access to linear memory was checked, and cannot fault, but for those that check for themselves: their addresses
    /// may be null (`fused_address` in `translate/address.rs`).
    fn drop_fault(&mut self, inst: Inst, address: usize) {
        let dfg = &mut self.cursor.func.dfg;
        let address = dfg.resolve_aliases(dfg.inst_args(inst)[address]);
        if let ValueDef::Result(made_by, _) = dfg.value_def(address)
            && dfg.insts[made_by].opcode() == Opcode::Select
        {
            return;
        }
        let Some(mut flags) = dfg.insts[inst].memflags_data(dfg) else { return };
        // Pulley has loads that extend vectors only as such that may fault.
        let may_fault = matches!(
            dfg.insts[inst].opcode(),
            Opcode::Uload8x8
                | Opcode::Sload8x8
                | Opcode::Uload16x4
                | Opcode::Sload16x4
                | Opcode::Uload32x2
                | Opcode::Sload32x2
        );
        if flags.trap_code() == Some(TrapCode::HEAP_OUT_OF_BOUNDS) && !may_fault {
            flags.set_notrap();
            // A function has few kinds of accesses. Where there were no more, the access would keep its trap code.
            if let (Ok(flags), Some(place)) = (dfg.mem_flags.insert(flags), dfg.insts[inst].memflags_mut()) {
                *place = flags;
            }
        }
    }

    /// Atomic accesses as ordinary ones: programs with threads are not interpreted.
    fn in_one_thread(&mut self, inst: Inst, data: &InstructionData) {
        let dfg = &self.cursor.func.dfg;
        let flags = data.memflags_data(dfg).unwrap_or(MemFlagsData::new()).with_notrap();
        let ty = dfg.ctrl_typevar(inst);
        match *data {
            InstructionData::LoadNoOffset { arg, .. } => {
                let address = self.narrow(arg);
                self.cursor.func.replace(inst).load(ty, flags, address, 0);
            }
            InstructionData::StoreNoOffset { args: [value, address], .. } => {
                let address = self.narrow(address);
                self.cursor.func.replace(inst).store(flags, value, address, 0);
            }
            InstructionData::AtomicRmw { op, args: [address, operand], .. } => {
                let address = self.narrow(address);
                let old = self.load_in_place(inst, ty, flags, address);
                let ins = self.cursor.ins();
                let new = match op {
                    AtomicRmwOp::Add => ins.iadd(old, operand),
                    AtomicRmwOp::Sub => ins.isub(old, operand),
                    AtomicRmwOp::And => ins.band(old, operand),
                    AtomicRmwOp::Or => ins.bor(old, operand),
                    AtomicRmwOp::Xor => ins.bxor(old, operand),
                    // The translator makes no others.
                    _ => operand,
                };
                self.cursor.ins().store(flags, new, address, 0);
                self.cursor.prev_inst();
            }
            InstructionData::AtomicCas { args: [address, expected, replacement], .. } => {
                let address = self.narrow(address);
                let old = self.load_in_place(inst, ty, flags, address);
                let is_equal = self.cursor.ins().icmp(IntCC::Equal, old, expected);
                let new = self.cursor.ins().select(is_equal, replacement, old);
                self.cursor.ins().store(flags, new, address, 0);
                self.cursor.prev_inst();
            }
            _ => {}
        }
    }

    /// Makes an instruction a load, and goes behind it.
    fn load_in_place(&mut self, inst: Inst, ty: Type, flags: MemFlagsData, address: Value) -> Value {
        let old = self.cursor.func.replace(inst).load(ty, flags, address, 0);
        self.cursor.goto_after_inst(inst);
        old
    }

    /// Has the interpreter call a function of the runtime library.
    fn call(&mut self, inst: Inst, callee: FuncRef) -> Result<(), String> {
        let func = &self.cursor.func;
        let ExternalName::User(name) = func.dfg.ext_funcs[callee].name else { return Ok(()) };
        let name = &func.params.user_named_funcs()[name];
        let own = &func.dfg.signatures[func.dfg.ext_funcs[callee].signature];
        let description = match Namespace::from_number(name.namespace) {
            Some(Namespace::Host) => of_import(own)?,
            Some(Namespace::Runtime) => of_runtime(RuntimeSymbol::ALL[name.index as usize], self.address),
            _ => return Ok(()),
        };
        if description.count() > MOST_PARAMETERS {
            return Err("an import with more parameters than the interpreter passes on".to_owned());
        }
        let mut signature = own.clone();
        signature.params.splice(0..0, [AbiParam::new(self.address), AbiParam::new(types::I32)]);
        let signature = self.cursor.func.import_signature(signature);
        let host = self.host_call(signature);
        let address = self.cursor.ins().func_addr(self.address, callee);
        let types = self.cursor.ins().iconst(types::I32, i64::from(description.0));
        let dfg = &mut self.cursor.func.dfg;
        let mut arguments = vec![address, types];
        arguments.extend_from_slice(dfg.inst_args(inst));
        match dfg.insts[inst] {
            InstructionData::TryCall { opcode, exception, .. } => {
                dfg.exception_tables[exception] = with_signature(&dfg.exception_tables[exception], signature);
                let args = ValueList::from_slice(&arguments, &mut dfg.value_lists);
                dfg.insts[inst] = InstructionData::TryCall { opcode, args, func_ref: host, exception };
            }
            InstructionData::Call { opcode, .. } => {
                let args = ValueList::from_slice(&arguments, &mut dfg.value_lists);
                dfg.insts[inst] = InstructionData::Call { opcode, args, func_ref: host };
            }
            _ => {}
        }
        Ok(())
    }

    fn host_call(&mut self, signature: SigRef) -> FuncRef {
        let name = self.cursor.func.declare_imported_user_function(HOST_CALL);
        self.cursor.func.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            // By this it is known as a function of the interpreter's host.
            colocated: false,
            patchable: false,
        })
    }
}

/// An exception table of a call with another signature.
fn with_signature(table: &ExceptionTableData, signature: SigRef) -> ExceptionTableData {
    ExceptionTableData::new(signature, *table.normal_return(), table.items())
}

/// The source locations of instructions that the interpreter has trap: Cranelift takes no notes of those.
pub(super) fn trapping_locations(function: &Function) -> HashSet<SourceLoc> {
    let traps = |&inst: &Inst| {
        let data = &function.dfg.insts[inst];
        let is_checked = data.memflags_trap_code(&function.dfg) == Some(TrapCode::HEAP_OUT_OF_BOUNDS);
        is_checked
            || matches!(
                data.opcode(),
                Opcode::Udiv | Opcode::Sdiv | Opcode::Urem | Opcode::Srem | Opcode::FcvtToSint | Opcode::FcvtToUint
            )
    };
    let blocks = function.layout.blocks();
    let insts = blocks.flat_map(|block| function.layout.block_insts(block));
    insts.filter(traps).map(|inst| function.srcloc(inst)).collect()
}

/// The types of an import.
fn of_import(signature: &Signature) -> Result<HostSignature, String> {
    let integers = |parameters: &[AbiParam]| parameters.iter().all(|parameter| parameter.value_type.is_int());
    if !integers(&signature.params) || !integers(&signature.returns) || signature.returns.len() > 1 {
        return Err("an import of the runtime library with other types than integers".to_owned());
    }
    let description = signature.params.iter().fold(HostSignature::NONE, |description, parameter| {
        description.with_parameter(parameter.value_type == types::I64)
    });
    Ok(description.with_signs().with_result(signature.returns.first().map_or(0, |result| result.value_type.bits())))
}

fn of_runtime(symbol: RuntimeSymbol, address: Type) -> HostSignature {
    let (parameters, results) = symbol.types();
    let is_wide = |word: Word| word == Word::I64 || word == Word::Address && address == types::I64;
    let description =
        parameters.iter().fold(HostSignature::NONE, |description, &word| description.with_parameter(is_wide(word)));
    description.with_result(match results.first() {
        None => 0,
        Some(Word::I32) => 32,
        // Functions of the runtime library that make addresses return them in 64 bits.
        Some(Word::I64 | Word::Address) => 64,
    })
}
