//! `diagonal`: the elements of a diagonal of two axes, along a new last axis.

use crate::attribute::Attribute;
use crate::builder::{Tensor, count_axes};
use crate::dim::{Dim, Symbols};
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, SetDiagonal, Vjp, Zero, attributes};
use crate::ty::TensorType;

/// A diagonal of two axes, which the result has as its last one in their place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagonal {
    /// How much larger than the index along `axis1` that along `axis2` is.
    pub offset: i64,
    /// The axis of rows.
    pub axis1: usize,
    /// The axis of columns.
    pub axis2: usize,
}

attributes!(Diagonal, "diagonal", offset, axis1, axis2);

impl<'m> Tensor<'m> {
    /// The elements of a diagonal of the first two axes, along a new last axis: those whose index along the
    /// second is larger by `offset`. [`Tensor::diagonal_of`] is that of any two axes.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.diagonal(0).eval()?, Array::from([1, 5]));
    /// assert_eq!(x.diagonal(1).eval()?, Array::from([2, 6]));
    /// assert_eq!(x.diagonal(-1).eval()?, Array::from([4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn diagonal(self, offset: i64) -> Tensor<'m> {
        self.diagonal_of(offset, 0, 1)
    }

    /// The elements of a diagonal of two axes, along a new last axis; negative axes count from the last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.diagonal_of(1, 1, 0).eval()?, Array::from([4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn diagonal_of(self, offset: i64, axis1: i64, axis2: i64) -> Tensor<'m> {
        match count_axes(&[axis1, axis2], self.rank()) {
            Ok(axes) => self.unary(Diagonal { offset, axis1: axes[0], axis2: axes[1] }),
            Err(error) => self.ill_typed(error),
        }
    }

    /// Of a matrix its diagonal, of a vector the square matrix that has it there and is 0 elsewhere. The
    /// column is larger than the row by `k`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([[1, 2], [3, 4]]).diag(0).eval()?, Array::from([1, 4]));
    /// assert_eq!(m.constant([1, 2]).diag(0).eval()?, Array::from([[1, 0], [0, 2]]));
    /// assert_eq!(m.constant([5]).diag(-1).eval()?, Array::from([[0, 0], [5, 0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn diag(self, k: i64) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        match ty.shape.as_slice() {
            [_, _] => self.diagonal(k),
            [size] => {
                let side = size + &Dim::Const(k.saturating_abs());
                let zero = self.model().filled(ty.dtype, vec![side.clone(), side], [0, 0]);
                zero.set_diagonal(self, k)
            }
            _ => self.ill_typed(TypeError::new(
                Reason::Rank { operand: 0, rank: ty.rank() },
                format!("diag of {{0}}, which has {} axes", ty.rank()),
                "give it a vector or a matrix, or say diagonal_of",
            )),
        }
    }
}

impl Diagonal {
    pub(crate) fn sample() -> Diagonal {
        Diagonal { offset: 0, axis1: 0, axis2: 1 }
    }

    /// The shape of the diagonal of a tensor.
    ///
    /// # Errors
    ///
    /// If it does not have the axes.
    pub(crate) fn shape(
        &self,
        ty: &TensorType,
        constraints: &mut Constraints<'_>,
    ) -> Result<Vec<Dim>, TypeError> {
        let (rank, Diagonal { axis1, axis2, .. }) = (ty.rank(), self);
        if *axis1 >= rank || *axis2 >= rank || axis1 == axis2 {
            return Err(TypeError::new(
                Reason::Axes { operand: 0, axes: vec![*axis1 as i64, *axis2 as i64], rank },
                format!("the diagonal of axes {axis1} and {axis2} of {{0}}, which has {rank} axes"),
                "name two axes that it has",
            ));
        }
        let mut shape: Vec<Dim> =
            (0..rank).filter(|axis| axis != axis1 && axis != axis2).map(|axis| ty.shape[axis].clone()).collect();
        shape.push(self.length(ty, constraints.symbols));
        Ok(shape)
    }

    /// How many elements the diagonal has.
    fn length(&self, ty: &TensorType, symbols: &Symbols) -> Dim {
        let along = |axis: usize, first: i64| &ty.shape[axis] - &Dim::Const(first);
        let rows = along(self.axis1, self.offset.min(0).saturating_neg());
        let columns = along(self.axis2, self.offset.max(0));
        Dim::max(&Dim::min(&rows, &columns, symbols), &Dim::Const(0), symbols)
    }

    /// Where along each axis of the tensor an element of the diagonal is.
    pub(crate) fn places(&self, rank: usize) -> Vec<Affine> {
        let last = rank - 2;
        let along = |offset: i64| Affine { offset: offset.into(), terms: vec![(last, Dim::Const(1))] };
        let mut others = 0..;
        let mut place = |axis| match axis {
            _ if axis == self.axis1 => along(self.offset.min(0).saturating_neg()),
            _ if axis == self.axis2 => along(self.offset.max(0)),
            _ => Affine::axis(others.next().expect("invariant: the range has no end")),
        };
        (0..rank).map(&mut place).collect()
    }

    /// The same with a leading axis.
    pub(crate) fn lifted(&self) -> Diagonal {
        Diagonal { offset: self.offset, axis1: self.axis1 + 1, axis2: self.axis2 + 1 }
    }
}

impl Operation for Diagonal {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the elements of a diagonal of two axes, along a new last axis."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("ExtractDiag")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        Ok(TensorType::new(ty.dtype, self.shape(ty, constraints)?))
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::View(View { operand: 0, axes: self.places(operands[0].ty.rank()) })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let ty = graph.ty(vjp.operands[0]).clone();
        let zero = graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape }, &[]);
        vec![Some(graph.op_node(SetDiagonal::at(self), &[zero, vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(self.lifted(), operands)
    }
}
