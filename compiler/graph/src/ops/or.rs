//! `or`: x | y: logical on `bool`, bit by bit on integers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// x | y: logical on `bool`, bit by bit on integers. The operator `|`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([5i64, 8]) | 2;
    /// assert_eq!(y.eval()?, Array::from([7i64, 10]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Or, fn or(x, y), Notation::Call("or")
}

impl Elementwise for Or {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::bits("|", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.binary(Binary::Or, x[0].re(), x[1].re()))
    }
}
