//! `le`: x ≤ y as `bool`; false if either is NaN.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Predicate};

use crate::infer::TypeError;
use crate::literal::Role;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Notation, comparison};

elementwise! {
    /// x ≤ y as `bool`; false if either is NaN.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 2.0]).le(1.0);
    /// assert_eq!(y.eval()?, Array::from([true, false]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Le, fn le(x, y), Notation::Call("le")
}

impl Elementwise for Le {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        comparison::ordered(common)
    }

    fn role(_: usize) -> Role {
        Role::Compared
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        comparison::compare(b, Predicate::Le, x)
    }

    fn unpromoted(b: &mut Builder, x: &[Element]) -> Option<Element> {
        comparison::mixed_signs(b, Predicate::Le, x)
    }
}
