//! Opening, creating, linking, renaming, removing.

use super::*;
use crate::wasi::paths::*;
use std::os::unix::fs::symlink;

fn create_directory(stage: &Stage, path: &str) -> Result<(), Errno> {
    let (path, length) = stage.text(path);
    outcome(path_create_directory(ROOT, path, length))
}

fn unlink(stage: &Stage, path: &str) -> Result<(), Errno> {
    let (path, length) = stage.text(path);
    outcome(path_unlink_file(ROOT, path, length))
}

fn remove_directory(stage: &Stage, path: &str) -> Result<(), Errno> {
    let (path, length) = stage.text(path);
    outcome(path_remove_directory(ROOT, path, length))
}

fn rename(stage: &Stage, old: &str, new: &str) -> Result<(), Errno> {
    let ((old, old_length), (new, new_length)) = (stage.text(old), stage.text(new));
    outcome(path_rename(ROOT, old, old_length, ROOT, new, new_length))
}

fn link(stage: &Stage, flags: i32, old: &str, new: &str) -> Result<(), Errno> {
    let ((old, old_length), (new, new_length)) = (stage.text(old), stage.text(new));
    outcome(path_link(ROOT, flags, old, old_length, ROOT, new, new_length))
}

fn make_link(stage: &Stage, target: &str, path: &str) -> Result<(), Errno> {
    let ((target, target_length), (path, length)) = (stage.text(target), stage.text(path));
    outcome(path_symlink(target, target_length, ROOT, path, length))
}

fn read_link(stage: &Stage, path: &str, size: usize) -> Result<String, Errno> {
    let (path, length) = stage.text(path);
    let (buffer, result) = (stage.room(size + 1), stage.room(4));
    let code = path_readlink(ROOT, path, length, buffer, size as i32, result);
    assert_eq!(stage.bytes(buffer + size as i32, 1), [0xaa]);
    outcome(code).map(|()| String::from_utf8(stage.bytes(buffer, stage.u32(result) as usize)).unwrap())
}

#[test]
fn files_are_opened_created_and_cut_off() {
    on_both_resolutions(|stage| {
        assert_eq!(stage.open("file", 0), Err(Errno::NOENT));
        let fd = stage.open("file", CREAT).unwrap();
        stage.write(fd, b"contents").unwrap();
        assert_eq!(stage.open("file", CREAT | EXCL), Err(Errno::EXIST));
        let fd = stage.open("file", CREAT).unwrap();
        assert_eq!(stage.read(fd, 100), Ok(b"contents".to_vec()));
        stage.open("file", TRUNC).unwrap();
        assert_eq!(fs::read(stage.host("file")).unwrap(), b"");
        stage.open("new", CREAT | EXCL | TRUNC).unwrap();
        assert_eq!(stage.open("file", DIRECTORY), Err(Errno::NOTDIR));
        assert_eq!(stage.open(".", 0), Err(Errno::ISDIR), "a directory is not opened for writing");
        assert_eq!(stage.open(".", DIRECTORY), Err(Errno::ISDIR));
        assert_eq!(stage.open(".", TRUNC), Err(Errno::ISDIR));
        for flags in [CREAT, EXCL, TRUNC] {
            assert_eq!(stage.open("sub", DIRECTORY | flags), Err(Errno::INVAL));
        }
        assert_eq!(stage.open("file", 16), Err(Errno::INVAL));
        assert_eq!(stage.open("file", -1), Err(Errno::INVAL));
        assert_eq!(stage.open_with(ROOT, "file", Open { lookup: 2, ..Open::default() }), Err(Errno::INVAL));
        assert_eq!(stage.open_with(ROOT, "file", Open { fdflags: 32, ..Open::default() }), Err(Errno::INVAL));
        assert_eq!(stage.open_with(fd, "file", Open::default()), Err(Errno::NOTDIR));
        assert_eq!(stage.open_with(99, "file", Open::default()), Err(Errno::BADF));
        // All bits, also those that mean nothing, are all rights: as far as they apply.
        let (path, length) = stage.text("file");
        let result = stage.room(4);
        assert_eq!(path_open(ROOT, 0, path, length, 0, -1, -1, 0, result), 0);
        assert_eq!(stage.rights_of(stage.u32(result) as i32), (u64::from(rights::FILE), 0));
    });
}

