//! `sech_squared`: the derivative of tanh, 1 / cosh² x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Tanh, Vjp};

elementwise! {
    /// 1 / cosh² x, the derivative of [`tanh`](crate::builder::Tensor::tanh).
    ///
    /// It is accurate where tanh itself is rounded to 1, and computed beside a tanh it takes three
    /// instructions.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::NEG_INFINITY]).sech_squared();
    /// assert_eq!(y.eval()?, Array::from([1.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    SechSquared, fn sech_squared(x), Notation::Call("sech_squared")
}

impl Elementwise for SechSquared {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("sech_squared", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::SechSquared, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let factor = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), -2.0);
        let tanh = graph.op_node(Tanh {}, vjp.operands);
        let tilt = graph.times(factor, tanh);
        let slope = graph.times(vjp.result, tilt);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
