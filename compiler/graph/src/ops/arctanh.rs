//! `arctanh`: the number with this hyperbolic tangent; infinite at ±1, NaN beyond.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{DifferenceOfSquares, Notation, Vjp};

elementwise! {
    /// The number with this hyperbolic tangent; infinite at ±1, NaN beyond.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1.0]).arctanh();
    /// assert_eq!(y.eval()?, Array::from([0.0, f64::INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Arctanh, fn arctanh(x), Notation::Call("arctanh")
}

impl Elementwise for Arctanh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("arctanh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Arctanh, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let one = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 1.0);
        let divisor = graph.op_node(DifferenceOfSquares {}, &[one, vjp.operands[0]]);
        vec![Some(graph.over(vjp.cotangent, divisor))]
    }
}
