//! Decides which calls are replaced by the body of the function called, from facts alone: before any code is made,
//! so that the decisions depend neither on the number of threads nor on the order in which units are compiled.
//!
//! Functions are looked at bottom-up over the call graph's strongly connected components: what a function grows to is
//! known before its callers ask. Of the calls inside a component (recursion), those of small functions by themselves are replaced once.
//! The function itself stays too, under its name.

use super::definitions::{Definition, Definitions};
use super::reach::{Unit, Units};
use crate::OptLevel;
use crate::module::{BodyFacts, CallSite};

/// Operators that a call costs more or less anyway: arguments into registers, a frame, the result.
const CALL: u32 = 5;
/// Operators that may come in place of a call, where speed counts.
const LIMIT: u32 = 10;
/// How many more for an argument that is a constant: it tends to make a part of the body vanish.
const FOR_CONSTANT: u32 = 5;
/// How many more for a call in a loop.
const FOR_LOOP: u32 = 10;
/// Operators of a function that may come in place of its calls of itself: what is called there stays a call.
const RECURSIVE: u32 = 60;
/// Operators that a function may always grow by; a large one, by half its size.
const GROWTH: u32 = 300;

/// The calls that are inlined.
#[derive(Debug, Default)]
pub(crate) struct Inlining {
    /// By module and position of the body: which of its calls, in order of the code, from 0. Sorted.
    calls: Vec<Vec<Vec<u32>>>,
}

impl Inlining {
    /// Whether the call number `call` of a body is inlined.
    pub fn contains(&self, module: usize, position: usize, call: u32) -> bool {
        let calls = self.calls.get(module).and_then(|bodies| bodies.get(position));
        calls.is_some_and(|calls| calls.binary_search(&call).is_ok())
    }

    /// Decides for all functions that are compiled.
    pub fn decide(facts: &[Vec<BodyFacts>], definitions: &Definitions, units: &Units, level: OptLevel) -> Inlining {
        if !matches!(level, OptLevel::Speed | OptLevel::Size) {
            return Inlining::default();
        }
        let decide = |(module, facts): (usize, &Vec<BodyFacts>)| {
            let live = (0..facts.len()).map(|position| units.id(Unit::Wasm { module, position }).is_some()).collect();
            let callee = |function| match definitions.function(module, function) {
                Definition::Wasm { module: owner, position } if owner == module => Some(position),
                _ => None,
            };
            Calls { facts, callee: &callee, live, level }.decide()
        };
        Inlining { calls: facts.iter().enumerate().map(decide).collect() }
    }
}

/// The call graph of a module: calls into other modules stay calls, because a body is translated for its own module's memories.
struct Calls<'p> {
    facts: &'p [BodyFacts],
    /// The body that a function index leads to, if it is one of this module.
    callee: &'p dyn Fn(u32) -> Option<usize>,
    /// The bodies that are compiled.
    live: Vec<bool>,
    level: OptLevel,
}

impl Calls<'_> {
    fn decide(&self) -> Vec<Vec<u32>> {
        let components = self.components();
        let mut sizes: Vec<u32> = self.facts.iter().map(|facts| facts.operators).collect();
        let mut inlined = vec![Vec::new(); self.facts.len()];
        for &(position, component) in &components.order {
            let facts = &self.facts[position];
            let mut size = facts.operators;
            let most = size.saturating_add(GROWTH.max(size / 2));
            for (number, (&function, site)) in facts.calls.iter().zip(&facts.call_sites).enumerate() {
                let Some(callee) = (self.callee)(function) else { continue };
                let limit = if callee == position { self.recursive_limit() } else { self.limit(site) };
                let fits =
                    sizes[callee] <= limit && (sizes[callee] <= CALL || size.saturating_add(sizes[callee]) <= most);
                // Others of the component come out later, and are no callee's yet.
                let is_known = components.of[callee] != component || callee == position;
                if fits && is_known && is_inlinable(site, &self.facts[callee]) {
                    size = size.saturating_add(sizes[callee]);
                    inlined[position].push(number as u32);
                }
            }
            sizes[position] = size;
        }
        inlined
    }

    /// Operators that may come in place of a call.
    fn limit(&self, site: &CallSite) -> u32 {
        if self.level == OptLevel::Size {
            return CALL;
        }
        let constants = FOR_CONSTANT * u32::from(site.constants.min(3));
        LIMIT + constants + if site.loop_depth > 0 { FOR_LOOP } else { 0 }
    }

    /// Operators that may come in place of a call by the function itself.
    fn recursive_limit(&self) -> u32 {
        if self.level == OptLevel::Size { 0 } else { RECURSIVE }
    }

    /// Tarjan's algorithm, with a stack of its own: call graphs are deep.
    fn components(&self) -> Components {
        const NONE: u32 = u32::MAX;
        let count = self.facts.len();
        let mut found = Components { order: Vec::with_capacity(count), of: vec![NONE; count] };
        let mut index = vec![NONE; count];
        let mut low = vec![0; count];
        let (mut next, mut path, mut work) = (0, Vec::new(), Vec::new());
        for root in (0..count).filter(|&root| self.live[root]) {
            if index[root] != NONE {
                continue;
            }
            work.push((root, 0));
            while let Some(&mut (body, ref mut call)) = work.last_mut() {
                if *call == 0 {
                    (index[body], low[body]) = (next, next);
                    next += 1;
                    path.push(body);
                }
                let function = self.facts[body].calls.get(*call);
                *call += 1;
                if let Some(&function) = function {
                    let Some(callee) = (self.callee)(function) else { continue };
                    if index[callee] == NONE {
                        work.push((callee, 0));
                    } else if found.of[callee] == NONE {
                        low[body] = low[body].min(index[callee]);
                    }
                    continue;
                }
                work.pop();
                if let Some(&(caller, _)) = work.last() {
                    low[caller] = low[caller].min(low[body]);
                }
                if low[body] == index[body] {
                    let start = path.iter().rposition(|&member| member == body).unwrap_or(0);
                    for member in path.drain(start..) {
                        found.of[member] = body as u32;
                        found.order.push((member, body as u32));
                    }
                }
            }
        }
        found
    }
}

