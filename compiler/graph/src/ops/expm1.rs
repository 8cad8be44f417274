//! `expm1`: e^x - 1, accurate near 0.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Exp, Notation, Vjp};

elementwise! {
    /// e^x - 1, accurate near 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1e-300, f64::NEG_INFINITY]).expm1();
    /// assert_eq!(y.eval()?, Array::from([1e-300, -1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Expm1, fn expm1(x), Notation::Call("expm1")
}

impl Elementwise for Expm1 {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("expm1", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Expm1, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // Not the result and 1, which cancel on the negative side.
        let power = graph.op_node(Exp {}, &[vjp.operands[0]]);
        vec![Some(graph.times(vjp.cotangent, power))]
    }
}
