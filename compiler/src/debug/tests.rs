//! Damage to debug information is never more than a loss of some of it.

use super::{Dropped, Wanted, describe, map_path};
use crate::{DebugLevel, Input, Options, codegen, object};

const PROGRAM: &[u8] = include_bytes!("../../../tests/debug/programs/shapes-O2.wasm");

/// Compiles the program, then describes it once for each change of its sections of debug information: the section's
/// number, and what becomes of its contents.
fn describe_changed(changes: impl Iterator<Item = (usize, Box<dyn Fn(&mut Vec<u8>)>)>) -> Vec<(usize, Dropped)> {
    let options = Options { debug_info: DebugLevel::Full, jobs: 1, ..Options::default() };
    let inputs = [Input { name: "shapes".to_owned(), bytes: PROGRAM, ..Input::default() }];
    let mut plan = crate::plan_program(&inputs, &options, &()).unwrap();
    let isas = codegen::build_isas(&options, &plan).unwrap();
    let mut text = object::Text::new(&*isas.general, plan.units.list.len());
    let wanted = Wanted::of(&plan, &options);
    codegen::compile_units(&plan, &isas, &options, Some(&wanted), &(), |unit| text.append(unit)).unwrap();
    let original = plan.modules[0].debug_sections.clone();
    let mut found = Vec::new();
    for (number, change) in changes {
        let number = number % original.len();
        let mut contents = original[number].1.to_vec();
        change(&mut contents);
        plan.modules[0].debug_sections[number].1 = contents.leak();
        let described = describe(&plan, &text, &options, true, &()).unwrap();
        found.push((described.units, described.dropped));
        super::source_map(&plan.modules, &[], 1).unwrap();
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

#[test]
fn the_last_prefix_that_fits_is_replaced() {
    let map = [("/a".to_owned(), "x".to_owned()), ("/a/b".to_owned(), "y".to_owned())];
    assert_eq!(map_path(b"/a/b/c", &map), b"y/c");
    assert_eq!(map_path(b"/a/c", &map), b"x/c");
    assert_eq!(map_path(b"b", &map), b"b");
}
