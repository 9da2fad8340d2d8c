//! Relocations of AArch64 against instructions as GNU as encodes them, so that no cross tools are needed to test.

use crate::link::relocate::{Fault, Machine, Need, Place, TargetKind, Values, machine};
use crate::link::width::Width;
use object::{Endianness, elf};

const PLACE: u64 = 0x1000_0000;

fn aarch64() -> &'static dyn Machine {
    machine(elf::EM_AARCH64, Endianness::Little, Width::Wide).unwrap()
}

/// Applies a relocation to an instruction; the symbol, or its slot, is at `address`.
fn apply(kind: elf::RelocationType, instruction: u32, address: u64) -> Result<u32, Fault> {
    let mut site = instruction.to_le_bytes();
    let slot = aarch64().need(kind, &site, 0, TargetKind::Address).is_ok_and(|need| need == Need::Slot);
    let slot = slot.then_some(address);
    let table = address & !0xfff;
    let values = Values { symbol: address, addend: 0, place: PLACE, size: 0, other: 0, slot, table };
    let mut place = Place { section: &mut site, at: 0, endian: Endianness::Little };
    aarch64().apply(kind, &mut place, &values)?;
    Ok(u32::from_le_bytes(site))
}

#[test]
fn aarch64_instructions_are_encoded_as_by_the_assembler() {
    for (kind, before, distance, after) in [
        (elf::R_AARCH64_CALL26, 0x9400_0000, 0x400, 0x9400_0100), // bl .+0x400
        (elf::R_AARCH64_JUMP26, 0x1400_0000, -0x400, 0x17ff_ff00), // b .-0x400
        (elf::R_AARCH64_CONDBR19, 0x5400_0000, 0x400, 0x5400_2000), // b.eq .+0x400
        (elf::R_AARCH64_TSTBR14, 0x3600_0000, -0x400, 0x3607_e000), // tbz w0, #0, .-0x400
        (elf::R_AARCH64_ADR_PREL_LO21, 0x1000_0000, 0x401, 0x3000_2000), // adr x0, .+0x401
        (elf::R_AARCH64_LD_PREL_LO19, 0x5800_0003, 0x400, 0x5800_2003), // ldr x3, .+0x400
        (elf::R_AARCH64_GOT_LD_PREL19, 0x5800_0003, 0x400, 0x5800_2003),
        (elf::R_AARCH64_ADR_PREL_PG_HI21, 0x9000_0001, 0x1234_5678, 0xb009_1a21), // adrp x1, .+0x12345000
        (elf::R_AARCH64_ADR_GOT_PAGE, 0x9000_0001, 0x1234_5678, 0xb009_1a21),
        (elf::R_AARCH64_ADR_PREL_PG_HI21, 0x9000_0001, -1, 0xf0ff_ffe1), // adrp x1, .-0x1000
        (elf::R_AARCH64_ADD_ABS_LO12_NC, 0x9100_0020, 0x5678, 0x9119_e020), // add x0, x1, #0x678
        (elf::R_AARCH64_LDST8_ABS_LO12_NC, 0x3940_0020, 0x5678, 0x3959_e020), // ldrb w0, [x1, #0x678]
        (elf::R_AARCH64_LDST16_ABS_LO12_NC, 0x7940_0020, 0x5678, 0x794c_f020), // ldrh w0, [x1, #0x678]
        (elf::R_AARCH64_LDST32_ABS_LO12_NC, 0xb940_0020, 0x5678, 0xb946_7820), // ldr w0, [x1, #0x678]
        (elf::R_AARCH64_LDST64_ABS_LO12_NC, 0xf940_0020, 0x5678, 0xf943_3c20), // ldr x0, [x1, #0x678]
        (elf::R_AARCH64_LDST128_ABS_LO12_NC, 0x3dc0_0020, 0x5670, 0x3dc1_9c20), // ldr q0, [x1, #0x670]
        (elf::R_AARCH64_LD64_GOT_LO12_NC, 0xf940_0020, 0x5678, 0xf943_3c20),
        (elf::R_AARCH64_LD64_GOTPAGE_LO15, 0xf940_0020, 0x5678, 0xf943_3c20),
        (elf::R_AARCH64_PREL32, 0, -8, 0xffff_fff8),
    ] {
        let address = PLACE.wrapping_add_signed(distance);
        assert_eq!(apply(kind, before, address), Ok(after), "{kind:?}, {distance:#x}");
        // What stood in the field before does not matter.
        let changed = before | (before ^ after);
        assert_eq!(apply(kind, changed, address), Ok(after), "{kind:?}, {distance:#x}");
    }
    let number = 0xdef0_9abc_1234_5678;
    for (kind, before, after) in [
        (elf::R_AARCH64_MOVW_UABS_G0_NC, 0xd280_0000, 0xd28a_cf00), // movz x0, #0x5678
        (elf::R_AARCH64_MOVW_UABS_G1_NC, 0xf2a0_0000, 0xf2a2_4680), // movk x0, #0x1234, lsl #16
        (elf::R_AARCH64_MOVW_UABS_G2_NC, 0xf2c0_0000, 0xf2d3_5780), // movk x0, #0x9abc, lsl #32
        (elf::R_AARCH64_MOVW_UABS_G3, 0xf2e0_0000, 0xf2fb_de00),    // movk x0, #0xdef0, lsl #48
    ] {
        assert_eq!(apply(kind, before, number), Ok(after), "{kind:?}");
    }
    // A call of a weak symbol that nobody defines falls through.
    assert_eq!(apply(elf::R_AARCH64_CALL26, 0x9400_0000, 0), Ok(0x9400_0001));
}

