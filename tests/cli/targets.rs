//! Targets other than this machine: what is listed, what is refused, and that nothing of the building machine gets in.

use std::collections::BTreeSet;

use object::BinaryFormat;
use object::read::macho::MachHeader;
use object::read::{Object, ObjectSection, ObjectSymbol, Relocation, RelocationTarget, SymbolIndex};

use crate::programs::HELLO;
use crate::sandbox::Sandbox;

/// Every target for which objects can be made.
fn targets(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.wasmc("targets").succeeds().text();
    let names = listed.lines().skip(1).filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    names.collect()
}

#[test]
fn objects_are_made_for_every_target_that_is_listed() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    let targets = targets(&sandbox);
    assert!(targets.len() > 10, "{targets:?}");
    for target in targets {
        sandbox.wasmc(&format!("build --quiet --emit obj --target {target} hello.wat -o {target}.o")).succeeds();
        let inspected = sandbox.wasmc(&format!("inspect {target}.o")).succeeds().text();
        assert!(inspected.contains(&target), "{inspected}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_wherever_and_however_it_is_built() {
    let (first, second) = (Sandbox::new(), Sandbox::new());
    std::fs::create_dir_all(second.path("a/longer/path")).expect("the folder is writable");
    let module = std::fs::read(format!("{}/../tests/programs/c/sort.wasm", env!("CARGO_MANIFEST_DIR")))
        .expect("the program is there");
    first.write("sort.wasm", &module);
    second.write("a/longer/path/sort.wasm", &module);
    first.wasmc("build --jobs 1 sort.wasm -o sort").succeeds();
    second.wasmc("build --jobs 3 a/longer/path/sort.wasm -o a/sort").succeeds();
    assert!(first.read("sort") == second.read("a/sort"), "executables differ");
    for target in targets(&first) {
        first.wasmc(&format!("build --quiet --jobs 1 --emit obj --target {target} sort.wasm -o one.o")).succeeds();
        let path = "a/longer/path/sort.wasm -o a/longer/two.o";
        second.wasmc(&format!("build --quiet --jobs 4 --emit obj --target {target} {path}")).succeeds();
        assert!(first.read("one.o") == second.read("a/longer/two.o"), "objects for {target} differ");
    }
}

#[test]
fn interpreted_targets_are_called_so() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    let listed = sandbox.wasmc("targets").succeeds().text();
    let row = listed.lines().find(|line| line.starts_with("i686-unknown-linux-gnu")).expect("it is listed");
    assert_eq!(row.split_whitespace().nth(2), Some("interpreted"));
    let build = "build --emit obj --target i686-unknown-linux-gnu hello.wat -o hello.o";
    assert!(sandbox.wasmc(build).stderr.starts_with("note: there is no back end for i686-unknown-linux-gnu"));
    sandbox.wasmc(&format!("{build} --quiet")).succeeds();
    assert!(sandbox.wasmc("inspect hello.o").succeeds().text().contains("code         interpreted"));
}

