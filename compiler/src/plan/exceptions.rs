//! Exceptions: the numbers and payloads of tags, and which functions can throw at all.
//!
//! Nothing is dynamic about a tag: a program has one instance of each module, so that a tag is the number of its
//! definition throughout the program. Where no function that can run throws, a program has nothing of all this.

use wasmc_abi::exception::{Exception, payload_offset};
use wasmparser::ValType;

use super::data::{DataId, DataObject, DataObjects, Placement};
use super::definitions::{Definition, Definitions, Owner};
use super::reach::{Unit, Units};
use crate::module::{BodyFacts, Module, Types};

/// What is known about the exceptions of a program.
#[derive(Default)]
pub(crate) struct Exceptions {
    /// By number.
    pub tags: Vec<Tag>,
    /// Number of the first tag that each module defines, less the number of those it imports.
    first: Vec<u32>,
    /// By module and position of the body; empty where nothing throws.
    throwing: Vec<Vec<bool>>,
    /// Some function whose reference is taken may throw.
    reference_throws: bool,
    /// Size in bytes of the largest exception, its header included.
    pub largest: usize,
    /// Some payload holds references.
    pub has_references: bool,
    /// Some function may keep an exception as an object.
    pub are_kept: bool,
    pub references: ReferenceForm,
    /// `None` where nothing throws.
    pub objects: Option<ExceptionObjects>,
}

/// What a reference to an exception is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReferenceForm {
    /// The exception itself: the number of its tag plus one in the high 32 bits, the payload in the low.
    #[default]
    Bits,
    /// The address of an object in the garbage-collected heap.
    Object,
}

/// Size in bytes of the largest exception that fits [`ReferenceForm::Bits`].
const LARGEST_IN_BITS: usize = Exception::PAYLOAD + 8;

/// A tag.
pub(crate) struct Tag {
    pub owner: Owner,
    /// The payload's values, each with its offset in an exception.
    pub payload: Vec<(ValType, i32)>,
    /// Bytes of an exception, its header included.
    pub size: usize,
}

/// Data of a program that throws.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExceptionObjects {
    /// The `Exceptions`; filled when the code is laid out.
    pub description: DataId,
    /// The pending `Exception`.
    pub pending: DataId,
}

