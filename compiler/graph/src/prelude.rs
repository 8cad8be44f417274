//! What a model's author needs: `use tgc_graph::prelude::*;`.

pub use crate::array::Array;
pub use crate::builder::functions::*;
pub use crate::builder::{
    BatchNorm, batch_norm, batch_norm_with, binary_crossentropy, categorical_crossentropy, layer_norm,
};
pub use crate::builder::{BuildError, EvalError, Model, Size, Tensor, cast, divmod, dot, fill, pp};
pub use crate::builder::{Ellipsis, NewAxis, Step, slice};
pub use crate::builder::{Gradient, grad, hessian, jacobian, lop, rop};
pub use crate::builder::{Padding, alloc};
pub use crate::builder::{batched_dot, einsum, matmul, outer, tensordot};
pub use crate::ops::{concatenate, stack};
pub use crate::verify_grad::verify_grad;
pub use tgc_scalar::dtype::DType::{self, *};
