//! `exp`: e^x.

use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};
use crate::scalar::{Builder, Element, MathFn};

elementwise! {
    /// e^x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::NEG_INFINITY]).exp();
    /// assert_eq!(y.eval()?, Array::from([1.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Exp, fn exp(x), Notation::Call("exp")
}

impl Elementwise for Exp {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("exp", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Exp, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(graph.mul_node(vjp.cotangent, vjp.result))]
    }
}
