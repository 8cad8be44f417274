//! Quotients, remainders, minima and maxima in normal form, decided by the symbols' ranges where these say
//! so.
//!
//! What a rule finds does not depend on the order in which rules are tried again: the functions leave the
//! operands of their own results alone, so that a normal form stays itself (a property test says so).
//!
//! A common factor of dividend and divisor cancels, although it could be 0: where it is, the quotient was not
//! defined, and `N*K // K` is `N` for all `K`.

use std::sync::Arc;

use super::{Atom, Dim, Monomial, Symbols, divide_monomials};
use crate::limits::{MAX_NESTING, MAX_TENSOR_BYTES, MAX_WEIGHT};

/// The most steps of a long division.
const STEPS: usize = 64;

/// A sum that is linear in one atom with a constant coefficient: `coefficient*atom + rest`.
struct Split {
    atom: Atom,
    coefficient: i64,
    rest: Dim,
}

impl Dim {
    /// What stands where a size nests too deeply: it has no value, and `verify` refuses it. Whatever is made
    /// of it is undefined too.
    pub(crate) fn undefined() -> Dim {
        Dim::from(Atom::FloorDiv(Arc::new([Dim::Const(0), Dim::Const(0)])))
    }

    /// True where a size would nest too deeply.
    pub(crate) fn is_undefined(&self) -> bool {
        *self == Dim::undefined()
    }

    /// This divided by `divisor` and rounded down. `verify` refuses a divisor that can be less than 1.
    pub fn floor_div(&self, divisor: &Dim, symbols: &Symbols) -> Dim {
        match (self, divisor) {
            _ if self.is_undefined() || divisor.is_undefined() => return Dim::undefined(),
            (_, Dim::Const(..=0)) => return nested(Atom::FloorDiv, self, divisor),
            (Dim::Const(a), Dim::Const(b)) => return Dim::Const(a.div_euclid(*b)),
            (_, Dim::Const(1)) => return self.clone(),
            (_, _) => {}
        }
        if let Some(exact) = self.exact_quotient(divisor) {
            return exact;
        }
        let (quotient, rest) = self.divided_by_term(divisor);
        &quotient + &rest.floor_div_rest(divisor, symbols)
    }

    fn floor_div_rest(&self, divisor: &Dim, symbols: &Symbols) -> Dim {
        let (a, b) = (self, divisor);
        if let Some(quotient) = a.known_quotient(b, symbols) {
            return Dim::Const(quotient);
        }
        let (small, by) = a.without_common_factor(b);
        if (&small, &by) != (a, b) {
            return small.floor_div(&by, symbols);
        }
        // ((x // y) + p) // b is (x + p*y) // (y*b).
        let inner = a.split(|atom, c| c == 1 && matches!(atom, Atom::FloorDiv(_)));
        if let Some(Split { atom: Atom::FloorDiv(inner), rest: p, .. }) = inner {
            let [x, y] = &*inner;
            let simple = p.as_const().is_some() || y.as_const().is_some();
            if let Some((a, b)) = merged(x, &p, y, b, symbols).filter(|_| simple) {
                return a.floor_div(&b, symbols);
            }
        }
        // Division by what is positive keeps the order, so it can be done to the operands.
        let inner = a.split(|atom, _| matches!(atom, Atom::Min(_) | Atom::Max(_)));
        if let Some(Split { atom, coefficient, rest }) = inner {
            let each = |x: &Dim| (&(x * &Dim::Const(coefficient)) + &rest).floor_div(b, symbols);
            let operands: Vec<Dim> = atom.operands().iter().map(each).collect();
            return match matches!(atom, Atom::Max(_)) == (coefficient > 0) {
                true => Dim::max_of(&operands, symbols),
                false => Dim::min_of(&operands, symbols),
            };
        }
        nested(Atom::FloorDiv, a, b)
    }

