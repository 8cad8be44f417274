//! `zero`: the zero that a gradient made: exact, so that sums and products with it vanish.

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::infer::TypeError;
use crate::kernel::Leaf;
use crate::ops::attributes;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ty::TensorType;

/// A leaf: the zero that a gradient made: exact, so that sums and products with it vanish.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Zero {
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<Dim>,
}

attributes!(Zero, "zero", dtype = ResultDType, shape = ResultShape);

impl Zero {
    pub(crate) fn sample() -> Zero {
        Zero { dtype: DType::F32, shape: vec![Dim::Const(2)] }
    }
}

leaf_operation!(Zero, "the zero that a gradient made: exact, so that sums and products with it vanish.");

impl LeafOperation for Zero {
    fn ty(&self) -> Result<TensorType, TypeError> {
        Ok(TensorType::new(self.dtype, self.shape.clone()))
    }

    fn leaf(&self) -> Leaf {
        Leaf::Splat([0, 0])
    }
}
