//! `logsumexp`: log Σ exp x, shifted by the greatest element so that nothing overflows.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::reduction::{Composite, Reducing, keep, ordered, reduction, to_inexact};
use crate::ops::{self, ConsiderConstant, Isinf, Log1p, Notation, Supremum, softmax};

reduction! {
    /// The logarithm of the sum of exponentials, without overflow, and accurate also where it is nearly 0; of
    /// integers in `f64`, and -inf of no elements.
    ///
    /// The gradient is the softmax of the elements; where all of them are -inf, so is the result, and the
    /// gradient is 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1000.0, 1000.0], [0.0, f64::NEG_INFINITY]]);
    /// assert_eq!(x.logsumexp_over([1]).eval()?, Array::from([1000.0 + 2f64.ln(), 0.0]));
    /// assert_eq!(grad(x.logsumexp_over([1]).sum(), x).eval()?, Array::from([[0.5, 0.5], [1.0, 0.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Composite Logsumexp, fn logsumexp, fn logsumexp_over, Notation::Call("logsumexp")
}

impl Reducing for Logsumexp {
    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(to_inexact(ordered("logsumexp", operand)?))
    }
}

impl Composite for Logsumexp {
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId {
        let result = to_inexact(graph.ty(operand).dtype);
        let x = graph.cast(operand, result.to_computed());
        let greatest = graph.op_node(Supremum { axes: self.axes.clone() }, &[x]);
        let greatest = graph.op_node(ConsiderConstant {}, &[greatest]);
        let (dtype, rank) = (graph.ty(greatest).dtype, graph.ty(greatest).rank());
        let zero = graph.splat(dtype, rank, 0.0);
        // Less an infinity, elements that equal it would be NaN.
        let infinite = graph.op_node(Isinf {}, &[greatest]);
        let shift = graph.choose(infinite, zero, greatest);
        let along = keep(graph, &self.axes, shift);
        let shifted = graph.minus(x, along);
        // Only where all elements, if any, are -inf; else the greatest contributes 1.
        let bottom = graph.splat(dtype, rank, f64::NEG_INFINITY);
        let vanishes = graph.op_node(ops::Eq {}, &[greatest, bottom]);
        let excess = softmax::powers_less_one(graph, &self.axes, shifted);
        let excess = graph.choose(vanishes, zero, excess);
        let logarithm = graph.op_node(Log1p {}, &[excess]);
        let value = graph.plus(logarithm, shift);
        let value = graph.choose(vanishes, greatest, value);
        graph.cast(value, result)
    }
}
