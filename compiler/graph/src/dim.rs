//! Sizes of axes: polynomials over symbols, quotients, remainders, minima and maxima, in normal form, so that
//! equality is structural.
//!
//! A [`Dim`] never depends on data. Symbols are indices into the [`Symbols`] table of the function (or
//! model under construction) that owns the dim; printing takes that table.
//!
//! Sums and products are normal whatever the symbols' ranges are. The functions of `simplify` decide what
//! they can by the ranges, so a dim is in the normal form of one table; [`Dim::substitute`] brings it into
//! that of another one. Nothing here recurses deeper than [`MAX_NESTING`](crate::limits::MAX_NESTING).

mod bounds;
mod equality;
mod linear;
mod print;
mod samples;
mod simplify;
mod solve;

use std::sync::Arc;

pub use bounds::{Bounds, Reduced};
pub use linear::Claims;
pub(crate) use print::write_dim;
pub use solve::Solved;

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

/// What a polynomial is over.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A symbol.
    Symbol(SymbolId),
    /// The first divided by the second and rounded down. It has a value where the second is at least 1.
    FloorDiv(Arc<[Dim; 2]>),
    /// What is left of the first by that division: from 0 on and less than the second.
    Mod(Arc<[Dim; 2]>),
    /// The smallest of at least two, in order.
    Min(Arc<[Dim]>),
    /// The largest of at least two, in order.
    Max(Arc<[Dim]>),
}

impl Atom {
    /// True where a size would nest too deeply: `0 // 0`.
    pub(crate) fn is_undefined(&self) -> bool {
        matches!(self, Atom::FloorDiv(operands) if **operands == [Dim::Const(0), Dim::Const(0)])
    }

    /// The symbol, if it is one.
    pub fn as_symbol(&self) -> Option<SymbolId> {
        match self {
            Atom::Symbol(id) => Some(*id),
            Atom::FloorDiv(_) | Atom::Mod(_) | Atom::Min(_) | Atom::Max(_) => None,
        }
    }

    /// What it is a function of; nothing for a symbol.
    pub fn operands(&self) -> &[Dim] {
        match self {
            Atom::Symbol(_) => &[],
            Atom::FloorDiv(operands) | Atom::Mod(operands) => operands.as_slice(),
            Atom::Min(operands) | Atom::Max(operands) => operands,
        }
    }

    /// The same function of other operands, as many as it has.
    fn with_operands(&self, operands: &[Dim], symbols: &Symbols) -> Dim {
        match (self, operands) {
            (Atom::FloorDiv(_), [a, b]) => a.floor_div(b, symbols),
            (Atom::Mod(_), [a, b]) => a.modulo(b, symbols),
            (Atom::Min(_), _) => Dim::min_of(operands, symbols),
            (Atom::Max(_), _) => Dim::max_of(operands, symbols),
            (Atom::Symbol(_) | Atom::FloorDiv(_) | Atom::Mod(_), _) => Dim::from(self.clone()),
        }
    }

    fn evaluate(&self, size: &dyn Fn(SymbolId) -> i64) -> Option<i64> {
        let mut operands = self.operands().iter().map(|operand| operand.evaluate(size));
        match self {
            Atom::Symbol(id) => Some(size(*id)),
            Atom::FloorDiv(_) | Atom::Mod(_) => {
                let (a, b) = (operands.next()??, operands.next()??);
                let divides = matches!(self, Atom::FloorDiv(_));
                (b >= 1).then(|| if divides { a.div_euclid(b) } else { a.rem_euclid(b) })
            }
            Atom::Min(_) => operands.collect::<Option<Vec<i64>>>()?.into_iter().min(),
            Atom::Max(_) => operands.collect::<Option<Vec<i64>>>()?.into_iter().max(),
        }
    }
}

/// A product of atoms with exponents, sorted by atom; empty is 1.
pub type Monomial = Vec<(Atom, u32)>;

