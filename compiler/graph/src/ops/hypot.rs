//! `hypot`: √(x² + y²), without overflow on the way.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Eq, Isinf, Notation, Sgn, Vjp};

elementwise! {
    /// √(x² + y²), the length of the vector (x, y), without overflow on the way; infinite if either is. The
    /// gradient at 0 is 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 0.0]).hypot(m.constant([-4e200, 5e-324]));
    /// assert_eq!(y.eval()?, Array::from([4e200, 5e-324]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Hypot, fn hypot(x, y), Notation::Call("hypot")
}

impl Elementwise for Hypot {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("hypot", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let complex = if x[0].dtype == DType::F32 { DType::C64 } else { DType::C128 };
        let point = Element::complex(complex, x[0].re(), x[1].re());
        b.abs(point)
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank());
        let zero = graph.splat(dtype, rank, 0.0);
        let vanishes = graph.op_node(Eq {}, &[vjp.result, zero]);
        let by = |graph: &mut Graph, part: NodeId| {
            let part = graph.cast(part, dtype);
            // Of two infinities the quotient would be NaN.
            let infinite = graph.op_node(Isinf {}, &[part]);
            let sign = graph.op_node(Sgn {}, &[part]);
            let quotient = graph.over(part, vjp.result);
            let slope = graph.choose(infinite, sign, quotient);
            let slope = graph.times(vjp.cotangent, slope);
            Some(graph.unless(vanishes, slope))
        };
        vjp.operands.iter().map(|part| by(graph, *part)).collect()
    }
}
