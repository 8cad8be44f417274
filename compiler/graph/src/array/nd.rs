//! Arrays of the ndarray crate, with the feature `ndarray`.

use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};

use super::{Array, Scalar};

/// Elements of an array, of an array that is shared, or of a view, in the order of its axes, however they lie
/// in memory.
///
/// ```
/// # use tgc_graph::prelude::Array;
/// let x = ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(Array::from(x.t()), Array::from([[1.0, 3.0], [2.0, 4.0]]));
/// assert_eq!(Array::from(x.clone()).to_ndarray::<f64>(), Some(x.into_dyn()));
/// ```
impl<T: Scalar, S: Data<Elem = T>, D: Dimension> From<ArrayBase<S, D>> for Array {
    fn from(from: ArrayBase<S, D>) -> Array {
        Array::from(&from)
    }
}

impl<T: Scalar, S: Data<Elem = T>, D: Dimension> From<&ArrayBase<S, D>> for Array {
    fn from(from: &ArrayBase<S, D>) -> Array {
        let mut array = Array::zeros::<T>(from.shape());
        for (i, element) in from.iter().enumerate() {
            array.set(i, element.to_parts());
        }
        array
    }
}

impl Array {
    /// The elements as an array of the ndarray crate, if `T` is their type.
    pub fn to_ndarray<T: Scalar>(&self) -> Option<ArrayD<T>> {
        ArrayD::from_shape_vec(IxDyn(self.shape()), self.to_vec::<T>()?).ok()
    }
}
