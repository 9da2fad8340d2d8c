//! Copying, filling and comparing bytes, for processors that load and store words at any address.
//!
//! Words are loaded before anything is stored over them, from one end to the other, as overlaps want it. An empty piece of
//! assembly in each loop keeps LLVM from turning the loop into a call of the very function that it is in.

type Word = usize;
const WORD: usize = size_of::<Word>();
/// Words in a step of the large loops.
const STEP: usize = 4;

/// Hides a value from the optimiser, for no cost.
#[inline(always)]
fn hidden(word: Word) -> Word {
    let mut word = word;
    // SAFETY: does nothing.
    unsafe { core::arch::asm!("/* {} */", inout(reg) word, options(nomem, nostack, preserves_flags)) };
    word
}

/// Loads a word.
#[inline(always)]
unsafe fn load(source: *const u8) -> Word {
    // SAFETY: the caller's promise: it is mapped.
    hidden(unsafe { source.cast::<Word>().read_unaligned() })
}

/// Copies `STEP` words.
#[inline(always)]
unsafe fn copy_step(destination: *mut u8, source: *const u8) {
    // SAFETY: the caller's promise: both are mapped. All is loaded before anything is stored. Word by word: for an array of
    // them, some processors have nothing better than a call of `memcpy`.
    unsafe {
        let word = |position: usize| load(source.add(position * WORD));
        store_step(destination, [word(0), word(1), word(2), word(3)]);
    }
}

/// Stores `STEP` words.
#[inline(always)]
unsafe fn store_step(destination: *mut u8, [a, b, c, d]: [Word; STEP]) {
    // SAFETY: the caller's promise: it is mapped.
    unsafe {
        destination.cast::<Word>().write_unaligned(a);
        destination.add(WORD).cast::<Word>().write_unaligned(b);
        destination.add(2 * WORD).cast::<Word>().write_unaligned(c);
        destination.add(3 * WORD).cast::<Word>().write_unaligned(d);
    }
}

/// Copies one word.
#[inline(always)]
unsafe fn copy_word(destination: *mut u8, source: *const u8) {
    // SAFETY: the caller's promise: both are mapped.
    unsafe { destination.cast::<Word>().write_unaligned(load(source)) }
}

/// Copies one byte.
#[inline(always)]
unsafe fn copy_byte(destination: *mut u8, source: *const u8) {
    // SAFETY: the caller's promise: both are mapped.
    unsafe { *destination = hidden(Word::from(*source)) as u8 }
}

/// From the first byte to the last: for a destination below the source.
unsafe fn copy_upwards(mut destination: *mut u8, mut source: *const u8, mut length: usize) {
    // SAFETY: the caller's promise: both ranges are mapped; each step stays inside them.
    unsafe {
        macro_rules! advance {
            ($copy:ident, $size:expr) => {
                while length >= $size {
                    $copy(destination, source);
                    destination = destination.add($size);
                    source = source.add($size);
                    length -= $size;
                }
            };
        }
        advance!(copy_step, STEP * WORD);
        advance!(copy_word, WORD);
        advance!(copy_byte, 1);
    }
}

/// From the last byte to the first: for a destination above the source.
unsafe fn copy_downwards(destination: *mut u8, source: *const u8, mut length: usize) {
    // SAFETY: as in `copy_upwards`.
    unsafe {
        macro_rules! advance {
            ($copy:ident, $size:expr) => {
                while length >= $size {
                    length -= $size;
                    $copy(destination.add(length), source.add(length));
                }
            };
        }
        advance!(copy_step, STEP * WORD);
        advance!(copy_word, WORD);
        advance!(copy_byte, 1);
    }
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        // A destination in front of the source is as far behind its end as can be.
        if destination.addr().wrapping_sub(source.addr()) >= length {
            copy_upwards(destination, source, length);
        } else {
            copy_downwards(destination, source, length);
        }
    }
    destination
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { copy_upwards(destination, source, length) };
    destination
}

/// `memory.copy`, bounds checked: see [`wasmc_abi::symbols::MEMORY_MOVE`].
///
/// # Safety
/// Both ranges must be mapped, the destination writable.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_memory_move(destination: *mut u8, source: *const u8, length: u64) {
    // SAFETY: the caller's promise.
    unsafe { memmove(destination, source, length as usize) };
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memset(destination: *mut u8, byte: i32, length: usize) -> *mut u8 {
    let word = Word::from(byte as u8) * (Word::MAX / 0xff);
    let (mut next, mut left) = (destination, length);
    // SAFETY: the caller's promise: the range is mapped; each step stays inside it.
    unsafe {
        while left >= STEP * WORD {
            store_step(next, [hidden(word), hidden(word), hidden(word), hidden(word)]);
            next = next.add(STEP * WORD);
            left -= STEP * WORD;
        }
        while left >= WORD {
            next.cast::<Word>().write_unaligned(hidden(word));
            next = next.add(WORD);
            left -= WORD;
        }
        while left > 0 {
            *next = hidden(word) as u8;
            next = next.add(1);
            left -= 1;
        }
    }
    destination
}

/// `memory.fill`, bounds checked: see [`wasmc_abi::symbols::MEMORY_FILL`].
///
/// # Safety
/// The range must be mapped and writable.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_memory_fill(destination: *mut u8, byte: u32, length: u64) {
    // SAFETY: the caller's promise.
    unsafe { memset(destination, byte as i32, length as usize) };
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    let mut position = 0;
    // SAFETY: the caller's promise: both ranges are mapped.
    unsafe {
        let word = |start: *const u8, at: usize| Word::from_be(start.add(at).cast::<Word>().read_unaligned());
        while length - position >= WORD {
            let (a, b) = (word(left, position), word(right, position));
            if a != b {
                return if a < b { -1 } else { 1 };
            }
            position += WORD;
        }
        while position < length {
            let (a, b) = (hidden(Word::from(*left.add(position))), Word::from(*right.add(position)));
            if a != b {
                return a as i32 - b as i32;
            }
            position += 1;
        }
    }
    0
}

/// As in 4.3BSD.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { memcmp(left, right, length) }
}

/// As in C.
///
/// # Safety
/// As in C.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn strlen(string: *const u8) -> usize {
    let mut length = 0;
    // SAFETY: the caller's promise: a zero byte ends the string.
    unsafe {
        while hidden(Word::from(*string.add(length))) != 0 {
            length += 1;
        }
    }
    length
}
