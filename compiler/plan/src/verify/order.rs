//! Nests that run in order: one row, one block and one element after the other.
//!
//! Their result is what they say, whatever they touch. That iterations do not disturb one another, which is
//! what they were made by, must hold of them too; where it is not shown, samples of sizes say whether it
//! does, element by element.

use std::collections::BTreeMap;

use tgc_graph::dim::Dim;

use super::admissible::NotProven;
use super::error::VerifyErrorKind;
use super::{Checker, VerifyError};
use crate::{AccessKind, Axis, Body, BufferId, MemoryAccess, Nest, Sink, Step};

/// The most elements that one access reaches in a sample that is looked at.
const MOST_ELEMENTS: i64 = 1 << 12;

impl Nest {
    /// Whether nothing of it runs together.
    fn is_in_order(&self) -> bool {
        let in_order = self.blocks.iter().all(|block| block.lanes == 1 && block.fission.is_none());
        self.rows == 1 && self.parallel.is_none() && in_order
    }

    fn put_in_order(&mut self) {
        (self.rows, self.parallel) = (1, None);
        for block in &mut self.blocks {
            (block.lanes, block.fission, block.prefetch, block.joins_rows) = (1, None, None, false);
            for sink in &mut block.sinks {
                if let Sink::Reduce { prereduction, .. } = sink {
                    *prereduction = None;
                }
            }
        }
    }
}

/// Lets a nest run in order of which it is not shown that iterations may run together; the error if that is
/// not what is wrong.
pub(super) fn put_in_order(body: &mut Body, error: VerifyError) -> Result<(), VerifyError> {
    match error.site.step.and_then(|step| body.steps.get_mut(step)) {
        Some(Step::Nest(nest)) if is_unproven(&error.kind) && !nest.is_in_order() => {
            nest.put_in_order();
            Ok(())
        }
        Some(_) | None => Err(error),
    }
}

/// That iterations disturb one another, as far as can be shown.
fn is_unproven(kind: &VerifyErrorKind) -> bool {
    matches!(
        kind,
        VerifyErrorKind::TwoWrites { .. }
            | VerifyErrorKind::SharedInBlock { .. }
            | VerifyErrorKind::RowsShare { .. }
            | VerifyErrorKind::WrittenTwice { reason: NotProven::Unknown, .. }
    )
}

/// Where an element is touched: the row, the block, and the iteration in it.
type When = (i64, usize, Vec<i64>);

impl Checker<'_> {
    /// What was not shown of a nest does not matter if it runs in order and no sample shows that iterations
    /// disturb one another.
    pub(super) fn check_order(&self, nest: &Nest, kind: VerifyErrorKind) -> Result<(), VerifyErrorKind> {
        let touches = nest.accesses();
        let written = touches.iter().filter(|t| t.kind.writes()).map(|t| t.access.buffer);
        let is_sound = |buffer: BufferId| {
            let group: Vec<&MemoryAccess> = touches.iter().filter(|t| t.access.buffer == buffer).collect();
            let plain = |t: &&MemoryAccess| {
                matches!(t.kind, AccessKind::Store | AccessKind::Reduce | AccessKind::Read)
            };
            // Others come alone, and in order.
            group.len() == 1 && !plain(&group[0])
                || group.iter().all(plain)
                    && self.sizes.samples().iter().all(|sample| !disturbs(nest, &group, sample))
        };
        let is_unproven = is_unproven(&kind) && nest.is_in_order();
        if is_unproven && written.into_iter().all(is_sound) { Ok(()) } else { Err(kind) }
    }
}

/// Whether an element is written twice, or read by another iteration of the block or in another row than it
/// is written.
fn disturbs(nest: &Nest, group: &[&MemoryAccess], sample: &[i64]) -> bool {
    let mut writers: BTreeMap<i64, When> = BTreeMap::new();
    let (writes, reads): (Vec<&MemoryAccess>, Vec<&MemoryAccess>) =
        group.iter().partition(|t| t.kind.writes());
    for write in writes {
        for (element, when) in reached(nest, write, sample) {
            if writers.insert(element, when).is_some() {
                return true;
            }
        }
    }
    reads.into_iter().flat_map(|read| reached(nest, read, sample)).any(|(element, (row, block, at))| {
        writers.get(&element).is_some_and(|(written_row, by, written_at)| {
            *written_row != row || *by == block && *written_at != at
        })
    })
}

/// The elements that an access reaches for some sizes, if those are few.
fn reached(nest: &Nest, touch: &MemoryAccess, sample: &[i64]) -> Vec<(i64, When)> {
    let value = |dim: &Dim| dim.evaluate(&|id| sample[id.0 as usize]);
    let stride = |axis| touch.access.stride(axis).map_or(Some(0), value);
    let row = nest.extent.as_ref().map(|extent| (Axis::Row, extent));
    let inner = touch.axes.iter().enumerate().map(|(i, extent)| (Axis::Inner(i), extent));
    let loops: Option<Vec<(i64, i64)>> = row
        .into_iter()
        .chain(inner)
        .map(|(axis, extent)| Some((stride(axis)?, value(extent)?.max(0))))
        .collect();
    let (Some(loops), Some(offset)) = (loops, value(&touch.access.offset)) else { return vec![] };
    let count = loops.iter().try_fold(1i64, |count, (_, extent)| count.checked_mul(*extent));
    if count.is_none_or(|count| count > MOST_ELEMENTS) {
        return vec![];
    }
    let mut places = vec![(offset, vec![])];
    for (stride, extent) in loops {
        let along = |(element, at): &(i64, Vec<i64>)| {
            (0..extent).map(|i| (element + i * stride, [at.as_slice(), &[i]].concat())).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(along).collect();
    }
    let when = |mut at: Vec<i64>| {
        let row = if nest.extent.is_some() { at.remove(0) } else { 0 };
        (row, touch.block, at)
    };
    places.into_iter().map(|(element, at)| (element, when(at))).collect()
}
