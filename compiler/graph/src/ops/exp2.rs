//! `exp2`: 2^x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// 2^x; exact for integers.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([10.0, -1.0]).exp2();
    /// assert_eq!(y.eval()?, Array::from([1024.0, 0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Exp2, fn exp2(x), Notation::Call("exp2")
}

impl Elementwise for Exp2 {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("exp2", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Exp2, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let ln_2 = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), std::f64::consts::LN_2);
        let slope = graph.times(vjp.result, ln_2);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
