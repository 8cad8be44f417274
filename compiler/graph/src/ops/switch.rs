//! `switch`: the second operand where the first is true, else the third.

use tgc_scalar::Builder;
use tgc_scalar::dtype::DType;

use crate::attribute::Attribute;
use crate::builder::{self, Tensor};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError, broadcast};
use crate::literal::{Role, computing_type};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// A choice between two values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Switch {}

attributes!(Switch, "switch");

impl Switch {
    pub(crate) fn sample() -> Switch {
        Switch {}
    }
}

impl<'m> Tensor<'m> {
    /// x where this tensor is true, or not 0, else y.
    ///
    /// What is not taken does not matter, in the value and in gradients: there it contributes 0 even where it
    /// is NaN.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([0.0, 4.0]);
    /// let y = switch(x.gt(0.0), log(x), 0.0).sum();
    /// assert_eq!(grad(y, x).eval()?, Array::from([0.0, 0.25]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn switch(self, x: impl builder::Operand<'m>, y: impl builder::Operand<'m>) -> Tensor<'m> {
        builder::broadcast(Switch {}, &[self, x.tensor(self), y.tensor(self)])
    }
}

impl Operation for Switch {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "The second operand where the first is true, or not 0, else the third."
    }

    fn arity(&self) -> usize {
        3
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn promoted(&self) -> std::ops::Range<usize> {
        1..3
    }

    fn linear(&self) -> &'static [&'static [usize]] {
        &[&[1, 2]]
    }

    fn notation(&self) -> Notation {
        Notation::Call("switch")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let dtype = computing_type(operands, 1..3, |_| Role::Value)?;
        Ok(TensorType::new(dtype, broadcast(operands, constraints)?))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let dtypes: Vec<DType> = operands.iter().map(|o| o.ty.dtype).collect();
        let mut b = Builder::new(&dtypes);
        let (condition, x, y) = (b.param(0), b.param(1), b.param(2));
        let condition = b.cast(condition, DType::Bool).re();
        let (x, y) = (b.cast(x, result.dtype), b.cast(y, result.dtype));
        let value = b.choose(condition, x, y);
        Kernel::Map(b.finish(vec![value]))
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let condition = vjp.operands[0];
        let by_x = graph.only_where(condition, vjp.cotangent);
        let by_y = graph.unless(condition, vjp.cotangent);
        let by_x = elementwise::summed(graph, vjp, by_x, vjp.operands[1]);
        let by_y = elementwise::summed(graph, vjp, by_y, vjp.operands[2]);
        vec![None, Some(by_x), Some(by_y)]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], _: &Dim) -> NodeId {
        elementwise::lift(graph, (*self).into(), operands, batched)
    }
}
