//! Location expressions (DWARF 5, 2.5 and 2.6): from wasm's locals and linear memory to registers, frames and addresses.

use std::ops::Range;

use gimli::{Encoding, EndianSlice, Expression, LittleEndian, Operation};

use super::addresses::Function;
use super::record::{Locals, ValuePlace};
use super::writer::{Buffer, Target};
use crate::plan::{BaseStrategy, ConstantValue, GlobalPlace, MemoryPlace, Plan};

/// What a module's debug information is read from.
pub(super) type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// Where something is.
pub(super) enum Location {
    /// In the same way everywhere.
    Everywhere(Buffer),
    /// In a range of the text section each.
    Ranges(Vec<(Range<u32>, Buffer)>),
}

/// What an expression is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The location of an object.
    Location,
    /// The base of a frame: an address, even where the expression calls it a value.
    FrameBase,
    /// The place of a member: the object's address is on the stack at first.
    Member,
    /// A number, such as the length of an array.
    Number,
}

/// What expressions are translated for.
pub(super) struct Context<'p, 'a> {
    pub plan: &'p Plan<'a>,
    pub module: usize,
    pub encoding: Encoding,
}

/// Why an expression cannot be carried over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Untranslatable;

/// What is on the expression's stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number; as an address, an offset in linear memory.
    Guest,
    /// An address of the process.
    Native,
}

// Operations (DWARF 5, 7.7.1).
const ADDR: u8 = 0x03;
const DEREF: u8 = 0x06;
const CONST4U: u8 = 0x0c;
const CONSTU: u8 = 0x10;
const CONSTS: u8 = 0x11;
const DUP: u8 = 0x12;
const DROP: u8 = 0x13;
const PICK: u8 = 0x15;
const SWAP: u8 = 0x16;
const ROT: u8 = 0x17;
const ABS: u8 = 0x19;
const AND: u8 = 0x1a;
const DIV: u8 = 0x1b;
const MINUS: u8 = 0x1c;
const MOD: u8 = 0x1d;
const MUL: u8 = 0x1e;
const NEG: u8 = 0x1f;
const NOT: u8 = 0x20;
const OR: u8 = 0x21;
const PLUS: u8 = 0x22;
const PLUS_UCONST: u8 = 0x23;
const SHL: u8 = 0x24;
const SHR: u8 = 0x25;
const SHRA: u8 = 0x26;
const XOR: u8 = 0x27;
const EQ: u8 = 0x29;
const GE: u8 = 0x2a;
const GT: u8 = 0x2b;
const LE: u8 = 0x2c;
const LT: u8 = 0x2d;
const NE: u8 = 0x2e;
const REG0: u8 = 0x50;
const BREG0: u8 = 0x70;
const REGX: u8 = 0x90;
const FBREG: u8 = 0x91;
const BREGX: u8 = 0x92;
const PIECE: u8 = 0x93;
const DEREF_SIZE: u8 = 0x94;
const PUSH_OBJECT_ADDRESS: u8 = 0x97;
const CALL_FRAME_CFA: u8 = 0x9c;
const BIT_PIECE: u8 = 0x9d;
const IMPLICIT_VALUE: u8 = 0x9e;
const STACK_VALUE: u8 = 0x9f;

/// The frame pointer on x86-64 (System V ABI AMD64, 3.6.2).
const FRAME_POINTER: u16 = 6;
/// The register that keeps a global (r15): `GlobalPlace::Register`.
const PINNED: u16 = 15;
/// From here on registers hold vectors.
const FIRST_VECTOR: u16 = 17;

type Operations<'a> = Vec<Operation<Reader<'a>>>;

