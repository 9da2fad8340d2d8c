//! How long registers and places in the frame keep what was in them: behind a value's last use, where the register allocator
//! no longer knows of it, until the machine code overwrites it.

use std::ops::Range;

use cranelift_codegen::CompiledCode;
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, OpAccess, Register};
use rustc_hash::FxHashMap;

use super::addresses::merge;
use super::record::ValuePlace;
use crate::codegen::block_starts;

/// The machine code of a function on x86-64, as far as it changes registers and the frame.
pub(super) struct Contents {
    /// In order.
    instructions: Vec<Instruction>,
    /// Starts of basic blocks.
    blocks: Vec<u32>,
    /// For each block, those from which control arrives.
    before: Vec<Vec<usize>>,
    /// For each block, those where control goes.
    after: Vec<Vec<usize>>,
}

struct Instruction {
    code: Range<u32>,
    /// Registers that are written, by their numbers in DWARF.
    writes: u64,
    is_call: bool,
    /// Bytes that are stored in the frame, from the stack pointer.
    store: Option<Range<i64>>,
    /// Bytes from the stack pointer to the canonical frame address.
    frame: i64,
}

/// Registers that calls keep: rbx, rbp, rsp and r12 to r15 (System V ABI AMD64, 3.2.1).
const KEPT: u64 = 1 << 3 | 1 << 6 | 1 << 7 | 0xf << 12;
/// Return address and frame pointer.
const BEHIND_FRAME: i64 = 16;

impl Contents {
    /// Reads the machine code of a function; `None` where it has no frame that is understood.
    pub fn of(compiled: &CompiledCode) -> Option<Contents> {
        let frame = i64::from(compiled.buffer.frame_layout()?.frame_to_fp_offset) + BEHIND_FRAME;
        let code = compiled.code_buffer();
        let blocks = block_starts(compiled);
        let mut contents = Contents {
            instructions: Vec::new(),
            before: vec![Vec::new(); blocks.len()],
            after: vec![Vec::new(); blocks.len()],
            blocks,
        };
        for (from, to) in &compiled.bb_edges {
            let (from, to) = (contents.block_at(*from)?, contents.block_at(*to)?);
            contents.after[from].push(to);
            contents.before[to].push(from);
        }
        let mut factory = InstructionInfoFactory::new();
        for (number, start) in contents.blocks.iter().enumerate() {
            let end = contents.blocks.get(number + 1).map_or(code.len() as u32, |next| *next);
            let bytes = code.get(*start as usize..end as usize)?;
            let mut decoder = Decoder::with_ip(64, bytes, u64::from(*start), DecoderOptions::NONE);
            while decoder.can_decode() {
                let decoded = decoder.decode();
                if decoded.code() == Code::INVALID {
                    break;
                }
                contents.instructions.push(instruction(&decoded, &mut factory, frame));
                // Behind jumps may be tables.
                if matches!(
                    decoded.flow_control(),
                    FlowControl::UnconditionalBranch | FlowControl::IndirectBranch | FlowControl::Return
                ) {
                    break;
                }
            }
        }
        Some(contents)
    }

    fn block_at(&self, offset: u32) -> Option<usize> {
        self.blocks.partition_point(|start| *start <= offset).checked_sub(1)
    }

    /// Where else the places of values are what they are in the given ranges; all are cut
    /// where the place is overwritten, as by calls.
    pub fn extend(&self, ranges: &mut Vec<(Range<u32>, ValuePlace)>) {
        let mut more = Vec::new();
        // Places, and blocks at whose ends they have their contents still.
        let mut kept: Vec<(ValuePlace, usize)> = Vec::new();
        for (range, place) in ranges.iter_mut() {
            // Cranelift counts moves behind the last use to it.
            if let Some(end) = self.first_overwritten(range, *place) {
                range.end = end;
            } else if let Some(last) = self.ending_at(range.end) {
                let Some(block) = self.block_at(self.instructions[last].code.start) else { continue };
                let (code, is_kept) = self.follow(last + 1, block, *place);
                push(&mut more, code, *place);
                if is_kept {
                    kept.push((*place, block));
                }
            }
            // Blocks whose ends are inside the range.
            let next = self.blocks.partition_point(|start| *start <= range.start);
            let inside = (next..self.blocks.len()).take_while(|next| self.blocks[*next] < range.end).take(SPREAD);
            kept.extend(inside.filter_map(|next| Some((*place, next.checked_sub(1)?))));
        }
        ranges.retain(|(range, _)| range.start < range.end);
        kept.sort_unstable();
        kept.dedup();
        for kept in kept.chunk_by(|(left, _), (right, _)| left == right) {
            self.spread(kept, ranges, &mut more);
        }
        for (range, place) in ranges.iter_mut() {
            // What a register holds behind the prologue, it held before.
            let before = self.instructions.partition_point(|instruction| instruction.code.start < range.start);
            let is_first = self.blocks.get(1).is_none_or(|second| range.start < *second);
            let is_register = matches!(place, ValuePlace::Register(_));
            if is_first && is_register && !self.instructions[..before].iter().any(|other| other.overwrites(*place)) {
                range.start = 0;
            }
        }
        ranges.extend(more);
    }

