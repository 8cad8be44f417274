//! Byte sizes as expressions: sums and maxima of `align64(Dim * bytes)`.
//!
//! A sum is collected, so that it stays short however many slots it is of: what needs no rounding is one dim,
//! and what is rounded alike is counted.
//!
//! Only sums and maxima, so that a header can state them as C constant expressions in the symbols. What is
//! claimed of two sizes ([`Size::at_most`]) holds for every value of the symbols from 0 on; `false` only
//! means that the simple rules here do not show it.

use std::collections::BTreeMap;
use std::fmt;

use tgc_graph::dim::{Atom, Dim, SymbolId, Symbols};

/// A non-negative number of bytes, a multiple of 64 for every admissible size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// A known number.
    Const(u64),
    /// A dim's value. The dim counts bytes: multiples of 64 that are never negative, and no constant.
    Whole(Dim),
    /// A dim's value rounded up to a multiple of 64, so many times. The dim counts bytes.
    Align64(Dim, u64),
    /// The sum: at most one constant, then at most one that is whole, then each rounded dim once; no sums.
    Sum(Vec<Size>),
    /// The largest.
    Max(Vec<Size>),
}

impl Size {
    /// The alignment of every slot.
    pub const ALIGN: u64 = 64;

    /// The bytes of a slot for `elements` of `element_bytes` each.
    pub fn of(elements: &Dim, element_bytes: usize) -> Size {
        let bytes = elements * &Dim::Const(element_bytes as i64);
        let (rest, constant) = split(&bytes);
        match u64::try_from(constant) {
            Ok(constant) if is_whole(&rest) => {
                let constant = Size::Const(constant.next_multiple_of(Self::ALIGN));
                if rest == Dim::Const(0) { constant } else { constant.add(Size::Whole(rest)) }
            }
            _ => Size::Align64(bytes, 1),
        }
    }

    /// The sum of two sizes, collected.
    #[expect(clippy::should_implement_trait, reason = "beside `max`, which is no operator")]
    pub fn add(self, other: Size) -> Size {
        let mut terms = Terms::default();
        terms.add(self);
        terms.add(other);
        terms.into_size()
    }

    /// The larger of two sizes; terms that are [`at_most`](Size::at_most) another vanish.
    pub fn max(self, other: Size) -> Size {
        let mut largest: Vec<Size> = vec![];
        for term in [self, other].into_iter().flat_map(Size::into_candidates) {
            if largest.iter().any(|kept| term.at_most(kept)) {
                continue;
            }
            largest.retain(|kept| !kept.at_most(&term));
            largest.push(term);
        }
        largest.sort();
        match largest.len() {
            1 => largest.remove(0),
            _ => Size::Max(largest),
        }
    }

    /// True when this size is certainly no larger than the other, whatever the symbols.
    pub fn at_most(&self, other: &Size) -> bool {
        match (self, other) {
            (Size::Max(all), _) => all.iter().all(|a| a.at_most(other)),
            (_, Size::Max(any)) => any.iter().any(|b| self.at_most(b)) || sum_at_most(self, other),
            (_, _) => sum_at_most(self, other),
        }
    }

    /// The value for given sizes, or `None` if it is negative or does not fit in 64 bits.
    pub fn evaluate(&self, size: &dyn Fn(SymbolId) -> i64) -> Option<u64> {
        match self {
            Size::Const(n) => Some(*n),
            Size::Whole(dim) => u64::try_from(dim.evaluate(size)?).ok(),
            Size::Align64(dim, times) => {
                let bytes = u64::try_from(dim.evaluate(size)?).ok()?;
                bytes.checked_next_multiple_of(Self::ALIGN)?.checked_mul(*times)
            }
            Size::Sum(terms) => terms.iter().try_fold(0u64, |sum, t| sum.checked_add(t.evaluate(size)?)),
            Size::Max(terms) => terms.iter().try_fold(0u64, |max, t| Some(max.max(t.evaluate(size)?))),
        }
    }

