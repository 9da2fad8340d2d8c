//! Which functions the modules' debug information describes, and which locals and operands it refers to: only of these anything is
//! followed and kept while code is made.

use std::ops::Range;

use gimli::{AttributeValue, Operation, UnitOffset, constants as dw};

use super::addresses::address_range;
use super::expression::Reader;
use super::outline::Outlines;
use super::units::{Dwarf, Unit, Units};
use crate::plan::Plan;
use crate::{DebugLevel, Options, parallel};

/// What debug information refers to, in all modules.
pub(crate) struct Wanted {
    modules: Vec<WantedInModule>,
}

#[derive(Default)]
struct WantedInModule {
    /// Positions in the code section of the functions that are described, sorted; all are where there is no debug information.
    described: Option<Vec<usize>>,
    /// Positions of functions in the code section, and their locals; sorted.
    locals: Vec<(u32, u32)>,
    /// Addresses in the code section, and the operands there, counted from the bottom of the stack; sorted.
    operands: Vec<(u32, u32)>,
    /// Sorted by where they are first.
    variables: Vec<WantedVariable>,
}

/// What debug information refers to in one function.
#[derive(Clone, Copy)]
pub(crate) struct WantedInFunction<'w> {
    locals: &'w [(u32, u32)],
    operands: &'w [(u32, u32)],
    pub(super) variables: &'w [WantedVariable],
    /// The body's address in the code section.
    pub(super) start: u32,
}

/// A variable with a list of locations, some of which are locals or operands. Addresses are those of the code section.
pub(super) struct WantedVariable {
    /// The offset of its entry in `.debug_info`.
    pub entry: u32,
    pub is_parameter: bool,
    /// Sorted by address.
    pub bindings: Vec<Binding>,
    /// Where it is in scope; sorted.
    pub scope: Vec<Range<u32>>,
}

impl WantedVariable {
    /// The same with other addresses: what was `from` is `to`.
    pub fn moved(&self, from: u32, to: u32) -> WantedVariable {
        let move_one = |address: u32| address.saturating_sub(from).saturating_add(to);
        let move_range = |range: &Range<u32>| move_one(range.start)..move_one(range.end);
        let binding = |binding: &Binding| Binding { range: move_range(&binding.range), home: binding.home };
        WantedVariable {
            entry: self.entry,
            is_parameter: self.is_parameter,
            bindings: self.bindings.iter().map(binding).collect(),
            scope: self.scope.iter().map(move_range).collect(),
        }
    }
}

/// A variable is somewhere.
pub(super) struct Binding {
    pub range: Range<u32>,
    pub home: Home,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    Local(u32),
    Operand(u32),
    /// Nowhere: it is this.
    Constant(i64),
    Other,
}

impl Home {
    pub fn local(self) -> Option<u32> {
        if let Home::Local(local) = self { Some(local) } else { None }
    }

    pub fn constant(self) -> Option<i64> {
        if let Home::Constant(constant) = self { Some(constant) } else { None }
    }

    /// It is neither a local nor an operand.
    pub fn is_elsewhere(self) -> bool {
        matches!(self, Home::Constant(_) | Home::Other)
    }
}

impl Wanted {
    /// Searches the debug information of all modules, for variables only where those are asked for.
    pub fn of(plan: &Plan<'_>, outlines: &Outlines, options: &Options) -> Wanted {
        let modules = (0..plan.modules.len()).map(|module| WantedInModule {
            described: outlines.described(module),
            ..match options.debug_info {
                DebugLevel::Full => search_module(plan, outlines, module, options),
                _ => WantedInModule::default(),
            }
        });
        Wanted { modules: modules.collect() }
    }

    /// Whether the function at a position of a module's code section is described.
    pub fn describes(&self, module: usize, position: usize) -> bool {
        let described = self.modules.get(module).and_then(|wanted| wanted.described.as_ref());
        described.is_none_or(|described| described.binary_search(&position).is_ok())
    }

    /// What is wanted of the function at a position of a module's code section.
    pub fn in_function(&self, plan: &Plan<'_>, module: usize, position: usize) -> WantedInFunction<'_> {
        let body = address_range(plan, module, position);
        let Some(wanted) = self.modules.get(module) else { return WantedInFunction::NOTHING };
        let number = position as u32;
        WantedInFunction {
            locals: part(&wanted.locals, number..number + 1),
            operands: part(&wanted.operands, body.clone()),
            variables: {
                let address =
                    |variable: &WantedVariable| variable.bindings.first().map_or(0, |first| first.range.start);
                let start = wanted.variables.partition_point(|variable| address(variable) < body.start);
                let rest = &wanted.variables[start..];
                &rest[..rest.partition_point(|variable| address(variable) < body.end)]
            },
            start: body.start,
        }
    }
}

impl<'w> WantedInFunction<'w> {
    const NOTHING: WantedInFunction<'static> =
        WantedInFunction { locals: &[], operands: &[], variables: &[], start: 0 };

