//! Damage to debug information is never more than a loss of some of it.

use super::{Dropped, Outlines, Part, Wanted, describe, map_path};
use crate::plan::Plan;
use crate::{DebugLevel, Input, OptLevel, Options, codegen, object};

const PROGRAM: &[u8] = include_bytes!("../../../tests/debug/programs/shapes-O2.wasm");

fn compile(plan: &Plan<'_>, options: &Options) -> object::Text {
    let isas = codegen::build_isas(options, plan).unwrap();
    let mut text = object::Text::new(&*isas.general, plan.units.list.len());
    let wanted = Wanted::of(plan, &outline(plan), options);
    codegen::compile_units(plan, &isas, options, Some(&wanted), &(), |unit| text.append(unit)).unwrap();
    text
}

fn outline(plan: &Plan<'_>) -> Outlines {
    Outlines::of(plan, 1).unwrap()
}

/// Compiles the program, then describes it once for each change of its sections of debug information: the section's
/// number, and what becomes of its contents.
fn describe_changed(changes: impl Iterator<Item = (usize, Box<dyn Fn(&mut Vec<u8>)>)>) -> Vec<(usize, Dropped)> {
    let options = Options { debug_info: DebugLevel::Full, jobs: 1, ..Options::default() };
    let inputs = [Input { name: "shapes".to_owned(), bytes: PROGRAM, ..Input::default() }];
    let mut plan = crate::plan_program(&inputs, &options, &()).unwrap();
    let text = compile(&plan, &options);
    let original = plan.modules[0].debug_sections.clone();
    let mut found = Vec::new();
    for (number, change) in changes {
        let number = number % original.len();
        let mut contents = original[number].1.to_vec();
        change(&mut contents);
        plan.modules[0].debug_sections[number].1 = contents.leak();
        let described = describe(&plan, &text, &outline(&plan), &options, true, &()).unwrap();
        found.push((described.units, described.dropped));
        super::source_map(&plan.modules, &outline(&plan), &[], 1).unwrap();
        plan.modules[0].debug_sections = original.clone();
    }
    found
}

#[test]
fn every_unit_of_sound_input_is_carried_over() {
    let found = describe_changed([(0, Box::new(|_: &mut Vec<u8>| {}) as Box<dyn Fn(&mut Vec<u8>)>)].into_iter());
    let (units, dropped) = found[0];
    assert_eq!(units, 35);
    assert_eq!(dropped.units, 0);
}

#[test]
fn damage_is_no_panic() {
    // xorshift64 (Marsaglia, 2003): the same damage each time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let changes = (0..40).map(move |round| {
        let places: Vec<(usize, u8)> = (0..1 + random() % 6).map(|_| (random(), random() as u8)).collect();
        let cut = (round % 5 == 4).then(&mut random);
        let change = move |contents: &mut Vec<u8>| {
            for (place, byte) in &places {
                let place = place % contents.len();
                contents[place] = *byte;
            }
            if let Some(cut) = cut {
                contents.truncate(cut % contents.len());
            }
        };
        (random(), Box::new(change) as Box<dyn Fn(&mut Vec<u8>)>)
    });
    let found = describe_changed(changes);
    // One unit that is damaged takes no other along, as long as its length can be read.
    assert!(found.iter().filter(|(units, _)| *units >= 34).count() > 28, "{found:?}");
}

/// The body of `$down` is inlined into itself: the addresses of the call in it are in a block of both bodies, and only the
/// outer one's call is inlined. It is in no declaration in the function, as that of a method.
#[test]
fn a_function_inlined_into_itself_has_one_entry() {
    // The function at 2, behind its size, and a block in it: a unit with `DW_AT_low_pc` and `DW_AT_high_pc` each. Behind the block,
    // a function without.
    let module = r#"(module
        (func $down (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (i32.const 7))
                (else (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 3)))))
        (func (export "_start") (drop (call $down (i32.const 9))))
        (@custom ".debug_abbrev" "\01\11\01\11\01\12\06\00\00" "\02\2e\01\03\08\11\01\12\06\00\00"
            "\03\0b\01\11\01\12\06\00\00" "\04\2e\00\03\08\00\00" "\00")
        (@custom ".debug_info" "\2c\00\00\00\04\00\00\00\00\00\04" "\01\02\00\00\00\15\00\00\00"
            "\02down\00\02\00\00\00\15\00\00\00" "\03\08\00\00\00\0f\00\00\00" "\00" "\04m\00" "\00\00"))"#;
    let module = wat::parse_str(module).unwrap();
    let options = Options { debug_info: DebugLevel::Full, opt_level: OptLevel::Speed, jobs: 1, ..Options::default() };
    let inputs = [Input { name: "down".to_owned(), bytes: &module, ..Input::default() }];
    let plan = crate::plan_program(&inputs, &options, &()).unwrap();
    let text = compile(&plan, &options);
    let info = describe(&plan, &text, &outline(&plan), &options, true, &()).unwrap();
    let section = |wanted| {
        let found = info.sections().find(|(part, _)| *part == wanted);
        gimli::EndianSlice::new(found.map_or(&[][..], |(_, section)| &section.bytes), gimli::LittleEndian)
    };
    let abbreviations = gimli::DebugAbbrev::from(section(Part::Abbreviations));
    let header = gimli::DebugInfo::from(section(Part::Info)).units().next().unwrap().unwrap();
    let abbreviations = header.abbreviations(&abbreviations).unwrap();
    let mut entries = header.entries(&abbreviations);
    let mut tags = Vec::new();
    while let Some(entry) = entries.next_dfs().unwrap() {
        tags.push((entry.depth(), entry.tag()));
    }
    let expected = [
        (0, gimli::DW_TAG_compile_unit),
        (1, gimli::DW_TAG_subprogram),
        (1, gimli::DW_TAG_subprogram),
        (2, gimli::DW_TAG_lexical_block),
        (3, gimli::DW_TAG_inlined_subroutine),
        (4, gimli::DW_TAG_lexical_block),
        (2, gimli::DW_TAG_subprogram),
    ];
    assert_eq!(tags, expected);
}

