//! References from code to what has a symbol: other code, data, the runtime library.

use cranelift_codegen::ir::ArgumentExtension;
use cranelift_codegen::ir::{
    AbiParam, AliasRegion, AliasRegionData, ExtFuncData, ExternalName, FuncRef, GlobalValue, GlobalValueData,
    InstBuilder, MemFlagsData, SigRef, Signature, Type, UserExternalName, Value, types,
};
use cranelift_codegen::isa::CallConv;
use rustc_hash::FxHashMap;
use target_lexicon::Architecture;
use wasmc_abi::symbols as names;
use wasmparser::FuncType;

use super::{REFERENCE, Translator, WASM_CALL, signature};
use crate::plan::{DataId, Definition, UnitId};

/// What the index of a `UserExternalName` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// Code: a [`UnitId`].
    Unit,
    /// Data: a [`DataId`].
    Data,
    /// Imported functions of the runtime library, by index in `Definitions::host`.
    Host,
    /// Other functions of the runtime library: a position in [`RuntimeSymbol::ALL`].
    Runtime,
}

impl Namespace {
    pub fn from_number(number: u32) -> Option<Namespace> {
        [Namespace::Unit, Namespace::Data, Namespace::Host, Namespace::Runtime].into_iter().nth(number as usize)
    }

    fn name(self, index: u32) -> UserExternalName {
        UserExternalName::new(self as u32, index)
    }
}

/// Functions of the runtime library that compiled code calls on its own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RuntimeSymbol {
    MemoryGrow,
    SharedMemoryGrow,
    AtomicWait32,
    AtomicWait64,
    AtomicNotify,
    FirstBlock,
    TableGrow,
    TableFill,
    MemoryMove,
    MemoryFill,
    HeapAllocate,
    ArrayFill,
    ArrayReadData,
    ArrayReadElements,
    UnknownImport,
    WasiInitialize,
    Harness,
    Invoke,
    Throw,
    ThrowReference,
    ExceptionAllocate,
}

impl RuntimeSymbol {
    pub const ALL: &[RuntimeSymbol] = &[
        RuntimeSymbol::MemoryGrow,
        RuntimeSymbol::SharedMemoryGrow,
        RuntimeSymbol::AtomicWait32,
        RuntimeSymbol::AtomicWait64,
        RuntimeSymbol::AtomicNotify,
        RuntimeSymbol::FirstBlock,
        RuntimeSymbol::TableGrow,
        RuntimeSymbol::TableFill,
        RuntimeSymbol::MemoryMove,
        RuntimeSymbol::MemoryFill,
        RuntimeSymbol::HeapAllocate,
        RuntimeSymbol::ArrayFill,
        RuntimeSymbol::ArrayReadData,
        RuntimeSymbol::ArrayReadElements,
        RuntimeSymbol::UnknownImport,
        RuntimeSymbol::WasiInitialize,
        RuntimeSymbol::Harness,
        RuntimeSymbol::Invoke,
        RuntimeSymbol::Throw,
        RuntimeSymbol::ThrowReference,
        RuntimeSymbol::ExceptionAllocate,
    ];

    /// The linker's name.
    pub fn name(self) -> &'static str {
        match self {
            RuntimeSymbol::MemoryGrow => names::MEMORY_GROW,
            RuntimeSymbol::SharedMemoryGrow => names::SHARED_MEMORY_GROW,
            RuntimeSymbol::AtomicWait32 => names::ATOMIC_WAIT32,
            RuntimeSymbol::AtomicWait64 => names::ATOMIC_WAIT64,
            RuntimeSymbol::AtomicNotify => names::ATOMIC_NOTIFY,
            RuntimeSymbol::FirstBlock => names::FIRST_BLOCK,
            RuntimeSymbol::TableGrow => names::TABLE_GROW,
            RuntimeSymbol::TableFill => names::TABLE_FILL,
            RuntimeSymbol::MemoryMove => names::MEMORY_MOVE,
            RuntimeSymbol::MemoryFill => names::MEMORY_FILL,
            RuntimeSymbol::HeapAllocate => names::HEAP_ALLOCATE,
            RuntimeSymbol::ArrayFill => names::ARRAY_FILL,
            RuntimeSymbol::ArrayReadData => names::ARRAY_READ_DATA,
            RuntimeSymbol::ArrayReadElements => names::ARRAY_READ_ELEMENTS,
            RuntimeSymbol::UnknownImport => names::UNKNOWN_IMPORT,
            RuntimeSymbol::WasiInitialize => names::WASI_INITIALIZE,
            RuntimeSymbol::Harness => names::HARNESS,
            RuntimeSymbol::Invoke => names::INVOKE,
            RuntimeSymbol::Throw => names::THROW,
            RuntimeSymbol::ThrowReference => names::THROW_REFERENCE,
            RuntimeSymbol::ExceptionAllocate => names::EXCEPTION_ALLOCATE,
        }
    }

    /// Parameter and result types, as `wasmc_abi::symbols` documents them.
    pub fn types(self) -> (&'static [Word], &'static [Word]) {
        use Word::{Address, I32, I64};
        match self {
            RuntimeSymbol::MemoryGrow | RuntimeSymbol::SharedMemoryGrow => (&[Address, I64], &[I64]),
            RuntimeSymbol::AtomicWait32 => (&[Address, I32, I64], &[I32]),
            RuntimeSymbol::AtomicWait64 => (&[Address, I64, I64], &[I32]),
            RuntimeSymbol::AtomicNotify => (&[Address, I32], &[I32]),
            RuntimeSymbol::FirstBlock => (&[], &[Address]),
            RuntimeSymbol::TableGrow => (&[Address, I64, I64], &[I64]),
            RuntimeSymbol::TableFill => (&[Address, I64, I64], &[]),
            RuntimeSymbol::MemoryMove => (&[Address, Address, I64], &[]),
            RuntimeSymbol::MemoryFill => (&[Address, I32, I64], &[]),
            RuntimeSymbol::HeapAllocate => (&[I64, Address], &[Address]),
            RuntimeSymbol::ArrayFill => (&[Address, I64, I64, I64, I64], &[]),
            RuntimeSymbol::ArrayReadData | RuntimeSymbol::ArrayReadElements => (&[Address, Address, I64, I64], &[]),
            RuntimeSymbol::UnknownImport => (&[Address, I64], &[]),
            RuntimeSymbol::WasiInitialize | RuntimeSymbol::Harness => (&[], &[]),
            RuntimeSymbol::Invoke | RuntimeSymbol::Throw => (&[Address], &[]),
            RuntimeSymbol::ThrowReference => (&[Address, Address], &[]),
            RuntimeSymbol::ExceptionAllocate => (&[Address, Address], &[Address]),
        }
    }
}

