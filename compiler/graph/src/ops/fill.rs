//! `fill`: the second operand stretched to the shape of the first.

use crate::attribute::Attribute;
use crate::builder::{self, Tensor};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError, broadcast};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise, Sign, Magnitude};
use crate::ty::TensorType;

/// A value stretched to the shape of another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fill {}

attributes!(Fill, "fill");

impl<'m> Tensor<'m> {
    /// `value` stretched to this tensor's shape, in its own element type.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3]);
    /// assert_eq!(x.fill(0.5).eval()?, Array::from([0.5, 0.5, 0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn fill(self, value: impl builder::Operand<'m>) -> Tensor<'m> {
        builder::broadcast(Fill {}, &[self, value.tensor(self)])
    }
}

impl Fill {
    pub(crate) fn sample() -> Fill {
        Fill {}
    }
}

impl Operation for Fill {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the second operand stretched to the shape of the first."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn sign(&self) -> Sign {
        Sign::Of(&[1])
    }

    fn magnitude(&self) -> Magnitude {
        Magnitude::Of(1)
    }

    fn notation(&self) -> Notation {
        Notation::Call("fill")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let shape = broadcast(operands, constraints)?;
        if let Some(axis) = (0..shape.len()).find(|&i| operands[0].ty.shape[i].is_one() && !shape[i].is_one()) {
            return Err(TypeError::new(
                Reason::Sizes {
                    extents: [0, 1].map(|operand| AxisOf { operand, axis }.into()),
                    sizes: [Dim::Const(1), shape[axis].clone()],
                },
                format!("fill would stretch axis {axis} of {{0}}, which gives the shape, to that of {{1}}"),
                "give the value at most the size of the shape along each axis",
            ));
        }
        Ok(TensorType::new(operands[1].ty.dtype, shape))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let value = operands[1].ty;
        let axes = (0..value.rank())
            .map(|i| match value.shape[i].is_one() && !result.shape[i].is_one() {
                true => Affine::fixed(Dim::Const(0)),
                false => Affine::axis(i),
            })
            .collect();
        Kernel::View(View { operand: 1, axes })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![None, Some(elementwise::unbroadcast(graph, vjp.cotangent, vjp.operands[1]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let shape = match batched[0] {
            true => operands[0],
            false => elementwise::stretch(graph, operands[0], lead),
        };
        let value = if batched[1] { operands[1] } else { graph.expand_dims(operands[1], 0) };
        graph.op_node(Fill {}, &[shape, value])
    }
}
