//! Carries out a script's steps and judges what comes of them.

use crate::build::{Refusal, executable, harness_options, is_disabled_feature, is_unsupported, object, program_object};
use crate::harness::{Answer, Conversation, Harness, Request};
use crate::program::{Program, programs};
use crate::report::{FileReport, Finding, Outcome, Run};
use crate::script::{Action, Check, Expected, Link, Script, Step};
use crate::suite::TestFile;
use std::path::Path;
use target_lexicon::Triple;
use wasmc_abi::trap::TrapCode;
use wasmc_compiler::{Bounds, Error, MemoryBase, OptLevel, Options, Standard};

/// How programs are built.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Every program is built and run with each of these.
    pub memory_bases: Vec<MemoryBase>,
    /// How memories are guarded.
    pub bounds: Bounds,
    /// How much work goes into the machine code.
    pub opt_level: OptLevel,
    /// Garbage is collected at every allocation.
    pub heap_stress: bool,
    /// What programs are built for.
    pub target: Triple,
    /// Which processor, in the words of `wasmc build --cpu`.
    pub cpu: Option<String>,
}

/// Runs a file.
pub fn check(file: &TestFile, settings: &Settings, harness: &Harness) -> FileReport {
    let mut report = FileReport::new(file);
    let script = match &file.contents {
        Ok(text) => Script::read(text, Path::new(&file.name)),
        Err(error) => Err(error.clone()),
    };
    match script {
        Ok(script) => Checker { script: &script, settings, harness, report: &mut report }.run(file.standard),
        Err(message) => report.add(Finding {
            line: 0,
            directive: "file",
            run: Run::Validation,
            outcome: Outcome::Failed(message),
            consequence: false,
        }),
    }
    report.findings.sort_by_key(|finding| finding.line);
    report
}

struct Checker<'a> {
    script: &'a Script,
    settings: &'a Settings,
    harness: &'a Harness,
    report: &'a mut FileReport,
}

/// Why an instance does not exist.
#[derive(Clone)]
struct Fault {
    outcome: Outcome,
    /// It is another instance's fault, which is reported there.
    consequence: bool,
}

impl Fault {
    fn new(refusal: &Refusal) -> Fault {
        match refusal {
            Refusal::Error(error) => Fault::of(error),
            Refusal::Panic(_) => Fault { outcome: Outcome::Failed(refusal.to_string()), consequence: false },
        }
    }

    fn of(error: &Error) -> Fault {
        let reason = error.to_string();
        let outcome = if is_unsupported(error) { Outcome::Unsupported(reason) } else { Outcome::Failed(reason) };
        Fault { outcome, consequence: false }
    }

    /// The fault of what needs the faulty instance of this line.
    fn consequence(&self, line: usize) -> Fault {
        let reason = format!("needs the module of line {line}");
        let outcome = match self.outcome {
            Outcome::Unsupported(_) => Outcome::Unsupported(reason),
            _ => Outcome::Failed(reason),
        };
        Fault { outcome, consequence: true }
    }
}

impl<'a> Checker<'a> {
    fn run(&mut self, standard: Standard) {
        let script = self.script;
        let mut faults: Vec<Option<Fault>> = vec![None; script.instances.len()];
        let mut refused = vec![false; script.instances.len()];
        for (index, instance) in script.instances.iter().enumerate() {
            faults[index] = match &instance.module {
                Err(error) => Some(Fault::of(error)),
                Ok(_) => self.inherited(index, &faults),
            };
        }
        let options = self.options(MemoryBase::default());
        for step in &script.steps {
            let outcome = match &step.check {
                Check::Define(module) => match module {
                    Ok(module) => define(&module.bytes, &options),
                    Err(error) => Fault::of(error).outcome,
                },
                Check::Refuse(module, message) => self.refuse(module, message, &options, standard),
                Check::Broken(reason) => Outcome::Failed(reason.clone()),
                Check::Unsupported(reason) => Outcome::Unsupported(reason.clone()),
                Check::Instantiate(instance, Expected::Unlinkable(message)) if faults[*instance].is_none() => {
                    match program_object(script, &Program::closure(script, *instance), &options) {
                        // Whether a table or memory is large enough shows only when the program runs.
                        Ok(_) => continue,
                        Err(refusal) => {
                            refused[*instance] = true;
                            match refusal.link_failure() {
                                Some(found) if is_message(message, found) => Outcome::Passed,
                                Some(_) => Outcome::Failed(format!("expected \"{message}\", but {refusal}")),
                                None => Fault::new(&refusal).outcome,
                            }
                        }
                    }
                }
                Check::Instantiate(..) | Check::Act(..) => continue,
            };
            self.add(step, Run::Validation, outcome, false);
        }
        for memory_base in self.settings.memory_bases.clone() {
            self.execute(memory_base, &mut faults.clone(), &refused);
        }
    }

