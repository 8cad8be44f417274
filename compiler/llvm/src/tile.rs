//! Iterations that run together: rows of a nest, or steps of a block's last axis.

use inkwell::values::IntValue;

/// Rows that run together.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'c> {
    /// The first of them.
    pub(crate) first: IntValue<'c>,
    /// How many.
    pub(crate) count: u32,
    /// The accumulators of totals that they belong to.
    pub(crate) share: Share<'c>,
    /// Whether the first of them may be the first of the nest.
    pub(crate) may_start: bool,
}

/// Which accumulators of a reduction iterations that run together belong to.
#[derive(Clone, Copy)]
pub(crate) enum Share<'c> {
    /// Each to the one of its lane.
    All,
    /// The same, counted from this one.
    From(u32),
    /// The same, counted from one that is known only when the code runs.
    At(IntValue<'c>),
}

/// The most instructions that are repeated for what is left after the last whole tile.
const REPEATED: usize = 2048;

/// A number as powers of two, the largest first: where each begins, and what it is. `None` if a program of
/// this length would be repeated too often.
pub(crate) fn pieces(number: u32, program: usize) -> Option<Vec<(u32, u32)>> {
    let widths = (0..u32::BITS).rev().map(|bit| 1 << bit).filter(|width| number & width != 0);
    let pieces = widths.scan(0, |first, width| {
        *first += width;
        Some((*first - width, width))
    });
    (program * number.count_ones() as usize <= REPEATED).then(|| pieces.collect())
}

/// Iterations that run together.
#[derive(Clone, Copy)]
pub(crate) struct Tile<'c> {
    pub(crate) index: IntValue<'c>,
    pub(crate) width: u32,
    /// The accumulators that they belong to.
    pub(crate) share: Share<'c>,
    /// Whether its first iteration may be the first of the axis.
    pub(crate) may_start: bool,
}

/// How many iterations run together after the last whole tile of so many, if those are worth code of their
/// own: as many as a vector or two hold.
pub(crate) fn narrower(lanes: u32, program: usize) -> Option<u32> {
    const NARROW: u32 = 8;
    let narrow = NARROW.min(lanes / 2);
    (narrow >= NARROW / 2 && program <= REPEATED / 8).then_some(narrow)
}
