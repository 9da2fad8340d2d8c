//! Computes values as early as that takes no register more.
//!
//! Cranelift's optimiser places an operation that only computes in front of the first use of its result. Loads stay where they are, so
//! that a long expression over many loads first loads all, into registers and then the frame, and computes at the end.
//! This pass runs after the optimiser and moves operations up in their block, to behind the definition of their last operand:
//!
//! - where two operands or more have no other use: from there on one register is taken instead of two;
//! - where that operand is a load without other use: the operation can then take it from memory.

use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, ValueDef};

/// Runs the pass on an optimised function.
pub(crate) fn compute_early(function: &mut Function) {
    let uses = count_uses(function);
    let mut places = vec![ELSEWHERE; function.dfg.num_insts()];
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        let before: Vec<Inst> = function.layout.block_insts(block).collect();
        let mover = Mover { function, block, insts: &before, uses: &uses, places: &mut places, moved: Vec::new() };
        let moved = mover.find();
        if !moved.is_empty() {
            reorder(function, block, &before, moved);
        }
        for inst in before {
            places[inst.as_u32() as usize] = ELSEWHERE;
        }
    }
}

/// The place of instructions in other blocks.
const ELSEWHERE: u32 = u32::MAX;

/// How often each value is used, by its number.
fn count_uses(function: &Function) -> Vec<u32> {
    let mut uses = vec![0; function.dfg.num_values()];
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                uses[function.dfg.resolve_aliases(value).as_u32() as usize] += 1;
            }
        }
    }
    uses
}

/// Puts instructions behind those at the places that they have moved to, in the order in which they did.
fn reorder(function: &mut Function, block: Block, before: &[Inst], mut moved: Vec<(u32, Inst)>) {
    // Stable.
    moved.sort_by_key(|&(place, _)| place);
    for &(_, inst) in &moved {
        function.layout.remove_inst(inst);
    }
    let mut moved = moved.into_iter().peekable();
    for (place, &inst) in before.iter().enumerate() {
        let mut last = inst;
        while let Some((_, inst)) = moved.next_if(|&(behind, _)| behind as usize == place) {
            match function.layout.next_inst(last) {
                Some(next) => function.layout.insert_inst(inst, next),
                None => function.layout.append_inst(inst, block),
            }
            last = inst;
        }
    }
}

/// Finds what moves within a block.
struct Mover<'f> {
    function: &'f Function,
    block: Block,
    insts: &'f [Inst],
    uses: &'f [u32],
    /// For the instructions of the block so far: behind which one, by position, each stands.
    places: &'f mut [u32],
    /// What stands elsewhere than before, and behind which instruction.
    moved: Vec<(u32, Inst)>,
}

impl Mover<'_> {
    fn find(mut self) -> Vec<(u32, Inst)> {
        for (position, &inst) in self.insts.iter().enumerate() {
            match self.earlier_place(position, inst) {
                Some(place) => self.move_to(place, inst),
                None => self.places[inst.as_u32() as usize] = position as u32,
            }
        }
        self.moved
    }

    /// Behind which instruction the last operand of an operation stands, if the operation should come next.
    fn earlier_place(&self, position: usize, inst: Inst) -> Option<u32> {
        if !only_computes(&self.function.dfg.insts[inst]) {
            return None;
        }
        let mut last: Option<(u32, Inst)> = None;
        let mut last_uses = 0;
        for &operand in self.function.dfg.inst_args(inst) {
            let operand = self.function.dfg.resolve_aliases(operand);
            let is_last_use = self.uses[operand.as_u32() as usize] == 1;
            match self.function.dfg.value_def(operand) {
                ValueDef::Result(definition, _) if is_constant(self.function, definition) => {}
                ValueDef::Result(definition, _) => {
                    let place = self.places[definition.as_u32() as usize];
                    // What other blocks define lives on where this one is in a loop.
                    if place != ELSEWHERE {
                        last_uses += u32::from(is_last_use);
                        if last.is_none_or(|(other, _)| place >= other) {
                            last = Some((place, definition));
                        }
                    }
                }
                ValueDef::Param(block, _) => last_uses += u32::from(is_last_use && block == self.block),
                ValueDef::Union(..) => return None,
            }
        }
        let (place, definition) = last?;
        let is_load = matches!(self.function.dfg.insts[definition], InstructionData::Load { opcode: Opcode::Load, .. });
        let takes_load = is_load && self.is_used_once(definition);
        let moves = place as usize + 1 < position;
        (moves && (last_uses >= 2 || takes_load)).then_some(place)
    }

    fn is_used_once(&self, inst: Inst) -> bool {
        let results = self.function.dfg.inst_results(inst);
        results.iter().all(|result| self.uses[result.as_u32() as usize] == 1)
    }

    /// Moves an operation, and in front of it constants that it needs and that come later.
    fn move_to(&mut self, place: u32, inst: Inst) {
        for &operand in self.function.dfg.inst_args(inst) {
            let operand = self.function.dfg.resolve_aliases(operand);
            let Some(constant) = self.function.dfg.value_def(operand).inst() else { continue };
            let at = &mut self.places[constant.as_u32() as usize];
            if is_constant(self.function, constant) && *at != ELSEWHERE && *at > place {
                if self.insts[*at as usize] != constant {
                    self.moved.retain(|&(_, other)| other != constant);
                }
                *at = place;
                self.moved.push((place, constant));
            }
        }
        self.moved.push((place, inst));
        self.places[inst.as_u32() as usize] = place;
    }
}

fn is_constant(function: &Function, inst: Inst) -> bool {
    matches!(function.dfg.insts[inst].opcode(), Opcode::Iconst | Opcode::F32const | Opcode::F64const | Opcode::Vconst)
}

/// An operation on values alone. Comparisons are better next to the branch that they decide.
fn only_computes(data: &InstructionData) -> bool {
    let opcode = data.opcode();
    matches!(data, InstructionData::Unary { .. } | InstructionData::Binary { .. } | InstructionData::Ternary { .. })
        && !matches!(opcode, Opcode::Select)
        && !opcode.can_trap()
        && !opcode.can_load()
        && !opcode.can_store()
        && !opcode.other_side_effects()
        && !opcode.is_terminator()
        && !opcode.is_call()
}
