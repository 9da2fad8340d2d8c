//! Reads a test script (wasm spec interpreter README, "Scripts") into steps and the module instances they create.

use crate::module::Module;
use crate::values::{Pattern, encode_argument};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use wasmc_compiler::{Error, parse_text};
use wast::lexer::Lexer;
use wast::parser::{Parse, ParseBuffer, Parser, parse};
use wast::token::{Id, Span};
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute, WastInvoke, WastThread, Wat};

/// A test script.
#[derive(Debug, Default)]
pub struct Script {
    /// Every instance that the script creates or tries to create, in order of instantiation.
    pub instances: Vec<Instance>,
    /// What is checked, in order.
    pub steps: Vec<Step>,
}

/// A module instance.
#[derive(Debug)]
pub struct Instance {
    /// The module, or why its text could not be read.
    pub module: Result<Rc<Module>, Rc<Error>>,
    /// Who provides the imports: by import module name, as registered when the instance is created.
    pub links: BTreeMap<String, Link>,
    /// Line of the script that creates it, counted from 1.
    pub line: usize,
}

/// Provider of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The host module `spectest`.
    Host,
    /// An earlier instance of the script.
    Instance(usize),
}

/// One thing that a script checks.
#[derive(Debug)]
pub struct Step {
    /// Line of the script, counted from 1.
    pub line: usize,
    /// Name of the directive.
    pub directive: &'static str,
    /// What is to be done.
    pub check: Check,
}

/// What a step does and expects.
#[derive(Debug)]
pub enum Check {
    /// Creates an instance.
    Instantiate(usize, Expected),
    /// Validates a module that is not instantiated yet.
    Define(Result<Rc<Module>, Rc<Error>>),
    /// A module that must be refused, for a reason like the one given; or how its text was refused already.
    Refuse(Result<Vec<u8>, Error>, String),
    /// Calls an exported function of an instance, or reads an exported global.
    Act(usize, Action, Expected),
    /// A step that the script gets wrong: an unknown instance, a missing export.
    Broken(String),
    /// Something this runner or wasmc does not know yet.
    Unsupported(String),
}

/// What to do with an instance.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Call the function exported at this position of the export section.
    Call(usize, Vec<u128>),
    /// Read the global exported at this position of the export section.
    Get(usize),
}

/// What an instantiation or action must end with.
#[derive(Debug, PartialEq)]
pub enum Expected {
    /// No trap.
    Success,
    /// These results.
    Results(Vec<Pattern>),
    /// A trap with this message.
    Trap(String),
    /// The stack's end, with this message.
    Exhaustion(String),
    /// An exception that nobody catches.
    Exception,
    /// Linking fails with this message.
    Unlinkable(String),
}

impl Script {
    /// Reads a script; `path` is for messages. The error shows line and column.
    pub fn read(text: &str, path: &Path) -> Result<Script, String> {
        let mut lexer = Lexer::new(text);
        // The suite has identifiers and comments in right-to-left scripts on purpose.
        lexer.allow_confusing_unicode(true);
        let locate = |mut error: wast::Error| {
            error.set_path(path);
            error.set_text(text);
            error.to_string()
        };
        let buffer = ParseBuffer::new_with_lexer(lexer).map_err(locate)?;
        let Whole(wast) = parse(&buffer).map_err(locate)?;
        let mut reader = Reader::new(path, text);
        for directive in wast.into_iter().flat_map(|wast| wast.directives) {
            reader.directive(directive);
        }
        Ok(reader.script)
    }

    /// The export names of an instance; none where its module could not be read.
    fn exports(&self, instance: usize) -> &[String] {
        match self.instances.get(instance).map(|instance| &instance.module) {
            Some(Ok(module)) => &module.exports,
            _ => &[],
        }
    }
}

/// A script, or nothing but comments.
struct Whole<'a>(Option<Wast<'a>>);

impl<'a> Parse<'a> for Whole<'a> {
    fn parse(parser: Parser<'a>) -> wast::parser::Result<Self> {
        let wast = if parser.is_empty() { None } else { Some(parser.parse()?) };
        Ok(Whole(wast))
    }
}

