//! Loops, and how elements are found from them.
//!
//! A statement numbers its loops: the result's axes first, then the summed ones; axes of static size 1
//! have none. An [`Index`] says for each axis of a tensor where along it the loops are. Once a statement has
//! its place, its loops become slots of a block, and an index becomes an [`Access`] with strides.

use tgc_graph::dim::{Dim, Symbols};
use tgc_graph::graph::NodeId;
use tgc_graph::kernel::Affine;

use tgc_plan::Axis;

/// A loop of a statement or, after placement, a slot of a block.
///
/// A slot names an axis of the block and a part of it: several loops that collapsed into one axis are its
/// parts, counted from the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Loop(u16);

/// More than the loops of any statement.
const PARTS: u16 = 64;

impl Loop {
    /// The loop of this number.
    pub(crate) fn new(number: usize) -> Loop {
        Loop(number as u16)
    }

    /// The loop's number.
    pub(crate) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// The slot of a part of an axis.
    pub(crate) fn slot(axis: Axis, part: usize) -> Loop {
        let axis = match axis {
            Axis::Row => 0,
            Axis::Inner(inner) => inner as u16 + 1,
        };
        Loop(axis * PARTS + part as u16)
    }

    /// The axis of a slot.
    pub(crate) fn axis(self) -> Axis {
        match self.0 / PARTS {
            0 => Axis::Row,
            inner => Axis::Inner(usize::from(inner) - 1),
        }
    }

    /// The same slot after inner axes got other numbers; `None` in `numbers` is an axis that is gone.
    pub(crate) fn renumbered(self, numbers: &[Option<usize>]) -> Loop {
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

/// Where along an axis, or in a buffer: `offset + Σ stride * loop + Σ stride * lookup`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IndexExpr {
    /// Where it is when all loops are at 0.
    pub offset: Dim,
    /// Loops, ascending, each once, with strides that are not 0.
    pub terms: Vec<(Loop, Dim)>,
    /// Places that data says.
    pub lookups: Vec<(Lookup, Dim)>,
}

/// An element of an index operand, which names a place along an axis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lookup {
    /// The index operand: a source or a materialized value.
    pub node: NodeId,
    /// Which of its elements.
    pub at: Index,
    /// The axis's size, from which negative elements count.
    pub extent: Dim,
}

/// For each axis of a tensor, where along it.
pub(crate) type Index = Vec<IndexExpr>;

impl IndexExpr {
    /// Always the first.
    pub(crate) fn zero() -> IndexExpr {
        IndexExpr::fixed(Dim::Const(0))
    }

    /// Always this one.
    pub(crate) fn fixed(offset: Dim) -> IndexExpr {
        IndexExpr { offset, terms: vec![], lookups: vec![] }
    }

    /// The one of this loop.
    pub(crate) fn of(l: Loop) -> IndexExpr {
        IndexExpr { terms: vec![(l, Dim::Const(1))], ..IndexExpr::zero() }
    }

    /// The one of this loop, from the last of so many to the first.
    pub(crate) fn back(l: Loop, size: &Dim) -> IndexExpr {
        let last = size - &Dim::Const(1);
        IndexExpr { terms: vec![(l, Dim::Const(-1))], ..IndexExpr::fixed(last) }
    }

    /// The loop whose index it is, unchanged.
    pub(crate) fn as_loop(&self) -> Option<Loop> {
        match self.terms.as_slice() {
            [(l, stride)] if stride.is_one() && self.offset == Dim::Const(0) && self.lookups.is_empty() => {
                Some(*l)
            }
            _ => None,
        }
    }

    /// Whether it is always the first.
    pub(crate) fn is_zero(&self) -> bool {
        *self == IndexExpr::zero()
    }

    /// How far one step of a loop moves it, indirect indices aside.
    pub(crate) fn stride(&self, of: Loop) -> Dim {
        self.terms.iter().find(|(l, _)| *l == of).map_or(Dim::Const(0), |(_, stride)| stride.clone())
    }

    /// Whether it changes when a loop steps.
    pub(crate) fn depends_on(&self, of: Loop) -> bool {
        self.terms.iter().any(|(l, _)| *l == of) || self.is_looked_up_along(of)
    }

    fn is_looked_up_along(&self, of: Loop) -> bool {
        self.lookups.iter().any(|(lookup, _)| lookup.at.iter().any(|place| place.depends_on(of)))
    }

    /// Whether a step of a loop leaves the neighbourhood of an element.
    pub(crate) fn is_far_along(&self, of: Loop) -> bool {
        is_far(&self.stride(of)) || self.is_looked_up_along(of)
    }

