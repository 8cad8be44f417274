//! What an operation is to everything behind the graph: a class, not a name.
//!
//! The optimizer's structural questions, the lowering and the reference evaluator match [`Kernel`]s;
//! none of them knows operations by name. A class enters with its first operation.

use crate::array::Array;
use crate::data::DataId;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::scalar::Program;

/// The class of a node, with all that its computation needs.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made on demand, never kept in bulk")]
pub enum Kernel {
    /// A value that exists before the call.
    Leaf(Leaf),
    /// One program for every element. Operands have the result's rank; an axis of static size 1 stretches.
    Map(Program),
    /// Folds axes away.
    Reduce(Reduction),
    /// The result's element at an index is an operand's element at an affine index: no arithmetic.
    View(View),
    /// Sums of products over shared axes.
    Contract(Contraction),
    /// No kernel: a composite, a gradient or a pin, which a stage replaces before lowering.
    Deferred,
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
}

/// A fold over axes of one operand. The result lacks those axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduction {
    /// The axes to fold, ascending.
    pub axes: Vec<usize>,
    /// Element type of each accumulator.
    pub accumulators: Vec<DType>,
    /// The neutral element, by the bits of its parts, of each accumulator.
    pub init: Vec<[u64; 2]>,
    /// (element) → values.
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
    /// For each axis of that operand, how its index comes from the result's.
    pub axes: Vec<ViewAxis>,
}

/// The index along one axis of a viewed operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewAxis {
    /// The result's index along this axis.
    Axis(usize),
    /// Always 0: the axis is stretched or dropped.
    Zero,
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
            Leaf::Input(_) | Leaf::Shared(_) | Leaf::Size(_) => None,
        }
    }
}