    /// What is left of this by division by `divisor`: from 0 on and less than it. `verify` refuses a divisor
    /// that can be less than 1.
    pub fn modulo(&self, divisor: &Dim, symbols: &Symbols) -> Dim {
        match (self, divisor) {
            _ if self.is_undefined() || divisor.is_undefined() => return Dim::undefined(),
            (_, Dim::Const(..=0)) => return nested(Atom::Mod, self, divisor),
            (Dim::Const(a), Dim::Const(b)) => return Dim::Const(a.rem_euclid(*b)),
            (_, _) if self.exact_quotient(divisor).is_some() => return Dim::Const(0),
            (_, _) => {}
        }
        let (_, rest) = self.divided_by_term(divisor);
        if let Some(quotient) = rest.known_quotient(divisor, symbols) {
            return &rest - &(divisor * &Dim::Const(quotient));
        }
        // (g*x + k) % (g*y) is g*(x % y) + k, where k is less than g.
        let (g, factor) = rest.common_factor(divisor);
        let (x, y) = rest.without_common_factor(divisor);
        let common = Dim::from_terms([(factor, g)]);
        if !common.is_one() && common.is_at_least(&Dim::Const(0), symbols) {
            let k = (&rest - &rest.without_constant()).as_const().unwrap_or(0).rem_euclid(g);
            return &(&x.modulo(&y, symbols) * &common) + &Dim::Const(k);
        }
        // ((x % y) + p) % b is (x + p) % b, where b divides y.
        let inner = rest.split(|atom, _| matches!(atom, Atom::Mod(_)));
        if let Some(Split { atom: Atom::Mod(inner), coefficient, rest: p }) = inner {
            let [x, y] = &*inner;
            if y.exact_quotient(divisor).is_some() {
                return (&(x * &Dim::Const(coefficient)) + &p).modulo(divisor, symbols);
            }
        }
        nested(Atom::Mod, &rest, divisor)
    }

    /// The smaller of two. Write it `Dim::min(&a, &b, symbols)`: on a value, `a.min` is that of `Ord`.
    pub fn min(&self, other: &Dim, symbols: &Symbols) -> Dim {
        Dim::min_of(&[self.clone(), other.clone()], symbols)
    }

    /// The larger of two. Write it `Dim::max(&a, &b, symbols)`: on a value, `a.max` is that of `Ord`.
    pub fn max(&self, other: &Dim, symbols: &Symbols) -> Dim {
        Dim::max_of(&[self.clone(), other.clone()], symbols)
    }

    /// The smallest of several; 0 of none.
    pub fn min_of(operands: &[Dim], symbols: &Symbols) -> Dim {
        extreme(operands, false, symbols)
    }

    /// The largest of several; 0 of none.
    pub fn max_of(operands: &[Dim], symbols: &Symbols) -> Dim {
        extreme(operands, true, symbols)
    }

    /// The first term that is a number times an atom for which this holds.
    fn split(&self, wanted: impl Fn(&Atom, i64) -> bool) -> Option<Split> {
        self.terms().iter().find_map(|(monomial, coefficient)| match monomial.as_slice() {
            [(atom, 1)] if wanted(atom, *coefficient) => {
                let rest = self - &Dim::from_terms([(monomial.clone(), *coefficient)]);
                Some(Split { atom: atom.clone(), coefficient: *coefficient, rest })
            }
            _ => None,
        })
    }

    /// The quotient, if it is one number for all sizes.
    fn known_quotient(&self, divisor: &Dim, symbols: &Symbols) -> Option<i64> {
        let less = divisor - &Dim::Const(1);
        if self.is_at_least(&Dim::Const(0), symbols) && less.is_at_least(self, symbols) {
            return Some(0);
        }
        if Dim::Const(-1).is_at_least(self, symbols) && self.is_at_least(&-divisor, symbols) {
            return Some(-1);
        }
        let bounds = Dim::from(Atom::FloorDiv(Arc::new([self.clone(), divisor.clone()]))).bounds(symbols);
        (bounds.min == bounds.max).then(|| i64::try_from(bounds.min).ok()).flatten()
    }

