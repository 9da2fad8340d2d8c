//! The target's instruction set, with the processor features and the code generation settings of a build.

use std::sync::Arc;

use cranelift_codegen::isa::{self, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::{Architecture, Triple};

use super::processors;
use crate::plan::Plan;
use crate::targets::{code_target, is_interpreted};
use crate::{Error, OptLevel, Options, Result, targets};

/// What a program asks of code generation.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    /// Keep one register out of register allocation, for a global.
    register_global: bool,
    /// Cranelift's tail calls move frames, for which it needs the frame pointer; the unwinder walks frame pointers.
    frame_pointers: bool,
}

/// The instruction set of a program, as its functions see it.
pub(crate) struct Isas {
    /// For every function.
    pub general: Arc<dyn TargetIsa>,
    /// For functions that call nothing and leave the register global alone: they may use its register, which the
    /// calling convention makes them preserve.
    pub leaf: Arc<dyn TargetIsa>,
}

/// Builds the instruction set for a target and a program.
///
/// # Errors
/// `Error::Option` for an unknown target, processor or feature, with near matches.
pub(crate) fn build(options: &Options, plan: &Plan<'_>) -> Result<Isas> {
    let needs = Needs {
        register_global: plan.uses_pinned_register(),
        // On s390x, what stands for it is the only way from a frame to its caller's.
        frame_pointers: plan.uses_tail_calls()
            || plan.exceptions.objects.is_some()
            || options.target.architecture == Architecture::S390x
            // The interpreter tells traps by the frames.
            || is_interpreted(&options.target),
    };
    let general = build_for(options, needs)?;
    let leaf = if needs.register_global {
        build_for(options, Needs { register_global: false, ..needs })?
    } else {
        general.clone()
    };
    Ok(Isas { general, leaf })
}

fn build_for(options: &Options, needs: Needs) -> Result<Arc<dyn TargetIsa>> {
    if is_interpreted(&options.target) && options.cpu.is_some() {
        let target = &options.target;
        return Err(Error::Option(format!(
            "`--cpu` says nothing for {target}: its code is interpreted, on every processor"
        )));
    }
    let native = options.cpu.as_deref().is_some_and(|cpu| cpu.split(',').any(|item| item == "native"));
    let mut builder = if native && options.target == Triple::host() {
        cranelift_native::builder_with_options(true).map_err(|error| Error::Option(error.to_owned()))?
    } else if native {
        return Err(Error::Option("`--cpu native` makes sense only when the target is this machine".to_owned()));
    } else {
        portable(&options.target)?
    };
    let items = || options.cpu.iter().flat_map(|cpu| cpu.split(',')).filter(|item| !item.is_empty());
    if !items().any(|item| !item.starts_with(['+', '-']))
        && let Some(baseline) = processors::baseline(&options.target)
    {
        enable(&mut builder, baseline)?;
    }
    for item in items().filter(|item| *item != "native") {
        if let Some(feature) = item.strip_prefix('+') {
            set_feature(&mut builder, feature, true)?;
        } else if let Some(feature) = item.strip_prefix('-') {
            set_feature(&mut builder, feature, false)?;
        } else {
            enable(&mut builder, item)?;
        }
    }
    builder.finish(flags(options, needs)?).map_err(|error| Error::Option(error.to_string()))
}

