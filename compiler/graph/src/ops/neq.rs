//! `neq`: x ≠ y as `bool`; true if either is NaN.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate};

use crate::infer::TypeError;
use crate::literal::Role;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Notation, comparison};

elementwise! {
    /// x ≠ y as `bool`; true if either is NaN. Complex elements are equal if both parts are.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 2.0]).neq(2.0);
    /// assert_eq!(y.eval()?, Array::from([true, false]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Neq, fn neq(x, y), Notation::Call("neq")
}

impl Elementwise for Neq {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Ok((common, DType::Bool))
    }

    fn role(_: usize) -> Role {
        Role::Compared
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let parts: Vec<_> =
            x[0].parts().iter().zip(x[1].parts()).map(|(l, r)| b.compare(Predicate::Ne, *l, *r)).collect();
        let value = parts.into_iter().reduce(|re, im| b.binary(Binary::Or, re, im));
        Element::real(DType::Bool, value.expect("invariant: an element has parts"))
    }

    fn unpromoted(b: &mut Builder, x: &[Element]) -> Option<Element> {
        comparison::mixed_signs(b, Predicate::Ne, x)
    }
}
