//! Solves the demands that sizes be equal, by substitution.
//!
//! An equation between a symbol and a symbol or constant is solved; a constant wins over a declared dim,
//! a declared dim over the size of an unnamed axis, and an earlier symbol over a later. What is left is
//! checked when a call enters.

use std::collections::BTreeMap;

use super::Demand;
use crate::dim::{Dim, SymbolId, Symbols};
use crate::infer::Equation;

/// Sizes after solving.
#[derive(Debug, Default)]
pub(super) struct Solution {
    values: BTreeMap<SymbolId, Dim>,
    /// Equations that calls must check.
    pub checks: Vec<Equation>,
    /// Ranges and hints, narrowed by what was merged into each symbol.
    pub symbols: Symbols,
}

/// Two sizes that can never be equal.
pub(super) struct Conflict {
    pub demand: Demand,
    pub message: String,
}

impl Solution {
    /// A dim with every solved symbol replaced.
    pub fn apply(&self, dim: &Dim) -> Dim {
        let mut current = dim.clone();
        // Each round replaces symbols by values that were solved later; chains are as long as the list at most.
        for _ in 0..=self.values.len() {
            let next = current.substitute(&mut |id| self.values.get(&id).cloned().unwrap_or(Dim::symbol(id)));
            if next == current {
                break;
            }
            current = next;
        }
        current
    }

    fn assign(&mut self, id: SymbolId, value: Dim) {
        let replaced =
            |dim: &Dim| dim.substitute(&mut |s| if s == id { value.clone() } else { Dim::symbol(s) });
        for other in self.values.values_mut() {
            *other = replaced(other);
        }
        self.values.insert(id, value);
    }
}

/// Solves demands in order.
pub(super) fn solve(
    symbols: &Symbols,
    declared: &[SymbolId],
    demands: &[Demand],
) -> Result<Solution, Vec<Conflict>> {
    let mut solution = Solution { symbols: symbols.clone(), ..Solution::default() };
    let mut conflicts = vec![];
    let mut deferred: Vec<&Demand> = vec![];
    for demand in demands {
        let (left, right) = (solution.apply(&demand.left.0), solution.apply(&demand.right.0));
        if left == right {
            continue;
        }
        match (left.as_symbol(), right.as_symbol()) {
            (Some(a), Some(b)) => {
                let (kept, gone) = if rank(declared, a) <= rank(declared, b) { (a, b) } else { (b, a) };
                match merge(&mut solution.symbols, kept, gone) {
                    Ok(()) => solution.assign(gone, Dim::symbol(kept)),
                    Err(message) => conflicts.push(Conflict { demand: demand.clone(), message }),
                }
            }
            (Some(id), None) | (None, Some(id)) => {
                let value = if left.as_symbol().is_some() { right } else { left };
                match value.as_const() {
                    Some(n) => match admits(&solution.symbols, id, n) {
                        Ok(()) => solution.assign(id, value),
                        Err(message) => conflicts.push(Conflict { demand: demand.clone(), message }),
                    },
                    None => deferred.push(demand),
                }
            }
            (None, None) => deferred.push(demand),
        }
    }
    for demand in deferred {
        let (left, right) = (solution.apply(&demand.left.0), solution.apply(&demand.right.0));
        match (left.as_const(), right.as_const()) {
            _ if left == right => {}
            (Some(a), Some(b)) => conflicts
                .push(Conflict { demand: demand.clone(), message: format!("one is {a} and the other {b}") }),
            _ => solution.check(demand, left, right),
        }
    }
    if conflicts.is_empty() { Ok(solution) } else { Err(conflicts) }
}

impl Solution {
    fn check(&mut self, demand: &Demand, left: Dim, right: Dim) {
        let known = self.checks.iter().any(|e| (&e.left, &e.right) == (&left, &right));
        if !known {
            let (left_name, right_name) = (demand.left.1.clone(), demand.right.1.clone());
            self.checks.push(Equation { left, right, left_name, right_name });
        }
    }
}

/// Declared dims come first, then symbols in the order in which they were made.
fn rank(declared: &[SymbolId], id: SymbolId) -> (bool, SymbolId) {
    (!declared.contains(&id), id)
}

fn merge(symbols: &mut Symbols, kept: SymbolId, gone: SymbolId) -> Result<(), String> {
    let (a, b) = (symbols.get(kept).clone(), symbols.get(gone).clone());
    let (min, max) = (a.min.max(b.min), a.max.min(b.max));
    if min > max {
        return Err(format!(
            "the range of {} is {}..{} and that of {} is {}..{}",
            a.name, a.min, a.max, b.name, b.min, b.max
        ));
    }
    let symbol = symbols.get_mut(kept);
    (symbol.min, symbol.max, symbol.hint) = (min, max, a.hint.or(b.hint));
    Ok(())
}

fn admits(symbols: &Symbols, id: SymbolId, n: i64) -> Result<(), String> {
    let symbol = symbols.get(id);
    match (symbol.min..=symbol.max).contains(&n) {
        true => Ok(()),
        false => Err(format!("the range of {} is {}..{}, without {n}", symbol.name, symbol.min, symbol.max)),
    }
}
