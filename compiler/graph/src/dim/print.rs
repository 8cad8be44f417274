//! Prints dims: `N`, `2*N + 1`, `(N + 1) // 2`, `min(N, 3)`. What prints is parsed back by the text form.
//!
//! `//` and `%` bind as tightly as `*`, from left to right; a factor that is a quotient or a remainder has
//! parentheses all the same.

use std::fmt::{self, Write};

use super::{Atom, Dim, Monomial, SymbolId, Symbols};

/// Writes the name of a symbol.
type Name<'n> = &'n dyn Fn(&mut dyn Write, SymbolId) -> fmt::Result;

/// Prints with names for symbols.
pub(crate) fn write_dim(out: &mut dyn Write, dim: &Dim, name: Name<'_>) -> fmt::Result {
    let Dim::Poly(terms) = dim else {
        return write!(out, "{}", dim.as_const().unwrap_or_default());
    };
    // Constants sort first in the normal form and read best last.
    for (i, (monomial, coefficient)) in terms.iter().rev().enumerate() {
        let negative = *coefficient < 0;
        out.write_str(match (i, negative) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        })?;
        // A first minus binds to the first factor alone.
        let bare = i > 0 || !negative;
        write_term(out, monomial, coefficient.unsigned_abs(), bare, name)?;
    }
    Ok(())
}

/// A product; `bare` where a lone quotient or remainder needs no parentheses.
fn write_term(
    out: &mut dyn Write,
    monomial: &Monomial,
    magnitude: u64,
    bare: bool,
    name: Name<'_>,
) -> fmt::Result {
    if let ([(atom @ (Atom::FloorDiv(_) | Atom::Mod(_)), 1)], 1, true) =
        (monomial.as_slice(), magnitude, bare)
    {
        return write_atom(out, atom, name);
    }
    let mut star = magnitude != 1 || monomial.is_empty();
    if star {
        write!(out, "{magnitude}")?;
    }
    for (atom, exponent) in monomial {
        for _ in 0..*exponent {
            out.write_str(if star { "*" } else { "" })?;
            write_factor(out, atom, name)?;
            star = true;
        }
    }
    Ok(())
}

fn write_factor(out: &mut dyn Write, atom: &Atom, name: Name<'_>) -> fmt::Result {
    match atom {
        Atom::FloorDiv(_) | Atom::Mod(_) => {
            out.write_char('(')?;
            write_atom(out, atom, name)?;
            out.write_char(')')
        }
        Atom::Symbol(_) | Atom::Min(_) | Atom::Max(_) => write_atom(out, atom, name),
    }
}

fn write_atom(out: &mut dyn Write, atom: &Atom, name: Name<'_>) -> fmt::Result {
    match atom {
        Atom::Symbol(id) => name(out, *id),
        Atom::FloorDiv(operands) => write_infix(out, operands, " // ", name),
        Atom::Mod(operands) => write_infix(out, operands, " % ", name),
        Atom::Min(operands) => write_call(out, "min", operands, name),
        Atom::Max(operands) => write_call(out, "max", operands, name),
    }
}

fn write_infix(out: &mut dyn Write, [a, b]: &[Dim; 2], operator: &str, name: Name<'_>) -> fmt::Result {
    let plain = |atom: &Atom| !matches!(atom, Atom::FloorDiv(_) | Atom::Mod(_));
    let is_product = match a {
        Dim::Const(value) => *value >= 0,
        Dim::Poly(terms) => {
            matches!(&**terms, [(m, c)] if *c > 0 && (*c > 1 || m.len() > 1 || m.iter().all(|(a, _)| plain(a))))
        }
    };
    let is_factor = b.as_const().is_some_and(|value| value >= 0) || b.as_atom().is_some_and(plain);
    write_wrapped(out, a, is_product, name)?;
    out.write_str(operator)?;
    write_wrapped(out, b, is_factor, name)
}

fn write_wrapped(out: &mut dyn Write, dim: &Dim, bare: bool, name: Name<'_>) -> fmt::Result {
    out.write_str(if bare { "" } else { "(" })?;
    write_dim(out, dim, name)?;
    out.write_str(if bare { "" } else { ")" })
}

fn write_call(out: &mut dyn Write, function: &str, operands: &[Dim], name: Name<'_>) -> fmt::Result {
    write!(out, "{function}(")?;
    for (i, operand) in operands.iter().enumerate() {
        out.write_str(if i == 0 { "" } else { ", " })?;
        write_dim(out, operand, name)?;
    }
    out.write_char(')')
}

impl Dim {
    /// Prints with symbol names: `N`, `784`, `2*N + 1`, `max(N - 1, 0)`.
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
        write_dim(f, self.dim, &|out, id| out.write_str(&self.symbols.get(id).name))
    }
}

/// With numbers for symbols: `2*s0 + 1`.
impl fmt::Debug for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_dim(f, self, &|out, id| write!(out, "s{}", id.0))
    }
}

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_atom(f, self, &|out, id| write!(out, "s{}", id.0))
    }
}
