//! Kinds of trap (wasm spec 4.2.2), as they stand in trap tables and exit paths.

macro_rules! trap_codes {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal, $message:literal, $explanation:literal;)*) => {
        /// Why a program trapped.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TrapCode { $($(#[doc = $doc])* $name = $number,)* }

        impl TrapCode {
            /// Every trap code, in order of its number.
            pub const ALL: &[TrapCode] = &[$(TrapCode::$name,)*];

            /// The code with this number.
            pub fn from_number(number: u8) -> Option<TrapCode> {
                match number { $($number => Some(TrapCode::$name),)* _ => None }
            }

            /// The message that the specification's test suite uses for this trap.
            pub fn message(self) -> &'static str {
                match self { $(TrapCode::$name => $message,)* }
            }

            /// The name that `wasmc explain` accepts.
            pub fn name(self) -> &'static str {
                match self { $(TrapCode::$name => stringify!($name),)* }
            }

            /// A paragraph for the user: what happened, why programs do that, what to do next.
            pub fn explanation(self) -> &'static str {
                match self { $(TrapCode::$name => $explanation,)* }
            }
        }
    };
}

trap_codes! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable",
        "The program executed the `unreachable` instruction. Compilers place it where control must not arrive: after abort(), a failed assertion, a Rust panic, or a function that ends without returning a value.";
    /// A load, store or bulk operation left its linear memory.
    MemoryOutOfBounds = 2, "out of bounds memory access",
        "A load, a store or a bulk operation touched linear memory beyond its current size. The usual causes are a wild or freed pointer, an index past the end of an array, and a null pointer plus a large offset.";
    /// A table operation left its table.
    TableOutOfBounds = 3, "out of bounds table access",
        "A table instruction or an element segment used an index beyond the table's current size.";
    /// An indirect call used an index beyond its table.
    UndefinedElement = 4, "undefined element",
        "call_indirect used an index beyond the table. In C and C++ this is a call through a function pointer that was never a function's address.";
    /// An indirect call met a null element.
    UninitializedElement = 5, "uninitialized element",
        "call_indirect met an empty table element. In C and C++ this is a call through a null function pointer.";
    /// An indirect call met a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch",
        "call_indirect met a function whose type is not the one the call names. In C and C++ this is a call through a function pointer that was cast to another type.";
    /// A reference that must not be null was null.
    NullReference = 7, "null reference",
        "An instruction that needs an object or a function got a null reference.";
    /// Division by zero.
    IntegerDivideByZero = 8, "integer divide by zero",
        "An integer division or remainder had the divisor zero.";
    /// A quotient that its type cannot hold.
    IntegerOverflow = 9, "integer overflow",
        "The most negative integer was divided by -1, or a floating-point number too large for the integer type was truncated.";
    /// Truncation of a NaN.
    InvalidConversionToInteger = 10, "invalid conversion to integer",
        "A NaN was converted to an integer with a trapping conversion.";
    /// The wasm stack is full.
    StackOverflow = 11, "call stack exhausted",
        "The program's stack is full: the recursion is too deep, or endless. `wasmc build --max-stack SIZE` gives it more.";
    /// A function that nobody provides was called.
    UnknownImport = 12, "unknown import called",
        "The program called an imported function that nobody provides. It was built with `--unknown-imports trap`, which leaves such calls in place until they happen.";
    /// A module could not be instantiated because what it imports has grown or is too small.
    Unlinkable = 13, "incompatible import type",
        "A module imports a memory or a table that is smaller, when the module is instantiated, than the import asks for.";
    /// Machine code met an instruction that this processor does not have.
    UnsupportedProcessor = 14, "unsupported processor",
        "The executable uses instructions that this processor does not have. Build it for older ones: with `--cpu x86-64` for x86-64, elsewhere without `--cpu`.";
    /// Not a trap of the specification: an exception that nobody caught.
    UncaughtException = 15, "uncaught exception",
        "The program threw an exception, and none of the functions that were waiting for their callees caught it. The message names the tag of the exception and its payload: for C++ that is the tag `__cpp_exception` and the address of the thrown object.";
    /// An atomic access at an address that is not a multiple of its width.
    UnalignedAtomic = 16, "unaligned atomic",
        "An atomic instruction used an address that is not a multiple of the number of bytes it accesses.";
    /// A wait on a memory that no other thread can see.
    ExpectedSharedMemory = 17, "expected shared memory",
        "memory.atomic.wait was used on a memory that is not shared: no other thread could ever wake this one.";
    /// `call_ref` met null.
    NullFunction = 18, "null function reference",
        "A call through a function reference met null: the variable or field that should hold a function was never set.";
    /// `struct.get` or `struct.set` met null.
    NullStructure = 19, "null structure reference",
        "A field of a null reference was read or written. In languages with garbage collection this is an object variable that was never set.";
    /// An array instruction met null.
    NullArray = 20, "null array reference",
        "An element or the length of a null array reference was asked for.";
    /// `i31.get_s` or `i31.get_u` met null.
    NullI31 = 21, "null i31 reference",
        "The number in a null i31 reference was asked for.";
    /// `ref.cast` met a value of another type.
    CastFailure = 22, "cast failure",
        "A reference was cast to a type that its value does not have.";
    /// An array instruction used an index beyond the array.
    ArrayOutOfBounds = 23, "out of bounds array access",
        "An array instruction used an index, or a range, beyond the end of the array.";
    /// The garbage-collected heap is full of objects that are in use.
    HeapExhausted = 24, "garbage-collected heap exhausted",
        "The objects in use fill the garbage-collected heap. `wasmc build --max-gc-heap SIZE` allows more, up to 2 GiB less 32 KiB.";
}
