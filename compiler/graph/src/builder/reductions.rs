//! Reductions and scans with options: what [`Tensor::reduce`] and [`Tensor::along`] begin.

use std::panic::Location;

use tgc_scalar::dtype::DType;

use super::{Axes, Tensor};
use crate::ops::reduction::{Reducing, kept_order};
use crate::ops::{Dimshuffle, Op};
use crate::origin::Origin;

/// A reduction about to be made, of all axes unless [`Reduce::over`] names some. The methods named for
/// operations make it: `x.reduce().over([0]).keepdims().sum()`.
#[derive(Clone, Debug)]
#[must_use = "a reduction is made by the method of its operation, for instance `sum`"]
pub struct Reduce<'m> {
    tensor: Tensor<'m>,
    axes: Vec<usize>,
    keepdims: bool,
    dtype: Option<DType>,
}

impl<'m> Tensor<'m> {
    /// Begins a reduction with options.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1i8, 2], [3, 4]]);
    /// let sum = x.reduce().over([1]).keepdims().dtype(F32).sum();
    /// assert_eq!(sum.eval()?, Array::from([[3f32], [7.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    pub fn reduce(self) -> Reduce<'m> {
        Reduce { tensor: self, axes: (0..self.rank()).collect(), keepdims: false, dtype: None }
    }

    /// Begins a scan along an axis, which keeps the shape; a negative axis counts from the last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3]);
    /// assert_eq!(x.along(0).cumsum().eval()?, Array::from([1, 3, 6]));
    /// assert_eq!(x.along(0).reverse().cumsum().eval()?, Array::from([6, 5, 3]));
    /// assert_eq!(x.along(0).exclusive().cumsum().eval()?, Array::from([0, 1, 3]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn along(self, axis: i64) -> Along<'m> {
        let origin = Origin::here(Location::caller());
        match self.axes(&[axis], origin).as_deref() {
            Some(&[axis]) => Along { tensor: self, axis, reverse: false, exclusive: false },
            _ => Along { tensor: self.invalid(), axis: 0, reverse: false, exclusive: false },
        }
    }
}

impl<'m> Reduce<'m> {
    /// Reduces only these axes; negative ones count from the last.
    #[track_caller]
    pub fn over(mut self, axes: impl Axes) -> Reduce<'m> {
        match self.tensor.axes(&axes.numbers(), Origin::here(Location::caller())) {
            Some(axes) => self.axes = axes,
            None => self.tensor = self.tensor.invalid(),
        }
        self
    }

    /// Keeps the reduced axes, with the size 1.
    pub fn keepdims(mut self) -> Reduce<'m> {
        self.keepdims = true;
        self
    }

    /// Converts the elements to this type before they are reduced. Sums and products then have this type too,
    /// where they would give integers in 64 bits.
    pub fn dtype(mut self, dtype: DType) -> Reduce<'m> {
        self.dtype = Some(dtype);
        self
    }

    /// What is reduced, in the type that was asked for.
    #[track_caller]
    pub(crate) fn elements(&self) -> Tensor<'m> {
        match self.dtype {
            Some(dtype) if self.tensor.ty().is_some_and(|ty| ty.dtype != dtype) => self.tensor.cast(dtype),
            Some(_) | None => self.tensor,
        }
    }

    /// The same reduction of other elements, of the same shape.
    pub(crate) fn of(self, elements: Tensor<'m>) -> Reduce<'m> {
        Reduce { tensor: elements, dtype: None, ..self }
    }

    /// The reduction by an operation over the axes.
    #[track_caller]
    pub(crate) fn apply<R: Reducing + Into<Op>>(self, operation: impl FnOnce(Vec<usize>) -> R) -> Tensor<'m> {
        let order = kept_order(&self.axes, self.tensor.rank());
        let mut result = self.elements().unary(operation(self.axes));
        if let Some(dtype) = self.dtype
            && R::WIDENS
            && result.ty().is_some_and(|ty| ty.dtype != dtype)
        {
            result = result.cast(dtype);
        }
        if self.keepdims { result.unary(Dimshuffle { order }) } else { result }
    }
}

/// A scan about to be made. The methods named for operations make it:
/// `x.along(0).reverse().cumsum()`.
#[derive(Clone, Copy, Debug)]
#[must_use = "a scan is made by the method of its operation, for instance `cumsum`"]
pub struct Along<'m> {
    pub(crate) tensor: Tensor<'m>,
    pub(crate) axis: usize,
    pub(crate) reverse: bool,
    pub(crate) exclusive: bool,
}

impl<'m> Along<'m> {
    /// Goes from the last element to the first.
    pub fn reverse(mut self) -> Along<'m> {
        self.reverse = true;
        self
    }

    /// Leaves out of each result the element of its own place, so that the first is that of no elements at
    /// all.
    pub fn exclusive(mut self) -> Along<'m> {
        self.exclusive = true;
        self
    }
}
