//! What is kept of debug information where only lines are asked for (`-gline-tables-only`): functions with their names and places, the
//! calls that were inlined, and the entries around them.

use gimli::{DwAt, DwTag, constants as dw};

/// Whether an entry is a function, or one that functions are in.
pub(super) fn has_functions(tag: DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_compile_unit
            | dw::DW_TAG_partial_unit
            | dw::DW_TAG_type_unit
            | dw::DW_TAG_namespace
            | dw::DW_TAG_module
            | dw::DW_TAG_class_type
            | dw::DW_TAG_structure_type
            | dw::DW_TAG_union_type
            | dw::DW_TAG_enumeration_type
            | dw::DW_TAG_subprogram
            | dw::DW_TAG_inlined_subroutine
            | dw::DW_TAG_lexical_block
    )
}

/// Whether an attribute says what a function is called, where it is, or what it is a part of.
pub(super) fn is_of_lines(name: DwAt) -> bool {
    matches!(
        name,
        dw::DW_AT_name
            | dw::DW_AT_linkage_name
            | dw::DW_AT_MIPS_linkage_name
            | dw::DW_AT_producer
            | dw::DW_AT_language
            | dw::DW_AT_comp_dir
            | dw::DW_AT_stmt_list
            | dw::DW_AT_low_pc
            | dw::DW_AT_high_pc
            | dw::DW_AT_ranges
            | dw::DW_AT_entry_pc
            | dw::DW_AT_frame_base
            | dw::DW_AT_decl_file
            | dw::DW_AT_decl_line
            | dw::DW_AT_call_file
            | dw::DW_AT_call_line
            | dw::DW_AT_call_column
            | dw::DW_AT_abstract_origin
            | dw::DW_AT_specification
            | dw::DW_AT_declaration
            | dw::DW_AT_inline
            | dw::DW_AT_external
            | dw::DW_AT_noreturn
    )
}
