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
    /// For each offset in the code, and the one behind it: the number of the first instruction from there on.
    numbers: Vec<u32>,
    /// In order.
    blocks: Vec<Block>,
    /// For each block, those from which control arrives.
    before: Edges,
    /// For each block, those where control goes.
    after: Edges,
    /// What instructions store in the frame: their numbers, and bytes from the canonical frame address; in order.
    stores: Vec<(u32, Range<i64>)>,
    scratch: Scratch,
}

struct Instruction {
    code: Range<u32>,
    /// Registers that have other contents behind it, by their numbers in DWARF.
    writes: u64,
    /// The number of its block.
    block: u32,
    is_call: bool,
}

/// A basic block.
struct Block {
    start: u32,
    /// The start of the next one.
    end: u32,
    /// Its instructions, by their numbers.
    instructions: Range<u32>,
    /// What any of them writes.
    writes: u64,
}

/// For each block, others.
struct Edges {
    starts: Vec<u32>,
    blocks: Vec<u32>,
}

impl Edges {
    /// Of pairs of blocks, of which there are `count`: the second ones by the first.
    fn of(count: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Edges {
        let mut starts = vec![0; count + 1];
        pairs.clone().for_each(|(from, _)| starts[from + 1] += 1);
        for block in 0..count {
            starts[block + 1] += starts[block];
        }
        let mut next = starts.clone();
        let mut blocks = vec![0; starts[count] as usize];
        for (from, to) in pairs {
            blocks[next[from] as usize] = to as u32;
            next[from] += 1;
        }
        Edges { starts, blocks }
    }

    fn at(&self, block: usize) -> impl Iterator<Item = usize> {
        self.blocks[self.starts[block] as usize..self.starts[block + 1] as usize].iter().map(|block| *block as usize)
    }
}

/// Room that is used again for each value.
#[derive(Default)]
struct Scratch {
    more: Vec<(Range<u32>, ValuePlace)>,
    /// The value's, sorted.
    places: Vec<ValuePlace>,
    /// Places, by their numbers there, and blocks at whose ends they have their contents still.
    kept: Vec<(u32, u32)>,
    code: Vec<Range<u32>>,
    open: Vec<usize>,
    reached: Vec<Reached>,
    /// For each block, its number among those reached, counted from 1; 0 for others.
    numbers: Vec<u32>,
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
        let starts = block_starts(compiled);
        let block_at = |offset: u32| starts.partition_point(|start| *start <= offset).checked_sub(1);
        let edges: Vec<(usize, usize)> = compiled
            .bb_edges
            .iter()
            .map(|(from, to)| Some((block_at(*from)?, block_at(*to)?)))
            .collect::<Option<_>>()?;
        let mut contents = Contents {
            instructions: Vec::with_capacity(code.len() / 4),
            numbers: Vec::with_capacity(code.len() + 1),
            blocks: Vec::with_capacity(starts.len()),
            before: Edges::of(starts.len(), edges.iter().map(|(from, to)| (*to, *from))),
            after: Edges::of(starts.len(), edges.iter().copied()),
            stores: Vec::new(),
            scratch: Scratch { numbers: vec![0; starts.len()], ..Scratch::default() },
        };
        let mut factory = InstructionInfoFactory::new();
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).map_or(code.len() as u32, |next| *next);
            contents.read_block(code, *start..end, frame, &mut factory)?;
        }
        contents.numbers.resize(code.len() + 1, contents.instructions.len() as u32);
        Some(contents)
    }

    /// Reads the next block.
    fn read_block(
        &mut self,
        code: &[u8],
        range: Range<u32>,
        frame: i64,
        factory: &mut InstructionInfoFactory,
    ) -> Option<()> {
        let bytes = code.get(range.start as usize..range.end as usize)?;
        let (block, first) = (self.blocks.len() as u32, self.instructions.len() as u32);
        let mut writes = 0;
        let mut decoder = Decoder::with_ip(64, bytes, u64::from(range.start), DecoderOptions::NONE);
        while decoder.can_decode() {
            let decoded = decoder.decode();
            if decoded.code() == Code::INVALID {
                break;
            }
            let number = self.instructions.len() as u32;
            let (instruction, store) = instruction(&decoded, factory, block);
            writes |= instruction.writes;
            self.stores.extend(store.map(|store| (number, store.start - frame..store.end - frame)));
            self.numbers.resize(instruction.code.start as usize + 1, number);
            self.instructions.push(instruction);
            // Behind jumps may be tables.
            if matches!(
                decoded.flow_control(),
                FlowControl::UnconditionalBranch | FlowControl::IndirectBranch | FlowControl::Return
            ) {
                break;
            }
        }
        let instructions = first..self.instructions.len() as u32;
        self.blocks.push(Block { start: range.start, end: range.end, instructions, writes });
        Some(())
    }

    /// The number of the first instruction from an offset on.
    fn number_at(&self, offset: u32) -> u32 {
        self.numbers.get(offset as usize).copied().unwrap_or(self.instructions.len() as u32)
    }

    /// Where else the places of values are what they are in the given ranges; all are cut
    /// where the place is overwritten, as by calls.
    pub fn extend(&mut self, ranges: &mut Vec<(Range<u32>, ValuePlace)>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let Scratch { more, places, kept, .. } = &mut scratch;
        more.clear();
        kept.clear();
        places.clear();
        places.extend(ranges.iter().map(|(_, place)| *place));
        places.sort_unstable();
        places.dedup();
        for (range, place) in ranges.iter_mut() {
            let number = places.partition_point(|other| other < place) as u32;
            // Cranelift counts moves behind the last use to it.
            if let Some(end) = self.first_overwritten(range, *place) {
                range.end = end;
            } else if let Some(last) = self.ending_at(range.end) {
                let block = self.instructions[last as usize].block as usize;
                let (code, is_kept) = self.follow(last + 1, block, *place);
                if code.start < code.end {
                    more.push((code, *place));
                }
                if is_kept {
                    kept.push((number, block as u32));
                }
            }
            // Blocks whose ends are inside the range.
            let next = self.blocks.partition_point(|block| block.start <= range.start);
            let inside = (next..self.blocks.len()).take_while(|next| self.blocks[*next].start < range.end).take(SPREAD);
            kept.extend(inside.filter_map(|next| Some((number, next.checked_sub(1)? as u32))));
        }
        ranges.retain(|(range, _)| range.start < range.end);
        kept.sort_unstable();
        kept.dedup();
        let kept = std::mem::take(&mut scratch.kept);
        for kept in kept.chunk_by(|(left, _), (right, _)| left == right) {
            // In bounds: numbers are those of places.
            let place = scratch.places[kept[0].0 as usize];
            self.spread(place, kept, ranges, &mut scratch);
        }
        let first_end = self.blocks.first().map_or(0, |block| block.end);
        for (range, place) in ranges.iter_mut() {
            // What a register holds behind the prologue, it held before.
            if range.start < first_end
                && matches!(place, ValuePlace::Register(_))
                && self.overwriting(0..self.number_at(range.start), *place).is_none()
            {
                range.start = 0;
            }
        }
        ranges.append(&mut scratch.more);
        self.scratch = Scratch { kept, ..scratch };
    }

    /// The first of some instructions that overwrites a place.
    fn overwriting(&self, numbers: Range<u32>, place: ValuePlace) -> Option<&Instruction> {
        match place {
            ValuePlace::Register(register) => {
                let bit = 1u64.checked_shl(register.into()).unwrap_or(0);
                let mut next = numbers.start;
                while next < numbers.end {
                    let block = &self.blocks[self.instructions[next as usize].block as usize];
                    let end = block.instructions.end.min(numbers.end);
                    if block.writes & bit != 0 {
                        let mut rest = self.instructions[next as usize..end as usize].iter();
                        if let Some(found) = rest.find(|instruction| instruction.writes & bit != 0) {
                            return Some(found);
                        }
                    }
                    next = end;
                }
                None
            }
            ValuePlace::Frame(offset) => {
                let start = i64::from(offset);
                let first = self.stores.partition_point(|(number, _)| *number < numbers.start);
                let mut inside = self.stores[first..].iter().take_while(|(number, _)| *number < numbers.end);
                let found = inside.find(|(_, store)| store.start < start + 8 && start < store.end);
                found.map(|(number, _)| &self.instructions[*number as usize])
            }
            ValuePlace::FramePointer(_) | ValuePlace::Constant(_) | ValuePlace::Computed(_) => None,
        }
    }

    /// Up to where a place has its contents, if they are overwritten in a range.
    fn first_overwritten(&self, range: &Range<u32>, place: ValuePlace) -> Option<u32> {
        let inside = self.number_at(range.start)..self.number_at(range.end);
        self.overwriting(inside, place).map(Instruction::end_of_contents)
    }

    /// The number of the instruction that ends at an offset.
    fn ending_at(&self, offset: u32) -> Option<u32> {
        let number = self.number_at(offset).checked_sub(1)?;
        (self.instructions[number as usize].code.end == offset).then_some(number)
    }

    /// The range from an instruction on, up to the end of its block, in which a place keeps its contents; and whether it does up to
    /// there.
    fn follow(&self, first: u32, block: usize, place: ValuePlace) -> (Range<u32>, bool) {
        let end = self.blocks[block].instructions.end;
        if first >= end {
            return (0..0, true);
        }
        let start = self.instructions[first as usize].code.start;
        match self.overwriting(first..end, place) {
            Some(next) => (start..next.end_of_contents(), false),
            None => (start..self.instructions[end as usize - 1].code.end, true),
        }
    }

    /// Adds the ranges of other blocks in which a place keeps the contents that it has at the ends of some: blocks where control
    /// arrives from no others than those that keep it.
    fn spread(
        &self,
        place: ValuePlace,
        kept: &[(u32, u32)],
        ranges: &[(Range<u32>, ValuePlace)],
        scratch: &mut Scratch,
    ) {
        let Scratch { more, code, open, reached, numbers, .. } = scratch;
        code.clear();
        code.extend(ranges.iter().filter(|(_, other)| *other == place).map(|(range, _)| range.clone()));
        merge(code);
        let is_known = |start: u32| {
            let next = code.partition_point(|range| range.end <= start);
            code.get(next).is_some_and(|range| range.start <= start)
        };
        // Taken to have it at their starts at first, with what follows from that.
        open.clear();
        open.extend(kept.iter().map(|(_, block)| *block as usize));
        while let Some(block) = open.pop() {
            for after in self.after.at(block) {
                let is_new = after != 0 && numbers[after] == 0 && reached.len() < SPREAD;
                if !is_new || is_known(self.blocks[after].start) {
                    continue;
                }
                let (code, is_kept) = self.follow(self.blocks[after].instructions.start, after, place);
                if is_kept {
                    open.push(after);
                }
                reached.push(Reached { block: after, code, is_kept, is_reached: true });
                numbers[after] = reached.len() as u32;
            }
        }
        // Each is looked at again where one before it was found not to keep them.
        let number_of = |block: usize| numbers[block].checked_sub(1).map(|number| number as usize);
        open.clear();
        open.extend(0..reached.len());
        while let Some(number) = open.pop() {
            let (block, is_reached) = (reached[number].block, reached[number].is_reached);
            let keeps = |before: usize| {
                number_of(before).is_some_and(|before| reached[before].is_reached && reached[before].is_kept)
                    || kept.binary_search_by_key(&(before as u32), |(_, block)| *block).is_ok()
            };
            if is_reached && !self.before.at(block).all(keeps) {
                reached[number].is_reached = false;
                open.extend(self.after.at(block).filter_map(number_of));
            }
        }
        code.clear();
        for block in reached.drain(..) {
            numbers[block.block] = 0;
            code.extend(Some(block.code).filter(|_| block.is_reached));
        }
        merge(code);
        more.extend(code.drain(..).filter(|range| range.start < range.end).map(|range| (range, place)));
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

impl Instruction {
    /// Up to where a place that the instruction overwrites has its contents. Debuggers take a frame that called another
    /// to be inside the call.
    fn end_of_contents(&self) -> u32 {
        if self.is_call { self.code.start + 1 } else { self.code.end }
    }
}

/// An instruction of a block, and the bytes from the stack pointer that it stores.
fn instruction(
    decoded: &iced_x86::Instruction,
    factory: &mut InstructionInfoFactory,
    block: u32,
) -> (Instruction, Option<Range<i64>>) {
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
    if is_call {
        writes |= !KEPT;
    }
    (Instruction { code: decoded.ip() as u32..decoded.next_ip() as u32, writes, block, is_call }, store)
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
    if let Some(mut contents) = Contents::of(compiled) {
        places.values_mut().for_each(|ranges| contents.extend(ranges));
    }
}
