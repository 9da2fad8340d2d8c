//! Cuts a script into programs: sets of instances that share state and therefore one executable.
//!
//! An instance without ties is its own program, so that its memory is the first of the program and stands at the
//! fixed address, as in a user's build.

use crate::module::Import;
use crate::script::{Instance, Link, Script};
use std::collections::BTreeMap;

/// The host module, as fields of the text format.
const SPECTEST: &str = include_str!("spectest.wat");

/// Exports of the host module that need later proposals: they are there only for those who import them.
const SPECTEST_EXTENSIONS: &[(&str, &str)] = &[
    ("table64", "(table (export \"table64\") i64 10 20 funcref)\n"),
    ("shared_memory", "(memory (export \"shared_memory\") 1 2 shared)\n"),
];

/// Instances that go into one executable.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// The host module in the text format, where an instance imports from it: it is input 0 then.
    pub host: Option<String>,
    /// Indices of the instances, in order of instantiation.
    pub instances: Vec<usize>,
}

/// The programs that the `wanted` instances of a script make up, in order of their first instance.
pub fn programs(script: &Script, wanted: impl Fn(usize) -> bool) -> Vec<Program> {
    // The last set stands for the tables and memories of the host module.
    let host = script.instances.len();
    let mut sets = DisjointSets::new(host + 1);
    for (index, instance) in script.instances.iter().enumerate().filter(|(index, _)| wanted(*index)) {
        for link in instance.links.values() {
            if let Link::Instance(provider) = link {
                sets.join(index, *provider);
            }
        }
        if host_imports(instance).any(|import| import.shares_contents) {
            sets.join(index, host);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in (0..host).filter(|index| wanted(*index)) {
        members.entry(sets.find(index)).or_default().push(index);
    }
    let mut programs: Vec<Program> = members.into_values().map(|instances| Program::new(script, instances)).collect();
    programs.sort_by_key(|program| program.instances.first().copied());
    programs
}

impl Program {
    fn new(script: &Script, instances: Vec<usize>) -> Program {
        let imports: Vec<&Import> =
            instances.iter().flat_map(|instance| host_imports(&script.instances[*instance])).collect();
        let host = (!imports.is_empty()).then(|| {
            let mut text = SPECTEST.to_owned();
            for (name, field) in SPECTEST_EXTENSIONS {
                if imports.iter().any(|import| import.name == *name) {
                    text.push_str(field);
                }
            }
            text
        });
        Program { host, instances }
    }

    /// An instance and everything it imports from, directly or not.
    pub fn closure(script: &Script, instance: usize) -> Program {
        let mut needed = vec![false; instance + 1];
        needed[instance] = true;
        // Providers are earlier instances: one pass from the end finds them all.
        for index in (0..=instance).rev() {
            if needed[index] {
                for link in script.instances[index].links.values() {
                    if let Link::Instance(provider) = link {
                        needed[*provider] = true;
                    }
                }
            }
        }
        Program::new(script, (0..=instance).filter(|index| needed[*index]).collect())
    }

    /// The program without those of its instances that are `unwanted`.
    pub fn without(&self, script: &Script, unwanted: impl Fn(usize) -> bool) -> Program {
        Program::new(script, self.instances.iter().copied().filter(|instance| !unwanted(*instance)).collect())
    }

    /// Which input of the compilation an instance is.
    pub fn input(&self, instance: usize) -> Option<usize> {
        let position = self.instances.iter().position(|member| *member == instance)?;
        Some(position + usize::from(self.host.is_some()))
    }

    /// The `links` of an instance's input.
    pub fn links(&self, instance: &Instance) -> BTreeMap<String, usize> {
        let input = |link: &Link| match link {
            Link::Host => Some(0),
            Link::Instance(provider) => self.input(*provider),
        };
        instance.links.iter().filter_map(|(name, link)| Some((name.clone(), input(link)?))).collect()
    }
}

/// What an instance imports from the host module.
fn host_imports(instance: &Instance) -> impl Iterator<Item = &Import> {
    instance
        .module
        .iter()
        .flat_map(|module| &module.imports)
        .filter(|import| instance.links.get(&import.module) == Some(&Link::Host))
}

/// Union-find without ranks: scripts have at most a few hundred instances.
struct DisjointSets(Vec<usize>);

impl DisjointSets {
    fn new(length: usize) -> DisjointSets {
        DisjointSets((0..length).collect())
    }

    fn find(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }

    fn join(&mut self, first: usize, second: usize) {
        let (first, second) = (self.find(first), self.find(second));
        self.0[first] = second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn cut(text: &str) -> (Script, Vec<Vec<usize>>) {
        let script = Script::read(text, Path::new("test.wast")).unwrap();
        let programs = programs(&script, |_| true).into_iter().map(|program| program.instances).collect();
        (script, programs)
    }

    #[test]
    fn modules_without_ties_stand_alone() {
        let (_, programs) = cut(r#"(module (memory 1)) (module $b (memory 1) (export "m" (memory 0))) (register "b")
               (module (import "spectest" "print" (func)) (import "spectest" "global_i32" (global i32)))
               (module (import "spectest" "print" (func)))"#);
        assert_eq!(programs, [[0], [1], [2], [3]]);
    }

    #[test]
    fn imports_tie() {
        let (script, programs) = cut(r#"(module $a (func (export "f"))) (register "a")
               (module)
               (module $c (import "a" "f" (func)) (export "g" (func 0))) (register "c")
               (module (import "c" "g" (func)))
               (module $a (func (export "f"))) (register "a")
               (module (import "a" "f" (func)))"#);
        assert_eq!(programs, [vec![0, 2, 3], vec![1], vec![4, 5]]);
        assert_eq!(Program::closure(&script, 3).instances, [0, 2, 3]);
        assert_eq!(Program::closure(&script, 2).instances, [0, 2]);
        assert_eq!(Program::closure(&script, 5).instances, [4, 5]);
    }

    #[test]
    fn tables_and_memories_of_the_host_tie() {
        let (script, programs) = cut(r#"(module (import "spectest" "memory" (memory 1)))
               (module (import "spectest" "print" (func)))
               (module (import "spectest" "table" (table 10 funcref)))"#);
        assert_eq!(programs, [vec![0, 2], vec![1]]);
        let program = &super::programs(&script, |_| true)[0];
        assert_eq!((program.input(0), program.input(1), program.input(2)), (Some(1), None, Some(2)));
        assert_eq!(program.links(&script.instances[2]), BTreeMap::from([("spectest".into(), 0)]));
    }

    #[test]
    fn unwanted_instances_neither_appear_nor_tie() {
        let text = r#"(module $a (memory (export "m") 1)) (register "a")
               (assert_unlinkable (module (import "a" "m" (memory 2)) (import "spectest" "memory" (memory 9))) "x")
               (module (import "spectest" "memory" (memory 1)))"#;
        let script = Script::read(text, Path::new("test.wast")).unwrap();
        let instances = |wanted: fn(usize) -> bool| {
            programs(&script, wanted).into_iter().map(|program| program.instances).collect::<Vec<_>>()
        };
        assert_eq!(instances(|_| true), [[0, 1, 2]]);
        assert_eq!(instances(|index| index != 1), [[0], [2]]);
    }

    #[test]
    fn inputs_are_numbered_after_the_host() {
        let (script, _) = cut(r#"(module $a (func (export "f"))) (register "a")
               (module (import "a" "f" (func)) (import "spectest" "table64" (table i64 0 funcref)))"#);
        let program = Program::closure(&script, 1);
        assert!(program.host.as_ref().is_some_and(|text| text.contains("table64") && !text.contains("shared_memory")));
        assert_eq!(program.links(&script.instances[1]), BTreeMap::from([("a".into(), 1), ("spectest".into(), 0)]));
        assert_eq!(Program::closure(&script, 0).host, None);
    }

    #[test]
    fn the_host_module_is_a_module() {
        let bytes = wast_binary(SPECTEST);
        let module = crate::module::Module::new(bytes);
        for name in ["print", "print_i32", "print_f64_f64", "global_i32", "global_f64", "table", "memory"] {
            assert!(module.exports.iter().any(|export| export == name), "{name}");
        }
        for (name, field) in SPECTEST_EXTENSIONS {
            assert_eq!(crate::module::Module::new(wast_binary(field)).exports, [*name]);
        }
    }

    fn wast_binary(text: &str) -> Vec<u8> {
        let buffer = wast::parser::ParseBuffer::new(text).unwrap();
        wast::parser::parse::<wast::Wat<'_>>(&buffer).unwrap().encode().unwrap()
    }
}
