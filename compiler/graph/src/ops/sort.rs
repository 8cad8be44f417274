//! `sort`: the elements of each row in order, a row being what lies along the last axis.

use std::panic::Location;

use crate::attribute::Attribute;
use crate::builder::{Tensor, count_axes};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::{Kernel, Routine};
use crate::origin::Origin;
use crate::ops::{Notation, Operation, Argsort, Gather, ScatterAdd, Zero, Vjp, attributes};
use crate::ty::TensorType;

/// Rows sorted along the last axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The greatest first.
    pub descending: bool,
}

attributes!(Sort, "sort", descending);

impl<'m> Tensor<'m> {
    /// The elements along an axis in ascending order; a negative axis counts from the last.
    ///
    /// NaNs come last, and the zeros are equal: sorting is stable. Gradients go back to where elements came
    /// from.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[3, 1, 2], [0, 5, 4]]);
    /// assert_eq!(x.sort(-1).eval()?, Array::from([[1, 2, 3], [0, 4, 5]]));
    /// assert_eq!(x.sort(0).eval()?, Array::from([[0, 1, 2], [3, 5, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn sort(self, axis: i64) -> Tensor<'m> {
        self.in_rows(axis, |rows| rows.unary(Sort { descending: false }))
    }

    /// [`Tensor::sort`] with the greatest element first; NaNs come last all the same.
    #[track_caller]
    pub fn sort_descending(self, axis: i64) -> Tensor<'m> {
        self.in_rows(axis, |rows| rows.unary(Sort { descending: true }))
    }

    /// What an operation on rows gives along another axis than the last.
    #[track_caller]
    pub(super) fn in_rows(self, axis: i64, operation: impl Fn(Tensor<'m>) -> Tensor<'m>) -> Tensor<'m> {
        let (rank, caller) = (self.rank(), Origin::here(Location::caller()));
        let operation = |rows| self.model().on_behalf(&caller, || operation(rows));
        let axis = match count_axes(&[axis], rank) {
            Ok(axes) => axes[0],
            Err(error) => return self.ill_typed(error),
        };
        if axis + 1 == rank {
            return operation(self);
        }
        let mut order: Vec<Option<usize>> = (0..rank).map(Some).collect();
        order.swap(axis, rank - 1);
        operation(self.dimshuffle(&order)).dimshuffle(&order)
    }
}

impl Sort {
    pub(crate) fn sample() -> Sort {
        Sort { descending: false }
    }
}

impl Operation for Sort {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the elements along the last axis in order, stably: NaNs come last, the zeros are equal."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("sort")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        sortable("sort", operands[0].ty)?;
        Ok(TensorType::new(operands[0].ty.dtype, operands[0].ty.shape.clone()))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Routine(Routine::Sort { descending: self.descending })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let ty = graph.ty(vjp.operands[0]).clone();
        let last = ty.rank() - 1;
        let positions = graph.op_node(Argsort { descending: self.descending }, &[vjp.operands[0]]);
        let zero = graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape }, &[]);
        let place = Gather { batch: last, axes: vec![last], at: last };
        vec![Some(graph.op_node(ScatterAdd::at(place), &[zero, positions, vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(*self, operands)
    }
}

/// Refuses what has no order, or no row.
///
/// # Errors
///
/// If the operand is complex or has no axis.
pub(super) fn sortable(name: &str, operand: &TensorType) -> Result<(), TypeError> {
    if operand.dtype.is_complex() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: operand.dtype },
            format!("{name} of {{0}}: complex elements have no order"),
            "sort its real part, or its absolute value",
        ));
    }
    if operand.rank() == 0 {
        return Err(TypeError::new(
            Reason::Rank { operand: 0, rank: 0 },
            format!("{name} of {{0}}, which has no axis"),
            "give it an axis of size 1",
        ));
    }
    Ok(())
}
