//! The sandbox against an independent implementation of the same promise: cap-std.

use super::*;
use crate::wasi::errno::Result as WasiResult;
use crate::wasi::path::Path;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt as _, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, symlink};

/// Random numbers, the same ones every time (xorshift64*).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % limit
    }
}

const NAMES: &[&str] = &["a", "b", "c", "d"];

/// A relative path of up to `most` components.
fn path(random: &mut Random, most: usize) -> String {
    let mut text = String::new();
    for index in 0..=random.below(most) {
        if index != 0 {
            text.push_str(if random.below(10) == 0 { "//" } else { "/" });
        }
        text.push_str(match random.below(10) {
            0 => ".",
            1 | 2 => "..",
            _ => NAMES[random.below(NAMES.len())],
        });
    }
    if random.below(6) == 0 {
        text.push('/');
    }
    text
}

/// A path that ends in a name: the oracle takes no notice of a slash or dot at the end, where the system does.
fn path_to_name(random: &mut Random, most: usize) -> String {
    let text = path(random, most);
    let text = text.trim_end_matches('/');
    if text.ends_with('.') { format!("{text}/a") } else { text.to_string() }
}

/// Fills a directory with directories, files and links that lead anywhere.
fn plant(random: &mut Random, directory: &std::path::Path, depth: usize) {
    for name in NAMES {
        let at = directory.join(name);
        match random.below(8) {
            0..=2 if depth < 3 => {
                fs::create_dir(&at).unwrap();
                plant(random, &at, depth + 1);
            }
            3 => fs::write(&at, "contents").unwrap(),
            4 => symlink(format!("/{}", path(random, 3)), &at).unwrap(),
            5..=7 => symlink(path(random, 4), &at).unwrap(),
            _ => {}
        }
    }
}

/// The number of the file that a path leads to.
fn inode(root: i32, text: &str, follow: bool) -> WasiResult<u64> {
    sys::status_at(root, &mut Path::from_host(text.as_bytes()).unwrap(), follow).map(|status| status.inode)
}

/// The number of the file that opening a path opens.
fn opened(root: i32, text: &str, directory: bool) -> WasiResult<u64> {
    let opening = crate::wasi::path_open::Opening {
        read: true,
        write: false,
        create: false,
        directory,
        exclusive: false,
        truncate: false,
        follow: true,
        flags: Default::default(),
    };
    let handle = sys::open(root, &Path::from_host(text.as_bytes()).unwrap(), opening)?;
    let status = sys::status(handle);
    sys::close(handle);
    status.map(|status| status.inode)
}

#[test]
fn random_paths_in_random_trees_lead_where_the_oracle_says() {
    let (mut reached, mut escaped) = (0, 0);
    for seed in 1..=40 {
        let mut random = Random::new(seed);
        let stage = Stage::new();
        // What is outside looks like what is inside.
        plant(&mut random, stage.folder.path(), 2);
        plant(&mut random, &stage.inside(), 0);
        let oracle = Dir::open_ambient_dir(stage.inside(), ambient_authority()).unwrap();
        let root = table::get(ROOT, 0).unwrap().handle;
        for _ in 0..400 {
            let text = path(&mut random, 7);
            // The oracle takes no notice of a slash or dot at the end: it looks at a link where the system follows it.
            let at_end = text.ends_with('/') || text.ends_with("/.");
            for (what, expected, found) in [
                ("status", oracle.metadata(&text).map(|found| found.ino()), &|| inode(root, &text, true)),
                ("status of a link", oracle.symlink_metadata(&text).map(|found| found.ino()), &|| {
                    inode(root, &text, false)
                }),
                (
                    "open",
                    oracle
                        .open_with(&text, OpenOptions::new().read(true))
                        .and_then(|file| file.metadata())
                        .map(|found| found.ino()),
                    &|| opened(root, &text, false),
                ),
                (
                    "open directory",
                    oracle.open_dir(&text).and_then(|found| found.dir_metadata()).map(|found| found.ino()),
                    &(|| opened(root, &text, true)) as &dyn Fn() -> WasiResult<u64>,
                ),
            ] as [(_, std::io::Result<u64>, &dyn Fn() -> WasiResult<u64>); 4]
            {
                sys::set_walk_only(false);
                let by_kernel = found();
                sys::set_walk_only(true);
                let by_walk = found();
                sys::set_walk_only(false);
                let context = format!("{what} of {text:?}, seed {seed}: {expected:?}");
                assert_eq!(by_kernel, by_walk, "{context}");
                if at_end && what == "status of a link" {
                    continue;
                }
                assert_eq!(by_kernel.ok(), expected.as_ref().ok().copied(), "{context}");
                let outside =
                    expected.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied);
                if outside {
                    assert_eq!(by_kernel, Err(Errno::PERM), "{context}");
                    escaped += 1;
                }
                reached += usize::from(expected.is_ok());
            }
        }
    }
    // The test means something only if many paths do lead somewhere, and many outside.
    assert!(reached > 5000 && escaped > 5000, "{reached} {escaped}");
}

