//! `int_div`: x / y rounded down.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// x / y rounded down. Of integers by 0 it is 0, and the least integer by -1 wraps.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-7i32, 7]).int_div(2);
    /// assert_eq!(y.eval()?, Array::from([-4i32, 3]));
    /// # Ok::<(), EvalError>(())
    /// ```
    IntDiv, fn int_div(x, y), Notation::Infix("//")
}

impl Elementwise for IntDiv {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::divisible("//", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.floored_division(x[0].re(), x[1].re()).0)
    }
}
