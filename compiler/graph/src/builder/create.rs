//! Tensors made of nothing but a shape: constants and ranges.

use super::{IntoShape, Model, Operand, Size, Tensor};
use crate::array::Scalar;
use crate::dim::Dim;
use crate::dtype::DType;
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

    /// The numbers from `start` on, each larger by `step` than the one before, that are less than `stop`, or for a
    /// negative step larger: of the type `i64`, or if any of the three is a float, `f64`. With floats, rounding may add
    /// a number at the end; [`Model::linspace`] makes as many as one asks for.
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
            return self.refuse("arange has a step that is 0 or not known; give it as a number");
        };
        let distance = if by > 0 { stop - start } else { start - stop };
        let count = match distance.dim() {
            Dim::Const(n) => Dim::Const(n.max(0).unsigned_abs().div_ceil(by.unsigned_abs()) as i64),
            size if by.unsigned_abs() == 1 => size,
            _ => {
                return self.refuse("arange of a symbolic length has another step than 1 or -1; multiply it");
            }
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
        let floats = numbers.map(|number| match number {
            Number::Float(value) => Some(value),
            Number::Size(size) => size.dim().as_const().map(|n| n as f64),
        });
        let [Some(start), Some(stop), Some(step)] = floats else {
            return self
                .refuse("arange mixes floats with sizes that are not known; cast the arange of sizes");
        };
        let count = ((stop - start) / step).ceil();
        // More elements than this no tensor has.
        if !(start.is_finite() && step != 0.0 && count < (1i64 << 60) as f64) {
            return self.refuse("arange has a step of 0, or no end; give finite numbers and another step");
        }
        // As NumPy rounds it: the step is the difference of the first two numbers.
        let (size, step) = (Dim::Const(count.max(0.0) as i64), (start + step) - start);
        self.leaf(Iota { size }).cast(DType::F64) * step + start
    }

    /// Reports what is wrong with an expression of no operands.
    #[track_caller]
    pub(crate) fn refuse(&self, message: &str) -> Tensor<'_> {
        self.invalid(message.to_owned(), crate::origin::Origin::here(std::panic::Location::caller()))
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
        super::fill(self, value.tensor(self).cast(ty.dtype))
    }
}
