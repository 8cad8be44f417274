//! Tensors made of nothing but a shape: constants and ranges.

use tgc_scalar::dtype::DType;

use super::{IntoShape, Model, Operand, Size, Tensor};
use crate::array::Scalar;
use crate::dim::Dim;
use crate::infer::{Reason, TypeError};
use crate::ops::{BroadcastTo, Constant, Elements, Iota};

impl Model {
    /// All elements 0, or `false`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.zeros([2], I32).eval()?, Array::from([0i32, 0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn zeros<'m>(&'m self, shape: impl IntoShape<'m>, dtype: DType) -> Tensor<'m> {
        self.filled(dtype, shape.into_shape(self), [0, 0])
    }

    /// All elements 1, or `true`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.ones([2], F32).eval()?, Array::from([1f32, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn ones<'m>(&'m self, shape: impl IntoShape<'m>, dtype: DType) -> Tensor<'m> {
        let one = Constant::splat(dtype, vec![], 1.0).as_splat().unwrap_or_default();
        self.filled(dtype, shape.into_shape(self), one)
    }

    /// All elements this value; its type is theirs.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.full([2], 0.5f32).eval()?, Array::from([0.5f32, 0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn full<'m, T: Scalar>(&'m self, shape: impl IntoShape<'m>, value: T) -> Tensor<'m> {
        self.filled(T::DTYPE, shape.into_shape(self), value.to_parts())
    }

    /// All elements this value, given by the bits of its parts.
    #[track_caller]
    pub(crate) fn filled(&self, dtype: DType, shape: Vec<Dim>, parts: [u64; 2]) -> Tensor<'_> {
        let constant = |shape| Constant { dtype, shape, elements: Elements::Splat(parts), weak: false };
        match shape.iter().all(|size| size.as_const().is_some()) {
            true => self.leaf(constant(shape)),
            false => self.leaf(constant(vec![])).unary(BroadcastTo { shape }),
        }
    }

    /// The numbers from `start` on, each larger by `step` than the one before, that are less than `stop`, or
    /// for a negative step larger: of the type `i64`, or if any of the three is a float, `f64`. With floats,
    /// rounding may add a number at the end; [`Model::linspace`] makes as many as one asks for.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.arange(0, 5, 2).eval()?, Array::from([0i64, 2, 4]));
    /// assert_eq!(m.arange(1, 0, -0.5).eval()?, Array::from([1.0, 0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn arange<'m>(
        &'m self,
        start: impl Into<Number<'m>>,
        stop: impl Into<Number<'m>>,
        step: impl Into<Number<'m>>,
    ) -> Tensor<'m> {
        match (start.into(), stop.into(), step.into()) {
            (Number::Size(start), Number::Size(stop), Number::Size(step)) => {
                self.arange_of_integers(start, stop, step)
            }
            (start, stop, step) => self.arange_of_floats([start, stop, step]),
        }
    }

    #[track_caller]
    fn arange_of_integers<'m>(&'m self, start: Size<'m>, stop: Size<'m>, step: Size<'m>) -> Tensor<'m> {
        let Some(by) = step.dim().as_const().filter(|step| *step != 0) else {
            let message = "arange has a step that is 0 or not known; give it as a number";
            return self.refuse(message, Reason::Size { size: step.dim() });
        };
        let distance = if by > 0 { stop - start } else { start - stop };
        let count = match distance.dim() {
            Dim::Const(n) => Dim::Const(n.max(0).unsigned_abs().div_ceil(by.unsigned_abs()) as i64),
            _ => ((distance + (by.saturating_abs() - 1)) / by.saturating_abs()).max(0).dim_in(self),
        };
        let mut numbers = self.leaf(Iota { size: count });
        if by != 1 {
            numbers = numbers * by;
        }
        match start.dim() {
            Dim::Const(0) => numbers,
            Dim::Const(n) => numbers + n,
            _ => numbers + start.value(self),
        }
    }

    #[track_caller]
    fn arange_of_floats(&self, numbers: [Number<'_>; 3]) -> Tensor<'_> {
        let sizes = numbers.map(|number| match number {
            Number::Float(_) => None,
            Number::Size(size) => Some(size.dim()),
        });
        let floats = numbers.map(|number| match number {
            Number::Float(value) => Some(value),
            Number::Size(size) => size.dim().as_const().map(|n| n as f64),
        });
        let [Some(start), Some(stop), Some(step)] = floats else {
            let unknown = sizes.into_iter().flatten().find(|size| size.as_const().is_none());
            let size = unknown.expect("invariant: a number is missing");
            let message = "arange mixes floats with sizes that are not known; cast the arange of sizes";
            return self.refuse(message, Reason::Size { size });
        };
        let count = ((stop - start) / step).ceil();
        // More elements than this no tensor has.
        if !(start.is_finite() && step != 0.0 && count < (1i64 << 60) as f64) {
            let message = "arange has a step of 0, or no end; give finite numbers and another step";
            return self.refuse(message, Reason::Argument { value: step.to_string() });
        }
        // As NumPy rounds it: the step is the difference of the first two numbers.
        let (size, step) = (Dim::Const(count.max(0.0) as i64), (start + step) - start);
        self.leaf(Iota { size }).cast(DType::F64) * step + start
    }

    /// So many numbers at equal distances from `start` to `stop`, both included; `start` alone if it is one
    /// number.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.linspace(0.0, 1.0, 5).eval()?, Array::from([0.0, 0.25, 0.5, 0.75, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn linspace<'m>(&'m self, start: f64, stop: f64, num: impl Into<Size<'m>>) -> Tensor<'m> {
        let size = num.into();
        let index = self.leaf(Iota { size: size.dim_in(self) });
        let last = (size - 1).value(self);
        let step = (stop - start) / last.maximum(1).cast(DType::F64);
        let value = index.cast(DType::F64) * step + start;
        let ends = index.eq(last) & index.gt(0);
        ends.switch(self.full((), stop), value)
    }

    /// The matrix of so many rows and columns with 1 where the column is larger than the row by `k`, else 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.eye(2, 3, 1, I32).eval()?, Array::from([[0i32, 1, 0], [0, 0, 1]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn eye<'m>(
        &'m self,
        rows: impl Into<Size<'m>>,
        columns: impl Into<Size<'m>>,
        k: i64,
        dtype: DType,
    ) -> Tensor<'m> {
        let (moved, column) = self.row_and_column(rows.into().dim_in(self), columns.into().dim_in(self), k);
        moved.eq(column).cast(dtype)
    }

    /// The matrix of so many rows and columns with 1 where the column is at most the row and `k`, else 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.tri(2, 3, 1, I32).eval()?, Array::from([[1i32, 1, 0], [1, 1, 1]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn tri<'m>(
        &'m self,
        rows: impl Into<Size<'m>>,
        columns: impl Into<Size<'m>>,
        k: i64,
        dtype: DType,
    ) -> Tensor<'m> {
        let (moved, column) = self.row_and_column(rows.into().dim_in(self), columns.into().dim_in(self), k);
        moved.ge(column).cast(dtype)
    }

    /// The index of the row and `k`, and the index of the column, to be broadcast to a matrix.
    #[track_caller]
    fn row_and_column(&self, rows: Dim, columns: Dim, k: i64) -> (Tensor<'_>, Tensor<'_>) {
        // Beyond all sizes either way, and no sum overflows.
        let k = k.clamp(-(1 << 61), 1 << 61);
        let row = self.leaf(Iota { size: rows }).expand_dims(1);
        (if k == 0 { row } else { row + k }, self.leaf(Iota { size: columns }))
    }

    /// Reports what is wrong with an expression of no operands.
    #[track_caller]
    pub(crate) fn refuse(&self, message: &str, reason: Reason) -> Tensor<'_> {
        let origin = crate::origin::Origin::here(std::panic::Location::caller());
        self.invalid(message.to_owned(), origin, Box::new(reason))
    }
}

