//! Shows that a dim is never negative where others are not, by linear arithmetic of integers.
//!
//! Every monomial is an unknown of its own. What is known of it are inequalities: a symbol has a range,
//! `b*(a // b)` is at most `a` and at least `a - b + 1`, a minimum is at most each of its operands and equal
//! to one of them; an inequality of a factor, times the other factors, is one of the product. The claim holds
//! if its contrary contradicts these: unknowns are eliminated one after the other, with the coefficients of
//! each sum divided by their common divisor and its constant rounded down (Pugh, "The Omega test", 1991,
//! section 2.3, without its last resort), in each case of the minima and maxima.
//!
//! What is shown is true. What is true is not always shown: of products little is known, and the work is
//! limited.

use std::collections::BTreeMap;

use super::{Atom, Dim, Monomial, Symbols};

/// The most unknowns of a claim.
const MOST_UNKNOWNS: usize = 48;

/// The most inequalities at a time.
const MOST_ROWS: usize = 240;

/// The most cases of a claim.
const MOST_CASES: usize = 128;

/// Larger coefficients and bounds say nothing: no sum of products of these overflows.
const LARGEST: i128 = 1 << 31;

/// Dims that are never negative, from which others follow.
#[derive(Clone, Debug)]
pub struct Claims<'s> {
    symbols: &'s Symbols,
    facts: Vec<Dim>,
}

impl<'s> Claims<'s> {
    /// What follows from the symbols' ranges and from these dims, none of which is negative.
    pub fn from(symbols: &'s Symbols, facts: Vec<Dim>) -> Claims<'s> {
        Claims { symbols, facts }
    }

    /// True when the dim is never negative, as far as can be shown.
    pub fn shows(&self, dim: &Dim) -> bool {
        // Most claims need no product, and products bring in others.
        self.shows_by(dim, false) || self.shows_by(dim, true)
    }

    fn shows_by(&self, dim: &Dim, products: bool) -> bool {
        let mut system = System {
            claims: self,
            products,
            unknowns: vec![],
            numbers: BTreeMap::new(),
            rows: vec![],
            choices: vec![],
        };
        let contrary = &-dim - &Dim::Const(1);
        let Some(row) = system.row(&contrary) else { return false };
        system.rows.push(row);
        self.facts.iter().for_each(|fact| system.assume(fact));
        system.define_unknowns();
        if products && !system.multiply_facts() {
            return false;
        }
        is_impossible(&system.rows, &system.choices, &mut { MOST_CASES })
    }

    /// What a factor is at least.
    fn least(&self, atom: &Atom) -> i128 {
        let known = Dim::from(atom.clone()).interval(self.symbols).min;
        let by_fact = |fact: &Dim| match fact.without_constant().terms().as_slice() {
            [(monomial, c @ 1..)] if matches!(monomial.as_slice(), [(a, 1)] if a == atom) => {
                let constant = (fact - &fact.without_constant()).as_const()?;
                Some(-i128::from(constant).div_euclid(i128::from(*c)))
            }
            _ => None,
        };
        self.facts.iter().filter_map(by_fact).fold(known, i128::max)
    }
}

/// A sum of unknowns, each once, in order, and a constant, which is not negative.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    terms: Vec<(usize, i128)>,
    constant: i128,
}

/// A minimum or maximum, and what holds where it is the first of its operands, the second, and so on.
struct Choice {
    atom: Atom,
    cases: Vec<Vec<Row>>,
}

/// What is known of unknowns.
struct System<'c, 's> {
    claims: &'c Claims<'s>,
    /// Whether anything is said of products but their ranges.
    products: bool,
    unknowns: Vec<Monomial>,
    numbers: BTreeMap<Monomial, usize>,
    rows: Vec<Row>,
    choices: Vec<Choice>,
}

impl System<'_, '_> {
    /// The dim as a row, unless coefficients are too large.
    fn row(&mut self, dim: &Dim) -> Option<Row> {
        let terms = dim.terms();
        if terms.iter().any(|(m, c)| !m.is_empty() && i128::from(*c).abs() > LARGEST) {
            return None;
        }
        let mut row = Row { terms: vec![], constant: 0 };
        for (monomial, coefficient) in terms.iter() {
            match monomial.is_empty() {
                true => row.constant = i128::from(*coefficient),
                false => row.terms.push((self.number(monomial), i128::from(*coefficient))),
            }
        }
        row.terms.sort_unstable();
        Some(row)
    }

