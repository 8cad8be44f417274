//! What equations say of symbols.
//!
//! Each equation is solved for a symbol, if one stands alone in it, which is replaced everywhere. What is
//! left says something of products, or nothing.

use std::collections::BTreeMap;

use super::{Atom, Dim, SymbolId, Symbols};

/// Sizes in which symbols that equations determine are replaced by what they are equal to.
#[derive(Clone, Debug, Default)]
pub struct Solved {
    values: BTreeMap<SymbolId, Dim>,
    contradicts: bool,
}

impl Solved {
    /// Solves `left = right` for each pair, in order.
    pub fn of<'d>(equations: impl Iterator<Item = (&'d Dim, &'d Dim)>, symbols: &Symbols) -> Solved {
        let mut solved = Solved::default();
        for (left, right) in equations {
            let difference = solved.apply(&(left - right), symbols);
            solved.contradicts |= difference.as_const().is_some_and(|constant| constant != 0);
            if let Some((symbol, value)) = solution(&difference) {
                for known in solved.values.values_mut() {
                    *known = known.substitute(symbols, &mut |id| {
                        if id == symbol { value.clone() } else { Dim::symbol(id) }
                    });
                }
                solved.values.insert(symbol, value);
            }
        }
        solved
    }

    /// The same size without solved symbols.
    pub fn apply(&self, dim: &Dim, symbols: &Symbols) -> Dim {
        if self.values.is_empty() {
            return dim.clone();
        }
        let value = |id| self.values.get(&id).cloned().unwrap_or_else(|| Dim::symbol(id));
        dim.substitute(symbols, &mut { value })
    }

    /// Whether no sizes meet all equations, as far as solving shows.
    pub fn contradicts(&self) -> bool {
        self.contradicts
    }

    /// The solved symbols with their values, which are made of others.
    pub fn values(&self) -> impl Iterator<Item = (SymbolId, &Dim)> {
        self.values.iter().map(|(id, value)| (*id, value))
    }
}

/// Solves `difference = 0` for a symbol that occurs once, alone, with coefficient 1 or -1; rather one whose
/// value is a sum of sizes than a difference.
fn solution(difference: &Dim) -> Option<(SymbolId, Dim)> {
    let mut solutions: Vec<(SymbolId, Dim)> = vec![];
    for (monomial, coefficient) in difference.to_terms() {
        let [(Atom::Symbol(id), 1)] = monomial.as_slice() else { continue };
        let rest = difference - &Dim::from_terms([(monomial.clone(), coefficient)]);
        if rest.symbols().contains(id) {
            continue;
        }
        match coefficient {
            1 => solutions.push((*id, &Dim::Const(0) - &rest)),
            -1 => solutions.push((*id, rest)),
            _ => {}
        }
    }
    let is_sum = |(_, value): &&(SymbolId, Dim)| value.terms().iter().all(|(_, c)| *c >= 0);
    solutions.iter().find(is_sum).or(solutions.first()).cloned()
}