#[test]
fn what_a_target_lacks_is_refused_by_name() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    let simd = r#"(module (func (export "_start") (drop (i8x16.splat (i32.const 1)))) (memory (export "memory") 1))"#;
    let threads = r#"(module (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (memory (export "memory") 1 1 shared) (func (export "wasi_thread_start") (param i32 i32))
        (func (export "_start") (drop (call $spawn (i32.const 0)))))"#;
    sandbox.write("simd.wat", simd).write("threads.wat", threads);
    let object = "build --emit obj -o out.o --target riscv64gc-unknown-linux-gnu";
    sandbox.wasmc(&format!("{object} simd.wat")).fails(&["unsupported: SIMD, in function", "--cpu rva23u64"]);
    sandbox.wasmc(&format!("{object} --cpu rv64gc,+v simd.wat")).succeeds();
    sandbox.wasmc(&format!("{object} threads.wat")).succeeds();
    sandbox
        .wasmc(&format!("{object} threads.wat --max-stack 64T"))
        .fails(&["stacks of 70368744177664 bytes are too large"]);
    sandbox.wasmc(&format!("{object} -g hello.wat")).succeeds();
    let big_endian = "build --emit obj -o out.o --target s390x-unknown-linux-gnu";
    sandbox.wasmc(&format!("{big_endian} threads.wat")).succeeds();
    sandbox.wasmc(&format!("{big_endian} -g hello.wat")).fails(&["debug information", "s390x-unknown-linux-gnu"]);
    sandbox.wasmc(&format!("{big_endian} -g hello.wat")).fails(&["`-gline-tables-only` is supported"]);
    sandbox.wasmc(&format!("{big_endian} -gline-tables-only hello.wat")).succeeds();
    sandbox.wasmc("build --target x86_64-unknown-none hello.wat").fails(&["x86_64-unknown-none", "--emit obj"]);
    sandbox
        .wasmc("build --target x86_64-unknown-freebsd hello.wat")
        .fails(&["x86_64-unknown-freebsd", "wasmc targets"]);
    let freestanding = "build --emit obj -o out.o --target riscv64gc-unknown-none-elf";
    sandbox.wasmc(&format!("{freestanding} threads.wat")).fails(&["programs with threads"]);
    let object = r#"(module (type $s (struct)) (func (export "_start") (drop (struct.new $s))))"#;
    sandbox.write("object.wat", object);
    sandbox.wasmc(&format!("{freestanding} object.wat")).fails(&["structures", "no operating system"]);
    let interpreted = "build --emit obj -o out.o --target armv7-unknown-linux-gnueabihf";
    sandbox.write("large.wat", r#"(module (memory 0x8001) (func (export "_start")))"#);
    sandbox
        .wasmc(&format!("{interpreted} threads.wat"))
        .fails(&["programs with threads", "armv7-unknown-linux-gnueabihf"]);
    sandbox.wasmc(&format!("{interpreted} large.wat")).fails(&["2147549184 bytes", "32 bits"]);
    sandbox
        .wasmc(&format!("{interpreted} -g hello.wat"))
        .fails(&["debug information", "armv7-unknown-linux-gnueabihf"]);
    sandbox.wasmc(&format!("{interpreted} --cpu cortex-a9 hello.wat")).fails(&["--cpu", "interpreted"]);
    sandbox.wasmc("build --target armv5te-unknown-linux-gnueabi hello.wat").fails(&["armv7-unknown-linux"]);
    let windows = "build --emit obj -o out.o --target x86_64-pc-windows-gnu";
    sandbox.wasmc(&format!("{windows} threads.wat")).succeeds();
    sandbox.wasmc(&format!("{windows} -g hello.wat")).succeeds();
    for flag in ["--split-debug", "--compress-debug-sections"] {
        let build = format!("build -g {flag} --target x86_64-pc-windows-gnu hello.wat -o out.exe");
        sandbox.wasmc(&build).fails(&[&format!("{flag} is not supported for x86_64-pc-windows-gnu")]);
    }
    let windows = "build --emit obj -o out.o --target aarch64-pc-windows-msvc";
    sandbox.wasmc(&format!("{windows} threads.wat")).succeeds();
    sandbox.wasmc(&format!("{windows} -g hello.wat")).succeeds();
    let linked = "build --linker ld --target x86_64-pc-windows-msvc hello.wat -o out.exe";
    sandbox.wasmc(linked).fails(&["--linker is not supported for x86_64-pc-windows-msvc"]);
    let signed = "build --emit obj --target aarch64-unknown-linux-gnu --cpu +sign_return_address hello.wat";
    sandbox.wasmc(signed).fails(&["signed return addresses"]);
    let macos = "build --emit obj -o out.o --target aarch64-apple-darwin";
    sandbox.wasmc(&format!("{macos} threads.wat")).fails(&["programs with threads", "aarch64-apple-darwin"]);
    sandbox.wasmc(&format!("{macos} object.wat")).succeeds();
    let macos = "build --target x86_64-apple-darwin hello.wat -o out";
    sandbox
        .wasmc(&format!("{macos} -g --split-debug"))
        .fails(&["--split-debug is not supported", "x86_64-apple-darwin"]);
    sandbox.wasmc(&format!("{macos} --linker ld")).fails(&["--linker is not supported for x86_64-apple-darwin"]);
    sandbox.wasmc("build --target aarch64-apple-ios hello.wat").fails(&["executables", "aarch64-apple-ios"]);
}

