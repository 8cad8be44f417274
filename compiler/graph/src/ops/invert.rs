//! `invert`: !x: logical not of `bool`, bitwise not of integers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Unary};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// !x: logical not of `bool`, bitwise not of integers. The operator `!`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = !m.constant([5i64, -1]);
    /// assert_eq!(y.eval()?, Array::from([-6i64, 0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Invert, fn invert(x), Notation::Call("invert")
}

impl Elementwise for Invert {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::bits("!", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.unary(Unary::Not, x[0].re()))
    }
}
