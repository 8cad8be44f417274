//! Sizes in the builder: numbers and symbols, `Copy`, with arithmetic.

use std::panic::Location;

use super::{Arena, Model, Operand, Tensor};
use crate::dim::{Dim, Symbols};
use crate::infer::Reason;
use crate::ops::SizeValue;
use crate::origin::Origin;

/// The size of an axis: a number, or an expression in declared dims and sizes of tensors.
///
/// `/` rounds down and `%` is what is left, so that `n / 2 * 2 + n % 2` is `n`. Expressions are simplified by
/// what is certain of all sizes, and once more by their ranges when a function is finished.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let n = m.dim("N").range(1, 65536).hint(400);
/// let x = m.input("x", F64, [n]);
/// let half = n / 2;
/// let y = x.index(..half).sum() / half.max(1);
/// m.function("mean_of_the_first_half").inputs([x]).output("y", y).finish()?;
/// # Ok::<(), tgc_graph::builder::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Size<'m> {
    value: Value<'m>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'m> {
    Number(i64),
    /// What division by the number 0 gives.
    Undefined,
    Interned(&'m Model, u32),
}

impl<'m> Size<'m> {
    pub(super) fn interned(model: &'m Model, arena: &mut Arena, dim: Dim) -> Size<'m> {
        let value = match dim {
            Dim::Const(n) => Value::Number(n),
            dim => {
                let next = arena.sizes.len() as u32;
                let index = *arena.known_sizes.entry(dim.clone()).or_insert(next);
                if index == next {
                    arena.sizes.push(dim);
                }
                Value::Interned(model, index)
            }
        };
        Size { value }
    }

    pub(crate) fn dim(self) -> Dim {
        match self.value {
            Value::Number(n) => Dim::Const(n),
            Value::Undefined => Dim::undefined(),
            Value::Interned(model, index) => model.arena().sizes[index as usize].clone(),
        }
    }

    /// The dim in this model; a size of another one is reported.
    #[track_caller]
    pub(crate) fn dim_in(self, model: &'m Model) -> Dim {
        match self.value {
            Value::Interned(own, _) if !std::ptr::eq(own, model) => {
                let message = "a size belongs to another model; build all of it in one";
                model.invalid(message.to_owned(), Origin::here(Location::caller()), Box::new(Reason::Models));
                Dim::Const(1)
            }
            Value::Number(_) | Value::Undefined | Value::Interned(_, _) => self.dim(),
        }
    }

    /// Bounds a declared dim, both ends included. Calls outside are refused with an error status. Without a
    /// range the largest size is 2^20, or less where a tensor of several such axes would have more than 2^62
    /// bytes.
    ///
    /// On a number or an expression this changes nothing.
    #[must_use]
    pub fn range(self, min: i64, max: i64) -> Size<'m> {
        if let (Value::Interned(model, _), Some(id)) = (self.value, self.dim().as_symbol()) {
            model.arena_mut().ranged.insert(id);
        }
        self.change(|symbol| (symbol.min, symbol.max) = (min, max))
    }

    /// The value of a declared dim to tune the code for.
    #[must_use]
    pub fn hint(self, value: i64) -> Size<'m> {
        self.change(|symbol| symbol.hint = Some(value))
    }

    fn change(self, change: impl FnOnce(&mut crate::dim::Symbol)) -> Size<'m> {
        if let (Value::Interned(model, _), Some(id)) = (self.value, self.dim().as_symbol()) {
            change(model.arena_mut().symbols.get_mut(id));
        }
        self
    }

    /// The size as a 0-d `i64` tensor of `model`. Beside a tensor a size is that by itself:
    /// `x.sum() / x.dim(0)`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0, 3.0]]);
    /// assert_eq!(x.dim(1).value(&m).eval()?, 3i64.into());
    /// assert_eq!((x.sum() / x.dim(1)).eval()?, 2.0.into());
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn value(self, model: &'m Model) -> Tensor<'m> {
        model.node(SizeValue { size: self.dim_in(model) }, &[], Origin::here(Location::caller()))
    }

    /// The smaller of two sizes.
    #[must_use]
    #[track_caller]
    pub fn min(self, other: impl Into<Size<'m>>) -> Size<'m> {
        self.combine(other.into(), Dim::min)
    }

    /// The larger of two sizes.
    #[must_use]
    #[track_caller]
    pub fn max(self, other: impl Into<Size<'m>>) -> Size<'m> {
        self.combine(other.into(), Dim::max)
    }

    #[track_caller]
    fn combine(self, other: Size<'m>, op: impl Fn(&Dim, &Dim, &Symbols) -> Dim) -> Size<'m> {
        match (self.value, other.value) {
            (Value::Interned(model, _), _) | (_, Value::Interned(model, _)) => {
                let (left, right) = (self.dim_in(model), other.dim_in(model));
                let dim = op(&left, &right, &model.arena().graph.scope.symbols);
                Size::interned(model, &mut model.arena_mut(), dim)
            }
            (Value::Number(_) | Value::Undefined, Value::Number(_) | Value::Undefined) => {
                let dim = op(&self.dim(), &other.dim(), &Symbols::default());
                Size { value: dim.as_const().map_or(Value::Undefined, Value::Number) }
            }
        }
    }
}

impl From<i64> for Size<'_> {
    fn from(n: i64) -> Self {
        Size { value: Value::Number(n) }
    }
}

impl From<i32> for Size<'_> {
    fn from(n: i32) -> Self {
        Size::from(i64::from(n))
    }
}

impl From<u32> for Size<'_> {
    fn from(n: u32) -> Self {
        Size::from(i64::from(n))
    }
}

