//! What a dim can be, given the symbols' ranges. Nothing here overflows.
//!
//! Interval arithmetic takes every occurrence of an atom for another number and finds `N - N // 2` to be
//! anything. So atoms are also eliminated one by one, by what defines them: `b*(a // b)` is at most `a` and
//! at least `a - b + 1`, a minimum is at most each of its operands and equal to one of them. The better bound
//! counts.

use std::cell::Cell;

use super::{Atom, Dim, Monomial, SymbolId, Symbols};

/// Larger than anything admissible, small enough to be multiplied by a coefficient.
const HUGE: i128 = 1 << 63;

/// The most eliminations for one bound.
const ELIMINATIONS: u32 = 128;

/// The most ways to bound the terms with a minimum or maximum one by one.
const MOST_WAYS: usize = 16;

/// What a size can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Not below this.
    pub min: i128,
    /// Not above this.
    pub max: i128,
    /// The sum of the terms' largest magnitudes, which bounds every partial sum.
    pub magnitude: i128,
}

/// Dims, each with a positive divisor, that bound a dim from below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reduced {
    /// It is at least each of the quotients.
    Any(Vec<(Dim, i64)>),
    /// It is at least one of them.
    All(Vec<(Dim, i64)>),
}

impl Dim {
    /// What it can be, given the symbols' ranges: exact where each symbol occurs in one term.
    pub fn bounds(&self, symbols: &Symbols) -> Bounds {
        self.bounds_up_to(symbols, i64::MAX)
    }

    /// Bounds that take every occurrence of an atom for another number: found at once.
    pub(super) fn interval(&self, symbols: &Symbols) -> Bounds {
        Ranges { symbols, cap: i64::MAX, left: Cell::new(0), most_ways: 0 }.of(self)
    }

    /// [`Dim::bounds`] with no symbol larger than `cap`.
    pub(crate) fn bounds_up_to(&self, symbols: &Symbols, cap: i64) -> Bounds {
        Ranges { symbols, cap, left: Cell::new(ELIMINATIONS), most_ways: 0 }.of(self)
    }

    /// True when it is never less than the other, as far as can be shown.
    pub fn is_at_least(&self, other: &Dim, symbols: &Symbols) -> bool {
        if self.is_undefined() || other.is_undefined() {
            return false;
        }
        let difference = self - other;
        // A coefficient that wrapped says nothing.
        let terms = [self, other, &difference].map(|dim| dim.coefficients());
        let ranges = Ranges { symbols, cap: i64::MAX, left: Cell::new(ELIMINATIONS), most_ways: 0 };
        terms[0] + terms[1] <= HUGE && ranges.is_natural(&difference)
    }

    /// Dims with one atom less, other than symbols, that bound this one from below.
    pub fn reduce(&self, symbols: &Symbols) -> Option<Reduced> {
        Ranges { symbols, cap: i64::MAX, left: Cell::new(ELIMINATIONS), most_ways: MOST_WAYS }.reduce(self)
    }

    /// The sum of its coefficients' magnitudes.
    fn coefficients(&self) -> i128 {
        self.terms().iter().map(|(_, coefficient)| i128::from(*coefficient).abs()).sum()
    }
}

/// The ends of an interval.
type Ends = (i128, i128);

fn times(a: Ends, b: Ends) -> Ends {
    let products = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1].map(|p| p.clamp(-HUGE, HUGE));
    let (mut least, mut most) = (products[0], products[0]);
    for product in products {
        (least, most) = (least.min(product), most.max(product));
    }
    (least, most)
}

/// Ranges of symbols, and how many eliminations are left.
struct Ranges<'s> {
    symbols: &'s Symbols,
    cap: i64,
    left: Cell<u32>,
    /// The most ways in which terms may be given different operands of one minimum or maximum.
    most_ways: usize,
}

