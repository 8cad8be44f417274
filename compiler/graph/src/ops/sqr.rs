//! `sqr`: x * x; integers wrap.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Sign};

elementwise! {
    /// x * x; integers wrap.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([3.0, -0.5]).sqr();
    /// assert_eq!(y.eval()?, Array::from([9.0, 0.25]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sqr, fn sqr(x), Notation::Call("sqr")
}

impl Elementwise for Sqr {
    const SIGN: Sign = Sign::NotNegativeFloat;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::any(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.mul(x[0], x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank());
        let two = graph.splat(dtype, rank, 2.0);
        let x = graph.conj(vjp.operands[0]);
        let slope = graph.times(two, x);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