    /// Prints with symbol names: `3136 + align64(4*N)`.
    pub fn display<'a>(&'a self, symbols: &'a Symbols) -> impl fmt::Display + 'a {
        DisplaySize { size: self, symbols }
    }

    /// A C expression of type `uint64_t`, parenthesised, in which `name` stands for each symbol:
    /// `(UINT64_C(3136) + (((uint64_t)(N) * UINT64_C(4) + UINT64_C(63)) & ~UINT64_C(63)))`.
    ///
    /// A maximum repeats its operands; pairing them as in a tournament lets the text of `n` operands grow as
    /// n², where a chain would double it n times.
    pub fn to_c(&self, name: &dyn Fn(SymbolId) -> String) -> String {
        match self {
            Size::Const(n) => format!("UINT64_C({n})"),
            Size::Whole(dim) => format!("({})", dim_to_c(dim, name)),
            Size::Align64(dim, times) => {
                let rounded = format!("(({} + UINT64_C(63)) & ~UINT64_C(63))", dim_to_c(dim, name));
                if *times == 1 { rounded } else { format!("({rounded} * UINT64_C({times}))") }
            }
            Size::Sum(terms) => {
                let terms: Vec<String> = terms.iter().map(|t| t.to_c(name)).collect();
                format!("({})", terms.join(" + "))
            }
            Size::Max(terms) => max_to_c(terms, name),
        }
    }

    fn into_candidates(self) -> Vec<Size> {
        match self {
            Size::Max(terms) => terms,
            term @ (Size::Const(_) | Size::Whole(_) | Size::Align64(..) | Size::Sum(_)) => vec![term],
        }
    }

    /// A lower bound that needs no symbol.
    fn least(&self) -> u64 {
        match self {
            Size::Const(n) => *n,
            Size::Whole(_) => 0,
            Size::Align64(dim, times) => {
                least_of_dim(dim).next_multiple_of(Self::ALIGN).saturating_mul(*times)
            }
            Size::Sum(terms) => terms.iter().map(Size::least).sum(),
            Size::Max(terms) => terms.iter().map(Size::least).max().unwrap_or(0),
        }
    }
}

/// A sum by kinds of terms.
#[derive(Default)]
struct Terms {
    constant: u64,
    whole: Option<Dim>,
    /// Rounded dims and maxima, with how often each occurs.
    others: BTreeMap<Size, u64>,
}

impl Terms {
    fn of(size: &Size) -> Terms {
        let mut terms = Terms::default();
        terms.add(size.clone());
        terms
    }

    fn add(&mut self, size: Size) {
        match size {
            Size::Const(n) => self.constant += n,
            Size::Whole(dim) => self.whole = Some(self.whole.as_ref().map_or(dim.clone(), |sum| sum + &dim)),
            Size::Align64(dim, times) => *self.others.entry(Size::Align64(dim, 1)).or_default() += times,
            Size::Sum(terms) => terms.into_iter().for_each(|term| self.add(term)),
            term @ Size::Max(_) => *self.others.entry(term).or_default() += 1,
        }
    }

    fn into_size(self) -> Size {
        let mut terms: Vec<Size> =
            Some(self.constant).filter(|n| *n > 0).map(Size::Const).into_iter().collect();
        terms.extend(self.whole.map(Size::Whole));
        for (term, count) in self.others {
            match term {
                Size::Align64(dim, _) => terms.push(Size::Align64(dim, count)),
                term @ Size::Const(_) | term @ Size::Whole(_) | term @ Size::Sum(_) | term @ Size::Max(_) => {
                    terms.extend(std::iter::repeat_n(term, count as usize))
                }
            }
        }
        match terms.len() {
            0 => Size::Const(0),
            1 => terms.remove(0),
            _ => Size::Sum(terms),
        }
    }

    fn whole(&self) -> Dim {
        self.whole.clone().unwrap_or(Dim::Const(0))
    }

