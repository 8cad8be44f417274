//! Operators and free functions on expressions and literals.

use std::panic::Location;

use tgc_scalar::dtype::DType;

use super::Tensor;
use super::tensor::Handle;
use crate::infer::Reason;
use crate::ops::{Add, And, Div, Dot, Invert, LeftShift, Modulo, Mul, Neg, Op, Or, RightShift, Sub, Xor};
use crate::origin::Origin;

/// What stands beside a tensor in an expression: a tensor or a literal.
///
/// A literal has no width of its own: `x + 0.1` has the type of a floating-point `x`.
pub trait Operand<'m> {
    /// As a tensor of `beside`'s model and rank.
    #[track_caller]
    fn tensor(self, beside: Tensor<'m>) -> Tensor<'m>;
}

impl<'m> Operand<'m> for Tensor<'m> {
    fn tensor(self, _: Tensor<'m>) -> Tensor<'m> {
        self
    }
}

impl<'m> Operand<'m> for f64 {
    #[track_caller]
    fn tensor(self, beside: Tensor<'m>) -> Tensor<'m> {
        beside.literal(DType::F64, [self.to_bits(), 0], Origin::here(Location::caller()))
    }
}

impl<'m> Operand<'m> for i64 {
    #[track_caller]
    fn tensor(self, beside: Tensor<'m>) -> Tensor<'m> {
        beside.literal(DType::I64, [self as u64, 0], Origin::here(Location::caller()))
    }
}

impl<'m> Operand<'m> for bool {
    #[track_caller]
    fn tensor(self, beside: Tensor<'m>) -> Tensor<'m> {
        beside.literal(DType::Bool, [u64::from(self), 0], Origin::here(Location::caller()))
    }
}

/// An operation on expressions, those of lower rank padded with axes in front.
#[track_caller]
pub(crate) fn broadcast<'m>(op: impl Into<Op>, operands: &[Tensor<'m>]) -> Tensor<'m> {
    let origin = Origin::here(Location::caller());
    let rank = operands.iter().map(|t| t.rank()).max().unwrap_or(0);
    let padded: Vec<Tensor<'m>> = operands.iter().map(|t| t.padded(rank, &origin)).collect();
    apply_at(op.into(), &padded, origin)
}

/// An operation on expressions as they are.
#[track_caller]
pub(crate) fn apply<'m>(op: impl Into<Op>, operands: &[Tensor<'m>]) -> Tensor<'m> {
    apply_at(op.into(), operands, Origin::here(Location::caller()))
}

/// An operation on expressions as they are, asked for at this place.
pub(super) fn apply_at<'m>(op: Op, operands: &[Tensor<'m>], origin: Origin) -> Tensor<'m> {
    let first = operands[0];
    if let Some(foreign) = operands.iter().find_map(|other| foreign(first, *other, &origin)) {
        return foreign;
    }
    let ids: Option<Vec<_>> = operands.iter().map(|t| t.id()).collect();
    match ids {
        Some(ids) => first.model.node(op, &ids, origin),
        None => Tensor { model: first.model, handle: Handle::Invalid },
    }
}

pub(super) fn foreign<'m>(a: Tensor<'m>, b: Tensor<'m>, origin: &Origin) -> Option<Tensor<'m>> {
    (!std::ptr::eq(a.model, b.model)).then(|| {
        let message = "an expression mixes tensors of two models; build all of it in one".to_owned();
        b.model.invalid(message.clone(), origin.clone(), Box::new(Reason::Models));
        a.model.invalid(message, origin.clone(), Box::new(Reason::Models))
    })
}

/// `tensor_operators!(Add::add => Add, f64 i64)` makes `x + y` the operation `Add`, with a tensor on the left
/// and anything that is an operand on the right, or a literal of these types on the left.
macro_rules! tensor_operators {
    ($($trait:ident::$method:ident => $op:ident, $($literal:ident)*;)*) => {$(
        impl<'m, R: Operand<'m>> std::ops::$trait<R> for Tensor<'m> {
            type Output = Tensor<'m>;
            #[track_caller]
            fn $method(self, other: R) -> Tensor<'m> {
                broadcast($op {}, &[self, other.tensor(self)])
            }
        }

        $(impl<'m> std::ops::$trait<Tensor<'m>> for $literal {
            type Output = Tensor<'m>;
            #[track_caller]
            fn $method(self, other: Tensor<'m>) -> Tensor<'m> {
                broadcast($op {}, &[self.tensor(other), other])
            }
        })*
    )*};
}

tensor_operators! {
    Add::add => Add, f64 i64;
    Sub::sub => Sub, f64 i64;
    Mul::mul => Mul, f64 i64;
    Div::div => Div, f64 i64;
    Rem::rem => Modulo, f64 i64;
    BitAnd::bitand => And, i64;
    BitOr::bitor => Or, i64;
    BitXor::bitxor => Xor, i64;
    Shl::shl => LeftShift, i64;
    Shr::shr => RightShift, i64;
}

impl<'m> std::ops::Not for Tensor<'m> {
    type Output = Tensor<'m>;
    #[track_caller]
    fn not(self) -> Tensor<'m> {
        self.unary(Invert {})
    }
}

impl<'m> std::ops::Neg for Tensor<'m> {
    type Output = Tensor<'m>;
    #[track_caller]
    fn neg(self) -> Tensor<'m> {
        self.unary(Neg {})
    }
}

/// The elements in another type: [`Tensor::cast`].
#[track_caller]
pub fn cast(x: Tensor<'_>, dtype: DType) -> Tensor<'_> {
    x.cast(dtype)
}

/// `value` stretched to the shape of `shape`: [`Tensor::fill`].
#[track_caller]
pub fn fill<'m>(shape: Tensor<'m>, value: impl Operand<'m>) -> Tensor<'m> {
    shape.fill(value)
}

/// x / y rounded down, and what that leaves: [`Tensor::divmod`].
#[track_caller]
pub fn divmod<'m>(x: Tensor<'m>, y: impl Operand<'m>) -> (Tensor<'m>, Tensor<'m>) {
    x.divmod(y)
}

impl<'m> Tensor<'m> {
    /// The quotient rounded down, and what that leaves: [`Tensor::int_div`] and [`Tensor::modulo`].
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let (count, rest) = m.constant([-7i32, 7]).divmod(3);
    /// assert_eq!(count.eval()?, Array::from([-3i32, 2]));
    /// assert_eq!(rest.eval()?, Array::from([2i32, 1]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn divmod(self, y: impl Operand<'m>) -> (Tensor<'m>, Tensor<'m>) {
        let y = y.tensor(self);
        (self.int_div(y), self.modulo(y))
    }
}

/// The product of NumPy's `dot`: inner product of vectors, matrix product, and for higher ranks the sum
/// over the last axis of `a` and the last but one of `b`. A 0-d operand multiplies.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let (matrix, vector) = (m.constant([[1, 2], [3, 4]]), m.constant([1, 10]));
/// assert_eq!(dot(vector, vector).eval()?, Array::from(101));
/// assert_eq!(dot(matrix, vector).eval()?, Array::from([21, 43]));
/// assert_eq!(dot(matrix, matrix).eval()?, Array::from([[7, 10], [15, 22]]));
/// assert_eq!(dot(matrix, m.constant(2)).eval()?, Array::from([[2, 4], [6, 8]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn dot<'m>(a: Tensor<'m>, b: Tensor<'m>) -> Tensor<'m> {
    match (a.rank(), b.rank()) {
        (0, _) | (_, 0) => broadcast(Mul {}, &[a, b]),
        (left, right) => apply(Dot::of_ranks(left, right), &[a, b]),
    }
}