/// Offsets of line starts: spans are looked up tens of thousands of times in the large scripts.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect())
    }

    /// Counted from 1.
    fn number(&self, span: Span) -> usize {
        self.0.partition_point(|start| *start <= span.offset())
    }
}

struct Reader<'a> {
    script: Script,
    path: &'a Path,
    lines: Lines,
    /// The instance that an action without a name means.
    current: Option<usize>,
    /// The module that an instantiation without a name means.
    definition: Option<Result<Rc<Module>, Rc<Error>>>,
    instances: HashMap<String, usize>,
    definitions: HashMap<String, Result<Rc<Module>, Rc<Error>>>,
    registered: HashMap<String, usize>,
}

impl<'a> Reader<'a> {
    fn new(path: &'a Path, text: &str) -> Reader<'a> {
        Reader {
            script: Script::default(),
            path,
            lines: Lines::new(text),
            current: None,
            definition: None,
            instances: HashMap::new(),
            definitions: HashMap::new(),
            registered: HashMap::new(),
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) {
        let line = self.lines.number(directive.span());
        match directive {
            WastDirective::Module(mut source) => {
                let name = source.name().map(owned_name);
                let module = self.module(&mut source);
                self.define(name.as_deref(), &module);
                let instance = self.instance(module, line);
                self.bind(name, instance);
                self.step(line, "module", Check::Instantiate(instance, Expected::Success));
            }
            WastDirective::ModuleDefinition(mut source) => {
                let name = source.name().map(owned_name);
                let module = self.module(&mut source);
                self.define(name.as_deref(), &module);
                self.step(line, "module definition", Check::Define(module));
            }
            WastDirective::ModuleInstance { instance: name, module, .. } => {
                let definition = match module {
                    Some(id) => self.definitions.get(id.name()).cloned(),
                    None => self.definition.clone(),
                };
                match definition {
                    Some(module) => {
                        let instance = self.instance(module, line);
                        self.bind(name.map(owned_name), instance);
                        self.step(line, "module instance", Check::Instantiate(instance, Expected::Success));
                    }
                    None => self.broken(line, "module instance", "no such module definition"),
                }
            }
            WastDirective::Register { name, module, .. } => match self.find(module) {
                Ok(instance) => {
                    self.registered.insert(name.to_owned(), instance);
                }
                Err(reason) => self.broken(line, "register", &reason),
            },
            WastDirective::AssertMalformed { module, message, .. } => {
                self.refuse(line, "assert_malformed", module, message);
            }
            WastDirective::AssertMalformedCustom { module, message, .. } => {
                self.refuse(line, "assert_malformed_custom", module, message);
            }
            WastDirective::AssertInvalid { module, message, .. } => {
                self.refuse(line, "assert_invalid", module, message)
            }
            WastDirective::AssertInvalidCustom { module, message, .. } => {
                self.refuse(line, "assert_invalid_custom", module, message);
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                self.instantiate(line, "assert_unlinkable", module, Expected::Unlinkable(message.to_owned()));
            }
            WastDirective::Invoke(invoke) => {
                self.execute(line, "invoke", WastExecute::Invoke(invoke), Ok(Expected::Success))
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                let expected = results.iter().map(Pattern::from_script).collect::<Result<_, _>>();
                self.execute(line, "assert_return", exec, expected.map(Expected::Results));
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                self.execute(line, "assert_trap", exec, Ok(Expected::Trap(message.to_owned())));
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let expected = Ok(Expected::Exhaustion(message.to_owned()));
                self.execute(line, "assert_exhaustion", WastExecute::Invoke(call), expected);
            }
            WastDirective::AssertException { exec, .. } => {
                self.execute(line, "assert_exception", exec, Ok(Expected::Exception));
            }
            WastDirective::AssertSuspension { .. } => self.unsupported(line, "assert_suspension"),
            WastDirective::Thread(thread) => self.thread(thread, line),
            // The thread has come to its end already.
            WastDirective::Wait { .. } => {}
        }
    }

    /// What a thread does, all of it before anything else: one of the orders that its concurrency allows. It sees the
    /// instance that it shares, and nobody sees its own.
    fn thread(&mut self, thread: WastThread<'_>, line: usize) {
        let mut shared = HashMap::new();
        if let Some(id) = thread.shared_module {
            match self.find(Some(id)) {
                Ok(instance) => {
                    shared.insert(id.name().to_owned(), instance);
                }
                Err(reason) => self.broken(line, "thread", &reason),
            }
        }
        let instances = std::mem::replace(&mut self.instances, shared);
        let registered = std::mem::take(&mut self.registered);
        let (current, definition) = (self.current.take(), self.definition.take());
        let definitions = std::mem::take(&mut self.definitions);
        for directive in thread.directives {
            self.directive(directive);
        }
        (self.instances, self.registered, self.definitions) = (instances, registered, definitions);
        (self.current, self.definition) = (current, definition);
    }

    fn step(&mut self, line: usize, directive: &'static str, check: Check) {
        self.script.steps.push(Step { line, directive, check });
    }

    fn broken(&mut self, line: usize, directive: &'static str, reason: &str) {
        self.step(line, directive, Check::Broken(reason.to_owned()));
    }

    fn unsupported(&mut self, line: usize, directive: &'static str) {
        self.step(line, directive, Check::Unsupported(format!("directive {directive}")));
    }

    /// The binary format of a module. Quoted text goes the way of a user's file.
    fn binary(&self, source: &mut QuoteWat<'_>) -> Result<Vec<u8>, Error> {
        match source.to_test().map_err(|error| Error::Text(error.to_string()))? {
            QuoteWatTest::Binary(bytes) => Ok(bytes),
            QuoteWatTest::Text(text) => parse_text(&text, self.path),
        }
    }

    fn module(&self, source: &mut QuoteWat<'_>) -> Result<Rc<Module>, Rc<Error>> {
        self.binary(source).map(|bytes| Rc::new(Module::new(bytes))).map_err(Rc::new)
    }

    fn define(&mut self, name: Option<&str>, module: &Result<Rc<Module>, Rc<Error>>) {
        self.definition = Some(module.clone());
        if let Some(name) = name {
            self.definitions.insert(name.to_owned(), module.clone());
        }
    }

    /// Creates an instance that is linked to what is registered now, and else to the instance of that name: other suites
    /// than the official one rely on it.
    fn instance(&mut self, module: Result<Rc<Module>, Rc<Error>>, line: usize) -> usize {
        let mut links = BTreeMap::new();
        for import in module.iter().flat_map(|module| &module.imports) {
            let (registered, named) = (self.registered.get(&import.module), self.instances.get(&import.module));
            let link = match (registered, named) {
                (Some(instance), _) => Link::Instance(*instance),
                (None, _) if import.module == "spectest" => Link::Host,
                (None, Some(instance)) => Link::Instance(*instance),
                (None, None) => continue,
            };
            links.insert(import.module.clone(), link);
        }
        self.script.instances.push(Instance { module, links, line });
        self.script.instances.len() - 1
    }

    fn bind(&mut self, name: Option<String>, instance: usize) {
        self.current = Some(instance);
        if let Some(name) = name {
            self.instances.insert(name, instance);
        }
    }

    fn find(&self, name: Option<Id<'_>>) -> Result<usize, String> {
        match name {
            Some(id) => match self.instances.get(id.name()) {
                Some(instance) => Ok(*instance),
                None => Err(format!("no instance is called ${}", id.name())),
            },
            None => self.current.ok_or_else(|| "there is no instance yet".to_owned()),
        }
    }

    fn refuse(&mut self, line: usize, directive: &'static str, mut module: QuoteWat<'_>, message: &str) {
        let module = self.binary(&mut module);
        self.step(line, directive, Check::Refuse(module, message.to_owned()));
    }

    /// An instantiation that no later step refers to.
    fn instantiate(&mut self, line: usize, directive: &'static str, module: Wat<'_>, expected: Expected) {
        let module = self.module(&mut QuoteWat::Wat(module));
        let instance = self.instance(module, line);
        self.step(line, directive, Check::Instantiate(instance, expected));
    }

    fn execute(
        &mut self,
        line: usize,
        directive: &'static str,
        execute: WastExecute<'_>,
        expected: Result<Expected, String>,
    ) {
        let expected = match expected {
            Ok(expected) => expected,
            Err(reason) => return self.step(line, directive, Check::Unsupported(reason)),
        };
        let action = match execute {
            WastExecute::Wat(module) => return self.instantiate(line, directive, module, expected),
            WastExecute::Invoke(invoke) => self.call(&invoke),
            WastExecute::Get { module, global, .. } => {
                self.export(module, global).map(|(instance, export)| (instance, Ok(Action::Get(export))))
            }
        };
        let check = match action {
            Ok((instance, Ok(action))) => Check::Act(instance, action, expected),
            Ok((_, Err(unsupported))) => Check::Unsupported(unsupported),
            Err(reason) => Check::Broken(reason),
        };
        self.step(line, directive, check);
    }

    /// The instance and what to do with it, or what is not supported; the outer error is the script's fault.
    fn call(&self, invoke: &WastInvoke<'_>) -> Result<(usize, Result<Action, String>), String> {
        let (instance, export) = self.export(invoke.module, invoke.name)?;
        let arguments = invoke.args.iter().map(encode_argument).collect::<Result<_, _>>();
        Ok((instance, arguments.map(|arguments| Action::Call(export, arguments))))
    }

    fn export(&self, module: Option<Id<'_>>, name: &str) -> Result<(usize, usize), String> {
        let instance = self.find(module)?;
        let export = self.script.exports(instance).iter().position(|export| export == name);
        match (export, &self.script.instances[instance].module) {
            (Some(export), _) => Ok((instance, export)),
            // The module itself is reported; this step counts as a consequence of it.
            (None, Err(_)) => Ok((instance, 0)),
            (None, Ok(_)) => Err(format!("the module has no export \"{name}\"")),
        }
    }
}

fn owned_name(id: Id<'_>) -> String {
    id.name().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Script {
        Script::read(text, Path::new("test.wast")).unwrap()
    }

    /// Line, directive and check of every step.
    fn outline(script: &Script) -> Vec<(usize, &'static str, String)> {
        script.steps.iter().map(|step| (step.line, step.directive, format!("{:?}", step.check))).collect()
    }

    #[test]
    fn actions_go_to_the_current_or_the_named_instance() {
        let script = read(
            r#"(module $a (func (export "f") (param i32)) (func (export "g")))
               (module $b (global (export "x") i32 (i32.const 1)))
               (invoke $a "g")
               (assert_return (get "x") (i32.const 1))
               (assert_trap (invoke $a "f" (i32.const 2)) "unreachable")
               (invoke "g")
               (invoke $c "g")"#,
        );
        let steps = outline(&script);
        assert_eq!(steps[2], (3, "invoke", "Act(0, Call(1, []), Success)".into()));
        assert_eq!(steps[3], (4, "assert_return", "Act(1, Get(0), Results([I32(1)]))".into()));
        assert_eq!(steps[4], (5, "assert_trap", "Act(0, Call(0, [2]), Trap(\"unreachable\"))".into()));
        assert!(matches!(script.steps[5].check, Check::Broken(_)));
        assert!(matches!(script.steps[6].check, Check::Broken(_)));
    }

    #[test]
    fn links_are_those_registered_at_that_moment() {
        let script = read(
            r#"(module $a (func (export "f")))
               (module (import "M" "f" (func)))
               (register "M" $a)
               (module $b (import "M" "f" (func)) (import "spectest" "print" (func)))
               (register "M")
               (register "spectest" $a)
               (module (import "M" "f" (func)) (import "spectest" "f" (func)))
               (module (import "a" "f" (func)))
               (register "N" $unknown)"#,
        );
        let links = |instance: usize| script.instances[instance].links.clone().into_iter().collect::<Vec<_>>();
        assert_eq!(links(1), []);
        assert_eq!(links(2), [("M".into(), Link::Instance(0)), ("spectest".into(), Link::Host)]);
        assert_eq!(links(3), [("M".into(), Link::Instance(2)), ("spectest".into(), Link::Instance(0))]);
        assert_eq!(links(4), [("a".into(), Link::Instance(0))]);
        assert_eq!(script.steps.last().unwrap().directive, "register");
    }

    #[test]
    fn asserted_instantiations_do_not_become_current() {
        let script = read(
            r#"(module (func (export "f")))
               (assert_trap (module (func unreachable) (start 0)) "unreachable")
               (assert_unlinkable (module (import "x" "y" (func))) "unknown import")
               (invoke "f")"#,
        );
        let steps = outline(&script);
        assert_eq!(steps[1].2, "Instantiate(1, Trap(\"unreachable\"))");
        assert_eq!(steps[2].2, "Instantiate(2, Unlinkable(\"unknown import\"))");
        assert_eq!(steps[3].2, "Act(0, Call(0, []), Success)");
    }

    #[test]
    fn definitions_are_instantiated_by_name_and_by_default() {
        let script = read(
            r#"(module definition $d (func (export "f")))
               (module instance $i $d)
               (module instance $j $d)
               (module instance)
               (invoke $i "f")
               (invoke $j "f")
               (module instance $k $none)"#,
        );
        assert_eq!(script.instances.len(), 3);
        let steps = outline(&script);
        assert_eq!((steps[0].1, steps[1].1), ("module definition", "module instance"));
        assert_eq!(steps[4].2, "Act(0, Call(0, []), Success)");
        assert_eq!(steps[5].2, "Act(1, Call(0, []), Success)");
        assert!(matches!(script.steps[6].check, Check::Broken(_)));
    }

    #[test]
    fn what_is_not_supported_is_counted() {
        let script = read(
            r#"(module (func (export "f")))
               (assert_suspension (invoke "f") "unhandled")"#,
        );
        let unsupported = script.steps.iter().filter(|step| matches!(step.check, Check::Unsupported(_))).count();
        assert_eq!(unsupported, 1);
    }

    #[test]
    fn scripts_may_be_empty() {
        assert!(read("").steps.is_empty() && read(";; nothing\n").steps.is_empty());
    }

    #[test]
    fn threads_share_what_they_name() {
        let script = read(
            r#"(module $shared (func (export "f")))
               (register "other" $shared)
               (thread $t (shared (module $shared))
                 (register "memory" $shared)
                 (module $own (import "memory" "f" (func)) (import "other" "f" (func)) (export "g" (func 0)))
                 (invoke "g"))
               (wait $t)
               (invoke "f")
               (invoke $own "g")"#,
        );
        assert_eq!(
            script.instances[1].links.clone().into_iter().collect::<Vec<_>>(),
            [("memory".into(), Link::Instance(0))]
        );
        let steps = outline(&script);
        assert_eq!(steps[2].2, "Act(1, Call(0, []), Success)");
        assert_eq!(steps[3].2, "Act(0, Call(0, []), Success)");
        assert!(matches!(script.steps[4].check, Check::Broken(_)));
    }

    #[test]
    fn modules_that_must_be_refused() {
        let script = read(
            r#"(assert_invalid (module (func (result i32))) "type mismatch")
               (assert_malformed (module binary "\00asm") "unexpected end")"#,
        );
        assert!(matches!(&script.steps[0].check, Check::Refuse(Ok(_), message) if message == "type mismatch"));
        assert!(matches!(&script.steps[1].check, Check::Refuse(Ok(bytes), _) if bytes == b"\0asm"));
    }

    #[test]
    fn errors_show_the_place() {
        let error = Script::read("(module)\n(oops)", Path::new("test.wast")).unwrap_err();
        assert!(error.contains("test.wast:2"), "{error}");
    }

    #[test]
    fn an_inline_module_is_a_script() {
        let script = read("(func (export \"f\"))");
        assert_eq!((script.instances.len(), script.steps.len()), (1, 1));
    }
}
