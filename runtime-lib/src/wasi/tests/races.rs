//! Somebody renames and replaces files while paths are resolved: nothing outside may be reached.

use super::*;
use crate::wasi::path::Path;
use crate::wasi::path_open::Opening;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::os::unix::fs::symlink;
use std::path::Path as HostPath;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long each race takes.
const RACE: Duration = Duration::from_millis(400);

fn path(text: &str) -> Path {
    Path::from_host(text.as_bytes()).unwrap()
}

fn exchange(first: &HostPath, second: &HostPath) {
    renameat_with(CWD, first, CWD, second, RenameFlags::EXCHANGE).unwrap();
}

/// Runs `disturb` in a thread, and meanwhile `attempt` in this one, again and again. `attempt` tells whether it found
/// its way at all.
fn race(stage: &Stage, disturb: impl Fn(&HostPath) + Send + 'static, attempt: impl Fn(i32) -> bool) {
    let stop = Arc::new(AtomicBool::new(false));
    let (folder, stopped) = (stage.folder.path().to_path_buf(), Arc::clone(&stop));
    let thread = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            disturb(&folder);
        }
    });
    let root = table::get(ROOT, 0).unwrap().handle;
    let (start, mut found, mut attempts) = (Instant::now(), 0u32, 0u32);
    while start.elapsed() < RACE {
        found += u32::from(attempt(root));
        attempts += 1;
    }
    stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
    assert!(found > 0, "none of {attempts} attempts met the tree as it should be: the race shows nothing");
}

fn opening(write: bool) -> Opening {
    Opening {
        read: true,
        write,
        create: write,
        directory: false,
        exclusive: false,
        truncate: false,
        follow: true,
        flags: Default::default(),
    }
}

/// Opens a path and checks that it is the file inside, if it is any.
fn open_inside(root: i32, text: &str) -> bool {
    let Ok(handle) = sys::open(root, &path(text), opening(false)) else { return false };
    let status = sys::status(handle).unwrap();
    sys::close(handle);
    // Files inside are 6 bytes long, secrets 13.
    assert_eq!(status.size, 6, "{text} led outside");
    true
}

fn furnish(stage: &Stage) {
    fs::create_dir_all(stage.host("a/b/c")).unwrap();
    for file in ["file", "a/file", "a/b/file", "a/b/c/file"] {
        fs::write(stage.host(file), "inside").unwrap();
    }
    let outside = stage.folder.path().join("outside");
    fs::create_dir_all(outside.join("b/c")).unwrap();
    for file in ["file", "b/file", "b/c/file"] {
        fs::write(outside.join(file), "secret secret").unwrap();
    }
    fs::write(stage.folder.path().join("file"), "secret secret").unwrap();
}

#[test]
fn a_directory_that_is_moved_out_does_not_lead_out() {
    on_both_resolutions(|stage| {
        furnish(stage);
        fs::create_dir_all(stage.folder.path().join("deep/er")).unwrap();
        race(
            stage,
            |folder| {
                // b moves between two depths: `..` from it means two different things.
                fs::rename(folder.join("inside/a/b"), folder.join("moved")).unwrap();
                fs::rename(folder.join("moved"), folder.join("inside/a/b")).unwrap();
            },
            |root| {
                let mut found = open_inside(root, "a/b/c/../../../file");
                found |= open_inside(root, "a/b/../file");
                if let Ok(status) = sys::status_at(root, &path("a/b/c/../../../../file"), true) {
                    panic!("led outside, to a file of {} bytes", status.size);
                }
                found
            },
        );
    });
}

#[test]
fn a_directory_that_becomes_a_link_does_not_lead_out() {
    on_both_resolutions(|stage| {
        furnish(stage);
        let outside = stage.folder.path().join("outside");
        symlink(&outside, stage.host("trap")).unwrap();
        race(
            stage,
            |folder| exchange(&folder.join("inside/a"), &folder.join("inside/trap")),
            |root| {
                let mut found = open_inside(root, "a/b/c/file");
                found |= open_inside(root, "a/file");
                found |= sys::status_at(root, &path("a/b/file"), true).is_ok_and(|status| {
                    assert_eq!(status.size, 6);
                    true
                });
                found
            },
        );
    });
}

#[test]
fn a_file_that_becomes_a_link_does_not_lead_out() {
    on_both_resolutions(|stage| {
        furnish(stage);
        symlink("../outside/file", stage.host("trap")).unwrap();
        symlink("file", stage.host("link")).unwrap();
        race(
            stage,
            |folder| exchange(&folder.join("inside/file"), &folder.join("inside/trap")),
            |root| {
                let mut found = open_inside(root, "link");
                found |= open_inside(root, "file");
                found |= sys::open(root, &path("file"), opening(true)).is_ok_and(|handle| {
                    assert_eq!(sys::status(handle).unwrap().size, 6, "opened a secret for writing");
                    sys::close(handle);
                    true
                });
                found
            },
        );
    });
}

#[test]
fn nothing_is_created_removed_or_changed_outside() {
    on_both_resolutions(|stage| {
        furnish(stage);
        let outside = stage.folder.path().join("outside");
        symlink(&outside, stage.host("trap")).unwrap();
        let modified = || fs::metadata(outside.join("b/file")).unwrap().modified().unwrap();
        let before = modified();
        race(
            stage,
            |folder| exchange(&folder.join("inside/a"), &folder.join("inside/trap")),
            |root| {
                use crate::wasi::filestat::{NewTime, NewTimes};
                let times = NewTimes { accessed: NewTime::Keep, modified: NewTime::At(1) };
                let mut found = sys::create_directory(root, &mut path("a/b/new")).is_ok();
                found |= sys::remove_directory(root, &mut path("a/b/new")).is_ok();
                found |= sys::rename(root, &mut path("a/b/file"), root, &mut path("a/b/other")).is_ok();
                found |= sys::rename(root, &mut path("a/b/other"), root, &mut path("a/b/file")).is_ok();
                found |= sys::symlink(&path("x"), root, &mut path("a/b/link")).is_ok();
                found |= sys::unlink(root, &mut path("a/b/link")).is_ok();
                found |= sys::set_times_at(root, &mut path("a/b/file"), true, times).is_ok();
                found |= sys::set_times_at(root, &mut path("a/"), false, times).is_ok();
                if sys::link(root, &mut path("a/b/file"), true, root, &mut path("taken")).is_ok() {
                    assert_eq!(sys::status_at(root, &path("taken"), false).unwrap().size, 6);
                    sys::unlink(root, &mut path("taken")).unwrap();
                }
                found |= sys::open(root, &path("a/b/created"), opening(true)).map(sys::close).is_ok();
                found |= sys::unlink(root, &mut path("a/b/created")).is_ok();
                found
            },
        );
        assert_eq!(modified(), before);
        assert_eq!(fs::read_dir(outside.join("b")).unwrap().count(), 2, "c and file");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 2, "b and file");
        assert_eq!(fs::read(outside.join("b/file")).unwrap(), b"secret secret");
    });
}
