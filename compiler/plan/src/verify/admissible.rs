//! What holds of dims for every admissible size: within the symbols' ranges and with all checks passed.
//!
//! A polynomial is shown never negative by writing each symbol as its lower bound plus, or its upper bound
//! minus, something that is not negative: when no coefficient is negative then, neither is the value. Nor is
//! it when the least values of its terms together are not. Quotients, remainders, minima and maxima are
//! replaced by what bounds them. What this does not show, and no sample refutes, linear arithmetic may, which
//! knows what each of them is. Sample sizes serve to say for which sizes a claim fails.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use tgc_graph::dim::{Atom, Claims, Dim, Monomial, Reduced, Solved, Symbols, divide_monomials};

use crate::size::Size;
use crate::{Reach, Signature};

/// The admissible sizes of a function.
pub(super) struct Admissible<'p> {
    symbols: &'p Symbols,
    /// Symbols that a check equates with other sizes.
    solved: Solved,
    /// What the other checks say.
    laws: Vec<Law>,
    samples: Vec<Vec<i64>>,
    /// What was found of a dim where these extents are at least 1: questions come again.
    answers: RefCell<BTreeMap<Question, Result<(), NotProven>>>,
}

/// Whether a dim is never negative, and extents that are at least 1 then: in order, without numbers.
type Question = (Dim, Vec<Dim>);

/// Why a claim about sizes was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotProven {
    /// It fails for these sizes: `N = 5, K = 0`; empty when there are no symbols.
    Refuted(String),
    /// No sample refutes it, and no rule here shows it.
    Unknown,
}

impl std::fmt::Display for NotProven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotProven::Refuted(sizes) if sizes.is_empty() => Ok(()),
            NotProven::Refuted(sizes) => write!(f, " when {sizes}"),
            NotProven::Unknown => write!(f, ", as far as can be shown"),
        }
    }
}

