//! `rsqrt`: 1 / sqrt(x).

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// 1 / sqrt(x), within 1 ULP.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([4.0, 0.0, f64::INFINITY]).rsqrt();
    /// assert_eq!(y.eval()?, Array::from([0.5, f64::INFINITY, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Rsqrt, fn rsqrt(x), Notation::Call("rsqrt")
}

impl Elementwise for Rsqrt {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::function(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let root = b.sqrt(x[0]);
        b.reciprocal(root)
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let half = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), -0.5);
        let (result, x) = (graph.conj(vjp.result), graph.conj(vjp.operands[0]));
        // Halved first, as the quotient can overflow where its half does not.
        let halved = graph.times(half, result);
        let slope = graph.over(halved, x);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
