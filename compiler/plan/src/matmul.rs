//! Matmuls: the step that runs in tiles of registers and blocks of caches.

use tgc_graph::dim::{Dim, Symbols};

use crate::{Access, Axis, Block, BufferId, MAX_CHUNKS, Parallel, Provenance, Reducer};

/// Sums of products, `sum[i, j] = Σ left[i, k] * right[k, j]` for each iteration of the batch loops, and what
/// becomes of each sum.
///
/// # Meaning
///
/// For each row `i` and column `j` the K terms are cut into blocks of [`Blocking::kc`]. A block reduces its
/// terms in order, from the reduction's start; the sums of the blocks merge in order, from that of the first
/// one on. Without terms the sum is the reduction's start. Then the epilogue runs once for the element. In
/// which order elements come, and what is copied where before, no result can tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Matmul {
    /// Extents: loops around the matrices (the batch) outermost first, rows, columns, terms.
    pub axes: Vec<Dim>,
    /// An element of the left matrix; it does not depend on the columns.
    pub left: Access,
    /// An element of the right matrix; it does not depend on the rows.
    pub right: Access,
    /// (sum, left, right) → sum. One accumulator, of the element type of both matrices.
    pub reducer: Reducer,
    /// What registers hold.
    pub tile: RegisterTile,
    /// What caches hold.
    pub blocks: Blocking,
    /// How rows are shared out to threads; each chunk has scratch of its own. Not with a batch.
    pub parallel: Option<Parallel>,
    /// Where a block's left elements are copied to, tile by tile.
    pub pack_left: Option<Pack>,
    /// Where a block's right elements are copied to, tile by tile.
    pub pack_right: Option<Pack>,
    /// Where the sums of a block wait for its last term, and for the epilogue.
    pub sums: BufferId,
    /// What becomes of a sum, which [`Read::Sum`](crate::Read::Sum) names. Axes are the batch's, rows and
    /// columns; sinks are stores.
    pub epilogue: Block,
    /// What it computes, for readers.
    pub provenance: Provenance,
}

/// The sums that registers hold at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisterTile {
    /// Rows.
    pub mr: u32,
    /// Columns, whole vectors; a power of two.
    pub nr: u32,
    /// Columns of a vector. No result can tell.
    pub lanes: u32,
}

/// The part of a matmul that caches hold at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blocking {
    /// Rows, a multiple of the tile's.
    pub mc: i64,
    /// Columns, a multiple of the tile's.
    pub nc: i64,
    /// Terms that reduce in one go: a block of K.
    pub kc: i64,
    /// Terms of the right matrix that are packed in one go: `kc`, or all.
    pub packed_k: i64,
}

/// A copy of one matrix's part of a block, in the order in which tiles read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pack {
    /// Where it goes.
    pub buffer: BufferId,
    /// It pays if the other matrix has so many columns or rows. Without it only a tile that sticks out beyond
    /// the last column is copied.
    pub least: Option<i64>,
}

impl Matmul {
    /// How many loops are around the matrices.
    pub fn batch(&self) -> usize {
        self.axes.len() - 3
    }

    /// The axis of the rows.
    pub fn row_axis(&self) -> Axis {
        Axis::Inner(self.batch())
    }

    /// The axis of the columns.
    pub fn column_axis(&self) -> Axis {
        Axis::Inner(self.batch() + 1)
    }

    /// The axis of the terms.
    pub fn term_axis(&self) -> Axis {
        Axis::Inner(self.batch() + 2)
    }

    /// How many rows, columns and terms there are.
    pub fn extents(&self) -> [&Dim; 3] {
        let batch = self.batch();
        [&self.axes[batch], &self.axes[batch + 1], &self.axes[batch + 2]]
    }

    /// Whether all terms are known to reduce in one go.
    pub fn is_one_k_block(&self) -> bool {
        self.extents()[2].as_const().is_some_and(|terms| terms <= self.blocks.kc)
    }

    /// Whether all terms of the right matrix are copied in one go.
    pub fn copies_all_terms(&self) -> bool {
        self.extents()[2].as_const().is_some_and(|terms| terms <= self.blocks.packed_k)
    }

    /// Whether the right matrix is copied as a whole, before rows are shared out.
    pub fn shares_right(&self) -> bool {
        let columns = self.extents()[1].as_const();
        self.copies_all_terms() && self.batch() == 0 && columns.is_some_and(|n| n <= self.blocks.nc)
    }

    /// Into how many chunks the rows are cut at most.
    pub fn chunks(&self, symbols: &Symbols) -> Dim {
        let Some(Parallel { rows_per_chunk }) = self.parallel else { return Dim::Const(1) };
        let up = self.extents()[0] + &Dim::Const(rows_per_chunk - 1);
        let chunks = up.floor_div(&Dim::Const(rows_per_chunk), symbols);
        let most = Dim::min_of(&[chunks, Dim::Const(MAX_CHUNKS)], symbols);
        // What comes before the rows has scratch even if there are none.
        Dim::max_of(&[most, Dim::Const(1)], symbols)
    }

    /// The buffers that hold nothing before and after, with their shapes: chunks, tiles, then what a tile
    /// holds.
    pub fn scratch(&self, symbols: &Symbols) -> Vec<(BufferId, Vec<Dim>)> {
        let chunks = self.chunks(symbols);
        let shape = |(buffer, sizes, is_shared): (BufferId, [i64; 3], bool)| {
            let chunks = if is_shared { Dim::Const(1) } else { chunks.clone() };
            (buffer, std::iter::once(chunks).chain(sizes.map(Dim::Const)).collect())
        };
        self.slices().into_iter().map(shape).collect()
    }

    /// Scratch, what of it one chunk needs, and whether that is all chunks' together.
    pub fn slices(&self) -> Vec<(BufferId, [i64; 3], bool)> {
        let (mr, nr) = (i64::from(self.tile.mr), i64::from(self.tile.nr));
        let Blocking { mc, nc, kc, packed_k } = self.blocks;
        let panels = if self.is_one_k_block() { 1 } else { nc / nr };
        let left = [mc / mr, kc, self.tile.left_stride()];
        let left = self.pack_left.map(|p| (p.buffer, left, false));
        let right = [nc / nr, packed_k, nr];
        let right = self.pack_right.map(|p| (p.buffer, right, self.shares_right()));
        let sums = (self.sums, [panels, mc, nr], false);
        left.into_iter().chain(right).chain([sums]).collect()
    }
}

impl RegisterTile {
    /// Vectors of a row.
    pub fn vectors(&self) -> u32 {
        self.nr / self.lanes
    }

    /// Elements from one term of a packed left tile to the next.
    pub fn left_stride(&self) -> i64 {
        i64::from(self.mr.next_power_of_two())
    }
}
