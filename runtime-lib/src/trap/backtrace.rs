//! Walks the wasm stack along its frames, and never off it.

use wasmc_abi::trap::TrapCode;

use super::code_map::{CodeMap, Function};
use super::fault::Registers;
use crate::arch::{self, Caller, FrameOf};

/// Addresses of a stack that may be read, `low` inclusive, `high` exclusive.
#[derive(Clone, Copy, Debug)]
pub struct StackRange {
    /// The lowest address that is mapped.
    pub low: usize,
    /// The address behind the first frame.
    pub high: usize,
}

impl StackRange {
    /// The word at `address`, if that is on the stack.
    fn read(self, address: usize) -> Option<usize> {
        let last = self.high.checked_sub(size_of::<usize>())?;
        if address < self.low || address > last || !address.is_multiple_of(align_of::<usize>()) {
            return None;
        }
        // SAFETY: the address is aligned and inside the mapped stack.
        Some(unsafe { *core::ptr::with_exposed_provenance::<usize>(address) })
    }
}

/// Frames at the inner end that are kept.
pub const INNER: usize = 64;
/// Frames at the outer end that are kept beside those.
pub const OUTER: usize = 16;

/// Where a frame is.
#[derive(Clone, Copy, Debug)]
struct Place {
    program_counter: usize,
    /// As [`Frame::address`].
    address: usize,
}

const NOWHERE: Place = Place { program_counter: 0, address: 0 };

/// The frames of wasm functions, the innermost first.
#[derive(Clone, Copy, Debug)]
pub struct Backtrace {
    inner: [Place; INNER],
    /// The last frames met so far, in a ring.
    outer: [Place; OUTER],
    stack: StackRange,
    /// Number of frames, also those not kept.
    count: usize,
    /// Whether the innermost frame's program counter is the faulting instruction, not a return address.
    is_exact: bool,
}

/// A frame of a backtrace.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Position on the stack, counted from the innermost. Functions whose bodies stand in another's code share its position.
    pub position: usize,
    /// Its function.
    pub function: Function<'a>,
    /// Offset in the module's binary of the instruction.
    pub wasm_offset: u32,
    /// What it has in the frame pointer, or in the stack pointer where there is none; 0 where the function has no frame of its
    /// own, or has not made it.
    pub address: usize,
}

impl Backtrace {
    fn push(&mut self, program_counter: usize, address: usize) {
        let place = Place { program_counter, address };
        match self.inner.get_mut(self.count) {
            Some(slot) => *slot = place,
            None => self.outer[(self.count - INNER) % OUTER] = place,
        }
        self.count += 1;
    }

    /// Collects the frames of wasm functions. Those of the compiler's own code and of the runtime library are left
    /// out. Ends where a frame pointer is not above the one before, or not on the stack.
    pub fn walk(code_map: &CodeMap<'_>, registers: Registers, stack: StackRange) -> Backtrace {
        let mut backtrace =
            Backtrace { inner: [NOWHERE; INNER], outer: [NOWHERE; OUTER], stack, count: 0, is_exact: false };
        let mut frame_pointer = registers.frame_pointer;
        let mut lowest = registers.stack_pointer.max(stack.low);
        let program_counter = registers.program_counter;
        // Deep recursion is what fills stacks: the function of the frame before is the first guess.
        let mut recent: Option<Function<'_>> = None;
        let of = |address: usize| if code_map.contains(address) { FrameOf::Compiled } else { FrameOf::Library };
        let mut frame_of = of(program_counter);

        if let Some(function) = code_map.function(program_counter) {
            let read = |address| stack.read(address);
            let caller = arch::without_frame(&registers, function.start(), function.is_frameless(), read);
            if !function.is_internal() {
                backtrace.push(program_counter, if caller.is_none() { frame_pointer } else { 0 });
                backtrace.is_exact = true;
            }
            if let Some(Caller { frame, return_address }) = caller {
                backtrace.push_caller(code_map, return_address, frame, &mut recent);
                frame_pointer = frame;
                frame_of = of(return_address.wrapping_sub(1));
            }
        }
        loop {
            if frame_pointer < lowest {
                return backtrace;
            }
            let Some(Caller { frame, return_address }) =
                arch::caller_of(frame_pointer, frame_of, |address| stack.read(address))
            else {
                return backtrace;
            };
            backtrace.push_caller(code_map, return_address, frame, &mut recent);
            frame_of = of(return_address.wrapping_sub(1));
            lowest = frame_pointer + 1;
            frame_pointer = frame;
        }
    }

