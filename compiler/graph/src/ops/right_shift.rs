//! `right_shift`: x >> y; the sign of x fills in, alone if y is negative or at least the number of bits.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// x >> y; the sign of x fills in, alone if y is negative or at least the number of bits. The operator
    /// `>>`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([12i64, -3]) >> m.constant([2i64, -1]);
    /// assert_eq!(y.eval()?, Array::from([3i64, -1]));
    /// # Ok::<(), EvalError>(())
    /// ```
    RightShift, fn right_shift(x, y), Notation::Call("right_shift")
}

impl Elementwise for RightShift {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::integers(">>", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.binary(Binary::Shr, x[0].re(), x[1].re()))
    }
}