#[test]
fn symbolic_links_are_followed_when_asked_to() {
    on_both_resolutions(|stage| {
        fs::create_dir(stage.host("sub")).unwrap();
        fs::write(stage.host("sub/file"), "contents").unwrap();
        symlink("sub/file", stage.host("link")).unwrap();
        symlink("sub", stage.host("folder")).unwrap();
        symlink("sub/", stage.host("folder-slash")).unwrap();
        symlink("sub/new", stage.host("dangling")).unwrap();
        symlink("loop", stage.host("loop")).unwrap();
        symlink("loop/x", stage.host("loop2")).unwrap();
        let nofollow = Open { lookup: 0, ..Open::default() };
        let directory = Open { oflags: DIRECTORY, rights: rights::DIRECTORY, ..Open::default() };
        assert!(stage.open("link", 0).is_ok());
        assert_eq!(stage.open_with(ROOT, "link", nofollow), Err(Errno::LOOP));
        assert!(stage.open_with(ROOT, "folder/file", nofollow).is_ok(), "only the last component counts");
        assert!(stage.open_with(ROOT, "folder", directory).is_ok());
        assert!(stage.open_with(ROOT, "folder-slash", directory).is_ok());
        assert_eq!(stage.open_with(ROOT, "folder", Open { lookup: 0, ..directory }), Err(Errno::NOTDIR));
        assert!(stage.open_with(ROOT, "folder/", Open { lookup: 0, ..directory }).is_ok());
        assert!(stage.open_with(ROOT, "folder/.", Open { lookup: 0, ..directory }).is_ok());
        assert_eq!(stage.open("link/", 0), Err(Errno::NOTDIR));
        assert_eq!(stage.open("dangling", 0), Err(Errno::NOENT));
        assert_eq!(stage.open("dangling", CREAT | EXCL), Err(Errno::EXIST));
        assert!(!stage.host("sub/new").exists());
        assert!(stage.open("dangling", CREAT).is_ok());
        assert!(stage.host("sub/new").exists());
        assert_eq!(stage.open("loop", 0), Err(Errno::LOOP));
        assert_eq!(stage.open("loop", CREAT), Err(Errno::LOOP));
        assert_eq!(stage.open("loop/file", 0), Err(Errno::LOOP));
        assert_eq!(stage.open("loop2", 0), Err(Errno::LOOP));
    });
}

#[test]
fn forty_links_are_followed_and_not_one_more() {
    on_both_resolutions(|stage| {
        fs::write(stage.host("0"), "end").unwrap();
        fs::create_dir(stage.host("d0")).unwrap();
        fs::write(stage.host("d0/file"), "end").unwrap();
        for index in 1..=41 {
            symlink(format!("{}", index - 1), stage.host(&format!("{index}"))).unwrap();
            symlink(format!("d{}", index - 1), stage.host(&format!("d{index}"))).unwrap();
        }
        assert!(stage.open("40", 0).is_ok());
        assert_eq!(stage.open("41", 0), Err(Errno::LOOP));
        assert!(stage.open("d40/file", 0).is_ok());
        assert_eq!(stage.open("d41/file", 0), Err(Errno::LOOP));
        let set_times = |path: &str| {
            let (path, length) = stage.text(path);
            outcome(crate::wasi::filestat::path_filestat_set_times(ROOT, 1, path, length, 0, 1, 4))
        };
        assert_eq!(set_times("40"), Ok(()));
        assert_eq!(set_times("41"), Err(Errno::LOOP));
    });
}