impl<'p> Admissible<'p> {
    pub(super) fn of(function: &'p Signature) -> Admissible<'p> {
        let (symbols, checks) = (&function.symbols, function.checks.iter());
        let solved = Solved::of(checks.clone().map(|c| (&c.left, &c.right)), symbols);
        let mut admissible =
            Admissible { symbols, solved, laws: vec![], samples: vec![], answers: RefCell::default() };
        let unsolved = checks.map(|check| admissible.solve(&(&check.left - &check.right)));
        admissible.laws = unsolved.filter_map(|difference| Law::of(&difference)).collect();
        let equal: Vec<(&Dim, &Dim)> = function.checks.iter().map(|c| (&c.left, &c.right)).collect();
        admissible.samples = admissible.solved.samples(symbols, &equal);
        admissible
    }

    /// Shows that `dim` is never negative while every extent in `nonempty` is at least 1.
    pub(super) fn not_negative(&self, dim: &Dim, nonempty: &[&Dim]) -> Result<(), NotProven> {
        if matches!(dim, Dim::Const(0..)) {
            return Ok(());
        }
        let varies = |extent: &&&Dim| !matches!(extent, Dim::Const(1..));
        let mut extents: Vec<Dim> = nonempty.iter().filter(varies).map(|extent| (*extent).clone()).collect();
        extents.sort();
        extents.dedup();
        let question = (dim.clone(), extents);
        if let Some(answer) = self.answers.borrow().get(&question) {
            return answer.clone();
        }
        let answer = self.find_not_negative(dim, &question.1.iter().collect::<Vec<_>>());
        self.answers.borrow_mut().insert(question, answer.clone());
        answer
    }

    fn find_not_negative(&self, dim: &Dim, nonempty: &[&Dim]) -> Result<(), NotProven> {
        let is_plain = dim.atoms().iter().all(|atom| atom.as_symbol().is_some());
        if self.solved.contradicts() || is_plain && self.shows(dim, nonempty) {
            return Ok(());
        }
        let fails = |sample: &[i64]| {
            let value = |dim: &Dim| dim.evaluate(&|id| sample[id.0 as usize]);
            nonempty.iter().all(|extent| value(extent).is_some_and(|v| v >= 1))
                && value(dim).is_some_and(|v| v < 0)
        };
        let reason = self.not_proven(&fails);
        if reason != NotProven::Unknown {
            return Err(reason);
        }
        let solved = self.solve(dim);
        let by_law = || self.by_laws(&solved).is_some_and(|dim| self.shows(&dim, nonempty));
        let by_bounds =
            || !is_plain && self.shows(dim, nonempty) || self.shows(&solved, nonempty) || by_law();
        if self.follows(&solved, nonempty) || by_bounds() { Ok(()) } else { Err(reason) }
    }

    /// By linear arithmetic from all that is known.
    fn follows(&self, dim: &Dim, nonempty: &[&Dim]) -> bool {
        let one = Dim::Const(1);
        let mut facts: Vec<Dim> = nonempty.iter().map(|extent| self.solve(&(*extent - &one))).collect();
        facts.extend(self.laws.iter().flat_map(|law| [law.difference.clone(), -&law.difference]));
        facts.retain(|fact| fact.as_const().is_none_or(|constant| constant < 0));
        facts.sort();
        facts.dedup();
        Claims::from(self.symbols, facts).shows(dim)
    }

    /// The first sample of which the claim fails, as a reason.
    pub(super) fn not_proven(&self, fails: &dyn Fn(&[i64]) -> bool) -> NotProven {
        match self.samples.iter().find(|sample| fails(sample)) {
            None => NotProven::Unknown,
            Some(sample) => {
                let sizes: Vec<String> = self
                    .symbols
                    .iter()
                    .map(|(id, symbol)| format!("{} = {}", symbol.name, sample[id.0 as usize]))
                    .collect();
                NotProven::Refuted(sizes.join(", "))
            }
        }
    }

    /// Admissible sizes to try.
    pub(super) fn samples(&self) -> &[Vec<i64>] {
        &self.samples
    }

    /// Whether a sample leads outside by an access.
    pub(super) fn refutes(&self, reach: &Reach) -> bool {
        self.samples.iter().any(|sample| {
            let ends = reach.ends(&|id| sample[id.0 as usize]);
            ends.is_some_and(|ends| ends.outside().is_some())
        })
    }

    /// Shows that one size is at most another.
    pub(super) fn at_most(&self, small: &Size, large: &Size) -> Result<(), NotProven> {
        if self.solved.contradicts() || small.at_most(large) {
            return Ok(());
        }
        Err(self.not_proven(&|sample| {
            let value = |size: &Size| size.evaluate(&|id| sample[id.0 as usize]);
            value(small).zip(value(large)).is_some_and(|(small, large)| small > large)
        }))
    }

    /// The same dim without solved symbols.
    fn solve(&self, dim: &Dim) -> Dim {
        self.solved.apply(dim, self.symbols)
    }

    /// A dim of the same sign, without products that a law replaces; `None` if there are no such.
    fn by_laws(&self, dim: &Dim) -> Option<Dim> {
        let mut current = dim.clone();
        for _ in 0..REDUCTIONS {
            match self.laws.iter().find_map(|law| law.apply(&current)) {
                Some(next) => current = next,
                None => break,
            }
        }
        (current != *dim).then_some(current)
    }

    fn shows(&self, dim: &Dim, nonempty: &[&Dim]) -> bool {
        let facts = self.facts(nonempty);
        // Nothing happens where an extent is never 1 or more.
        if facts.iter().any(|fact| fact.bounds(self.symbols).max < 1) {
            return true;
        }
        // The one operand of a maximum that can be 1 or more is the maximum, where that is 1 or more.
        let chosen = facts.iter().filter_map(|fact| {
            let atom = fact.as_atom().filter(|atom| matches!(atom, Atom::Max(_)))?;
            Some((atom, self.only_positive(atom)?))
        });
        let replaced =
            chosen.fold(dim.clone(), |dim, (atom, value)| dim.replace(atom, &value).unwrap_or(dim));
        // What is made of symbols alone is not reduced.
        let symbols = match dim.atoms().iter().all(|atom| atom.as_symbol().is_some()) {
            true => Cow::Borrowed(self.symbols),
            false => Cow::Owned(self.narrowed(&facts)),
        };
        self.shows_reduced(&replaced, &facts, &symbols, &mut { REDUCTIONS })
            || replaced != *dim && self.shows_reduced(dim, &facts, &symbols, &mut { REDUCTIONS })
            || replaced.bounds(&symbols).min >= 0
            || contradict(&facts)
    }

    /// The symbols with the ranges that they have where these dims are at least 1.
    fn narrowed(&self, facts: &[Dim]) -> Symbols {
        let mut symbols = self.symbols.clone();
        for (id, symbol) in self.symbols.iter() {
            let least = facts.iter().filter_map(|fact| least_for_nonempty(fact, &Atom::Symbol(id)));
            symbols.get_mut(id).min = least.fold(symbol.min, i64::max).min(symbol.max);
        }
        symbols
    }

    /// By bounds of one atom after another, other than symbols.
    fn shows_reduced(&self, dim: &Dim, facts: &[Dim], symbols: &Symbols, left: &mut usize) -> bool {
        if self.shows_by_signs(dim, facts) {
            return true;
        }
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        let mut shown = |case: &Dim| self.shows_reduced(case, facts, symbols, left);
        match dim.reduce(symbols) {
            None => false,
            Some(Reduced::Any(cases)) => cases.iter().any(|case| shown(&rounded_up(case))),
            Some(Reduced::All(cases)) => cases.iter().all(|case| shown(&rounded_up(case))),
        }
    }

    fn shows_by_signs(&self, dim: &Dim, facts: &[Dim]) -> bool {
        let atoms = dim.atoms();
        let ranges: Vec<(i64, i64)> = atoms.iter().map(|atom| self.range(atom, facts)).collect();
        // Each way to choose, for every atom, the bound to start from.
        let ways = if atoms.len() <= 4 { 1u32 << atoms.len() } else { 1 };
        (0..ways).any(|way| {
            let shifted = |atom: &Atom| {
                let i = atoms.iter().position(|other| other == atom).expect("invariant: listed above");
                if way >> i & 1 == 0 { (ranges[i].0, 1) } else { (ranges[i].1, -1) }
            };
            shift(dim, &shifted).is_some_and(|poly| poly.values().all(|&c| c >= 0))
        })
    }

    /// What is at least 1 besides these extents, because they are.
    fn facts(&self, nonempty: &[&Dim]) -> Vec<Dim> {
        let mut facts: Vec<Dim> = nonempty.iter().map(|extent| (*extent).clone()).collect();
        let mut at = 0;
        while let Some(fact) = facts.get(at).filter(|_| at < MAX_FACTS).cloned() {
            at += 1;
            match fact.as_atom() {
                Some(Atom::Min(operands)) => facts.extend(operands.iter().cloned()),
                Some(atom @ Atom::Max(_)) => facts.extend(self.only_positive(atom)),
                Some(Atom::FloorDiv(operands)) => {
                    let [a, b] = &**operands;
                    facts.push(&(a - b) + &Dim::Const(1));
                }
                Some(Atom::Symbol(_) | Atom::Mod(_)) => {}
                // Factors that are not negative and whose product is not 0; what is not less than its sum
                // with a negative number.
                None => {
                    if let [(less, ..=0), (more, 1)] = fact.terms().as_slice()
                        && let ([], [(atom, 1)]) = (less.as_slice(), more.as_slice())
                    {
                        facts.push(Dim::from(atom.clone()));
                    }
                    if let [(monomial, 1..)] = fact.terms().as_slice() {
                        let factors = monomial.iter().map(|(atom, _)| Dim::from(atom.clone()));
                        let known = factors.filter(|factor| factor.bounds(self.symbols).min >= 0);
                        let known: Vec<Dim> = known.collect();
                        facts.extend(if known.len() == monomial.len() { known } else { vec![] });
                    }
                }
            }
        }
        facts
    }

    /// The operand of a maximum that can be 1 or more, if it is one.
    fn only_positive(&self, atom: &Atom) -> Option<Dim> {
        let mut able = atom.operands().iter().filter(|operand| operand.bounds(self.symbols).max >= 1);
        able.next().filter(|_| able.next().is_none()).cloned()
    }

    /// The range of an atom, given dims that are at least 1.
    fn range(&self, atom: &Atom, facts: &[Dim]) -> (i64, i64) {
        let bounds = Dim::from(atom.clone()).bounds(self.symbols);
        let end = |end: i128| end.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        let least = facts.iter().filter_map(|fact| least_for_nonempty(fact, atom));
        (least.fold(end(bounds.min), i64::max), end(bounds.max))
    }
}

/// Whether two of these dims cannot both be at least 1.
fn contradict(facts: &[Dim]) -> bool {
    let opposite = |a: &Dim, b: &Dim| (a + b).as_const().is_some_and(|sum| sum < 2);
    facts.iter().enumerate().any(|(i, a)| facts[i + 1..].iter().any(|b| opposite(a, b)))
}

/// What is not negative if a quotient, rounded up, is not.
fn rounded_up((dividend, divisor): &(Dim, i64)) -> Dim {
    dividend + &Dim::Const(divisor - 1)
}

/// The most steps for one claim.
const REDUCTIONS: usize = 64;

/// The most facts from which others are drawn.
const MAX_FACTS: usize = 64;

/// What an atom must be at least for this extent to be at least 1: `c*a + d` with `c > 0` asks for
/// `a >= (1-d)/c`, and a symbol that is a factor of every term is not 0.
fn least_for_nonempty(extent: &Dim, atom: &Atom) -> Option<i64> {
    let terms = extent.terms();
    let is_factor = |(m, _): &(Monomial, i64)| m.iter().any(|(a, _)| a == atom);
    let (constant, rest) = match terms.as_slice() {
        [_, ..] if atom.as_symbol().is_some() && terms.iter().all(is_factor) => return Some(1),
        [(monomial, d), rest @ ..] if monomial.is_empty() => (*d, rest),
        rest => (0, rest),
    };
    match rest {
        [(monomial, c @ 1..)] if matches!(monomial.as_slice(), [(a, 1)] if a == atom) => {
            let need = 1i64.checked_sub(constant)?;
            Some(need.div_euclid(*c) + i64::from(need.rem_euclid(*c) != 0))
        }
        _ => None,
    }
}

/// `coefficient * product = value`, with a coefficient of at least 1: what a check says of its leading term.
/// Each application makes a dim smaller in the order of degrees, then of monomials.
struct Law {
    /// What is 0.
    difference: Dim,
    product: Monomial,
    coefficient: i64,
    value: Dim,
}

impl Law {
    /// That this is 0.
    fn of(difference: &Dim) -> Option<Law> {
        let degree = |m: &Monomial| m.iter().map(|(_, exponent)| u64::from(*exponent)).sum::<u64>();
        let terms = difference.to_terms().into_iter().filter(|(product, _)| !product.is_empty());
        let (product, coefficient) = terms.max_by_key(|(product, _)| (degree(product), product.clone()))?;
        let rest = difference - &Dim::from_terms([(product.clone(), coefficient)]);
        let value = if coefficient > 0 { -&rest } else { rest };
        let coefficient = coefficient.checked_abs()?;
        let small = |c: i64| c.unsigned_abs() <= LARGEST_FACTOR;
        let difference = difference.clone();
        let all_small = small(coefficient) && value.terms().iter().all(|(_, c)| small(*c));
        all_small.then_some(Law { difference, product, coefficient, value })
    }

