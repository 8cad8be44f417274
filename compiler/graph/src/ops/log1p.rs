//! `log1p`: log(1 + x), accurate near 0.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// log(1 + x), accurate near 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1e-300]).log1p();
    /// assert_eq!(y.eval()?, Array::from([0.0, 1e-300]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Log1p, fn log1p(x), Notation::Call("log1p")
}

impl Elementwise for Log1p {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("log1p", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Log1p, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank());
        let one = graph.splat(dtype, rank, 1.0);
        let denominator = graph.plus(one, vjp.operands[0]);
        vec![Some(graph.over(vjp.cotangent, denominator))]
    }
}
