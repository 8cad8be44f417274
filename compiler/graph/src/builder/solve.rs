//! Solves the constraints that sizes be equal, by substitution.
//!
//! An equation between a symbol and a symbol or constant is solved; a constant wins over a declared dim,
//! a declared dim over the size of an unnamed axis, and an earlier symbol over a later. What is left is
//! checked when a call enters.

use std::collections::{BTreeMap, BTreeSet};

use super::ranges::Sizes;
use super::{Constraint, LowerBound};
use crate::dim::{Atom, Dim, SymbolId, Symbols};
use crate::graph::NodeId;
use crate::infer::{Equation, Equations, Reason};

/// Sizes after solving.
#[derive(Debug, Default)]
pub(super) struct Solution {
    values: BTreeMap<SymbolId, Dim>,
    /// Equations that calls must check.
    pub checks: Vec<Equation>,
    /// Ranges and hints, narrowed by what was merged into each symbol.
    pub symbols: Symbols,
    /// Symbols whose largest size the author chose.
    ranged: BTreeSet<SymbolId>,
}

/// A constraint that can never be met.
pub(super) struct Conflict {
    /// The node that made it.
    pub node: NodeId,
    pub message: String,
    pub reason: Reason,
}

impl Conflict {
    fn unequal(constraint: &Constraint, why: &str) -> Conflict {
        let message = format!(
            "{} and {} must have one size, but {why}; make them agree, or insert an axis of size 1 to broadcast",
            constraint.left.1, constraint.right.1
        );
        let names = [&constraint.left, &constraint.right].map(|(_, name)| name.clone());
        let sizes = [&constraint.left, &constraint.right].map(|(size, _)| size.clone());
        Conflict { node: constraint.node, message, reason: Reason::Unequal { names, sizes } }
    }
}

impl Solution {
    /// A dim with every solved symbol replaced.
    pub fn apply(&self, dim: &Dim) -> Dim {
        let mut current = dim.clone();
        // Each round replaces symbols by values that were solved later; chains are as long as the list at
        // most.
        for _ in 0..=self.values.len() {
            let next = current.substitute(&self.symbols, &mut |id| {
                self.values.get(&id).cloned().unwrap_or(Dim::symbol(id))
            });
            if next == current {
                break;
            }
            current = next;
        }
        current
    }

    fn assign(&mut self, id: SymbolId, value: Dim) {
        for other in self.values.values_mut() {
            *other = other
                .substitute(&self.symbols, &mut |s| if s == id { value.clone() } else { Dim::symbol(s) });
        }
        self.values.insert(id, value);
    }
}

/// Solves constraints in order.
pub(super) fn solve(
    symbols: &Symbols,
    declared: &[SymbolId],
    ranged: &BTreeSet<SymbolId>,
    constraints: &[Constraint],
    lower_bounds: &[LowerBound],
) -> Result<Solution, Vec<Conflict>> {
    let mut solution = Solution { symbols: symbols.clone(), ranged: ranged.clone(), ..Solution::default() };
    let mut conflicts = vec![];
    let mut deferred: Vec<&Constraint> = vec![];
    for constraint in constraints {
        let (left, right) = (solution.apply(&constraint.left.0), solution.apply(&constraint.right.0));
        if left == right {
            continue;
        }
        match (left.as_symbol(), right.as_symbol()) {
            (Some(a), Some(b)) => {
                let (kept, gone) = if rank(declared, a) <= rank(declared, b) { (a, b) } else { (b, a) };
                match solution.merge(kept, gone) {
                    Ok(()) => solution.assign(gone, Dim::symbol(kept)),
                    Err(message) => conflicts.push(Conflict::unequal(constraint, &message)),
                }
            }
            (Some(id), None) | (None, Some(id)) => {
                let value = if left.as_symbol().is_some() { right } else { left };
                match value.as_const() {
                    Some(n) => match admits(&solution.symbols, id, n) {
                        Ok(()) => solution.assign(id, value),
                        Err(message) => conflicts.push(Conflict::unequal(constraint, &message)),
                    },
                    None => deferred.push(constraint),
                }
            }
            (None, None) => deferred.push(constraint),
        }
    }
    let mut undecided = vec![];
    for bound in lower_bounds {
        match solution.raise(bound) {
            Ok(Raised::Met) => {}
            Ok(Raised::Undecided) => undecided.push(bound),
            Err(message) => {
                let (name, size, least) = (bound.name.clone(), bound.dim.clone(), bound.least);
                let reason = Reason::Bound { name, size, least };
                conflicts.push(Conflict { node: bound.node, message, reason });
            }
        }
    }
    for constraint in deferred {
        let (left, right) = (solution.apply(&constraint.left.0), solution.apply(&constraint.right.0));
        match (left.as_const(), right.as_const()) {
            _ if left.is_equal(&right, &solution.symbols) => {}
            (Some(a), Some(b)) => {
                conflicts.push(Conflict::unequal(constraint, &format!("one is {a} and the other {b}")));
            }
            _ => solution.check(constraint, left, right),
        }
    }
    undecided.into_iter().for_each(|bound| solution.check_least(bound));
    if conflicts.is_empty() { Ok(solution) } else { Err(conflicts) }
}

