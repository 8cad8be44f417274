//! Sizes of axes: polynomials over symbols, in normal form, so that equality is structural.
//!
//! A [`Dim`] never depends on data. Symbols are indices into the [`Symbols`] table of the function (or
//! model under construction) that owns the dim; printing takes that table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Names a symbol within its [`Symbols`] table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct SymbolId(pub u32);

/// A named size that the caller gives at run time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Symbol {
    /// The name that parameters of the emitted function carry.
    pub name: String,
    /// Smallest admissible size, at least 0.
    pub min: i64,
    /// Largest admissible size.
    pub max: i64,
    /// The size to tune for, if the author gave one.
    pub hint: Option<i64>,
}

impl Symbol {
    /// The largest size of a symbol without a range: every byte count of a tensor of rank 2 then fits in
    /// 63 bits.
    pub const DEFAULT_MAX: i64 = 1 << 20;

    /// A symbol with the default range and no hint.
    pub fn new(name: impl Into<String>) -> Symbol {
        Symbol { name: name.into(), min: 0, max: Self::DEFAULT_MAX, hint: None }
    }
}

/// The symbols that dims refer to, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols(Vec<Symbol>);

impl Symbols {
    /// Adds a symbol; its id is its position.
    pub fn push(&mut self, symbol: Symbol) -> SymbolId {
        self.0.push(symbol);
        SymbolId(self.0.len() as u32 - 1)
    }

    /// The symbol with this id.
    pub fn get(&self, id: SymbolId) -> &Symbol {
        &self.0[id.0 as usize]
    }

    /// The symbol with this id, to change.
    pub fn get_mut(&mut self, id: SymbolId) -> &mut Symbol {
        &mut self.0[id.0 as usize]
    }

    /// The id of the symbol of this name.
    pub fn find(&self, name: &str) -> Option<SymbolId> {
        self.0.iter().position(|s| s.name == name).map(|i| SymbolId(i as u32))
    }

    /// All symbols in id order.
    pub fn iter(&self) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        self.0.iter().enumerate().map(|(i, s)| (SymbolId(i as u32), s))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when every size of the function is static.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a polynomial is over. Atoms for `floordiv`, `mod`, `min` and `max` enter with their first op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A symbol.
    Symbol(SymbolId),
}

/// A product of atoms with exponents, sorted by atom; empty is 1.
pub type Monomial = Vec<(Atom, u32)>;

/// Larger than anything admissible, small enough to be multiplied by a coefficient.
const HUGE: i128 = 1 << 63;

/// What a size can be. Nothing in it overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Not below this.
    pub min: i128,
    /// Not above this.
    pub max: i128,
    /// The sum of the terms' largest magnitudes, which bounds every partial sum.
    pub magnitude: i128,
}

/// The size of an axis, or any integer made of sizes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dim {
    /// A known size.
    Const(i64),
    /// Terms `coefficient * monomial`, sorted by monomial, no zero coefficients, at least one atom.
    Poly(Arc<[(Monomial, i64)]>),
}

impl Dim {
    /// The dim of one symbol.
    pub fn symbol(id: SymbolId) -> Dim {
        Dim::Poly(Arc::from([(vec![(Atom::Symbol(id), 1)], 1)]))
    }

    /// The value, when it is known.
    pub fn as_const(&self) -> Option<i64> {
        match self {
            Dim::Const(value) => Some(*value),
            Dim::Poly(_) => None,
        }
    }

    /// The symbol, when the dim is just one.
    pub fn as_symbol(&self) -> Option<SymbolId> {
        match self.terms().as_slice() {
            [(monomial, 1)] => match monomial.as_slice() {
                [(Atom::Symbol(id), 1)] => Some(*id),
                _ => None,
            },
            _ => None,
        }
    }

    /// Known to be 1, and so broadcastable.
    pub fn is_one(&self) -> bool {
        *self == Dim::Const(1)
    }

    /// The terms `(monomial, coefficient)` of the normal form.
    pub fn terms(&self) -> Vec<(Monomial, i64)> {
        match self {
            Dim::Const(0) => vec![],
            Dim::Const(value) => vec![(vec![], *value)],
            Dim::Poly(terms) => terms.to_vec(),
        }
    }

