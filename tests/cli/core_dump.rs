//! `WASMC_COREDUMP`: core dumps in the format of WebAssembly's tool conventions.

use crate::programs::binary;
use crate::sandbox::{Ended, Sandbox, end};
use std::process::Command;
use wasmparser::{
    CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection, CoreDumpStackSection, CoreDumpValue, DataKind,
    KnownCustom, Operator, Parser, Payload,
};

/// Traps two calls deep, with something in memory and in globals.
const CRASH: &str = "(module
    (memory (export \"memory\") 2)
    (data (i32.const 16) \"remember\")
    (global $count (mut i32) (i32.const 5)) (global $large i64 (i64.const -7)) (global $ratio (mut f64) (f64.const 1.5))
    (global $vector v128 (v128.const i64x2 1 2)) (global $null externref (ref.null extern))
    (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func $change (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (global.set $ratio (f64.const 2.5))
      (i32.store offset=100 (i32.const 0) (i32.const 0x01020304))
      (call $divide (i32.const 0)))
    (func (export \"_start\") (drop (call $change))))";

/// What a dump holds.
#[derive(Default)]
struct Dump {
    name: String,
    modules: Vec<String>,
    /// Of each instance: module, memories, globals.
    instances: Vec<(u32, Vec<u32>, Vec<u32>)>,
    /// Instance, function, offset in the function.
    frames: Vec<(u32, u32, u32)>,
    /// Of each frame.
    locals: Vec<Vec<String>>,
    /// Pages.
    memories: Vec<u64>,
    /// Whether it is mutable, and the operators that make its value.
    globals: Vec<(bool, String)>,
    data: Vec<(u32, Vec<u8>)>,
}

fn parse(bytes: &[u8]) -> Dump {
    let mut dump = Dump::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.expect("the dump is well-formed") {
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::CoreDump(CoreDumpSection { name }) => dump.name = name.to_owned(),
                KnownCustom::CoreDumpModules(CoreDumpModulesSection { modules }) => {
                    dump.modules = modules.into_iter().map(str::to_owned).collect();
                }
                KnownCustom::CoreDumpInstances(CoreDumpInstancesSection { instances }) => {
                    dump.instances = instances
                        .into_iter()
                        .map(|found| (found.module_index, found.memories, found.globals))
                        .collect();
                }
                KnownCustom::CoreDumpStack(CoreDumpStackSection { frames, .. }) => {
                    assert!(dump.frames.is_empty(), "one thread");
                    dump.locals = frames.iter().map(|frame| frame.locals.iter().map(shown).collect()).collect();
                    dump.frames =
                        frames.iter().map(|frame| (frame.instanceidx, frame.funcidx, frame.codeoffset)).collect();
                }
                _ => panic!("no such section belongs here: {}", section.name()),
            },
            Payload::MemorySection(section) => {
                dump.memories = section.into_iter().map(|memory| memory.expect("a memory").initial).collect();
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.expect("a global");
                    let value = global.init_expr.get_operators_reader().read().expect("an operator");
                    let value = match value {
                        Operator::F64Const { value } => f64::from_bits(value.bits()).to_string(),
                        other => format!("{other:?}"),
                    };
                    dump.globals.push((global.ty.mutable, value));
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment.expect("a segment");
                    let DataKind::Active { memory_index, .. } = segment.kind else { panic!("it is active") };
                    dump.data.push((memory_index, segment.data.to_vec()));
                }
            }
            Payload::Version { .. } | Payload::End(_) => {}
            other => panic!("no such section belongs here: {other:?}"),
        }
    }
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(bytes)
        .expect("the dump is a valid module");
    dump
}

fn shown(value: &CoreDumpValue) -> String {
    match value {
        CoreDumpValue::Missing => "missing".to_owned(),
        CoreDumpValue::I32(value) => format!("i32 {value}"),
        CoreDumpValue::I64(value) => format!("i64 {value}"),
        CoreDumpValue::F32(value) => format!("f32 {}", f32::from_bits(value.bits())),
        CoreDumpValue::F64(value) => format!("f64 {}", f64::from_bits(value.bits())),
    }
}

/// Builds a program; returns how it ended with `WASMC_COREDUMP` set to `file`.
fn run(sandbox: &Sandbox, flags: &str, file: &str) -> Ended {
    sandbox.write("crash.wasm", binary(CRASH));
    sandbox.wasmc(&format!("build crash.wasm {flags}")).succeeds();
    let mut command = Command::new(sandbox.path("crash"));
    end(command.current_dir(sandbox.path(".")).env("WASMC_COREDUMP", file))
}

#[test]
fn frames_memories_and_globals_are_written() {
    for flags in ["-O0", "-O2", "-O2 --bounds explicit --memory-base relocatable"] {
        let sandbox = Sandbox::new();
        let ended = run(&sandbox, &format!("--runtime-options {flags}"), "core.wasm");
        assert_eq!(ended.code, Some(134));
        assert!(ended.stderr.contains("\n  core dump core.wasm\n"), "{}", ended.stderr);
        let dump = parse(&sandbox.read("core.wasm"));
        assert_eq!((dump.name.as_str(), dump.modules), ("crash", vec!["crash".to_owned()]));
        assert_eq!(dump.instances, [(0, vec![0], vec![0, 1, 2, 3, 4])]);
        let functions: Vec<_> = dump.frames.iter().map(|frame| (frame.0, frame.1)).collect();
        assert_eq!(functions, [(0, 0), (0, 1), (0, 2)]);
        // The division: behind the count of locals, a constant and a local.
        assert_eq!(dump.frames[0].2, 5);
        assert_eq!(dump.memories, [2]);
        let (memory, data) = &dump.data[0];
        assert_eq!((*memory, dump.data.len(), data.len()), (0, 1, 4096));
        assert_eq!((&data[16..24], &data[100..104]), (&b"remember"[..], &[4, 3, 2, 1][..]));
        // At -O2 a register keeps the first, whose value is not known then.
        let is_known = !dump.globals[0].0;
        assert_eq!(is_known, flags.starts_with("-O0"), "{flags}");
        assert_eq!(dump.globals[0].1, if is_known { "I32Const { value: 6 }" } else { "I32Const { value: 0 }" });
        assert_eq!(dump.globals[1], (false, "I64Const { value: -7 }".to_owned()));
        assert_eq!(dump.globals[2], (false, "2.5".to_owned()));
        assert!(dump.globals[3].1.starts_with("V128Const"), "{:?}", dump.globals[3]);
        assert!(dump.globals[4].1.starts_with("RefNull"), "{:?}", dump.globals[4]);
    }
}

/// With the argument 1, fills the stack.
const LOCALS: &str = "(module
    (func $all (param i32 i64 f32 f64) (local v128 externref i32)
      (local.set 6 (i32.const -3)) (local.set 1 (i64.add (local.get 1) (i64.const 1))) (unreachable))
    (func $deeper (param i32) (local i64) (local.set 1 (i64.const 9))
      (call $deeper (i32.add (local.get 0) (i32.const 1))) (drop (local.get 1)))
    (func (export \"trap\") (param i32)
      (if (local.get 0) (then (call $deeper (i32.const 1))))
      (call $all (i32.const -1) (i64.const 0x10000000000) (f32.const 1.5) (f64.const -2.5))))";

#[test]
fn locals_are_written_where_each_has_a_place() {
    let sandbox = Sandbox::new();
    sandbox.write("app.wasm", binary(LOCALS));
    let dump_of = |flags: &str, argument: &str| {
        sandbox.wasmc(&format!("build app.wasm --runtime-options {flags} --invoke trap -- {argument}")).succeeds();
        let name = format!("core{flags}{argument}").replace(' ', "");
        let ended = end(Command::new(sandbox.path("app")).current_dir(sandbox.path(".")).env("WASMC_COREDUMP", &name));
        assert!(ended.stderr.contains("  core dump "), "{}", ended.stderr);
        parse(&sandbox.read(&name))
    };
    for flags in ["-O0", "-O0 --bounds explicit --max-stack 100KiB"] {
        let dump = dump_of(flags, "0");
        let all = ["i32 -1", "i64 1099511627777", "f32 1.5", "f64 -2.5", "missing", "missing", "i32 -3"];
        assert_eq!(dump.locals, [all.map(str::to_owned).to_vec(), vec!["i32 0".to_owned()]]);
        // What is in the frame for which there was no room is not known.
        let dump = dump_of(flags, "1");
        assert!(dump.locals[0].is_empty(), "{:?}", dump.locals[0]);
        let (last, count) = (dump.locals.len() - 1, dump.locals.len());
        assert_eq!(dump.locals[last - 1..], [vec!["i32 1".to_owned(), "i64 9".to_owned()], vec!["i32 1".to_owned()]]);
        assert!(dump.locals[1..count].iter().all(|locals| !locals.is_empty()));
    }
    assert!(dump_of("-O2", "0").locals.iter().all(Vec::is_empty));
}

#[test]
fn a_dump_needs_the_builds_permission_and_a_name() {
    let sandbox = Sandbox::new();
    let ended = run(&sandbox, "", "core.wasm");
    assert_eq!(ended.code, Some(134));
    assert!(!ended.stderr.contains("core dump"), "{}", ended.stderr);
    sandbox.wasmc("build --runtime-options crash.wasm").succeeds();
    assert!(!sandbox.execute("crash").stderr.contains("core dump"));
    assert_eq!(sandbox.files("."), ["crash", "crash.wasm"]);
}

#[test]
fn a_dump_replaces_nothing_and_is_whole() {
    let sandbox = Sandbox::new();
    sandbox.write("core.wasm", "mine");
    let ended = run(&sandbox, "--runtime-options", "core.wasm");
    assert!(ended.stderr.contains("cannot write the core dump core.wasm: the file exists already"), "{}", ended.stderr);
    assert_eq!(sandbox.read("core.wasm"), b"mine");
    let ended = run(&sandbox, "--runtime-options", "missing/core");
    assert!(
        ended.stderr.contains("cannot write the core dump missing/core: there is no such folder"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.code, Some(134));
    // Mounting takes privileges; a file size limit makes the same write fail without them.
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -f 1; exec ./crash"]).env("WASMC_COREDUMP", "large");
    let ended = end(command.current_dir(sandbox.path(".")));
    assert!(ended.stderr.contains("cannot write the core dump large: the file would be too large"), "{}", ended.stderr);
    assert_eq!(ended.code, Some(134));
    assert_eq!(sandbox.files("."), ["core.wasm", "crash", "crash.wasm"]);
}

#[test]
fn uncaught_exceptions_and_programs_of_several_modules_are_dumped() {
    let sandbox = Sandbox::new();
    let library =
        "(module (tag $t) (memory 1) (global (export \"g\") (mut i32) (i32.const 3)) (func (export \"f\") (throw $t)))";
    let main = "(module (import \"lib\" \"f\" (func $f)) (import \"lib\" \"g\" (global $g (mut i32))) (memory 3)
        (func (export \"_start\") (global.set $g (i32.const 4)) (call $f)))";
    sandbox.write("lib.wasm", binary(library)).write("main.wasm", binary(main));
    sandbox.wasmc("build --runtime-options -O0 main.wasm --link lib=lib.wasm").succeeds();
    let mut command = Command::new(sandbox.path("main"));
    let ended = end(command.current_dir(sandbox.path(".")).env("WASMC_COREDUMP", "core"));
    assert!(ended.stderr.contains("uncaught exception") && ended.stderr.contains("\n  core dump core\n"), "{ended:?}");
    let dump = parse(&sandbox.read("core"));
    assert_eq!(dump.modules, ["main", "lib"]);
    assert_eq!(dump.instances, [(0, vec![1], vec![0]), (1, vec![0], vec![0])]);
    assert_eq!(dump.memories, [1, 3]);
    assert_eq!(dump.globals, [(false, "I32Const { value: 4 }".to_owned())]);
    assert_eq!(dump.frames.iter().map(|frame| (frame.0, frame.1)).collect::<Vec<_>>(), [(1, 0), (0, 1)]);
    assert_eq!(dump.data.iter().map(|(memory, data)| (*memory, data.len())).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
}