    /// Up to where a place has its contents, if they are overwritten in a range.
    fn first_overwritten(&self, range: &Range<u32>, place: ValuePlace) -> Option<u32> {
        let first = self.instructions.partition_point(|instruction| instruction.code.start < range.start);
        let inside = self.instructions[first..].iter().take_while(|instruction| instruction.code.start < range.end);
        inside.into_iter().find(|instruction| instruction.overwrites(place)).map(Instruction::end_of_contents)
    }

    /// The number of the instruction that ends at an offset.
    fn ending_at(&self, offset: u32) -> Option<usize> {
        let number = self.instructions.partition_point(|instruction| instruction.code.end < offset);
        self.instructions.get(number).filter(|instruction| instruction.code.end == offset).map(|_| number)
    }

    /// The range from an instruction on, up to the end of its block, in which a place keeps its contents; and whether it does up to
    /// there.
    fn follow(&self, first: usize, block: usize, place: ValuePlace) -> (Range<u32>, bool) {
        let end = self.blocks.get(block + 1).copied().unwrap_or(u32::MAX);
        let mut all = self.instructions[first..].iter().take_while(|next| next.code.start < end).peekable();
        let start = all.peek().map_or(0, |next| next.code.start);
        let mut last = start;
        for next in all {
            if next.overwrites(place) {
                return (start..next.end_of_contents(), false);
            }
            last = next.code.end;
        }
        (start..last, true)
    }

    /// Adds the ranges of other blocks in which a place keeps the contents that it has at the ends of some: blocks where control
    /// arrives from no others than those that keep it.
    fn spread(
        &self,
        kept: &[(ValuePlace, usize)],
        ranges: &[(Range<u32>, ValuePlace)],
        found: &mut Vec<(Range<u32>, ValuePlace)>,
    ) {
        let Some((place, _)) = kept.first().copied() else { return };
        let mut known: Vec<Range<u32>> =
            ranges.iter().filter(|(_, other)| *other == place).map(|(range, _)| range.clone()).collect();
        merge(&mut known);
        let is_known = |start: u32| {
            let next = known.partition_point(|range| range.end <= start);
            known.get(next).is_some_and(|range| range.start <= start)
        };
        let is_kept = |block: usize| kept.binary_search(&(place, block)).is_ok();
        // Taken to have it at their starts at first, with what follows from that.
        let mut reached: Vec<Reached> = Vec::new();
        let mut open: Vec<usize> = kept.iter().map(|(_, block)| *block).collect();
        while let Some(block) = open.pop() {
            for &after in &self.after[block] {
                let start = self.blocks[after];
                let is_new = !is_known(start) && !reached.iter().any(|known| known.block == after);
                if after == 0 || !is_new || reached.len() == SPREAD {
                    continue;
                }
                let first = self.instructions.partition_point(|instruction| instruction.code.start < start);
                let (code, is_kept) = self.follow(first, after, place);
                if is_kept {
                    open.push(after);
                }
                reached.push(Reached { block: after, code, is_kept, is_reached: true });
            }
        }
        reached.sort_unstable_by_key(|block| block.block);
        let number_of =
            |reached: &[Reached], block: usize| reached.binary_search_by_key(&block, |block| block.block).ok();
        // Each is looked at again where one before it was found not to keep them.
        let mut open: Vec<usize> = (0..reached.len()).collect();
        while let Some(number) = open.pop() {
            let (block, is_reached) = (reached[number].block, reached[number].is_reached);
            let keeps = |before: &usize| {
                is_kept(*before)
                    || number_of(&reached, *before)
                        .is_some_and(|before| reached[before].is_reached && reached[before].is_kept)
            };
            if is_reached && !self.before[block].iter().all(keeps) {
                reached[number].is_reached = false;
                open.extend(self.after[block].iter().filter_map(|after| number_of(&reached, *after)));
            }
        }
        let mut code: Vec<Range<u32>> =
            reached.into_iter().filter(|block| block.is_reached).map(|block| block.code).collect();
        merge(&mut code);
        found.extend(code.into_iter().filter(|range| range.start < range.end).map(|range| (range, place)));
    }
}