/// The size of an axis, or any integer made of sizes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dim {
    /// A known size.
    Const(i64),
    /// Terms `coefficient * monomial`, sorted by monomial, no zero coefficients, at least one atom.
    Poly(Arc<[(Monomial, i64)]>),
}

/// The terms of a dim, sorted by monomial, as a slice.
#[derive(Clone, Debug)]
pub enum Terms<'d> {
    /// That of a known size; 0 has none.
    Const([(Monomial, i64); 1]),
    /// Those of a polynomial.
    Poly(&'d [(Monomial, i64)]),
}

impl Terms<'_> {
    /// All of them.
    pub fn as_slice(&self) -> &[(Monomial, i64)] {
        match self {
            Terms::Const([(_, 0)]) => &[],
            Terms::Const(term) => term,
            Terms::Poly(terms) => terms,
        }
    }
}

impl std::ops::Deref for Terms<'_> {
    type Target = [(Monomial, i64)];
    fn deref(&self) -> &[(Monomial, i64)] {
        self.as_slice()
    }
}

impl Dim {
    /// The dim of one symbol.
    pub fn symbol(id: SymbolId) -> Dim {
        Dim::from(Atom::Symbol(id))
    }

    /// The value, when it is known.
    pub fn as_const(&self) -> Option<i64> {
        match self {
            Dim::Const(value) => Some(*value),
            Dim::Poly(_) => None,
        }
    }

