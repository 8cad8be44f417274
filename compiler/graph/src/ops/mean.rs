//! `mean`: the sum over axes divided by the number of elements; of integers in `f64`, NaN when empty.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Demands, Operand, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, SizeValue, Sum, Vjp, attributes};
use crate::ty::TensorType;

/// The mean over axes, which the result lacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mean {
    /// The axes to average over, ascending.
    pub axes: Vec<usize>,
}

attributes!(Mean, "mean", axes);

impl Mean {
    pub(crate) fn sample() -> Mean {
        Mean { axes: vec![0] }
    }
}

impl Operation for Mean {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the sum over axes divided by the number of elements; of integers in `f64`, NaN when empty."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("mean")
    }

    fn infer(&self, operands: &[Operand<'_>], demands: &mut Demands<'_>) -> Result<TensorType, TypeError> {
        let summed = Sum { axes: self.axes.clone() }.infer(operands, demands)?;
        let dtype = operands[0].ty.dtype;
        Ok(summed.with_dtype(if dtype.is_differentiable() { dtype } else { DType::F64 }))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Deferred
    }

    fn expand(&self, graph: &mut Graph, operands: &[NodeId]) -> Option<NodeId> {
        let ty = graph.ty(operands[0]).clone();
        let (wide, result) = match ty.dtype {
            DType::F16 | DType::BF16 => (DType::F32, ty.dtype),
            float if float.is_differentiable() => (float, float),
            _ => (DType::F64, DType::F64),
        };
        let count = self.axes.iter().fold(Dim::Const(1), |n, axis| &n * &ty.shape[*axis]);
        let x = graph.cast(operands[0], wide);
        let sum = graph.op_node(Sum { axes: self.axes.clone() }, &[x]);
        let count = graph.op_node(SizeValue { size: count }, &[]);
        let count = graph.cast(count, wide);
        let rank = graph.ty(sum).rank();
        let count = graph.dimshuffle(count, vec![None; rank]);
        let mean = graph.div_node(sum, count);
        Some(graph.cast(mean, result))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        unreachable!("invariant: composites are expanded before they are differentiated")
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        let axes = self.axes.iter().map(|axis| axis + 1).collect();
        graph.op_node(Mean { axes }, operands)
    }
}
