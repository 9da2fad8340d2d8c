//! Maps an executable, and puts in the addresses that dyld puts in.

use object::macho::{self, DyldChainedFixupsHeader, DyldChainedStartsInSegment, LinkeditDataCommand};
use object::read::macho::{LoadCommandVariant, MachHeader as _, Segment as _};
use object::{Endianness, LittleEndian as LE, pod};

use crate::libsystem;

type Header = macho::MachHeader64<Endianness>;

/// Where dyld is told that the executable begins.
const IMAGE_BASE: u64 = 1 << 32;

/// A segment, mapped.
struct Mapped {
    start: u64,
    size: u64,
    protection: i32,
}

/// Loads an executable; returns the address of its entry point.
pub fn load(file: &[u8]) -> Result<usize, String> {
    let damaged = |error: object::Error| error.to_string();
    let header = Header::parse(file, 0).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    if header.cputype(endian) != macho::CPU_TYPE_X86_64 || header.filetype(endian) != macho::MH_EXECUTE {
        return Err("it is no executable for macOS on x86-64".to_owned());
    }
    let (mut segments, mut fixups, mut entry, mut libraries) = (Vec::new(), None, None, Vec::new());
    let mut commands = header.load_commands(endian, file, 0).map_err(damaged)?;
    while let Some(command) = commands.next().map_err(damaged)? {
        match command.variant().map_err(damaged)? {
            LoadCommandVariant::Segment64(segment, _) => segments.push(segment),
            LoadCommandVariant::LinkeditData(data) if command.cmd() == macho::LC_DYLD_CHAINED_FIXUPS => {
                fixups = Some(data)
            }
            LoadCommandVariant::EntryPoint(point) => entry = Some(point.entryoff.get(endian)),
            LoadCommandVariant::Dylib(library) => {
                libraries.push(command.string(endian, library.dylib.name).map_err(damaged)?.to_vec());
            }
            _ => {}
        }
    }
    if libraries != [b"/usr/lib/libSystem.B.dylib"] {
        return Err("it wants other libraries than libSystem".to_owned());
    }
    let entry = entry.ok_or("it has no entry point")?;
    // The first one is page zero, where nothing is.
    let [zero, segments @ ..] = &segments[..] else { return Err("it has no segments".to_owned()) };
    if (zero.vmaddr(endian), zero.vmsize(endian)) != (0, IMAGE_BASE) {
        return Err("its page zero has not 4 GiB".to_owned());
    }
    let end = segments.last().map_or(0, |last| last.vmaddr(endian) + last.vmsize(endian));
    let slide = reserve(end - IMAGE_BASE)? - IMAGE_BASE;
    let mut mapped = Vec::new();
    for segment in segments {
        let size = segment.vmsize(endian);
        let contents = segment.data(endian, file).map_err(|()| "a segment is not in the file")?;
        if contents.len() as u64 > size || segment.vmaddr(endian) < IMAGE_BASE {
            return Err("a segment is too small".to_owned());
        }
        let protection = segment.initprot(endian).0 as i32;
        if protection & 6 == 6 {
            return Err("a segment can be written to and executed".to_owned());
        }
        let start = segment.vmaddr(endian) + slide;
        // SAFETY: within what was reserved.
        unsafe {
            protect(start, size, libc::PROT_READ | libc::PROT_WRITE)?;
            let place: *mut u8 = std::ptr::with_exposed_provenance_mut(start as usize);
            place.copy_from_nonoverlapping(contents.as_ptr(), contents.len());
        }
        mapped.push(Mapped { start, size, protection });
    }
    let fixups = fixups.ok_or("it has no chained fixups")?;
    fix_up(file, fixups, endian, slide, &mapped)?;
    for segment in &mapped {
        // SAFETY: as above.
        unsafe { protect(segment.start, segment.size, segment.protection)? };
    }
    Ok((IMAGE_BASE + slide + entry) as usize)
}

/// Finds room for the whole executable, somewhere.
fn reserve(size: u64) -> Result<u64, String> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: the kernel chooses an address where nothing is.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), size as usize, libc::PROT_NONE, flags, -1, 0) };
    if place == libc::MAP_FAILED { Err(error("mmap")) } else { Ok(place.expose_provenance() as u64) }
}

/// # Safety
/// The pages must be this module's.
unsafe fn protect(start: u64, size: u64, protection: i32) -> Result<(), String> {
    let place = std::ptr::with_exposed_provenance_mut(start as usize);
    // SAFETY: the caller's promise.
    if unsafe { libc::mprotect(place, size as usize, protection) } == 0 { Ok(()) } else { Err(error("mprotect")) }
}

