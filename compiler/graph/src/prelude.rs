//! What a model's author needs: `use tgc_graph::prelude::*;`.

pub use crate::array::Array;
pub use crate::builder::functions::*;
pub use crate::builder::{EvalError, Model, Size, Tensor, cast, dot, fill, grad};
pub use crate::dtype::DType::{self, *};
pub use crate::pp::pp;
