//! `sinh`: the hyperbolic sine, (e^x - e^-x)/2.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Cosh, Notation, Vjp};

elementwise! {
    /// The hyperbolic sine, (e^x - e^-x)/2.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1e-300]).sinh();
    /// assert_eq!(y.eval()?, Array::from([0.0, 1e-300]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sinh, fn sinh(x), Notation::Call("sinh")
}

impl Elementwise for Sinh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("sinh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Sinh, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(Cosh {}, &[vjp.operands[0]]);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
