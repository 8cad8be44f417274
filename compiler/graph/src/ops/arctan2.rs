//! `arctan2`: the angle of a point, given y and x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn2};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Abs, ConsiderConstant, Maximum, Notation, Vjp};

elementwise! {
    /// The angle of the point (x, y) between -π and π, of which this is y. Signs of zeros and infinities
    /// count as in C.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let (x, y) = (m.constant([-1.0, -1.0]), m.constant([0.0, -0.0]));
    /// let angle = y.arctan2(x);
    /// assert_eq!(angle.eval()?, Array::from([std::f64::consts::PI, -std::f64::consts::PI]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Arctan2, fn arctan2(y, x), Notation::Call("arctan2")
}

impl Elementwise for Arctan2 {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("arctan2", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math2(MathFn2::Arctan2, x[0].re(), x[1].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let dtype = graph.ty(vjp.result).dtype;
        let (y, x) = (graph.cast(vjp.operands[0], dtype), graph.cast(vjp.operands[1], dtype));
        // x/(x² + y²) and -y/(x² + y²), divided by the greater first, so that no square leaves the range.
        let [height, width] = [y, x].map(|part| graph.op_node(Abs {}, &[part]));
        let scale = graph.op_node(Maximum {}, &[height, width]);
        // The slopes do not depend on it.
        let scale = graph.op_node(ConsiderConstant {}, &[scale]);
        let (v, u) = (graph.over(y, scale), graph.over(x, scale));
        let (vertical, horizontal) = (graph.times(v, v), graph.times(u, u));
        let square = graph.plus(horizontal, vertical);
        let slope = graph.over(vjp.cotangent, square);
        // By the scale last: the inverse of a denormal one is infinite.
        let [along, across] = [u, v].map(|part| {
            let slope = graph.times(slope, part);
            graph.over(slope, scale)
        });
        vec![Some(along), Some(graph.negated(across))]
    }
}
