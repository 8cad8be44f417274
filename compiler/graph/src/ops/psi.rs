//! `psi`: the derivative of log Γ(x); NaN at negative integers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Polygamma, Notation, Vjp};

elementwise! {
    /// The digamma function, the derivative of log Γ(x); the infinity of the other sign at 0, NaN at negative
    /// integers.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 0.0, -1.0]).psi();
    /// assert_eq!(y.eval()?, Array::from([-0.5772156649015329, f64::NEG_INFINITY, f64::NAN]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Psi, fn psi(x), Notation::Call("psi")
}

impl Elementwise for Psi {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("psi", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Psi, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(Polygamma { order: 1 }, vjp.operands);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
