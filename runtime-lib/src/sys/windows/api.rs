//! The functions of Windows that the library calls, and their structures, as Microsoft documents them.
//!
//! The linker knows which library has which (`PROVIDERS` in the compiler's `link/pe/imports.rs`).

#![allow(missing_docs, reason = "the names are Microsoft's, and so is their documentation")]

use core::ffi::c_void;

/// An object of the kernel. Of its bits, 32 count, the sign extended ("Interprocess Communication Between 32-bit and 64-bit
/// Applications").
pub type Handle = *mut c_void;
/// Zero means failure.
pub type Bool = i32;

pub const INVALID_HANDLE: Handle = core::ptr::without_provenance_mut(usize::MAX);

// Memory.
pub const MEM_COMMIT: u32 = 0x1000;
pub const MEM_RESERVE: u32 = 0x2000;
pub const MEM_DECOMMIT: u32 = 0x4000;
pub const MEM_RELEASE: u32 = 0x8000;
pub const PAGE_NOACCESS: u32 = 0x01;
pub const PAGE_READWRITE: u32 = 0x04;
pub const PAGE_GUARD: u32 = 0x100;

// Files.
pub const GENERIC_WRITE: u32 = 0x4000_0000;
pub const CREATE_NEW: u32 = 1;
pub const FILE_ATTRIBUTE_NORMAL: u32 = 0x80;

pub const FILE_TYPE_DISK: u32 = 1;
pub const FILE_TYPE_CHAR: u32 = 2;
pub const FILE_TYPE_PIPE: u32 = 3;
pub const FILE_WRITE_DATA: u32 = 2;
pub const FILE_APPEND_DATA: u32 = 4;
pub const FILE_WRITE_THROUGH: u32 = 2;
pub const FILE_ATTRIBUTE_DIRECTORY: u32 = 0x10;
pub const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
/// `FILE_INFO_BY_HANDLE_CLASS`.
pub const FILE_BASIC_INFORMATION: u32 = 0;
pub const FILE_END_OF_FILE_INFORMATION: u32 = 6;

/// `FILE_BASIC_INFO`. Times are counted from 1601 on, in units of 100 ns.
#[repr(C)]
#[derive(Default)]
pub struct BasicInformation {
    pub created: u64,
    pub accessed: u64,
    pub written: u64,
    pub changed: u64,
    pub attributes: u32,
    pub padding: u32,
}

/// `BY_HANDLE_FILE_INFORMATION`. High words first.
#[repr(C)]
#[derive(Default)]
pub struct FileInformation {
    pub attributes: u32,
    pub times: [[u32; 2]; 3],
    pub volume: u32,
    pub size: [u32; 2],
    pub links: u32,
    pub index: [u32; 2],
}

/// `OVERLAPPED`.
#[repr(C)]
pub struct Overlapped {
    pub internal: [usize; 2],
    pub offset: u64,
    pub event: Handle,
}

/// `IO_STATUS_BLOCK`.
#[repr(C)]
#[derive(Default)]
pub struct Completion {
    pub status: usize,
    pub information: usize,
}

/// `UNICODE_STRING`. Lengths are in bytes.
#[repr(C)]
pub struct UnicodeString {
    pub length: u16,
    pub capacity: u16,
    pub units: *const u16,
}

/// `OBJECT_ATTRIBUTES`.
#[repr(C)]
pub struct ObjectAttributes {
    pub length: u32,
    pub root: Handle,
    pub name: *const UnicodeString,
    pub attributes: u32,
    pub security: [*const c_void; 2],
}

// Processes and threads.
pub const THIS_PROCESS: Handle = core::ptr::without_provenance_mut(usize::MAX);
pub const STACK_SIZE_PARAM_IS_A_RESERVATION: u32 = 0x1_0000;
pub const THIS_THREAD: Handle = core::ptr::without_provenance_mut(usize::MAX - 1);

// Errors.
pub const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
pub const ERROR_HANDLE_EOF: u32 = 38;
pub const ERROR_BROKEN_PIPE: u32 = 109;
pub const ERROR_INVALID_ADDRESS: u32 = 487;
pub const ERROR_COMMITMENT_LIMIT: u32 = 1455;

// Exceptions.
pub const EXCEPTION_ACCESS_VIOLATION: u32 = 0xc000_0005;
pub const EXCEPTION_IN_PAGE_ERROR: u32 = 0xc000_0006;
pub const EXCEPTION_ILLEGAL_INSTRUCTION: u32 = 0xc000_001d;
pub const EXCEPTION_INT_DIVIDE_BY_ZERO: u32 = 0xc000_0094;
pub const EXCEPTION_INT_OVERFLOW: u32 = 0xc000_0095;
pub const EXCEPTION_PRIV_INSTRUCTION: u32 = 0xc000_0096;
pub const EXCEPTION_STACK_OVERFLOW: u32 = 0xc000_00fd;
pub const EXCEPTION_CONTINUE_EXECUTION: i32 = -1;
pub const EXCEPTION_CONTINUE_SEARCH: i32 = 0;

#[repr(C)]
pub struct ExceptionRecord {
    pub code: u32,
    pub flags: u32,
    pub nested: *mut ExceptionRecord,
    pub address: usize,
    pub parameter_count: u32,
    pub parameters: [usize; 15],
}

#[repr(C)]
pub struct ExceptionPointers {
    pub record: *mut ExceptionRecord,
    pub context: *mut super::Context,
}

