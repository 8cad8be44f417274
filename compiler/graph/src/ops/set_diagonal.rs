//! `set_diagonal`: a tensor with the elements of a diagonal of two axes replaced.

use tgc_scalar::dtype::promote;

use crate::attribute::Attribute;
use crate::builder::{Operand as Value, Tensor, apply};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::kernel::{Coordinate, Kernel, Scatter};
use crate::ops::{BroadcastTo, Diagonal, Notation, Operation, Vjp, Zero, attributes, elementwise};
use crate::ty::TensorType;

/// A diagonal of two axes replaced by the second operand, which has the shape of [`Diagonal`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetDiagonal {
    /// How much larger than the index along `axis1` that along `axis2` is.
    pub offset: i64,
    /// The axis of rows.
    pub axis1: usize,
    /// The axis of columns.
    pub axis2: usize,
}

attributes!(SetDiagonal, "set_diagonal", offset, axis1, axis2);

impl<'m> Tensor<'m> {
    /// This tensor with the elements of a diagonal of its first two axes replaced by `value`, which is
    /// stretched to it: those whose index along the second is larger by `offset`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2], [3, 4]]);
    /// assert_eq!(x.set_diagonal(0, 0).eval()?, Array::from([[0, 2], [3, 0]]));
    /// assert_eq!(x.set_diagonal(m.constant([7]), 1).eval()?, Array::from([[1, 7], [3, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn set_diagonal(self, value: impl Value<'m>, offset: i64) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        let part = self.diagonal(offset);
        let Some(want) = part.ty() else { return part };
        let mut value = value.tensor(part);
        let Some(have) = value.ty() else { return value };
        if promote((ty.dtype, false), (have.dtype, value.is_literal())) != ty.dtype {
            return self.ill_typed(TypeError::new(
                Reason::ElementTypes { takes: ty.dtype, has: have.dtype },
                format!("values of the element type {} cannot stand in {{0}}", have.dtype),
                format!("cast them to {}", ty.dtype),
            ));
        }
        value = match value.of_type(ty.dtype) {
            Ok(value) => value,
            Err(error) => return self.ill_typed(error),
        };
        if have.shape != want.shape {
            value = apply(BroadcastTo { shape: want.shape }, &[value]);
        }
        apply(SetDiagonal { offset, axis1: 0, axis2: 1 }, &[self, value])
    }
}

impl SetDiagonal {
    pub(crate) fn sample() -> SetDiagonal {
        SetDiagonal { offset: 0, axis1: 0, axis2: 1 }
    }

    /// Replaces what a [`Diagonal`] reads.
    pub(crate) fn at(diagonal: &Diagonal) -> SetDiagonal {
        let Diagonal { offset, axis1, axis2 } = *diagonal;
        SetDiagonal { offset, axis1, axis2 }
    }

    fn diagonal(&self) -> Diagonal {
        let SetDiagonal { offset, axis1, axis2 } = *self;
        Diagonal { offset, axis1, axis2 }
    }
}

impl Operation for SetDiagonal {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the first operand with the elements of a diagonal of two axes replaced by the second."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("SetDiag")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let (ty, value) = (operands[0].ty, operands[1].ty);
        let shape = self.diagonal().shape(ty, constraints)?;
        if value.dtype != ty.dtype || value.rank() != shape.len() {
            return Err(TypeError::new(
                Reason::part((ty.dtype, shape.len()), 1, value),
                "{1} cannot be a diagonal of {0}",
                format!("give it the element type {} and {} axes", ty.dtype, shape.len()),
            ));
        }
        for (axis, size) in shape.iter().enumerate() {
            // The last axis is the diagonal, which the axis of rows is nearest to.
            let mut others = (0..ty.rank()).filter(|axis| *axis != self.axis1 && *axis != self.axis2);
            let of = AxisOf { operand: 0, axis: others.nth(axis).unwrap_or(self.axis1) };
            constraints.equal(size, of, &value.shape[axis], AxisOf { operand: 1, axis })?;
        }
        Ok(ty.clone())
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        let places = self.diagonal().places(operands[0].ty.rank());
        let coordinates = places.into_iter().map(Coordinate::Affine).collect();
        Kernel::Scatter(Scatter { coordinates, along: vec![], add: false })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let ty = graph.ty(vjp.operands[1]).clone();
        let zero = graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape }, &[]);
        let kept = graph.op_node(self.clone(), &[vjp.cotangent, zero]);
        vec![Some(kept), Some(graph.op_node(self.diagonal(), &[vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let lifted: Vec<NodeId> = operands
            .iter()
            .zip(batched)
            .map(|(id, batched)| if *batched { *id } else { elementwise::stretch(graph, *id, lead) })
            .collect();
        graph.op_node(SetDiagonal::at(&self.diagonal().lifted()), &lifted)
    }
}
