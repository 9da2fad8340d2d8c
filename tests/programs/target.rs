//! What the programs are built for: this machine, or what `WASMC_TEST_TARGET` names.

use std::env;

/// The target's triple, if it is not this machine's.
pub fn name() -> Option<String> {
    env::var("WASMC_TEST_TARGET").ok().filter(|name| !name.is_empty())
}

/// The emulator that runs its executables.
pub fn runner() -> Option<String> {
    let name = name()?;
    if name.contains("-windows-") {
        let script = if name.starts_with("aarch64") { "wine-arm64" } else { "wine" };
        return Some(format!("{}/../tests/{script}", env!("CARGO_MANIFEST_DIR")));
    }
    if name.contains("-apple-") {
        // `cargo build -p macho-loader`
        let loader = std::path::Path::new(env!("CARGO_BIN_EXE_wasmc")).with_file_name("macho-loader");
        return Some(loader.to_str().expect("cargo's folders have names in UTF-8").to_owned());
    }
    let processor = name.split('-').next().expect("split gives at least one piece");
    let emulated = match processor {
        "armv7" | "thumbv7neon" => "arm",
        "i686" => "i386",
        "powerpc64le" => "ppc64le",
        other => other.trim_end_matches("gc"),
    };
    Some(format!("qemu-{emulated}-static"))
}

/// Variables of the environment that the emulator needs. Wine passes arguments on in the encoding of the locale.
pub const RUNNER_VARIABLES: [&str; 3] = ["WINEPREFIX", "WINEDEBUG", "LC_ALL"];

/// Arguments of `wasmc build`.
pub fn flags() -> Vec<String> {
    name().map_or_else(Vec::new, |name| vec!["--target".to_owned(), name])
}