impl Solution {
    /// Gives a symbol the range of another too. A largest size that nobody chose gives way.
    fn merge(&mut self, kept: SymbolId, gone: SymbolId) -> Result<(), String> {
        let (a, b) = (self.symbols.get(kept).clone(), self.symbols.get(gone).clone());
        let max = match (self.ranged.contains(&kept), self.ranged.contains(&gone)) {
            (true, false) => a.max,
            (false, true) => b.max,
            (true, true) | (false, false) => a.max.min(b.max),
        };
        let min = a.min.max(b.min);
        if min > max {
            return Err(format!(
                "the range of {} is {}..{} and that of {} is {}..{}",
                a.name, a.min, a.max, b.name, b.min, b.max
            ));
        }
        if self.ranged.contains(&gone) {
            self.ranged.insert(kept);
        }
        let symbol = self.symbols.get_mut(kept);
        (symbol.min, symbol.max, symbol.hint) = (min, max, a.hint.or(b.hint));
        Ok(())
    }

    /// Lowers largest sizes that nobody chose until the sizes of every node fit.
    pub fn lower(&mut self, nodes: &[Sizes]) {
        let (ranged, mut symbols) = (&self.ranged, self.symbols.clone());
        nodes.iter().for_each(|sizes| sizes.lower(&mut symbols, &|id| !ranged.contains(&id)));
        self.symbols = symbols;
    }

    /// Raises the range of the symbol that a size depends on, so that the size is large enough.
    fn raise(&mut self, bound: &LowerBound) -> Result<Raised, String> {
        self.raise_dim(&self.apply(&bound.dim), bound.least, &bound.name)
    }

    fn raise_dim(&mut self, dim: &Dim, least: i64, name: &str) -> Result<Raised, String> {
        if dim.has_at_least(least, &self.symbols) {
            return Ok(Raised::Met);
        }
        if let Some(size) = dim.as_const() {
            return Err(format!("{name} has the size {size} and needs at least {least}"));
        }
        let most = dim.bounds(&self.symbols).max;
        if most < 0 && least == 0 {
            return Err(format!(
                "{name} ends before it begins: it would have at most {most} elements; take fewer, or let the \
                 axis be larger"
            ));
        }
        if most < i128::from(least) {
            return Err(format!("{name} needs at least the size {least}, and is at most {most}"));
        }
        // One term `coefficient * atom` must be at least this.
        let rest = dim.without_constant();
        let constant = (dim - &rest).as_const().unwrap_or(0);
        let terms = rest.terms();
        let ([(monomial, coefficient @ 1..)], Some(needed)) = (terms.as_slice(), least.checked_sub(constant))
        else {
            return Ok(Raised::Undecided);
        };
        let needed = needed.div_euclid(*coefficient) + i64::from(needed.rem_euclid(*coefficient) != 0);
        match monomial.as_slice() {
            [(Atom::Symbol(id), 1)] => {
                let symbol = self.symbols.get_mut(*id);
                symbol.min = symbol.min.max(needed);
                if symbol.min <= symbol.max {
                    return Ok(Raised::Met);
                }
                Err(format!(
                    "{name} needs at least the size {least}, and {} is at most {}",
                    symbol.name, symbol.max
                ))
            }
            [(Atom::FloorDiv(operands), 1)] => {
                let [a, b] = &**operands;
                // a // b is at least q where a - q*b is at least 0.
                self.raise_dim(&(a - &(b * &Dim::Const(needed))), 0, name)
            }
            [(Atom::Min(operands), 1)] => {
                let raised = operands.iter().map(|dim| self.raise_dim(dim, needed, name));
                let raised: Vec<Raised> = raised.collect::<Result<_, _>>()?;
                Ok(if raised.contains(&Raised::Undecided) { Raised::Undecided } else { Raised::Met })
            }
            [(Atom::Max(operands), 1)] => {
                // Where no other operand can be that large, the one must be.
                let mut able =
                    operands.iter().filter(|dim| dim.bounds(&self.symbols).max >= i128::from(needed));
                match (able.next().cloned(), able.next()) {
                    (Some(only), None) => self.raise_dim(&only, needed, name),
                    (_, _) => Ok(Raised::Undecided),
                }
            }
            _ => Ok(Raised::Undecided),
        }
    }

    fn check(&mut self, constraint: &Constraint, left: Dim, right: Dim) {
        let (left_name, right_name) = (constraint.left.1.clone(), constraint.right.1.clone());
        self.push_check(Equation { left, right, left_name, right_name });
    }

    /// Lets calls check what ranges do not say, and what does not hold for some sizes.
    fn check_least(&mut self, bound: &LowerBound) {
        let dim = self.apply(&bound.dim);
        let known = Equations { known: self.checks.clone(), made: None };
        let known = if known.have_samples(&self.symbols) { known } else { Equations::default() };
        if known.can_be_less(&dim, bound.least, &self.symbols) {
            self.push_check(Equation::at_least(&dim, bound.least, bound.name.clone(), &self.symbols));
        }
    }

    fn push_check(&mut self, check: Equation) {
        if !self.checks.iter().any(|e| (&e.left, &e.right) == (&check.left, &check.right)) {
            self.checks.push(check);
        }
    }
}

/// What became of a constraint that a size be at least so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Raised {
    /// The ranges of symbols say so now.
    Met,
    /// No ranges say so.
    Undecided,
}

/// Declared dims come first, then symbols in the order in which they were made.
fn rank(declared: &[SymbolId], id: SymbolId) -> (bool, SymbolId) {
    (!declared.contains(&id), id)
}

fn admits(symbols: &Symbols, id: SymbolId, n: i64) -> Result<(), String> {
    let symbol = symbols.get(id);
    match (symbol.min..=symbol.max).contains(&n) {
        true => Ok(()),
        false => Err(format!("the range of {} is {}..{}, without {n}", symbol.name, symbol.min, symbol.max)),
    }
}
