//! Where a block's values come from and go, once all axes but the tile's are known.

use inkwell::values::IntValue;
use tgc_plan::{Access, RowId};

use crate::memory::Spot;
use crate::reduce::Accumulators;
use crate::scalar::Parts;
use crate::scan::Running;

/// Where a parameter of the program comes from, once all axes but the tile's are known.
pub(crate) enum Source<'c> {
    /// Scalars: one for all rows, or one a row.
    Scalars(Vec<Parts<'c>>),
    /// Row values in a block without axes, or sums.
    Lanes(Parts<'c>),
    /// Memory: one place for all rows, or one a row.
    Memory(Vec<Spot<'c>>),
    /// Numbers that go up by `step` along the tile's axis: one start for all rows, or one a row.
    Counter { starts: Vec<IntValue<'c>>, step: IntValue<'c> },
    /// Memory where data says, differently along the tile's axis: where all lookups give 0, and the lookups.
    Gathered { spots: Vec<Spot<'c>>, lookups: Vec<Lookup<'c>> },
}

/// What data says of a place.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'c> {
    pub(crate) read: usize,
    pub(crate) extent: IntValue<'c>,
    pub(crate) stride: IntValue<'c>,
}

/// Where results go, once all axes but the tile's are known.
pub(crate) enum Drain<'a, 'c> {
    /// A place for each row.
    Store(Vec<Spot<'c>>),
    /// A place that is worked out where it is stored to: rows have no other axis, and places may be many.
    StoreAt(&'a Access),
    /// Accumulators for each row.
    Reduce(Vec<Accumulators<'a, 'c>>),
    /// For each accumulator one place for all rows, or one a row.
    Accumulate(Vec<Vec<Spot<'c>>>),
    /// A row value.
    Row(RowId),
    /// Accumulators of the nest.
    ReduceRows(&'a Accumulators<'a, 'c>),
    /// Accumulators for each row, and a place for each row.
    Scan { running: Vec<Running<'a, 'c>>, to: Vec<Spot<'c>> },
    /// Accumulators of the nest, and a place.
    ScanRows { running: &'a Running<'a, 'c>, to: Spot<'c> },
    /// A scan along another axis than the tile's: for each accumulator one place for all rows, or one
    /// a row; a place for each row; whether the iteration of that axis is the first.
    ScanInMemory { carry: Vec<Vec<Spot<'c>>>, to: Vec<Spot<'c>>, is_first: IntValue<'c> },
    /// For each row where all lookups give 0, and the lookups.
    Scatter { to: Vec<Spot<'c>>, lookups: Vec<Lookup<'c>> },
}

impl<'c> Source<'c> {
    pub(crate) fn as_scalars(&self) -> Option<&Vec<Parts<'c>>> {
        match self {
            Source::Scalars(rows) => Some(rows),
            Source::Lanes(_) | Source::Memory(_) | Source::Counter { .. } | Source::Gathered { .. } => None,
        }
    }
}

impl<'a, 'c> Drain<'a, 'c> {
    pub(crate) fn as_reductions(&self) -> Option<&[Accumulators<'a, 'c>]> {
        match self {
            Drain::Reduce(rows) => Some(rows),
            Drain::Store(_)
            | Drain::StoreAt(_)
            | Drain::Accumulate(_)
            | Drain::Row(_)
            | Drain::ReduceRows(_)
            | Drain::Scan { .. }
            | Drain::ScanRows { .. }
            | Drain::ScanInMemory { .. }
            | Drain::Scatter { .. } => None,
        }
    }
}
