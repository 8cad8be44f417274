//! `all`: whether no element is 0; NaN is not 0, and of no elements the answer is true.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Element};

use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::Notation;
use crate::ops::reduction::{Primitive, Reducing, combine, reduction};

reduction! {
    /// Whether no element is 0; NaN is not 0, and of no elements the answer is true.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[0.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.all().eval()?, Array::from(false));
    /// assert_eq!(x.all_over([1]).eval()?, Array::from([false, true]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive All, fn all, fn all_over, Notation::Call("all")
}

impl Reducing for All {
    fn dtype(_: DType) -> Result<DType, TypeError> {
        Ok(DType::Bool)
    }
}

impl Primitive for All {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        combine(axes, [operand, DType::Bool, result], [1, 0], &|b, x, y| {
            Element::real(DType::Bool, b.binary(Binary::And, x.re(), y.re()))
        })
    }
}
