//! `imag`: the imaginary part; 0 for other than complex numbers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Complex, Notation, Vjp};

elementwise! {
    /// The imaginary part; 0 for other than complex numbers.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let z = m.constant([num_complex::Complex::new(1.0, 2.0)]);
    /// assert_eq!(z.imag().eval()?, Array::from([2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Imag, fn imag(z), Notation::Call("imag")
}

impl Elementwise for Imag {
    const PROMOTES: bool = false;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Ok((common, common.to_real()))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let real = x[0].dtype.to_real();
        let part = x[0].im().unwrap_or_else(|| b.bits(real.scalar_type(), 0));
        Element::real(real, part)
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        if !graph.ty(vjp.operands[0]).dtype.is_complex() {
            return vec![None];
        }
        let zero = graph.exact_zero(vjp.cotangent);
        vec![Some(graph.op_node(Complex {}, &[zero, vjp.cotangent]))]
    }
}
