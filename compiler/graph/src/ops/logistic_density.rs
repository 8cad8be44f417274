//! `logistic_density`: the derivative of sigmoid, sigmoid(x) sigmoid(-x).

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Tanh, Vjp};

elementwise! {
    /// sigmoid(x) sigmoid(-x), the density of the logistic distribution and the derivative of
    /// [`sigmoid`](crate::builder::Tensor::sigmoid).
    ///
    /// Its own derivative is -tanh(x / 2) times it, while the difference that the product rule gives would
    /// cancel near 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::NEG_INFINITY]).logistic_density();
    /// assert_eq!(y.eval()?, Array::from([0.25, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    LogisticDensity, fn logistic_density(x), Notation::Call("logistic_density")
}

impl Elementwise for LogisticDensity {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("logistic_density", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::LogisticDensity, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let half = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), -0.5);
        let halved = graph.times(half, vjp.operands[0]);
        let tilt = graph.op_node(Tanh {}, &[halved]);
        let slope = graph.times(vjp.result, tilt);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
