//! `arccosh`: the number that is not negative with this hyperbolic cosine; NaN below 1.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Sqrt, Vjp};

elementwise! {
    /// The number that is not negative with this hyperbolic cosine; NaN below 1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, f64::INFINITY]).arccosh();
    /// assert_eq!(y.eval()?, Array::from([0.0, f64::INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Arccosh, fn arccosh(x), Notation::Call("arccosh")
}

impl Elementwise for Arccosh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("arccosh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Arccosh, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // √(x² - 1) without cancellation or overflow.
        let one = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 1.0);
        let (below, above) = (graph.minus(vjp.operands[0], one), graph.plus(vjp.operands[0], one));
        let [below, above] = [below, above].map(|square| graph.op_node(Sqrt {}, &[square]));
        // One after the other, as at 1 the product's gradient would be 0 times infinity.
        let slope = graph.over(vjp.cotangent, below);
        vec![Some(graph.over(slope, above))]
    }
}