    fn options(&self, memory_base: MemoryBase) -> Options {
        Options {
            memory_base,
            bounds: self.settings.bounds,
            opt_level: self.settings.opt_level,
            heap_stress: self.settings.heap_stress,
            // An emulator keeps a record of each page that is reserved.
            max_memory: (self.settings.target != Triple::host()).then_some(8 << 30),
            target: self.settings.target.clone(),
            cpu: self.settings.cpu.clone(),
            ..harness_options()
        }
    }

    fn add(&mut self, step: &Step, run: Run, outcome: Outcome, consequence: bool) {
        self.report.add(Finding { line: step.line, directive: step.directive, run, outcome, consequence });
    }

    /// The fault that an instance has because of those it imports from.
    fn inherited(&self, instance: usize, faults: &[Option<Fault>]) -> Option<Fault> {
        self.script.instances[instance].links.values().find_map(|link| match link {
            Link::Instance(provider) => {
                faults[*provider].as_ref().map(|fault| fault.consequence(self.script.instances[*provider].line))
            }
            Link::Host => None,
        })
    }

    fn refuse(
        &mut self,
        module: &Result<Vec<u8>, Error>,
        message: &str,
        options: &Options,
        standard: Standard,
    ) -> Outcome {
        let compiled;
        let refusal = match module {
            Err(error) => error,
            Ok(bytes) => match object(bytes, options) {
                Ok(_) | Err(Refusal::Error(Error::UnknownImports(_) | Error::IncompatibleImport { .. })) => {
                    // A script of 2.0 or before refuses what a later proposal allows.
                    if standard == Standard::Wasm2 && is_refused_by_2_0(bytes) {
                        return Outcome::Passed;
                    }
                    return Outcome::Failed(format!("accepted, but expected \"{message}\""));
                }
                Err(Refusal::Error(error)) => {
                    compiled = error;
                    &compiled
                }
                Err(refusal) => return Outcome::Failed(refusal.to_string()),
            },
        };
        let reason = match refusal {
            Error::Text(reason) => reason,
            // A proposal's own tests are not passed by not knowing the proposal.
            Error::Invalid { message: reason, .. } if standard == Standard::Latest && is_disabled_feature(reason) => {
                return Outcome::Unsupported(reason.clone());
            }
            Error::Invalid { message: reason, .. } => reason,
            // What a later proposal allows is invalid without it; the validator's words tell this from other gaps.
            Error::Unsupported { what, .. }
                if what.contains(message) || standard == Standard::Wasm2 && is_disabled_feature(what) =>
            {
                what
            }
            other => return Fault::of(other).outcome,
        };
        if !reason.contains(message) {
            self.report.other_words += 1;
        }
        Outcome::Passed
    }

