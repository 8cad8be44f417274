//! `complex`: re + i im, from two real tensors.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Imag, Real, Notation, Vjp};

elementwise! {
    /// re + i im, from two real tensors: `c64` from `f32` and narrower floats, else `c128`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let z = m.constant([1.0, 2.0]).complex(-1.0);
    /// let want = [num_complex::Complex::new(1.0, -1.0), num_complex::Complex::new(2.0, -1.0)];
    /// assert_eq!(z.eval()?, Array::from(want));
    /// # Ok::<(), EvalError>(())
    /// ```
    Complex, fn complex(re, im), Notation::Call("complex")
}

impl Elementwise for Complex {
    const PROMOTES: bool = false;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        let (parts, _) = elementwise::real_function("complex", common)?;
        Ok((parts, parts.to_complex()))
    }

    fn scalar(_: &mut Builder, x: &[Element]) -> Element {
        Element::complex(x[0].dtype.to_complex(), x[0].re(), x[1].re())
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let by_re = graph.op_node(Real {}, &[vjp.cotangent]);
        let by_im = graph.op_node(Imag {}, &[vjp.cotangent]);
        vec![Some(by_re), Some(by_im)]
    }
}