impl<'p> Context<'p, '_> {
    /// Translates an expression that holds in `function`, or anywhere.
    pub fn translate<'r>(
        &self,
        expression: Expression<Reader<'r>>,
        purpose: Purpose,
        function: Option<&Function<'_>>,
    ) -> Result<Location, Untranslatable> {
        let mut operations: Operations<'r> = Vec::new();
        let mut iterator = expression.operations(self.encoding);
        while let Some(operation) = iterator.next().map_err(|_| Untranslatable)? {
            operations.push(operation);
        }
        let mut locals: Vec<u32> = operations
            .iter()
            .filter_map(|operation| match operation {
                Operation::WasmLocal { index } => Some(*index),
                _ => None,
            })
            .collect();
        locals.sort_unstable();
        locals.dedup();
        if locals.is_empty() {
            return self.expression(&operations, purpose, function, &|_| None).map(Location::Everywhere);
        }
        let function = function.ok_or(Untranslatable)?;
        match &function.record.locals {
            Locals::Slots(slots) => {
                let place = |local: u32| slots.get(local as usize).copied().flatten().map(ValuePlace::FramePointer);
                self.expression(&operations, purpose, Some(function), &place).map(Location::Everywhere)
            }
            Locals::Ranges(_) => {
                let mut ranges = Vec::new();
                for (range, places) in places_of(function, &locals) {
                    let place = |local: u32| {
                        locals.iter().position(|known| *known == local).and_then(|at| places.get(at)).copied()
                    };
                    ranges.push((range, self.expression(&operations, purpose, Some(function), &place)?));
                }
                Ok(Location::Ranges(ranges))
            }
        }
    }

    /// Translates the operations with the locals in these places.
    fn expression(
        &self,
        operations: &[Operation<Reader<'_>>],
        purpose: Purpose,
        function: Option<&Function<'_>>,
        place: &dyn Fn(u32) -> Option<ValuePlace>,
    ) -> Result<Buffer, Untranslatable> {
        let mut output = Buffer::new(self.plan.big_endian);
        for piece in operations.split_inclusive(|operation| matches!(operation, Operation::Piece { .. })) {
            let (simple, end) = match piece.split_last() {
                Some((Operation::Piece { size_in_bits, bit_offset }, simple)) => {
                    (simple, Some((size_in_bits, bit_offset)))
                }
                _ => (piece, None),
            };
            self.simple(simple, purpose, function, place, &mut output)?;
            match end {
                Some((size, Some(offset))) => {
                    output.u8(BIT_PIECE);
                    output.unsigned(*size);
                    output.unsigned(*offset);
                }
                Some((size, None)) if size % 8 == 0 => {
                    output.u8(PIECE);
                    output.unsigned(size / 8);
                }
                Some(_) => return Err(Untranslatable),
                None => {}
            }
        }
        Ok(output)
    }

    /// A location without pieces.
    fn simple(
        &self,
        operations: &[Operation<Reader<'_>>],
        purpose: Purpose,
        function: Option<&Function<'_>>,
        place: &dyn Fn(u32) -> Option<ValuePlace>,
        output: &mut Buffer,
    ) -> Result<(), Untranslatable> {
        match operations {
            // Not there at all: what an optimiser leaves of a piece.
            [] => return Ok(()),
            [Operation::WasmLocal { index }, Operation::StackValue] if purpose == Purpose::Location => {
                value_in(place(*index).ok_or(Untranslatable)?, output);
                return Ok(());
            }
            [Operation::WasmGlobal { index }, Operation::StackValue] if purpose == Purpose::Location => {
                return self.global_location(*index, output);
            }
            [Operation::ImplicitValue { data }] => {
                output.u8(IMPLICIT_VALUE);
                output.unsigned(data.len() as u64);
                output.bytes.extend_from_slice(data.slice());
                return Ok(());
            }
            _ => {}
        }
        let mut stack = if purpose == Purpose::Member { vec![Kind::Native] } else { Vec::new() };
        let mut is_value = purpose == Purpose::Number;
        for operation in operations {
            if let Operation::StackValue = operation {
                is_value = purpose != Purpose::FrameBase;
                continue;
            }
            self.operation(operation, function, place, &mut stack, output)?;
        }
        let top = stack.last().ok_or(Untranslatable)?;
        match (is_value, top) {
            (false, Kind::Guest) => self.to_native(output)?,
            (true, Kind::Native) => self.to_guest(output)?,
            _ => {}
        }
        if is_value && purpose != Purpose::Number {
            output.u8(STACK_VALUE);
        }
        Ok(())
    }

    fn operation(
        &self,
        operation: &Operation<Reader<'_>>,
        function: Option<&Function<'_>>,
        place: &dyn Fn(u32) -> Option<ValuePlace>,
        stack: &mut Vec<Kind>,
        output: &mut Buffer,
    ) -> Result<(), Untranslatable> {
        let pop = |stack: &mut Vec<Kind>| stack.pop().ok_or(Untranslatable);
        match *operation {
            Operation::Nop => {}
            Operation::UnsignedConstant { value } => {
                output.u8(CONSTU);
                output.unsigned(value);
                stack.push(Kind::Guest);
            }
            Operation::SignedConstant { value } => {
                output.u8(CONSTS);
                output.signed(value);
                stack.push(Kind::Guest);
            }
            Operation::Address { address } => {
                // What linkers leave where the object was thrown away.
                if address == 0 || address >= u64::from(u32::MAX) - 1 {
                    return Err(Untranslatable);
                }
                output.u8(CONSTU);
                output.unsigned(address);
                stack.push(Kind::Guest);
            }
            Operation::FrameOffset { offset } => {
                output.u8(FBREG);
                output.signed(offset);
                stack.push(Kind::Native);
            }
            Operation::PushObjectAddress => {
                output.u8(PUSH_OBJECT_ADDRESS);
                stack.push(Kind::Native);
            }
            Operation::WasmLocal { index } => {
                push_local(place(index).ok_or(Untranslatable)?, self.local_size(function, index)?, output)?;
                stack.push(Kind::Guest);
            }
            Operation::WasmGlobal { index } => {
                self.push_global(index, output)?;
                stack.push(Kind::Guest);
            }
            Operation::Deref { size, space: false, .. } => {
                if pop(stack)? == Kind::Guest {
                    self.to_native(output)?;
                }
                output.u8(DEREF_SIZE);
                // Pointers of the program, not of the process, are what is read.
                let pointer = self.encoding.address_size;
                output.u8(if size == 0 || size > pointer { pointer } else { size });
                stack.push(Kind::Guest);
            }
            Operation::Drop => {
                pop(stack)?;
                output.u8(DROP);
            }
            Operation::Pick { index } => {
                let kind = stack.iter().rev().nth(index.into()).copied().ok_or(Untranslatable)?;
                if index == 0 {
                    output.u8(DUP);
                } else {
                    output.u8(PICK);
                    output.u8(index);
                }
                stack.push(kind);
            }
            Operation::Swap => {
                let (top, below) = (pop(stack)?, pop(stack)?);
                output.u8(SWAP);
                stack.extend([top, below]);
            }
            Operation::Rot => {
                let (first, second, third) = (pop(stack)?, pop(stack)?, pop(stack)?);
                output.u8(ROT);
                stack.extend([first, third, second]);
            }
            Operation::PlusConstant { value } => {
                let kind = pop(stack)?;
                output.u8(PLUS_UCONST);
                output.unsigned(value);
                stack.push(kind);
            }
            Operation::Plus => {
                let (right, left) = (pop(stack)?, pop(stack)?);
                output.u8(PLUS);
                stack.push(if left == right { left } else { Kind::Native });
            }
            Operation::Minus => {
                let (right, left) = (pop(stack)?, pop(stack)?);
                output.u8(MINUS);
                stack.push(if left == right { Kind::Guest } else { left });
            }
            Operation::Abs | Operation::Neg | Operation::Not => {
                output.u8(match operation {
                    Operation::Abs => ABS,
                    Operation::Neg => NEG,
                    _ => NOT,
                });
                if pop(stack)? == Kind::Native {
                    return Err(Untranslatable);
                }
                stack.push(Kind::Guest);
            }
            ref other => {
                output.u8(binary(other).ok_or(Untranslatable)?);
                if (pop(stack)?, pop(stack)?) != (Kind::Guest, Kind::Guest) {
                    return Err(Untranslatable);
                }
                stack.push(Kind::Guest);
            }
        }
        Ok(())
    }

    /// From an offset in linear memory, which is an object's supposed address, to where the object is.
    pub fn data_location(&self) -> Option<Buffer> {
        let mut output = Buffer::new(self.plan.big_endian);
        output.u8(PUSH_OBJECT_ADDRESS);
        self.to_native(&mut output).ok()?;
        Some(output)
    }

    /// The memory that addresses of the module's debug information are in: the first.
    fn memory(&self) -> Result<MemoryPlace, Untranslatable> {
        self.plan.places.memories[self.module].first().copied().ok_or(Untranslatable)
    }

    /// From an offset in linear memory to an address.
    fn to_native(&self, output: &mut Buffer) -> Result<(), Untranslatable> {
        let memory = self.memory()?;
        match memory.base {
            BaseStrategy::Fixed(base) => {
                output.u8(PLUS_UCONST);
                output.unsigned(base);
            }
            BaseStrategy::Descriptor => {
                self.push_base(memory, output);
                output.u8(PLUS);
            }
        }
        Ok(())
    }

    /// From an address to an offset in linear memory.
    fn to_guest(&self, output: &mut Buffer) -> Result<(), Untranslatable> {
        let memory = self.memory()?;
        match memory.base {
            BaseStrategy::Fixed(base) => {
                output.u8(CONSTU);
                output.unsigned(base);
            }
            BaseStrategy::Descriptor => self.push_base(memory, output),
        }
        output.u8(MINUS);
        Ok(())
    }

    fn push_base(&self, memory: MemoryPlace, output: &mut Buffer) {
        output.u8(ADDR);
        let offset = memory.descriptor.offset as usize + wasmc_abi::instance::MemoryDescriptor::BASE;
        output.address(Target::Data(memory.descriptor.object), offset as u64);
        output.u8(DEREF);
    }

    fn global(&self, index: u32) -> Result<GlobalPlace, Untranslatable> {
        self.plan.places.globals[self.module].get(index as usize).copied().ok_or(Untranslatable)
    }

    /// The location of a global.
    fn global_location(&self, index: u32, output: &mut Buffer) -> Result<(), Untranslatable> {
        match self.global(index)? {
            GlobalPlace::Slot(slot) | GlobalPlace::ConstantInSlot(_, slot) => {
                output.u8(ADDR);
                output.address(Target::Data(slot.object), slot.offset.into());
                Ok(())
            }
            GlobalPlace::Register => {
                value_in(ValuePlace::Register(PINNED), output);
                Ok(())
            }
            GlobalPlace::Constant(_) => {
                self.push_global(index, output)?;
                output.u8(STACK_VALUE);
                Ok(())
            }
        }
    }

    /// Pushes a global's value.
    fn push_global(&self, index: u32, output: &mut Buffer) -> Result<(), Untranslatable> {
        match self.global(index)? {
            GlobalPlace::Slot(slot) => {
                output.u8(ADDR);
                output.address(Target::Data(slot.object), slot.offset.into());
                output.u8(DEREF_SIZE);
                output.u8(self.encoding.address_size);
            }
            GlobalPlace::Register => push_local(ValuePlace::Register(PINNED), 4, output)?,
            GlobalPlace::Constant(ConstantValue::I32(value))
            | GlobalPlace::ConstantInSlot(ConstantValue::I32(value), _) => {
                output.u8(CONSTU);
                output.unsigned((value as u32).into());
            }
            _ => return Err(Untranslatable),
        }
        Ok(())
    }

    /// Bytes of a local.
    fn local_size(&self, function: Option<&Function<'_>>, local: u32) -> Result<u8, Untranslatable> {
        let function = function.ok_or(Untranslatable)?;
        let module = &self.plan.modules[function.module];
        let ty = module.function_type(module.imported.functions + function.position as u32);
        let size = |ty| crate::translate::value_type(ty).bytes() as u8;
        if let Some(ty) = ty.params().get(local as usize) {
            return Ok(size(*ty));
        }
        let mut left = local - ty.params().len() as u32;
        let mut reader = module.bodies[function.position].code.get_locals_reader().map_err(|_| Untranslatable)?;
        for _ in 0..reader.get_count() {
            let (count, ty) = reader.read().map_err(|_| Untranslatable)?;
            match left.checked_sub(count) {
                Some(rest) => left = rest,
                None => return Ok(size(ty)),
            }
        }
        Err(Untranslatable)
    }
}

/// The operation that takes two numbers and gives one.
fn binary(operation: &Operation<Reader<'_>>) -> Option<u8> {
    Some(match operation {
        Operation::And => AND,
        Operation::Div => DIV,
        Operation::Mod => MOD,
        Operation::Mul => MUL,
        Operation::Or => OR,
        Operation::Shl => SHL,
        Operation::Shr => SHR,
        Operation::Shra => SHRA,
        Operation::Xor => XOR,
        Operation::Eq => EQ,
        Operation::Ge => GE,
        Operation::Gt => GT,
        Operation::Le => LE,
        Operation::Lt => LT,
        Operation::Ne => NE,
        _ => return None,
    })
}

/// The location "what is in this place".
pub(super) fn value_in(place: ValuePlace, output: &mut Buffer) {
    match place {
        ValuePlace::Register(register) if register < 32 => output.u8(REG0 + register as u8),
        ValuePlace::Register(register) => {
            output.u8(REGX);
            output.unsigned(register.into());
        }
        ValuePlace::Frame(offset) => push_frame(offset, output),
        ValuePlace::FramePointer(offset) => push_register(FRAME_POINTER, offset.into(), output),
    }
}

/// Pushes the contents of a place, `size` bytes.
fn push_local(place: ValuePlace, size: u8, output: &mut Buffer) -> Result<(), Untranslatable> {
    match place {
        ValuePlace::Register(FIRST_VECTOR..) => return Err(Untranslatable),
        ValuePlace::Register(register) => {
            push_register(register, 0, output);
            if size < 8 {
                // Code leaves anything in the upper half.
                output.u8(CONST4U);
                output.u32(u32::MAX);
                output.u8(AND);
            }
            return Ok(());
        }
        ValuePlace::Frame(offset) => push_frame(offset, output),
        ValuePlace::FramePointer(offset) => push_register(FRAME_POINTER, offset.into(), output),
    }
    if size > 8 {
        return Err(Untranslatable);
    }
    output.u8(DEREF_SIZE);
    output.u8(size);
    Ok(())
}

fn push_register(register: u16, offset: i64, output: &mut Buffer) {
    if register < 32 {
        output.u8(BREG0 + register as u8);
    } else {
        output.u8(BREGX);
        output.unsigned(register.into());
    }
    output.signed(offset);
}

fn push_frame(offset: i32, output: &mut Buffer) {
    output.u8(CALL_FRAME_CFA);
    output.u8(CONSTS);
    output.signed(offset.into());
    output.u8(PLUS);
}

/// Ranges of the text section in which all of `locals` have a place, with their places.
fn places_of(function: &Function<'_>, locals: &[u32]) -> Vec<(Range<u32>, Vec<ValuePlace>)> {
    let Locals::Ranges(all) = &function.record.locals else { return Vec::new() };
    let mut found: Vec<(Range<u32>, Vec<ValuePlace>)> = Vec::new();
    for (number, local) in locals.iter().enumerate() {
        let start = all.partition_point(|range| range.local < *local);
        let own = all[start..].iter().take_while(|range| range.local == *local);
        let mut next = Vec::new();
        let mut covered = 0;
        for range in own {
            // A value that is in two places at once: the first that was found serves.
            let from = range.start.max(covered);
            let part = function.text.start + from..function.text.start + range.end;
            if part.start >= part.end {
                continue;
            }
            covered = range.end;
            if number == 0 {
                next.push((part, vec![range.place]));
                continue;
            }
            for (other, places) in &found {
                let both = part.start.max(other.start)..part.end.min(other.end);
                if both.start < both.end {
                    next.push((both, places.iter().copied().chain([range.place]).collect()));
                }
            }
        }
        next.sort_by_key(|(range, _)| range.start);
        found = next;
    }
    found
}
