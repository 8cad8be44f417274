//! `iota`: 0, 1, 2, … as `i64`.

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::infer::TypeError;
use crate::kernel::Leaf;
use crate::ops::attributes;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ty::TensorType;

/// A leaf: 0, 1, 2, … as `i64`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Iota {
    /// How many.
    pub size: Dim,
}

attributes!(Iota, "iota", size);

impl Iota {
    pub(crate) fn sample() -> Iota {
        Iota { size: Dim::Const(2) }
    }
}

leaf_operation!(Iota, "0, 1, 2, … as `i64`.");

impl LeafOperation for Iota {
    fn ty(&self) -> Result<TensorType, TypeError> {
        Ok(TensorType::new(DType::I64, [self.size.clone()]))
    }

    fn leaf(&self) -> Leaf {
        Leaf::Iota
    }
}
