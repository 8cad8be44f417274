//! What a model's author needs: `use tgc_graph::prelude::*;`.

pub use crate::array::Array;
pub use crate::builder::functions::*;
pub use crate::builder::{
    Ellipsis, EvalError, Model, NewAxis, Size, Step, Tensor, cast, dot, fill, grad, slice,
};
pub use crate::dtype::DType::{self, *};
pub use crate::pp::pp;
