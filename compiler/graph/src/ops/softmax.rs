//! `softmax`: exponentials along an axis, divided by their sum.

use crate::attribute::Attribute;
use crate::builder::{Tensor, count_axes};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::ops::reduction::{keep, ordered, to_inexact};
use crate::ops::{ConsiderConstant, Eq, Exp, Notation, Operation, Reciprocal, Sum, Supremum, Vjp, attributes};
use crate::ty::TensorType;

/// Exponentials along an axis, divided by their sum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// The axis.
    pub axis: usize,
}

attributes!(Softmax, "softmax", axis);

impl<'m> Tensor<'m> {
    /// e^x / Σ e^x along the last axis, without overflow: positive numbers whose sum is 1.
    /// [`Tensor::softmax_along`] takes another axis.
    ///
    /// Where all elements are -inf, or one is inf, there is no such quotient, and the result is NaN.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[0.0, 0.0], [1000.0, f64::NEG_INFINITY]]);
    /// assert_eq!(x.softmax().eval()?, Array::from([[0.5, 0.5], [1.0, 0.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn softmax(self) -> Tensor<'m> {
        self.softmax_along(-1)
    }

    /// [`Tensor::softmax`] along an axis; a negative one counts from the last.
    #[track_caller]
    pub fn softmax_along(self, axis: i64) -> Tensor<'m> {
        match count_axes(&[axis], self.rank()) {
            Ok(axes) => self.unary(Softmax { axis: axes[0] }),
            Err(error) => self.ill_typed(error),
        }
    }
}

impl Softmax {
    pub(crate) fn sample() -> Softmax {
        Softmax { axis: 0 }
    }
}

impl Operation for Softmax {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "e^x / Σ e^x along an axis, without overflow; of integers in `f64`."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("softmax")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        infer("softmax", self.axis, operands)
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Composite
    }

    fn expand(&self, graph: &mut Graph, operands: &[NodeId]) -> Option<NodeId> {
        let shifted = shifted(graph, self.axis, operands[0]);
        let powers = graph.op_node(Exp {}, &[shifted]);
        let sum = sum_along(graph, self.axis, powers);
        // One division a row. The sum is at least 1, so the reciprocal is an ordinary number.
        let share = graph.op_node(Reciprocal {}, &[sum]);
        let value = graph.times(powers, share);
        let result = to_inexact(graph.ty(operands[0]).dtype);
        Some(graph.cast(value, result))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        unreachable!("invariant: composites are expanded before they are differentiated")
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(Softmax { axis: self.axis + 1 }, operands)
    }
}

/// The type of softmax and its logarithm: the operand's, of integers with floats in place of them.
pub(super) fn infer(
    name: &str,
    axis: usize,
    operands: &[Operand<'_>],
) -> Result<TensorType, TypeError> {
    let ty = operands[0].ty;
    if axis >= ty.rank() {
        return Err(TypeError::new(
            Reason::axes(0, &[axis], ty.rank()),
            format!("{name} along axis {axis} of {{0}}, which has {} axes", ty.rank()),
            "name an axis that it has",
        ));
    }
    Ok(ty.with_dtype(to_inexact(ordered(name, ty.dtype)?)))
}

/// The elements less the greatest along an axis: softmax does not depend on that, so neither does its
/// gradient. 16-bit floats become `f32`.
pub(super) fn shifted(graph: &mut Graph, axis: usize, operand: NodeId) -> NodeId {
    let dtype = to_inexact(graph.ty(operand).dtype).to_computed();
    let x = graph.cast(operand, dtype);
    let greatest = graph.op_node(Supremum { axes: vec![axis] }, &[x]);
    let greatest = graph.op_node(ConsiderConstant {}, &[greatest]);
    let along = keep(graph, &[axis], greatest);
    graph.minus(x, along)
}

/// The sum along an axis, which the result keeps with the size 1.
pub(super) fn sum_along(graph: &mut Graph, axis: usize, x: NodeId) -> NodeId {
    let sum = graph.op_node(Sum { axes: vec![axis] }, &[x]);
    keep(graph, &[axis], sum)
}

/// The sum of exponentials less 1, over some axes, of elements of which the greatest are 0: each of those
/// adds 1 to the sum. Left out of it, what is small beside 1 is not lost.
pub(super) fn powers_less_one(graph: &mut Graph, axes: &[usize], shifted: NodeId) -> NodeId {
    let (dtype, rank) = (graph.ty(shifted).dtype, graph.ty(shifted).rank());
    let zero = graph.splat(dtype, rank, 0.0);
    let is_greatest = graph.op_node(Eq {}, &[shifted, zero]);
    let greatest = graph.cast(is_greatest, dtype);
    let powers = graph.op_node(Exp {}, &[shifted]);
    let rest = graph.minus(powers, greatest);
    let [rest, ties] = [rest, greatest].map(|x| graph.op_node(Sum { axes: axes.to_vec() }, &[x]));
    let one = graph.splat(dtype, rank - axes.len(), 1.0);
    let ties = graph.minus(ties, one);
    graph.plus(ties, rest)
}