impl Exceptions {
    /// Looks for functions that throw; adds the data that they need.
    pub fn plan(
        modules: &[Module<'_>],
        facts: &[Vec<BodyFacts>],
        definitions: &Definitions,
        types: &Types,
        units: &Units,
        data: &mut DataObjects<'_>,
    ) -> Exceptions {
        let live = |module, position| units.id(Unit::Wasm { module, position }).is_some();
        let throws = facts.iter().enumerate().any(|(module, bodies)| {
            bodies.iter().enumerate().any(|(position, facts)| facts.has_throw && live(module, position))
        });
        let mut exceptions = Exceptions { largest: size_of::<Exception>(), ..Exceptions::default() };
        exceptions.number_tags(modules);
        if !throws {
            return exceptions;
        }
        // There is always a payload to be read, whatever it says.
        exceptions.largest = exceptions.largest.max(LARGEST_IN_BITS);
        // A reference has 64 bits, but 32 in an object.
        let fit = exceptions.tags.iter().all(|tag| tag.fits_32_bits());
        if !fit || types.has_objects() {
            exceptions.references = ReferenceForm::Object;
            exceptions.are_kept =
                exceptions.has_references || facts.iter().flatten().any(|facts| facts.keeps_exceptions);
        }
        exceptions.spread(facts, definitions, units, &live);
        let pending = DataObject::zero("wasmc_pending_exception", 16, exceptions.largest as u64);
        let description = DataObject::new("wasmc_exceptions", Placement::RelocatedReadOnly, 8, [].as_slice().into());
        exceptions.objects = Some(ExceptionObjects { pending: data.add(pending), description: data.add(description) });
        exceptions
    }

    fn number_tags(&mut self, modules: &[Module<'_>]) {
        for (number, module) in modules.iter().enumerate() {
            self.first.push((self.tags.len() as u32).wrapping_sub(module.imported.tags));
            for index in module.imported.tags..module.tags.len() as u32 {
                let (payload, size) = payload(module.tag_type(index).params());
                self.largest = self.largest.max(size);
                self.has_references |= payload.iter().any(|(ty, _)| ty.is_reference_type());
                self.tags.push(Tag { owner: Owner { module: number, index }, payload, size });
            }
        }
    }

    /// From the functions that throw to all that call them, until nothing changes.
    fn spread(
        &mut self,
        facts: &[Vec<BodyFacts>],
        definitions: &Definitions,
        units: &Units,
        live: &dyn Fn(usize, usize) -> bool,
    ) {
        self.throwing = facts.iter().map(|bodies| vec![false; bodies.len()]).collect();
        let mut callers: Vec<Vec<Vec<(usize, usize)>>> =
            facts.iter().map(|bodies| vec![Vec::new(); bodies.len()]).collect();
        let mut pending = Vec::new();
        for (module, bodies) in facts.iter().enumerate() {
            for (position, facts) in bodies.iter().enumerate().filter(|&(position, _)| live(module, position)) {
                for &callee in &facts.calls {
                    if let Definition::Wasm { module: owner, position: callee } = definitions.function(module, callee) {
                        callers[owner][callee].push((module, position));
                    }
                }
                if facts.has_throw {
                    pending.push((module, position));
                }
            }
        }
        let mut referenced: Vec<Vec<bool>> = facts.iter().map(|bodies| vec![false; bodies.len()]).collect();
        for definition in &units.referenced {
            if let Definition::Wasm { module, position } = *definition {
                referenced[module][position] = true;
            }
        }
        while let Some((module, position)) = pending.pop() {
            if std::mem::replace(&mut self.throwing[module][position], true) {
                continue;
            }
            pending.append(&mut callers[module][position]);
            if referenced[module][position] && !std::mem::replace(&mut self.reference_throws, true) {
                for (module, bodies) in facts.iter().enumerate() {
                    let calling = bodies.iter().enumerate().filter(|(_, facts)| facts.has_indirect_call);
                    pending
                        .extend(calling.map(|(position, _)| (module, position)).filter(|&(module, p)| live(module, p)));
                }
            }
        }
    }

    /// The number of a tag.
    pub fn tag(&self, definitions: &Definitions, module: usize, index: u32) -> u32 {
        let owner = definitions.tag(module, index);
        self.first[owner.module].wrapping_add(owner.index)
    }

    /// Whether a call of this function may end with an exception.
    pub fn may_throw(&self, definition: Definition) -> bool {
        match definition {
            Definition::Wasm { module, position } => {
                self.throwing.get(module).and_then(|bodies| bodies.get(position)).is_some_and(|&throws| throws)
            }
            // The runtime library throws nothing.
            Definition::Host(_) | Definition::Unknown(_) => false,
        }
    }

    /// Whether a call by reference may end with an exception.
    pub fn reference_may_throw(&self) -> bool {
        self.reference_throws
    }
}

impl Tag {
    /// The payload is nothing, or one value of 32 bits.
    fn fits_32_bits(&self) -> bool {
        matches!(self.payload[..], [] | [(ValType::I32 | ValType::F32, _)])
    }
}

/// Where the values of a payload stand in an exception, and where it ends.
fn payload(types: &[ValType]) -> (Vec<(ValType, i32)>, usize) {
    let mut end = 0;
    let values = types
        .iter()
        .map(|&ty| {
            let size = match ty {
                ValType::I32 | ValType::F32 => 4,
                ValType::I64 | ValType::F64 | ValType::Ref(_) => 8,
                ValType::V128 => 16,
            };
            let offset = payload_offset(end, size);
            end = offset + size;
            // The validator allows 1000 parameters.
            (ty, (Exception::PAYLOAD + offset) as i32)
        })
        .collect();
    (values, (Exception::PAYLOAD + end).next_multiple_of(align_of::<Exception>()))
}