    /// Takes so many terms away that are, or bound, a term; says how many are missing.
    fn take(&mut self, mut wanted: u64, bounds: &dyn Fn(&Size) -> bool) -> u64 {
        for (_, count) in self.others.iter_mut().filter(|(term, _)| bounds(term)) {
            let taken = wanted.min(*count);
            wanted -= taken;
            *count -= taken;
        }
        self.others.retain(|_, count| *count > 0);
        wanted
    }

    fn least(&self) -> u64 {
        self.others.iter().map(|(term, count)| term.least().saturating_mul(*count)).sum()
    }
}

/// Pairs each term of the left sum with a term of the right one that is equal or bounds it; what is left over
/// on the right pays for the constant.
fn sum_at_most(left: &Size, right: &Size) -> bool {
    let (left, mut right) = (Terms::of(left), Terms::of(right));
    let mut room = &right.whole() - &left.whole();
    let mut missing: Vec<(&Size, u64)> = vec![];
    for (term, count) in &left.others {
        missing.push((term, right.take(*count, &|other| other == term)));
    }
    for (term, count) in missing.into_iter().filter(|(_, count)| *count > 0) {
        match (right.take(count, &|bound| term_at_most(term, bound)), term) {
            (0, _) => {}
            // What is rounded up is no more than a multiple of 64 that is not less.
            (1, Size::Align64(dim, _)) if dim_at_most(dim, &room) => room = Dim::Const(0),
            (_, _) => return false,
        }
    }
    let excess = -&room;
    let pays = |bound: &Size| matches!(bound, Size::Align64(bound, _) if dim_at_most(&excess, bound));
    (is_never_negative(&room) || right.take(1, &pays) == 0) && left.constant <= right.constant + right.least()
}

/// [`Size::at_most`] for the terms of sums that are no dims.
fn term_at_most(a: &Size, b: &Size) -> bool {
    match (a, b) {
        (Size::Align64(a, _), Size::Align64(b, _)) => dim_at_most(a, b),
        (Size::Max(all), _) => all.iter().all(|a| a.at_most(b)),
        (_, Size::Max(any)) => any.iter().any(|b| a.at_most(b)),
        (Size::Const(_) | Size::Whole(_) | Size::Sum(_), _)
        | (_, Size::Const(_) | Size::Whole(_) | Size::Sum(_)) => false,
    }
}

/// A dim without its constant, and that.
fn split(dim: &Dim) -> (Dim, i64) {
    let rest = dim.without_constant();
    let constant = (dim - &rest).as_const().unwrap_or(0);
    (rest, constant)
}

/// Whether a dim is one of [`Size::Whole`].
fn is_whole(dim: &Dim) -> bool {
    let is_multiple = |coefficient: i64| coefficient % Size::ALIGN as i64 == 0;
    dim.terms().iter().all(|(_, coefficient)| is_multiple(*coefficient)) && is_never_negative(dim)
}

/// Every coefficient grows, so the value does: factors are at least 0.
fn dim_at_most(a: &Dim, b: &Dim) -> bool {
    is_never_negative(&(b - a))
}

fn least_of_dim(dim: &Dim) -> u64 {
    if !is_never_negative(dim) {
        return 0;
    }
    dim.terms().iter().find(|(monomial, _)| monomial.is_empty()).map_or(0, |(_, c)| *c as u64)
}

/// Not negative whatever the symbols are, from 0 on, as its signs show.
fn is_never_negative(dim: &Dim) -> bool {
    let factor = |atom: &Atom| match atom {
        Atom::Symbol(_) | Atom::Mod(_) => true,
        Atom::FloorDiv(operands) => is_never_negative(&operands[0]),
        Atom::Min(operands) => operands.iter().all(is_never_negative),
        Atom::Max(operands) => operands.iter().any(is_never_negative),
    };
    dim.terms()
        .iter()
        .all(|(monomial, coefficient)| *coefficient >= 0 && monomial.iter().all(|(a, _)| factor(a)))
}

