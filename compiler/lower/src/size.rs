//! Byte sizes as expressions: sums and maxima of `align64(Dim * bytes)`.
//!
//! Only sums and maxima, so that a header can state them as C constant expressions in the symbols.

use tgc_graph::dim::{Dim, SymbolId};

/// A non-negative number of bytes, a multiple of 64 for every admissible size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// A known number.
    Const(u64),
    /// A dim's value times 1, rounded up to a multiple of 64. The dim counts bytes.
    Align64(Dim),
    /// The sum.
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

    /// The sum of two sizes, constants combined.
    pub fn add(self, other: Size) -> Size {
        let mut constant = 0;
        let mut terms = vec![];
        for size in [self, other] {
            match size {
                Size::Const(n) => constant += n,
                Size::Sum(inner) => {
                    for term in inner {
                        match term {
                            Size::Const(n) => constant += n,
                            term => terms.push(term),
                        }
                    }
                }
                term => terms.push(term),
            }
        }
        if constant > 0 {
            terms.insert(0, Size::Const(constant));
        }
        match terms.len() {
            0 => Size::Const(0),
            1 => terms.remove(0),
            _ => Size::Sum(terms),
        }
    }

    /// The value for given sizes, or `None` if it does not fit in 63 bits.
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
}
