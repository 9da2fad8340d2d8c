//! Hostile paths.

use super::*;
use crate::wasi::filestat::*;
use crate::wasi::paths::*;
use std::os::unix::fs::symlink;

/// A folder with something worth stealing beside the preopened directory, and links that lead there.
fn furnish(stage: &Stage) {
    let outside = stage.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    fs::create_dir_all(stage.host("a/b")).unwrap();
    fs::write(stage.host("a/b/file"), "file").unwrap();
    let outside = outside.to_str().unwrap();
    for (target, link) in [
        (outside, "absolute"),
        ("../outside", "relative"),
        ("../../../outside", "a/b/relative"),
        ("..", "above"),
        ("a/../..", "around"),
        ("absolute/secret", "through"),
        ("/", "root"),
        ("../inside/a", "back"),
        (&format!("{outside}/secret"), "file"),
        ("../outside/new", "new"),
        ("../outside/nowhere", "nowhere"),
        ("/proc/self/root", "magic"),
    ] {
        symlink(target, stage.host(link)).unwrap();
    }
}

/// Paths that lead outside, whether the last link is followed or not.
const OUTSIDE: &[&str] = &[
    "..",
    "../",
    "../.",
    "./..",
    "a/../..",
    "a/b/../../..",
    "../inside",
    "../inside/a",
    "../outside/secret",
    "a/../../outside/secret",
    "a/./b/.././../../outside/secret",
    "/",
    "//",
    "/etc/passwd",
    "/proc/self/root/etc/passwd",
    "absolute/",
    "absolute/secret",
    "absolute/.",
    "absolute/..",
    "relative/",
    "relative/secret",
    "nowhere/",
    "a/b/relative/secret",
    "above/",
    "above/outside/secret",
    "above/inside/a",
    "around/outside/secret",
    "root/",
    "root/etc/passwd",
    "back/",
    "back/b/file",
    "magic/",
    "magic/etc/passwd",
];

/// Links that lead outside.
const LINKS: &[&str] = &[
    "absolute",
    "relative",
    "a/b/relative",
    "above",
    "around",
    "through",
    "root",
    "back",
    "file",
    "new",
    "nowhere",
    "magic",
];

#[test]
fn no_operation_reaches_what_is_outside() {
    on_both_resolutions(|stage| {
        furnish(stage);
        let result = stage.room(64);
        let (inner, inner_length) = stage.text("inner");
        let (file, file_length) = stage.text("a/b/file");
        for &text in OUTSIDE {
            let (path, length) = stage.text(text);
            for follow in [0, 1] {
                for oflags in [0, CREAT, CREAT | EXCL, DIRECTORY, TRUNC] {
                    let open = Open { lookup: follow, oflags, ..Open::default() };
                    let refused = stage.open_with(ROOT, text, open);
                    // Creation under a name that ends in a slash fails for that reason.
                    let slash = text.ends_with('/') && oflags & CREAT != 0 && refused == Err(Errno::ISDIR);
                    assert!(refused == Err(Errno::PERM) || slash, "open {text} {follow} {oflags}: {refused:?}");
                }
                let refused = path_filestat_get(ROOT, follow, path, length, result);
                assert_eq!(outcome(refused), Err(Errno::PERM), "status of {text}");
                let refused = path_filestat_set_times(ROOT, follow, path, length, 0, 0, 4);
                assert_eq!(outcome(refused), Err(Errno::PERM), "times of {text}");
                let refused = path_link(ROOT, follow, path, length, ROOT, inner, inner_length);
                assert_eq!(outcome(refused), Err(Errno::PERM), "link from {text}");
            }
            assert_eq!(outcome(path_readlink(ROOT, path, length, result, 64, result)), Err(Errno::PERM), "read {text}");
        }
        // These work on the name itself: whatever they say, nothing outside changes.
        for &text in OUTSIDE.iter().chain(LINKS) {
            let (path, length) = stage.text(text);
            let outcomes = [
                path_create_directory(ROOT, path, length),
                path_symlink(inner, inner_length, ROOT, path, length),
                path_link(ROOT, 0, file, file_length, ROOT, path, length),
                path_remove_directory(ROOT, path, length),
            ];
            for (index, code) in outcomes.into_iter().enumerate() {
                assert_ne!(code, 0, "operation {index} on {text}");
            }
        }
        for &text in OUTSIDE {
            let (path, length) = stage.text(text);
            assert_ne!(path_unlink_file(ROOT, path, length), 0, "unlink {text}");
            assert_ne!(path_rename(ROOT, path, length, ROOT, inner, inner_length), 0, "rename {text}");
            assert_ne!(path_rename(ROOT, file, file_length, ROOT, path, length), 0, "rename to {text}");
        }
        for &text in LINKS {
            for oflags in [0, CREAT, TRUNC, CREAT | TRUNC] {
                let follow = Open { oflags, ..Open::default() };
                assert_eq!(stage.open_with(ROOT, text, follow), Err(Errno::PERM), "open {text}");
                let nofollow = Open { lookup: 0, ..follow };
                assert_eq!(stage.open_with(ROOT, text, nofollow), Err(Errno::LOOP), "open {text} itself");
            }
            let (path, length) = stage.text(text);
            assert_eq!(outcome(path_filestat_get(ROOT, 1, path, length, result)), Err(Errno::PERM), "{text}");
            assert_eq!(path_filestat_get(ROOT, 0, path, length, result), 0, "{text}");
            assert_eq!(outcome(path_filestat_set_times(ROOT, 1, path, length, 0, 0, 4)), Err(Errno::PERM), "{text}");
            let refused = path_link(ROOT, 1, path, length, ROOT, inner, inner_length);
            assert_eq!(outcome(refused), Err(Errno::PERM), "{text}");
        }
        let outside = stage.folder.path().join("outside");
        assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read_dir(stage.folder.path()).unwrap().count(), 2);
        assert_eq!(fs::read(stage.host("a/b/file")).unwrap(), b"file");
    });
}