/// `DW_OP_WASM_location` of a global that each thread has of its own tells the thread's, not the template's.
#[test]
fn globals_of_threads_are_told_by_the_register() {
    // A unit with the variable `mine`, which is at the global 0.
    let module = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (global $mine (mut i32) (i32.const 5))
        (func (export "wasi_thread_start") (param i32 i32) (global.set $mine (local.get 0)))
        (func (export "_start") (drop (call $spawn (global.get $mine))))
        (@custom ".debug_abbrev" "\01\11\01\00\00" "\02\34\00\03\08\02\18\00\00" "\00")
        (@custom ".debug_info" "\14\00\00\00\04\00\00\00\00\00\04" "\01" "\02mine\00\04\ed\01\00\9f" "\00"))"#;
    let module = wat::parse_str(module).unwrap();
    for (target, location) in [
        // DW_OP_breg15.
        ("x86_64-unknown-linux-gnu", &[0x7f][..]),
        // DW_OP_breg2 0 DW_OP_consts.
        ("riscv64gc-unknown-linux-gnu", &[0x72, 0, 0x11]),
    ] {
        let target = target.parse().unwrap();
        let options = Options { debug_info: DebugLevel::Full, jobs: 1, target, ..Options::default() };
        let inputs = [Input { name: "mine".to_owned(), bytes: &module, ..Input::default() }];
        let plan = crate::plan_program(&inputs, &options, &()).unwrap();
        let text = compile(&plan, &options);
        let info = describe(&plan, &text, &outline(&plan), &options, true, &()).unwrap();
        let found = info.sections().find(|(part, _)| *part == Part::Info);
        let bytes = found.map_or(&[][..], |(_, section)| &section.bytes);
        // The location's length, and the location.
        let is_there = bytes.windows(1 + location.len()).any(|bytes| bytes[0] < 32 && bytes[1..] == *location);
        assert!(is_there, "{bytes:x?}");
        // DW_OP_addr.
        assert!(!bytes.windows(2).any(|bytes| bytes == [9, 3]), "{bytes:x?}");
    }
}

#[test]
fn the_last_prefix_that_fits_is_replaced() {
    let map = [("/a".to_owned(), "x".to_owned()), ("/a/b".to_owned(), "y".to_owned())];
    assert_eq!(map_path(b"/a/b/c", &map), b"y/c");
    assert_eq!(map_path(b"/a/c", &map), b"x/c");
    assert_eq!(map_path(b"b", &map), b"b");
}

/// Of functions without code, only those are told of that hold what others refer to.
#[test]
fn functions_without_code_are_left_out() {
    // A unit with two functions that the linker threw away, a type in each, and a variable of the second one's type.
    let module = r#"(module
        (memory 1)
        (func (export "_start"))
        (@custom ".debug_abbrev" "\01\11\01\11\01\12\06\00\00" "\02\2e\01\03\08\11\01\12\06\00\00"
            "\03\13\00\03\08\0b\0b\00\00" "\04\34\00\03\08\49\13\02\18\00\00" "\00")
        (@custom ".debug_info" "\4b\00\00\00\04\00\00\00\00\00\04" "\01\02\00\00\00\03\00\00\00"
            "\02gone\00\00\00\00\00\10\00\00\00" "\03lost\00\04" "\00"
            "\02near\00\00\00\00\00\10\00\00\00" "\03type\00\04" "\00"
            "\04it\00\38\00\00\00\05\03\08\00\00\00" "\00"))"#;
    let module = wat::parse_str(module).unwrap();
    let options = Options { debug_info: DebugLevel::Full, jobs: 1, ..Options::default() };
    let inputs = [Input { name: "gone".to_owned(), bytes: &module, ..Input::default() }];
    let plan = crate::plan_program(&inputs, &options, &()).unwrap();
    let text = compile(&plan, &options);
    let info = describe(&plan, &text, &outline(&plan), &options, true, &()).unwrap();
    let found = info.sections().find(|(part, _)| *part == Part::Info);
    let bytes = found.map_or(&[][..], |(_, section)| &section.bytes);
    let has = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    assert_eq!([b"gone", b"lost", b"near", b"type"].map(|name| has(name)), [false, false, true, true]);
    assert!(has(b"it\0"));
    assert_eq!((info.without_code, info.dropped), (1, Dropped::default()));
}
