//! Nests that walk each row several times: while they compute on one row, memory can bring the next one.
//!
//! The first walk over a row waits for memory, later ones find it in a cache and wait for arithmetic. The
//! longest of those asks for the next row's elements as it goes.

use tgc_graph::dim::Dim;

use tgc_plan::machine::Tuning;
use tgc_plan::{Axis, Block, Nest, Prefetch, Read};

/// Chooses what to ask for, of rows of at least so many elements.
pub(crate) fn prefetch(nest: &mut Nest, tuning: &Tuning) {
    let least = tuning.prefetched_row;
    if nest.extent.is_none() {
        return;
    }
    // The blocks after one that walk the same again, and which of their reads that is.
    let again = |at: usize, read: &Read| -> Vec<(usize, usize)> {
        (at + 1..nest.blocks.len())
            .filter_map(|i| Some((i, position(&nest.blocks[i], read, least)?)))
            .collect()
    };
    let length = |(block, _): &(usize, usize)| (nest.blocks[*block].program.insts.len(), *block);
    let mut chosen: Vec<(usize, usize)> = vec![];
    for (at, block) in nest.blocks.iter().enumerate() {
        for read in &block.reads {
            let is_first = nest.blocks[..at].iter().all(|earlier| position(earlier, read, least).is_none());
            if is_first && walks_rows(block, read, least) {
                chosen.extend(again(at, read).into_iter().max_by_key(length));
            }
        }
    }
    for (block, read) in chosen {
        let (distance, line) = (tuning.prefetch_distance, tuning.cache_line);
        let none = || Prefetch { reads: vec![], distance, line };
        nest.blocks[block].prefetch.get_or_insert_with(none).reads.push(read);
    }
}

/// Which read of a block, in one go, is this one.
fn position(block: &Block, read: &Read, least: i64) -> Option<usize> {
    if block.fission.is_some() || !walks_rows(block, read, least) {
        return None;
    }
    block.reads.iter().position(|other| other == read)
}

/// Whether a read moves with the row, and to the next element along the block's last axis, which may be long.
fn walks_rows(block: &Block, read: &Read, least: i64) -> bool {
    let (Read::Buffer(access), Some(last)) = (read, block.axes.len().checked_sub(1)) else { return false };
    access.stride(Axis::Row).is_some()
        && access.stride(Axis::Inner(last)) == Some(&Dim::Const(1))
        && block.axes[last].as_const().is_none_or(|extent| extent >= least)
}