    /// Whether a local is wanted.
    pub fn has_local(&self, local: u32) -> bool {
        self.locals.binary_search_by_key(&local, |(_, local)| *local).is_ok()
    }

    /// The operands that are wanted at an offset in the body.
    pub fn operands_at(&self, offset: u32) -> impl Iterator<Item = u32> + 'w {
        let address = self.start.saturating_add(offset);
        part(self.operands, address..address.saturating_add(1)).iter().map(|(_, operand)| *operand)
    }
}

/// The part of a sorted list whose first numbers are in a range.
fn part(list: &[(u32, u32)], range: Range<u32>) -> &[(u32, u32)] {
    let start = list.partition_point(|(first, _)| *first < range.start);
    let length = list[start..].partition_point(|(first, _)| *first < range.end);
    &list[start..start + length]
}

/// What one unit refers to, by address.
#[derive(Default)]
struct Found {
    locals: Vec<(u32, u32)>,
    operands: Vec<(u32, u32)>,
    variables: Vec<WantedVariable>,
}

fn search_module(plan: &Plan<'_>, outlines: &Outlines, module: usize, options: &Options) -> WantedInModule {
    let units = Units::of(&plan.modules[module]);
    let mut wanted = WantedInModule::default();
    let searched = parallel::in_order(
        units.len(),
        options.jobs,
        || (),
        // What is damaged is not searched further.
        |(), number| {
            let mut found = Found::default();
            let functions = &outlines.of_unit(module, number).functions;
            if !functions.is_empty()
                && let Ok(open) = units.open(number)
            {
                for function in functions {
                    let _ = search_function(open.dwarf, &open.unit, function.offset, &mut found);
                }
            }
            Ok(found)
        },
        |_, found| {
            wanted.locals.extend(found.locals);
            wanted.operands.extend(found.operands);
            wanted.variables.extend(found.variables);
            Ok(())
        },
    );
    debug_assert!(searched.is_ok(), "nothing fails in it");
    wanted.variables.sort_by_key(|variable| variable.bindings.first().map_or(0, |first| first.range.start));
    wanted.locals.sort_unstable();
    wanted.locals.dedup();
    wanted.operands.sort_unstable();
    wanted.operands.dedup();
    // From addresses to functions, which come in order too.
    let mut positions = (0..plan.modules[module].bodies.len()).peekable();
    wanted.locals.retain_mut(|(address, _)| {
        while let Some(position) = positions.peek() {
            let body = address_range(plan, module, *position);
            if *address < body.end {
                let is_inside = *address >= body.start;
                *address = *position as u32;
                return is_inside;
            }
            positions.next();
        }
        false
    });
    wanted.locals.sort_unstable();
    wanted.locals.dedup();
    wanted
}

/// An entry around others, as far as it says where its code is.
struct Scope<'a> {
    depth: isize,
    is_function: bool,
    low: Option<u64>,
    high: Option<AttributeValue<Reader<'a>>>,
    ranges: Option<AttributeValue<Reader<'a>>>,
}

impl<'a> Scope<'a> {
    fn has_code(&self) -> bool {
        self.low.is_some() || self.ranges.is_some()
    }

    fn addresses(&self, dwarf: &Dwarf<'a>, unit: &Unit<'a>) -> Vec<Range<u32>> {
        let mut found = Vec::new();
        if let Some(ranges) = self.ranges {
            if let Ok(Some(mut ranges)) = dwarf.attr_ranges(unit, ranges) {
                while let Ok(Some(range)) = ranges.next() {
                    found.push(range.begin as u32..range.end as u32);
                }
            }
        } else if let (Some(low), Some(high)) = (self.low, &self.high) {
            let end = match dwarf.attr_address(unit, *high) {
                Ok(Some(end)) => Some(end),
                _ => high.udata_value().map(|size| low.saturating_add(size)),
            };
            found.extend(end.map(|end| low as u32..end as u32));
        }
        found.sort_by_key(|range| range.start);
        found
    }
}