fn flags(options: &Options, needs: Needs) -> Result<settings::Flags> {
    let mut builder = settings::builder();
    let level = match options.opt_level {
        OptLevel::None => "none",
        OptLevel::Basic | OptLevel::Speed => "speed",
        OptLevel::Size => "speed_and_size",
    };
    let regalloc = if options.opt_level == OptLevel::None { "single_pass" } else { "backtracking" };
    let settings = [
        ("opt_level", level),
        ("regalloc_algorithm", regalloc),
        // All symbols are defined in the same image: PC-relative code without a global offset table serves
        // position-independent executables too.
        ("is_pic", "false"),
        ("use_colocated_libcalls", "true"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("enable_pinned_reg", if needs.register_global { "true" } else { "false" }),
        // Leaf functions that need no frame get none; the trap handler knows them by `FUNCTION_FRAMELESS`.
        ("preserve_frame_pointers", if needs.frame_pointers { "true" } else { "false" }),
        // Every page of a large frame is touched in order, so that the guard page below the stack is not jumped over.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("probestack_size_log2", "12"),
        ("unwind_info", "true"),
        // Relaxation wants to know where basic blocks start, debug information what follows them.
        ("machine_code_cfg_info", "true"),
        ("enable_multi_ret_implicit_sret", "true"),
    ];
    for (name, value) in settings {
        builder.set(name, value).map_err(|error| Error::Option(format!("code generation setting {name}: {error}")))?;
    }
    Ok(settings::Flags::new(builder))
}

/// Adds the features of a level, or of a processor that Cranelift knows.
fn enable(builder: &mut isa::Builder, name: &str) -> Result<()> {
    match processors::features(builder.triple(), name) {
        Some(features) => features
            .into_iter()
            .try_for_each(|feature| builder.set(feature, "true").map_err(|_| unknown_cpu(builder, feature))),
        None => builder.enable(name).map_err(|_| unknown_cpu(builder, name)),
    }
}

/// Everything beside the levels that `--cpu` takes for a target: features, as `true`, and processors, each with a description.
///
/// # Errors
/// `Error::Option` for a target without a back end.
pub fn features(target: &Triple) -> Result<Vec<(&'static str, bool, &'static str)>> {
    if is_interpreted(target) {
        return Ok(Vec::new());
    }
    let builder = portable(target)?;
    let listed = builder.iter().map(|setting| {
        let is_feature = setting.kind == settings::SettingKind::Bool;
        (setting.name.trim_start_matches("has_"), is_feature, setting.description)
    });
    let mut listed: Vec<_> = listed.collect();
    listed.sort_unstable();
    Ok(listed)
}

/// Features are written as the processor's vendor does (`sse4.1`, `avx2`), or as Cranelift does.
fn set_feature(builder: &mut isa::Builder, feature: &str, on: bool) -> Result<()> {
    let plain = feature.to_lowercase().replace(['.', '_', '-'], "");
    let setting = builder
        .iter()
        .find(|setting| setting.name == feature || setting.name.trim_start_matches("has_").replace('_', "") == plain)
        .map(|setting| setting.name);
    match setting {
        // Walks of the stack take return addresses for what they are.
        Some(name) if name.starts_with("sign_return_address") => Err(Error::Unsupported {
            what: format!("the processor feature `{feature}`: signed return addresses"),
            offset: None,
        }),
        Some(name) => builder
            .set(name, if on { "true" } else { "false" })
            .map_err(|error| Error::Option(format!("processor feature `{feature}`: {error}"))),
        None => Err(unknown_cpu(builder, feature)),
    }
}

fn unknown_cpu(builder: &isa::Builder, name: &str) -> Error {
    let mut known: Vec<&str> = builder.iter().map(|setting| setting.name).collect();
    known.extend(processors::levels(builder.triple()).iter().map(|level| level.name));
    known.sort_by_key(|candidate| distance(candidate.trim_start_matches("has_"), name));
    let near: Vec<_> = known.iter().take(3).map(|name| format!("`{}`", name.trim_start_matches("has_"))).collect();
    Error::Option(format!(
        "unknown processor or feature `{name}` for {}; did you mean {}? (`--cpu list` lists them)",
        builder.triple().architecture,
        near.join(", ")
    ))
}

/// The back end for a target, for every processor of its kind.
fn portable(target: &Triple) -> Result<isa::Builder> {
    let refused = |why: &str| {
        let near = targets::near(&target.to_string()).join(", ");
        Error::Option(format!(
            "cannot generate code for target {target}: {why}; did you mean one of {near}? `wasmc targets` lists all"
        ))
    };
    match targets::missing_in_back_end(target) {
        Some(what) => Err(refused(&format!("{what} cannot be made"))),
        None => isa::lookup(code_target(target)).map_err(|error| refused(&error.to_string())),
    }
}

/// Levenshtein distance, in bytes.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let right = right.as_bytes();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (position, &a) in left.as_bytes().iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = position + 1;
        for (column, &b) in right.iter().enumerate() {
            let substitute = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = substitute.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build_with(cpu: Option<&str>) -> Result<Arc<dyn TargetIsa>> {
        let target = "x86_64-unknown-linux-gnu".parse().unwrap();
        build_for(&Options { target, cpu: cpu.map(str::to_owned), ..Options::default() }, Needs::default())
    }

    fn has(isa: &Arc<dyn TargetIsa>, feature: &str) -> bool {
        isa.isa_flags().iter().any(|flag| flag.name == feature && flag.as_bool() == Some(true))
    }

    #[test]
    fn levels_and_features_apply_in_order() {
        assert!(has(&build_with(None).unwrap(), "has_bmi2"));
        assert!(!has(&build_with(None).unwrap(), "has_avx512f"));
        assert!(!has(&build_with(Some("x86-64-v2")).unwrap(), "has_avx"));
        assert!(!has(&build_with(Some("x86-64")).unwrap(), "has_sse41"));
        assert!(has(&build_with(Some("x86-64-v3")).unwrap(), "has_bmi2"));
        assert!(has(&build_with(Some("x86-64,+avx2,+avx")).unwrap(), "has_avx2"));
        assert!(!has(&build_with(Some("x86-64-v3,-bmi2")).unwrap(), "has_bmi2"));
        assert!(has(&build_with(Some("x86-64,+sse4.2")).unwrap(), "has_sse42"));
    }

    #[test]
    fn unknown_names_get_suggestions() {
        let message = build_with(Some("haswel")).err().unwrap().to_string();
        assert!(message.contains("`haswell`"), "{message}");
        let message = build_with(Some("+axv2")).err().unwrap().to_string();
        assert!(message.contains("`avx2`"), "{message}");
    }
}
