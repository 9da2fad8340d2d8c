//! Somebody renames and replaces files while paths are resolved: nothing outside may be reached.
//!
//! Threads that race show what the kernel's resolution does. For the runtime library's own, the change is made at each
//! moment there is, one after the other.

use super::*;
use crate::wasi::file_type::REGULAR_FILE;
use crate::wasi::filestat::{NewTime, NewTimes};
use crate::wasi::path::Path;
use crate::wasi::path_open::Opening;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::cell::Cell;
use std::os::unix::fs::symlink;
use std::path::Path as HostPath;
use std::rc::Rc;
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

/// A folder with a directory `inside`, without a program.
struct Tree {
    folder: tempfile::TempDir,
    root: sys::Handle,
}

impl Tree {
    fn new() -> Tree {
        // In memory where possible: there are thousands of trees.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        furnish(folder.path());
        for (target, link) in [("../outside", "trap"), ("../outside/file", "trap-file"), ("../../outside/b", "a/trap")]
        {
            symlink(target, folder.path().join("inside").join(link)).unwrap();
        }
        let root = path(folder.path().join("inside").to_str().unwrap());
        Tree { root: sys::open_host_directory(&root).unwrap(), folder }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        sys::close(self.root);
    }
}

type Change = fn(&HostPath);

/// Calls `attempt` again and again, on a fresh tree each time, with `change` happening before its first name is
/// looked at, then before its second, and so on, until it is over before the change. `undo` follows at once, or one,
/// two or three names later, or never. Returns how often there was a change.
fn at_every_moment(change: Change, undo: Change, attempt: impl Fn(sys::Handle)) -> u32 {
    let mut moments = 0;
    for pause in [Some(0), Some(1), Some(2), Some(3), None] {
        for moment in 0.. {
            let tree = Tree::new();
            let folder = tree.folder.path().to_path_buf();
            let reached = Rc::new(Cell::new(false));
            let (mut names, noted) = (0, Rc::clone(&reached));
            sys::set_interference(Some(Box::new(move || {
                if names == moment {
                    noted.set(true);
                    change(&folder);
                }
                if pause.is_some_and(|pause| names == moment + pause) {
                    undo(&folder);
                }
                names += 1;
            })));
            attempt(tree.root);
            sys::set_interference(None);
            check_outside(tree.folder.path());
            if !reached.get() {
                break;
            }
            moments += 1;
        }
    }
    moments
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
    assert!(status.file_type != REGULAR_FILE || status.size == 6, "{text} led outside");
    true
}

fn furnish(folder: &HostPath) {
    let (inside, outside) = (folder.join("inside"), folder.join("outside"));
    fs::create_dir_all(inside.join("a/b/c")).unwrap();
    for file in ["file", "a/file", "a/b/file", "a/b/c/file"] {
        fs::write(inside.join(file), "inside").unwrap();
    }
    fs::create_dir_all(outside.join("b/c")).unwrap();
    for file in ["file", "b/file", "b/c/file"] {
        fs::write(outside.join(file), "secret secret").unwrap();
    }
    fs::write(folder.join("file"), "secret secret").unwrap();
}