    /// The quotient by a dim that divides this one as a polynomial.
    pub(crate) fn exact_quotient(&self, divisor: &Dim) -> Option<Dim> {
        let (lead, by) = leading(divisor)?;
        let (mut quotient, mut rest) = (Dim::Const(0), self.clone());
        for _ in 0..STEPS {
            let Some((monomial, coefficient)) = leading(&rest) else { return Some(quotient) };
            if coefficient.checked_rem(by)? != 0 {
                return None;
            }
            let term = Dim::from_terms([(divide_monomials(&monomial, &lead)?, coefficient / by)]);
            rest = &rest - &(&term * divisor);
            quotient = &quotient + &term;
        }
        None
    }

    /// Quotient and rest by a divisor that is one term `c*m`, coefficient by coefficient, so that in the rest
    /// those of multiples of `m` are from 0 to `c - 1`; the rest alone by any other divisor.
    fn divided_by_term(&self, divisor: &Dim) -> (Dim, Dim) {
        let (mut quotient, mut rest) = (vec![], vec![]);
        let terms = divisor.terms();
        let [(factor, c @ 1..)] = terms.as_slice() else { return (Dim::Const(0), self.clone()) };
        for (monomial, coefficient) in self.to_terms() {
            match divide_monomials(&monomial, factor) {
                Some(part) => {
                    quotient.push((part, coefficient.div_euclid(*c)));
                    rest.push((monomial, coefficient.rem_euclid(*c)));
                }
                None => rest.push((monomial, coefficient)),
            }
        }
        (Dim::from_terms(quotient), Dim::from_terms(rest))
    }

    /// The largest number and monomial that divide the divisor and, but for a constant, this dim.
    fn common_factor(&self, divisor: &Dim) -> (i64, Monomial) {
        let (own, other) = (self.terms(), divisor.terms());
        let varying = own.iter().filter(|(monomial, _)| !monomial.is_empty());
        let g = varying.chain(other.iter()).fold(0, |g, (_, coefficient)| gcd(g, coefficient.unsigned_abs()));
        let monomials = own.iter().chain(other.iter()).map(|(monomial, _)| monomial.clone());
        let factor = monomials.reduce(|a, b| common_monomial(&a, &b)).unwrap_or_default();
        (i64::try_from(g).unwrap_or(1).max(1), factor)
    }

    /// Dividend and divisor of the same quotient without their common factor.
    fn without_common_factor(&self, divisor: &Dim) -> (Dim, Dim) {
        let (g, factor) = self.common_factor(divisor);
        let divided = |dim: &Dim| {
            let term = |(m, c): (Monomial, i64)| Some((divide_monomials(&m, &factor)?, c.div_euclid(g)));
            dim.to_terms().into_iter().map(term).collect::<Option<Vec<_>>>().map(Dim::from_terms)
        };
        match (divided(self), divided(divisor)) {
            (Some(a), Some(b)) => (a, b),
            (_, _) => (self.clone(), divisor.clone()),
        }
    }

    /// Counts atoms, those inside of atoms included, down from `left`; false if there are more, or deeper
    /// ones.
    pub(crate) fn is_within(&self, depth: usize, left: &mut usize) -> bool {
        let Dim::Poly(terms) = self else { return true };
        terms.iter().flat_map(|(monomial, _)| monomial).all(|(atom, _)| {
            let Some(rest) = left.checked_sub(1) else { return false };
            *left = rest;
            atom.operands().is_empty()
                || depth > 0 && atom.operands().iter().all(|operand| operand.is_within(depth - 1, left))
        })
    }
}

/// A dim of one atom, unless that nests too deeply.
fn bounded(atom: Atom) -> Dim {
    let dim = Dim::from(atom);
    match dim.is_within(MAX_NESTING, &mut { MAX_WEIGHT }) {
        true => dim,
        false => Dim::undefined(),
    }
}

