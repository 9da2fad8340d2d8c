//! Attributes.

use super::*;
use crate::wasi::file_type;
use crate::wasi::filestat::*;
use std::os::unix::fs::{MetadataExt, symlink};

/// witx `$fstflags`.
const ATIM: i32 = 1;
const ATIM_NOW: i32 = 2;
const MTIM: i32 = 4;
const MTIM_NOW: i32 = 8;

fn at(stage: &Stage, path: &str, flags: i32) -> Result<i32, Errno> {
    let (path, length) = stage.text(path);
    let result = stage.room(65);
    let code = path_filestat_get(ROOT, flags, path, length, result);
    assert_eq!(stage.bytes(result + 64, 1), [0xaa]);
    outcome(code).map(|()| result)
}

/// Compares all fields with what the host says.
fn check(stage: &Stage, result: i32, expected: &fs::Metadata, file_type: u8) {
    let time = |seconds: i64, rest: i64| (seconds * 1_000_000_000 + rest) as u64;
    assert_eq!(stage.u64(result), expected.dev());
    assert_eq!(stage.u64(result + 8), expected.ino());
    assert_eq!(stage.bytes(result + 16, 8), [file_type, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(stage.u64(result + 24), expected.nlink());
    assert_eq!(stage.u64(result + 32), expected.size());
    assert_eq!(stage.u64(result + 40), time(expected.atime(), expected.atime_nsec()));
    assert_eq!(stage.u64(result + 48), time(expected.mtime(), expected.mtime_nsec()));
    assert_eq!(stage.u64(result + 56), time(expected.ctime(), expected.ctime_nsec()));
}

#[test]
fn attributes_are_those_of_the_host() {
    on_both_resolutions(|stage| {
        fs::create_dir(stage.host("sub")).unwrap();
        fs::write(stage.host("sub/file"), "contents").unwrap();
        fs::hard_link(stage.host("sub/file"), stage.host("second")).unwrap();
        symlink("sub/file", stage.host("link")).unwrap();
        symlink("../link", stage.host("sub/link")).unwrap();
        let file = fs::metadata(stage.host("second")).unwrap();
        for path in ["second", "sub/file", "link", "sub/link", "sub/../sub/./file"] {
            check(stage, at(stage, path, 1).unwrap(), &file, file_type::REGULAR_FILE);
        }
        for path in ["link", "sub/link"] {
            let link = fs::symlink_metadata(stage.host(path)).unwrap();
            check(stage, at(stage, path, 0).unwrap(), &link, file_type::SYMBOLIC_LINK);
        }
        let root = fs::metadata(stage.inside()).unwrap();
        for path in [".", "sub/..", "./", "sub/../."] {
            check(stage, at(stage, path, 0).unwrap(), &root, file_type::DIRECTORY);
        }
        let result = stage.room(64);
        let fd = stage.open("link", 0).unwrap();
        assert_eq!(fd_filestat_get(fd, result), 0);
        check(stage, result, &file, file_type::REGULAR_FILE);
        assert_eq!(at(stage, "missing", 1), Err(Errno::NOENT));
        assert_eq!(at(stage, "second/", 1), Err(Errno::NOTDIR));
        assert_eq!(at(stage, "sub", 2), Err(Errno::INVAL));
        stage.drop_rights(fd, rights::FD_FILESTAT_GET);
        assert_eq!(outcome(fd_filestat_get(fd, result)), Err(Errno::NOTCAPABLE));
        stage.drop_rights(ROOT, rights::PATH_FILESTAT_GET);
        assert_eq!(at(stage, "second", 1), Err(Errno::NOTCAPABLE));
    });
}

#[test]
fn times_before_1970_and_after_2554_are_cut_off() {
    let stage = Stage::new();
    fs::write(stage.host("file"), "").unwrap();
    let file = fs::File::options().write(true).open(stage.host("file")).unwrap();
    let early = std::time::UNIX_EPOCH - std::time::Duration::from_secs(1000);
    file.set_modified(early).unwrap();
    assert_eq!(stage.u64(at(&stage, "file", 0).unwrap() + 48), 0);
}

#[test]
fn times_are_set_to_a_time_to_the_present_or_not_at_all() {
    let stage = Stage::new();
    let fd = stage.open("file", CREAT).unwrap();
    let times = || {
        let status = fs::metadata(stage.host("file")).unwrap();
        let time = |seconds: i64, rest: i64| seconds * 1_000_000_000 + rest;
        (time(status.atime(), status.atime_nsec()), time(status.mtime(), status.mtime_nsec()))
    };
    let set = |accessed, modified, flags| outcome(fd_filestat_set_times(fd, accessed, modified, flags));
    assert_eq!(set(1_234_567_891, 3, ATIM | MTIM), Ok(()));
    assert_eq!(times(), (1_234_567_891, 3));
    assert_eq!(set(77, 78, MTIM), Ok(()));
    assert_eq!(times(), (1_234_567_891, 78));
    assert_eq!(set(77, 79, 0), Ok(()));
    assert_eq!(times(), (1_234_567_891, 78));
    assert_eq!(set(77, 79, ATIM_NOW), Ok(()));
    assert!(times().0 > 1_600_000_000_000_000_000);
    assert_eq!(times().1, 78);
    for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 15, 16, -1] {
        assert_eq!(set(1, 1, flags), Err(Errno::INVAL), "{flags}");
    }
    assert_eq!(times().1, 78);
    stage.drop_rights(fd, rights::FD_FILESTAT_SET_TIMES);
    assert_eq!(set(0, 0, MTIM), Err(Errno::NOTCAPABLE));
}

#[test]
fn times_of_links_and_of_what_they_lead_to_are_told_apart() {
    on_both_resolutions(|stage| {
        fs::create_dir(stage.host("sub")).unwrap();
        fs::write(stage.host("file"), "").unwrap();
        symlink("../file", stage.host("sub/inner")).unwrap();
        symlink("sub/inner", stage.host("outer")).unwrap();
        symlink("sub", stage.host("folder")).unwrap();
        let modified = |path: &str| fs::symlink_metadata(stage.host(path)).unwrap().mtime_nsec();
        let set = |path: &str, flags: i32, nanoseconds: i64| {
            let (path, length) = stage.text(path);
            outcome(path_filestat_set_times(ROOT, flags, path, length, 0, nanoseconds, MTIM))
        };
        assert_eq!(set("outer", 1, 1), Ok(()));
        assert_eq!(modified("file"), 1);
        assert_eq!(set("outer", 0, 2), Ok(()));
        assert_eq!((modified("outer"), modified("file")), (2, 1));
        assert_eq!(set("sub/inner", 0, 3), Ok(()));
        assert_eq!((modified("sub/inner"), modified("file")), (3, 1));
        assert_eq!(set("folder", 0, 4), Ok(()));
        assert_eq!(set("folder/", 0, 5), Ok(()));
        assert_eq!((modified("folder"), modified("sub")), (4, 5), "a slash asks for the directory");
        assert_eq!(set("sub/..", 1, 6), Ok(()));
        assert_eq!(modified("."), 6);
        assert_eq!(set("file/", 0, 7), Err(Errno::NOTDIR));
        assert_eq!(set("missing", 1, 7), Err(Errno::NOENT));
        assert_eq!(set("outer", 3, 7), Err(Errno::INVAL));
        let (path, length) = stage.text("file");
        let code = path_filestat_set_times(ROOT, 0, path, length, 0, 0, MTIM | MTIM_NOW);
        assert_eq!(outcome(code), Err(Errno::INVAL));
        stage.drop_rights(ROOT, rights::PATH_FILESTAT_SET_TIMES);
        assert_eq!(set("file", 0, 8), Err(Errno::NOTCAPABLE));
    });
}
