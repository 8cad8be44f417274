//! `cosh`: the hyperbolic cosine, (e^x + e^-x)/2.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Sinh, Vjp};

elementwise! {
    /// The hyperbolic cosine, (e^x + e^-x)/2.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::NEG_INFINITY]).cosh();
    /// assert_eq!(y.eval()?, Array::from([1.0, f64::INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Cosh, fn cosh(x), Notation::Call("cosh")
}

impl Elementwise for Cosh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("cosh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Cosh, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(Sinh {}, &[vjp.operands[0]]);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