    /// The same with a place for each loop.
    pub(crate) fn substitute(&self, f: &dyn Fn(Loop) -> IndexExpr) -> IndexExpr {
        let mut place = IndexExpr::fixed(self.offset.clone());
        for (l, stride) in &self.terms {
            place.add(&f(*l), stride);
        }
        for (lookup, stride) in &self.lookups {
            let lookup = Lookup { at: substitute(&lookup.at, f), ..lookup.clone() };
            place.add(&IndexExpr { lookups: vec![(lookup, Dim::Const(1))], ..IndexExpr::zero() }, stride);
        }
        place
    }

    /// Moves on by `times` as far as another place is.
    fn add(&mut self, other: &IndexExpr, times: &Dim) {
        self.offset = &self.offset + &(&other.offset * times);
        for (l, stride) in &other.terms {
            let step = stride * times;
            match self.terms.binary_search_by_key(l, |(l, _)| *l) {
                Ok(at) => self.terms[at].1 = &self.terms[at].1 + &step,
                Err(at) => self.terms.insert(at, (*l, step)),
            }
        }
        self.terms.retain(|(_, stride)| *stride != Dim::Const(0));
        self.lookups.extend(other.lookups.iter().map(|(lookup, stride)| (lookup.clone(), stride * times)));
    }

    /// Strides by axis, when loops are slots. Collapsed parts are contiguous, so the innermost decides.
    pub(crate) fn strides(&self) -> Vec<(Axis, Dim)> {
        let innermost = self.terms.iter().filter(|(slot, _)| slot.is_innermost());
        innermost.map(|(slot, stride)| (slot.axis(), stride.clone())).collect()
    }
}

impl std::convert::From<&Affine> for IndexExpr {
    /// Loops are axes.
    fn from(affine: &Affine) -> IndexExpr {
        let mut place = IndexExpr::fixed(affine.offset.clone());
        affine.terms.iter().for_each(|(axis, stride)| place.add(&IndexExpr::of(Loop::new(*axis)), stride));
        place
    }
}

/// The index with a place for each loop.
pub(crate) fn substitute(index: &Index, f: &dyn Fn(Loop) -> IndexExpr) -> Index {
    index.iter().map(|place| place.substitute(f)).collect()
}

/// What one loop runs over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoopInfo {
    /// How often.
    pub extent: Dim,
    pub kind: LoopKind,
}

/// What a loop is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopKind {
    /// An axis of the result.
    Result,
    /// Summed: the result lacks it.
    Sum,
    /// An axis of the result that a scan goes along, in order.
    Scan,
}

/// Where an index is in row-major order.
pub(crate) fn flat(shape: &[Dim], index: &Index) -> IndexExpr {
    let mut flat = IndexExpr::zero();
    let mut stride = Dim::Const(1);
    for (size, place) in shape.iter().zip(index).rev() {
        flat.add(place, &stride);
        stride = &stride * size;
    }
    flat
}

/// Whether a step this long leaves the neighbourhood of an element.
pub(crate) fn is_far(stride: &Dim) -> bool {
    !matches!(stride, Dim::Const(-1..=1))
}

/// The index of an operand, whose axes run along axes of a tensor, from the tensor's index.
pub(crate) fn compose(index: &Index, axes: &Index) -> Index {
    substitute(axes, &|axis| index[axis.number()].clone())
}

/// Whether two neighbouring loops walk a tensor as one: a step of the outer is all of the inner.
pub(crate) fn is_contiguous(place: &IndexExpr, outer: Loop, inner: Loop, extent: &Dim) -> bool {
    place.stride(outer) == &place.stride(inner) * extent
}

/// The loops of these sizes, and where axes run.
pub(crate) fn loops_of(result: &[Dim], sums: &[Dim]) -> (Vec<LoopInfo>, Index) {
    let mut loops = vec![];
    let mut index = vec![];
    let result = result.iter().map(|d| (d, LoopKind::Result));
    for (extent, kind) in result.chain(sums.iter().map(|d| (d, LoopKind::Sum))) {
        index.push(if extent.is_one() { IndexExpr::zero() } else { IndexExpr::of(Loop::new(loops.len())) });
        if !extent.is_one() {
            loops.push(LoopInfo { extent: extent.clone(), kind });
        }
    }
    (loops, index)
}

/// What an axis is taken to be if nothing is known of its size.
const UNKNOWN_SIZE: i64 = 256;

/// What a size is taken to be.
pub(crate) fn guess(dim: &Dim, symbols: &Symbols) -> i64 {
    let size = |id| symbols.get(id).hint.unwrap_or(UNKNOWN_SIZE.min(symbols.get(id).max));
    dim.evaluate(&size).unwrap_or(i64::MAX).max(1)
}