fn max_to_c(terms: &[Size], name: &dyn Fn(SymbolId) -> String) -> String {
    match terms {
        [] => "UINT64_C(0)".to_owned(),
        terms => choice_to_c(terms, &|term| term.to_c(name), &|a, b| format!("({a} > {b} ? {a} : {b})")),
    }
}

/// Pairs items as in a tournament.
fn choice_to_c<T>(items: &[T], one: &dyn Fn(&T) -> String, best: &dyn Fn(&str, &str) -> String) -> String {
    match items {
        [item] => one(item),
        _ => {
            let (left, right) = items.split_at(items.len() / 2);
            best(&choice_to_c(left, one, best), &choice_to_c(right, one, best))
        }
    }
}

/// Arithmetic of `uint64_t`, which wraps: the two's complement of a negative value.
fn dim_to_c(dim: &Dim, name: &dyn Fn(SymbolId) -> String) -> String {
    let mut text = String::new();
    for (monomial, coefficient) in dim.terms().iter().rev() {
        let mut factors: Vec<String> = vec![];
        for (atom, exponent) in monomial {
            factors.extend((0..*exponent).map(|_| atom_to_c(atom, name)));
        }
        if coefficient.unsigned_abs() != 1 || monomial.is_empty() {
            factors.push(format!("UINT64_C({})", coefficient.unsigned_abs()));
        }
        match (text.is_empty(), *coefficient < 0) {
            (true, false) => {}
            (true, true) => text.push_str("UINT64_C(0) - "),
            (false, false) => text.push_str(" + "),
            (false, true) => text.push_str(" - "),
        }
        text.push_str(&factors.join(" * "));
    }
    if text.is_empty() { "UINT64_C(0)".to_owned() } else { text }
}

/// Divisors are at least 1. Operands repeat, as symbols do anyway; how deep atoms nest bounds the text.
fn atom_to_c(atom: &Atom, name: &dyn Fn(SymbolId) -> String) -> String {
    match atom {
        Atom::Symbol(id) => format!("(uint64_t)({})", name(*id)),
        Atom::FloorDiv(operands) => division_to_c(operands, "/", name),
        Atom::Mod(operands) => division_to_c(operands, "%", name),
        Atom::Min(operands) => extreme_to_c(operands, "<", name),
        Atom::Max(operands) => extreme_to_c(operands, ">", name),
    }
}

/// With `~a`, which is `-a - 1`, for a negative `a`, the quotient is rounded down as `~(~a / b)`, and what is
/// left is `b - 1 - ~a % b`.
fn division_to_c([a, b]: &[Dim; 2], operator: &str, name: &dyn Fn(SymbolId) -> String) -> String {
    let [x, y] = [a, b].map(|dim| format!("({})", dim_to_c(dim, name)));
    let plain = format!("{x} {operator} {y}");
    if is_never_negative(a) {
        return format!("({plain})");
    }
    let mirrored = format!("(~{x} {operator} {y})");
    let negative =
        if operator == "/" { format!("~{mirrored}") } else { format!("{y} - UINT64_C(1) - {mirrored}") };
    format!("({x} >> 63 ? {negative} : {plain})")
}

/// Adding 2^63 makes the order of signed values that of unsigned ones.
fn extreme_to_c(operands: &[Dim], order: &str, name: &dyn Fn(SymbolId) -> String) -> String {
    let plain = operands.iter().all(is_never_negative);
    let key = |text: &str| if plain { text.to_owned() } else { format!("{text} + (UINT64_C(1) << 63)") };
    choice_to_c(operands, &|dim| format!("({})", dim_to_c(dim, name)), &|a, b| {
        format!("({} {order} {} ? {a} : {b})", key(a), key(b))
    })
}

struct DisplaySize<'a> {
    size: &'a Size,
    symbols: &'a Symbols,
}

