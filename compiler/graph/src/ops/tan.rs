//! `tan`: the tangent of an angle in radians; NaN at infinity.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// The tangent of an angle in radians, as accurate for huge angles as for others; NaN at infinity.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1.0]).tan();
    /// assert_eq!(y.eval()?, Array::from([0.0, 1.5574077246549023]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Tan, fn tan(x), Notation::Call("tan")
}

impl Elementwise for Tan {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("tan", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Tan, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let one = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 1.0);
        let square = graph.times(vjp.result, vjp.result);
        let slope = graph.plus(one, square);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