    /// Builds the normal form of a sum of terms. Coefficients wrap on overflow; `verify` bounds sizes.
    pub fn from_terms(terms: impl IntoIterator<Item = (Monomial, i64)>) -> Dim {
        let mut sum: BTreeMap<Monomial, i64> = BTreeMap::new();
        for (monomial, coefficient) in terms {
            let entry = sum.entry(monomial).or_insert(0);
            *entry = entry.wrapping_add(coefficient);
        }
        sum.retain(|_, c| *c != 0);
        match sum.len() {
            0 => Dim::Const(0),
            1 if sum.contains_key(&vec![]) => Dim::Const(sum[&vec![]]),
            _ => Dim::Poly(sum.into_iter().collect()),
        }
    }

    /// The same without its constant term.
    pub fn without_constant(&self) -> Dim {
        Dim::from_terms(self.terms().into_iter().filter(|(monomial, _)| !monomial.is_empty()))
    }

    /// The quotient by a single term that divides every term.
    pub(crate) fn exact_quotient(&self, divisor: &Dim) -> Option<Dim> {
        let divisor = divisor.terms();
        let [(monomial, coefficient)] = divisor.as_slice() else { return None };
        let mut terms = vec![];
        for (mut factors, c) in self.terms() {
            if c.wrapping_rem(*coefficient) != 0 {
                return None;
            }
            for (atom, exponent) in monomial {
                let at = factors.iter().position(|(other, _)| other == atom)?;
                factors[at].1 = factors[at].1.checked_sub(*exponent)?;
            }
            factors.retain(|(_, exponent)| *exponent > 0);
            terms.push((factors, c.wrapping_div(*coefficient)));
        }
        Some(Dim::from_terms(terms))
    }

