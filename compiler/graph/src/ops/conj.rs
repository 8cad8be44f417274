//! `conj`: the complex conjugate; other than complex numbers stay.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Unary};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// The complex conjugate; other than complex numbers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let z = m.constant([num_complex::Complex::new(1.0, 2.0)]);
    /// assert_eq!(z.conj().eval()?, Array::from([num_complex::Complex::new(1.0, -2.0)]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Conj, fn conj(z), Notation::Call("conj")
}

impl Elementwise for Conj {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::any(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        match x[0].im() {
            Some(im) => Element::complex(x[0].dtype, x[0].re(), b.unary(Unary::Neg, im)),
            None => x[0],
        }
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(graph.conj(vjp.cotangent))]
    }
}