/// Types of the parameters and results of [`RuntimeSymbol`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// As wide as the target's addresses in the runtime library; 64 bits in compiled code.
    Address,
    I32,
    I64,
}

impl Word {
    fn value_type(self) -> Type {
        match self {
            Word::Address => REFERENCE,
            Word::I32 => types::I32,
            Word::I64 => types::I64,
        }
    }
}

/// Kinds of memory that never overlap, for alias analysis.
#[derive(Clone, Copy)]
enum Region {
    LinearMemory,
    Instance,
    TableElements,
    HeapState,
    Objects,
}

/// What a function refers to so far, so that nothing is declared twice.
#[derive(Default)]
pub(super) struct Symbols {
    functions: FxHashMap<(u32, u32), FuncRef>,
    data: FxHashMap<DataId, GlobalValue>,
    signatures: FxHashMap<(usize, u32), SigRef>,
    regions: [Option<AliasRegion>; 5],
}

/// Calling convention of the runtime library.
pub(super) fn host_call(isa: &dyn cranelift_codegen::isa::TargetIsa) -> CallConv {
    isa.default_call_conv()
}

/// Calling convention of the entries of the unwinder: landing pads know none that goes by the convention of Windows.
fn throw_call(isa: &dyn cranelift_codegen::isa::TargetIsa) -> CallConv {
    match host_call(isa) {
        CallConv::WindowsFastcall => CallConv::SystemV,
        convention => convention,
    }
}

/// The signature with 32-bit parameters extended to registers where the C calling convention has the caller do that: on
/// RISC-V always with the sign ("Integer Calling Convention"), on s390x as the type is signed (ELF ABI 1.2.3).
fn extended(mut signature: Signature, architecture: Architecture, is_signed: bool) -> Signature {
    let extension = match architecture {
        Architecture::Riscv64(_) => ArgumentExtension::Sext,
        Architecture::S390x if is_signed => ArgumentExtension::Sext,
        Architecture::S390x => ArgumentExtension::Uext,
        _ => return signature,
    };
    for parameter in signature.params.iter_mut().filter(|parameter| parameter.value_type == types::I32) {
        parameter.extension = extension;
    }
    signature
}

