//! `isfinite`: whether x is neither infinite nor NaN, of a complex x whether both parts are; true for
//! integers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Unary};

use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{classify, Notation};

elementwise! {
    /// Whether x is neither infinite nor NaN, of a complex x whether both parts are; true for integers.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, f64::NAN, f64::INFINITY]).isfinite();
    /// assert_eq!(y.eval()?, Array::from([true, false, false]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Isfinite, fn isfinite(x), Notation::Call("isfinite")
}

impl Elementwise for Isfinite {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Ok((common, DType::Bool))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let odd = classify::any_part(b, &x[0], classify::is_not_finite);
        Element::real(DType::Bool, b.unary(Unary::Not, odd))
    }
}
