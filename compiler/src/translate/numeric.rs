//! Numeric instructions on i32, i64, f32 and f64 (wasm spec 4.3, 4.4.1).

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use wasmparser::Operator;

use super::Translator;
use types::{F32, F64, I8, I16, I32, I64, I128};

impl Translator<'_, '_, '_> {
    /// Translates a numeric operator; false for operators of other families.
    pub(super) fn numeric_operator(&mut self, operator: &Operator<'_>) -> bool {
        self.constant_operator(operator)
            || self.comparison(operator)
            || self.integer_arithmetic(operator)
            || self.wide_arithmetic(operator)
            || self.float_arithmetic(operator)
            || self.conversion(operator)
    }

    fn constant_operator(&mut self, operator: &Operator<'_>) -> bool {
        let value = match *operator {
            Operator::I32Const { value } => self.builder.ins().iconst(I32, i64::from(value as u32)),
            Operator::I64Const { value } => self.builder.ins().iconst(I64, value),
            Operator::F32Const { value } => self.builder.ins().f32const(Ieee32::with_bits(value.bits())),
            Operator::F64Const { value } => self.builder.ins().f64const(Ieee64::with_bits(value.bits())),
            _ => return false,
        };
        self.push(value);
        true
    }

    fn comparison(&mut self, operator: &Operator<'_>) -> bool {
        use IntCC::{
            Equal, NotEqual, SignedGreaterThan, SignedGreaterThanOrEqual, SignedLessThan, SignedLessThanOrEqual,
            UnsignedGreaterThan, UnsignedGreaterThanOrEqual, UnsignedLessThan, UnsignedLessThanOrEqual,
        };
        match operator {
            Operator::I32Eqz | Operator::I64Eqz => {
                let value = self.pop();
                let is_zero = self.builder.ins().icmp_imm_u(Equal, value, 0);
                self.push_truth(is_zero);
            }
            Operator::I32Eq | Operator::I64Eq => self.compare_integers(Equal),
            Operator::I32Ne | Operator::I64Ne => self.compare_integers(NotEqual),
            Operator::I32LtS | Operator::I64LtS => self.compare_integers(SignedLessThan),
            Operator::I32LtU | Operator::I64LtU => self.compare_integers(UnsignedLessThan),
            Operator::I32GtS | Operator::I64GtS => self.compare_integers(SignedGreaterThan),
            Operator::I32GtU | Operator::I64GtU => self.compare_integers(UnsignedGreaterThan),
            Operator::I32LeS | Operator::I64LeS => self.compare_integers(SignedLessThanOrEqual),
            Operator::I32LeU | Operator::I64LeU => self.compare_integers(UnsignedLessThanOrEqual),
            Operator::I32GeS | Operator::I64GeS => self.compare_integers(SignedGreaterThanOrEqual),
            Operator::I32GeU | Operator::I64GeU => self.compare_integers(UnsignedGreaterThanOrEqual),
            Operator::F32Eq | Operator::F64Eq => self.compare_floats(FloatCC::Equal),
            Operator::F32Ne | Operator::F64Ne => self.compare_floats(FloatCC::NotEqual),
            Operator::F32Lt | Operator::F64Lt => self.compare_floats(FloatCC::LessThan),
            Operator::F32Gt | Operator::F64Gt => self.compare_floats(FloatCC::GreaterThan),
            Operator::F32Le | Operator::F64Le => self.compare_floats(FloatCC::LessThanOrEqual),
            Operator::F32Ge | Operator::F64Ge => self.compare_floats(FloatCC::GreaterThanOrEqual),
            _ => return false,
        }
        true
    }

    fn compare_integers(&mut self, condition: IntCC) {
        let (left, right) = self.pop2();
        let truth = self.builder.ins().icmp(condition, left, right);
        self.push_truth(truth);
    }

    fn compare_floats(&mut self, condition: FloatCC) {
        let (left, right) = self.pop2();
        let truth = self.builder.ins().fcmp(condition, left, right);
        self.push_truth(truth);
    }

    /// Pushes a comparison's result (I8) as the i32 that wasm has.
    pub(super) fn push_truth(&mut self, truth: Value) {
        let wide = self.builder.ins().uextend(I32, truth);
        self.push(wide);
    }

    fn integer_arithmetic(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I32Clz | Operator::I64Clz => self.unary(|b, x| b.clz(x)),
            Operator::I32Ctz | Operator::I64Ctz => self.unary(|b, x| b.ctz(x)),
            Operator::I32Popcnt | Operator::I64Popcnt => self.unary(|b, x| b.popcnt(x)),
            Operator::I32Add | Operator::I64Add => self.binary(|b, x, y| b.iadd(x, y)),
            Operator::I32Sub | Operator::I64Sub => self.binary(|b, x, y| b.isub(x, y)),
            Operator::I32Mul | Operator::I64Mul => self.binary(|b, x, y| b.imul(x, y)),
            Operator::I32DivS | Operator::I64DivS => self.binary(|b, x, y| b.sdiv(x, y)),
            Operator::I32DivU | Operator::I64DivU => self.binary(|b, x, y| b.udiv(x, y)),
            Operator::I32RemS | Operator::I64RemS => self.binary(|b, x, y| b.srem(x, y)),
            Operator::I32RemU | Operator::I64RemU => self.binary(|b, x, y| b.urem(x, y)),
            Operator::I32And | Operator::I64And => self.binary(|b, x, y| b.band(x, y)),
            Operator::I32Or | Operator::I64Or => self.binary(|b, x, y| b.bor(x, y)),
            Operator::I32Xor | Operator::I64Xor => self.binary(|b, x, y| b.bxor(x, y)),
            Operator::I32Shl | Operator::I64Shl => self.binary(|b, x, y| b.ishl(x, y)),
            Operator::I32ShrS | Operator::I64ShrS => self.binary(|b, x, y| b.sshr(x, y)),
            Operator::I32ShrU | Operator::I64ShrU => self.binary(|b, x, y| b.ushr(x, y)),
            Operator::I32Rotl | Operator::I64Rotl => self.binary(|b, x, y| b.rotl(x, y)),
            Operator::I32Rotr | Operator::I64Rotr => self.binary(|b, x, y| b.rotr(x, y)),
            Operator::I32Extend8S => self.sign_extend(I8, I32),
            Operator::I32Extend16S => self.sign_extend(I16, I32),
            Operator::I64Extend8S => self.sign_extend(I8, I64),
            Operator::I64Extend16S => self.sign_extend(I16, I64),
            Operator::I64Extend32S => self.sign_extend(I32, I64),
            _ => return false,
        }
        true
    }

    fn sign_extend(&mut self, narrow: Type, wide: Type) {
        let value = self.pop();
        let value = self.builder.ins().ireduce(narrow, value);
        let value = self.builder.ins().sextend(wide, value);
        self.push(value);
    }

    /// Integers of 128 bits, each in two operands, the low half first (wide-arithmetic proposal).
    fn wide_arithmetic(&mut self, operator: &Operator<'_>) -> bool {
        let result = match operator {
            Operator::I64Add128 | Operator::I64Sub128 => {
                let right = self.pop_wide();
                let left = self.pop_wide();
                match operator {
                    Operator::I64Add128 => self.builder.ins().iadd(left, right),
                    _ => self.builder.ins().isub(left, right),
                }
            }
            Operator::I64MulWideS | Operator::I64MulWideU => {
                let (left, right) = self.pop2();
                let signed = matches!(operator, Operator::I64MulWideS);
                let mut extended = |value| match signed {
                    true => self.builder.ins().sextend(I128, value),
                    false => self.builder.ins().uextend(I128, value),
                };
                let (left, right) = (extended(left), extended(right));
                self.builder.ins().imul(left, right)
            }
            _ => return false,
        };
        let (low, high) = self.builder.ins().isplit(result);
        self.push(low);
        self.push(high);
        true
    }

    fn pop_wide(&mut self) -> Value {
        let (low, high) = self.pop2();
        self.builder.ins().iconcat(low, high)
    }

    fn float_arithmetic(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::F32Abs | Operator::F64Abs => self.unary(|b, x| b.fabs(x)),
            Operator::F32Neg | Operator::F64Neg => self.unary(|b, x| b.fneg(x)),
            Operator::F32Ceil | Operator::F64Ceil => self.unary(|b, x| b.ceil(x)),
            Operator::F32Floor | Operator::F64Floor => self.unary(|b, x| b.floor(x)),
            Operator::F32Trunc | Operator::F64Trunc => self.unary(|b, x| b.trunc(x)),
            Operator::F32Nearest | Operator::F64Nearest => self.unary(|b, x| b.nearest(x)),
            Operator::F32Sqrt | Operator::F64Sqrt => self.unary(|b, x| b.sqrt(x)),
            Operator::F32Add | Operator::F64Add => self.binary(|b, x, y| b.fadd(x, y)),
            Operator::F32Sub | Operator::F64Sub => self.binary(|b, x, y| b.fsub(x, y)),
            Operator::F32Mul | Operator::F64Mul => self.binary(|b, x, y| b.fmul(x, y)),
            Operator::F32Div | Operator::F64Div => self.binary(|b, x, y| b.fdiv(x, y)),
            Operator::F32Min | Operator::F64Min => self.binary(|b, x, y| b.fmin(x, y)),
            Operator::F32Max | Operator::F64Max => self.binary(|b, x, y| b.fmax(x, y)),
            Operator::F32Copysign | Operator::F64Copysign => self.binary(|b, x, y| b.fcopysign(x, y)),
            _ => return false,
        }
        true
    }

    fn conversion(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I32WrapI64 => self.unary(|b, x| b.ireduce(I32, x)),
            Operator::I64ExtendI32S => self.unary(|b, x| b.sextend(I64, x)),
            Operator::I64ExtendI32U => self.unary(|b, x| b.uextend(I64, x)),
            Operator::I32TruncF32S | Operator::I32TruncF64S => self.unary(|b, x| b.fcvt_to_sint(I32, x)),
            Operator::I32TruncF32U | Operator::I32TruncF64U => self.unary(|b, x| b.fcvt_to_uint(I32, x)),
            Operator::I64TruncF32S | Operator::I64TruncF64S => self.unary(|b, x| b.fcvt_to_sint(I64, x)),
            Operator::I64TruncF32U | Operator::I64TruncF64U => self.unary(|b, x| b.fcvt_to_uint(I64, x)),
            Operator::I32TruncSatF32S => self.truncate_saturating(F32, |b, x| b.fcvt_to_sint_sat(I32, x)),
            Operator::I32TruncSatF64S => self.truncate_saturating(F64, |b, x| b.fcvt_to_sint_sat(I32, x)),
            Operator::I32TruncSatF32U => self.truncate_saturating(F32, |b, x| b.fcvt_to_uint_sat(I32, x)),
            Operator::I32TruncSatF64U => self.truncate_saturating(F64, |b, x| b.fcvt_to_uint_sat(I32, x)),
            Operator::I64TruncSatF32S => self.truncate_saturating(F32, |b, x| b.fcvt_to_sint_sat(I64, x)),
            Operator::I64TruncSatF64S => self.truncate_saturating(F64, |b, x| b.fcvt_to_sint_sat(I64, x)),
            Operator::I64TruncSatF32U => self.truncate_saturating(F32, |b, x| b.fcvt_to_uint_sat(I64, x)),
            Operator::I64TruncSatF64U => self.truncate_saturating(F64, |b, x| b.fcvt_to_uint_sat(I64, x)),
            Operator::F32ConvertI32S | Operator::F32ConvertI64S => self.unary(|b, x| b.fcvt_from_sint(F32, x)),
            Operator::F32ConvertI32U | Operator::F32ConvertI64U => self.unary(|b, x| b.fcvt_from_uint(F32, x)),
            Operator::F64ConvertI32S | Operator::F64ConvertI64S => self.unary(|b, x| b.fcvt_from_sint(F64, x)),
            Operator::F64ConvertI32U | Operator::F64ConvertI64U => self.unary(|b, x| b.fcvt_from_uint(F64, x)),
            Operator::F32DemoteF64 => self.unary(|b, x| b.fdemote(F32, x)),
            Operator::F64PromoteF32 => {
                self.unary(|b, x| b.fpromote(F64, x));
                self.quiet(F64);
            }
            Operator::I32ReinterpretF32 => self.reinterpret(I32),
            Operator::I64ReinterpretF64 => self.reinterpret(I64),
            Operator::F32ReinterpretI32 => self.reinterpret(F32),
            Operator::F64ReinterpretI64 => self.reinterpret(F64),
            _ => return false,
        }
        true
    }

    fn reinterpret(&mut self, ty: Type) {
        let value = self.pop();
        let value = self.builder.ins().bitcast(ty, MemFlagsData::new(), value);
        self.push(value);
    }

    fn unary(&mut self, build: impl FnOnce(cranelift_frontend::FuncInstBuilder<'_, '_>, Value) -> Value) {
        let operand = self.pop();
        let result = build(self.builder.ins(), operand);
        self.push(result);
    }

    fn truncate_saturating(
        &mut self,
        ty: Type,
        build: impl FnOnce(cranelift_frontend::FuncInstBuilder<'_, '_>, Value) -> Value,
    ) {
        self.quiet(ty);
        self.unary(build);
    }

    /// Makes a signaling NaN on the stack quiet, where conversions would take it for something else.
    pub(super) fn quiet(&mut self, ty: Type) {
        if !self.plan.mistakes_signaling {
            return;
        }
        let one =
            if ty.lane_type() == F32 { self.builder.ins().f32const(1.0) } else { self.builder.ins().f64const(1.0) };
        let one = if ty.is_vector() { self.builder.ins().splat(ty, one) } else { one };
        let operand = if ty.is_vector() { self.pop_vector(ty) } else { self.pop() };
        let quiet = self.builder.ins().fmul(operand, one);
        self.push(quiet);
    }

    fn binary(&mut self, build: impl FnOnce(cranelift_frontend::FuncInstBuilder<'_, '_>, Value, Value) -> Value) {
        let (left, right) = self.pop2();
        let result = build(self.builder.ins(), left, right);
        self.push(result);
    }
}