fn nested(function: fn(Arc<[Dim; 2]>) -> Atom, a: &Dim, b: &Dim) -> Dim {
    bounded(function(Arc::new([a.clone(), b.clone()])))
}

/// `x + p*y` and `y*b`, unless that could overflow where the parts do not.
fn merged(x: &Dim, p: &Dim, y: &Dim, b: &Dim, symbols: &Symbols) -> Option<(Dim, Dim)> {
    let product = |a: &Dim, b: &Dim| {
        let magnitude = a.bounds(symbols).magnitude.checked_mul(b.bounds(symbols).magnitude);
        magnitude.filter(|magnitude| *magnitude <= MAX_TENSOR_BYTES / 2).map(|_| a * b)
    };
    let (numerator, divisor) = (x + &product(p, y)?, product(y, b)?);
    (numerator.bounds(symbols).magnitude <= MAX_TENSOR_BYTES).then_some((numerator, divisor))
}

/// The largest or smallest of some dims: nested ones taken apart, those left out that others bound.
fn extreme(operands: &[Dim], largest: bool, symbols: &Symbols) -> Dim {
    let (mut open, mut found) = (operands.to_vec(), vec![]);
    while let Some(operand) = open.pop() {
        if operand.is_undefined() {
            return operand;
        }
        let alike = |atom: &Atom, c: i64| match atom {
            Atom::Max(_) => c == if largest { 1 } else { -1 },
            Atom::Min(_) => c == if largest { -1 } else { 1 },
            Atom::Symbol(_) | Atom::FloorDiv(_) | Atom::Mod(_) => false,
        };
        match operand.split(alike) {
            Some(Split { atom, coefficient, rest }) => {
                let c = Dim::Const(coefficient);
                open.extend(atom.operands().iter().map(|inner| &(inner * &c) + &rest));
            }
            None => found.push(operand),
        }
        if open.len() + found.len() > MAX_WEIGHT {
            return Dim::undefined();
        }
    }
    // Constants read best last.
    found.sort_by(|a, b| (a.as_const(), a).cmp(&(b.as_const(), b)));
    found.dedup();
    let beyond =
        |a: &Dim, b: &Dim| if largest { a.is_at_least(b, symbols) } else { b.is_at_least(a, symbols) };
    let mut at = 0;
    while at < found.len() {
        let bounded = (0..found.len()).any(|other| other != at && beyond(&found[other], &found[at]));
        match bounded {
            true => drop(found.remove(at)),
            false => at += 1,
        }
    }
    match (found.len(), largest) {
        (0 | 1, _) => found.pop().unwrap_or(Dim::Const(0)),
        (_, true) => bounded(Atom::Max(found.into())),
        (_, false) => bounded(Atom::Min(found.into())),
    }
}

/// The term of a polynomial that comes first by degree and then by the exponents of earlier atoms: an order
/// that products keep, as long division needs it.
fn leading(dim: &Dim) -> Option<(Monomial, i64)> {
    let degree = |m: &Monomial| m.iter().fold(0u64, |sum, (_, exponent)| sum + u64::from(*exponent));
    let exponents = |a: &Monomial, b: &Monomial| {
        let differ = a.iter().zip(b).find(|(x, y)| x != y);
        differ.map_or(std::cmp::Ordering::Equal, |(x, y)| y.0.cmp(&x.0).then(x.1.cmp(&y.1)))
    };
    let order = |a: &Monomial, b: &Monomial| degree(a).cmp(&degree(b)).then_with(|| exponents(a, b));
    dim.terms().iter().max_by(|(a, _), (b, _)| order(a, b)).cloned()
}

fn common_monomial(a: &Monomial, b: &Monomial) -> Monomial {
    let other = |atom: &Atom| b.iter().find(|(own, _)| own == atom).map_or(0, |(_, exponent)| *exponent);
    let common = a.iter().map(|(atom, exponent)| (atom.clone(), other(atom).min(*exponent)));
    common.filter(|(_, exponent)| *exponent > 0).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