    /// The dim, times the coefficient, with the value for every product; `None` if there is none.
    fn apply(&self, dim: &Dim) -> Option<Dim> {
        let terms = dim.terms();
        let small = terms.iter().all(|(_, c)| c.unsigned_abs() <= LARGEST_SUMMAND);
        let is_here = |(monomial, _): &(Monomial, i64)| divide_monomials(monomial, &self.product).is_some();
        if !small || !terms.iter().any(is_here) {
            return None;
        }
        let replaced = |(monomial, c): (Monomial, i64)| match divide_monomials(&monomial, &self.product) {
            Some(others) => &Dim::from_terms([(others, c)]) * &self.value,
            None => &Dim::from_terms([(monomial, c)]) * &Dim::Const(self.coefficient),
        };
        Some(terms.iter().cloned().map(replaced).fold(Dim::Const(0), |sum, term| &sum + &term))
    }
}

/// Coefficients of laws and of dims that they are applied to are at most so large, so that no sum of products
/// wraps.
const LARGEST_FACTOR: u64 = 1 << 16;
const LARGEST_SUMMAND: u64 = 1 << 32;

/// A polynomial in which nothing wraps.
type Poly = BTreeMap<Monomial, i128>;

/// The polynomial in `t` when each atom `s` is `bound + sign*t`; `None` when a coefficient does not fit.
fn shift(dim: &Dim, shifted: &dyn Fn(&Atom) -> (i64, i64)) -> Option<Poly> {
    let mut sum = Poly::new();
    for (monomial, coefficient) in dim.to_terms() {
        let mut product = Poly::from([(vec![], i128::from(coefficient))]);
        for (atom, exponent) in monomial {
            let (bound, sign) = shifted(&atom);
            for _ in 0..exponent {
                product = multiply(&product, &atom, i128::from(bound), i128::from(sign))?;
            }
        }
        for (monomial, c) in product {
            let entry = sum.entry(monomial).or_insert(0);
            *entry = entry.checked_add(c)?;
        }
    }
    Some(sum)
}

/// `poly * (bound + sign*atom)`.
fn multiply(poly: &Poly, atom: &Atom, bound: i128, sign: i128) -> Option<Poly> {
    let mut product = Poly::new();
    for (monomial, c) in poly {
        let entry = product.entry(monomial.clone()).or_insert(0);
        *entry = entry.checked_add(c.checked_mul(bound)?)?;
        let mut higher = monomial.clone();
        match higher.binary_search_by(|(a, _)| a.cmp(atom)) {
            Ok(i) => higher[i].1 += 1,
            Err(i) => higher.insert(i, (atom.clone(), 1)),
        }
        let entry = product.entry(higher).or_insert(0);
        *entry = entry.checked_add(c.checked_mul(sign)?)?;
    }
    Some(product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tgc_graph::dim::{Symbol, SymbolId};

    use crate::Check;

    fn function(ranges: &[(&str, i64, i64)]) -> Signature {
        let mut symbols = Symbols::default();
        for (name, min, max) in ranges {
            symbols.push(Symbol { name: (*name).to_owned(), min: *min, max: *max, hint: None });
        }
        Signature::new("f", symbols)
    }

    fn symbol(id: u32) -> Dim {
        Dim::symbol(SymbolId(id))
    }

    #[test]
    fn ranges_and_extents_decide() {
        let f = function(&[("N", 0, 100), ("K", 0, 100)]);
        let sizes = Admissible::of(&f);
        let (n, k, one) = (symbol(0), symbol(1), Dim::Const(1));
        assert_eq!(sizes.not_negative(&n, &[]), Ok(()));
        assert_eq!(sizes.not_negative(&(&Dim::Const(100) - &n), &[]), Ok(()));
        assert_eq!(sizes.not_negative(&(&n - &one), &[]), Err(NotProven::Refuted("N = 0, K = 0".to_owned())));
        assert_eq!(sizes.not_negative(&(&n - &one), &[&(&n * &k)]), Ok(()));
        assert_eq!(sizes.not_negative(&(&n - &Dim::Const(2)), &[&(&n - &one)]), Ok(()));
        // (N-1)*K + K-1 < N*K, when neither is empty.
        let last = &(&(&n - &one) * &k) + &(&k - &one);
        assert_eq!(sizes.not_negative(&(&(&(&n * &k) - &last) - &one), &[&n, &k]), Ok(()));
        assert_eq!(sizes.not_negative(&(&n - &k), &[]), Err(NotProven::Refuted("N = 0, K = 7".to_owned())));
        // (N-50)^2 is never negative, which these rules do not see.
        let shifted = &n - &Dim::Const(50);
        assert_eq!(sizes.not_negative(&(&shifted * &shifted), &[]), Err(NotProven::Unknown));
    }

    #[test]
    fn least_values_of_terms_add_up() {
        let f = function(&[("N", 0, 2), ("K", 0, 100)]);
        let sizes = Admissible::of(&f);
        let rest = |c| &(&(&symbol(0) * &symbol(1)) - &symbol(0)) + &Dim::Const(c);
        assert_eq!(sizes.not_negative(&rest(2), &[]), Ok(()));
        assert_eq!(sizes.not_negative(&rest(1), &[]), Err(NotProven::Refuted("N = 2, K = 0".to_owned())));
    }

    #[test]
    fn nothing_wraps() {
        let f = function(&[("N", 0, i64::MAX)]);
        let n = symbol(0);
        let cube = &(&n * &n) * &n;
        let huge = Admissible::of(&f).not_negative(&(&Dim::Const(i64::MAX) - &cube), &[]);
        assert_ne!(huge, Ok(()));
    }

    #[test]
    fn checks_relate_products() {
        let mut f = function(&[("N", 0, 100), ("K", 0, 100), ("T", 0, 100), ("U", 0, 100)]);
        let [n, k, t, u] = [0, 1, 2, 3].map(symbol);
        let (six, four) = (Dim::Const(6), Dim::Const(4));
        for (left, right) in [(&n * &k, &t * &u), (&six * &n, &four * &t)] {
            f.checks.push(Check { left_name: String::new(), left, right_name: String::new(), right });
        }
        let sizes = Admissible::of(&f);
        let difference = &(&(&n * &n) * &k) - &(&(&n * &t) * &u);
        assert_eq!(sizes.not_negative(&difference, &[]), Ok(()));
        assert_eq!(sizes.not_negative(&-&difference, &[]), Ok(()));
        assert_eq!(sizes.not_negative(&(&(&four * &t) - &(&six * &n)), &[]), Ok(()));
        assert_eq!(sizes.not_negative(&(&t - &n), &[]), Ok(()));
        assert!(sizes.not_negative(&(&n - &k), &[]).is_err());
    }

    #[test]
    fn terms_are_bounded_one_by_one() {
        let f = function(&[("N", 0, 100), ("K", 0, 100)]);
        let sizes = Admissible::of(&f);
        let (n, k, one) = (symbol(0), symbol(1), Dim::Const(1));
        // The last place of the diagonal above the middle one: (m-1)*K + m.
        let m = Dim::max(&Dim::min(&n, &(&k - &one), &f.symbols), &Dim::Const(0), &f.symbols);
        let last = &(&(&m - &one) * &k) + &m;
        assert_eq!(sizes.not_negative(&(&(&(&n * &k) - &one) - &last), &[&m]), Ok(()));
        let shorter = (&(&n * &Dim::Const(2)) + &Dim::Const(1)).floor_div(&Dim::Const(3), &f.symbols);
        assert_eq!(sizes.not_negative(&(&n - &shorter), &[]), Ok(()));
    }

    #[test]
    fn checks_relate_sizes() {
        let mut f = function(&[("N", 0, 100), ("K", 0, 100), ("T", 0, 100)]);
        let (n, k, t) = (symbol(0), symbol(1), symbol(2));
        let name = String::new;
        let check = Check { left_name: name(), left: t.clone(), right_name: name(), right: &n + &k };
        f.checks.push(check);
        let sizes = Admissible::of(&f);
        assert_eq!(sizes.not_negative(&(&t - &n), &[]), Ok(()));
        assert_eq!(
            sizes.not_negative(&(&k - &t), &[]),
            Err(NotProven::Refuted("N = 1, K = 1, T = 2".to_owned()))
        );
    }
}
