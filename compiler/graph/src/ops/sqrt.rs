//! `sqrt`: the square root; NaN below 0.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Sign};

elementwise! {
    /// The square root; NaN below 0. Of complex numbers the one with a real part that is not negative, with
    /// the sign of the imaginary part where that is 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([4.0, 2.0]).sqrt();
    /// assert_eq!(y.eval()?, Array::from([2.0, 1.4142135623730951]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sqrt, fn sqrt(x), Notation::Call("sqrt")
}

impl Elementwise for Sqrt {
    const SIGN: Sign = Sign::Of(&[0]);

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::function(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.sqrt(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let half = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 0.5);
        let scaled = graph.times(vjp.cotangent, half);
        let root = graph.conj(vjp.result);
        vec![Some(graph.over(scaled, root))]
    }
}
