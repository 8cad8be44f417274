//! `consider_constant`: the same value, which no gradient flows through.

use crate::attribute::Attribute;
use crate::builder::Tensor;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// A value that gradients take as constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsiderConstant {}

attributes!(ConsiderConstant, "consider_constant");

impl ConsiderConstant {
    pub(crate) fn sample() -> ConsiderConstant {
        ConsiderConstant {}
    }
}

impl<'m> Tensor<'m> {
    /// The same value, which no gradient flows through.
    ///
    /// ```
    /// use tgc_graph::prelude::*;
    ///
    /// let m = Model::new("example");
    /// let x = m.constant(3.0);
    /// let slope = grad(x * x.consider_constant(), x);
    /// assert_eq!(slope.eval()?, Array::from(3.0));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn consider_constant(self) -> Tensor<'m> {
        self.unary(ConsiderConstant {})
    }
}

impl Operation for ConsiderConstant {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "The same value, which no gradient flows through."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("consider_constant")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        Ok(operands[0].ty.clone())
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        let axes = (0..operands[0].ty.rank()).map(Affine::axis).collect();
        Kernel::View(View { operand: 0, axes })
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![None]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(ConsiderConstant {}, operands)
    }
}
