//! `mean`: the sum over axes divided by the number of elements; of integers in `f64`, NaN when empty.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::reduction::{Composite, Reducing, accumulator, reduction, to_inexact};
use crate::ops::{Notation, SizeValue, Sum, Sign};

reduction! {
    /// The sum of the elements divided by their number; of integers in `f64`, NaN when empty.
    ///
    /// The division comes before the rounding, so that the sum may leave the range of `f16`, `bf16`, `f32`
    /// and `c64`. A sum that leaves the range of `f64` makes the mean infinite.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2], [3, 5]]);
    /// assert_eq!(x.mean().eval()?, Array::from(2.75));
    /// assert_eq!(x.mean_over([0]).eval()?, Array::from([2.0, 3.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Composite Mean, fn mean, fn mean_over, Notation::Call("mean")
}

impl Reducing for Mean {
    const SIGN: Sign = Sign::Of(&[0]);

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(to_inexact(operand))
    }
}

impl Composite for Mean {
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId {
        let result = to_inexact(graph.ty(operand).dtype);
        let x = graph.cast(operand, result.to_computed());
        let mean = wide_mean(graph, &self.axes, x);
        graph.cast(mean, result)
    }
}

/// The mean of a floating-point node in its own type.
pub(super) fn mean(graph: &mut Graph, axes: &[usize], x: NodeId) -> NodeId {
    let mean = wide_mean(graph, axes, x);
    graph.cast(mean, graph.ty(x).dtype)
}

/// The mean of a floating-point node in the type that its sum is kept in, whose range holds sums of elements
/// of narrower types.
fn wide_mean(graph: &mut Graph, axes: &[usize], x: NodeId) -> NodeId {
    let wide = graph.cast(x, accumulator(graph.ty(x).dtype));
    let sum = graph.op_node(Sum { axes: axes.to_vec() }, &[wide]);
    let count = count(graph, axes, wide);
    graph.over(sum, count)
}

/// How many elements each result of a reduction of a floating-point node takes in, in the node's own type,
/// with as many axes of size 1 as the result has.
pub(super) fn count(graph: &mut Graph, axes: &[usize], x: NodeId) -> NodeId {
    let ty = graph.ty(x).clone();
    let size = axes.iter().map(|axis| &ty.shape[*axis]).product();
    let count = graph.op_node(SizeValue { size }, &[]);
    let count = graph.cast(count, ty.dtype);
    graph.dimshuffle(count, vec![None; ty.rank() - axes.len()])
}
