//! Builds the runtime library for every target that wasmc links for, and reduces it to what linking needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use object::read::archive::ArchiveFile;
use object::{
    Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionFlags, SymbolFlags, SymbolKind, SymbolSection, elf,
    write,
};

/// Rust's name of each target, and the file that `src/runtime.rs` embeds.
const TARGETS: &[(&str, &str)] = &[("x86_64-unknown-linux-gnu", "runtime-x86_64-linux.a")];

fn main() -> ExitCode {
    match embed_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Puts every target's runtime library where `src/runtime.rs` includes it from.
fn embed_all() -> Result<(), Box<dyn Error>> {
    let workspace = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    for input in ["Cargo.toml", "Cargo.lock", "runtime-lib/Cargo.toml", "runtime-lib/src", "runtime-lib/abi"] {
        println!("cargo:rerun-if-changed={}", workspace.join(input).display());
    }
    println!("cargo:rerun-if-changed=build.rs");
    let output = PathBuf::from(env::var("OUT_DIR")?);
    for (target, file) in TARGETS {
        let archive = std::fs::read(build(&workspace, &output, target)?)?;
        std::fs::write(output.join(file), reduce(&archive)?)?;
    }
    Ok(())
}

/// Runs cargo for the runtime library; returns the path of the archive.
fn build(workspace: &Path, output: &Path, target: &str) -> Result<PathBuf, Box<dyn Error>> {
    let target_directory = output.join("runtime-target");
    let workspace_path = workspace.canonicalize()?;
    let registry = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let mut flags = vec![
        // Backtraces walk frame pointers, from the runtime library's own frames on to those of compiled code.
        "-Cforce-frame-pointers=yes".to_owned(),
        // Debuggers and profilers unwind from here into compiled code, and the other way round.
        "-Cforce-unwind-tables=yes".to_owned(),
        // Executables are position-independent.
        "-Crelocation-model=pic".to_owned(),
        // The same bytes wherever wasmc is built: panics name source files.
        format!("--remap-path-prefix={}=wasmc", workspace_path.display()),
    ];
    if let Some(registry) = registry {
        flags.push(format!("--remap-path-prefix={}=cargo", registry.display()));
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What the outer cargo, or clippy, was told is not meant for this build.
    for (name, _) in env::vars_os() {
        let inherited = name.to_string_lossy();
        let is_for_outer = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_UNSTABLE_", "CLIPPY_"]
            .iter()
            .any(|prefix| inherited.starts_with(prefix));
        let is_wrapper = matches!(&*inherited, "RUSTFLAGS" | "RUSTC_WORKSPACE_WRAPPER" | "CARGO_INCREMENTAL");
        if is_for_outer || is_wrapper {
            cargo.env_remove(&name);
        }
    }
    cargo
        .args(["rustc", "--quiet", "--locked", "--package", "wasmc-runtime", "--lib", "--crate-type", "staticlib"])
        .args(["--profile", "runtime", "--target", target, "--target-dir"])
        .arg(&target_directory)
        .current_dir(workspace)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    let finished = cargo.output()?;
    if !finished.status.success() {
        return Err(format!(
            "cannot build the runtime library for {target} (if Rust has no `core` for it: `rustup target add {target}`)\n{}",
            String::from_utf8_lossy(&finished.stderr)
        )
        .into());
    }
    Ok(target_directory.join(target).join("runtime").join("libwasmc_runtime.a"))
}

/// An object file of the archive.
struct Member {
    name: String,
    bytes: Vec<u8>,
    defined: Vec<String>,
    undefined: Vec<String>,
}

/// The archive without debug information and members that the library itself does not need.
fn reduce(archive: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut members = Vec::new();
    let file = ArchiveFile::parse(archive)?;
    for member in file.members() {
        let member = member?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        // The linker wants no metadata of Rust's.
        let Ok(object) = object::File::parse(member.data(archive)?) else { continue };
        let names = |is_wanted: &dyn Fn(&object::Symbol<'_, '_>) -> bool| -> Vec<String> {
            let symbols = object.symbols().filter(|symbol| symbol.is_global() && is_wanted(symbol));
            symbols.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).filter(|name| !name.is_empty()).collect()
        };
        members.push(Member {
            name,
            bytes: strip(member.data(archive)?)?,
            defined: names(&|symbol| symbol.is_definition()),
            undefined: names(&|symbol| symbol.is_undefined()),
        });
    }

    let definitions: BTreeMap<&str, usize> = members
        .iter()
        .enumerate()
        .rev()
        .flat_map(|(index, member)| member.defined.iter().map(move |name| (name.as_str(), index)))
        .collect();
    // Everything that compiled code refers to stands in the member that defines the entry point.
    let first = *definitions.get("_start").ok_or("the runtime library defines no _start")?;
    let mut needed = BTreeSet::from([first]);
    let mut pending = vec![first];
    while let Some(index) = pending.pop() {
        for name in &members[index].undefined {
            if let Some(&provider) = definitions.get(name.as_str())
                && needed.insert(provider)
            {
                pending.push(provider);
            }
        }
    }
    let kept: Vec<&Member> =
        members.iter().enumerate().filter(|(index, _)| needed.contains(index)).map(|(_, member)| member).collect();
    Ok(write_archive(&kept))
}

/// Whether the linker has a use for a section: code, data, unwind tables.
fn is_kept(section: &object::Section<'_, '_>) -> bool {
    let is_loaded = matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_ALLOC));
    let name = section.name().unwrap_or_default();
    // The empty note says that the code needs no executable stack: linkers assume the worst where it is missing.
    name == ".note.GNU-stack" || is_loaded && !name.starts_with(".note")
}