#[test]
fn directories_are_created_and_removed() {
    on_both_resolutions(|stage| {
        assert_eq!(create_directory(stage, "sub"), Ok(()));
        assert_eq!(create_directory(stage, "sub/inner/"), Ok(()));
        assert_eq!(create_directory(stage, "sub"), Err(Errno::EXIST));
        assert_eq!(create_directory(stage, "."), Err(Errno::EXIST));
        assert_eq!(create_directory(stage, "sub/.."), Err(Errno::EXIST));
        assert_eq!(create_directory(stage, "missing/sub"), Err(Errno::NOENT));
        fs::write(stage.host("file"), "").unwrap();
        symlink("sub", stage.host("link")).unwrap();
        symlink("missing", stage.host("dangling")).unwrap();
        assert_eq!(create_directory(stage, "file"), Err(Errno::EXIST));
        assert_eq!(create_directory(stage, "file/sub"), Err(Errno::NOTDIR));
        assert_eq!(create_directory(stage, "dangling"), Err(Errno::EXIST));
        assert_eq!(create_directory(stage, "dangling/"), Err(Errno::EXIST));
        assert_eq!(create_directory(stage, "link/other"), Ok(()));
        assert!(stage.host("sub/other").is_dir());
        assert_eq!(remove_directory(stage, "sub"), Err(Errno::NOTEMPTY));
        assert_eq!(remove_directory(stage, "file"), Err(Errno::NOTDIR));
        assert_eq!(remove_directory(stage, "file/"), Err(Errno::NOTDIR));
        assert_eq!(remove_directory(stage, "link"), Err(Errno::NOTDIR));
        assert_eq!(remove_directory(stage, "link/"), Err(Errno::NOTDIR));
        assert_eq!(remove_directory(stage, "missing"), Err(Errno::NOENT));
        assert_eq!(remove_directory(stage, "."), Err(Errno::INVAL));
        assert_eq!(remove_directory(stage, "sub/.."), Err(Errno::INVAL));
        assert_eq!(unlink(stage, "sub"), Err(Errno::ISDIR));
        assert_eq!(unlink(stage, "sub/"), Err(Errno::ISDIR));
        assert_eq!(remove_directory(stage, "sub/inner/"), Ok(()));
        assert_eq!(remove_directory(stage, "link/other"), Ok(()));
        assert_eq!(remove_directory(stage, "sub"), Ok(()));
        assert!(!stage.host("sub").exists());
    });
}

#[test]
fn files_lose_their_names() {
    on_both_resolutions(|stage| {
        fs::write(stage.host("file"), "").unwrap();
        symlink("file", stage.host("link")).unwrap();
        assert_eq!(unlink(stage, "file/"), Err(Errno::NOTDIR));
        assert_eq!(unlink(stage, "link/"), Err(Errno::NOTDIR));
        assert_eq!(unlink(stage, "link"), Ok(()));
        assert!(stage.host("file").exists());
        let fd = stage.open("file", 0).unwrap();
        assert_eq!(unlink(stage, "file"), Ok(()));
        assert_eq!(stage.write(fd, b"still open"), Ok(10));
        assert_eq!(unlink(stage, "file"), Err(Errno::NOENT));
        assert_eq!(unlink(stage, "."), Err(Errno::ISDIR));
    });
}

#[test]
fn files_and_directories_are_renamed() {
    on_both_resolutions(|stage| {
        fs::write(stage.host("a"), "a").unwrap();
        fs::write(stage.host("b"), "b").unwrap();
        fs::create_dir_all(stage.host("empty")).unwrap();
        fs::create_dir_all(stage.host("full/inner")).unwrap();
        assert_eq!(rename(stage, "a", "b"), Ok(()));
        assert_eq!(fs::read(stage.host("b")).unwrap(), b"a");
        assert_eq!(rename(stage, "a", "c"), Err(Errno::NOENT));
        assert_eq!(rename(stage, "b", "full/inner/b"), Ok(()));
        assert_eq!(rename(stage, "full/inner/b", "b"), Ok(()));
        assert_eq!(rename(stage, "b", "empty"), Err(Errno::ISDIR));
        assert_eq!(rename(stage, "empty", "b"), Err(Errno::NOTDIR));
        assert_eq!(rename(stage, "empty", "full"), Err(Errno::NOTEMPTY));
        assert_eq!(rename(stage, "full", "full/inner/deeper"), Err(Errno::INVAL));
        assert_eq!(rename(stage, "full/", "empty/"), Ok(()));
        assert_eq!(rename(stage, "empty", "full/"), Ok(()));
        assert_eq!(rename(stage, "b/", "c"), Err(Errno::NOTDIR));
        assert_eq!(rename(stage, "b", "c/"), Err(Errno::NOTDIR));
        assert_eq!(rename(stage, ".", "c"), Err(Errno::BUSY));
        assert_eq!(rename(stage, "b", "full/.."), Err(Errno::BUSY));
        symlink("b", stage.host("link")).unwrap();
        assert_eq!(rename(stage, "link", "moved"), Ok(()));
        assert_eq!(fs::read_link(stage.host("moved")).unwrap().to_str(), Some("b"));
        assert!(stage.host("full/inner").is_dir());
    });
}

