//! The handle of an expression, and its methods.

use std::panic::Location;

use tgc_scalar::dtype::DType;

use super::{Model, Size, apply, axes};
use crate::dim::Dim;
use crate::graph::NodeId;
use crate::infer::TypeError;
use crate::literal::Literal;
use crate::ops::{Dimshuffle, Op};
use crate::origin::Origin;
use crate::ty::TensorType;

/// An expression of a [`Model`]: a `Copy` handle.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'m> {
    pub(super) model: &'m Model,
    pub(super) handle: Handle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handle {
    Node(NodeId),
    /// The problem was reported where it arose.
    Invalid,
}

impl<'m> Tensor<'m> {
    /// The model it belongs to.
    pub fn model(self) -> &'m Model {
        self.model
    }

    /// Its type, if it is well-typed.
    pub fn ty(self) -> Option<TensorType> {
        self.id().map(|id| self.model.arena().graph.ty(id).clone())
    }

    /// Number of axes; 0 for an ill-typed expression.
    pub fn rank(self) -> usize {
        self.ty().map_or(0, |ty| ty.rank())
    }

    /// The size of an axis; a negative one counts from the last. Of an axis that does not exist: reported at
    /// `finish`, and 1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.reshape([x.dim(0) * x.dim(-1) / 3, 3.into()]).eval()?, x.eval()?);
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn dim(self, axis: i64) -> Size<'m> {
        let Some(ty) = self.ty() else { return Size::from(1) };
        match axes::count(&[axis], ty.rank()) {
            Ok(axes) => Size::interned(self.model, &mut self.model.arena_mut(), ty.shape[axes[0]].clone()),
            Err(error) => {
                self.ill_typed(error);
                Size::from(1)
            }
        }
    }

    /// The sizes of all axes; none of an ill-typed expression.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let (x, n) = (m.constant([[1.0, 2.0], [3.0, 4.0]]), m.constant(5.0));
    /// assert_eq!(m.full(x.shape(), 7.0).eval()?, Array::from([[7.0, 7.0], [7.0, 7.0]]));
    /// assert_eq!(n.shape().len(), 0);
    /// # Ok::<(), EvalError>(())
    /// ```
    pub fn shape(self) -> Vec<Size<'m>> {
        let shape = self.ty().map(|ty| ty.shape).unwrap_or_default();
        let mut arena = self.model.arena_mut();
        shape.into_iter().map(|dim| Size::interned(self.model, &mut arena, dim)).collect()
    }

    pub(crate) fn id(self) -> Option<NodeId> {
        match self.handle {
            Handle::Node(id) => Some(id),
            Handle::Invalid => None,
        }
    }

    /// A literal, whose width promotion ignores.
    pub(crate) fn is_literal(self) -> bool {
        self.id().is_some_and(|id| self.model.arena().graph.is_weak(id))
    }

    /// The values of a literal.
    pub(crate) fn literal_values(self) -> Option<Literal> {
        self.model.arena().graph.literal(self.id()?)
    }

    /// The elements in a type that `{0}`, beside which they stand, has.
    ///
    /// # Errors
    ///
    /// If it is a literal that the type does not hold.
    #[track_caller]
    pub(crate) fn of_type(self, dtype: DType) -> Result<Tensor<'m>, TypeError> {
        match self.literal_values() {
            Some(literal) if !literal.fits(dtype) => Err(literal.refused(dtype, "{0}")),
            Some(_) | None if self.ty().is_some_and(|ty| ty.dtype != dtype) => Ok(self.cast(dtype)),
            Some(_) | None => Ok(self),
        }
    }

    pub(super) fn message(self, error: &TypeError) -> String {
        let arena = self.model.arena();
        error.describe(&|_| self.id().map_or(String::new(), |id| arena.describe(id)))
    }

    /// Reports why this expression cannot be used so; `{0}` stands for it.
    #[track_caller]
    pub(crate) fn ill_typed(self, error: TypeError) -> Tensor<'m> {
        if self.id().is_none() {
            return self;
        }
        let (message, origin) = (self.message(&error), Origin::here(Location::caller()));
        self.model.invalid(message, origin, error.reason)
    }

    /// An expression of the model with a problem that was reported.
    pub(crate) fn invalid(self) -> Tensor<'m> {
        Tensor { model: self.model, handle: Handle::Invalid }
    }

    /// Applies an operation to this expression.
    #[track_caller]
    pub(crate) fn unary(self, op: impl Into<Op>) -> Tensor<'m> {
        apply(op, &[self])
    }

    /// This expression with axes of size 1 in front, up to a rank.
    pub(super) fn padded(self, rank: usize, origin: &Origin) -> Tensor<'m> {
        let Some(id) = self.id() else { return self };
        let own = self.rank();
        if own >= rank {
            return self;
        }
        let order = std::iter::repeat_n(None, rank - own).chain((0..own).map(Some)).collect();
        self.model.node(Dimshuffle { order }, &[id], origin.clone())
    }

    /// A literal beside this expression: a weak constant of its rank.
    pub(super) fn literal(self, dtype: DType, parts: [u64; 2], origin: Origin) -> Tensor<'m> {
        let constant = crate::ops::Constant {
            dtype,
            shape: vec![Dim::Const(1); self.rank()],
            elements: crate::ops::Elements::Splat(parts),
            weak: true,
        };
        self.model.node(constant, &[], origin)
    }
}