/// Systems that the table of targets does not have, but Cranelift a back end for.
#[test]
fn objects_of_other_systems_have_their_format() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    let build = |target: &str| sandbox.wasmc(&format!("build --emit obj --target {target} hello.wat -o out.o"));
    let elf = "aarch64-linux-android x86_64-unknown-netbsd x86_64-unknown-illumos aarch64-unknown-hermit \
               riscv64gc-unknown-freebsd s390x-unknown-linux-musl x86_64-unknown-fuchsia aarch64-unknown-unknown";
    for target in elf.split_whitespace() {
        build(target).succeeds();
        let bytes = sandbox.read("out.o");
        assert_eq!(object::File::parse(&*bytes).expect("it can be read").format(), BinaryFormat::Elf, "{target}");
    }
    // Mach-O: the numbers of the platforms (`mach-o/loader.h`), and the oldest version, 16 bits before the point.
    let macho = [
        ("x86_64-apple-darwin", 1, 11 << 16),
        ("aarch64-apple-macosx13.1.0", 1, 13 << 16 | 1 << 8),
        ("aarch64-apple-ios", 2, 14 << 16),
        ("aarch64-apple-tvos", 3, 14 << 16),
        ("aarch64-apple-watchos", 4, 26 << 16),
        ("aarch64-apple-ios-macabi", 6, 14 << 16),
        ("aarch64-apple-ios-sim", 7, 14 << 16),
        ("x86_64-apple-ios", 7, 14 << 16),
        ("aarch64-apple-visionos", 11, 1 << 16),
        ("aarch64-apple-visionos-sim", 12, 1 << 16),
    ];
    for (target, platform, version) in macho {
        build(target).succeeds();
        let bytes = sandbox.read("out.o");
        let header = object::macho::MachHeader64::<object::Endianness>::parse(&*bytes, 0).expect("a header of Mach-O");
        let endian = header.endian().expect("its order of bytes");
        let mut commands = header.load_commands(endian, &*bytes, 0).expect("its commands");
        let (found, _) = std::iter::from_fn(|| commands.next().expect("a command"))
            .find_map(|command| command.build_version(endian).expect("a version"))
            .expect("a version of the system");
        assert_eq!((found.platform.get(endian).0, found.minos.get(endian).0), (platform, version), "{target}");
    }
    let refused = [
        ("aarch64_be-unknown-linux-gnu", "big-endian code"),
        ("aarch64-unknown-linux-gnu_ilp32", "pointers of 32 bits"),
        ("x86_64-unknown-linux-gnux32", "pointers of 32 bits"),
        ("aarch64-unknown-none-softfloat", "without floating-point registers"),
        ("riscv64imac-unknown-none-elf", "without floating-point registers"),
        ("x86_64-unknown-uefi", "object files"),
        ("powerpc64-ibm-aix", "has not been implemented"),
        ("wasm32-wasip1", "has not been implemented"),
    ];
    for (target, why) in refused {
        build(target).fails(&[why, target]);
    }
}

