//! Functions of Windows' libraries: which library has which, and the tables by which Windows finds them (PE Format, "The
//! .idata Section").

use super::reachable::Reachable;
use super::symbols::Program;

/// The libraries, each with those of its functions that the runtime library uses, in order (`sys/windows/api.rs` there).
const PROVIDERS: &[(&str, &[&str])] = &[
    (
        "KERNEL32.dll",
        &[
            "AddVectoredExceptionHandler",
            "CloseHandle",
            "CreateFileW",
            "CreateThread",
            "DeleteFileW",
            "DuplicateHandle",
            "ExitThread",
            "FlushFileBuffers",
            "GetCommandLineW",
            "GetConsoleMode",
            "GetEnvironmentStringsW",
            "GetFileInformationByHandle",
            "GetFileInformationByHandleEx",
            "GetFileType",
            "GetLastError",
            "GetModuleHandleW",
            "GetNumberOfConsoleInputEvents",
            "GetProcAddress",
            "GetProcessTimes",
            "GetStdHandle",
            "GetSystemTimePreciseAsFileTime",
            "GetThreadTimes",
            "LoadLibraryExW",
            "PeekNamedPipe",
            "QueryPerformanceCounter",
            "QueryPerformanceFrequency",
            "ReadConsoleW",
            "ReadFile",
            "SetFileInformationByHandle",
            "SetFilePointerEx",
            "SetThreadStackGuarantee",
            "Sleep",
            "SwitchToThread",
            "TerminateProcess",
            "VirtualAlloc",
            "VirtualFree",
            "VirtualProtect",
            "WriteConsoleW",
            "WriteFile",
        ],
    ),
    (
        "ntdll.dll",
        &[
            "NtCreateFile",
            "NtDelayExecution",
            "NtQueryDirectoryFile",
            "NtQueryInformationFile",
            "NtSetInformationFile",
            "RtlNtStatusToDosError",
            "RtlWaitOnAddress",
            "RtlWakeAddressSingle",
        ],
    ),
];

/// A function: positions of the library and of the name in [`PROVIDERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Import {
    library: u16,
    name: u16,
}

/// The function of this name.
pub(super) fn find(name: &[u8]) -> Option<Import> {
    PROVIDERS.iter().enumerate().find_map(|(library, (_, names))| {
        let position = names.binary_search_by(|known| known.as_bytes().cmp(name)).ok()?;
        Some(Import { library: library as u16, name: position as u16 })
    })
}

/// Whether names can be looked up in each list.
#[cfg(test)]
pub(super) fn is_sorted() -> bool {
    PROVIDERS.iter().all(|(_, names)| names.is_sorted())
}

/// The tables.
pub(super) struct Imports {
    /// What they hold, but for addresses; offsets in it are counted from its start.
    pub bytes: Vec<u8>,
    /// Where the directory, its size, and the slots for addresses are.
    pub directory: (u32, u32),
    pub slots: (u32, u32),
    /// Places of offsets, to which the address of the tables is to be added.
    pub offsets: Vec<u32>,
    /// The functions in order, each with the offset of its slot.
    pub functions: Vec<(Import, u32)>,
}

impl Imports {
    /// Offset of the slot of a function that is linked.
    pub fn slot(&self, import: Import) -> Option<u32> {
        let position = self.functions.binary_search_by_key(&import, |(import, _)| *import).ok()?;
        Some(self.functions[position].1)
    }
}

/// Bytes of a directory entry.
const ENTRY: usize = 20;

/// Builds the tables for what is linked: the directory, the slots, the same again for Windows to look up, names.
pub(super) fn collect(_program: &Program<'_>, reachable: &Reachable) -> Imports {
    let functions: Vec<Import> = reachable.imports.iter().copied().collect();
    let libraries: Vec<&[Import]> = functions.chunk_by(|a, b| a.library == b.library).collect();
    let directory = ENTRY * (libraries.len() + 1);
    let slots = directory.next_multiple_of(8);
    // A zero ends those of each library.
    let slots_size = 8 * (functions.len() + libraries.len());
    let lookups = slots + slots_size;
    let mut bytes = vec![0; lookups + slots_size];
    let mut offsets = Vec::new();
    let mut placed = Vec::new();
    let mut at = 0;
    for (number, library) in libraries.iter().enumerate() {
        let (name, names) = PROVIDERS[usize::from(library[0].library)];
        let first = at;
        for &import in *library {
            let name_at = bytes.len() as u32;
            // No hint where in the library the function may be.
            bytes.extend([0, 0]);
            bytes.extend(names[usize::from(import.name)].as_bytes());
            bytes.push(0);
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            for table in [slots, lookups] {
                put(&mut bytes, table + at, name_at);
                offsets.push((table + at) as u32);
            }
            placed.push((import, (slots + at) as u32));
            at += 8;
        }
        at += 8;
        let name_at = bytes.len() as u32;
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        let entry = number * ENTRY;
        for (field, value) in [(0, (lookups + first) as u32), (12, name_at), (16, (slots + first) as u32)] {
            put(&mut bytes, entry + field, value);
            offsets.push((entry + field) as u32);
        }
    }
    Imports {
        bytes,
        directory: (0, directory as u32),
        slots: (slots as u32, slots_size as u32),
        offsets,
        functions: placed,
    }
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
