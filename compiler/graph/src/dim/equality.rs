//! Shows that dims of different normal forms have equal values.
//!
//! Normal forms are what a reader expects, not one for each value: `min(N, 3) + max(N - 3, 0)` is `N`. Here a
//! difference is written in fewer kinds of atoms, in which more of what is equal cancels; what that leaves
//! open, linear arithmetic may show.

use super::{Atom, Claims, Dim, Symbols};

/// The largest divisor for which a sum of quotients is looked for.
const LARGEST_DIVISOR: i64 = 8;

impl Dim {
    /// True when both have one value for all sizes, as far as can be shown.
    pub fn is_equal(&self, other: &Dim, symbols: &Symbols) -> bool {
        if self == other {
            return true;
        }
        let atoms = [self, other].map(Dim::atoms).concat();
        if atoms.iter().all(|atom| atom.as_symbol().is_some()) {
            return false;
        }
        let difference = self - other;
        let bounds = difference.bounds(symbols);
        // Rewriting a remainder makes a quotient, of which more may be known.
        let rewritten = || difference.rewritten(symbols).rewritten(symbols) == Dim::Const(0);
        let claims = Claims::from(symbols, vec![]);
        let between = || claims.shows(&difference) && claims.shows(&-&difference);
        bounds.min <= 0 && 0 <= bounds.max && (bounds.min == bounds.max || rewritten() || between())
    }

    /// True when it is never less than that, as far as can be shown.
    pub(crate) fn has_at_least(&self, least: i64, symbols: &Symbols) -> bool {
        let more = || Claims::from(symbols, vec![]).shows(&(self - &Dim::Const(least)));
        self.bounds(symbols).min >= i128::from(least) || self.as_const().is_none() && more()
    }

    fn rewritten(&self, symbols: &Symbols) -> Dim {
        self.map_atoms(&mut |atom| match atom {
            Atom::Symbol(_) => Dim::from(atom.clone()),
            Atom::Mod(operands) => {
                let [a, b] = &**operands;
                a - &(b * &a.floor_div(b, symbols))
            }
            Atom::FloorDiv(operands) => {
                let [a, b] = &**operands;
                last_of_a_sum(a, b, symbols).unwrap_or_else(|| Dim::from(atom.clone()))
            }
            Atom::Min(operands) => match &**operands {
                [x, y] => x - &above(&(x - y), symbols),
                _ => Dim::from(atom.clone()),
            },
            Atom::Max(operands) => match &**operands {
                [x, y] => y + &above(&(x - y), symbols),
                _ => Dim::from(atom.clone()),
            },
        })
    }
}

/// `max(x, 0)`, always of the same one of `x` and `-x`.
fn above(x: &Dim, symbols: &Symbols) -> Dim {
    let zero = Dim::Const(0);
    match x.terms().last() {
        Some((_, ..0)) => x + &Dim::max(&-x, &zero, symbols),
        Some(_) | None => Dim::max(x, &zero, symbols),
    }
}

/// `(x + b-1) // b` by the other ones of the sum `x // b + (x+1) // b + ... + (x + b-1) // b`, which is `x`
/// (Graham, Knuth, Patashnik, "Concrete Mathematics", 2nd edition, formula 3.26).
fn last_of_a_sum(a: &Dim, b: &Dim, symbols: &Symbols) -> Option<Dim> {
    let b = b.as_const().filter(|b| (2..=LARGEST_DIVISOR).contains(b))?;
    let x = a - &Dim::Const(b - 1);
    let constant = (&x - &x.without_constant()).as_const()?;
    (constant == 0).then(|| {
        let others = (0..b - 1).map(|k| (&x + &Dim::Const(k)).floor_div(&Dim::Const(b), symbols));
        others.fold(x.clone(), |sum, other| &sum - &other)
    })
}
