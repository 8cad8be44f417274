//! `argsort`: the positions of each row's elements in order, a row being what lies along the last axis.

use tgc_scalar::dtype::DType;

use crate::attribute::Attribute;
use crate::builder::Tensor;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::{Kernel, Routine};
use crate::ops::sort::sortable;
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// Positions that sort rows along the last axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Argsort {
    /// The greatest first.
    pub descending: bool,
}

attributes!(Argsort, "argsort", descending);

impl<'m> Tensor<'m> {
    /// The positions of the elements along an axis in ascending order, as `i64`; a negative axis counts from
    /// the last.
    ///
    /// Equal elements keep their order, and NaNs come last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([3.0, 1.0, 2.0, 1.0]);
    /// assert_eq!(x.argsort(0).eval()?, Array::from([1i64, 3, 2, 0]));
    /// assert_eq!(x.argsort_descending(0).eval()?, Array::from([0i64, 2, 1, 3]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn argsort(self, axis: i64) -> Tensor<'m> {
        self.in_rows(axis, |rows| rows.unary(Argsort { descending: false }))
    }

    /// [`Tensor::argsort`] with the greatest element first; equal elements keep their order, and NaNs come
    /// last.
    #[track_caller]
    pub fn argsort_descending(self, axis: i64) -> Tensor<'m> {
        self.in_rows(axis, |rows| rows.unary(Argsort { descending: true }))
    }
}

impl Argsort {
    pub(crate) fn sample() -> Argsort {
        Argsort { descending: false }
    }
}

impl Operation for Argsort {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the positions of the elements along the last axis in order, as `i64`, stably: NaNs come last, the zeros are equal."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("argsort")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        sortable("argsort", operands[0].ty)?;
        Ok(TensorType::new(DType::I64, operands[0].ty.shape.clone()))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Routine(Routine::Argsort { descending: self.descending })
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![None]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(*self, operands)
    }
}