impl Translator<'_, '_, '_> {
    fn function_ref(&mut self, namespace: Namespace, index: u32, signature: impl FnOnce() -> Signature) -> FuncRef {
        let key = (namespace as u32, index);
        if let Some(&function) = self.symbols.functions.get(&key) {
            return function;
        }
        let name = self.builder.func.declare_imported_user_function(namespace.name(index));
        let signature = self.builder.import_signature(signature());
        let function = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.symbols.functions.insert(key, function);
        function
    }

    /// A piece of code with a wasm function's type, in the wasm calling convention.
    pub(super) fn wasm_function(&mut self, unit: UnitId, ty: &FuncType) -> FuncRef {
        self.function_ref(Namespace::Unit, unit.0, || signature(ty, WASM_CALL))
    }

    /// A piece of code without parameters or results, in the C calling convention.
    pub(super) fn plain_function(&mut self, unit: UnitId) -> FuncRef {
        let convention = host_call(self.isa);
        self.function_ref(Namespace::Unit, unit.0, || Signature::new(convention))
    }

    /// A function of the runtime library that the program imports.
    pub(super) fn host_function(&mut self, host: u32) -> FuncRef {
        let convention = host_call(self.isa);
        let ty = &self.plan.definitions.host[host as usize].ty;
        let architecture = self.isa.triple().architecture;
        // The runtime library has signed numbers in the place of imports' i32.
        self.function_ref(Namespace::Host, host, || extended(signature(ty, convention), architecture, true))
    }

    /// Calls a function of the runtime library; returns its result, or none.
    pub(super) fn call_runtime(&mut self, symbol: RuntimeSymbol, arguments: &[Value]) -> Option<Value> {
        let function = self.runtime_function(symbol);
        let call = self.builder.ins().call(function, arguments);
        self.builder.inst_results(call).first().copied()
    }

    /// A function of the runtime library that compiled code calls on its own account.
    pub(super) fn runtime_function(&mut self, symbol: RuntimeSymbol) -> FuncRef {
        let convention = match symbol {
            RuntimeSymbol::Throw | RuntimeSymbol::ThrowReference => throw_call(self.isa),
            _ => host_call(self.isa),
        };
        let architecture = self.isa.triple().architecture;
        self.function_ref(Namespace::Runtime, symbol as u32, || {
            let (parameters, results) = symbol.types();
            let signature = Signature {
                params: parameters.iter().map(|ty| AbiParam::new(ty.value_type())).collect(),
                returns: results.iter().map(|ty| AbiParam::new(ty.value_type())).collect(),
                call_conv: convention,
            };
            extended(signature, architecture, false)
        })
    }

    /// Signature of a type of this module, for indirect calls.
    pub(super) fn indirect_signature(&mut self, type_index: u32) -> SigRef {
        let key = (self.module, type_index);
        if let Some(&known) = self.symbols.signatures.get(&key) {
            return known;
        }
        let ty = self.plan.modules[self.module].type_at(type_index);
        let imported = self.builder.import_signature(signature(ty, WASM_CALL));
        self.symbols.signatures.insert(key, imported);
        imported
    }

    /// Address of a data object: of the running thread's, where each thread has its own.
    pub(super) fn data_address(&mut self, object: DataId) -> Value {
        if let Some(offset) = self.plan.places.offset_in_block(object) {
            let block = self.thread_block();
            return self.builder.ins().iadd_imm_u(block, i64::from(offset));
        }
        let global = match self.symbols.data.get(&object) {
            Some(&global) => global,
            None => {
                let name = self.builder.func.declare_imported_user_function(Namespace::Data.name(object.0));
                let global = self.builder.create_global_value(GlobalValueData::Symbol {
                    name: ExternalName::user(name),
                    offset: 0.into(),
                    colocated: true,
                    tls: false,
                });
                self.symbols.data.insert(object, global);
                global
            }
        };
        self.builder.ins().symbol_value(REFERENCE, global)
    }

    fn region(&mut self, region: Region) -> AliasRegion {
        let (user_id, description) = match region {
            Region::LinearMemory => (0, "linear memory"),
            Region::Instance => (1, "instance"),
            Region::TableElements => (2, "table elements"),
            Region::HeapState => (3, "heap state"),
            Region::Objects => (4, "objects"),
        };
        let regions = &mut self.builder.func.dfg.alias_regions;
        *self.symbols.regions[region as usize]
            .get_or_insert_with(|| regions.insert(AliasRegionData { user_id, description: description.into() }))
    }

    /// For accesses to linear memory: any address may trap, and bytes are little-endian everywhere.
    ///
    /// **Sandbox and specification invariant:** the trap code stays on every access, so that an access whose
    /// value nobody uses still traps (wasm spec 4.4.7.1).
    pub(super) fn linear_memory_flags(&mut self) -> MemFlagsData {
        let region = self.region(Region::LinearMemory);
        MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little).with_alias_region(Some(region))
    }

    /// For the mutable fields of instances: globals, descriptors, segment lengths.
    pub(super) fn instance_flags(&mut self) -> MemFlagsData {
        let region = self.region(Region::Instance);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// For elements of tables that may change.
    pub(super) fn table_flags(&mut self) -> MemFlagsData {
        let region = self.region(Region::TableElements);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// For the bounds of the garbage-collected heap.
    pub(super) fn heap_state_flags(&mut self) -> MemFlagsData {
        let region = self.region(Region::HeapState);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// What accesses to objects touch.
    pub(super) fn object_region(&mut self) -> AliasRegion {
        self.region(Region::Objects)
    }

    /// For data that never changes once the program runs.
    pub(super) fn constant_flags(&self) -> MemFlagsData {
        MemFlagsData::trusted().with_readonly().with_can_move()
    }

    /// The code of a function in the wasm calling convention.
    pub(super) fn code_of(&mut self, definition: Definition) -> Option<FuncRef> {
        let unit = self.plan.units.of_function(definition)?;
        let plan = self.plan;
        Some(self.wasm_function(unit, plan.type_of(definition)))
    }
}
