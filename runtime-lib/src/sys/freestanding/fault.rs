//! Faults, as the platform tells of them.

use crate::arch;
use crate::trap::fault::{Fault, FaultKind, Registers};

/// `struct wasmc_fault` of the header.
#[repr(C)]
pub struct PlatformFault {
    kind: u64,
    program_counter: u64,
    stack_pointer: u64,
    frame_pointer: u64,
    link: u64,
    has_address: u64,
    address: u64,
}

/// The platform's handler is there from the start.
pub fn install_fault_handler() {}

/// Called by the platform's handler of exceptions.
///
/// # Safety
/// `fault` must describe the fault that this processor has just had.
#[cfg(not(test))]
#[unsafe(export_name = "wasmc_fault")]
unsafe extern "C" fn on_platform_fault(fault: &PlatformFault) -> ! {
    let registers = Registers {
        program_counter: fault.program_counter as usize,
        stack_pointer: fault.stack_pointer as usize,
        frame_pointer: fault.frame_pointer as usize,
        link: fault.link as usize,
    };
    let kind = match fault.kind {
        2 => FaultKind::Instruction,
        3 => FaultKind::Arithmetic,
        _ => FaultKind::Memory,
    };
    let address = (fault.has_address != 0).then_some(fault.address as usize);
    let resumption = crate::trap::on_fault(&Fault { kind, signal: 0, address, registers });
    let point = resumption.point;
    // SAFETY: the function that set the point is still waiting for its callee, in which the fault was.
    unsafe { arch::resume(point.stack_pointer, point.program_counter, resumption.code) }
}
