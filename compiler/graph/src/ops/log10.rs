//! `log10`: the logarithm to the base 10; -inf at 0, NaN below.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// The logarithm to the base 10; -inf at 0, NaN below. Exact for powers of ten.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1000.0, 8.0]).log10();
    /// assert_eq!(y.eval()?, Array::from([3.0, 0.9030899869919435]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Log10, fn log10(x), Notation::Call("log10")
}

impl Elementwise for Log10 {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("log10", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Log10, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // Not by x ln b, which can overflow.
        let scale = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), std::f64::consts::LOG10_E);
        let scaled = graph.times(vjp.cotangent, scale);
        vec![Some(graph.over(scaled, vjp.operands[0]))]
    }
}