/// A number of a range: an integer, a size, or a float.
#[derive(Clone, Copy, Debug)]
pub enum Number<'m> {
    /// An integer, known or not.
    Size(Size<'m>),
    /// A float.
    Float(f64),
}

impl From<i64> for Number<'_> {
    fn from(n: i64) -> Self {
        Number::Size(n.into())
    }
}

impl From<f64> for Number<'_> {
    fn from(value: f64) -> Self {
        Number::Float(value)
    }
}

impl<'m> From<Size<'m>> for Number<'m> {
    fn from(size: Size<'m>) -> Self {
        Number::Size(size)
    }
}

/// `value` stretched to a shape: [`Tensor::broadcast_to`] under Theano's name.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// assert_eq!(alloc(m.constant([1, 2]), [2, 2]).eval()?, Array::from([[1, 2], [1, 2]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn alloc<'m>(value: Tensor<'m>, shape: impl IntoShape<'m>) -> Tensor<'m> {
    value.broadcast_to(shape)
}

impl<'m> Tensor<'m> {
    /// Zeros of this tensor's type.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([1.5, 2.5]).zeros_like().eval()?, Array::from([0.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn zeros_like(self) -> Tensor<'m> {
        self.full_like(0)
    }

    /// Ones of this tensor's type.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([1.5, 2.5]).ones_like().eval()?, Array::from([1.0, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn ones_like(self) -> Tensor<'m> {
        self.full_like(1)
    }

    /// A value, cast to this tensor's element type, in this tensor's shape.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([1, 2]).full_like(7).eval()?, Array::from([7, 7]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn full_like(self, value: impl Operand<'m>) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        match value.tensor(self).of_type(ty.dtype) {
            Ok(value) => super::fill(self, value),
            Err(error) => self.ill_typed(error),
        }
    }

    /// The elements of the last two axes where the column is at most the row and `k`; 0 elsewhere.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([[1, 2], [3, 4]]).tril(0).eval()?, Array::from([[1, 0], [3, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn tril(self, k: i64) -> Tensor<'m> {
        self.triangle(k, true)
    }

    /// The elements of the last two axes where the column is at least the row and `k`; 0 elsewhere.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([[1, 2], [3, 4]]).triu(0).eval()?, Array::from([[1, 2], [0, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn triu(self, k: i64) -> Tensor<'m> {
        self.triangle(k, false)
    }

    #[track_caller]
    fn triangle(self, k: i64, lower: bool) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        let [.., rows, columns] = ty.shape.as_slice() else {
            return self.ill_typed(TypeError::new(
                Reason::Rank { operand: 0, rank: ty.rank() },
                format!("a triangle of {{0}}, which has {} axes", ty.rank()),
                "give it a matrix, or a stack of them",
            ));
        };
        let (moved, column) = self.model.row_and_column(rows.clone(), columns.clone(), k);
        let kept = if lower { moved.ge(column) } else { moved.le(column) };
        kept.switch(self, self.model.filled(ty.dtype, vec![], [0, 0]))
    }
}
