//! `size`: a size as a 0-d `i64`.

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::infer::TypeError;
use crate::kernel::Leaf;
use crate::ops::attributes;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ty::TensorType;

/// A leaf: a size as a 0-d `i64`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SizeValue {
    /// The size.
    pub size: Dim,
}

attributes!(SizeValue, "size", size);

impl SizeValue {
    pub(crate) fn sample() -> SizeValue {
        SizeValue { size: Dim::Const(2) }
    }
}

leaf_operation!(SizeValue, "a size as a 0-d `i64`.");

impl LeafOperation for SizeValue {
    fn ty(&self) -> Result<TensorType, TypeError> {
        Ok(TensorType::scalar(DType::I64))
    }

    fn leaf(&self) -> Leaf {
        Leaf::Size(self.size.clone())
    }
}