fn search_function<'a>(
    dwarf: &Dwarf<'a>,
    unit: &Unit<'a>,
    function: UnitOffset,
    found: &mut Found,
) -> gimli::Result<()> {
    let mut reader = unit.entries_raw(Some(function))?;
    let start = unit.header.debug_info_offset().map_or(0, |offset| offset.0 as u32);
    // Those around the entry that have code.
    let mut scopes: Vec<Scope<'a>> = Vec::new();
    // The depth of a function inside this one: it is searched on its own if it has code.
    let mut inner: Option<isize> = None;
    loop {
        // Behind the function's own entry and those in it.
        if reader.is_empty() || reader.next_depth() <= 0 && reader.next_offset() != function {
            return Ok(());
        }
        let (depth, offset) = (reader.next_depth(), reader.next_offset());
        let Some(abbreviation) = reader.read_abbreviation()? else { continue };
        while scopes.last().is_some_and(|scope| scope.depth >= depth) {
            scopes.pop();
        }
        inner = inner.filter(|around| depth > *around);
        if abbreviation.tag() == dw::DW_TAG_subprogram && offset != function && inner.is_none() {
            inner = Some(depth);
        }
        let specifications = abbreviation.attributes();
        if inner.is_some() || !specifications.iter().any(|specification| may_tell_places(specification.form())) {
            reader.skip_attributes(specifications)?;
            continue;
        }
        let tag = abbreviation.tag();
        let is_function = tag == dw::DW_TAG_subprogram;
        let mut scope = Scope { depth, is_function, low: None, high: None, ranges: None };
        for specification in specifications {
            let attribute = reader.read_attribute(*specification)?;
            match (attribute.name(), attribute.value()) {
                (dw::DW_AT_low_pc, value) => scope.low = dwarf.attr_address(unit, value)?,
                (dw::DW_AT_high_pc, value) => scope.high = Some(value),
                (dw::DW_AT_ranges, value) => scope.ranges = Some(value),
                (_, AttributeValue::Exprloc(expression)) => {
                    let function = scopes.iter().rev().chain(Some(&scope)).find(|scope| scope.is_function);
                    if let Some(address) = function.and_then(|function| function.low) {
                        search_expression(unit, expression, address as u32, found);
                    }
                }
                (name, list @ (AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_))) => {
                    let Ok(Some(mut entries)) = dwarf.attr_locations(unit, list) else { continue };
                    let mut bindings = Vec::new();
                    while let Ok(Some(entry)) = entries.next() {
                        search_expression(unit, entry.data, entry.range.begin as u32, found);
                        let range = entry.range.begin as u32..entry.range.end as u32;
                        bindings.push(Binding { range, home: home(unit, entry.data) });
                    }
                    let is_variable = matches!(tag, dw::DW_TAG_formal_parameter | dw::DW_TAG_variable);
                    if name == dw::DW_AT_location
                        && is_variable
                        && !bindings.iter().all(|binding| binding.home.is_elsewhere())
                        && let Some(around) = scopes.last()
                    {
                        bindings.sort_by_key(|binding| binding.range.start);
                        let is_parameter = tag == dw::DW_TAG_formal_parameter;
                        let entry = start + offset.0 as u32;
                        let scope = around.addresses(dwarf, unit);
                        found.variables.push(WantedVariable { entry, is_parameter, bindings, scope });
                    }
                }
                _ => {}
            }
        }
        if abbreviation.has_children() && scope.has_code() {
            scopes.push(scope);
        }
    }
}

/// Whether an attribute in a form may be an address, a list or an expression, some of which are constants or blocks before DWARF 4: most
/// entries are types, members and names, and have none.
fn may_tell_places(form: gimli::DwForm) -> bool {
    !matches!(
        form,
        dw::DW_FORM_strp
            | dw::DW_FORM_string
            | dw::DW_FORM_line_strp
            | dw::DW_FORM_strx
            | dw::DW_FORM_strx1
            | dw::DW_FORM_strx2
            | dw::DW_FORM_strx4
            | dw::DW_FORM_ref4
            | dw::DW_FORM_ref_addr
            | dw::DW_FORM_ref_sig8
            | dw::DW_FORM_flag
            | dw::DW_FORM_flag_present
            | dw::DW_FORM_implicit_const
            | dw::DW_FORM_sdata
            | dw::DW_FORM_udata
            | dw::DW_FORM_data1
            | dw::DW_FORM_data2
    )
}

/// What an expression says, if it is as simple as most are.
fn home(unit: &Unit<'_>, expression: gimli::Expression<Reader<'_>>) -> Home {
    let mut operations = expression.operations(unit.encoding());
    match (operations.next(), operations.next(), operations.next()) {
        (Ok(Some(first)), Ok(Some(Operation::StackValue)), Ok(None)) => match first {
            Operation::WasmLocal { index } => Home::Local(index),
            Operation::WasmStack { index } => Home::Operand(index),
            Operation::SignedConstant { value } => Home::Constant(value),
            Operation::UnsignedConstant { value } => Home::Constant(value as i64),
            _ => Home::Other,
        },
        _ => Home::Other,
    }
}

fn search_expression(unit: &Unit<'_>, expression: gimli::Expression<Reader<'_>>, address: u32, found: &mut Found) {
    let mut operations = expression.operations(unit.encoding());
    while let Ok(Some(operation)) = operations.next() {
        match operation {
            Operation::WasmLocal { index } => found.locals.push((address, index)),
            Operation::WasmStack { index } => found.operands.push((address, index)),
            _ => {}
        }
    }
}
