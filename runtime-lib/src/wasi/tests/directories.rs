//! Listing directories.

use super::*;
use crate::wasi::directories::fd_readdir;
use crate::wasi::file_type;
use std::collections::BTreeMap;
use std::os::unix::fs::{DirEntryExt, MetadataExt, symlink};

struct Entry {
    next: u64,
    inode: u64,
    file_type: u8,
    name: String,
}

/// What one call returns: the bytes.
fn bytes(stage: &Stage, fd: i32, buffer: i32, size: usize, cookie: u64) -> Result<Vec<u8>, Errno> {
    let result = stage.room(4);
    outcome(fd_readdir(fd, buffer, size as i32, cookie as i64, result)).map(|()| {
        let used = stage.u32(result) as usize;
        assert!(used <= size);
        stage.bytes(buffer, used)
    })
}

/// The complete entries among bytes.
fn parse(bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_at_checked(24) {
        let length = u32::from_le_bytes(header[16..20].try_into().unwrap()) as usize;
        let Some((name, after)) = after.split_at_checked(length) else { break };
        assert_eq!(header[21..], [0; 3]);
        entries.push(Entry {
            next: u64::from_le_bytes(header[..8].try_into().unwrap()),
            inode: u64::from_le_bytes(header[8..16].try_into().unwrap()),
            file_type: header[20],
            name: String::from_utf8(name.to_vec()).unwrap(),
        });
        rest = after;
    }
    entries
}

/// Reads to the end, as C libraries do: from the last complete entry on, with a larger buffer where there was none.
fn all(stage: &Stage, fd: i32, mut size: usize) -> Vec<Entry> {
    let buffer = stage.room(8192);
    let (mut entries, mut cookie) = (Vec::new(), 0);
    loop {
        let bytes = bytes(stage, fd, buffer, size, cookie).unwrap();
        let found = parse(&bytes);
        if found.is_empty() && bytes.len() == size {
            size *= 2;
            continue;
        }
        cookie = found.last().map_or(cookie, |entry| entry.next);
        entries.extend(found);
        if bytes.len() < size {
            return entries;
        }
    }
}

#[test]
fn entries_have_names_types_and_numbers() {
    let stage = Stage::new();
    fs::create_dir(stage.host("sub")).unwrap();
    fs::write(stage.host("file"), "").unwrap();
    symlink("file", stage.host("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, stage.host("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    std::os::unix::net::UnixListener::bind(stage.host("socket")).unwrap();
    let own = fs::metadata(stage.inside()).unwrap().ino();
    let mut expected: BTreeMap<String, (u8, u64)> = fs::read_dir(stage.inside())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let file_type = match name.as_str() {
                "sub" => file_type::DIRECTORY,
                "file" => file_type::REGULAR_FILE,
                "link" => file_type::SYMBOLIC_LINK,
                "socket" => file_type::SOCKET_STREAM,
                _ => file_type::UNKNOWN,
            };
            (name, (file_type, entry.ino()))
        })
        .collect();
    // What is above is not told.
    expected.insert(".".into(), (file_type::DIRECTORY, own));
    expected.insert("..".into(), (file_type::DIRECTORY, own));
    let found: BTreeMap<_, _> =
        all(&stage, ROOT, 4096).into_iter().map(|entry| (entry.name, (entry.file_type, entry.inode))).collect();
    assert_eq!(found, expected);
}

#[test]
fn any_buffer_size_lists_every_entry_once() {
    let stage = Stage::new();
    let mut expected = vec![".".to_string(), "..".into()];
    for index in 0..300 {
        let name = format!("{}{index}", "x".repeat(index % 200));
        fs::write(stage.host(&name), "").unwrap();
        expected.push(name);
    }
    expected.sort();
    for size in [1, 23, 24, 25, 64, 300, 1000, 4096, 8192] {
        let mut names: Vec<_> = all(&stage, ROOT, size).into_iter().map(|entry| entry.name).collect();
        names.sort();
        assert_eq!(names, expected, "{size}");
    }
}

#[test]
fn an_entry_that_does_not_fit_is_cut_off() {
    let stage = Stage::new();
    fs::write(stage.host("a-name-that-is-cut-off"), "").unwrap();
    let buffer = stage.room(4096);
    let whole = bytes(&stage, ROOT, buffer, 4096, 0).unwrap();
    for size in 0..whole.len() {
        assert_eq!(bytes(&stage, ROOT, buffer, size, 0).unwrap(), whole[..size], "{size}");
    }
}

#[test]
fn reading_goes_on_from_any_cookie_also_after_changes() {
    let stage = Stage::new();
    for index in 0..100 {
        fs::write(stage.host(&format!("file{index}")), "").unwrap();
    }
    let entries = all(&stage, ROOT, 4096);
    let buffer = stage.room(8192);
    for at in [0, 1, 50, 99, 101] {
        let rest = bytes(&stage, ROOT, buffer, 8192, entries[at].next).unwrap();
        let names: Vec<_> = parse(&rest).into_iter().map(|entry| entry.name).collect();
        let expected: Vec<_> = entries[at + 1..].iter().map(|entry| entry.name.clone()).collect();
        assert_eq!(names, expected, "{at}");
    }
    // As rm -r does it: what was read is removed, and reading goes on.
    let mut cookie = 0;
    loop {
        let found = parse(&bytes(&stage, ROOT, buffer, 400, cookie).unwrap());
        let Some(last) = found.last() else { break };
        cookie = last.next;
        for entry in found.iter().filter(|entry| !entry.name.starts_with('.')) {
            fs::remove_file(stage.host(&entry.name)).unwrap();
        }
    }
    assert_eq!(fs::read_dir(stage.inside()).unwrap().count(), 0);
    // From the start again, what is new is there.
    fs::write(stage.host("new"), "").unwrap();
    assert!(all(&stage, ROOT, 4096).iter().any(|entry| entry.name == "new"));
}

#[test]
fn listing_needs_a_directory_and_the_right() {
    let stage = Stage::new();
    let buffer = stage.room(100);
    let file = stage.open("file", CREAT).unwrap();
    assert_eq!(bytes(&stage, file, buffer, 100, 0), Err(Errno::NOTDIR));
    assert_eq!(bytes(&stage, 99, buffer, 100, 0), Err(Errno::BADF));
    assert_eq!(bytes(&stage, ROOT, buffer, 100, u64::MAX), Err(Errno::INVAL));
    let fd = stage.open_directory(".").unwrap();
    stage.drop_rights(fd, rights::FD_READDIR);
    assert_eq!(bytes(&stage, fd, buffer, 100, 0), Err(Errno::NOTCAPABLE));
    // A directory that is removed while it is open has no entries.
    fs::create_dir(stage.host("sub")).unwrap();
    let sub = stage.open_directory("sub").unwrap();
    fs::remove_dir(stage.host("sub")).unwrap();
    assert_eq!(bytes(&stage, sub, buffer, 100, 0), Ok(vec![]));
}