#[test]
fn files_get_further_names() {
    on_both_resolutions(|stage| {
        fs::write(stage.host("file"), "contents").unwrap();
        fs::create_dir(stage.host("sub")).unwrap();
        symlink("file", stage.host("link")).unwrap();
        symlink("missing", stage.host("dangling")).unwrap();
        symlink("sub", stage.host("folder")).unwrap();
        assert_eq!(link(stage, 0, "file", "sub/second"), Ok(()));
        assert_eq!(fs::read(stage.host("sub/second")).unwrap(), b"contents");
        assert_eq!(link(stage, 0, "link", "second"), Ok(()));
        assert!(fs::symlink_metadata(stage.host("second")).unwrap().is_symlink());
        assert_eq!(link(stage, 1, "link", "third"), Ok(()));
        assert!(fs::symlink_metadata(stage.host("third")).unwrap().is_file());
        assert_eq!(link(stage, 0, "dangling", "fourth"), Ok(()));
        assert_eq!(link(stage, 1, "dangling", "fifth"), Err(Errno::NOENT));
        assert_eq!(link(stage, 2, "file", "fifth"), Err(Errno::INVAL));
        assert_eq!(link(stage, 0, "file", "link"), Err(Errno::EXIST));
        assert_eq!(link(stage, 0, "file", "sub"), Err(Errno::EXIST));
        assert_eq!(link(stage, 0, "file", "file"), Err(Errno::EXIST));
        assert_eq!(link(stage, 0, "file", "fifth/"), Err(Errno::NOENT));
        assert_eq!(link(stage, 0, "missing", "fifth"), Err(Errno::NOENT));
        assert_eq!(link(stage, 0, "file/", "fifth"), Err(Errno::NOTDIR));
        for directory in ["sub", "sub/", "folder/", "sub/..", "."] {
            assert_eq!(link(stage, 0, directory, "fifth"), Err(Errno::PERM), "{directory}");
        }
    });
}

#[test]
fn symbolic_links_are_made_and_read() {
    on_both_resolutions(|stage| {
        fs::create_dir(stage.host("sub")).unwrap();
        assert_eq!(make_link(stage, "../file", "sub/link"), Ok(()));
        assert_eq!(fs::read_link(stage.host("sub/link")).unwrap().to_str(), Some("../file"));
        assert_eq!(read_link(stage, "sub/link", 100), Ok("../file".into()));
        assert_eq!(read_link(stage, "sub/link", 7), Ok("../file".into()));
        assert_eq!(read_link(stage, "sub/link", 4), Ok("../f".into()));
        assert_eq!(read_link(stage, "sub/link", 0), Ok("".into()));
        assert_eq!(make_link(stage, "x", "sub/link"), Err(Errno::EXIST));
        assert_eq!(make_link(stage, "x", "sub"), Err(Errno::EXIST));
        assert_eq!(make_link(stage, "x", "sub/"), Err(Errno::EXIST));
        assert_eq!(make_link(stage, "x", "new/"), Err(Errno::NOENT));
        assert_eq!(make_link(stage, "/etc/passwd", "absolute"), Err(Errno::PERM));
        assert_eq!(make_link(stage, "", "empty"), Err(Errno::NOENT));
        assert_eq!(make_link(stage, "../../..", "outside"), Ok(()), "it cannot be followed");
        assert_eq!(read_link(stage, "outside", 100), Ok("../../..".into()));
        symlink("/etc", stage.host("host")).unwrap();
        assert_eq!(read_link(stage, "host", 100), Err(Errno::PERM), "the host's paths are not told");
        symlink("sub", stage.host("folder")).unwrap();
        assert_eq!(read_link(stage, "folder/", 100), Err(Errno::INVAL));
        assert_eq!(read_link(stage, "outside/", 100), Err(Errno::PERM));
        assert_eq!(read_link(stage, "sub", 100), Err(Errno::INVAL));
        assert_eq!(read_link(stage, "sub/..", 100), Err(Errno::INVAL));
        assert_eq!(read_link(stage, "missing", 100), Err(Errno::NOENT));
        let long = "long/".repeat(400);
        assert_eq!(make_link(stage, &long, "long"), Ok(()));
        assert_eq!(read_link(stage, "long", 4096), Ok(long));
    });
}

