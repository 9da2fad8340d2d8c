//! Control instructions (wasm spec 4.4.8), but for calls.

use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value};
use wasmc_abi::trap::TrapCode;
use wasmparser::{BlockType, BrTable, Operator, ValType};

use super::frame::{Frame, FrameKind};
use super::{Translator, value_type};
use crate::Result;

impl Translator<'_, '_, '_> {
    /// Translates a control operator; false for operators of other families.
    pub(super) fn control_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.trap(TrapCode::Unreachable);
                self.reachable = false;
            }
            Operator::Block { blockty } => self.open_block(*blockty),
            Operator::Loop { blockty } => self.open_loop(*blockty),
            Operator::If { blockty } => self.open_if(*blockty),
            Operator::Else => self.switch_arms(),
            Operator::End => self.close(),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.reachable = false;
            }
            Operator::BrIf { relative_depth } => {
                let condition = self.pop();
                self.branch_if(*relative_depth, condition, true);
            }
            Operator::BrTable { targets } => self.branch_table(targets),
            Operator::Return => {
                let depth = self.frames.len() as u32 - 1;
                self.branch(depth);
                self.reachable = false;
            }
            Operator::Drop => {
                self.pop();
            }
            Operator::Select => {
                let selected = self.select();
                self.push(selected);
            }
            Operator::TypedSelect { ty } => {
                let selected = self.select();
                self.push_typed(selected, *ty);
            }
            _ => return false,
        }
        true
    }

    fn select(&mut self) -> Value {
        let (first, second, condition) = self.pop3();
        let (first, second) = (self.canonical(first), self.canonical(second));
        self.builder.ins().select(condition, first, second)
    }

    /// Keeps track of nesting where nothing is translated.
    pub(super) fn unreachable_operator(&mut self, operator: &Operator<'_>) -> Result<()> {
        if let Operator::Try { .. } = operator {
            self.skip_legacy_try()?;
        }
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. } => {
                let end = self.frames[0].end;
                self.frames.push(Frame {
                    kind: FrameKind::Unreachable,
                    end,
                    parameters: 0,
                    results: 0,
                    height: self.stack.len(),
                    end_reached: false,
                });
            }
            Operator::Else => self.switch_arms(),
            Operator::Catch { .. } | Operator::CatchAll => self.catch(),
            Operator::End | Operator::Delegate { .. } => self.close(),
            _ => {}
        }
        Ok(())
    }

    /// A block whose parameters are values of these types.
    pub(super) fn block_with(&mut self, types: &[ValType]) -> Block {
        let block = self.builder.create_block();
        for (position, &ty) in types.iter().enumerate() {
            let parameter = self.builder.append_block_param(block, value_type(ty));
            if let ValType::Ref(ty) = ty {
                let reference = self.reference_of(ty);
                self.keep_alive(parameter, reference);
                self.block_references.insert((block, position), reference);
            }
        }
        block
    }

    /// Parameter and result types of a block type.
    pub(super) fn block_types(&self, ty: BlockType) -> (Vec<ValType>, Vec<ValType>) {
        match ty {
            BlockType::Empty => (Vec::new(), Vec::new()),
            BlockType::Type(result) => (Vec::new(), vec![result]),
            BlockType::FuncType(index) => {
                let ty = self.plan.modules[self.module].type_at(index);
                (ty.params().to_vec(), ty.results().to_vec())
            }
        }
    }

    pub(super) fn open(&mut self, kind: FrameKind, parameters: usize, results: &[ValType]) {
        let end = self.block_with(results);
        let height = self.stack.len() - parameters;
        self.frames.push(Frame { kind, end, parameters, results: results.len(), height, end_reached: false });
    }

    fn open_block(&mut self, ty: BlockType) {
        let (parameters, results) = self.block_types(ty);
        self.open(FrameKind::Block, parameters.len(), &results);
    }

    fn open_loop(&mut self, ty: BlockType) {
        let (parameters, results) = self.block_types(ty);
        let header = self.block_with(&parameters);
        let arguments = self.top_arguments(parameters.len());
        self.builder.ins().jump(header, &arguments);
        self.open(FrameKind::Loop { header }, parameters.len(), &results);
        self.builder.switch_to_block(header);
        self.replace_top(parameters.len(), header);
    }

    fn open_if(&mut self, ty: BlockType) {
        let condition = self.pop();
        let (parameters, results) = self.block_types(ty);
        let then = self.builder.create_block();
        let otherwise = self.block_with(&parameters);
        if let Some(likely) = self.hint() {
            self.builder.set_cold_block(if likely { otherwise } else { then });
        }
        let arguments = self.top_arguments(parameters.len());
        self.builder.ins().brif(condition, then, &[], otherwise, &arguments);
        self.builder.seal_block(then);
        self.builder.seal_block(otherwise);
        self.open(FrameKind::If { otherwise }, parameters.len(), &results);
        self.builder.switch_to_block(then);
    }

    /// `else`: the first arm leads to the end, the second begins.
    fn switch_arms(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        let FrameKind::If { otherwise } = frame.kind else { return };
        let (end, results) = (frame.end, frame.results);
        if self.reachable {
            let arguments = self.top_arguments(results);
            self.builder.ins().jump(end, &arguments);
        }
        let reached = self.reachable;
        if let Some(frame) = self.frames.last_mut() {
            frame.end_reached |= reached;
            frame.kind = FrameKind::Else;
            self.stack.truncate(frame.height);
        }
        self.builder.switch_to_block(otherwise);
        self.push_parameters(otherwise);
        self.reachable = true;
    }

    /// `end` of a block, or of the function; `delegate`.
    pub(super) fn close(&mut self) {
        let Some(mut frame) = self.frames.pop() else { return };
        if let FrameKind::Unreachable = frame.kind {
            return;
        }
        if self.reachable {
            let arguments = self.top_arguments(frame.results);
            self.builder.ins().jump(frame.end, &arguments);
            frame.end_reached = true;
        }
        match &frame.kind {
            // Without an `else`, the parameters are the results.
            &FrameKind::If { otherwise } => {
                self.builder.switch_to_block(otherwise);
                let arguments: Vec<BlockArg> = self.builder.block_params(otherwise).iter().map(|&v| v.into()).collect();
                self.builder.ins().jump(frame.end, &arguments);
                frame.end_reached = true;
            }
            &FrameKind::Loop { header } => self.builder.seal_block(header),
            FrameKind::Try(clauses) => self.finish_try(clauses),
            _ => {}
        }
        self.stack.truncate(frame.height);
        if let FrameKind::TryTable { catches } = &frame.kind {
            self.finish_try_table(catches);
        }
        self.reachable = frame.end_reached;
        if !self.reachable {
            // The block stays out of the function.
            return;
        }
        self.builder.seal_block(frame.end);
        self.builder.switch_to_block(frame.end);
        self.push_parameters(frame.end);
        if let FrameKind::Function = frame.kind {
            self.finish_function(frame.results);
        }
    }

    fn finish_function(&mut self, results: usize) {
        let results = self.pop_values(results);
        self.builder.ins().return_(&results);
        self.reachable = false;
    }

    fn replace_top(&mut self, count: usize, block: Block) {
        self.stack.truncate(self.stack.len() - count);
        self.push_parameters(block);
    }

    /// The top `count` operands as arguments for a jump; they stay on the stack.
    pub(super) fn top_arguments(&mut self, count: usize) -> Vec<BlockArg> {
        self.canonical_top(count).into_iter().map(BlockArg::from).collect()
    }

    /// The frame that a relative depth names.
    fn frame_at(&mut self, depth: u32) -> &mut Frame {
        let position = self.frames.len() - 1 - depth as usize;
        &mut self.frames[position]
    }

    /// Target of a branch, and its arguments.
    fn branch_to(&mut self, depth: u32) -> (Block, Vec<BlockArg>) {
        let frame = self.frame_at(depth);
        frame.end_reached |= !matches!(frame.kind, FrameKind::Loop { .. });
        let (block, count) = frame.branch_target();
        (block, self.top_arguments(count))
    }

    pub(super) fn branch(&mut self, depth: u32) {
        let (block, arguments) = self.branch_to(depth);
        self.builder.ins().jump(block, &arguments);
    }

    /// Branches where `condition` is non-zero (or zero, if not `when`), and goes on otherwise.
    pub(super) fn branch_if(&mut self, depth: u32, condition: Value, when: bool) {
        let (mut block, mut arguments) = self.branch_to(depth);
        let next = self.builder.create_block();
        let mut aside = None;
        match self.hint() {
            Some(likely) if likely == when => self.builder.set_cold_block(next),
            // Others may branch to the target more often: only the way there is unlikely.
            Some(_) => {
                let way = self.builder.create_block();
                self.builder.set_cold_block(way);
                aside = Some((way, std::mem::replace(&mut block, way), std::mem::take(&mut arguments)));
            }
            None => {}
        }
        if when {
            self.builder.ins().brif(condition, block, &arguments, next, &[]);
        } else {
            self.builder.ins().brif(condition, next, &[], block, &arguments);
        }
        if let Some((way, target, arguments)) = aside {
            self.builder.seal_block(way);
            self.builder.switch_to_block(way);
            self.builder.ins().jump(target, &arguments);
        }
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// Whether the condition of this branch is likely to hold, if the module says so.
    fn hint(&self) -> Option<bool> {
        self.hints?.get(&self.position).copied()
    }

    fn branch_table(&mut self, targets: &BrTable<'_>) {
        let index = self.pop();
        let mut calls = Vec::with_capacity(targets.len() as usize);
        // The validator has read the targets before.
        for depth in targets.targets().map_while(std::result::Result::ok) {
            calls.push(self.jump_to(depth));
        }
        let default = self.jump_to(targets.default());
        let table = self.builder.create_jump_table(JumpTableData::new(default, &calls));
        self.builder.ins().br_table(index, table);
        self.reachable = false;
    }

    fn jump_to(&mut self, depth: u32) -> cranelift_codegen::ir::BlockCall {
        let (block, arguments) = self.branch_to(depth);
        self.builder.func.dfg.block_call(block, &arguments)
    }
}