    fn number(&mut self, monomial: &Monomial) -> usize {
        if let Some(number) = self.numbers.get(monomial) {
            return *number;
        }
        self.unknowns.push(monomial.clone());
        self.numbers.insert(monomial.clone(), self.unknowns.len() - 1);
        self.unknowns.len() - 1
    }

    fn assume(&mut self, dim: &Dim) {
        let row = self.row(dim);
        self.rows.extend(row);
    }

    /// Adds what is known of each unknown, and of those that this brings in.
    fn define_unknowns(&mut self) {
        let mut at = 0;
        while at < self.unknowns.len().min(MOST_UNKNOWNS) {
            let monomial = self.unknowns[at].clone();
            self.bound(&monomial);
            at += 1;
            if !self.products && !matches!(monomial.as_slice(), [(_, 1)]) {
                continue;
            }
            for (i, (atom, exponent)) in monomial.iter().enumerate() {
                let mut others = monomial.clone();
                match exponent {
                    1 => drop(others.remove(i)),
                    _ => others[i].1 -= 1,
                }
                if others.iter().all(|(other, _)| self.claims.least(other) >= 0) {
                    self.define(atom, &Dim::from_terms([(others, 1)]));
                }
            }
        }
    }

    /// The range of a monomial.
    fn bound(&mut self, monomial: &Monomial) {
        let value = Dim::from_terms([(monomial.clone(), 1)]);
        let bounds = value.interval(self.claims.symbols);
        let end =
            |end: i128| i64::try_from(end).ok().filter(|_| end.abs() < LARGEST * LARGEST).map(Dim::Const);
        if let Some(min) = end(bounds.min) {
            self.assume(&(&value - &min));
        }
        if let Some(max) = end(bounds.max) {
            self.assume(&(&max - &value));
        }
    }

    /// Adds what defines an atom, times what is not negative.
    fn define(&mut self, atom: &Atom, times: &Dim) {
        let value = Dim::from(atom.clone());
        let small = |dim: &Dim| dim.terms().iter().all(|(_, c)| i128::from(*c).abs() <= LARGEST);
        if !atom.operands().iter().all(small) {
            return;
        }
        match atom {
            Atom::Symbol(_) => self.define_factor(atom, times),
            Atom::FloorDiv(operands) => {
                let [a, b] = &**operands;
                if self.products || b.as_const().is_some() {
                    self.leave(b, &(a - &(b * &value)), times);
                }
            }
            Atom::Mod(operands) => {
                let [a, b] = &**operands;
                self.leave(b, &value, times);
                if self.products || b.as_const().is_some() {
                    let quotient = Dim::from(Atom::FloorDiv(operands.clone()));
                    let rest = &(&(a - &(b * &quotient)) - &value) * times;
                    self.assume(&rest);
                    self.assume(&-&rest);
                }
            }
            Atom::Min(operands) => self.choose(atom, operands.iter().map(|x| x - &value).collect(), times),
            Atom::Max(operands) => self.choose(atom, operands.iter().map(|x| &value - x).collect(), times),
        }
    }

    /// A symbol is at least its least value, so much more often than the other factors.
    fn define_factor(&mut self, atom: &Atom, times: &Dim) {
        let symbols = self.claims.symbols;
        let least = self.claims.least(atom);
        let most = Dim::from(atom.clone()).interval(symbols).max;
        let value = Dim::from(atom.clone());
        let constant =
            |n: i128| i64::try_from(n).ok().filter(|n| i128::from(*n).abs() <= LARGEST).map(Dim::Const);
        if let Some(least) = constant(least) {
            self.assume(&(&(&value - &least) * times));
        }
        if let Some(most) = constant(most) {
            self.assume(&(&(&most - &value) * times));
        }
    }

    /// What is left of a division is from 0 on and less than the divisor.
    fn leave(&mut self, divisor: &Dim, rest: &Dim, times: &Dim) {
        if matches!(divisor, Dim::Const(..=0)) {
            return;
        }
        self.assume(&(rest * times));
        self.assume(&(&(&(divisor - rest) - &Dim::Const(1)) * times));
    }

