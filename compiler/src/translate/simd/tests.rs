//! Every vector operator becomes valid CLIF, and machine code on processors with few features and with many.

use std::collections::BTreeSet;

use cranelift_codegen::Context;
use cranelift_codegen::ir::{ExternalName, Function, InstructionData, LibCall};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable, SettingKind};
use cranelift_codegen::verifier::verify_function;
use cranelift_frontend::FunctionBuilderContext;
use target_lexicon::Triple;

use crate::Standard;
use crate::module::{parse, validate_bodies};
use crate::plan::{Unit, plan};
use crate::translate::translate_unit;
use crate::{Bounds, Entry, Input, Options};

/// Operators in the text format by type: parameters, results, operators with their immediates.
type Signature = (&'static str, &'static str, &'static str);

const MEMORY: &[Signature] = &[
    ("i32", "v128", "v128.load offset=3"),
    (
        "i32",
        "v128",
        "v128.load8x8_s;v128.load8x8_u;v128.load16x4_s;v128.load16x4_u;v128.load32x2_s;v128.load32x2_u;\
         v128.load8_splat;v128.load16_splat;v128.load32_splat;v128.load64_splat;v128.load32_zero;v128.load64_zero",
    ),
    ("i32 v128", "v128", "v128.load8_lane 15;v128.load16_lane 7;v128.load32_lane 3;v128.load64_lane 1"),
    ("i32 v128", "", "v128.store;v128.store8_lane 15;v128.store16_lane 7;v128.store32_lane 3;v128.store64_lane 1"),
];

const VECTOR: &[Signature] = &[
    ("", "v128", "v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"),
    ("i32", "v128", "i8x16.splat;i16x8.splat;i32x4.splat"),
    ("i64", "v128", "i64x2.splat"),
    ("f32", "v128", "f32x4.splat"),
    ("f64", "v128", "f64x2.splat"),
    (
        "v128",
        "i32",
        "i8x16.extract_lane_s 15;i8x16.extract_lane_u 14;i16x8.extract_lane_s 7;i16x8.extract_lane_u 6;\
         i32x4.extract_lane 3;v128.any_true;i8x16.all_true;i16x8.all_true;i32x4.all_true;i64x2.all_true;\
         i8x16.bitmask;i16x8.bitmask;i32x4.bitmask;i64x2.bitmask",
    ),
    ("v128", "i64", "i64x2.extract_lane 1"),
    ("v128", "f32", "f32x4.extract_lane 3"),
    ("v128", "f64", "f64x2.extract_lane 1"),
    ("v128 i32", "v128", "i8x16.replace_lane 15;i16x8.replace_lane 7;i32x4.replace_lane 3"),
    ("v128 i64", "v128", "i64x2.replace_lane 1"),
    ("v128 f32", "v128", "f32x4.replace_lane 3"),
    ("v128 f64", "v128", "f64x2.replace_lane 1"),
    (
        "v128 i32",
        "v128",
        "i8x16.shl;i8x16.shr_s;i8x16.shr_u;i16x8.shl;i16x8.shr_s;i16x8.shr_u;i32x4.shl;i32x4.shr_s;i32x4.shr_u;\
         i64x2.shl;i64x2.shr_s;i64x2.shr_u",
    ),
    (
        "v128",
        "v128",
        "v128.not;i8x16.abs;i8x16.neg;i8x16.popcnt;i16x8.abs;i16x8.neg;i32x4.abs;i32x4.neg;i64x2.abs;i64x2.neg;\
         i16x8.extadd_pairwise_i8x16_s;i16x8.extadd_pairwise_i8x16_u;\
         i32x4.extadd_pairwise_i16x8_s;i32x4.extadd_pairwise_i16x8_u;\
         i16x8.extend_low_i8x16_s;i16x8.extend_high_i8x16_s;i16x8.extend_low_i8x16_u;i16x8.extend_high_i8x16_u;\
         i32x4.extend_low_i16x8_s;i32x4.extend_high_i16x8_s;i32x4.extend_low_i16x8_u;i32x4.extend_high_i16x8_u;\
         i64x2.extend_low_i32x4_s;i64x2.extend_high_i32x4_s;i64x2.extend_low_i32x4_u;i64x2.extend_high_i32x4_u;\
         f32x4.ceil;f32x4.floor;f32x4.trunc;f32x4.nearest;f32x4.abs;f32x4.neg;f32x4.sqrt;\
         f64x2.ceil;f64x2.floor;f64x2.trunc;f64x2.nearest;f64x2.abs;f64x2.neg;f64x2.sqrt;\
         i32x4.trunc_sat_f32x4_s;i32x4.trunc_sat_f32x4_u;f32x4.convert_i32x4_s;f32x4.convert_i32x4_u;\
         i32x4.trunc_sat_f64x2_s_zero;i32x4.trunc_sat_f64x2_u_zero;f64x2.convert_low_i32x4_s;\
         f64x2.convert_low_i32x4_u;f32x4.demote_f64x2_zero;f64x2.promote_low_f32x4;\
         i32x4.relaxed_trunc_f32x4_s;i32x4.relaxed_trunc_f32x4_u;\
         i32x4.relaxed_trunc_f64x2_s_zero;i32x4.relaxed_trunc_f64x2_u_zero",
    ),
    (
        "v128 v128",
        "v128",
        "i8x16.shuffle 31 0 30 1 29 2 28 3 27 4 26 5 25 6 24 7;i8x16.swizzle;\
         v128.and;v128.andnot;v128.or;v128.xor;\
         i8x16.eq;i8x16.ne;i8x16.lt_s;i8x16.lt_u;i8x16.gt_s;i8x16.gt_u;i8x16.le_s;i8x16.le_u;i8x16.ge_s;i8x16.ge_u;\
         i16x8.eq;i16x8.ne;i16x8.lt_s;i16x8.lt_u;i16x8.gt_s;i16x8.gt_u;i16x8.le_s;i16x8.le_u;i16x8.ge_s;i16x8.ge_u;\
         i32x4.eq;i32x4.ne;i32x4.lt_s;i32x4.lt_u;i32x4.gt_s;i32x4.gt_u;i32x4.le_s;i32x4.le_u;i32x4.ge_s;i32x4.ge_u;\
         i64x2.eq;i64x2.ne;i64x2.lt_s;i64x2.gt_s;i64x2.le_s;i64x2.ge_s;\
         f32x4.eq;f32x4.ne;f32x4.lt;f32x4.gt;f32x4.le;f32x4.ge;\
         f64x2.eq;f64x2.ne;f64x2.lt;f64x2.gt;f64x2.le;f64x2.ge;\
         i8x16.narrow_i16x8_s;i8x16.narrow_i16x8_u;i16x8.narrow_i32x4_s;i16x8.narrow_i32x4_u;\
         i8x16.add;i8x16.add_sat_s;i8x16.add_sat_u;i8x16.sub;i8x16.sub_sat_s;i8x16.sub_sat_u;\
         i8x16.min_s;i8x16.min_u;i8x16.max_s;i8x16.max_u;i8x16.avgr_u;\
         i16x8.add;i16x8.add_sat_s;i16x8.add_sat_u;i16x8.sub;i16x8.sub_sat_s;i16x8.sub_sat_u;i16x8.mul;\
         i16x8.min_s;i16x8.min_u;i16x8.max_s;i16x8.max_u;i16x8.avgr_u;i16x8.q15mulr_sat_s;\
         i16x8.extmul_low_i8x16_s;i16x8.extmul_high_i8x16_s;i16x8.extmul_low_i8x16_u;i16x8.extmul_high_i8x16_u;\
         i32x4.add;i32x4.sub;i32x4.mul;i32x4.min_s;i32x4.min_u;i32x4.max_s;i32x4.max_u;i32x4.dot_i16x8_s;\
         i32x4.extmul_low_i16x8_s;i32x4.extmul_high_i16x8_s;i32x4.extmul_low_i16x8_u;i32x4.extmul_high_i16x8_u;\
         i64x2.add;i64x2.sub;i64x2.mul;\
         i64x2.extmul_low_i32x4_s;i64x2.extmul_high_i32x4_s;i64x2.extmul_low_i32x4_u;i64x2.extmul_high_i32x4_u;\
         f32x4.add;f32x4.sub;f32x4.mul;f32x4.div;f32x4.min;f32x4.max;f32x4.pmin;f32x4.pmax;\
         f64x2.add;f64x2.sub;f64x2.mul;f64x2.div;f64x2.min;f64x2.max;f64x2.pmin;f64x2.pmax;\
         i8x16.relaxed_swizzle;f32x4.relaxed_min;f32x4.relaxed_max;f64x2.relaxed_min;f64x2.relaxed_max;\
         i16x8.relaxed_q15mulr_s;i16x8.relaxed_dot_i8x16_i7x16_s",
    ),
    (
        "v128 v128 v128",
        "v128",
        "v128.bitselect;f32x4.relaxed_madd;f32x4.relaxed_nmadd;f64x2.relaxed_madd;f64x2.relaxed_nmadd;\
         i8x16.relaxed_laneselect;i16x8.relaxed_laneselect;i32x4.relaxed_laneselect;i64x2.relaxed_laneselect;\
         i32x4.relaxed_dot_i8x16_i7x16_add_s",
    ),
];

/// Every vector operator of the parser, by its own list.
macro_rules! names {
    ($( @$proposal:ident $operator:ident $({ $($field:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        &[$(stringify!($operator)),*]
    };
}
const NAMES: &[&str] = wasmparser::for_each_visit_simd_operator!(names);

/// The operators of a table, and a module with an exported function for each, in order.
fn module(tables: &[&[Signature]]) -> (Vec<&'static str>, Vec<u8>) {
    let mut operators = Vec::new();
    let mut text = "(module (memory 1 1)".to_owned();
    for &(parameters, results, list) in tables.iter().copied().flatten() {
        for operator in list.split(';') {
            text += &format!(r#"(func (export "{operator}") (param {parameters}) (result {results})"#);
            for parameter in 0..parameters.split_whitespace().count() {
                text += &format!(" local.get {parameter}");
            }
            text += &format!(" {operator})\n");
            operators.push(operator);
        }
    }
    text += ")";
    (operators, wat::parse_str(text).expect("the table of operators is valid"))
}

/// The functions of a module as CLIF, verified.
fn translate(bytes: &[u8], isa: &dyn TargetIsa, bounds: Bounds) -> Vec<Function> {
    let options =
        Options { target: isa.triple().clone(), entry: Entry::Harness, bounds, jobs: 1, ..Options::default() };
    let inputs = [Input { name: "test".to_owned(), bytes, ..Input::default() }];
    let (modules, types) = parse(&inputs, Standard::Latest).expect("valid module");
    let facts = validate_bodies(&modules[0], 1, &()).expect("valid bodies");
    let count = modules[0].bodies.len();
    let plan = plan(&inputs, modules, types, vec![facts], &options).expect("plan");
    let mut context = FunctionBuilderContext::new();
    let translate = |position| {
        let mut function = Function::new();
        let unit = Unit::Wasm { module: 0, position };
        translate_unit(&plan, isa, unit, None, &mut function, &mut context)
            .expect("every vector operator is translated");
        if let Err(errors) = verify_function(&function, isa) {
            panic!("{errors}\n{function}");
        }
        function
    };
    (0..count).map(translate).collect()
}

/// Few features: what every x86-64 processor has. Many: all that Cranelift knows of.
fn x86_64(all_features: bool) -> OwnedTargetIsa {
    let triple: Triple = "x86_64-unknown-linux-gnu".parse().expect("triple");
    let mut flags = settings::builder();
    for (name, value) in [("opt_level", "speed"), ("enable_verifier", "true")] {
        flags.set(name, value).expect("Cranelift's setting");
    }
    let mut builder = cranelift_codegen::isa::lookup(triple).expect("Cranelift has this target");
    let features: Vec<_> = builder.iter().filter(|setting| setting.name.starts_with("has_")).collect();
    for feature in features {
        assert!(matches!(feature.kind, SettingKind::Bool), "{}", feature.name);
        builder.set(feature.name, if all_features { "true" } else { "false" }).expect("Cranelift's setting");
    }
    builder.finish(settings::Flags::new(flags)).expect("settings go together")
}

/// What machine code of a function is like.
struct Code {
    assembly: String,
    library_calls: Vec<LibCall>,
}

fn compile(function: Function, isa: &dyn TargetIsa) -> Code {
    let mut context = Context::for_function(function);
    context.set_disasm(true);
    let text = context.func.to_string();
    let code =
        context.compile(isa, &mut Default::default()).unwrap_or_else(|error| panic!("{:?}\n{text}", error.inner));
    let library_calls = code.buffer.relocs().iter().filter_map(|relocation| match relocation.target {
        cranelift_codegen::FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => Some(call),
        _ => None,
    });
    Code { library_calls: library_calls.collect(), assembly: code.vcode.clone().unwrap_or_default() }
}

/// Assembly of one operator.
fn assembly(operator: &str, isa: &dyn TargetIsa) -> String {
    let (operators, bytes) = module(&[MEMORY, VECTOR]);
    let position = operators.iter().position(|&known| known == operator).expect("operator in the table");
    let function = translate(&bytes, isa, Bounds::Guard).swap_remove(position);
    compile(function, isa).assembly
}

#[test]
fn tables_name_every_vector_operator() {
    let (_, bytes) = module(&[MEMORY, VECTOR]);
    let inputs = [Input { name: "test".to_owned(), bytes: &bytes, ..Input::default() }];
    let (parsed, _) = parse(&inputs, Standard::Latest).expect("valid module");
    let mut found = BTreeSet::new();
    for body in &parsed[0].bodies {
        for operator in body.code.get_operators_reader().expect("operators") {
            let text = format!("{:?}", operator.expect("operator"));
            found.extend(text.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned));
        }
    }
    let missing: Vec<_> = NAMES.iter().filter(|&&name| !found.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(NAMES.len(), 256);
}

#[test]
fn operators_compile_for_the_baseline() {
    let isa = x86_64(false);
    let (operators, bytes) = module(&[MEMORY, VECTOR]);
    for (operator, function) in operators.iter().zip(translate(&bytes, &*isa, Bounds::Guard)) {
        for call in compile(function, &*isa).library_calls {
            let expected = match call {
                LibCall::X86Pshufb => operator.contains("shuffle") || operator.contains("swizzle"),
                LibCall::CeilF32 | LibCall::CeilF64 => operator.ends_with("ceil"),
                LibCall::FloorF32 | LibCall::FloorF64 => operator.ends_with("floor"),
                LibCall::TruncF32 | LibCall::TruncF64 => operator.ends_with("trunc"),
                LibCall::NearestF32 | LibCall::NearestF64 => operator.ends_with("nearest"),
                _ => false,
            };
            assert!(expected, "{operator} calls {call:?}");
        }
    }
}

#[test]
fn operators_compile_for_every_feature_and_call_nothing() {
    let isa = x86_64(true);
    let (operators, bytes) = module(&[MEMORY, VECTOR]);
    for (operator, function) in operators.iter().zip(translate(&bytes, &*isa, Bounds::Explicit)) {
        assert_eq!(compile(function, &*isa).library_calls, [], "{operator}");
    }
}

#[test]
fn memory_operators_check_the_bytes_they_access() {
    let isa = x86_64(false);
    let (operators, bytes) = module(&[MEMORY]);
    for (operator, function) in operators.iter().zip(translate(&bytes, &*isa, Bounds::Explicit)) {
        let name = operator.split(' ').next().expect("a name");
        let reach = match name.trim_start_matches("v128.") {
            "load" => 3 + 16,
            "store" => 16,
            "load8_splat" | "load8_lane" | "store8_lane" => 1,
            "load16_splat" | "load16_lane" | "store16_lane" => 2,
            "load32_splat" | "load32_lane" | "store32_lane" | "load32_zero" => 4,
            _ => 8,
        };
        // The memory has one page: an index may be as large as what is left of it.
        let last = 65536 - reach;
        let compared = function.layout.blocks().flat_map(|block| function.layout.block_insts(block)).any(
            |inst| matches!(function.dfg.insts[inst], InstructionData::UnaryImm { imm, .. } if imm.bits() == last),
        );
        assert!(compared, "{operator} does not compare with {last}:\n{function}");
    }
}

#[test]
fn sequences_become_single_instructions() {
    let isa = x86_64(false);
    for (operator, instruction, absent) in [
        ("f32x4.pmin", "minps", "cmpps"),
        ("f32x4.pmax", "maxps", "cmpps"),
        ("f64x2.pmin", "minpd", "cmppd"),
        ("f64x2.pmax", "maxpd", "cmppd"),
        ("f32x4.relaxed_min", "minps", "cmpps"),
        ("f64x2.relaxed_max", "maxpd", "cmppd"),
        ("i32x4.dot_i16x8_s", "pmaddwd", "pmull"),
        ("i32x4.extadd_pairwise_i16x8_s", "pmaddwd", "punpck"),
        ("f64x2.convert_low_i32x4_s", "cvtdq2pd", "punpck"),
        ("i32x4.relaxed_trunc_f32x4_s", "cvttps2dq", "cmpps"),
        ("i32x4.relaxed_trunc_f64x2_s_zero", "cvttpd2dq", "cmppd"),
        ("v128.andnot", "pandn", "pxor"),
    ] {
        let text = assembly(operator, &*isa);
        assert!(text.contains(instruction) && !text.contains(absent), "{operator}:\n{text}");
    }
}

#[test]
fn relaxed_operators_use_features() {
    let isa = x86_64(true);
    for (operator, instruction) in [
        ("i8x16.relaxed_swizzle", "pshufb"),
        ("f32x4.relaxed_madd", "vfmadd"),
        ("f64x2.relaxed_nmadd", "vfnmadd"),
        ("i8x16.relaxed_laneselect", "pblendvb"),
        ("i32x4.relaxed_laneselect", "blendvps"),
        ("i16x8.relaxed_q15mulr_s", "pmulhrsw"),
        ("i16x8.relaxed_dot_i8x16_i7x16_s", "pmaddubsw"),
    ] {
        let text = assembly(operator, &*isa);
        assert!(text.contains(instruction), "{operator}:\n{text}");
    }
}
