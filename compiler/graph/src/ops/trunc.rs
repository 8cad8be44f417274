//! `trunc`: x without its fraction; integers stay.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Unary};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// x without its fraction; integers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.5, 1.5]).trunc();
    /// assert_eq!(y.eval()?, Array::from([-1.0, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Trunc, fn trunc(x), Notation::Call("trunc")
}

impl Elementwise for Trunc {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("trunc", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        elementwise::rounded(b, Unary::Trunc, &x[0])
    }
}