    /// None of the gaps between a minimum or maximum and its operands is negative, and one is 0.
    fn choose(&mut self, atom: &Atom, gaps: Vec<Dim>, times: &Dim) {
        let gaps: Vec<Dim> = gaps.iter().map(|gap| gap * times).collect();
        gaps.iter().for_each(|gap| self.assume(gap));
        let closed: Vec<Option<Row>> = gaps.iter().map(|gap| self.row(&-gap)).collect();
        match self.choices.iter_mut().find(|choice| choice.atom == *atom) {
            Some(choice) => choice.cases.iter_mut().zip(closed).for_each(|(case, row)| case.extend(row)),
            None => {
                let cases = closed.into_iter().map(|row| row.into_iter().collect()).collect();
                self.choices.push(Choice { atom: atom.clone(), cases });
            }
        }
    }

    /// Adds each fact times each factor that is not negative, where the products are known already; false if
    /// there are no products.
    fn multiply_facts(&mut self) -> bool {
        if self.unknowns.iter().all(|monomial| matches!(monomial.as_slice(), [(_, 1)])) {
            return false;
        }
        let factors = self.unknowns.iter().flatten().map(|(atom, _)| atom.clone());
        let mut factors: Vec<Atom> = factors.filter(|atom| self.claims.least(atom) >= 0).collect();
        factors.sort();
        factors.dedup();
        for fact in &self.claims.facts {
            for factor in &factors {
                let product = fact * &Dim::from(factor.clone());
                let known = |(monomial, _): &(Monomial, i64)| self.numbers.contains_key(monomial);
                if product.terms().iter().all(known) {
                    self.assume(&product);
                }
            }
        }
        true
    }
}

/// Whether no integers meet all rows, in each case of the choices.
fn is_impossible(rows: &[Row], choices: &[Choice], left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    if eliminate(rows.to_vec()) {
        return true;
    }
    let Some((choice, others)) = choices.split_first() else { return false };
    choice.cases.iter().all(|case| is_impossible(&[rows, case].concat(), others, left))
}

/// Whether eliminating one unknown after the other leads to a contradiction.
fn eliminate(mut rows: Vec<Row>) -> bool {
    loop {
        let Some(reduced) = reduced(rows) else { return true };
        rows = reduced;
        let Some(unknown) = cheapest(&rows) else { return false };
        let coefficient = |row: &Row| row.terms.iter().find(|(n, _)| *n == unknown).map_or(0, |(_, c)| *c);
        let (with, mut next): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| coefficient(row) != 0);
        for lower in with.iter().filter(|row| coefficient(row) > 0) {
            for upper in with.iter().filter(|row| coefficient(row) < 0) {
                next.extend(combined((lower, -coefficient(upper)), (upper, coefficient(lower))));
            }
        }
        if next.len() > MOST_ROWS {
            return false;
        }
        rows = next;
    }
}

/// The rows without common divisors, of equal sums the strongest; nothing if one of them, or two, contradict.
fn reduced(rows: Vec<Row>) -> Option<Vec<Row>> {
    let mut strongest: BTreeMap<Vec<(usize, i128)>, i128> = BTreeMap::new();
    for mut row in rows {
        let divisor = row.terms.iter().fold(0, |g, (_, c)| gcd(g, c.unsigned_abs())) as i128;
        if divisor == 0 {
            if row.constant < 0 {
                return None;
            }
            continue;
        }
        row.terms.iter_mut().for_each(|(_, c)| *c /= divisor);
        let constant = row.constant.div_euclid(divisor);
        strongest.entry(row.terms).and_modify(|least| *least = constant.min(*least)).or_insert(constant);
    }
    let negated = |terms: &[(usize, i128)]| terms.iter().map(|(n, c)| (*n, -c)).collect::<Vec<_>>();
    let contradicts = |(terms, constant): (&Vec<(usize, i128)>, &i128)| {
        strongest.get(&negated(terms)).is_some_and(|other| constant + other < 0)
    };
    if strongest.iter().any(contradicts) {
        return None;
    }
    Some(strongest.into_iter().map(|(terms, constant)| Row { terms, constant }).collect())
}

/// The unknown whose elimination makes the fewest rows; rather one whose coefficients lose nothing.
fn cheapest(rows: &[Row]) -> Option<usize> {
    // For each unknown the rows that bound it from below and from above, and whether some coefficients on
    // either side are not 1.
    let mut counts: BTreeMap<usize, ([i64; 2], [bool; 2])> = BTreeMap::new();
    for (unknown, c) in rows.iter().flat_map(|row| &row.terms) {
        let (count, inexact) = counts.entry(*unknown).or_default();
        let side = usize::from(*c < 0);
        count[side] += 1;
        inexact[side] |= c.abs() != 1;
    }
    let cost = |([below, above], inexact): &([i64; 2], [bool; 2])| {
        let loses = inexact[0] && inexact[1];
        below * above - below - above + if loses { INEXACT } else { 0 }
    };
    counts.iter().min_by_key(|(_, count)| cost(count)).map(|(unknown, _)| *unknown)
}

