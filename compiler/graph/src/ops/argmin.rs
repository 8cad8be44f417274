//! `argmin`: the position of the least element; of the first NaN if there is one, else of the first of ties.

use tgc_scalar::dtype::DType;

use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::Notation;
use crate::ops::extremum::Extremum;
use crate::ops::reduction::{Primitive, Reducing, ordered, reduction};

reduction! {
    /// The position of the least element as `i64`; of the first NaN if there is one, else of the first of
    /// ties.
    ///
    /// Over several axes, as over all, it is the row-major position along them. An empty axis is an error.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0, 5.0], [3.0, -1.0, 3.0]]);
    /// assert_eq!(x.argmin().eval()?, Array::from(4i64));
    /// assert_eq!(x.argmin_over([1]).eval()?, Array::from([0i64, 1]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Argmin, fn argmin, fn argmin_over, Notation::Call("argmin")
}

impl Reducing for Argmin {
    const NONEMPTY: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        ordered("argmin", operand)?;
        Ok(DType::I64)
    }
}

impl Primitive for Argmin {
    fn reduction(axes: &[usize], operand: DType, _: DType) -> Reduction {
        Extremum::Min.position(axes, operand)
    }
}