/// How many blocks are looked at for where a place keeps its contents.
const SPREAD: usize = 64;

/// A block where a place may have the contents that it has in others.
struct Reached {
    block: usize,
    /// As long as it keeps them.
    code: Range<u32>,
    /// That is up to the block's end.
    is_kept: bool,
    /// No block before it was found not to keep them.
    is_reached: bool,
}

fn push(found: &mut Vec<(Range<u32>, ValuePlace)>, range: Range<u32>, place: ValuePlace) {
    if range.start < range.end {
        found.push((range, place));
    }
}

impl Instruction {
    /// Whether a place has other contents behind the instruction.
    fn overwrites(&self, place: ValuePlace) -> bool {
        match place {
            ValuePlace::Register(register) => {
                let bit = 1u64.checked_shl(register.into()).unwrap_or(0);
                self.writes & bit != 0 || self.is_call && KEPT & bit == 0
            }
            ValuePlace::Frame(offset) => {
                let start = self.frame + i64::from(offset);
                self.store.as_ref().is_some_and(|store| store.start < start + 8 && start < store.end)
            }
            ValuePlace::FramePointer(_) | ValuePlace::Constant(_) | ValuePlace::Computed(_) => false,
        }
    }

    /// Up to where a place that the instruction overwrites has its contents. Debuggers take a frame that called another
    /// to be inside the call.
    fn end_of_contents(&self) -> u32 {
        if self.is_call { self.code.start + 1 } else { self.code.end }
    }
}

fn instruction(decoded: &iced_x86::Instruction, factory: &mut InstructionInfoFactory, frame: i64) -> Instruction {
    let info = factory.info(decoded);
    let is_write = |access: OpAccess| {
        matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
    };
    let mut writes = 0;
    for used in info.used_registers().iter().filter(|used| is_write(used.access())) {
        writes |= number(used.register()).map_or(u64::MAX, |number| 1 << number);
    }
    let store = info
        .used_memory()
        .iter()
        .find(|used| is_write(used.access()) && used.base() == Register::RSP && used.index() == Register::None);
    let store = store.map(|used| {
        let start = used.displacement() as i64;
        start..start + used.memory_size().size() as i64
    });
    let is_call = matches!(decoded.flow_control(), FlowControl::Call | FlowControl::IndirectCall);
    Instruction { code: decoded.ip() as u32..decoded.next_ip() as u32, writes, is_call, store, frame }
}

/// The number of a register in DWARF (System V ABI AMD64, 3.6.2); `None` for those that hold no values.
fn number(register: Register) -> Option<u32> {
    let full = register.full_register();
    let general = [
        Register::RAX,
        Register::RDX,
        Register::RCX,
        Register::RBX,
        Register::RSI,
        Register::RDI,
        Register::RBP,
        Register::RSP,
    ];
    if let Some(position) = general.iter().position(|other| *other == full) {
        return Some(position as u32);
    }
    let position = register.number() as u32;
    if full.is_gpr64() {
        return Some(position);
    }
    // xmm0 is 17; those beyond xmm15 hold none either.
    (full.is_vector_register() && position < 16).then_some(17 + position)
}

/// Extends what is known of labelled values.
pub(super) fn extend(compiled: &CompiledCode, places: &mut FxHashMap<u32, Vec<(Range<u32>, ValuePlace)>>) {
    if let Some(contents) = Contents::of(compiled) {
        places.values_mut().for_each(|ranges| contents.extend(ranges));
    }
}
