//! `dimshuffle`: the axes in another order; new axes have size 1, and axes of size 1 can be dropped.

use crate::attribute::Attribute;
use crate::builder::Tensor;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, Vjp, attributes, Sign, Magnitude};
use crate::ty::TensorType;

/// Axes in another order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dimshuffle {
    /// For each axis of the result, the operand's axis; `None` makes one of size 1.
    pub order: Vec<Option<usize>>,
}

attributes!(Dimshuffle, "dimshuffle", order);

impl<'m> Tensor<'m> {
    /// The axes in another order: for each axis of the result the axis of this tensor, `None` for a new one
    /// of size 1. Axes left out must have the static size 1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3]]);
    /// assert_eq!(x.dimshuffle([Some(1), Some(0)]).eval()?, Array::from([[1], [2], [3]]));
    /// assert_eq!(x.dimshuffle([Some(1)]).eval()?, Array::from([1, 2, 3]));
    /// assert_eq!(x.dimshuffle([Some(1), None]).eval()?, Array::from([[1], [2], [3]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn dimshuffle(self, order: impl AsRef<[Option<usize>]>) -> Tensor<'m> {
        self.unary(Dimshuffle { order: order.as_ref().to_vec() })
    }

    /// The transpose: all axes in reverse order.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2], [3, 4]]);
    /// assert_eq!(x.t().eval()?, Array::from([[1, 3], [2, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn t(self) -> Tensor<'m> {
        self.dimshuffle((0..self.rank()).rev().map(Some).collect::<Vec<_>>())
    }
}

impl Dimshuffle {
    pub(crate) fn sample() -> Dimshuffle {
        Dimshuffle { order: vec![None, Some(0)] }
    }
}

impl Operation for Dimshuffle {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the axes in another order; new axes have size 1, and axes of size 1 can be dropped."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn sign(&self) -> Sign {
        Sign::Of(&[0])
    }

    fn magnitude(&self) -> Magnitude {
        Magnitude::OfFloats(0)
    }

    fn notation(&self) -> Notation {
        Notation::Transparent
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        let mut seen = vec![false; ty.rank()];
        let mut shape = vec![];
        for axis in &self.order {
            let Some(axis) = *axis else {
                shape.push(Dim::Const(1));
                continue;
            };
            if axis >= ty.rank() || std::mem::replace(&mut seen[axis], true) {
                return Err(TypeError::new(
                    Reason::Axes { operand: 0, axes: vec![axis as i64], rank: ty.rank() },
                    format!("dimshuffle names axis {axis} of {{0}}, which has {} axes, or names it twice", ty.rank()),
                    "name each axis once",
                ));
            }
            shape.push(ty.shape[axis].clone());
        }
        if let Some(axis) = (0..ty.rank()).find(|&i| !seen[i] && !ty.shape[i].is_one()) {
            return Err(TypeError::new(
                Reason::Size { size: ty.shape[axis].clone() },
                format!("dimshuffle drops axis {axis} of {{0}}, whose size is not known to be 1"),
                "keep the axis, or give it the static size 1",
            ));
        }
        Ok(TensorType::new(ty.dtype, shape))
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        let axes = (0..operands[0].ty.rank())
            .map(|axis| match self.order.iter().position(|o| *o == Some(axis)) {
                Some(result) => Affine::axis(result),
                None => Affine::fixed(Dim::Const(0)),
            })
            .collect();
        Kernel::View(View { operand: 0, axes })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let rank = graph.ty(vjp.operands[0]).rank();
        let inverse = (0..rank).map(|axis| self.order.iter().position(|o| *o == Some(axis))).collect();
        vec![Some(graph.dimshuffle(vjp.cotangent, inverse))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        let order = std::iter::once(Some(0)).chain(self.order.iter().map(|o| o.map(|a| a + 1))).collect();
        graph.dimshuffle(operands[0], order)
    }
}
