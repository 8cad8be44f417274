//! `arctan`: the angle between -π/2 and π/2 with this tangent.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Hypot, Notation, Reciprocal, Vjp};

elementwise! {
    /// The angle between -π/2 and π/2 with this tangent.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, f64::INFINITY]).arctan();
    /// assert_eq!(y.eval()?, Array::from([std::f64::consts::FRAC_PI_4, std::f64::consts::FRAC_PI_2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Arctan, fn arctan(x), Notation::Call("arctan")
}

impl Elementwise for Arctan {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("arctan", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Arctan, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // Through the root, as the square would overflow early.
        let one = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 1.0);
        let length = graph.op_node(Hypot {}, &[one, vjp.operands[0]]);
        let inverse = graph.op_node(Reciprocal {}, &[length]);
        let slope = graph.times(inverse, inverse);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
