//! What sizes can be, given the symbols' ranges. Nothing here overflows.

use tgc_scalar::dtype::DType;

use crate::dim::{Dim, SymbolId, Symbols};
use crate::limits::MAX_TENSOR_BYTES;

/// The most bytes that a tensor can have; a 0 counts as 1, so that strides fit too.
pub(crate) fn most_bytes(dtype: DType, shape: &[Dim], symbols: &Symbols) -> i128 {
    most_bytes_up_to(dtype, shape, symbols, i64::MAX)
}

fn most_bytes_up_to(dtype: DType, shape: &[Dim], symbols: &Symbols, cap: i64) -> i128 {
    shape.iter().fold(dtype.bytes() as i128, |bytes, dim| {
        bytes.saturating_mul(dim.bounds_up_to(symbols, cap).max.max(1))
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
