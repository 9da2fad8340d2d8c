//! Arguments and environment, and the directories and sockets that variables ask for.

use super::*;
use crate::wasi::arguments::*;
use crate::wasi::environment::*;
use crate::wasi::host;
use wasmc_abi::program::{PROGRAM_INHERIT_ENVIRONMENT, PROGRAM_RUNTIME_OPTIONS, Text};

/// Calls a pair of functions: first for the sizes, then for the strings.
fn strings(stage: &Stage, sizes: extern "C" fn(i32, i32) -> i32, get: extern "C" fn(i32, i32) -> i32) -> Vec<String> {
    let (count, size) = (stage.room(4), stage.room(4));
    assert_eq!(sizes(count, size), 0);
    let (count, size) = (stage.u32(count) as usize, stage.u32(size) as usize);
    let (array, buffer) = (stage.room(4 * count + 1), stage.room(size + 1));
    assert_eq!(get(array, buffer), 0);
    assert_eq!(stage.bytes(array + 4 * count as i32, 1), [0xaa]);
    assert_eq!(stage.bytes(buffer + size as i32, 1), [0xaa]);
    let contents = stage.bytes(buffer, size);
    (0..count)
        .map(|index| {
            let start = stage.u32(array + 4 * index as i32) as usize - buffer as usize;
            let string = contents[start..].split(|&byte| byte == 0).next().unwrap();
            String::from_utf8(string.to_vec()).unwrap()
        })
        .collect()
}

/// Texts as the program description has them.
fn texts(items: &'static [&'static str]) -> Span {
    let texts: Vec<Text> = items.iter().map(|item| span(item.as_bytes())).collect();
    span(Vec::leak(texts))
}

#[test]
fn arguments_arrive_unchanged() {
    let stage = Stage::new();
    const CASES: [&[&[u8]]; 3] = [&[], &[b"program"], &[b"program", b"", b"--flag=\xc3\xa4", b"a b"]];
    for arguments in CASES {
        host::set(arguments, &[]);
        let expected: Vec<_> = arguments.iter().map(|&argument| str::from_utf8(argument).unwrap()).collect();
        assert_eq!(strings(&stage, args_sizes_get, args_get), expected);
    }
}

#[test]
fn the_environment_is_empty_unless_the_build_says_otherwise() {
    host::set(&[], &[b"HOME=/home", b"WASMC_ENV=A=1,B=2"]);
    let stage = Stage::new();
    assert!(strings(&stage, environ_sizes_get, environ_get).is_empty());
}

#[test]
fn the_build_gives_variables_and_names_those_to_take_over() {
    host::set(&[], &[b"HOME=/home", b"EMPTY=", b"SECRET=1"]);
    let given = texts(&["A=1", "HOME", "EMPTY", "MISSING", "B=x=y", "A=2"]);
    let stage = Stage::with(|program| program.environment = given);
    let expected = ["HOME=/home", "EMPTY=", "B=x=y", "A=2"];
    assert_eq!(strings(&stage, environ_sizes_get, environ_get), expected);
}

#[test]
fn later_sources_of_the_environment_win() {
    host::set(&[], &[b"HOME=/home", b"A=host", b"B=host", b"odd", b"C=host", b"WASMC_ENV=A=runtime,,D,C,=x,"]);
    let given = texts(&["A=build", "B=build"]);
    let inherit = |program: &mut Program| {
        program.flags = PROGRAM_INHERIT_ENVIRONMENT;
        program.environment = given;
    };
    let stage = Stage::with(inherit);
    let expected = ["HOME=/home", "C=host", "WASMC_ENV=A=runtime,,D,C,=x,", "A=build", "B=build"];
    assert_eq!(strings(&stage, environ_sizes_get, environ_get), expected);
    let stage = Stage::with(|program| {
        inherit(program);
        program.flags |= PROGRAM_RUNTIME_OPTIONS;
    });
    let expected = ["HOME=/home", "WASMC_ENV=A=runtime,,D,C,=x,", "B=build", "A=runtime", "C=host"];
    assert_eq!(strings(&stage, environ_sizes_get, environ_get), expected);
}

#[test]
fn directories_are_opened_at_runtime_only_where_the_build_allows_it() {
    use crate::wasi::descriptors::{fd_prestat_dir_name, fd_prestat_get};
    let name = |stage: &Stage, fd: i32| {
        let (prestat, name) = (stage.room(8), stage.room(4096));
        outcome(fd_prestat_get(fd, prestat)).map(|()| {
            assert_eq!(fd_prestat_dir_name(fd, name, 4096), 0);
            String::from_utf8(stage.bytes(name, stage.u32(prestat + 4) as usize)).unwrap()
        })
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "contents").unwrap();
    let folder = folder.path().to_str().unwrap();
    let variable = format!("WASMC_DIR={folder}::guest,{folder},").leak() as &'static str;
    host::set(&[], vec![variable.as_bytes()].leak());
    let stage = Stage::new();
    assert_eq!(name(&stage, 4), Err(Errno::BADF));
    let stage = Stage::with(|program| program.flags = PROGRAM_RUNTIME_OPTIONS);
    assert_eq!(name(&stage, 3), Ok("/".into()));
    assert_eq!(name(&stage, 4), Ok("guest".into()));
    assert_eq!(name(&stage, 5), Ok(folder.into()));
    assert_eq!(name(&stage, 6), Err(Errno::BADF));
    let fd = stage.open_with(4, "file", Open { rights: rights::FD_READ, ..Open::default() }).unwrap();
    assert_eq!(stage.read(fd, 100), Ok(b"contents".to_vec()));
}

#[test]
fn strings_that_do_not_fit_the_memory_are_a_fault() {
    host::set(&[b"program", b"argument"], &[]);
    let stage = Stage::new();
    let (array, buffer) = (stage.room(8), stage.room(17));
    let end = MEMORY_SIZE as i32;
    for (array, buffer) in [(array, end - 16), (end - 7, buffer), (-1, buffer), (array, -4)] {
        assert_eq!(outcome(args_get(array, buffer)), Err(Errno::FAULT));
    }
    assert_eq!(args_get(end - 8, buffer), 0);
    assert_eq!(args_get(array, end - 17), 0);
}