    /// Adds the frame that `return_address` leads back to, if it is a wasm function's.
    fn push_caller<'a>(
        &mut self,
        code_map: &CodeMap<'a>,
        return_address: usize,
        frame: usize,
        recent: &mut Option<Function<'a>>,
    ) {
        // A call can be a function's last instruction: the call itself is certainly inside.
        let call = return_address.wrapping_sub(1);
        let known = recent.is_some_and(|function| function.contains(call));
        if !known {
            *recent = code_map.function(call);
        }
        if recent.is_some_and(|function| !function.is_internal()) {
            self.push(return_address, frame);
        }
    }

    /// Copies bytes of the stack; false where it has no such.
    pub fn read_stack(&self, address: usize, bytes: &mut [u8]) -> bool {
        let is_inside =
            address >= self.stack.low && address.checked_add(bytes.len()).is_some_and(|end| end <= self.stack.high);
        if is_inside {
            let start = core::ptr::with_exposed_provenance::<u8>(address);
            // SAFETY: these bytes are inside the mapped stack.
            unsafe { core::ptr::copy_nonoverlapping(start, bytes.as_mut_ptr(), bytes.len()) };
        }
        is_inside
    }

    /// Number of frames, also of those that [`visit`](Self::visit) omits.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Visits the frames that were kept, the innermost first: where positions jump, some were omitted.
    // In most programs there is one caller.
    #[inline(always)]
    pub fn visit<'a>(&self, code_map: &CodeMap<'a>, visitor: &mut dyn FnMut(&Frame<'a>)) {
        let outer_start = self.count.saturating_sub(OUTER).max(INNER);
        let mut position = 0;
        while position < self.count {
            let Place { program_counter, address } = match self.inner.get(position) {
                Some(&place) => place,
                None => self.outer[(position - INNER) % OUTER],
            };
            let is_return_address = position > 0 || !self.is_exact;
            if let Some(function) = code_map.function(program_counter - usize::from(is_return_address)) {
                let site = code_map.site(function, program_counter);
                // Where the stack is full, the frame is not complete.
                let is_complete = site.is_some_and(|site| site.code != Some(TrapCode::StackOverflow));
                let mut place = Some(site.map_or(function.wasm_offset(), |site| site.wasm_offset));
                while let Some(at) = place {
                    let (function, wasm_offset, call) = code_map.innermost(function, at);
                    let address = if call.is_none() && is_complete { address } else { 0 };
                    visitor(&Frame { position, function, wasm_offset, address });
                    place = call;
                }
            }
            position += 1;
            if position == INNER {
                position = outer_start;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::code_map::tests::sample;
    use super::*;

    /// Builds a stack from words; `frame(n)` is the address of word n.
    fn walk(
        words: &[usize],
        registers: impl Fn(&dyn Fn(usize) -> usize) -> Registers,
        link: &[(usize, usize)],
    ) -> Vec<(usize, u32, u32)> {
        let mut words = words.to_vec();
        let start = words.as_ptr().expose_provenance();
        let address = |word: usize| start + word * size_of::<usize>();
        for &(from, to) in link {
            words[from] = address(to);
        }
        let stack = StackRange { low: start, high: address(words.len()) };
        let map = sample();
        let map = CodeMap::new(&map);
        let backtrace = Backtrace::walk(&map, registers(&address), stack);
        let mut frames = Vec::new();
        backtrace.visit(&map, &mut |frame| frames.push((frame.position, frame.function.index(), frame.wasm_offset)));
        frames
    }

    #[test]
    fn walks_frames_and_leaves_out_what_is_not_wasm() {
        // Innermost: a faulted at its load. Called from b (returns to +5), from an adapter, from the runtime library.
        let words = [0, 0, 0x1345, 0, 0x1390, 0, 0x7000, 0];
        let frames = walk(
            &words,
            |at| Registers { program_counter: 0x1008, stack_pointer: at(0), frame_pointer: at(1), link: 0 },
            &[(1, 3), (3, 5)],
        );
        assert_eq!(frames, [(0, 1, 0x30), (1, 2, 0x100)]);
    }

    #[test]
    fn frameless_functions_and_first_instructions_return_by_the_stack_pointer() {
        for program_counter in [0x1350, 0x1000] {
            let words = [0x1345, 0, 0x1345, 0, 0];
            let frames = walk(
                &words,
                |at| Registers { program_counter, stack_pointer: at(0), frame_pointer: at(1), link: 0 },
                &[],
            );
            assert_eq!(frames.len(), 3);
            assert_eq!(frames[1], (1, 2, 0x100));
        }
    }

    #[test]
    fn bad_frame_pointers_end_the_walk() {
        let exact = |frame: usize| {
            move |at: &dyn Fn(usize) -> usize| Registers {
                program_counter: 0x1008,
                stack_pointer: at(0),
                frame_pointer: if frame == 99 { 8 } else { at(0) + frame },
                link: 0,
            }
        };
        // Off the stack, misaligned, at its very end.
        assert_eq!(walk(&[0, 0, 0, 0], exact(99), &[]).len(), 1);
        assert_eq!(walk(&[0, 0, 0, 0], exact(4), &[]).len(), 1);
        assert_eq!(walk(&[0, 0, 0, 0x1345], exact(24), &[]).len(), 1);
        // A cycle.
        assert_eq!(walk(&[0, 0, 0x1345, 0, 0x1345], exact(8), &[(1, 3), (3, 1)]).len(), 3);
        assert_eq!(walk(&[0, 0, 0x1345], exact(8), &[(1, 1)]).len(), 2);
    }

    #[test]
    fn deep_stacks_keep_both_ends() {
        let depth = 1000;
        let mut words = vec![0];
        let mut links = Vec::new();
        for level in 0..depth {
            links.push((1 + 2 * level, 3 + 2 * level));
            words.extend([0, if level == depth - 1 { 0x1001 } else { 0x1345 }]);
        }
        links.pop();
        let frames = walk(
            &words,
            |at| Registers { program_counter: 0x1008, stack_pointer: at(0), frame_pointer: at(1), link: 0 },
            &links,
        );
        assert_eq!(frames.len(), INNER + OUTER);
        assert_eq!(frames[INNER - 1].0, INNER - 1);
        assert_eq!(frames[INNER].0, depth + 1 - OUTER);
        assert_eq!(frames.last(), Some(&(depth, 1, 0x20)));
    }
}
