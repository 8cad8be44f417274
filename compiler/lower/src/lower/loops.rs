//! Loops, and how elements are found from them.
//!
//! A statement numbers its loops: the result's axes first, then the summed ones; axes of static size 1
//! have none. An [`Index`] says for each axis of a tensor where along it the loops are. Once a statement has
//! its place, its loops become slots of a block, and an index becomes an [`Access`] with strides.

use tgc_graph::dim::Dim;
use tgc_graph::kernel::Affine;

use crate::plan::{Access, Axis, BufferId, Position};

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

/// Where along an axis, or in a buffer: `offset + Σ stride * loop`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Where it is when all loops are at 0.
    pub offset: Dim,
    /// Loops, ascending, each once, with strides that are not 0.
    pub terms: Vec<(Loop, Dim)>,
}

/// For each axis of a tensor, where along it.
pub(super) type Index = Vec<Place>;

impl Place {
    /// Always the first.
    pub(super) fn zero() -> Place {
        Place { offset: Dim::Const(0), terms: vec![] }
    }

    /// The one of this loop.
    pub(super) fn of(l: Loop) -> Place {
        Place { offset: Dim::Const(0), terms: vec![(l, Dim::Const(1))] }
    }

    /// The loop whose index it is, unchanged.
    pub(super) fn as_loop(&self) -> Option<Loop> {
        match self.terms.as_slice() {
            [(l, stride)] if stride.is_one() && self.offset == Dim::Const(0) => Some(*l),
            _ => None,
        }
    }

    /// How far one step of a loop moves it.
    pub(super) fn stride(&self, of: Loop) -> Dim {
        self.terms.iter().find(|(l, _)| *l == of).map_or(Dim::Const(0), |(_, stride)| stride.clone())
    }

    /// Whether it changes when a loop steps.
    pub(super) fn depends_on(&self, of: Loop) -> bool {
        self.terms.iter().any(|(l, _)| *l == of)
    }

    /// The same with other loops.
    pub(super) fn with_loops(&self, f: &dyn Fn(Loop) -> Option<Loop>) -> Place {
        let mut place = Place { offset: self.offset.clone(), terms: vec![] };
        for (l, stride) in &self.terms {
            if let Some(l) = f(*l) {
                place.add(&Place::of(l), stride);
            }
        }
        place
    }

    /// Moves on by `times` as far as another place is.
    fn add(&mut self, other: &Place, times: &Dim) {
        self.offset = &self.offset + &(&other.offset * times);
        for (l, stride) in &other.terms {
            let step = stride * times;
            match self.terms.binary_search_by_key(l, |(l, _)| *l) {
                Ok(at) => self.terms[at].1 = &self.terms[at].1 + &step,
                Err(at) => self.terms.insert(at, (*l, step)),
            }
        }
        self.terms.retain(|(_, stride)| *stride != Dim::Const(0));
    }

    /// Strides by axis, when loops are slots. Collapsed parts are contiguous, so the innermost decides.
    fn strides(&self) -> Vec<(Axis, Dim)> {
        let innermost = self.terms.iter().filter(|(slot, _)| slot.is_innermost());
        innermost.map(|(slot, stride)| (slot.axis(), stride.clone())).collect()
    }
}

/// The index with other loops in each place.
pub(super) fn with_loops(index: &Index, f: &dyn Fn(Loop) -> Option<Loop>) -> Index {
    index.iter().map(|place| place.with_loops(f)).collect()
}

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

/// Where an index is in row-major order.
pub(super) fn flat(shape: &[Dim], index: &Index) -> Place {
    let mut flat = Place::zero();
    let mut stride = Dim::Const(1);
    for (size, place) in shape.iter().zip(index).rev() {
        flat.add(place, &stride);
        stride = &stride * size;
    }
    flat
}

/// Whether a step this long leaves the neighbourhood of an element.
pub(super) fn is_far(stride: &Dim) -> bool {
    !matches!(stride, Dim::Const(-1..=1))
}

/// The index of an operand, whose axes run along axes of a tensor, from the tensor's index.
pub(super) fn compose(index: &Index, axes: &[Affine]) -> Index {
    let place = |axis: &Affine| {
        let mut place = Place { offset: axis.offset.clone(), terms: vec![] };
        axis.terms.iter().for_each(|(along, stride)| place.add(&index[*along], stride));
        place
    };
    axes.iter().map(place).collect()
}

/// The access of an index made of slots.
pub(super) fn to_access(buffer: BufferId, shape: &[Dim], index: &Index) -> Access {
    let flat = flat(shape, index);
    Access { buffer, strides: flat.strides(), offset: flat.offset }
}

/// Where an index made of slots is in row-major order, as a number.
pub(super) fn to_position(shape: &[Dim], index: &Index) -> Position {
    let flat = flat(shape, index);
    Position { strides: flat.strides(), offset: flat.offset }
}

/// Whether two neighbouring loops walk a tensor as one: a step of the outer is all of the inner.
pub(super) fn is_contiguous(place: &Place, outer: Loop, inner: Loop, extent: &Dim) -> bool {
    place.stride(outer) == &place.stride(inner) * extent
}
