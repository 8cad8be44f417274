//! `any`: whether an element is not 0; NaN is not 0, and of no elements the answer is false.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Element};

use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::Notation;
use crate::ops::reduction::{Primitive, Reducing, combine, reduction};

reduction! {
    /// Whether an element is not 0; NaN is not 0, and of no elements the answer is false.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[0.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.any().eval()?, Array::from(true));
    /// assert_eq!(x.any_over([1]).eval()?, Array::from([true, true]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Any, fn any, fn any_over, Notation::Call("any")
}

impl Reducing for Any {
    fn dtype(_: DType) -> Result<DType, TypeError> {
        Ok(DType::Bool)
    }
}

impl Primitive for Any {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        combine(axes, [operand, DType::Bool, result], [0, 0], &|b, x, y| {
            Element::real(DType::Bool, b.binary(Binary::Or, x.re(), y.re()))
        })
    }
}
