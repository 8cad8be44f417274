//! `hard_sigmoid`: x / 5 + 1/2, clipped to between 0 and 1.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{maximum, minimum, Gt, Lt, Notation, Or, Vjp};

elementwise! {
    /// x / 5 + 1/2, clipped to between 0 and 1. The gradient at both bends is 1/5.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-3.0, 0.0, 3.0]).hard_sigmoid();
    /// assert_eq!(y.eval()?, Array::from([0.0, 0.5, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    HardSigmoid, fn hard_sigmoid(x), Notation::Call("hard_sigmoid")
}

impl Elementwise for HardSigmoid {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("hard_sigmoid", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let scalar = b.scalar_type(x[0].re());
        let [slope, half, zero, one] = [0.2, 0.5, 0.0, 1.0].map(|value| b.float(scalar, value));
        let line = b.fma(x[0].re(), slope, half);
        let capped = minimum::lesser(b, line, one);
        Element::real(x[0].dtype, maximum::greater(b, capped, zero))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.operands[0]).rank());
        let [below, above, slope] = [-2.5, 2.5, 0.2].map(|value| graph.splat(dtype, rank, value));
        let below = graph.op_node(Lt {}, &[vjp.operands[0], below]);
        let above = graph.op_node(Gt {}, &[vjp.operands[0], above]);
        let flat = graph.op_node(Or {}, &[below, above]);
        let scaled = graph.times(vjp.cotangent, slope);
        vec![Some(graph.unless(flat, scaled))]
    }
}
