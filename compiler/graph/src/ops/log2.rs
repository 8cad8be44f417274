//! `log2`: the logarithm to the base 2; -inf at 0, NaN below.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// The logarithm to the base 2; -inf at 0, NaN below. Exact for powers of two.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([8.0, 0.0]).log2();
    /// assert_eq!(y.eval()?, Array::from([3.0, f64::NEG_INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Log2, fn log2(x), Notation::Call("log2")
}

impl Elementwise for Log2 {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("log2", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Log2, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // Not by x ln b, which can overflow.
        let scale = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), std::f64::consts::LOG2_E);
        let scaled = graph.times(vjp.cotangent, scale);
        vec![Some(graph.over(scaled, vjp.operands[0]))]
    }
}
