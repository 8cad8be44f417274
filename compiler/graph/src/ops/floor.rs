//! `floor`: the greatest integer that is not above x; integers stay.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Unary};

use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::Notation;

elementwise! {
    /// The greatest integer that is not above x; integers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.5, 1.5]).floor();
    /// assert_eq!(y.eval()?, Array::from([-2.0, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Floor, fn floor(x), Notation::Call("floor")
}

impl Elementwise for Floor {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("floor", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        elementwise::rounded(b, Unary::Floor, &x[0])
    }
}
