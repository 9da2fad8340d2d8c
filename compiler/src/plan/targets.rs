//! What indirect calls through tables that never change can lead to: where one target remains, the call is direct.

use std::ops::Range;

use super::definitions::Definition;
use crate::module::TypeId;

/// What the calls of a type through a table can lead to, all else being a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// One element of the table.
    Element(u64, Definition),
    /// Several elements, all of them the same function.
    Function(Definition),
    /// Nothing, or different functions.
    Other,
}

/// The functions in a table that never changes.
#[derive(Debug)]
pub(crate) struct TableTargets {
    elements: Vec<Option<(TypeId, Definition)>>,
    /// By exact type of the functions, sorted.
    by_type: Vec<(TypeId, Targets)>,
}

impl TableTargets {
    pub(super) fn new(elements: Vec<Option<(TypeId, Definition)>>) -> TableTargets {
        let mut by_type: Vec<(TypeId, Targets)> = elements
            .iter()
            .zip(0..)
            .filter_map(|(element, index)| element.map(|(ty, definition)| (ty, Targets::Element(index, definition))))
            .collect();
        by_type.sort_by_key(|&(ty, _)| ty.0);
        by_type.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 = first.1.or(next.1);
            }
            same
        });
        TableTargets { elements, by_type }
    }

    /// The function that calls of these types, a type and its subtypes, lead to at this index, if they do not trap.
    pub fn at(&self, index: u64, types: &Range<u32>) -> Option<Definition> {
        let (ty, definition) = (*self.elements.get(usize::try_from(index).ok()?)?)?;
        types.contains(&ty.0).then_some(definition)
    }

    /// What calls of these types, a type and its subtypes, lead to.
    pub fn of(&self, types: &Range<u32>) -> Targets {
        let first = self.by_type.partition_point(|&(ty, _)| ty.0 < types.start);
        let matching = self.by_type[first..].iter().take_while(|&&(ty, _)| ty.0 < types.end);
        matching.map(|&(_, targets)| targets).reduce(Targets::or).unwrap_or(Targets::Other)
    }
}

impl Targets {
    fn definition(self) -> Option<Definition> {
        match self {
            Targets::Element(_, definition) | Targets::Function(definition) => Some(definition),
            Targets::Other => None,
        }
    }

    fn or(self, other: Targets) -> Targets {
        match (self.definition(), other.definition()) {
            (Some(one), Some(another)) if one == another => Targets::Function(one),
            _ => Targets::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_of_a_type_are_those_of_its_subtypes_too() {
        let function = |position| Definition::Wasm { module: 0, position };
        let targets = TableTargets::new(vec![
            Some((TypeId(3), function(0))),
            Some((TypeId(6), function(1))),
            Some((TypeId(4), function(0))),
            None,
        ]);
        assert_eq!(targets.of(&(3..4)), Targets::Element(0, function(0)));
        assert_eq!(targets.of(&(3..5)), Targets::Function(function(0)));
        assert_eq!(targets.of(&(3..7)), Targets::Other);
        assert_eq!(targets.of(&(5..7)), Targets::Element(1, function(1)));
        assert_eq!(targets.of(&(7..9)), Targets::Other);
        assert_eq!(targets.at(1, &(5..7)), Some(function(1)));
        assert_eq!(targets.at(1, &(3..5)), None);
        assert_eq!((targets.at(3, &(3..7)), targets.at(4, &(3..7)), targets.at(u64::MAX, &(3..7))), (None, None, None));
    }
}
