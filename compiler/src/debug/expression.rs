//! Location expressions (DWARF 5, 2.5 and 2.6): from wasm's locals and linear memory to registers, frames and addresses.

use std::ops::Range;
use std::rc::Rc;

use gimli::{Encoding, EndianSlice, Expression, LittleEndian, Operation};

use super::addresses::Function;
use super::history::Subject;
use super::opcode::*;
use super::place::{places_of, places_of_one};
use super::record::{Locals, Record, ValuePlace};
use super::registers::Registers;
use super::units::{Dwarf, Unit};
use super::writer::Buffer;
use crate::plan::Plan;

/// What a module's debug information is read from.
pub(super) type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// Where something is.
pub(super) enum Location {
    /// In the same way everywhere.
    Everywhere(Buffer),
    /// In a range of the text section each.
    Ranges(Vec<(Range<u32>, Data)>),
}

/// What a location list says of a range.
#[derive(Clone)]
pub(super) enum Data {
    /// The place of the one value: most are as simple as this, and are not written before they stand in the list.
    Place(ValuePlace),
    Written(Rc<Buffer>),
}

/// What an expression is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The location of an object.
    Location,
    /// The address that the pointer there leads to.
    Target,
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
    pub registers: Registers,
    pub dwarf: &'p Dwarf<'a>,
    pub unit: &'p Unit<'a>,
}

/// Why an expression cannot be carried over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Untranslatable;

/// Where an expression holds.
#[derive(Clone, Copy)]
struct Scene<'s> {
    function: Option<&'s Function<'s>>,
    /// The offset in the function's body from which on it holds.
    offset: u32,
    place: &'s dyn Fn(Subject) -> Option<ValuePlace>,
}

impl Scene<'_> {
    /// What an operation refers to.
    fn subject(&self, operation: &Operation<Reader<'_>>) -> Option<Subject> {
        match *operation {
            Operation::WasmLocal { index } => Some(Subject::Local(index)),
            Operation::WasmStack { index } => Some(Subject::Operand { offset: self.offset, height: index }),
            _ => None,
        }
    }

    /// Where what an operation refers to is.
    fn place(&self, operation: &Operation<Reader<'_>>) -> Result<ValuePlace, Untranslatable> {
        self.subject(operation).and_then(self.place).ok_or(Untranslatable)
    }
}

/// What is on the expression's stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number; as an address, an offset in linear memory.
    Guest,
    /// An address of the process.
    Native,
}

type Operations<'a> = Vec<Operation<Reader<'a>>>;