/// The strongly connected components of a call graph.
struct Components {
    /// Bodies with their components, callees first.
    order: Vec<(usize, u32)>,
    /// The component of each body.
    of: Vec<u32>,
}

/// Whether a body may stand in place of a call.
fn is_inlinable(site: &CallSite, callee: &BodyFacts) -> bool {
    // A tail call in it would become a call, and stacks that must not grow would. Handlers know their place on the
    // control stack by its height. What does not return is no part of what makes programs slow.
    !site.is_tail && !callee.has_tail_call && !callee.has_try && !callee.ends_unreachable
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts of bodies given as operators, callees, and whether calls are in tail position.
    fn facts(bodies: &[(u32, &[u32], bool)]) -> Vec<BodyFacts> {
        let body = |&(operators, calls, is_tail): &(u32, &[u32], bool)| BodyFacts {
            operators,
            calls: calls.to_vec(),
            call_sites: calls.iter().map(|_| CallSite { is_tail, ..CallSite::default() }).collect(),
            has_tail_call: is_tail,
            ..BodyFacts::default()
        };
        bodies.iter().map(body).collect()
    }

    fn decide(bodies: &[(u32, &[u32], bool)], level: OptLevel) -> Vec<Vec<u32>> {
        let facts = facts(bodies);
        let live = vec![true; facts.len()];
        Calls { facts: &facts, callee: &|function| Some(function as usize), live, level }.decide()
    }

    #[test]
    fn small_functions_are_inlined_and_large_ones_called() {
        let bodies: &[(u32, &[u32], bool)] = &[(50, &[1, 2, 1, 2], false), (10, &[], false), (200, &[], false)];
        assert_eq!(decide(bodies, OptLevel::Speed), [vec![0, 2], vec![], vec![]]);
        assert_eq!(decide(bodies, OptLevel::Size), [vec![0; 0], vec![], vec![]]);
    }

    #[test]
    fn what_a_callee_grew_to_counts() {
        // 2 takes in 3 twice, and is too large for 1 then.
        let bodies: &[(u32, &[u32], bool)] =
            &[(9, &[1, 1], false), (9, &[2, 2], false), (9, &[3, 3], false), (9, &[], false)];
        assert_eq!(decide(bodies, OptLevel::Speed), [vec![0, 1], vec![], vec![0, 1], vec![]]);
    }

    #[test]
    fn mutual_recursion_and_tail_calls_stay() {
        let bodies: &[(u32, &[u32], bool)] =
            &[(9, &[1], false), (9, &[2], false), (9, &[1], false), (9, &[0], true), (9, &[3], false)];
        assert_eq!(decide(bodies, OptLevel::Speed), [vec![0], vec![], vec![], vec![], vec![]]);
    }

    #[test]
    fn small_functions_take_themselves_in() {
        let bodies: &[(u32, &[u32], bool)] = &[(60, &[0, 0], false), (61, &[1], false), (9, &[2], true)];
        assert_eq!(decide(bodies, OptLevel::Speed), [vec![0, 1], vec![], vec![]]);
        assert_eq!(decide(bodies, OptLevel::Size), [vec![0; 0], vec![], vec![]]);
    }

    #[test]
    fn growth_is_bounded() {
        let calls = [1; 1000];
        let inlined = &decide(&[(2000, &calls, false), (10, &[], false)], OptLevel::Speed)[0];
        assert_eq!(inlined.len(), 1000 / 10);
        let deep: Vec<(u32, Vec<u32>)> = (1..=100_000).map(|next| (30, vec![next % 100_000])).collect();
        let deep: Vec<(u32, &[u32], bool)> =
            deep.iter().map(|(size, calls)| (*size, calls.as_slice(), false)).collect();
        assert!(decide(&deep, OptLevel::Speed).iter().all(Vec::is_empty));
    }
}
