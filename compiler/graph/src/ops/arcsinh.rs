//! `arcsinh`: the number with this hyperbolic sine.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Hypot, Notation, Vjp};

elementwise! {
    /// The number with this hyperbolic sine.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1e-300]).arcsinh();
    /// assert_eq!(y.eval()?, Array::from([0.0, 1e-300]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Arcsinh, fn arcsinh(x), Notation::Call("arcsinh")
}

impl Elementwise for Arcsinh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("arcsinh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Arcsinh, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let one = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 1.0);
        let divisor = graph.op_node(Hypot {}, &[one, vjp.operands[0]]);
        vec![Some(graph.over(vjp.cotangent, divisor))]
    }
}
