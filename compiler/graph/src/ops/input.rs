//! `input`: an argument of the function.

use std::sync::Arc;

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::infer::TypeError;
use crate::kernel::Leaf;
use crate::ops::attributes;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ty::TensorType;

/// A leaf: an argument of the function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// The name, unique in the model.
    pub name: Arc<str>,
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<Dim>,
}

attributes!(Input, "input", name, dtype = ResultDType, shape = ResultShape);

impl Input {
    pub(crate) fn sample() -> Input {
        Input { name: "x".into(), dtype: DType::F32, shape: vec![Dim::Const(2)] }
    }
}

leaf_operation!(Input, "an argument of the function.");

impl LeafOperation for Input {
    fn ty(&self) -> Result<TensorType, TypeError> {
        Ok(TensorType::new(self.dtype, self.shape.clone()))
    }

    fn leaf(&self) -> Leaf {
        Leaf::Input(self.name.clone())
    }
}
