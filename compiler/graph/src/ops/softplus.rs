//! `softplus`: log(1 + e^x), without overflow.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Sigmoid, Vjp, Sign};

elementwise! {
    /// log(1 + e^x), without overflow.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1000.0, f64::NEG_INFINITY]).softplus();
    /// assert_eq!(y.eval()?, Array::from([1000.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Softplus, fn softplus(x), Notation::Call("softplus")
}

impl Elementwise for Softplus {
    const SIGN: Sign = Sign::NotNegative;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("softplus", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Softplus, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(Sigmoid {}, &[vjp.operands[0]]);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
