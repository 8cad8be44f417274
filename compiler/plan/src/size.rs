//! Byte sizes as expressions: sums and maxima of `align64(Dim * bytes)`.
//!
//! Only sums and maxima, so that a header can state them as C constant expressions in the symbols. What is
//! claimed of two sizes ([`Size::at_most`]) holds for every value of the symbols from 0 on; `false` only means
//! that the simple rules here do not show it.

use std::fmt;

use tgc_graph::dim::{Atom, Dim, SymbolId, Symbols};

/// A non-negative number of bytes, a multiple of 64 for every admissible size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// A known number.
    Const(u64),
    /// A dim's value times 1, rounded up to a multiple of 64. The dim counts bytes.
    Align64(Dim),
    /// The sum: at most one constant, which comes first; no sums.
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
        match bytes.as_const() {
            Some(n) => Size::Const((n as u64).next_multiple_of(Self::ALIGN)),
            None => Size::Align64(bytes),
        }
    }

    /// The sum of two sizes, constants combined, terms in order.
    #[expect(clippy::should_implement_trait, reason = "beside `max`, which is no operator")]
    pub fn add(self, other: Size) -> Size {
        let (a, mut terms) = self.into_terms();
        let (b, more) = other.into_terms();
        terms.extend(more);
        terms.sort();
        if a + b > 0 {
            terms.insert(0, Size::Const(a + b));
        }
        match terms.len() {
            0 => Size::Const(0),
            1 => terms.remove(0),
            _ => Size::Sum(terms),
        }
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
            Size::Align64(dim) => {
                u64::try_from(dim.evaluate(size)?).ok()?.checked_next_multiple_of(Self::ALIGN)
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
    /// A maximum repeats its operands; pairing them as in a tournament lets the text of `n` operands grow as n²,
    /// where a chain would double it n times.
    pub fn to_c(&self, name: &dyn Fn(SymbolId) -> String) -> String {
        match self {
            Size::Const(n) => format!("UINT64_C({n})"),
            Size::Align64(dim) => {
                format!("(({} + UINT64_C(63)) & ~UINT64_C(63))", dim_to_c(dim, name))
            }
            Size::Sum(terms) => {
                let terms: Vec<String> = terms.iter().map(|t| t.to_c(name)).collect();
                format!("({})", terms.join(" + "))
            }
            Size::Max(terms) => max_to_c(terms, name),
        }
    }

    /// The constant part and the other terms of a sum.
    fn into_terms(self) -> (u64, Vec<Size>) {
        match self {
            Size::Const(n) => (n, vec![]),
            Size::Sum(terms) => {
                let (constants, others): (Vec<Size>, Vec<Size>) =
                    terms.into_iter().partition(|t| matches!(t, Size::Const(_)));
                (constants.iter().map(Size::least).sum(), others)
            }
            term @ (Size::Align64(_) | Size::Max(_)) => (0, vec![term]),
        }
    }

    fn into_candidates(self) -> Vec<Size> {
        match self {
            Size::Max(terms) => terms,
            term @ (Size::Const(_) | Size::Align64(_) | Size::Sum(_)) => vec![term],
        }
    }

    /// A lower bound that needs no symbol.
    fn least(&self) -> u64 {
        match self {
            Size::Const(n) => *n,
            Size::Align64(dim) => least_of_dim(dim).next_multiple_of(Self::ALIGN),
            Size::Sum(terms) => terms.iter().map(Size::least).sum(),
            Size::Max(terms) => terms.iter().map(Size::least).max().unwrap_or(0),
        }
    }
}

/// Pairs each term of the left sum with a term of the right one that bounds it; what is left over on the right
/// pays for the constant.
fn sum_at_most(left: &Size, right: &Size) -> bool {
    let (constant, terms) = left.clone().into_terms();
    let (supply, mut bounds) = right.clone().into_terms();
    for term in &terms {
        let equal = bounds.iter().position(|b| b == term);
        let looser = || bounds.iter().position(|b| term_at_most(term, b));
        match equal.or_else(looser) {
            Some(i) => drop(bounds.remove(i)),
            None => return false,
        }
    }
    constant <= supply + bounds.iter().map(Size::least).sum::<u64>()
}

/// [`Size::at_most`] for the terms of sums, which are no sums themselves.
fn term_at_most(a: &Size, b: &Size) -> bool {
    match (a, b) {
        (Size::Align64(a), Size::Align64(b)) => dim_at_most(a, b),
        (Size::Max(all), _) => all.iter().all(|a| a.at_most(b)),
        (_, Size::Max(any)) => any.iter().any(|b| a.at_most(b)),
        (Size::Const(_) | Size::Sum(_), _) | (_, Size::Const(_) | Size::Sum(_)) => false,
    }
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

/// With `~a`, which is `-a - 1`, for a negative `a`, the quotient is rounded down as `~(~a / b)`, and what is left
/// is `b - 1 - ~a % b`.
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
            Size::Align64(dim) => write!(f, "align64({})", dim.display(self.symbols)),
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
            names.c(&Size::Align64(&bytes - &Dim::Const(2))),
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
