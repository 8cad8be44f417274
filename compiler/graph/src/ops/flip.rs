//! `flip`: the elements in reverse order along axes.

use crate::attribute::Attribute;
use crate::builder::{Axes, Tensor, count_axes};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// Axes reversed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flip {
    /// The axes to reverse, ascending.
    pub axes: Vec<usize>,
}

attributes!(Flip, "flip", axes);

impl<'m> Tensor<'m> {
    /// The elements in reverse order along some axes; negative axes count from the last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2], [3, 4]]);
    /// assert_eq!(x.flip(0).eval()?, Array::from([[3, 4], [1, 2]]));
    /// assert_eq!(x.flip([0, 1]).eval()?, Array::from([[4, 3], [2, 1]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn flip(self, axes: impl Axes) -> Tensor<'m> {
        match count_axes(&axes.numbers(), self.rank()) {
            Ok(mut axes) => {
                axes.sort_unstable();
                self.unary(Flip { axes })
            }
            Err(error) => self.ill_typed(error),
        }
    }
}

impl Flip {
    pub(crate) fn sample() -> Flip {
        Flip { axes: vec![0] }
    }
}

impl Operation for Flip {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the elements in reverse order along axes."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("flip")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        let ascending = self.axes.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || self.axes.iter().any(|axis| *axis >= ty.rank()) {
            return Err(TypeError::new(
                Reason::axes(0, &self.axes, ty.rank()),
                format!("flip along axes {:?} of {{0}}, which has {} axes", self.axes, ty.rank()),
                "name each axis once, in ascending order",
            ));
        }
        Ok(ty.clone())
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        let axes = operands[0].ty.shape.iter().enumerate().map(|(axis, size)| {
            match self.axes.contains(&axis) {
                true => Affine { offset: size - &Dim::Const(1), terms: vec![(axis, Dim::Const(-1))] },
                false => Affine::axis(axis),
            }
        });
        Kernel::View(View { operand: 0, axes: axes.collect() })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(graph.op_node(self.clone(), &[vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(Flip { axes: self.axes.iter().map(|axis| axis + 1).collect() }, operands)
    }
}
