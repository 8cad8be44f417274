//! Bounds that keep a hostile text or file from costing more than its size, and sizes from overflowing.

use crate::dim::Dim;

/// The most terms of one size.
pub const MAX_TERMS: usize = 32;

/// The most terms of a tensor's number of elements, before equal ones are merged.
pub const MAX_SHAPE_TERMS: usize = 4096;

/// The most factors of one term of a size.
pub const MAX_DEGREE: u32 = 16;

/// How deep quotients, remainders, minima and maxima nest in a size.
pub const MAX_NESTING: usize = 8;

/// The most symbols, quotients, remainders, minima and maxima of one of these.
pub const MAX_WEIGHT: usize = 64;

/// The most of them of one size.
pub const MAX_SIZE_WEIGHT: usize = 256;

/// The most different quotients, remainders, minima and maxima in the sizes of one function.
pub const MAX_ATOMS: usize = 1024;

/// The most equations of one function.
pub const MAX_EQUATIONS: usize = 256;

/// The most shared variables of one model.
pub const MAX_SHARED: usize = 1 << 14;

/// The most sizes of one function.
pub const MAX_SYMBOLS: usize = 1024;

/// The most inputs of one function, and the most outputs.
pub const MAX_ARGUMENTS: usize = 1 << 12;

/// The most operands of one node.
pub const MAX_OPERANDS: usize = 1024;

/// The most entries of a list that is an attribute.
pub const MAX_LIST: usize = 1024;

/// The most bytes of one tensor, for every admissible choice of sizes.
pub const MAX_TENSOR_BYTES: i128 = 1 << 62;

/// The most bytes of initial values that one text or file gives as "all elements equal"; further ones are
/// written element by element, so that reading never takes much more memory than the input has bytes.
pub const MAX_FILL_BYTES: usize = 1 << 26;

/// What is wrong with a size that has no value.
pub(crate) fn undefined_size() -> String {
    format!(
        "divides by 0, or nests quotients, remainders, minima and maxima more than {MAX_NESTING} deep; introduce a size of its own"
    )
}

/// True when a size is within [`MAX_TERMS`], [`MAX_DEGREE`] and [`MAX_NESTING`], and what it is made of too.
pub fn is_small(dim: &Dim) -> bool {
    dim.is_within(MAX_NESTING, &mut { MAX_SIZE_WEIGHT }) && is_small_throughout(dim)
}

fn is_small_throughout(dim: &Dim) -> bool {
    let Dim::Poly(terms) = dim else { return true };
    let degree = |m: &crate::dim::Monomial| m.iter().fold(0u32, |sum, (_, e)| sum.saturating_add(*e));
    let mut operands = terms.iter().flat_map(|(m, _)| m).flat_map(|(atom, _)| atom.operands());
    terms.len() <= MAX_TERMS
        && terms.iter().all(|(monomial, _)| degree(monomial) <= MAX_DEGREE)
        && operands.all(is_small_throughout)
}

/// Bytes of an array, if they can be counted.
pub fn array_bytes(dtype: tgc_scalar::dtype::DType, shape: &[usize]) -> Option<usize> {
    let elements = shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
    // A zero hides an overflow beside it from the product, not from strides; count as if it were a 1.
    let extent = shape.iter().try_fold(1usize, |product, n| product.checked_mul((*n).max(1)))?;
    extent.checked_mul(dtype.bytes()).filter(|bytes| *bytes as i128 <= MAX_TENSOR_BYTES)?;
    Some(elements? * dtype.bytes())
}