    /// Builds and runs every program with one kind of memory base.
    fn execute(&mut self, memory_base: MemoryBase, faults: &mut [Option<Fault>], refused: &[bool]) {
        let script = self.script;
        let options = self.options(memory_base);
        let run = Run::from(memory_base);
        let programs = programs(script, |index| faults[index].is_none() && !refused[index]);
        // Which program an instance belongs to.
        let mut owners = vec![None; script.instances.len()];
        for (index, program) in programs.iter().enumerate() {
            for instance in &program.instances {
                owners[*instance] = Some(index);
            }
        }
        let mut steps: Vec<Vec<&'a Step>> = vec![Vec::new(); programs.len()];
        for step in &script.steps {
            let Some(instance) = step.instance() else { continue };
            match (owners[instance], &faults[instance]) {
                (Some(program), _) => steps[program].push(step),
                (None, Some(fault)) => self.add_fault(step, run, fault),
                // Linking was refused, which is judged already.
                (None, None) => {}
            }
        }
        for (program, steps) in programs.into_iter().zip(steps) {
            let built = self.build(program, &options, faults);
            let (steps, faulty): (Vec<_>, Vec<_>) =
                steps.into_iter().partition(|step| step.instance().is_none_or(|instance| faults[instance].is_none()));
            for step in faulty {
                if let Some(fault) = step.instance().and_then(|instance| faults[instance].as_ref()) {
                    self.add_fault(step, run, fault);
                }
            }
            if let Some((program, executable)) = built {
                self.converse(&program, &executable, &steps, run);
            }
        }
    }

    fn add_fault(&mut self, step: &Step, run: Run, fault: &Fault) {
        let instance = step.instance().map(|instance| self.script.instances[instance].line);
        match (&step.check, instance) {
            (Check::Instantiate(..), _) | (_, None) => self.add(step, run, fault.outcome.clone(), fault.consequence),
            (_, Some(line)) => self.add(step, run, fault.consequence(line).outcome, true),
        }
    }

    /// Builds a program, without those of its instances that do not compile.
    fn build(&self, program: Program, options: &Options, faults: &mut [Option<Fault>]) -> Option<(Program, Vec<u8>)> {
        let build = |program: &Program| executable(&program_object(self.script, program, options)?, options);
        let refusal = match build(&program) {
            Ok(executable) => return Some((program, executable)),
            Err(refusal) => refusal,
        };
        if program.instances.len() > 1 {
            for instance in &program.instances {
                faults[*instance] = self.inherited(*instance, faults).or_else(|| {
                    let alone = program_object(self.script, &Program::closure(self.script, *instance), options);
                    alone.err().map(|refusal| Fault::new(&refusal))
                });
            }
            let sound = program.without(self.script, |instance| faults[instance].is_some());
            if sound.instances.len() < program.instances.len() && !sound.instances.is_empty() {
                match build(&sound) {
                    Ok(executable) => return Some((sound, executable)),
                    Err(refusal) => self.blame_all(&sound, &refusal, faults),
                }
                return None;
            }
        }
        self.blame_all(&program, &refusal, faults);
        None
    }

    /// The instances do not go together, though none is at fault alone.
    fn blame_all(&self, program: &Program, refusal: &Refusal, faults: &mut [Option<Fault>]) {
        let mut first: Option<(usize, Fault)> = None;
        for instance in &program.instances {
            if faults[*instance].is_some() {
                continue;
            }
            let fault = match &first {
                Some((line, fault)) => fault.consequence(*line),
                None => Fault::new(refusal),
            };
            first.get_or_insert_with(|| (self.script.instances[*instance].line, fault.clone()));
            faults[*instance] = Some(fault);
        }
    }

