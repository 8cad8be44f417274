//! What an operation is to everything behind the graph: a class, not a name.
//!
//! The optimizer's structural questions, the lowering and the reference evaluator match [`Kernel`]s;
//! none of them knows operations by name. A class enters with its first operation.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Program};

use crate::array::Array;
use crate::data::DataId;
use crate::dim::Dim;
pub use crate::routine::Routine;

/// The class of a node, with all that its computation needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    /// A value that exists before the call.
    Leaf(Leaf),
    /// One program for every element. Operands have the result's rank; an axis of static size 1 stretches.
    Map(Program),
    /// Reduces axes away.
    Reduce(Reduction),
    /// The result's element at an index is an operand's element at an affine index: no arithmetic.
    View(View),
    /// The only operand's elements in the same row-major order, in another shape.
    Reshape,
    /// The operands one after another along this axis.
    Concatenate(usize),
    /// The first operand's elements at places that the other operands, all `i64`, say.
    Gather(Gather),
    /// The first operand with elements of the last set or added at places that those between, all `i64`, say.
    Scatter(Scatter),
    /// Scans along an axis.
    Scan(Scan),
    /// Sums of products over shared axes.
    Contract(Contraction),
    /// A routine on each row of the only operand, which has at least one axis: a row is what lies along the
    /// last one.
    Routine(Routine),
    /// No kernel: a composite, a gradient or a pin, which a stage replaces before lowering.
    Composite,
}

impl Kernel {
    /// No place in it depends on a symbol.
    pub fn is_static(&self) -> bool {
        let affine = |map: &Affine| {
            map.offset.as_const().is_some() && map.terms.iter().all(|(_, stride)| stride.as_const().is_some())
        };
        let coordinate = |coordinate: &Coordinate| match coordinate {
            Coordinate::Affine(map) => affine(map),
            Coordinate::Index(_) => true,
        };
        match self {
            Kernel::View(view) => view.axes.iter().all(affine),
            Kernel::Gather(gather) => gather.coordinates.iter().all(coordinate),
            Kernel::Scatter(scatter) => scatter.coordinates.iter().all(coordinate),
            Kernel::Leaf(Leaf::Size(size)) => size.as_const().is_some(),
            Kernel::Leaf(_) | Kernel::Map(_) | Kernel::Reduce(_) | Kernel::Reshape => true,
            Kernel::Concatenate(_) | Kernel::Scan(_) | Kernel::Contract(_) => true,
            Kernel::Routine(_) | Kernel::Composite => true,
        }
    }
}

/// A value that exists before the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// An argument of the function, by name.
    Input(std::sync::Arc<str>),
    /// A shared variable, by name.
    Shared(std::sync::Arc<str>),
    /// Every element is this value, given by the bits of its parts.
    Splat([u64; 2]),
    /// Tensor data.
    Data(DataId),
    /// A size, as a 0-d `i64`.
    Size(Dim),
    /// Each element is its own index along the only axis, as `i64`.
    Iota,
}

/// A reduction over axes of one operand. The result lacks those axes.
///
/// Who reduces chooses the order: elements go into any number of groups, each begins with `init` and takes
/// its elements in by `prepare` and `step` in any order, and the groups' accumulators are combined by `merge`
/// in any order, `init` itself among them any number of times. So programs hold to this:
///
/// - merging `init` with accumulators, on either side, gives them back;
/// - taking elements in and then merging is, but for rounding and the payloads of NaNs, the same for every
///   choice: what rounds nothing (greatest elements, positions, truth, integers) gives the same bits;
/// - where the reduction is `indexed`, results depend on positions and never on the order in which elements
///   come;
/// - an operation whose reduction of no elements is no value requires that there be one; `finish` of `init`
///   is never read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduction {
    /// The axes to reduce, ascending.
    pub axes: Vec<usize>,
    /// Element type of each accumulator.
    pub accumulators: Vec<DType>,
    /// The neutral element, by the bits of its parts, of each accumulator.
    pub init: Vec<[u64; 2]>,
    /// Whether `prepare` is also given where the element stands among those that are reduced together: its
    /// row-major position along `axes`, as `i64`.
    pub indexed: bool,
    /// (element) or (element, position) → values.
    pub prepare: Program,
    /// (accumulators…, values…) → accumulators.
    pub step: Program,
    /// (accumulators…, accumulators…) → accumulators. Associative and commutative but for rounding.
    pub merge: Program,
    /// (accumulators…) → result element.
    pub finish: Program,
}

/// Re-indexing of one operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Which operand is viewed; others give only their shape.
    pub operand: usize,
    /// For each axis of that operand, how its index comes from the result's. Always inside.
    pub axes: Vec<Affine>,
}

/// An index: `offset + Σ stride * index`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Affine {
    /// The index where all others are 0.
    pub offset: Dim,
    /// Axes whose indices it depends on, each once, ascending, with the stride of each, which is not 0.
    pub terms: Vec<(usize, Dim)>,
}

impl Affine {
    /// The index along this axis.
    pub fn axis(axis: usize) -> Affine {
        Affine { offset: Dim::Const(0), terms: vec![(axis, Dim::Const(1))] }
    }

    /// Always this index: the axis is stretched or dropped, or one element of it is taken.
    pub fn fixed(offset: Dim) -> Affine {
        Affine { offset, terms: vec![] }
    }

    /// The axis whose index it is, unchanged.
    pub fn as_axis(&self) -> Option<usize> {
        match (self.offset.as_const(), self.terms.as_slice()) {
            (Some(0), [(axis, stride)]) if stride.is_one() => Some(*axis),
            _ => None,
        }
    }

