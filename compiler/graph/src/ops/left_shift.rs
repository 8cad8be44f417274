//! `left_shift`: x << y; 0 if y is negative or at least the number of bits.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// x << y; 0 if y is negative or at least the number of bits. The operator `<<`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([3i64, -3]) << m.constant([2i64, 64]);
    /// assert_eq!(y.eval()?, Array::from([12i64, 0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    LeftShift, fn left_shift(x, y), Notation::Call("left_shift")
}

impl Elementwise for LeftShift {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::integers("<<", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.binary(Binary::Shl, x[0].re(), x[1].re()))
    }
}