    /// Runs a program and judges its answers.
    fn converse(&mut self, program: &Program, executable: &[u8], steps: &[&Step], run: Run) {
        let mut requests = Vec::new();
        if program.host.is_some() {
            requests.push(Request::Initialize(0));
        }
        let hidden = requests.len();
        for step in steps {
            let input = |instance: &usize| program.input(*instance).unwrap_or(usize::MAX);
            match &step.check {
                Check::Instantiate(instance, _) => requests.push(Request::Initialize(input(instance))),
                Check::Act(instance, Action::Call(export, arguments), _) => {
                    requests.push(Request::Call(input(instance), *export, arguments.clone()));
                }
                Check::Act(instance, Action::Get(export), _) => requests.push(Request::Get(input(instance), *export)),
                _ => {}
            }
        }
        let Conversation { answers, mut failure } = match self.harness.run(executable, &requests) {
            Ok(conversation) => conversation,
            Err(error) => {
                Conversation { answers: Vec::new(), failure: Some(format!("cannot run the program: {error}")) }
            }
        };
        if hidden > 0 && !matches!(answers.first(), None | Some(Answer::Values(_))) {
            failure.get_or_insert_with(|| format!("the host module answers {:?}", answers[0]));
        }
        let mut answers = answers.into_iter().skip(hidden);
        let last = steps.len().saturating_sub(1);
        for (index, step) in steps.iter().enumerate() {
            let (outcome, consequence) = match (answers.next(), &failure) {
                (Some(answer), _) => {
                    let outcome = judge(step, &answer);
                    // All is answered, but the program did not end well, or said more than it was asked.
                    match (&outcome, failure.take_if(|_| index == last)) {
                        (Outcome::Passed, Some(failure)) => (Outcome::Failed(failure), false),
                        _ => (outcome, false),
                    }
                }
                (None, Some(_)) => (Outcome::Failed(failure.take().unwrap_or_default()), false),
                (None, None) => (Outcome::Failed("no answer: the program ended before".to_owned()), true),
            };
            self.add(step, run, outcome, consequence);
        }
    }
}

impl Step {
    /// The instance that the step creates or uses.
    fn instance(&self) -> Option<usize> {
        match self.check {
            Check::Instantiate(instance, _) | Check::Act(instance, ..) => Some(instance),
            _ => None,
        }
    }
}

/// Whether WebAssembly 2.0 refuses a module.
fn is_refused_by_2_0(bytes: &[u8]) -> bool {
    let options = Options { standard: Standard::Wasm2, ..harness_options() };
    matches!(object(bytes, &options), Err(Refusal::Error(Error::Invalid { .. } | Error::Unsupported { .. })))
}

/// A definition only has to be valid: it is linked when it is instantiated.
fn define(bytes: &[u8], options: &Options) -> Outcome {
    match object(bytes, options) {
        // Valid all the same: what is too large, or imports what nobody provides, fails when it is instantiated.
        Err(Refusal::Error(Error::Limit(_))) => Outcome::Passed,
        Err(refusal) if refusal.link_failure().is_none() => Fault::new(&refusal).outcome,
        _ => Outcome::Passed,
    }
}

/// Judges the answer to a step of a running program.
fn judge(step: &Step, answer: &Answer) -> Outcome {
    let (Check::Instantiate(_, expected) | Check::Act(_, _, expected)) = &step.check else {
        return Outcome::Failed("not a step of a program".to_owned());
    };
    let passed = match (expected, answer) {
        (Expected::Success, Answer::Values(_)) => true,
        (Expected::Results(patterns), Answer::Values(values)) => {
            patterns.len() == values.len()
                && patterns.iter().zip(values).all(|(pattern, value)| pattern.matches(*value))
        }
        (Expected::Exception, Answer::Exception) => true,
        (Expected::Trap(message), Answer::Trap(code)) => {
            *code != TrapCode::Unlinkable && is_message(message, code.message())
        }
        (Expected::Exhaustion(message), Answer::Trap(code)) => {
            *code == TrapCode::StackOverflow && is_message(message, code.message())
        }
        (Expected::Unlinkable(message), Answer::Trap(code)) => {
            *code == TrapCode::Unlinkable && is_message(message, code.message())
        }
        _ => false,
    };
    if passed {
        return Outcome::Passed;
    }
    let found = match (expected, answer) {
        (_, Answer::Trap(code)) => format!("trap \"{}\"", code.message()),
        (_, Answer::Exception) => "exception".to_owned(),
        (_, Answer::Error(error)) => format!("error: {error}"),
        (Expected::Results(patterns), Answer::Values(values)) if patterns.len() == values.len() => {
            list(patterns.iter().zip(values).map(|(pattern, value)| pattern.describe_value(*value)))
        }
        (_, Answer::Values(values)) => list(values.iter().map(|value| format!("{value:#x}"))),
    };
    let wanted = match expected {
        Expected::Success => "success".to_owned(),
        Expected::Results(patterns) => list(patterns.iter().map(ToString::to_string)),
        Expected::Trap(message) => format!("trap \"{message}\""),
        Expected::Exhaustion(message) => format!("exhaustion \"{message}\""),
        Expected::Exception => "exception".to_owned(),
        Expected::Unlinkable(message) => format!("link failure \"{message}\""),
    };
    Outcome::Failed(format!("expected {wanted}, got {found}"))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "no results".to_owned() } else { items.join(", ") }
}

