//! `log_softmax`: the logarithm of softmax, in which no small probability is rounded to 0 first.

use crate::attribute::Attribute;
use crate::builder::{Tensor, count_axes};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::Kernel;
use crate::ops::reduction::{keep, to_inexact};
use crate::ops::{Log1p, Notation, Operation, Vjp, attributes, softmax};
use crate::ty::TensorType;

/// The logarithm of softmax along an axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogSoftmax {
    /// The axis.
    pub axis: usize,
}

attributes!(LogSoftmax, "log_softmax", axis);

impl<'m> Tensor<'m> {
    /// x - log Σ e^x along the last axis, without overflow or cancellation: the logarithm of
    /// [`softmax`](Tensor::softmax), accurate also where that is nearly 1. [`Tensor::log_softmax_along`]
    /// takes another axis.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([0.0, 1000.0, f64::NEG_INFINITY]);
    /// assert_eq!(x.log_softmax().eval()?, Array::from([-1000.0, 0.0, f64::NEG_INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn log_softmax(self) -> Tensor<'m> {
        self.log_softmax_along(-1)
    }

    /// [`Tensor::log_softmax`] along an axis; a negative one counts from the last.
    #[track_caller]
    pub fn log_softmax_along(self, axis: i64) -> Tensor<'m> {
        match count_axes(&[axis], self.rank()) {
            Ok(axes) => self.unary(LogSoftmax { axis: axes[0] }),
            Err(error) => self.ill_typed(error),
        }
    }
}

impl LogSoftmax {
    pub(crate) fn sample() -> LogSoftmax {
        LogSoftmax { axis: 0 }
    }
}

impl Operation for LogSoftmax {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "x - log Σ e^x along an axis, without overflow; of integers in `f64`."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("log_softmax")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        softmax::infer("log_softmax", self.axis, operands)
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Composite
    }

    fn expand(&self, graph: &mut Graph, operands: &[NodeId]) -> Option<NodeId> {
        let shifted = softmax::shifted(graph, self.axis, operands[0]);
        let excess = softmax::powers_less_one(graph, &[self.axis], shifted);
        let excess = keep(graph, &[self.axis], excess);
        let logarithm = graph.op_node(Log1p {}, &[excess]);
        let value = graph.minus(shifted, logarithm);
        let result = to_inexact(graph.ty(operands[0]).dtype);
        Some(graph.cast(value, result))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        unreachable!("invariant: composites are expanded before they are differentiated")
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(LogSoftmax { axis: self.axis + 1 }, operands)
    }
}