#[test]
fn each_operation_needs_its_right() {
    use rights::*;
    let stage = Stage::new();
    fs::write(stage.host("file"), "").unwrap();
    symlink("file", stage.host("link")).unwrap();
    let without = |rights| {
        let fd = stage.open_directory(".").unwrap();
        stage.drop_rights(fd, rights);
        fd
    };
    let refused = Err(Errno::NOTCAPABLE);
    let ((file, file_length), (new, new_length)) = (stage.text("file"), stage.text("new"));
    let (link, link_length) = stage.text("link");
    let result = stage.room(4);
    let fd = without(PATH_CREATE_DIRECTORY);
    assert_eq!(outcome(path_create_directory(fd, new, new_length)), refused);
    let fd = without(PATH_LINK_SOURCE);
    assert_eq!(outcome(path_link(fd, 0, file, file_length, ROOT, new, new_length)), refused);
    let fd = without(PATH_LINK_TARGET);
    assert_eq!(outcome(path_link(ROOT, 0, file, file_length, fd, new, new_length)), refused);
    let fd = without(PATH_RENAME_SOURCE);
    assert_eq!(outcome(path_rename(fd, file, file_length, ROOT, new, new_length)), refused);
    let fd = without(PATH_RENAME_TARGET);
    assert_eq!(outcome(path_rename(ROOT, file, file_length, fd, new, new_length)), refused);
    let fd = without(PATH_SYMLINK);
    assert_eq!(outcome(path_symlink(file, file_length, fd, new, new_length)), refused);
    let fd = without(PATH_UNLINK_FILE);
    assert_eq!(outcome(path_unlink_file(fd, file, file_length)), refused);
    let fd = without(PATH_REMOVE_DIRECTORY);
    assert_eq!(outcome(path_remove_directory(fd, file, file_length)), refused);
    let fd = without(PATH_READLINK);
    assert_eq!(outcome(path_readlink(fd, link, link_length, result, 4, result)), refused);
    assert_eq!(stage.open_with(without(PATH_OPEN), "file", Open::default()).map(drop), refused);
    let create = Open { oflags: CREAT, ..Open::default() };
    assert_eq!(stage.open_with(without(PATH_CREATE_FILE), "file", create).map(drop), refused);
    let truncate = Open { oflags: TRUNC, ..Open::default() };
    assert_eq!(stage.open_with(without(PATH_FILESTAT_SET_SIZE), "file", truncate).map(drop), refused);

    let (base, inheriting) = stage.rights_of(ROOT);
    let passing_on = |less: Rights| {
        let fd = stage.open_directory(".").unwrap();
        let inheriting = inheriting & !u64::from(less);
        let code = crate::wasi::descriptors::fd_fdstat_set_rights(fd, base as i64, inheriting as i64);
        assert_eq!(code, 0);
        fd
    };
    let open = |fd, fdflags| {
        stage.open_with(fd, "file", Open { rights: FD_READ | FD_WRITE, fdflags, ..Open::default() }).map(drop)
    };
    let fd = passing_on(FD_SYNC);
    assert_eq!((open(fd, SYNC), open(fd, RSYNC), open(fd, DSYNC)), (refused, refused, Ok(())));
    assert_eq!(open(passing_on(FD_DATASYNC), DSYNC), Ok(()), "fd_sync includes it");
    assert_eq!(open(passing_on(FD_SYNC | FD_DATASYNC), DSYNC), refused);
    assert!(!stage.host("new").exists());
}