/// A number from 2^63 on is no size, and `finish` refuses what has it.
impl From<usize> for Size<'_> {
    fn from(n: usize) -> Self {
        Size { value: i64::try_from(n).map_or(Value::Undefined, Value::Number) }
    }
}

impl<'m> Operand<'m> for Size<'m> {
    #[track_caller]
    fn tensor(self, beside: Tensor<'m>) -> Tensor<'m> {
        self.value(beside.model)
    }
}

macro_rules! size_operators {
    ($($trait:ident::$method:ident = $function:expr),*) => {$(
        impl<'m, R: Into<Size<'m>>> std::ops::$trait<R> for Size<'m> {
            type Output = Size<'m>;
            #[track_caller]
            fn $method(self, other: R) -> Size<'m> {
                self.combine(other.into(), $function)
            }
        }

        impl<'m> std::ops::$trait<Size<'m>> for i64 {
            type Output = Size<'m>;
            #[track_caller]
            fn $method(self, other: Size<'m>) -> Size<'m> {
                Size::from(self).combine(other, $function)
            }
        }
    )*};
}

size_operators!(
    Add::add = |a, b, _| a + b,
    Sub::sub = |a, b, _| a - b,
    Mul::mul = |a, b, _| a * b,
    Div::div = Dim::floor_div,
    Rem::rem = Dim::modulo
);

/// What describes a shape: an array or a vector of sizes or numbers.
pub trait IntoShape<'m> {
    /// As dims.
    #[track_caller]
    fn into_shape(self, model: &'m Model) -> Vec<Dim>;
}

impl<'m, S: Into<Size<'m>>, const N: usize> IntoShape<'m> for [S; N] {
    #[track_caller]
    fn into_shape(self, model: &'m Model) -> Vec<Dim> {
        let mut shape = vec![];
        for size in self {
            shape.push(size.into().dim_in(model));
        }
        shape
    }
}

impl<'m, S: Into<Size<'m>>> IntoShape<'m> for Vec<S> {
    #[track_caller]
    fn into_shape(self, model: &'m Model) -> Vec<Dim> {
        let mut shape = vec![];
        for size in self {
            shape.push(size.into().dim_in(model));
        }
        shape
    }
}

impl<'m> IntoShape<'m> for () {
    fn into_shape(self, _: &'m Model) -> Vec<Dim> {
        vec![]
    }
}