#[test]
fn aarch64_values_that_do_not_fit_are_refused() {
    let limit = 1 << 27;
    assert!(apply(elf::R_AARCH64_CALL26, 0x9400_0000, PLACE + limit - 4).is_ok());
    let overflow = |kind, address| matches!(apply(kind, 0, address), Err(Fault::Overflow { .. }));
    assert!(overflow(elf::R_AARCH64_CALL26, PLACE + limit));
    assert!(apply(elf::R_AARCH64_CALL26, 0x9400_0000, PLACE - limit).is_ok());
    assert!(overflow(elf::R_AARCH64_CALL26, PLACE - limit - 4));
    assert!(overflow(elf::R_AARCH64_CONDBR19, PLACE + (1 << 20)));
    assert!(overflow(elf::R_AARCH64_TSTBR14, PLACE + (1 << 15)));
    assert!(overflow(elf::R_AARCH64_ADR_PREL_LO21, PLACE + (1 << 20)));
    assert!(overflow(elf::R_AARCH64_ADR_PREL_PG_HI21, PLACE + (1 << 32)));
    assert!(overflow(elf::R_AARCH64_MOVW_UABS_G1, 1 << 32));
    assert_eq!(apply(elf::R_AARCH64_CALL26, 0, PLACE + 2), Err(Fault::Misaligned(4)));
    assert_eq!(apply(elf::R_AARCH64_LDST64_ABS_LO12_NC, 0, 0x5674), Err(Fault::Misaligned(8)));
    assert_eq!(apply(elf::RelocationType(9999), 0, 0), Err(Fault::Unsupported));
}

#[test]
fn aarch64_needs() {
    let need = |kind, target| aarch64().need(kind, &[0; 4], 0, target);
    assert_eq!(need(elf::R_AARCH64_ABS64, TargetKind::Address), Ok(Need::Word));
    assert_eq!(need(elf::R_AARCH64_ABS32, TargetKind::Address), Err(Fault::NotPositionIndependent));
    assert_eq!(need(elf::R_AARCH64_MOVW_UABS_G0_NC, TargetKind::Address), Err(Fault::NotPositionIndependent));
    assert_eq!(need(elf::R_AARCH64_CALL26, TargetKind::Absolute), Err(Fault::DistanceToAbsolute));
    assert_eq!(need(elf::R_AARCH64_TLSDESC_ADR_PAGE21, TargetKind::Address), Err(Fault::ThreadLocal));
}
