//! Sizes in the builder: numbers and symbols, `Copy`, with arithmetic.

use std::panic::Location;

use super::{Arena, Model, Tensor};
use crate::dim::{Dim, Symbols};
use crate::ops::SizeValue;
use crate::origin::Origin;

/// The size of an axis: a number, or an expression in declared dims.
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
                let index = arena.sizes.iter().position(|d| *d == dim).unwrap_or_else(|| {
                    arena.sizes.push(dim);
                    arena.sizes.len() - 1
                });
                Value::Interned(model, index as u32)
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

    /// Bounds a declared dim, both ends included. Calls outside are refused with an error status.
    ///
    /// On a number or an expression of several dims this changes nothing.
    #[must_use]
    pub fn range(self, min: i64, max: i64) -> Size<'m> {
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

    /// The size as a 0-d `i64` tensor of `model`.
    #[track_caller]
    pub fn value(self, model: &'m Model) -> Tensor<'m> {
        model.node(SizeValue { size: self.dim() }, &[], Origin::here(Location::caller()))
    }

    /// The smaller of two sizes.
    #[must_use]
    pub fn min(self, other: impl Into<Size<'m>>) -> Size<'m> {
        self.combine(other.into(), Dim::min)
    }

    /// The larger of two sizes.
    #[must_use]
    pub fn max(self, other: impl Into<Size<'m>>) -> Size<'m> {
        self.combine(other.into(), Dim::max)
    }

    fn combine(self, other: Size<'m>, op: impl Fn(&Dim, &Dim, &Symbols) -> Dim) -> Size<'m> {
        match (self.value, other.value) {
            (Value::Interned(model, _), _) | (_, Value::Interned(model, _)) => {
                let dim = op(&self.dim(), &other.dim(), &model.arena().graph.symbols);
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

macro_rules! size_operators {
    ($($trait:ident::$method:ident = $function:expr),*) => {$(
        impl<'m, R: Into<Size<'m>>> std::ops::$trait<R> for Size<'m> {
            type Output = Size<'m>;
            fn $method(self, other: R) -> Size<'m> {
                self.combine(other.into(), $function)
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
    fn into_shape(self, model: &'m Model) -> Vec<Dim>;
}

impl<'m, S: Into<Size<'m>>, const N: usize> IntoShape<'m> for [S; N] {
    fn into_shape(self, _: &'m Model) -> Vec<Dim> {
        self.into_iter().map(|s| s.into().dim()).collect()
    }
}

impl<'m, S: Into<Size<'m>>> IntoShape<'m> for Vec<S> {
    fn into_shape(self, _: &'m Model) -> Vec<Dim> {
        self.into_iter().map(|s| s.into().dim()).collect()
    }
}

impl<'m> IntoShape<'m> for () {
    fn into_shape(self, _: &'m Model) -> Vec<Dim> {
        vec![]
    }
}
