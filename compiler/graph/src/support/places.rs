//! Places along axes that a cotangent arrives at: slices, and what indices name.

use crate::dim::{Dim, Symbols};
use crate::graph::{Graph, NodeId};
use crate::kernel::Affine;
use crate::ops::{Gather, Op};

/// The indices `start`, `start + step`, … below `stop` of an axis. Without `step` equal to 1, the last of
/// them is `stop - 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub axis: usize,
    /// The axis's size.
    pub size: Dim,
    pub start: Dim,
    pub stop: Dim,
    /// At least 1.
    pub step: i64,
}

impl Slice {
    /// All of an axis.
    pub fn all(axis: usize, size: Dim) -> Slice {
        Slice { axis, start: Dim::Const(0), stop: size.clone(), size, step: 1 }
    }

    /// Whether all of the axis is in it.
    pub fn is_all(&self) -> bool {
        self.start == Dim::Const(0) && self.stop == self.size && self.step == 1
    }

    /// Whether it has at least one index for all admissible sizes.
    pub fn is_nonempty(&self, symbols: &Symbols) -> bool {
        self.length().is_some_and(|length| length.is_at_least(&Dim::Const(1), symbols))
    }

    /// A number that is positive where the slice has an index.
    pub fn extent(&self) -> Dim {
        &self.stop - &self.start
    }

    fn length(&self) -> Option<Dim> {
        (self.step == 1 || self.extent().as_const().is_some()).then(|| self.extent())
    }

    /// These indices where those of this slice are taken through an affine map to an axis of this size.
    pub fn moved(&self, map: &Affine, axis: usize, size: &Dim) -> Option<Slice> {
        let [(_, stride)] = map.terms.as_slice() else { return None };
        let stride = stride.as_const()?;
        let at = |index: &Dim| &map.offset + &(&Dim::Const(stride) * index);
        let (one, last) = (Dim::Const(1), &self.stop - &Dim::Const(1));
        let step = self.step.checked_mul(stride.checked_abs()?)?;
        let (start, last) = if stride > 0 {
            (at(&self.start), at(&last))
        } else if self.step == 1 {
            (at(&last), at(&self.start))
        } else {
            return None;
        };
        Slice { axis, size: size.clone(), start, stop: &last + &one, step }.defined()
    }

    /// The slice, unless its ends nest too deeply to be sizes.
    fn defined(self) -> Option<Slice> {
        let is_defined = !self.start.is_undefined() && !self.stop.is_undefined();
        is_defined.then_some(self)
    }

    /// One slice that is both, where that can be shown.
    pub fn union(&self, other: &Slice, symbols: &Symbols) -> Option<Slice> {
        if self.axis != other.axis || self.step != 1 || other.step != 1 {
            return None;
        }
        let at_least = |a: &Dim, b: &Dim| a.is_at_least(b, symbols);
        if !at_least(&self.stop, &other.start) || !at_least(&other.stop, &self.start) {
            return None;
        }
        let start = Dim::min(&self.start, &other.start, symbols);
        let stop = Dim::max(&self.stop, &other.stop, symbols);
        let start = if at_least(&Dim::Const(0), &start) { Dim::Const(0) } else { start };
        let stop = if at_least(&stop, &self.size) { self.size.clone() } else { stop };
        Slice { start, stop, ..self.clone() }.defined()
    }

    /// What remains without another slice, where that is one.
    pub fn without(&self, other: &Slice) -> Option<Slice> {
        if self.axis != other.axis || self.step != 1 || other.step != 1 {
            None
        } else if self.start == other.start {
            Some(Slice { start: other.stop.clone(), ..self.clone() })
        } else if self.stop == other.stop {
            Some(Slice { stop: other.start.clone(), ..self.clone() })
        } else {
            None
        }
    }

    /// The indices of a part of the axis that begins at `first`, counted from there.
    pub fn in_part(&self, first: &Dim, size: &Dim, symbols: &Symbols) -> Option<Slice> {
        if self.step != 1 {
            return None;
        }
        let within = |place: &Dim| {
            let place = Dim::max(&(place - first), &Dim::Const(0), symbols);
            Dim::min(&place, size, symbols)
        };
        let (start, stop) = (within(&self.start), within(&self.stop));
        Slice { axis: self.axis, size: size.clone(), start, stop, step: 1 }.defined()
    }

    /// Whether no index is in it for any admissible sizes.
    pub fn is_empty(&self, symbols: &Symbols) -> bool {
        self.start.is_at_least(&self.stop, symbols)
    }

    /// Whether it takes the same steps as another slice along the axis, from an index to the end.
    pub fn is_all_from(&self, start: i64, other: &Slice, symbols: &Symbols) -> bool {
        let same = self.axis == other.axis && self.step == other.step && self.start == Dim::Const(start);
        same && (&self.stop + &Dim::Const(self.step - 1)).is_at_least(&self.size, symbols)
    }
}

/// Places that index operands name, as [`Gather`] reads them from a tensor that has the batch axes and then
/// the indexed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// The cotangent's axes that are the batch axes and the indexed ones.
    pub axes: Vec<usize>,
    /// How many of them are batch axes.
    pub batch: usize,
    /// One for each indexed axis.
    pub index: Vec<NodeId>,
}

impl Places {
    /// Those that a gather with batch axes as large as the index's reads.
    pub fn of(gather: &Gather, index: &[NodeId]) -> Places {
        let axes = (0..gather.batch).chain(gather.axes.iter().copied()).collect();
        Places { axes, batch: gather.batch, index: index.to_vec() }
    }

    /// The gather from a tensor with these axes alone.
    pub fn of_own_axes(&self) -> Gather {
        Gather { batch: self.batch, axes: (self.batch..self.axes.len()).collect(), at: self.batch }
    }

    /// Whether every place of the only indexed axis, of this size, is named once.
    pub fn is_all(&self, graph: &Graph, shape: &[Dim]) -> bool {
        match (&self.index[..], &self.axes[self.batch..]) {
            ([index], [axis]) => matches!(graph.op(*index), Op::Iota(iota) if iota.size == shape[*axis]),
            _ => false,
        }
    }

    /// Whether there is at least one index for each place of the batch axes, for all admissible sizes.
    pub fn is_nonempty(&self, graph: &Graph) -> bool {
        self.index.iter().all(|index| {
            let sizes = &graph.ty(*index).shape[self.batch..];
            sizes.iter().all(|size| size.is_at_least(&Dim::Const(1), &graph.scope.symbols))
        })
    }
}