/// An object file without debug information.
fn strip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let input = object::File::parse(bytes)?;
    let mut output = write::Object::new(input.format(), input.architecture(), input.endianness());
    output.flags = input.flags();
    let mut sections = HashMap::new();
    for section in input.sections().filter(is_kept) {
        let id = output.add_section(Vec::new(), section.name_bytes()?.to_vec(), section.kind());
        output.section_mut(id).flags = section.flags();
        if section.kind().is_bss() {
            output.append_section_bss(id, section.size(), section.align());
        } else {
            output.append_section_data(id, section.data()?, section.align());
        }
        sections.insert(section.index(), id);
    }
    let mut symbols = HashMap::new();
    for symbol in input.symbols() {
        let section = match symbol.section() {
            SymbolSection::Section(index) => match sections.get(&index) {
                Some(&id) => write::SymbolSection::Section(id),
                None => continue,
            },
            SymbolSection::Undefined => write::SymbolSection::Undefined,
            SymbolSection::Absolute => write::SymbolSection::Absolute,
            _ => continue,
        };
        let id = match (symbol.kind(), section) {
            (SymbolKind::Section, write::SymbolSection::Section(id)) => output.section_symbol(id),
            (SymbolKind::File, _) => continue,
            (kind, section) => output.add_symbol(write::Symbol {
                name: symbol.name_bytes()?.to_vec(),
                value: symbol.address(),
                size: symbol.size(),
                kind,
                scope: symbol.scope(),
                weak: symbol.is_weak(),
                section,
                flags: match symbol.flags() {
                    SymbolFlags::Elf { st_info, st_other } => SymbolFlags::Elf { st_info, st_other },
                    _ => SymbolFlags::None,
                },
            }),
        };
        symbols.insert(symbol.index(), id);
    }
    for section in input.sections() {
        let Some(&id) = sections.get(&section.index()) else { continue };
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(target) = relocation.target() else {
                return Err("a relocation without a symbol".into());
            };
            let symbol = *symbols.get(&target).ok_or("a relocation against a section that is left out")?;
            let flags = relocation.flags();
            output.add_relocation(id, write::Relocation { offset, symbol, addend: relocation.addend(), flags })?;
        }
    }
    Ok(output.write()?)
}

/// An archive in the format of System V and GNU, with its table of symbols; ar(5).
fn write_archive(members: &[&Member]) -> Vec<u8> {
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644);
    let padded = |size: usize| size.next_multiple_of(2);
    // The table of long names: members are called after the crates they come from.
    let mut long_names = String::new();
    let mut name_offsets = Vec::new();
    for member in members {
        name_offsets.push(long_names.len());
        long_names.push_str(&member.name);
        long_names.push_str("/\n");
    }
    let symbols: usize = members.iter().map(|member| member.defined.len()).sum();
    let names: usize = members.iter().flat_map(|member| &member.defined).map(|name| name.len() + 1).sum();
    let table_size = 4 + 4 * symbols + names;
    let mut position = 8 + 60 + padded(table_size) + 60 + padded(long_names.len());
    let mut offsets = Vec::new();
    for member in members {
        offsets.push(position);
        position += 60 + padded(member.bytes.len());
    }

    let mut archive = b"!<arch>\n".to_vec();
    archive.extend_from_slice(header("/", table_size).as_bytes());
    archive.extend_from_slice(&(symbols as u32).to_be_bytes());
    for (member, &offset) in members.iter().zip(&offsets) {
        for _ in &member.defined {
            archive.extend_from_slice(&(offset as u32).to_be_bytes());
        }
    }
    for name in members.iter().flat_map(|member| &member.defined) {
        archive.extend_from_slice(name.as_bytes());
        archive.push(0);
    }
    let pad = |archive: &mut Vec<u8>| {
        if !archive.len().is_multiple_of(2) {
            archive.push(b'\n');
        }
    };
    pad(&mut archive);
    archive.extend_from_slice(header("//", long_names.len()).as_bytes());
    archive.extend_from_slice(long_names.as_bytes());
    pad(&mut archive);
    for (member, name) in members.iter().zip(name_offsets) {
        archive.extend_from_slice(header(&format!("/{name}"), member.bytes.len()).as_bytes());
        archive.extend_from_slice(&member.bytes);
        pad(&mut archive);
    }
    archive
}