fn error(what: &str) -> String {
    format!("{what}: {}", std::io::Error::last_os_error())
}

/// A structure in the table.
fn read<T: pod::Pod>(table: &[u8], at: usize) -> Result<&T, String> {
    let rest = table.get(at..).ok_or("the fixups are cut off")?;
    pod::from_bytes(rest).map(|(value, _)| value).map_err(|()| "the fixups are cut off".to_owned())
}

fn word(table: &[u8], at: usize) -> Result<u32, String> {
    read::<object::U32<LE>>(table, at).map(|word| word.get(LE))
}

/// Follows the chains (`mach-o/fixup-chains.h`).
fn fix_up(
    file: &[u8],
    command: &LinkeditDataCommand<Endianness>,
    endian: Endianness,
    slide: u64,
    segments: &[Mapped],
) -> Result<(), String> {
    let start = command.dataoff.get(endian) as usize;
    let table =
        file.get(start..start + command.datasize.get(endian) as usize).ok_or("the fixups are not in the file")?;
    let header: &DyldChainedFixupsHeader<Endianness> = read(table, 0)?;
    let imports = imports(table, header, endian)?;
    let starts = header.starts_offset.get(endian) as usize;
    for number in 0..word(table, starts)? as usize {
        let offset = word(table, starts + 4 + 4 * number)? as usize;
        if offset == 0 {
            continue;
        }
        let own: &DyldChainedStartsInSegment<Endianness> = read(table, starts + offset)?;
        if own.pointer_format.get(endian) != macho::DYLD_CHAINED_PTR_64 {
            return Err("the fixups are of another kind".to_owned());
        }
        let base = IMAGE_BASE + slide + own.segment_offset.get(endian);
        // Page zero counts.
        let segment = number.checked_sub(1).and_then(|number| segments.get(number));
        let segment = segment.filter(|segment| segment.start == base && segment.protection & libc::PROT_WRITE != 0);
        let segment = segment.ok_or("fixups are in no segment that can be written to")?;
        for page in 0..usize::from(own.page_count.get(endian)) {
            let first: &object::U16<LE> = read(table, starts + offset + 22 + 2 * page)?;
            let first = first.get(LE);
            if first == macho::DYLD_CHAINED_PTR_START_NONE {
                continue;
            }
            let mut place = base + page as u64 * u64::from(own.page_size.get(endian)) + u64::from(first);
            loop {
                if place < segment.start || place + 8 > segment.start + segment.size {
                    return Err("a fixup is outside of its segment".to_owned());
                }
                let pointer: *mut u64 = std::ptr::with_exposed_provenance_mut(place as usize);
                // SAFETY: within a segment that is mapped and can be written to.
                let raw = unsafe { pointer.read_unaligned() };
                let value = if raw >> 63 == 1 {
                    let ordinal = (raw & 0xff_ffff) as usize;
                    *imports.get(ordinal).ok_or("a fixup is of no import")? as u64 + (raw >> 24 & 0xff)
                } else {
                    let target = (raw & 0xf_ffff_ffff) + slide;
                    let inside = |own: &Mapped| (own.start..=own.start + own.size).contains(&target);
                    if !segments.iter().any(inside) {
                        return Err("a fixup leads out of the executable".to_owned());
                    }
                    target
                };
                // SAFETY: as above.
                unsafe { pointer.write_unaligned(value) };
                let next = raw >> 51 & 0xfff;
                if next == 0 {
                    break;
                }
                place += next * 4;
            }
        }
    }
    Ok(())
}

/// The addresses of what stands for functions of libSystem, in order.
fn imports(
    table: &[u8],
    header: &DyldChainedFixupsHeader<Endianness>,
    endian: Endianness,
) -> Result<Vec<usize>, String> {
    if header.imports_format.get(endian) != macho::DYLD_CHAINED_IMPORT {
        return Err("the imports are of another kind".to_owned());
    }
    let (imports, names) = (header.imports_offset.get(endian) as usize, header.symbols_offset.get(endian) as usize);
    (0..header.imports_count.get(endian) as usize)
        .map(|number| {
            let import = word(table, imports + 4 * number)?;
            let rest = table.get(names + (import >> 9) as usize..).ok_or("a name is cut off")?;
            let name = rest.split(|&byte| byte == 0).next().unwrap_or(&[]);
            if import & 0xff != 1 {
                return Err("an import is of another library".to_owned());
            }
            libsystem::find(name).ok_or_else(|| format!("nothing stands for {}", String::from_utf8_lossy(name)))
        })
        .collect()
}
