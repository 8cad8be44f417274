//! `shared`: a shared variable: state that lives between calls.

use std::sync::Arc;

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::infer::TypeError;
use crate::kernel::Leaf;
use crate::ops::attributes;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ty::TensorType;

/// A leaf: a shared variable: state that lives between calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shared {
    /// The name, unique in the model.
    pub name: Arc<str>,
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<Dim>,
}

attributes!(Shared, "shared", name, dtype = ResultDType, shape = ResultShape);

impl Shared {
    pub(crate) fn sample() -> Shared {
        Shared { name: "x".into(), dtype: DType::F32, shape: vec![Dim::Const(2)] }
    }
}

leaf_operation!(Shared, "a shared variable: state that lives between calls.");

impl LeafOperation for Shared {
    fn ty(&self) -> Result<TensorType, TypeError> {
        Ok(TensorType::new(self.dtype, self.shape.clone()))
    }

    fn leaf(&self) -> Leaf {
        Leaf::Shared(self.name.clone())
    }
}
