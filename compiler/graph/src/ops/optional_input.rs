//! `optional_input`: an argument of the function that callers may leave out.

use std::sync::Arc;

use tgc_scalar::dtype::DType;

use crate::array::Array;
use crate::data::DataStore;
use crate::dim::Dim;
use crate::infer::{Reason, TypeError};
use crate::kernel::Leaf;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ops::{Constant, Elements, attributes};
use crate::ty::TensorType;

/// A leaf: an argument that callers may leave out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OptionalInput {
    /// The name, unique in the model.
    pub name: Arc<str>,
    /// Element type.
    pub dtype: DType,
    /// Size of each axis, all static.
    pub shape: Vec<Dim>,
    /// The value when the caller gives none.
    pub default: Elements,
}

attributes!(OptionalInput, "optional_input", name, dtype = ResultDType, shape = ResultShape, default);

impl OptionalInput {
    pub(crate) fn sample() -> OptionalInput {
        let value = Constant::splat(DType::F32, vec![Dim::Const(2)], 1.0);
        OptionalInput { name: "x".into(), dtype: value.dtype, shape: value.shape, default: value.elements }
    }

    /// An input of the value's type.
    pub fn new(name: Arc<str>, default: &Array, data: &mut DataStore) -> OptionalInput {
        let value = Constant::from_array(default, data);
        OptionalInput { name, dtype: value.dtype, shape: value.shape, default: value.elements }
    }

    /// The value when the caller gives none.
    pub fn value(&self, data: &DataStore) -> Option<Array> {
        let shape: Option<Vec<usize>> =
            self.shape.iter().map(|dim| usize::try_from(dim.as_const()?).ok()).collect();
        match self.default {
            Elements::Splat(parts) => Some(Array::splat(self.dtype, shape?, parts)),
            Elements::Data(id) => data.get(id).cloned(),
        }
    }
}

leaf_operation!(OptionalInput, "an argument of the function that callers may leave out.");

impl LeafOperation for OptionalInput {
    fn ty(&self) -> Result<TensorType, TypeError> {
        match self.shape.iter().find(|dim| dim.as_const().is_none()) {
            None => Ok(TensorType::new(self.dtype, self.shape.clone())),
            Some(size) => Err(TypeError::new(
                Reason::Size { size: size.clone() },
                format!("the input `{}` has a default and a size that is not known", self.name),
                "give the input a static shape",
            )),
        }
    }

    fn leaf(&self) -> Leaf {
        Leaf::Input(self.name.clone())
    }
}