impl<'p> Context<'p, '_> {
    /// Translates an expression that holds in `function`, or anywhere; `start` is where in the code section it begins to, and
    /// `code` the machine code that it is wanted for, sorted.
    pub fn translate<'r>(
        &self,
        expression: Expression<Reader<'r>>,
        purpose: Purpose,
        function: Option<&Function<'_>>,
        start: u64,
        code: &[Range<u32>],
    ) -> Result<Location, Untranslatable> {
        let offset = function.map_or(0, |function| (start as u32).saturating_sub(function.wasm.start));
        let nowhere = Scene { function, offset, place: &|_| None };
        let mut iterator = expression.operations(self.encoding);
        // Most are as simple as this.
        let mut ahead = iterator;
        if let (Purpose::Location, Some(function @ Function { record: Record { locals: Locals::Ranges(_), .. }, .. })) =
            (purpose, function)
            && let (Ok(Some(value)), Ok(Some(Operation::StackValue)), Ok(None)) =
                (ahead.next(), ahead.next(), ahead.next())
            && let Some(subject) = nowhere.subject(&value)
        {
            let places = places_of_one(function, subject, code);
            return Ok(Location::Ranges(places.map(|(range, place)| (range, Data::Place(place))).collect()));
        }
        let mut operations: Operations<'r> = Vec::new();
        while let Some(operation) = iterator.next().map_err(|_| Untranslatable)? {
            let value_of = |index| self.dwarf.address(self.unit, index).map_err(|_| Untranslatable);
            operations.push(match operation {
                Operation::AddressIndex { index } => Operation::Address { address: value_of(index)? },
                Operation::ConstantIndex { index } => Operation::UnsignedConstant { value: value_of(index)? },
                operation => operation,
            });
        }
        let mut subjects: Vec<Subject> = operations.iter().filter_map(|operation| nowhere.subject(operation)).collect();
        subjects.sort_unstable();
        subjects.dedup();
        if subjects.is_empty() {
            return self.expression(&operations, purpose, &nowhere).map(Location::Everywhere);
        }
        let function = function.ok_or(Untranslatable)?;
        match &function.record.locals {
            Locals::Slots(slots) => {
                let place = |subject| match subject {
                    Subject::Local(local) => slots.get(local as usize).copied().flatten().map(ValuePlace::FramePointer),
                    Subject::Operand { .. } | Subject::Variable(_) => None,
                };
                self.expression(&operations, purpose, &Scene { place: &place, ..nowhere }).map(Location::Everywhere)
            }
            Locals::Ranges(_) => {
                let mut ranges = Vec::new();
                for (range, places) in places_of(function, &subjects, code) {
                    let place = |subject| {
                        subjects.iter().position(|known| *known == subject).and_then(|at| places.get(at)).copied()
                    };
                    // What cannot be said of one place may be possible with others.
                    if let Ok(data) = self.expression(&operations, purpose, &Scene { place: &place, ..nowhere }) {
                        ranges.push((range, Data::Written(data.into())));
                    }
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
        scene: &Scene<'_>,
    ) -> Result<Buffer, Untranslatable> {
        let mut output = Buffer::new(self.plan.big_endian);
        if purpose == Purpose::Target {
            self.target(operations, scene, &mut output)?;
            return Ok(output);
        }
        for piece in operations.split_inclusive(|operation| matches!(operation, Operation::Piece { .. })) {
            let (simple, end) = match piece.split_last() {
                Some((Operation::Piece { size_in_bits, bit_offset }, simple)) => {
                    (simple, Some((size_in_bits, bit_offset)))
                }
                _ => (piece, None),
            };
            self.simple(simple, purpose, scene, &mut output)?;
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

    /// The address that the pointer leads to which the location of one is given of.
    fn target(
        &self,
        operations: &[Operation<Reader<'_>>],
        scene: &Scene<'_>,
        output: &mut Buffer,
    ) -> Result<(), Untranslatable> {
        let (operations, is_value) = match operations {
            [operations @ .., Operation::StackValue] => (operations, true),
            operations => (operations, false),
        };
        let mut stack = Vec::new();
        for operation in operations {
            self.operation(operation, scene, &mut stack, output)?;
        }
        let mut top = stack.pop().ok_or(Untranslatable)?;
        if !is_value {
            if top == Kind::Guest {
                self.to_native(output)?;
            }
            output.u8(DEREF_SIZE);
            output.u8(self.encoding.address_size);
            top = Kind::Guest;
        }
        if top == Kind::Guest {
            self.to_native(output)?;
        }
        output.u8(STACK_VALUE);
        Ok(())
    }

    /// A location without pieces.
    fn simple(
        &self,
        operations: &[Operation<Reader<'_>>],
        purpose: Purpose,
        scene: &Scene<'_>,
        output: &mut Buffer,
    ) -> Result<(), Untranslatable> {
        match operations {
            // Not there at all: what an optimiser leaves of a piece.
            [] => return Ok(()),
            [Operation::WasmLocal { .. } | Operation::WasmStack { .. }, Operation::StackValue]
                if purpose == Purpose::Location =>
            {
                self.registers.value_in(scene.place(&operations[0])?, output);
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
            self.operation(operation, scene, &mut stack, output)?;
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
        scene: &Scene<'_>,
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
            // The frame of a body inlined into another is not the function's.
            Operation::FrameOffset { .. } if scene.function.is_some_and(|function| function.body != 0) => {
                return Err(Untranslatable);
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
                self.registers.push_local(scene.place(operation)?, self.local_size(scene.function, index)?, output)?;
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