unsafe extern "system" {
    pub fn AddVectoredExceptionHandler(
        first: u32,
        handler: unsafe extern "system" fn(*mut ExceptionPointers) -> i32,
    ) -> *mut c_void;
    pub fn CloseHandle(handle: Handle) -> Bool;
    pub fn CreateFileW(
        name: *const u16,
        access: u32,
        share: u32,
        security: *const c_void,
        disposition: u32,
        flags: u32,
        template: Handle,
    ) -> Handle;
    pub fn CreateThread(
        security: *const c_void,
        stack_size: usize,
        begin: unsafe extern "system" fn(*mut c_void) -> u32,
        argument: *mut c_void,
        flags: u32,
        number: *mut u32,
    ) -> Handle;
    pub fn DeleteFileW(name: *const u16) -> Bool;
    pub fn DuplicateHandle(
        process: Handle,
        handle: Handle,
        target_process: Handle,
        copy: *mut Handle,
        access: u32,
        inherit: Bool,
        options: u32,
    ) -> Bool;
    pub fn ExitThread(code: u32) -> !;
    pub fn FlushFileBuffers(file: Handle) -> Bool;
    pub fn GetCommandLineW() -> *const u16;
    pub fn GetConsoleMode(console: Handle, mode: *mut u32) -> Bool;
    pub fn GetEnvironmentStringsW() -> *const u16;
    pub fn GetFileInformationByHandle(file: Handle, information: *mut FileInformation) -> Bool;
    pub fn GetFileInformationByHandleEx(file: Handle, class: u32, information: *mut c_void, size: u32) -> Bool;
    pub fn GetFileType(file: Handle) -> u32;
    pub fn GetLastError() -> u32;
    pub fn GetModuleHandleW(name: *const u16) -> *mut c_void;
    pub fn GetProcAddress(library: *mut c_void, name: *const u8) -> *mut c_void;
    pub fn LoadLibraryExW(name: *const u16, reserved: Handle, flags: u32) -> *mut c_void;
    pub fn GetNumberOfConsoleInputEvents(console: Handle, count: *mut u32) -> Bool;
    pub fn GetProcessTimes(
        process: Handle,
        creation: *mut u64,
        exit: *mut u64,
        kernel: *mut u64,
        user: *mut u64,
    ) -> Bool;
    pub fn GetStdHandle(number: u32) -> Handle;
    pub fn GetSystemTimePreciseAsFileTime(time: *mut u64);
    pub fn GetThreadTimes(thread: Handle, creation: *mut u64, exit: *mut u64, kernel: *mut u64, user: *mut u64)
    -> Bool;
    pub fn PeekNamedPipe(
        pipe: Handle,
        buffer: *mut c_void,
        size: u32,
        read: *mut u32,
        available: *mut u32,
        left: *mut u32,
    ) -> Bool;
    pub fn QueryPerformanceCounter(count: *mut i64) -> Bool;
    pub fn QueryPerformanceFrequency(frequency: *mut i64) -> Bool;
    pub fn ReadConsoleW(console: Handle, buffer: *mut u16, length: u32, read: *mut u32, control: *const c_void)
    -> Bool;
    pub fn ReadFile(file: Handle, buffer: *mut u8, length: u32, read: *mut u32, overlapped: *mut c_void) -> Bool;
    pub fn SetFileInformationByHandle(file: Handle, class: u32, information: *const c_void, size: u32) -> Bool;
    pub fn SetFilePointerEx(file: Handle, distance: i64, position: *mut i64, from: u32) -> Bool;
    pub fn SetThreadStackGuarantee(bytes: *mut u32) -> Bool;
    pub fn Sleep(milliseconds: u32);
    pub fn SwitchToThread() -> Bool;
    pub fn TerminateProcess(process: Handle, code: u32) -> Bool;
    pub fn VirtualAlloc(address: *mut c_void, size: usize, kind: u32, protection: u32) -> *mut c_void;
    pub fn VirtualFree(address: *mut c_void, size: usize, kind: u32) -> Bool;
    pub fn VirtualProtect(address: *mut c_void, size: usize, protection: u32, old: *mut u32) -> Bool;
    pub fn WriteConsoleW(
        console: Handle,
        text: *const u16,
        length: u32,
        written: *mut u32,
        reserved: *mut c_void,
    ) -> Bool;
    pub fn WriteFile(file: Handle, bytes: *const u8, length: u32, written: *mut u32, overlapped: *mut c_void) -> Bool;

    // ntdll.
    pub fn NtCreateFile(
        file: *mut Handle,
        access: u32,
        object: *const ObjectAttributes,
        completion: *mut Completion,
        allocation: *const i64,
        attributes: u32,
        share: u32,
        disposition: u32,
        options: u32,
        extended: *const c_void,
        extended_length: u32,
    ) -> i32;
    pub fn NtDelayExecution(alertable: u8, interval: *const i64) -> i32;
    pub fn NtQueryDirectoryFile(
        directory: Handle,
        event: Handle,
        routine: *const c_void,
        context: *const c_void,
        completion: *mut Completion,
        entries: *mut c_void,
        size: u32,
        class: u32,
        single: u8,
        pattern: *const UnicodeString,
        restart: u8,
    ) -> i32;
    pub fn NtQueryInformationFile(
        file: Handle,
        completion: *mut Completion,
        information: *mut c_void,
        size: u32,
        class: u32,
    ) -> i32;
    pub fn NtSetInformationFile(
        file: Handle,
        completion: *mut Completion,
        information: *const c_void,
        size: u32,
        class: u32,
    ) -> i32;
    pub fn RtlNtStatusToDosError(status: i32) -> u32;
    pub fn RtlWaitOnAddress(address: *const c_void, compared: *const c_void, size: usize, timeout: *const i64) -> i32;
    pub fn RtlWakeAddressSingle(address: *const c_void);
}
