//! `erf`: the error function, 2/sqrt(π) times the integral of e^(-t²) from 0 to x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{ExpProduct, Notation, Vjp};

elementwise! {
    /// The error function, 2/sqrt(π) times the integral of e^(-t²) from 0 to x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::INFINITY, -1.0]).erf();
    /// assert_eq!(y.eval()?, Array::from([0.0, 1.0, -0.8427007929497149]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Erf, fn erf(x), Notation::Call("erf")
}

impl Elementwise for Erf {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("erf", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Erf, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(bell(graph, vjp.operands[0], vjp.cotangent, std::f64::consts::FRAC_2_SQRT_PI))]
    }
}

/// factor * g * e^(-x²).
pub(super) fn bell(graph: &mut Graph, x: NodeId, cotangent: NodeId, factor: f64) -> NodeId {
    let factor = graph.splat(graph.ty(cotangent).dtype, graph.ty(cotangent).rank(), factor);
    let opposite = graph.negated(x);
    let power = graph.op_node(ExpProduct {}, &[opposite, x]);
    let slope = graph.times(factor, power);
    graph.times(cotangent, slope)
}
