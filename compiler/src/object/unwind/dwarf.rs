//! The `.eh_frame` section (LSB 5.0, 10.6), or `.debug_frame` (DWARF 5, 6.4): how to unwind from every piece of code.

use cranelift_codegen::isa::TargetIsa;
use gimli::RunTimeEndian;
use gimli::write::{
    Address, CieId, DebugFrame, EhFrame, EndianVec, FrameTable, RelocateWriter, Relocation, RelocationTarget,
};

use object::write::StandardSection;
use object::{BinaryFormat, SectionKind};

use super::{Part, Place, Referent};
use crate::codegen::Unwind;
use crate::object::format;
use crate::object::relocation::{absolute, relative, section_offset};

/// Frame descriptions of the units seen so far.
pub(in crate::object) struct Frames {
    table: FrameTable,
    /// `None` where the target has no DWARF unwinding.
    cie: Option<CieId>,
    endian: RunTimeEndian,
}

/// The one symbol that frame descriptions refer to: the start of the text section.
const TEXT: usize = 0;

impl Frames {
    pub fn new(isa: &dyn TargetIsa) -> Frames {
        let mut table = FrameTable::default();
        let cie = isa.create_systemv_cie().map(|mut cie| {
            let distance = |width: gimli::DwEhPe| gimli::DwEhPe(gimli::DW_EH_PE_pcrel.0 | width.0);
            cie.fde_address_encoding = match format::binary_format(isa.triple()) {
                // In `.debug_frame` there are addresses.
                Some(BinaryFormat::Coff) => gimli::DW_EH_PE_absptr,
                // Apple's linker knows distances of 64 bits.
                Some(BinaryFormat::MachO) => distance(gimli::DW_EH_PE_absptr),
                _ => distance(gimli::DW_EH_PE_sdata4),
            };
            table.add_cie(cie)
        });
        let endian = match isa.endianness() {
            cranelift_codegen::ir::Endianness::Little => RunTimeEndian::Little,
            cranelift_codegen::ir::Endianness::Big => RunTimeEndian::Big,
        };
        Frames { table, cie, endian }
    }

    /// Adds the unit that starts `offset` bytes into the text section.
    pub fn add(&mut self, unwind: &Unwind, offset: u64) {
        let address = Address::Symbol { symbol: TEXT, addend: offset as i64 };
        if let (Some(cie), Some(description)) = (self.cie, unwind.to_description(address)) {
            self.table.add_fde(cie, description);
        }
    }

    /// The section, with PC-relative addresses of code.
    pub fn finish(&mut self) -> gimli::write::Result<Vec<Part>> {
        let mut section = EhFrame(Recorder { writer: EndianVec::new(self.endian), relocations: Vec::new() });
        self.table.write_eh_frame(&mut section)?;
        let Recorder { writer, relocations } = section.0;
        let bytes = writer.into_vec();
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let address = |relocation: Relocation| {
            (relocation.offset as u64, Referent::Text, relocation.addend, relative(relocation.size * 8))
        };
        let addresses = relocations.into_iter().map(address).collect();
        Ok(vec![Part { place: Place::Standard(StandardSection::EhFrame), bytes, align: 8, addresses }])
    }

    /// `.debug_frame`, which becomes part `number`; none where no unit has rows.
    pub fn finish_for_debuggers(&mut self, number: usize) -> gimli::write::Result<Option<Part>> {
        if self.table.fde_count() == 0 {
            return Ok(None);
        }
        let mut section = DebugFrame(Recorder { writer: EndianVec::new(self.endian), relocations: Vec::new() });
        self.table.write_debug_frame(&mut section)?;
        let Recorder { writer, relocations } = section.0;
        let address = |relocation: Relocation| {
            let (referent, flags) = match relocation.target {
                RelocationTarget::Symbol(_) => (Referent::Text, absolute(relocation.size * 8)),
                RelocationTarget::Section(_) => (Referent::Part(number), section_offset()),
            };
            (relocation.offset as u64, referent, relocation.addend, flags)
        };
        let addresses = relocations.into_iter().map(address).collect();
        let place = Place::Named(".debug_frame", SectionKind::Debug);
        Ok(Some(Part { place, bytes: writer.into_vec(), align: 8, addresses }))
    }
}

/// Records relocations beside the bytes.
#[derive(Clone)]
struct Recorder {
    writer: EndianVec<RunTimeEndian>,
    relocations: Vec<Relocation>,
}

impl RelocateWriter for Recorder {
    type Writer = EndianVec<RunTimeEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.writer
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.writer
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}
