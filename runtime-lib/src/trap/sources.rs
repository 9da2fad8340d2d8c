//! The lines of a trace that tell where in the source a frame is. Linked into executables that hold a source map only.

use wasmc_abi::source_map::{SourceMap, Sources};

use crate::output::Output;

/// Called by way of [`Sources::print`]: see [`wasmc_abi::symbols::PRINT_SOURCES`].
///
/// # Safety
/// `sources` must be those of the program.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn wasmc_print_sources(
    output: &mut Output<'_>,
    sources: &Sources,
    module: u32,
    function: u32,
    offset: u32,
) {
    // SAFETY: the caller's promise: bytes of the executable, which nobody writes to.
    let Some(map) = SourceMap::new(unsafe { sources.map.as_slice() }) else { return };
    // `wasmc symbolize` writes the same (`compiler/src/symbolize/`).
    map.visit(module, function, offset, &mut |frame| {
        output.bytes(b"         ");
        output.bytes(frame.function);
        if frame.line != 0 {
            output.bytes(b" at ");
            output.bytes(frame.file);
            output.byte(b':');
            output.decimal(frame.line.into());
        }
        output.bytes(if frame.is_inlined { b" (inlined)\n" } else { b"\n" });
    });
}