#[test]
fn a_directory_that_is_moved_out_does_not_lead_out() {
    on_both_resolutions(|stage| {
        furnish(stage.folder.path());
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
                if let Ok(status) = sys::status_at(root, &mut path("a/b/c/../../../../file"), true) {
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
        furnish(stage.folder.path());
        let outside = stage.folder.path().join("outside");
        symlink(&outside, stage.host("trap")).unwrap();
        race(
            stage,
            |folder| exchange(&folder.join("inside/a"), &folder.join("inside/trap")),
            |root| {
                let mut found = open_inside(root, "a/b/c/file");
                found |= open_inside(root, "a/file");
                found |= sys::status_at(root, &mut path("a/b/file"), true).is_ok_and(|status| {
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
        furnish(stage.folder.path());
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
        furnish(stage.folder.path());
        let outside = stage.folder.path().join("outside");
        symlink(&outside, stage.host("trap")).unwrap();
        let modified = || fs::metadata(outside.join("b/file")).unwrap().modified().unwrap();
        let before = modified();
        race(
            stage,
            |folder| exchange(&folder.join("inside/a"), &folder.join("inside/trap")),
            |root| {
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
                    assert_eq!(sys::status_at(root, &mut path("taken"), false).unwrap().size, 6);
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

/// What is outside is as `furnish` left it.
fn check_outside(folder: &HostPath) {
    let outside = folder.join("outside");
    for (at, expected) in [("", &["b", "file"][..]), ("b", &["c", "file"]), ("b/c", &["file"])] {
        let entries = fs::read_dir(outside.join(at)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, expected);
        let file = outside.join(at).join("file");
        assert_eq!(fs::read(&file).unwrap(), b"secret secret");
        let modified = fs::metadata(file).unwrap().modified().unwrap();
        assert!(modified.elapsed().unwrap() < Duration::from_secs(3600), "its times were set");
    }
}

/// The name `name` beside the last component of a path.
fn beside(text: &str, name: &str) -> Path {
    let parent = text.trim_end_matches('/').rsplit_once('/').map_or(".", |(parent, _)| parent);
    path(&format!("{parent}/{name}"))
}

/// Reads a file's status, and checks that it is not a secret's.
fn look_at(root: sys::Handle, text: &str, follow: bool) {
    if let Ok(status) = sys::status_at(root, &mut path(text), follow) {
        assert!(status.file_type != REGULAR_FILE || status.size == 6, "{text} led outside");
    }
}

fn link_to(root: sys::Handle, text: &str, follow: bool) {
    if sys::link(root, &mut path(text), follow, root, &mut path("taken")).is_ok() {
        assert_ne!(sys::status_at(root, &mut path("taken"), false).unwrap().size, 13, "{text} led outside");
    }
}

fn set_times(root: sys::Handle, text: &str, follow: bool) {
    let times = NewTimes { accessed: NewTime::Keep, modified: NewTime::At(1) };
    let _ = sys::set_times_at(root, &mut path(text), follow, times);
}

/// Whether an operation succeeds makes no difference.
fn ignore<T>(_: T) {}

/// Operations on a path, none of which may reach outside.
const OPERATIONS: &[fn(sys::Handle, &str)] = &[
    |root, text| ignore(open_inside(root, text)),
    |root, text| ignore(sys::open(root, &path(text), opening(true)).map(sys::close)),
    |root, text| ignore(sys::open(root, &beside(text, "new"), opening(true)).map(sys::close)),
    |root, text| look_at(root, text, false),
    |root, text| look_at(root, text, true),
    |root, text| set_times(root, text, false),
    |root, text| set_times(root, text, true),
    |root, text| link_to(root, text, false),
    |root, text| link_to(root, text, true),
    |root, text| ignore(sys::link(root, &mut path("file"), false, root, &mut beside(text, "new"))),
    |root, text| ignore(sys::read_link(root, &mut path(text), &mut [0; 100])),
    |root, text| ignore(sys::create_directory(root, &mut beside(text, "new"))),
    |root, text| ignore(sys::symlink(&path("x"), root, &mut beside(text, "new"))),
    |root, text| ignore(sys::rename(root, &mut path(text), root, &mut path("new"))),
    |root, text| ignore(sys::rename(root, &mut path("file"), root, &mut beside(text, "new"))),
    |root, text| ignore(sys::unlink(root, &mut path(text))),
    |root, text| ignore(sys::remove_directory(root, &mut path(text))),
];

fn with_both_resolutions(test: impl Fn()) {
    for walk_only in [false, true] {
        sys::set_walk_only(walk_only);
        test();
    }
    sys::set_walk_only(false);
}

#[test]
fn at_no_moment_does_a_link_in_the_place_of_a_directory_or_file_lead_out() {
    let exchange_all = |folder: &HostPath| {
        for (first, second) in [("a/b", "a/trap"), ("a", "trap"), ("file", "trap-file")] {
            let (first, second) = (folder.join("inside").join(first), folder.join("inside").join(second));
            let _ = renameat_with(CWD, first, CWD, second, RenameFlags::EXCHANGE);
        }
    };
    let put_back = |folder: &HostPath| {
        for (first, second) in [("file", "trap-file"), ("a", "trap"), ("a/b", "a/trap")] {
            let (first, second) = (folder.join("inside").join(first), folder.join("inside").join(second));
            let _ = renameat_with(CWD, first, CWD, second, RenameFlags::EXCHANGE);
        }
    };
    let moments = Cell::new(0);
    with_both_resolutions(|| {
        for text in ["a/b/file", "a/b/../b/file", "file", "a/", "a/b"] {
            for operation in OPERATIONS {
                moments.set(moments.get() + at_every_moment(exchange_all, put_back, |root| operation(root, text)));
            }
        }
    });
    assert!(moments.get() > 2000, "{moments:?}");
}

#[test]
fn at_no_moment_does_a_directory_that_is_moved_out_lead_out() {
    let move_out = |folder: &HostPath| {
        let _ = fs::rename(folder.join("inside/a/b"), folder.join("moved"));
    };
    let move_in = |folder: &HostPath| {
        let _ = fs::rename(folder.join("moved"), folder.join("inside/a/b"));
    };
    let moments = Cell::new(0);
    with_both_resolutions(|| {
        for text in ["a/b/c/../../file", "a/b/../file", "a/b/c/../../../file", "a/b/../../a/b/c/../file"] {
            moments.set(moments.get() + at_every_moment(move_out, move_in, |root| ignore(open_inside(root, text))));
        }
    });
    assert!(moments.get() > 100, "{moments:?}");
}
