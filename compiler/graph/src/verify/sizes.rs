//! What sizes can be, given the symbols' ranges. Nothing here overflows.

use crate::dim::{Atom, Dim, SymbolId, Symbols};
use crate::dtype::DType;
use crate::limits::MAX_TENSOR_BYTES;

/// Larger than anything admissible, small enough to be multiplied by a coefficient.
const HUGE: i128 = 1 << 63;

/// The smallest and the largest value of a size, and the sum of its terms' largest magnitudes, which bounds
/// every partial sum.
pub(super) struct Bounds {
    pub min: i128,
    pub max: i128,
    pub magnitude: i128,
}

/// Bounds by terms: exact where each symbol occurs in one term. Symbols are not negative.
pub(super) fn bounds(dim: &Dim, symbols: &Symbols) -> Bounds {
    bounds_up_to(dim, symbols, i64::MAX)
}

fn bounds_up_to(dim: &Dim, symbols: &Symbols, cap: i64) -> Bounds {
    let mut total = Bounds { min: 0, max: 0, magnitude: 0 };
    for (monomial, coefficient) in dim.terms() {
        let (mut least, mut most) = (1i128, 1i128);
        for (Atom::Symbol(id), exponent) in monomial {
            let symbol = symbols.get(id);
            for _ in 0..exponent {
                least = (least * i128::from(symbol.min)).min(HUGE);
                most = (most * i128::from(symbol.max.min(cap))).min(HUGE);
            }
        }
        let ends = [least, most].map(|end| end * i128::from(coefficient));
        total.min = total.min.saturating_add(ends[0].min(ends[1]));
        total.max = total.max.saturating_add(ends[0].max(ends[1]));
        total.magnitude = total.magnitude.saturating_add(ends[0].abs().max(ends[1].abs()));
    }
    total
}

/// The most bytes that a tensor can have; a 0 counts as 1, so that strides fit too.
pub(super) fn most_bytes(dtype: DType, shape: &[Dim], symbols: &Symbols) -> i128 {
    most_bytes_up_to(dtype, shape, symbols, i64::MAX)
}

fn most_bytes_up_to(dtype: DType, shape: &[Dim], symbols: &Symbols, cap: i64) -> i128 {
    shape.iter().fold(dtype.bytes() as i128, |bytes, dim| {
        bytes.saturating_mul(bounds_up_to(dim, symbols, cap).max.max(1))
    })
}

/// The largest power of two that, as the largest size of every symbol of a shape, makes it admissible.
pub(super) fn admissible_range(dtype: DType, shape: &[Dim], symbols: &Symbols) -> Option<i64> {
    let used = used_symbols(shape);
    let least = used.iter().map(|id| symbols.get(*id).min).max()?;
    (0..62)
        .rev()
        .map(|log| 1i64 << log)
        .find(|cap| *cap >= least && most_bytes_up_to(dtype, shape, symbols, *cap) <= MAX_TENSOR_BYTES)
}

/// The symbols of a shape, in order, without repeats.
pub(super) fn used_symbols(shape: &[Dim]) -> Vec<SymbolId> {
    let mut used: Vec<SymbolId> = shape.iter().flat_map(Dim::symbols).collect();
    used.sort();
    used.dedup();
    used
}
