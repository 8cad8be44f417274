//! Loops, and how elements are found from them.
//!
//! A statement numbers its loops: the result's axes first, then the summed ones; axes of static size 1
//! have none. An [`Index`] says for each axis of a tensor which loop runs along it. Once a statement has
//! its place, its loops become slots of a block, and an index becomes an [`Access`] with strides.

use tgc_graph::dim::Dim;

use crate::plan::{Access, Axis, BufferId};

/// A loop of a statement or, after placement, a slot of a block.
///
/// A slot names an axis of the block and a part of it: several loops that collapsed into one axis are its
/// parts, counted from the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loop(u16);

/// More than the loops of any statement.
const PARTS: u16 = 64;

impl Loop {
    /// The loop of this number.
    pub(super) fn new(number: usize) -> Loop {
        Loop(number as u16)
    }

    /// The loop's number.
    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// The slot of a part of an axis.
    pub(super) fn slot(axis: Axis, part: usize) -> Loop {
        let axis = match axis {
            Axis::Row => 0,
            Axis::Inner(inner) => inner as u16 + 1,
        };
        Loop(axis * PARTS + part as u16)
    }

    /// The axis of a slot.
    fn axis(self) -> Axis {
        match self.0 / PARTS {
            0 => Axis::Row,
            inner => Axis::Inner(usize::from(inner) - 1),
        }
    }

    /// The same slot after inner axes got other numbers; `None` in `numbers` is an axis that is gone.
    pub(super) fn renumbered(self, numbers: &[Option<usize>]) -> Loop {
        match self.axis() {
            Axis::Row => self,
            Axis::Inner(inner) => {
                let number = numbers[inner].expect("invariant: no index names an axis that is gone");
                Loop::slot(Axis::Inner(number), usize::from(self.0 % PARTS))
            }
        }
    }

    /// Whether a slot is the innermost part of its axis.
    fn is_innermost(self) -> bool {
        self.0.is_multiple_of(PARTS)
    }
}

/// For each axis of a tensor the loop along it; `None` stays at 0.
pub(super) type Index = Vec<Option<Loop>>;

/// What one loop runs over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoopInfo {
    /// How often.
    pub extent: Dim,
    /// Whether the result lacks it.
    pub sum: bool,
}

/// The product of sizes.
pub(super) fn product<'a>(sizes: impl IntoIterator<Item = &'a Dim>) -> Dim {
    sizes.into_iter().fold(Dim::Const(1), |product, d| &product * d)
}

/// Row-major strides in elements.
pub(super) fn strides(shape: &[Dim]) -> Vec<Dim> {
    (0..shape.len()).map(|axis| product(&shape[axis + 1..])).collect()
}

/// How far one step of a loop moves through a tensor.
pub(super) fn stride_along(shape: &[Dim], index: &Index, of: Loop) -> Dim {
    let steps = index.iter().enumerate().filter(|(_, l)| **l == Some(of));
    steps.fold(Dim::Const(0), |sum, (axis, _)| &sum + &product(&shape[axis + 1..]))
}

/// The index of an operand, whose axes run along axes of a tensor, from the tensor's index.
pub(super) fn compose(index: &Index, axes: &[Option<usize>]) -> Index {
    axes.iter().map(|axis| axis.and_then(|a| index[a])).collect()
}

/// The access of an index made of slots. Collapsed parts are contiguous, so the innermost decides.
pub(super) fn to_access(buffer: BufferId, shape: &[Dim], index: &Index) -> Access {
    let mut found: Vec<(Axis, Dim)> = vec![];
    for (slot, stride) in index.iter().zip(strides(shape)) {
        let Some(slot) = slot.filter(|s| s.is_innermost()) else { continue };
        match found.iter_mut().find(|(axis, _)| *axis == slot.axis()) {
            Some((_, sum)) => *sum = &*sum + &stride,
            None => found.push((slot.axis(), stride)),
        }
    }
    found.retain(|(_, stride)| *stride != Dim::Const(0));
    found.sort_by_key(|(axis, _)| *axis);
    Access { buffer, strides: found, offset: Dim::Const(0) }
}

/// Whether two neighbouring loops walk a tensor as one: a step of the outer is all of the inner.
pub(super) fn is_contiguous(shape: &[Dim], index: &Index, outer: Loop, inner: Loop, extent: &Dim) -> bool {
    stride_along(shape, index, outer) == &stride_along(shape, index, inner) * extent
}