impl Ranges<'_> {
    fn of(&self, dim: &Dim) -> Bounds {
        let (plain, magnitude) = self.interval(dim);
        if self.left.get() == 0 || dim.atoms().iter().all(|atom| atom.as_symbol().is_some()) {
            return Bounds { min: plain.0, max: plain.1, magnitude };
        }
        Bounds { min: self.improved(dim, plain.0), max: -self.improved(&-dim, -plain.1), magnitude }
    }

    fn ends(&self, dim: &Dim) -> Ends {
        let bounds = self.of(dim);
        (bounds.min.clamp(-HUGE, HUGE), bounds.max.clamp(-HUGE, HUGE))
    }

    /// The ends when every occurrence of an atom is another number, and the magnitude of the terms.
    fn interval(&self, dim: &Dim) -> (Ends, i128) {
        let (mut total, mut magnitude) = ((0i128, 0i128), 0i128);
        for (monomial, coefficient) in dim.terms().iter() {
            let mut product = (1, 1);
            for (atom, exponent) in monomial {
                let ends = self.atom(atom);
                for _ in 0..*exponent {
                    product = times(product, ends);
                }
            }
            let ends = [product.0, product.1].map(|end| end * i128::from(*coefficient));
            let (least, most) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            total = (total.0.saturating_add(least), total.1.saturating_add(most));
            magnitude = magnitude.saturating_add(least.abs().max(most.abs()));
        }
        (total, magnitude)
    }

    fn symbol(&self, id: SymbolId) -> Ends {
        // A symbol of another table can be anything that a size can be.
        let (min, max) = self.symbols.0.get(id.0 as usize).map_or((0, i64::MAX), |s| (s.min, s.max));
        let max = max.min(self.cap).max(min);
        (i128::from(min), i128::from(max))
    }

    fn atom(&self, atom: &Atom) -> Ends {
        match atom {
            Atom::Symbol(id) => self.symbol(*id),
            Atom::FloorDiv(operands) => {
                let [a, b] = [0, 1].map(|i| self.ends(&operands[i]));
                let b = (b.0.max(1), b.1.max(1));
                let toward = |a: i128, near, far| a.div_euclid(if a >= 0 { near } else { far });
                match operands[1].as_const() {
                    Some(..=0) => (-HUGE, HUGE),
                    Some(_) | None => (toward(a.0, b.1, b.0), toward(a.1, b.0, b.1)),
                }
            }
            Atom::Mod(operands) => {
                let [a, b] = [0, 1].map(|i| self.ends(&operands[i]));
                let most = (b.1 - 1).max(0);
                match operands[1].as_const() {
                    Some(..=0) => (-HUGE, HUGE),
                    Some(_) | None => (0, if a.0 >= 0 { most.min(a.1) } else { most }),
                }
            }
            Atom::Min(operands) => self.fold(operands, i128::min),
            Atom::Max(operands) => self.fold(operands, i128::max),
        }
    }

    fn fold(&self, operands: &[Dim], choose: fn(i128, i128) -> i128) -> Ends {
        let ends = operands.iter().map(|operand| self.ends(operand));
        ends.reduce(|a, b| (choose(a.0, b.0), choose(a.1, b.1))).unwrap_or((0, 0))
    }

    /// Whether it is never negative, as far as can be shown.
    fn is_natural(&self, dim: &Dim) -> bool {
        let (plain, _) = self.interval(dim);
        plain.0 >= 0 || self.improved(dim, plain.0) >= 0
    }

    /// A lower bound.
    fn least(&self, dim: &Dim) -> i128 {
        self.improved(dim, self.interval(dim).0.0)
    }

    /// A lower bound that is no worse than one.
    fn improved(&self, dim: &Dim, plain: i128) -> i128 {
        let rounded_up = |(case, divisor): &(Dim, i64)| -(-self.least(case)).div_euclid(i128::from(*divisor));
        match self.reduce(dim) {
            None => plain,
            Some(Reduced::Any(cases)) => cases.iter().map(rounded_up).fold(plain, i128::max),
            Some(Reduced::All(cases)) => {
                cases.iter().map(rounded_up).min().map_or(plain, |least| plain.max(least))
            }
        }
    }

    fn reduce(&self, dim: &Dim) -> Option<Reduced> {
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        // The deepest atoms come last, and what replaces them may have the others.
        let atoms = dim.atoms();
        let mut functions = atoms.iter().rev().filter(|atom| atom.as_symbol().is_none());
        functions.find_map(|atom| self.eliminate(dim, atom))
    }

    fn eliminate(&self, dim: &Dim, atom: &Atom) -> Option<Reduced> {
        let all = dim.terms();
        let with = all.iter().filter(|(m, _)| m.iter().any(|(a, _)| a == atom));
        let terms: Vec<(Monomial, i64)> = with.cloned().collect();
        let sign = self.sign(&terms, atom);
        let replaced = |value: &Dim| dim.replace(atom, value).map(|case| (case, 1));
        match (atom, sign) {
            (Atom::Symbol(_), _) => None,
            (Atom::Max(operands), Some(true)) | (Atom::Min(operands), Some(false)) => {
                let mut cases: Vec<(Dim, i64)> = operands.iter().filter_map(replaced).collect();
                cases.extend(self.mixed(dim, atom, &terms));
                Some(Reduced::Any(cases))
            }
            (Atom::Max(operands) | Atom::Min(operands), _) => {
                operands.iter().map(replaced).collect::<Option<Vec<_>>>().map(Reduced::All)
            }
            (Atom::FloorDiv(_) | Atom::Mod(_), None) => None,
            (Atom::Mod(operands), Some(rising)) => {
                let [a, b] = &**operands;
                let mut values = vec![];
                match rising {
                    true => values.push(Dim::Const(0)),
                    false => values.push(b - &Dim::Const(1)),
                }
                if !rising && self.ends(a).0 >= 0 {
                    values.push(a.clone());
                }
                Some(Reduced::Any(values.iter().filter_map(replaced).collect()))
            }
            (Atom::FloorDiv(operands), Some(rising)) => {
                let [a, b] = &**operands;
                if let Some(case) = multiplied(dim, atom, a, b, rising) {
                    return Some(Reduced::Any(vec![case]));
                }
                // A quotient of what is not negative is not negative, and at most that.
                let value = if rising { Dim::Const(0) } else { a.clone() };
                let known = self.ends(a).0 >= 0;
                known.then(|| Reduced::Any(replaced(&value).into_iter().collect()))
            }
        }
    }

    /// The dim with an operand of its own for each of the terms with this atom: a minimum is at most each of
    /// them.
    fn mixed(&self, dim: &Dim, atom: &Atom, terms: &[(Monomial, i64)]) -> Vec<(Dim, i64)> {
        let operands = atom.operands();
        let ways = operands.len().checked_pow(terms.len() as u32).filter(|ways| *ways <= self.most_ways);
        let Some(ways) = ways.filter(|_| terms.len() > 1) else { return vec![] };
        let rest = dim - &Dim::from_terms(terms.to_vec());
        let case = |way: usize| {
            let mut digits = way;
            terms.iter().try_fold(rest.clone(), |sum, term| {
                let operand = &operands[digits % operands.len()];
                digits /= operands.len();
                Some(&sum + &Dim::from_terms([term.clone()]).replace(atom, operand)?)
            })
        };
        (0..ways).filter_map(|way| Some((case(way)?, 1))).collect()
    }

    /// Whether the terms, all those with this atom, rise or fall with it; `None` if that is not known.
    fn sign(&self, terms: &[(Monomial, i64)], atom: &Atom) -> Option<bool> {
        let mut factors = vec![];
        for (monomial, coefficient) in terms {
            let mut rest = monomial.clone();
            let at = rest.iter().position(|(other, exponent)| other == atom && *exponent == 1)?;
            rest.remove(at);
            factors.push((rest, *coefficient));
        }
        let (least, most) = self.interval(&Dim::from_terms(factors)).0;
        (least >= 0 || most <= 0).then_some(least >= 0)
    }
}