    /// Every symbol that occurs, in order, without repeats.
    pub fn symbols(&self) -> Vec<SymbolId> {
        let mut ids: Vec<_> =
            self.terms().into_iter().flat_map(|(m, _)| m).map(|(Atom::Symbol(id), _)| id).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Replaces each symbol.
    pub fn substitute(&self, replacement: &mut dyn FnMut(SymbolId) -> Dim) -> Dim {
        let Dim::Poly(terms) = self else {
            return self.clone();
        };
        let mut sum = Dim::Const(0);
        for (monomial, coefficient) in terms.iter() {
            let mut product = Dim::Const(*coefficient);
            for (Atom::Symbol(id), exponent) in monomial {
                let value = replacement(*id);
                for _ in 0..*exponent {
                    product = &product * &value;
                }
            }
            sum = &sum + &product;
        }
        sum
    }

    /// The value for given sizes, or `None` if it does not fit in 63 bits.
    pub fn evaluate(&self, size: &dyn Fn(SymbolId) -> i64) -> Option<i64> {
        let mut sum = 0i64;
        for (monomial, coefficient) in self.terms() {
            let mut product = coefficient;
            for (Atom::Symbol(id), exponent) in monomial {
                for _ in 0..exponent {
                    product = product.checked_mul(size(id))?;
                }
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }

    /// What it can be, given the symbols' ranges: exact where each symbol occurs in one term.
    pub fn bounds(&self, symbols: &Symbols) -> Bounds {
        self.bounds_up_to(symbols, i64::MAX)
    }

    /// [`Dim::bounds`] with no symbol larger than `cap`.
    pub(crate) fn bounds_up_to(&self, symbols: &Symbols, cap: i64) -> Bounds {
        let mut total = Bounds { min: 0, max: 0, magnitude: 0 };
        for (monomial, coefficient) in self.terms() {
            let (mut least, mut most) = (1i128, 1i128);
            for (Atom::Symbol(id), exponent) in monomial {
                let symbol = symbols.get(id);
                for _ in 0..exponent {
                    least = (least * i128::from(symbol.min)).min(HUGE);
                    most = (most * i128::from(symbol.max.min(cap))).min(HUGE);
                }
            }
            let ends = [least, most].map(|end| end * i128::from(coefficient));
            total.min = total.min.saturating_add(ends[0].min(ends[1]));
            total.max = total.max.saturating_add(ends[0].max(ends[1]));
            total.magnitude = total.magnitude.saturating_add(ends[0].abs().max(ends[1].abs()));
        }
        total
    }

    /// Prints with symbol names: `N`, `784`, `2*N + 1`.
    pub fn display<'a>(&'a self, symbols: &'a Symbols) -> impl fmt::Display + 'a {
        DisplayDim { dim: self, symbols }
    }
}

struct DisplayDim<'a> {
    dim: &'a Dim,
    symbols: &'a Symbols,
}

impl fmt::Display for DisplayDim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms = self.dim.terms();
        if terms.is_empty() {
            return write!(f, "0");
        }
        // Constants sort first in the normal form and read best last.
        for (i, (monomial, coefficient)) in terms.iter().rev().enumerate() {
            match (i, *coefficient < 0) {
                (0, false) => {}
                (0, true) => write!(f, "-")?,
                (_, false) => write!(f, " + ")?,
                (_, true) => write!(f, " - ")?,
            }
            let magnitude = coefficient.unsigned_abs();
            if magnitude != 1 || monomial.is_empty() {
                write!(f, "{magnitude}")?;
                if !monomial.is_empty() {
                    write!(f, "*")?;
                }
            }
            let mut first = true;
            for (Atom::Symbol(id), exponent) in monomial {
                for _ in 0..*exponent {
                    write!(f, "{}{}", if first { "" } else { "*" }, self.symbols.get(*id).name)?;
                    first = false;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Const(value) => write!(f, "{value}"),
            Dim::Poly(terms) => {
                let text: Vec<String> = terms
                    .iter()
                    .map(|(m, c)| {
                        let atoms: String =
                            m.iter().map(|(Atom::Symbol(s), e)| format!("*s{}^{e}", s.0)).collect();
                        format!("{c}{atoms}")
                    })
                    .collect();
                f.write_str(&text.join("+"))
            }
        }
    }
}

impl From<i64> for Dim {
    fn from(value: i64) -> Dim {
        Dim::Const(value)
    }
}

impl std::ops::Add for &Dim {
    type Output = Dim;
    fn add(self, other: &Dim) -> Dim {
        Dim::from_terms(self.terms().into_iter().chain(other.terms()))
    }
}

impl std::ops::Sub for &Dim {
    type Output = Dim;
    fn sub(self, other: &Dim) -> Dim {
        let negated = other.terms().into_iter().map(|(m, c)| (m, c.wrapping_neg()));
        Dim::from_terms(self.terms().into_iter().chain(negated))
    }
}

impl std::ops::Mul for &Dim {
    type Output = Dim;
    fn mul(self, other: &Dim) -> Dim {
        if let (Dim::Const(a), Dim::Const(b)) = (self, other) {
            return Dim::Const(a.wrapping_mul(*b));
        }
        let right = other.terms();
        Dim::from_terms(self.terms().iter().flat_map(|(m, c)| {
            right.iter().map(move |(n, d)| (multiply_monomials(m, n), c.wrapping_mul(*d)))
        }))
    }
}

fn multiply_monomials(a: &Monomial, b: &Monomial) -> Monomial {
    let mut product: BTreeMap<Atom, u32> = a.iter().copied().collect();
    for (atom, exponent) in b {
        *product.entry(*atom).or_insert(0) += exponent;
    }
    product.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form_makes_equality_structural() {
        let mut symbols = Symbols::default();
        let n = Dim::symbol(symbols.push(Symbol::new("N")));
        let k = Dim::symbol(symbols.push(Symbol::new("K")));
        let left = &(&n + &Dim::Const(1)) * &(&n - &Dim::Const(1));
        let right = &(&n * &n) - &Dim::Const(1);
        assert_eq!(left, right);
        assert_eq!((&left - &right).as_const(), Some(0));
        let mixed = &(&(&n * &k) * &Dim::Const(2)) - &Dim::Const(3);
        assert_eq!(mixed.display(&symbols).to_string(), "2*N*K - 3");
        assert_eq!(mixed.evaluate(&|s| [5, 7][s.0 as usize]), Some(67));
        assert_eq!((&n * &n).evaluate(&|_| i64::MAX), None);
        assert_eq!(n.as_symbol(), symbols.find("N"));
        assert_eq!((&n + &n).as_symbol(), None);
    }
}
