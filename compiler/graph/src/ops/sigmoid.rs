//! `sigmoid`: 1 / (1 + e^-x), relatively accurate on both sides.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{LogisticDensity, Notation, Vjp, Sign};

elementwise! {
    /// 1 / (1 + e^-x), relatively accurate on both sides.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1000.0]).sigmoid();
    /// assert_eq!(y.eval()?, Array::from([0.5, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sigmoid, fn sigmoid(x), Notation::Call("sigmoid")
}

impl Elementwise for Sigmoid {
    const SIGN: Sign = Sign::NotNegative;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("sigmoid", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Sigmoid, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(LogisticDensity {}, vjp.operands);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