    /// Always 0.
    pub fn is_zero(&self) -> bool {
        self.offset.as_const() == Some(0) && self.terms.is_empty()
    }
}

/// The index along one axis of a tensor that is read or written at given places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Coordinate {
    /// Computed from the loops' indices; always inside.
    Affine(Affine),
    /// An element of the index operand of this number, counted from 0. Negative ones count from the end; one
    /// that is still outside is an error of the call, found before anything is written.
    Index(usize),
}

/// result[i…] = data[c0, c1, …]: operands are the data, then the index operands, which have one rank; an axis
/// of theirs of static size 1 stretches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    /// For each axis of the data, its coordinate from the result's index.
    pub coordinates: Vec<Coordinate>,
    /// For each axis of the index operands, the axis of the result that runs along it.
    pub along: Vec<usize>,
}

/// result = data, then for each index of the updates, in row-major order, result[c0, c1, …] is set to, or has
/// added to it, updates[i…]: operands are the data, the index operands, which have one rank, and the updates.
/// An axis of an index operand of static size 1 stretches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scatter {
    /// For each axis of the data, its coordinate from the updates' index.
    pub coordinates: Vec<Coordinate>,
    /// For each axis of the index operands, the axis of the updates that runs along it.
    pub along: Vec<usize>,
    /// Add instead of set.
    pub add: bool,
}

impl Scatter {
    /// (a, b) → a + b in the type itself; 16-bit floats are added in `F32`.
    pub fn addition(dtype: DType) -> Program {
        let wide = if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype };
        let mut b = Builder::new(&[dtype, dtype]);
        let [x, y] = [0, 1].map(|i| {
            let own = b.param(i);
            b.cast(own, wide)
        });
        let sum = b.add(x, y);
        let sum = b.cast(sum, dtype);
        b.finish(vec![sum])
    }
}

/// Running reductions along an axis: the result's element is what the reduction of the elements up to and
/// with its own gives. All operands have the result's shape.
///
/// Elements are taken in one after another: `step` need not be associative. A reduction that leaves its own
/// element out carries two accumulators, before and after the element, and finishes the former.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The axis to go along.
    pub axis: usize,
    /// From the last element to the first.
    pub reverse: bool,
    /// Element type of each accumulator.
    pub accumulators: Vec<DType>,
    /// (elements…) → accumulators after the first element.
    pub first: Program,
    /// (accumulators…, elements…) → accumulators after a further element.
    pub step: Program,
    /// (accumulators…) → result element.
    pub finish: Program,
}

/// result[b…, i…, j…] = Σ_k left[…] * right[…]: batch axes, then the left's free axes, then the right's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contraction {
    /// For each axis of the left operand, its loop.
    pub left: Vec<LoopAxis>,
    /// For each axis of the right operand, its loop.
    pub right: Vec<LoopAxis>,
    /// Number of summed loops.
    pub sums: usize,
    /// Element type of operands (after promotion), of products and of the accumulator's result.
    pub dtype: DType,
    /// Element type that sums are kept in.
    pub accumulator: DType,
}

impl Contraction {
    /// (left, right) of these types → the factors, in the accumulator's type.
    pub fn factors(&self, from: [DType; 2]) -> Program {
        let mut b = Builder::new(&from);
        let factors = [0, 1].map(|i| {
            let own = b.param(i);
            let promoted = b.cast(own, self.dtype);
            b.cast(promoted, self.accumulator)
        });
        b.finish(factors.to_vec())
    }

    /// (accumulator, factor, factor) → accumulator + factor * factor, of real floats rounded once if `fused`;
    /// a machine without such an instruction rounds the product first.
    pub fn step(&self, fused: bool) -> Program {
        let mut b = Builder::new(&[self.accumulator; 3]);
        let [sum, x, y] = [0, 1, 2].map(|i| b.param(i));
        let stepped = if fused && matches!(self.accumulator, DType::F32 | DType::F64) {
            Element::real(self.accumulator, b.fma(x.re(), y.re(), sum.re()))
        } else {
            let product = b.mul(x, y);
            b.add(sum, product)
        };
        b.finish(vec![stepped])
    }

    /// (accumulator, accumulator) → their sum.
    pub fn merge(&self) -> Program {
        let mut b = Builder::new(&[self.accumulator; 2]);
        let [x, y] = [0, 1].map(|i| b.param(i));
        let sum = b.add(x, y);
        b.finish(vec![sum])
    }

    /// (accumulator) → result element.
    pub fn finish(&self) -> Program {
        let mut b = Builder::new(&[self.accumulator]);
        let sum = b.param(0);
        let result = b.cast(sum, self.dtype);
        b.finish(vec![result])
    }
}

/// A loop of a contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopAxis {
    /// The result's axis of this index.
    Result(usize),
    /// The summed loop of this index.
    Sum(usize),
}

impl Leaf {
    /// The array of a constant leaf, given its static shape.
    pub fn constant(&self, dtype: DType, shape: &[usize], data: &crate::data::DataStore) -> Option<Array> {
        match self {
            Leaf::Splat(parts) => Some(Array::splat(dtype, shape, *parts)),
            Leaf::Data(id) => data.get(*id).cloned(),
            Leaf::Iota => {
                let indices: Vec<i64> = (0..shape[0] as i64).collect();
                Some(Array::from_slice(shape, &indices))
            }
            Leaf::Input(_) | Leaf::Shared(_) | Leaf::Size(_) => None,
        }
    }
}
