//! `cos`: the cosine of an angle in radians; NaN at infinity.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Sin, Vjp};

elementwise! {
    /// The cosine of an angle in radians, as accurate for huge angles as for others; NaN at infinity.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, std::f64::consts::PI]).cos();
    /// assert_eq!(y.eval()?, Array::from([1.0, -1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Cos, fn cos(x), Notation::Call("cos")
}

impl Elementwise for Cos {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("cos", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Cos, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(Sin {}, &[vjp.operands[0]]);
        let gradient = graph.times(vjp.cotangent, slope);
        vec![Some(graph.negated(gradient))]
    }
}
