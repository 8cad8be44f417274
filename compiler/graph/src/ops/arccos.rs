//! `arccos`: the angle between 0 and π with this cosine; NaN beyond ±1.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{DifferenceOfSquares, Notation, Sqrt, Vjp};

elementwise! {
    /// The angle between 0 and π with this cosine; NaN beyond ±1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 0.0, -1.0]).arccos();
    /// assert_eq!(y.eval()?, Array::from([0.0, std::f64::consts::FRAC_PI_2, std::f64::consts::PI]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Arccos, fn arccos(x), Notation::Call("arccos")
}

impl Elementwise for Arccos {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("arccos", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Arccos, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let one = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 1.0);
        let square = graph.op_node(DifferenceOfSquares {}, &[one, vjp.operands[0]]);
        let divisor = graph.op_node(Sqrt {}, &[square]);
        let gradient = graph.over(vjp.cotangent, divisor);
        vec![Some(graph.negated(gradient))]
    }
}
