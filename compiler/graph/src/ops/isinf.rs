//! `isinf`: whether x is infinite, of a complex x whether a part of it is; false for integers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{classify, Notation};

elementwise! {
    /// Whether x is infinite, of a complex x whether a part of it is; false for integers.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, f64::NAN, f64::INFINITY]).isinf();
    /// assert_eq!(y.eval()?, Array::from([false, false, true]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Isinf, fn isinf(x), Notation::Call("isinf")
}

impl Elementwise for Isinf {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Ok((common, DType::Bool))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(DType::Bool, classify::any_part(b, &x[0], classify::is_infinite))
    }
}