impl Dim {
    /// The same with another value for an atom, unless coefficients could overflow.
    pub fn replace(&self, atom: &Atom, value: &Dim) -> Option<Dim> {
        let degree = self.terms().iter().flat_map(|(m, _)| m).map(|(_, exponent)| *exponent).max()?;
        let growth = value.coefficients().max(1).checked_pow(degree)?;
        let fits = self.coefficients().checked_mul(growth)? <= HUGE / 2;
        let other = |a: &Atom| if a == atom { value.clone() } else { Dim::from(a.clone()) };
        fits.then(|| self.map_atoms(&mut { other }))
    }
}

/// A bound of a dim that is linear in `a // b`, where `b` is a term `c*m` whose `m` stands beside every
/// `a // b`: `c*m*(a // b)` is at most `a`, and at least `a - b + 1`. Multiplied by `c`.
fn multiplied(dim: &Dim, atom: &Atom, a: &Dim, b: &Dim, rising: bool) -> Option<(Dim, i64)> {
    let [(factor, c)] = b.to_terms().try_into().ok()?;
    if c < 1 {
        return None;
    }
    let value = if rising { &(a - b) + &Dim::Const(1) } else { a.clone() };
    let growth = value.coefficients().max(i128::from(c));
    if dim.coefficients().checked_mul(growth)? > HUGE / 2 {
        return None;
    }
    let mut sum = Dim::Const(0);
    for (mut monomial, coefficient) in dim.to_terms() {
        let at = monomial.iter().position(|(a, _)| a == atom);
        let term = match at {
            None => Dim::from_terms([(monomial, coefficient * c)]),
            Some(at) => {
                monomial.remove(at);
                let rest = super::divide_monomials(&monomial, &factor)?;
                &Dim::from_terms([(rest, coefficient)]) * &value
            }
        };
        sum = &sum + &term;
    }
    Some((sum, c))
}