#[test]
fn what_is_inside_is_reached_by_any_way_inside() {
    on_both_resolutions(|stage| {
        furnish(stage);
        symlink("../b/../../a/b", stage.host("a/b/there")).unwrap();
        for path in [
            "a/b/file",
            "./a/b/file",
            "a//b///file",
            "a/./b/./file",
            "a/b/../b/file",
            "a/../a/b/file",
            "a/b/../../a/b/file",
            "a/b/there/file",
            "a/b/there/there/there/file",
            "a/b/there/../b/file",
        ] {
            let fd = stage.open(path, 0).unwrap_or_else(|errno| panic!("{path}: {errno:?}"));
            assert_eq!(stage.read(fd, 100), Ok(b"file".to_vec()), "{path}");
        }
        // A directory that was opened is a boundary of its own.
        let fd = stage.open_directory("a/b").unwrap();
        assert_eq!(stage.open_with(fd, "../b/file", Open::default()), Err(Errno::PERM));
        assert_eq!(stage.open_with(fd, "there/file", Open::default()), Err(Errno::PERM));
        assert!(stage.open_with(fd, "file", Open::default()).is_ok());
    });
}

#[test]
fn paths_that_are_no_paths_are_refused() {
    on_both_resolutions(|stage| {
        fs::write(stage.host("file"), "").unwrap();
        let result = stage.room(64);
        let long_name = "n".repeat(256);
        let long_path = "d/".repeat(2047) + "x";
        let too_long = "d/".repeat(2048);
        for (text, errno) in [
            (&b""[..], Errno::NOENT),
            (b"file\0", Errno::INVAL),
            (b"\0", Errno::INVAL),
            (b"a\0/../..", Errno::INVAL),
            (b"\xff", Errno::ILSEQ),
            (b"a/\xc3(", Errno::ILSEQ),
            (b"\xed\xa0\x80", Errno::ILSEQ),
            (long_name.as_bytes(), Errno::NAMETOOLONG),
            (long_path.as_bytes(), Errno::NOENT),
            (too_long.as_bytes(), Errno::NAMETOOLONG),
            (b"file/", Errno::NOTDIR),
            (b"file/.", Errno::NOTDIR),
            (b"file/..", Errno::NOTDIR),
            (b"file/x", Errno::NOTDIR),
            (b"missing/..", Errno::NOENT),
        ] {
            let name = String::from_utf8_lossy(&text[..text.len().min(20)]).into_owned();
            let (path, length) = (stage.put(text), text.len() as i32);
            let (good, good_length) = stage.text("file");
            let refused = Err(errno);
            assert_eq!(outcome(path_filestat_get(ROOT, 0, path, length, result)), refused, "{name}");
            assert_eq!(outcome(path_filestat_set_times(ROOT, 1, path, length, 0, 0, 0)), refused, "{name}");
            assert_eq!(outcome(path_open(ROOT, 0, path, length, 0, 0, 0, 0, result)), refused, "{name}");
            let code = path_readlink(ROOT, path, length, result, 64, result);
            if name != "file/.." {
                assert_eq!(outcome(code), refused, "{name}");
            }
            let code = path_rename(ROOT, path, length, ROOT, good, good_length);
            assert_eq!(outcome(code), refused, "{name}");
            assert_eq!(outcome(path_unlink_file(ROOT, path, length)), refused, "{name}");
        }
        assert!(stage.host("file").exists());
    });
}