/// What a tree looks like: paths, and what is there.
fn listing(root: &std::path::Path) -> Vec<String> {
    let mut entries = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let status = entry.metadata().unwrap();
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if status.is_dir() {
                folders.push(path);
                entries.push(format!("{name}/"));
            } else if status.is_symlink() {
                entries.push(format!("{name} -> {}", fs::read_link(path).unwrap().display()));
            } else {
                entries.push(format!("{name} {} {}", status.len(), status.nlink()));
            }
        }
    }
    entries.sort();
    entries
}

/// One operation that changes a tree. `None` where the oracle has no such thing.
fn change(choice: usize, root: i32, first: &str, second: &str) -> WasiResult<()> {
    let path = |text: &str| Path::from_host(text.as_bytes()).unwrap();
    let (mut first, mut second) = (path(first), path(second));
    match choice {
        0 => sys::create_directory(root, &mut first),
        1 => sys::unlink(root, &mut first),
        2 => sys::remove_directory(root, &mut first),
        3 => sys::rename(root, &mut first, root, &mut second),
        4 => sys::link(root, &mut first, false, root, &mut second),
        5 => sys::symlink(&first, root, &mut second),
        _ => {
            let opening = crate::wasi::path_open::Opening {
                read: true,
                write: true,
                create: true,
                directory: false,
                exclusive: choice == 7,
                truncate: true,
                follow: true,
                flags: Default::default(),
            };
            sys::open(root, &first, opening).map(sys::close)
        }
    }
}

fn change_by_oracle(choice: usize, oracle: &Dir, first: &str, second: &str) -> std::io::Result<()> {
    match choice {
        0 => oracle.create_dir(first),
        1 => oracle.remove_file(first),
        2 => oracle.remove_dir(first),
        3 => oracle.rename(first, oracle, second),
        4 => oracle.hard_link(first, oracle, second),
        5 => oracle.symlink(first, second),
        _ => {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(true).create_new(choice == 7);
            oracle.open_with(first, &options).map(drop)
        }
    }
}

#[test]
fn random_changes_have_the_same_effect_as_the_oracles() {
    let (mut done, mut refused) = (0, 0);
    for seed in 1..=25u64 {
        // Three trees alike: changed by the kernel's resolution, by the walk, and by the oracle.
        let stages: Vec<Stage> = (0..3)
            .map(|_| {
                let stage = Stage::new();
                let mut random = Random::new(seed);
                plant(&mut random, stage.folder.path(), 2);
                plant(&mut random, &stage.inside(), 0);
                stage
            })
            .collect();
        let mut random = Random::new(seed + 1000);
        let handles: Vec<i32> = stages
            .iter()
            .map(|stage| {
                sys::open_host_directory(&Path::from_host(stage.inside().to_str().unwrap().as_bytes()).unwrap())
            })
            .map(Result::unwrap)
            .collect();
        let oracle = Dir::open_ambient_dir(stages[2].inside(), ambient_authority()).unwrap();
        for _ in 0..300 {
            let (choice, first, second) = (random.below(8), path_to_name(&mut random, 3), path_to_name(&mut random, 3));
            let context = format!("operation {choice} on {first:?} and {second:?}, seed {seed}");
            sys::set_walk_only(false);
            let by_kernel = change(choice, handles[0], &first, &second);
            sys::set_walk_only(true);
            let by_walk = change(choice, handles[1], &first, &second);
            sys::set_walk_only(false);
            let expected = change_by_oracle(choice, &oracle, &first, &second);
            assert_eq!(by_kernel, by_walk, "{context}");
            assert_eq!(by_kernel.is_ok(), expected.is_ok(), "{context}: {by_kernel:?} {expected:?}");
            done += usize::from(by_kernel.is_ok());
            refused += usize::from(by_kernel.is_err());
        }
        let trees: Vec<_> = stages.iter().map(|stage| listing(stage.folder.path())).collect();
        assert_eq!(trees[0], trees[1], "seed {seed}");
        assert_eq!(trees[0], trees[2], "seed {seed}");
        handles.into_iter().for_each(sys::close);
    }
    assert!(done > 500 && refused > 1000, "{done} {refused}");
}
