//! Structure instructions (wasm spec 4.4.5).

use cranelift_codegen::ir::{InstBuilder, types};
use wasmc_abi::trap::TrapCode;
use wasmparser::Operator;

use super::Extension;
use crate::translate::Translator;

impl Translator<'_, '_, '_> {
    /// Translates a structure operator; false for operators of other families.
    pub(in crate::translate) fn structure_operator(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::StructNew { struct_type_index } => self.structure_new(struct_type_index, false),
            Operator::StructNewDefault { struct_type_index } => self.structure_new(struct_type_index, true),
            Operator::StructGet { struct_type_index, field_index }
            | Operator::StructGetU { struct_type_index, field_index } => {
                self.structure_get(struct_type_index, field_index, Extension::Unsigned);
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.structure_get(struct_type_index, field_index, Extension::Signed);
            }
            Operator::StructSet { struct_type_index, field_index } => {
                let value = self.pop();
                let object = self.pop_operand();
                let field = self.objects().structure(self.type_id(struct_type_index)).0[field_index as usize];
                let null = self.null_check(object, field.offset, TrapCode::NullStructure);
                self.write(field.storage, value, null, object.value, field.offset);
            }
            _ => return false,
        }
        true
    }

    fn structure_new(&mut self, type_index: u32, default: bool) {
        let id = self.type_id(type_index);
        let (fields, size) = self.objects().structure(id);
        let values = if default {
            fields.iter().map(|field| self.default_value(field.storage)).collect()
        } else {
            self.pop_values(fields.len())
        };
        let size = self.builder.ins().iconst(types::I64, i64::from(size));
        let object = self.allocate(id, size);
        for (field, value) in fields.iter().zip(values) {
            self.write(field.storage, value, None, object, field.offset);
        }
        self.push_object(object, id);
    }

    fn structure_get(&mut self, type_index: u32, field_index: u32, extension: Extension) {
        let object = self.pop_operand();
        let field = self.objects().structure(self.type_id(type_index)).0[field_index as usize];
        let null = self.null_check(object, field.offset, TrapCode::NullStructure);
        self.read(field.storage, extension, null, object.value, field.offset);
    }
}