impl fmt::Display for DisplaySize<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |terms: &[Size], separator: &str| {
            let terms: Vec<String> = terms.iter().map(|t| t.display(self.symbols).to_string()).collect();
            terms.join(separator)
        };
        match self.size {
            Size::Const(n) => write!(f, "{n}"),
            Size::Whole(dim) => write!(f, "{}", dim.display(self.symbols)),
            Size::Align64(dim, 1) => write!(f, "align64({})", dim.display(self.symbols)),
            Size::Align64(dim, times) => write!(f, "{times}*align64({})", dim.display(self.symbols)),
            Size::Sum(terms) => f.write_str(&list(terms, " + ")),
            Size::Max(terms) => write!(f, "max({})", list(terms, ", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tgc_graph::dim::Symbol;

    struct Names {
        symbols: Symbols,
        n: Dim,
        k: Dim,
    }

    fn names() -> Names {
        let mut symbols = Symbols::default();
        let n = Dim::symbol(symbols.push(Symbol::new("N")));
        let k = Dim::symbol(symbols.push(Symbol::new("K")));
        Names { symbols, n, k }
    }

    impl Names {
        fn show(&self, size: &Size) -> String {
            size.display(&self.symbols).to_string()
        }

        fn c(&self, size: &Size) -> String {
            size.to_c(&|id| self.symbols.get(id).name.clone())
        }
    }

    #[test]
    fn sums_combine_constants_and_keep_an_order() {
        let names = names();
        let (n, k) = (Size::of(&names.n, 4), Size::of(&names.k, 8));
        let sum = Size::of(&Dim::Const(784), 4).add(n.clone()).add(k.clone()).add(Size::Const(64));
        assert_eq!(names.show(&sum), "3200 + align64(4*N) + align64(8*K)");
        assert_eq!(sum, k.add(Size::Const(3200)).add(n));
        assert_eq!(sum.evaluate(&|id| [1, 9][id.0 as usize]), Some(3200 + 64 + 128));
        assert_eq!(Size::Const(0).add(Size::Const(0)), Size::Const(0));
        assert_eq!(sum.evaluate(&|_| i64::MAX), None);
    }

    #[test]
    fn sums_of_many_slots_stay_short() {
        let names = names();
        let slots = [128, 4, 64, 4, 320, 4].map(|bytes| Size::of(&names.n, bytes));
        let sum = slots.into_iter().fold(Size::Const(0), Size::add);
        assert_eq!(names.show(&sum), "512*N + 3*align64(4*N)");
        assert_eq!(
            names.c(&sum),
            "(((uint64_t)(N) * UINT64_C(512)) + ((((uint64_t)(N) * UINT64_C(4) + UINT64_C(63)) & ~UINT64_C(63)) \
             * UINT64_C(3)))"
        );
        assert_eq!(sum.evaluate(&|_| 17), Some(17 * 512 + 3 * 128));
        let shifted = Size::of(&(&(&names.n * &Dim::Const(16)) + &Dim::Const(3)), 4);
        assert_eq!(names.show(&shifted), "64 + 64*N");
        // What may be negative is not collected: it would not be seen that it adds.
        let fewer = Size::of(&(&names.n - &Dim::Const(1)), 64);
        assert_eq!(names.show(&fewer.clone().add(Size::of(&names.n, 64))), "64*N + align64(64*N - 64)");
        assert!(Size::of(&names.n, 64).at_most(&fewer.add(Size::of(&names.n, 64))));
    }

    #[test]
    fn what_is_rounded_and_what_is_not_bound_each_other() {
        let names = names();
        let (n, whole) = (Size::of(&names.n, 4), Size::of(&names.n, 64));
        let rest = Size::Const(64).add(Size::of(&names.k, 64)).add(n.clone());
        assert!(n.at_most(&whole) && n.clone().add(rest.clone()).at_most(&whole.clone().add(rest.clone())));
        assert!(!whole.at_most(&n) && !n.clone().add(n.clone()).at_most(&whole));
        let wider = Size::of(&(&names.n * &Dim::Const(65)), 1);
        assert!(whole.clone().add(rest.clone()).at_most(&wider.add(rest)));
    }

    #[test]
    fn a_maximum_drops_what_another_bounds() {
        let names = names();
        let n = |bytes| Size::of(&names.n, bytes);
        let k = Size::of(&names.k, 4);
        assert_eq!(n(4).max(n(8)), n(8));
        assert_eq!(n(4).max(Size::Const(64)).max(n(8).add(Size::Const(64))), n(8).add(Size::Const(64)));
        let both = n(4).max(k.clone()).max(n(4));
        assert_eq!(names.show(&both), "max(align64(4*N), align64(4*K))");
        assert_eq!(both.evaluate(&|id| [100, 3][id.0 as usize]), Some(448));
        assert!(n(4).at_most(&both) && k.at_most(&both) && both.at_most(&n(4).add(k.clone())));
        assert!(both.at_most(&both) && both.clone().add(n(4)).at_most(&both.clone().add(n(8))));
        assert!(!n(8).at_most(&both) && !both.at_most(&n(4)));
    }

    #[test]
    fn bounds_hold_for_sampled_sizes() {
        let names = names();
        let terms = [
            Size::Const(64),
            Size::of(&names.n, 4),
            Size::of(&names.k, 8),
            Size::of(&(&(&names.n * &names.k) + &Dim::Const(20)), 4),
            Size::of(&(&names.n - &Dim::Const(1)), 4),
        ];
        let mut sizes = terms.to_vec();
        for a in &terms {
            for b in &terms {
                sizes.push(a.clone().add(b.clone()));
                sizes.push(a.clone().max(b.clone()));
                sizes.push(a.clone().max(b.clone()).add(a.clone()));
            }
        }
        let mut claimed = 0;
        for (a, b) in sizes.iter().flat_map(|a| sizes.iter().map(move |b| (a, b))) {
            if !a.at_most(b) {
                continue;
            }
            claimed += 1;
            for values in [[1, 0], [1, 1], [1, 500], [500, 0], [500, 1], [33, 17]] {
                let value = |s: &Size| s.evaluate(&|id| values[id.0 as usize]).unwrap();
                assert!(value(a) <= value(b), "{} <= {} at {values:?}", names.show(a), names.show(b));
            }
        }
        assert!(claimed > 2 * sizes.len(), "{claimed} claims");
    }

    #[test]
    fn c_text_computes_in_unsigned_64_bits() {
        let names = names();
        let size = Size::Const(3136).add(Size::of(&names.n, 4));
        assert_eq!(
            names.c(&size),
            "(UINT64_C(3136) + (((uint64_t)(N) * UINT64_C(4) + UINT64_C(63)) & ~UINT64_C(63)))"
        );
        let bytes = &(&(&names.n * &names.n) * &Dim::Const(8)) - &names.k;
        assert_eq!(
            names.c(&Size::Align64(&bytes - &Dim::Const(2), 1)),
            "((UINT64_C(0) - (uint64_t)(K) + (uint64_t)(N) * (uint64_t)(N) * UINT64_C(8) - UINT64_C(2) \
             + UINT64_C(63)) & ~UINT64_C(63))"
        );
        let max = Size::Max((1..=3).map(|n| Size::Const(64 * n)).collect());
        assert_eq!(
            names.c(&max),
            "(UINT64_C(64) > (UINT64_C(128) > UINT64_C(192) ? UINT64_C(128) : UINT64_C(192)) ? UINT64_C(64) : \
             (UINT64_C(128) > UINT64_C(192) ? UINT64_C(128) : UINT64_C(192)))"
        );
    }

    #[test]
    fn c_text_of_a_wide_maximum_stays_readable() {
        let names = names();
        let terms: Vec<Size> = (0..16).map(|n| Size::of(&(&names.n + &Dim::Const(n)), 4)).collect();
        let text = names.c(&Size::Max(terms));
        assert!(text.len() < 16 * 16 * 90, "{}", text.len());
    }
}