/// How many rows more are worth an elimination that loses nothing.
const INEXACT: i64 = 1 << 20;

/// The sum of two rows, each so many times; nothing if a coefficient is too large.
fn combined((a, s): (&Row, i128), (b, t): (&Row, i128)) -> Option<Row> {
    let g = gcd(s.unsigned_abs(), t.unsigned_abs()) as i128;
    let (s, t) = (s / g, t / g);
    let sum = |x: i128, y: i128| x.checked_mul(s)?.checked_add(y.checked_mul(t)?);
    let (mut terms, mut left, mut right) = (vec![], a.terms.iter().peekable(), b.terms.iter().peekable());
    loop {
        let next = left.peek().map(|(n, _)| *n).into_iter().chain(right.peek().map(|(n, _)| *n)).min();
        let Some(unknown) = next else { break };
        let x = left.next_if(|(n, _)| *n == unknown).map_or(0, |(_, c)| *c);
        let y = right.next_if(|(n, _)| *n == unknown).map_or(0, |(_, c)| *c);
        let c = sum(x, y)?;
        if c != 0 {
            terms.push((unknown, c));
        }
    }
    Some(Row { terms, constant: sum(a.constant, b.constant)? })
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dim::{Symbol, SymbolId};

    fn symbols() -> Symbols {
        Symbols(["N", "K"].map(Symbol::new).into())
    }

    fn n(times: i64, plus: i64) -> Dim {
        &(&Dim::symbol(SymbolId(0)) * &Dim::Const(times)) + &Dim::Const(plus)
    }

    #[test]
    fn quotients_minima_and_maxima_are_bounded_by_what_defines_them() {
        let symbols = symbols();
        let shows = |dim: &Dim, facts: &[Dim]| Claims::from(&symbols, facts.to_vec()).shows(dim);
        // Every second of every third, from the last: where the last one taken is.
        let third = n(1, 2).floor_div(&Dim::Const(3), &symbols);
        let sixth = n(1, 5).floor_div(&Dim::Const(6), &symbols);
        let last = &(&(&sixth * &Dim::Const(6)) - &(&third * &Dim::Const(3))) + &n(1, -4);
        assert!(shows(&(&n(1, -1) - &last), &[&sixth - &Dim::Const(1)]));
        assert!(!shows(&(&n(1, -2) - &last), &[&sixth - &Dim::Const(1)]));
        // The first of `0..min(N, 4)` by -2.
        let four = Dim::min(&n(1, 0), &Dim::Const(4), &symbols);
        let count = Dim::min(&n(1, 1).floor_div(&Dim::Const(2), &symbols), &Dim::Const(2), &symbols);
        let first = &(&four - &Dim::Const(1)) - &(&(&count - &Dim::Const(1)) * &Dim::Const(2));
        assert!(shows(&first, &[&count - &Dim::Const(1)]));
        assert!(!shows(&(&first - &Dim::Const(1)), &[&count - &Dim::Const(1)]));
    }

    #[test]
    fn products_follow_their_factors() {
        let symbols = symbols();
        let (rows, columns) = (n(1, 0), Dim::symbol(SymbolId(1)));
        let five = Dim::min(&rows, &Dim::Const(5), &symbols);
        let claims = Claims::from(&symbols, vec![]);
        assert!(claims.shows(&(&(&rows * &columns) - &(&five * &columns))));
        assert!(!claims.shows(&(&(&five * &columns) - &(&rows * &columns))));
        let some = Claims::from(&symbols, vec![&(&rows - &columns) - &Dim::Const(1)]);
        assert!(some.shows(&(&(&(&rows * &columns) - &(&columns * &columns)) - &columns)));
    }

    #[test]
    fn what_contradicts_shows_everything_and_large_numbers_show_nothing() {
        let symbols = symbols();
        let odd = vec![n(2, -1), n(-2, 1)];
        assert!(Claims::from(&symbols, odd).shows(&Dim::Const(-1)));
        let huge = Dim::Const(i64::MAX);
        assert!(!Claims::from(&symbols, vec![]).shows(&(&huge - &(&n(1, 0) * &huge))));
    }
}