/// What linkers for macOS expect: Apple's names, instructions that refer to symbols, and a description of every function's
/// frame, by its symbol.
#[test]
fn objects_for_macos() {
    let sandbox = Sandbox::new();
    let module = std::fs::read(format!("{}/../tests/programs/c/sort.wasm", env!("CARGO_MANIFEST_DIR")))
        .expect("the program is there");
    sandbox.write("sort.wasm", &module);
    for target in ["x86_64-apple-darwin", "aarch64-apple-darwin"] {
        sandbox.wasmc(&format!("build --emit obj --target {target} sort.wasm -o sort.o")).succeeds();
        let bytes = sandbox.read("sort.o");
        let object = object::File::parse(&*bytes).expect("the object can be read");
        assert_eq!(object.format(), BinaryFormat::MachO);
        let section = |segment: &str, name: &str| {
            let found = object
                .sections()
                .find(|section| section.name() == Ok(name) && section.segment_name().ok().flatten() == Some(segment));
            found.unwrap_or_else(|| panic!("{target}: no {segment},{name}"))
        };
        let (text, frames) = (section("__TEXT", "__text"), section("__TEXT", "__eh_frame"));
        section("__DATA", "__const");
        section("__TEXT", "__wasmc");
        let name = |symbol: SymbolIndex| {
            let symbol = object.symbol_by_index(symbol).expect("symbols are in the table");
            symbol.name().expect("names are UTF-8").to_owned()
        };
        let referent = |relocation: &Relocation| match relocation.target() {
            RelocationTarget::Symbol(symbol) => symbol,
            other => panic!("{target}: a relocation to {other:?}"),
        };
        let functions: BTreeSet<u64> = object
            .symbols()
            .filter(|symbol| symbol.section_index() == Some(text.index()))
            .filter(|symbol| !symbol.name().is_ok_and(|name| name.starts_with("ltmp")))
            .map(|symbol| symbol.address())
            .collect();
        let outside: Vec<_> = object.symbols().filter(|symbol| symbol.is_undefined()).collect();
        assert!(
            outside
                .iter()
                .all(|symbol| symbol.name().is_ok_and(|name| name.starts_with("_wasm") || name.starts_with("_wasi_")))
        );
        for (_, relocation) in text.relocations() {
            assert!(name(referent(&relocation)).starts_with(['_', 'l']), "{relocation:?}");
        }
        let address = |symbol| object.symbol_by_index(symbol).expect("symbols are in the table").address();
        let described: BTreeSet<u64> =
            frames.relocations().map(|(_, relocation)| address(referent(&relocation))).collect();
        assert_eq!(described, functions, "{target}");
    }
}

/// Debug information refers to the machine code by relocations, and to itself by offsets, which nobody relocates.
#[test]
fn debug_information_for_macos() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.wat", HELLO);
    for target in ["x86_64-apple-darwin", "aarch64-apple-darwin"] {
        sandbox.wasmc(&format!("build -g --emit obj --target {target} hello.wat -o hello.o")).succeeds();
        let bytes = sandbox.read("hello.o");
        let object = object::File::parse(&*bytes).expect("the object can be read");
        let mut parts: Vec<String> = Vec::new();
        for section in object.sections().filter(|section| section.segment_name().ok().flatten() == Some("__DWARF")) {
            parts.push(section.name().expect("names are UTF-8").to_owned());
            for (_, relocation) in section.relocations() {
                assert_eq!(relocation.size(), 64, "{}: {relocation:?}", parts[parts.len() - 1]);
            }
        }
        for part in ["__debug_info", "__debug_abbrev", "__debug_line", "__debug_str"] {
            assert!(parts.iter().any(|name| name == part), "{part} is not among {parts:?}");
        }
    }
}

#[test]
fn processors_are_listed() {
    let sandbox = Sandbox::new();
    let listed = sandbox.wasmc("build --cpu list --target riscv64gc-unknown-linux-gnu").succeeds();
    for word in ["rv64gc", "(default)", "rva23u64", "zbb"] {
        assert!(listed.text().contains(word), "{word} is missing in\n{}", listed.text());
    }
}
