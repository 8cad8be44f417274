//! `gt`: x > y as `bool`; false if either is NaN.

use crate::dtype::DType;
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::Notation;
use crate::scalar::{Builder, Element, Predicate};

elementwise! {
    /// x > y as `bool`; false if either is NaN.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 2.0]).gt(1.5);
    /// assert_eq!(y.eval()?, Array::from([false, true]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Gt, fn gt(x, y), Notation::Call("gt")
}

impl Elementwise for Gt {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        if common.is_complex() {
            return Err(TypeError::new("complex elements {0} and {1} have no order", "compare real tensors"));
        }
        Ok((common, DType::Bool))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(DType::Bool, b.compare(Predicate::Gt, x[0].re(), x[1].re()))
    }
}
