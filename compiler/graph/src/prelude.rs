//! What a model's author needs: `use tgc_graph::prelude::*;`.

pub use crate::array::Array;
pub use crate::builder::{
    Model, Size, Tensor, cast, dot, exp, fill, grad, log, log1p, sigmoid, softplus, sqr,
};
pub use crate::dtype::DType::{self, *};
pub use crate::pp::pp;