    /// The atom, when the dim is just one.
    pub fn as_atom(&self) -> Option<&Atom> {
        match self {
            Dim::Const(_) => None,
            Dim::Poly(terms) => match &**terms {
                [(monomial, 1)] => match monomial.as_slice() {
                    [(atom, 1)] => Some(atom),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// The symbol, when the dim is just one.
    pub fn as_symbol(&self) -> Option<SymbolId> {
        self.as_atom().and_then(Atom::as_symbol)
    }

    /// The symbol `s`, coefficient `c` and constant `d` of a dim `c*s + d`.
    pub fn as_linear(&self) -> Option<(SymbolId, i64, i64)> {
        let terms = self.terms();
        let (constant, rest) = match terms.split_first() {
            Some(((monomial, constant), rest)) if monomial.is_empty() => (*constant, rest),
            _ => (0, terms.as_slice()),
        };
        let [(monomial, coefficient)] = rest else { return None };
        let [(Atom::Symbol(id), 1)] = monomial.as_slice() else { return None };
        Some((*id, *coefficient, constant))
    }

    /// Known to be 1, and so broadcastable.
    pub fn is_one(&self) -> bool {
        *self == Dim::Const(1)
    }

    /// The terms `(monomial, coefficient)` of the normal form.
    pub fn terms(&self) -> Terms<'_> {
        match self {
            Dim::Const(value) => Terms::Const([(vec![], *value)]),
            Dim::Poly(terms) => Terms::Poly(terms),
        }
    }

    /// The same terms, to change.
    pub fn to_terms(&self) -> Vec<(Monomial, i64)> {
        self.terms().to_vec()
    }

    /// Builds the normal form of a sum of terms. Coefficients wrap on overflow; `verify` bounds sizes.
    pub fn from_terms(terms: impl IntoIterator<Item = (Monomial, i64)>) -> Dim {
        let mut terms: Vec<(Monomial, i64)> = terms.into_iter().collect();
        terms.sort_by(|(a, _), (b, _)| a.cmp(b));
        terms.dedup_by(|(next, more), (kept, sum)| {
            let is_same = next == kept;
            *sum = if is_same { sum.wrapping_add(*more) } else { *sum };
            is_same
        });
        Dim::from_sorted(terms)
    }

    /// The same of terms that are in order, each monomial once.
    fn from_sorted(mut terms: Vec<(Monomial, i64)>) -> Dim {
        if terms.iter().any(|(monomial, _)| monomial.iter().any(|(atom, _)| atom.is_undefined())) {
            return Dim::undefined();
        }
        terms.retain(|(_, c)| *c != 0);
        match terms.as_slice() {
            [] => Dim::Const(0),
            [(monomial, value)] if monomial.is_empty() => Dim::Const(*value),
            _ => Dim::Poly(terms.into()),
        }
    }

    /// The sum of this and `times` the other: lists in order are merged.
    fn plus(&self, other: &Dim, times: i64) -> Dim {
        match (self, other) {
            (Dim::Const(a), Dim::Const(b)) => return Dim::Const(a.wrapping_add(b.wrapping_mul(times))),
            (_, Dim::Const(0)) => return self.clone(),
            _ if self.is_undefined() || other.is_undefined() => return Dim::undefined(),
            (_, _) => {}
        }
        let (left, right) = (self.terms(), other.terms());
        let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
        let mut sum = Vec::with_capacity(left.len() + right.len());
        while let (Some((m, c)), Some((n, d))) = (left.peek(), right.peek()) {
            let order = m.cmp(n);
            let mut coefficient = 0i64;
            if order.is_le() {
                coefficient = *c;
                left.next();
            }
            if order.is_ge() {
                coefficient = coefficient.wrapping_add(d.wrapping_mul(times));
                right.next();
            }
            if coefficient != 0 {
                sum.push((if order.is_le() { m } else { n }.clone(), coefficient));
            }
        }
        sum.extend(left.cloned());
        sum.extend(right.map(|(n, d)| (n.clone(), d.wrapping_mul(times))));
        Dim::from_sorted(sum)
    }

    /// So many times this.
    fn times(&self, times: i64) -> Dim {
        match (self, times) {
            (Dim::Const(value), _) => Dim::Const(value.wrapping_mul(times)),
            (Dim::Poly(_), _) if times == 1 || self.is_undefined() => self.clone(),
            (Dim::Poly(terms), _) => {
                Dim::from_sorted(terms.iter().map(|(m, c)| (m.clone(), c.wrapping_mul(times))).collect())
            }
        }
    }

    /// The same without its constant term.
    pub fn without_constant(&self) -> Dim {
        match self.terms().first() {
            Some((monomial, constant)) if monomial.is_empty() => self - &Dim::Const(*constant),
            Some(_) | None => self.clone(),
        }
    }

    /// Every atom that is a factor of a term, in order, without repeats; not those inside of atoms.
    pub fn atoms(&self) -> Vec<Atom> {
        let terms = self.terms();
        let mut atoms: Vec<&Atom> = terms.iter().flat_map(|(m, _)| m).map(|(atom, _)| atom).collect();
        atoms.sort();
        atoms.dedup();
        atoms.into_iter().cloned().collect()
    }

    /// What it divides by, numbers that are at least 1 aside.
    pub fn divisors(&self) -> Vec<Dim> {
        let mut divisors = vec![];
        for atom in self.atoms() {
            divisors.extend(atom.operands().iter().flat_map(Dim::divisors));
            match &atom {
                Atom::FloorDiv(operands) | Atom::Mod(operands) => divisors.push(operands[1].clone()),
                Atom::Symbol(_) | Atom::Min(_) | Atom::Max(_) => {}
            }
        }
        divisors.retain(|divisor| !matches!(divisor, Dim::Const(1..)));
        divisors
    }

    /// Every symbol that occurs, in order, without repeats.
    pub fn symbols(&self) -> Vec<SymbolId> {
        let mut ids = vec![];
        self.push_symbols(&mut ids);
        ids.sort();
        ids.dedup();
        ids
    }

    fn push_symbols(&self, ids: &mut Vec<SymbolId>) {
        let Dim::Poly(terms) = self else { return };
        for (atom, _) in terms.iter().flat_map(|(monomial, _)| monomial) {
            ids.extend(atom.as_symbol());
            atom.operands().iter().for_each(|operand| operand.push_symbols(ids));
        }
    }

    /// Replaces each symbol, and simplifies with the ranges of `symbols`, to which the replacements refer.
    pub fn substitute(&self, symbols: &Symbols, replacement: &mut dyn FnMut(SymbolId) -> Dim) -> Dim {
        let mut value = |atom: &Atom| match atom {
            Atom::Symbol(id) => replacement(*id),
            Atom::FloorDiv(_) | Atom::Mod(_) | Atom::Min(_) | Atom::Max(_) => {
                let operands: Vec<Dim> =
                    atom.operands().iter().map(|o| o.substitute(symbols, &mut *replacement)).collect();
                atom.with_operands(&operands, symbols)
            }
        };
        self.map_atoms(&mut value)
    }

    /// The normal form by these ranges.
    pub fn simplified(&self, symbols: &Symbols) -> Dim {
        self.substitute(symbols, &mut |id| Dim::symbol(id))
    }

    /// Replaces each factor of each term.
    fn map_atoms(&self, value: &mut dyn FnMut(&Atom) -> Dim) -> Dim {
        let Dim::Poly(terms) = self else {
            return self.clone();
        };
        let mut sum = Dim::Const(0);
        for (monomial, coefficient) in terms.iter() {
            let mut product = Dim::Const(*coefficient);
            for (atom, exponent) in monomial {
                let value = value(atom);
                for _ in 0..*exponent {
                    product = &product * &value;
                }
            }
            sum = &sum + &product;
        }
        sum
    }

    /// The value for given sizes, or `None` if it does not fit in 63 bits or a divisor is less than 1.
    pub fn evaluate(&self, size: &dyn Fn(SymbolId) -> i64) -> Option<i64> {
        let mut sum = 0i64;
        for (monomial, coefficient) in self.terms().iter() {
            let mut product = *coefficient;
            for (atom, exponent) in monomial {
                let value = atom.evaluate(size)?;
                for _ in 0..*exponent {
                    product = product.checked_mul(value)?;
                }
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }
}

impl From<i64> for Dim {
    fn from(value: i64) -> Dim {
        Dim::Const(value)
    }
}

impl From<Atom> for Dim {
    fn from(atom: Atom) -> Dim {
        Dim::Poly(Arc::from([(vec![(atom, 1)], 1)]))
    }
}

impl std::ops::Neg for &Dim {
    type Output = Dim;
    fn neg(self) -> Dim {
        self.times(-1)
    }
}

impl std::ops::Add for &Dim {
    type Output = Dim;
    fn add(self, other: &Dim) -> Dim {
        self.plus(other, 1)
    }
}

impl std::ops::Sub for &Dim {
    type Output = Dim;
    fn sub(self, other: &Dim) -> Dim {
        self.plus(other, -1)
    }
}

impl std::ops::Mul for &Dim {
    type Output = Dim;
    fn mul(self, other: &Dim) -> Dim {
        match (self, other) {
            (_, Dim::Const(times)) => self.times(*times),
            (Dim::Const(times), Dim::Poly(_)) => other.times(*times),
            (Dim::Poly(left), Dim::Poly(right)) => Dim::from_terms(left.iter().flat_map(|(m, c)| {
                right.iter().map(move |(n, d)| (multiply_monomials(m, n), c.wrapping_mul(*d)))
            })),
        }
    }
}

impl<'a> std::iter::Sum<&'a Dim> for Dim {
    fn sum<I: Iterator<Item = &'a Dim>>(sizes: I) -> Dim {
        sizes.fold(Dim::Const(0), |sum, size| &sum + size)
    }
}

impl<'a> std::iter::Product<&'a Dim> for Dim {
    fn product<I: Iterator<Item = &'a Dim>>(sizes: I) -> Dim {
        sizes.fold(Dim::Const(1), |product, size| &product * size)
    }
}

pub(crate) fn multiply_monomials(a: &Monomial, b: &Monomial) -> Monomial {
    let mut product: Monomial = a.iter().chain(b).cloned().collect();
    product.sort();
    product.dedup_by(|(next, more), (kept, exponent)| {
        let is_same = next == kept;
        *exponent = if is_same { exponent.saturating_add(*more) } else { *exponent };
        is_same
    });
    product
}

/// `a / b`, if that is a monomial.
pub fn divide_monomials(a: &Monomial, b: &Monomial) -> Option<Monomial> {
    let mut quotient = a.clone();
    for (atom, exponent) in b {
        let own = quotient.iter_mut().find(|(a, _)| a == atom)?;
        own.1 = own.1.checked_sub(*exponent)?;
    }
    quotient.retain(|(_, exponent)| *exponent > 0);
    Some(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u32 = 0;
    const K: u32 = 1;

    /// `N` from 0, `K` from 1.
    fn symbols() -> Symbols {
        let mut symbols = Symbols::default();
        symbols.push(Symbol::new("N"));
        symbols.push(Symbol { min: 1, ..Symbol::new("K") });
        symbols
    }

    fn symbol(id: u32) -> Dim {
        Dim::symbol(SymbolId(id))
    }

    /// `a*N + b`.
    fn linear(a: i64, b: i64) -> Dim {
        &(&symbol(N) * &Dim::Const(a)) + &Dim::Const(b)
    }

    fn shown(dim: &Dim) -> String {
        dim.display(&symbols()).to_string()
    }

    #[test]
    fn normal_form_makes_equality_structural() {
        let symbols = symbols();
        let (n, k) = (symbol(N), symbol(K));
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
        assert_eq!(linear(2, -3).as_linear(), Some((SymbolId(N), 2, -3)));
        assert_eq!((&n + &k).as_linear(), None);
    }

    #[test]
    fn quotients_are_divided_as_far_as_they_can_be() {
        let divided = |a: &Dim, b: &Dim| shown(&a.floor_div(b, &symbols()));
        let by = |a: i64, b: i64, c: i64| divided(&linear(a, b), &Dim::Const(c));
        let (n, k) = (symbol(N), symbol(K));
        assert_eq!(by(1, 0, 1), "N");
        assert_eq!(by(1, 0, 2), "N // 2");
        assert_eq!(by(6, 0, 3), "2*N");
        assert_eq!(by(3, 2, 3), "N");
        assert_eq!(by(3, 3, 3), "N + 1");
        assert_eq!(by(3, 0, 2), "N // 2 + N");
        assert_eq!(by(4, 1, 6), "2*N // 3");
        assert_eq!(by(1, -5, 2), "(N + 1) // 2 - 3");
        assert_eq!(by(-1, 0, 2), "N // 2 - N");
        assert_eq!(by(0, -7, 2), "-4");
        assert_eq!(by(1, 0, 1 << 21), "0");
        assert_eq!(by(1, 0, 0), "N // 0");
        assert_eq!(divided(&(&n * &k), &k), "N");
        assert_eq!(divided(&(&(&n * &k) + &n), &k), "N // K + N");
        assert_eq!(divided(&(&(&n * &n) - &Dim::Const(1)), &linear(1, 1)), "N - 1");
        assert_eq!(divided(&(&n * &Dim::Const(6)), &(&(&n * &k) * &Dim::Const(4))), "1 // K");
        assert_eq!(divided(&n, &linear(1, 1)), "0");
        assert_eq!(
            divided(&linear(1, 1).floor_div(&Dim::Const(2), &symbols()), &Dim::Const(3)),
            "(N + 1) // 6"
        );
        assert_eq!(
            divided(&Dim::max(&linear(1, -1), &Dim::Const(0), &symbols()), &Dim::Const(2)),
            "max((N + 1) // 2 - 1, 0)"
        );
    }

    #[test]
    fn remainders_keep_what_does_not_divide() {
        let rest = |a: &Dim, b: &Dim| shown(&a.modulo(b, &symbols()));
        let by = |a: i64, b: i64, c: i64| rest(&linear(a, b), &Dim::Const(c));
        let (n, k) = (symbol(N), symbol(K));
        assert_eq!(by(1, 0, 2), "N % 2");
        assert_eq!(by(6, 0, 3), "0");
        assert_eq!(by(6, 4, 3), "1");
        assert_eq!(by(1, 5, 2), "(N + 1) % 2");
        assert_eq!(by(4, 3, 6), "2*((2*N + 1) % 3) + 1");
        assert_eq!(by(-1, 0, 3), "2*N % 3");
        assert_eq!(by(1, 0, 1), "0");
        assert_eq!(by(1, 0, -2), "N % (-2)");
        assert_eq!(rest(&(&n * &k), &k), "0");
        assert_eq!(rest(&(&(&n * &k) + &n), &k), "N % K");
        assert_eq!(rest(&n, &linear(1, 1)), "N");
        assert_eq!(rest(&linear(1, 0).modulo(&Dim::Const(6), &symbols()), &Dim::Const(3)), "N % 3");
    }

    #[test]
    fn minima_and_maxima_drop_what_ranges_decide() {
        let symbols = symbols();
        let (n, k, zero) = (symbol(N), symbol(K), Dim::Const(0));
        let least = |dims: &[&Dim]| {
            shown(&Dim::min_of(&dims.iter().map(|d| (*d).clone()).collect::<Vec<_>>(), &symbols))
        };
        let most = |dims: &[&Dim]| {
            shown(&Dim::max_of(&dims.iter().map(|d| (*d).clone()).collect::<Vec<_>>(), &symbols))
        };
        assert_eq!(least(&[&Dim::Const(3), &n]), "min(N, 3)");
        assert_eq!(most(&[&zero, &linear(1, -1)]), "max(N - 1, 0)");
        assert_eq!(most(&[&(&k - &Dim::Const(1)), &zero]), "K - 1");
        assert_eq!(least(&[&n, &linear(2, 0)]), "N");
        assert_eq!(least(&[&n, &Dim::Const(Symbol::DEFAULT_MAX)]), "N");
        assert_eq!(most(&[&n, &k, &n]), "max(N, K)");
        let inner = Dim::max(&linear(1, -1), &zero, &symbols);
        assert_eq!(most(&[&(&inner - &Dim::Const(1)), &zero]), "max(N - 2, 0)");
        assert_eq!(least(&[&-&inner, &Dim::Const(-2)]), "min(-N + 1, -2)");
        assert_eq!(least(&[&inner, &n]), "max(N - 1, 0)");
        assert_eq!(most(&[&n, &linear(1, 0).floor_div(&Dim::Const(2), &symbols)]), "N");
    }

    #[test]
    fn bounds_see_what_atoms_are_made_of() {
        let symbols = symbols();
        let (n, k, two, three) = (symbol(N), symbol(K), Dim::Const(2), Dim::Const(3));
        let most = Symbol::DEFAULT_MAX;
        let ends = |dim: &Dim| {
            let bounds = dim.bounds(&symbols);
            (bounds.min as i64, bounds.max as i64)
        };
        let half = n.floor_div(&two, &symbols);
        assert_eq!(ends(&half), (0, most / 2));
        assert_eq!(ends(&(&n - &half)), (0, most / 2));
        assert_eq!(ends(&(&n - &(&half * &two))), (0, 1));
        assert_eq!(ends(&(&n - &(&n.floor_div(&k, &symbols) * &k))).0, 0);
        assert_eq!(ends(&(&n - &n.floor_div(&k, &symbols))).0, 0);
        assert_eq!(ends(&n.modulo(&three, &symbols)), (0, 2));
        assert_eq!(ends(&(&n - &n.modulo(&three, &symbols))).0, 0);
        assert_eq!(ends(&(&k - &n.modulo(&k, &symbols))).0, 1);
        assert_eq!(ends(&(&n - &Dim::min(&n, &three, &symbols))).0, 0);
        assert_eq!(ends(&Dim::max(&linear(1, -5), &three, &symbols)), (3, most - 5));
        assert_eq!(ends(&(&Dim::max(&n, &k, &symbols) - &k)).0, 0);
    }

    #[test]
    fn equal_values_are_found_in_other_forms() {
        let symbols = symbols();
        let (n, k, two, three, zero) = (symbol(N), symbol(K), Dim::Const(2), Dim::Const(3), Dim::Const(0));
        let quotient = |a: &Dim, b: &Dim| a.floor_div(b, &symbols);
        let equal = |a: &Dim, b: &Dim| a.is_equal(b, &symbols) && b.is_equal(a, &symbols);
        let (few, rest) = (Dim::min(&n, &three, &symbols), Dim::max(&linear(1, -3), &zero, &symbols));
        assert!(equal(&(&few + &rest), &n));
        assert!(equal(&(&quotient(&linear(1, 1), &two) + &quotient(&n, &two)), &n));
        let thirds = [0, 1, 2].map(|k| quotient(&linear(1, k), &three));
        assert!(equal(&(&(&thirds[0] + &thirds[1]) + &thirds[2]), &n));
        assert!(equal(&(&(&quotient(&n, &k) * &k) + &n.modulo(&k, &symbols)), &n));
        assert!(equal(&(&Dim::max(&n, &k, &symbols) + &Dim::min(&n, &k, &symbols)), &(&n + &k)));
        assert!(equal(
            &(&Dim::max(&linear(1, -1), &zero, &symbols) + &Dim::Const(1)),
            &Dim::max(&n, &Dim::Const(1), &symbols)
        ));
        assert!(!equal(&few, &n) && !equal(&quotient(&n, &two), &quotient(&linear(1, 1), &two)));
        assert!(!equal(&n, &k));
    }

    #[test]
    fn other_ranges_simplify_anew() {
        let symbols = symbols();
        let dim = Dim::max(&linear(1, -1), &Dim::Const(0), &symbols);
        let to = |value: Dim| shown(&dim.substitute(&symbols, &mut { |_| value.clone() }));
        assert_eq!(to(Dim::Const(5)), "4");
        assert_eq!(to(symbol(K)), "K - 1");
        assert_eq!(dim.symbols(), [SymbolId(N)]);
        let mut narrow = symbols.clone();
        narrow.get_mut(SymbolId(N)).min = 1;
        assert_eq!(shown(&dim.simplified(&narrow)), "N - 1");
    }

    #[test]
    fn what_nests_too_deeply_is_undefined() {
        let symbols = symbols();
        let (mut dim, mut depth) = (symbol(N), 0);
        while !dim.is_undefined() {
            dim = (&dim * &symbol(N)).modulo(&linear(1, 7), &symbols);
            depth += 1;
            assert!(depth <= crate::limits::MAX_NESTING + 2, "{depth}");
        }
        assert_eq!(dim.evaluate(&|_| 1), None);
        let (one, two) = (Dim::Const(1), Dim::Const(2));
        let made = [
            &dim - &dim,
            &dim + &one,
            &dim * &Dim::Const(0),
            dim.modulo(&two, &symbols),
            one.floor_div(&dim, &symbols),
        ];
        let extremes = [Dim::max(&(&one - &dim), &one, &symbols), Dim::min(&one, &dim, &symbols)];
        assert!(made.iter().chain(&extremes).all(Dim::is_undefined), "{made:?} {extremes:?}");
        assert!(!dim.is_at_least(&one, &symbols) && !one.is_at_least(&dim, &symbols));
        for _ in 0..100_000 {
            dim = Dim::min(&(&dim + &Dim::Const(1)), &symbol(K), &symbols);
        }
        assert_eq!(dim.evaluate(&|_| 1), None);
    }
}