/// Whether a message is the one expected: the specification interpreter asks for a prefix, others for a part. The
/// interpreter's own messages may go on with the index of a table element, which wasmc's do not show.
fn is_message(expected: &str, found: &str) -> bool {
    found.contains(expected)
        || expected
            .strip_prefix(found)
            .and_then(|rest| rest.strip_prefix(' '))
            .is_some_and(|index| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Expectation;
    use crate::values::{Float, Pattern};

    fn outcome(expected: Expected, answer: Answer) -> Outcome {
        judge(&Step { line: 1, directive: "test", check: Check::Instantiate(0, expected) }, &answer)
    }

    fn passes(expected: Expected, answer: Answer) -> bool {
        outcome(expected, answer) == Outcome::Passed
    }

    #[test]
    fn results_must_match_in_number_and_value() {
        let patterns = || Expected::Results(vec![Pattern::I32(1), Pattern::F32(Float::Canonical)]);
        assert!(passes(patterns(), Answer::Values(vec![1, 0x7fc0_0000])));
        assert!(!passes(patterns(), Answer::Values(vec![1])));
        assert!(!passes(patterns(), Answer::Values(vec![1, 0x7fc0_0000, 0])));
        assert!(!passes(patterns(), Answer::Values(vec![2, 0x7fc0_0000])));
        assert!(!passes(patterns(), Answer::Trap(TrapCode::Unreachable)));
        assert!(!passes(Expected::Results(vec![]), Answer::Error("no".into())));
        assert!(passes(Expected::Success, Answer::Values(vec![7])));
    }

    #[test]
    fn traps_must_match_in_words() {
        let trap = |message: &str| Expected::Trap(message.into());
        assert!(passes(trap("unreachable"), Answer::Trap(TrapCode::Unreachable)));
        assert!(!passes(trap("unreachable"), Answer::Trap(TrapCode::MemoryOutOfBounds)));
        assert!(!passes(trap("unreachable"), Answer::Values(vec![])));
        assert!(!passes(trap("incompatible import type"), Answer::Trap(TrapCode::Unlinkable)));
        let unlinkable = || Expected::Unlinkable("incompatible import type".into());
        assert!(passes(unlinkable(), Answer::Trap(TrapCode::Unlinkable)));
        assert!(!passes(unlinkable(), Answer::Values(vec![])));
        let exhaustion = || Expected::Exhaustion("call stack exhausted".into());
        assert!(passes(exhaustion(), Answer::Trap(TrapCode::StackOverflow)));
        assert!(!passes(exhaustion(), Answer::Trap(TrapCode::Unreachable)));
    }

    #[test]
    fn exceptions_are_no_traps() {
        assert!(passes(Expected::Exception, Answer::Exception));
        assert!(!passes(Expected::Exception, Answer::Trap(TrapCode::Unreachable)));
        assert!(!passes(Expected::Exception, Answer::Values(vec![])));
        assert!(!passes(Expected::Success, Answer::Exception));
        assert!(!passes(Expected::Trap("uncaught exception".into()), Answer::Exception));
    }

    #[test]
    fn messages_match_by_prefix() {
        assert!(is_message("uninitialized", "uninitialized element"));
        assert!(is_message("uninitialized element 2", "uninitialized element"));
        assert!(!is_message("uninitialized element two", "uninitialized element"));
        assert!(!is_message("uninitialized element ", "uninitialized element"));
        assert!(!is_message("undefined element", "uninitialized element"));
    }

    #[test]
    fn failures_say_what_was_wanted() {
        let Outcome::Failed(reason) = outcome(Expected::Results(vec![Pattern::I32(1)]), Answer::Values(vec![2])) else {
            panic!("2 is not 1");
        };
        assert_eq!(reason, "expected i32 0x00000001, got i32 0x00000002");
    }

    fn check_text(text: &str) -> FileReport {
        let file = TestFile {
            suite: "test".into(),
            name: "test.wast".into(),
            contents: Ok(text.into()),
            expectation: Expectation::Given,
            standard: Standard::Wasm2,
            superseded: Vec::new(),
        };
        let settings = Settings {
            memory_bases: vec![MemoryBase::Fixed, MemoryBase::Relocatable],
            bounds: Bounds::Guard,
            opt_level: OptLevel::default(),
            heap_stress: false,
            target: Triple::host(),
            cpu: None,
        };
        let harness = Harness::new(std::time::Duration::from_secs(60), None).unwrap();
        check(&file, &settings, &harness)
    }

    /// Lines of what did not pass.
    fn failing_lines(report: &FileReport) -> Vec<usize> {
        report.findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_unreadable_file_is_a_failure() {
        assert_eq!(failing_lines(&check_text("(module")), [0]);
        assert_eq!(failing_lines(&check_text("(module)\n(assert_oops)")), [0]);
    }

    #[test]
    fn scripts_run_and_wrong_expectations_fail() {
        let report = check_text(
            r#"(module $m (memory (export "mem") 1 2) (global (export "g") i64 (i64.const -1))
                   (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
                   (func (export "trap") unreachable)
                   (func $deep (export "deep") (call $deep))
                   (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
               (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
               (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4)) ;; wrong
               (assert_return (get "g") (i64.const -1))
               (assert_trap (invoke "trap") "unreachable")
               (assert_trap (invoke "trap") "integer overflow") ;; wrong
               (assert_exhaustion (invoke "deep") "call stack exhausted")
               (register "m" $m)
               (assert_trap (module (memory (import "m" "mem") 1)
                   (data (i32.const 8) "\01") (data (i32.const 65536) "\02")) "out of bounds memory access")
               (assert_return (invoke $m "load" (i32.const 8)) (i32.const 1))
               (assert_unlinkable (module (import "m" "none" (func))) "unknown import")
               (assert_unlinkable (module (import "m" "add" (func))) "incompatible import type")
               (assert_unlinkable (module (import "m" "add" (func))) "unknown import") ;; wrong
               (assert_invalid (module (func (result i32))) "type mismatch")
               (assert_invalid (module (func)) "type mismatch") ;; wrong
               (assert_malformed (module quote "(func") "unexpected token")
               (module (func (import "spectest" "print_i32") (param i32)) (export "f" (func 0)))
               (invoke "f" (i32.const 1))
               (invoke "none") ;; wrong"#,
        );
        assert_eq!(failing_lines(&report), [7, 7, 10, 10, 18, 20, 24]);
    }

    #[test]
    fn a_module_that_does_not_compile_fails_alone() {
        let report = check_text(
            r#"(module $a (func (export "f")))
               (register "a" $a)
               (module $b (import "a" "none" (func)) (func (export "g")))
               (register "b" $b)
               (module $c (import "b" "g" (func)) (func (export "h")))
               (invoke "h")
               (module (import "a" "f" (func)) (export "f" (func 0)))
               (invoke "f")
               (invoke $a "f")"#,
        );
        assert_eq!(failing_lines(&report), [3, 3, 5, 5, 6, 6]);
        let consequences = report.findings.iter().filter(|finding| finding.consequence).count();
        assert_eq!(consequences, 4);
    }
}
