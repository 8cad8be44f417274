//! `argmax`: the position of the greatest element; of the first NaN if there is one, else of the first of
//! ties.

use tgc_scalar::dtype::DType;

use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::Notation;
use crate::ops::extremum::Extremum;
use crate::ops::reduction::{Primitive, Reducing, ordered, reduction};

reduction! {
    /// The position of the greatest element as `i64`; of the first NaN if there is one, else of the first of
    /// ties.
    ///
    /// Over several axes, as over all, it is the row-major position along them. An empty axis is an error.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0, 5.0], [3.0, -1.0, 3.0]]);
    /// assert_eq!(x.argmax().eval()?, Array::from(2i64));
    /// assert_eq!(x.argmax_over([1]).eval()?, Array::from([2i64, 0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Argmax, fn argmax, fn argmax_over, Notation::Call("argmax")
}

impl Reducing for Argmax {
    const NONEMPTY: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        ordered("argmax", operand)?;
        Ok(DType::I64)
    }
}

impl Primitive for Argmax {
    fn reduction(axes: &[usize], operand: DType, _: DType) -> Reduction {
        Extremum::Max.position(axes, operand)
    }
}
