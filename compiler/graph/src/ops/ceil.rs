//! `ceil`: the least integer that is not below x; integers stay.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Unary};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// The least integer that is not below x; integers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.5, 1.5]).ceil();
    /// assert_eq!(y.eval()?, Array::from([-1.0, 2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Ceil, fn ceil(x), Notation::Call("ceil")
}

impl Elementwise for Ceil {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("ceil", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        elementwise::rounded(b, Unary::Ceil, &x[0])
    }
}
