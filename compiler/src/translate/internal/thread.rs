//! Where threads begin (wasi-threads), and how compiled code comes by the block of data of the thread that runs it.

use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::thread::ThreadStart;
use wasmc_abi::trap::TrapCode;

use crate::translate::symbols::RuntimeSymbol;
use crate::translate::{REFERENCE, Translator};

impl Translator<'_, '_, '_> {
    /// `extern "C" fn(*const ThreadStart)`.
    pub(super) fn thread_entry(&mut self) {
        self.builder.func.signature.params.push(AbiParam::new(REFERENCE));
        let start = self.open_entry()[0];
        let flags = MemFlagsData::trusted();
        let block = self.builder.ins().load(REFERENCE, flags, start, ThreadStart::BLOCK as i32);
        let thread = self.builder.ins().load(types::I32, flags, start, ThreadStart::THREAD as i32);
        let argument = self.builder.ins().load(types::I32, flags, start, ThreadStart::ARGUMENT as i32);
        if self.plan.places.block_in_register() {
            self.builder.ins().set_pinned_reg(block);
        }
        self.instantiate_all();
        match self.plan.thread_start.and_then(|definition| self.code_of(definition)) {
            Some(function) => {
                self.builder.ins().call(function, &[thread, argument]);
                self.builder.ins().return_(&[]);
            }
            None => self.trap(TrapCode::Unreachable),
        }
    }

    /// Code that the first thread enters from outside finds its block there.
    pub(super) fn enter_first_block(&mut self) {
        if self.plan.places.block.is_some()
            && let Some(block) = self.call_runtime(RuntimeSymbol::FirstBlock, &[])
            && self.plan.places.block_in_register()
        {
            self.builder.ins().set_pinned_reg(block);
        }
    }

    /// The address of the running thread's block.
    pub(in crate::translate) fn thread_block(&mut self) -> Value {
        match self.plan.places.block.as_ref().and_then(|block| block.region) {
            // All compiled code runs on a stack in a region, the block at its start (`wasmc_abi::thread::STACK_REGION_EXTRA`).
            Some(region) => {
                let stack = self.builder.ins().get_stack_pointer(REFERENCE);
                self.builder.ins().band_imm_u(stack, (region as i64).wrapping_neg())
            }
            None => self.builder.ins().get_pinned_reg(REFERENCE),
        }
    }
}
