//! `sin`: the sine of an angle in radians; NaN at infinity.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Cos, Notation, Vjp};

elementwise! {
    /// The sine of an angle in radians, as accurate for huge angles as for others; NaN at infinity.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1.0]).sin();
    /// assert_eq!(y.eval()?, Array::from([0.0, 0.8414709848078965]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sin, fn sin(x), Notation::Call("sin")
}

impl Elementwise for Sin {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("sin", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Sin, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.op_node(Cos {}, &[vjp.operands[0]]);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
