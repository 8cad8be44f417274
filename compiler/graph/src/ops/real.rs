//! `real`: the real part; other than complex numbers stay.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// The real part; other than complex numbers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let z = m.constant([num_complex::Complex::new(1.0, 2.0)]);
    /// assert_eq!(z.real().eval()?, Array::from([1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Real, fn real(z), Notation::Call("real")
}

impl Elementwise for Real {
    const PROMOTES: bool = false;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Ok((common, common.to_real()))
    }

    fn scalar(_: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype.to_real(), x[0].re())
    }

    /// As a complex number it has an imaginary part of 0.
    fn derivative(_: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(vjp.cotangent)]
    }
}
