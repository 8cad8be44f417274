//! `broadcast_to`: the value stretched to a shape.

use crate::attribute::Attribute;
use crate::builder::{IntoShape, Tensor};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Extent, Operand, Reason, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, Sum, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// A value stretched to a shape: new axes come in front, axes of static size 1 are repeated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BroadcastTo {
    /// Size of each axis of the result.
    pub shape: Vec<Dim>,
}

attributes!(BroadcastTo, "broadcast_to", shape = ResultShape);

impl<'m> Tensor<'m> {
    /// The value stretched to a shape: new axes come in front, and axes whose size is known to be 1 are
    /// repeated.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2]);
    /// assert_eq!(x.broadcast_to([3, 2]).eval()?, Array::from([[1, 2], [1, 2], [1, 2]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn broadcast_to(self, shape: impl IntoShape<'m>) -> Tensor<'m> {
        self.unary(BroadcastTo { shape: shape.into_shape(self.model()) })
    }
}

impl BroadcastTo {
    pub(crate) fn sample() -> BroadcastTo {
        BroadcastTo { shape: vec![Dim::Const(3), Dim::Const(2)] }
    }
}

impl Operation for BroadcastTo {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the value stretched to a shape: new axes come in front, axes of static size 1 are repeated."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Alloc")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        constraints.exist(&self.shape)?;
        let Some(new) = self.shape.len().checked_sub(ty.rank()) else {
            return Err(TypeError::new(
                Reason::Length { takes: ty.rank(), has: self.shape.len() },
                format!("{{0}} has {} axes and is broadcast to {}", ty.rank(), self.shape.len()),
                "give a size for each axis",
            ));
        };
        for (axis, size) in ty.shape.iter().enumerate().filter(|(_, size)| !size.is_one()) {
            let to = new + axis;
            constraints.equal(size, AxisOf { operand: 0, axis }, &self.shape[to], Extent::ResultAxis(to))?;
        }
        Ok(TensorType::new(ty.dtype, self.shape.clone()))
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        let ty = operands[0].ty;
        let new = self.shape.len() - ty.rank();
        let axes = (0..ty.rank())
            .map(|axis| match ty.shape[axis].is_one() {
                true => Affine::fixed(Dim::Const(0)),
                false => Affine::axis(new + axis),
            })
            .collect();
        Kernel::View(View { operand: 0, axes })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let new = self.shape.len() - graph.ty(vjp.operands[0]).rank();
        let mut value = vjp.cotangent;
        if new > 0 {
            value = graph.op_node(Sum { axes: (0..new).collect() }, &[value]);
        }
        vec![Some(elementwise::unbroadcast(graph, value, vjp.operands[0]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        let rank = graph.ty(operands[0]).rank();
        let new = std::iter::repeat_n(None, 1 + self.shape.len() - rank);
        let order = std::iter::once(Some(0)).chain(new).chain((1..rank).map(Some)).collect();
        let value = graph.dimshuffle(operands[0], order);
        graph.broadcast_to(value, [std::slice::from_ref(lead), &self.shape].concat())
    }
}
