//! `tanh`: the hyperbolic tangent.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, SechSquared, Vjp};

elementwise! {
    /// The hyperbolic tangent, sinh x / cosh x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::NEG_INFINITY]).tanh();
    /// assert_eq!(y.eval()?, Array::from([0.0, -1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Tanh, fn tanh(x), Notation::Call("tanh")
}

impl Elementwise for Tanh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("tanh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Tanh, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // From the argument: 1 - y² would be made of what rounding left of y.
        let slope = graph.op_node(SechSquared {}, vjp.operands);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
