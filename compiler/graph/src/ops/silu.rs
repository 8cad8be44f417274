//! `silu`: x * sigmoid(x), also called swish.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{LogisticDensity, Notation, Sigmoid, Vjp};

elementwise! {
    /// x * sigmoid(x), also called swish; -0 at minus infinity.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 1000.0, f64::NEG_INFINITY]).silu();
    /// assert_eq!(y.eval()?, Array::from([0.0, 1000.0, -0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Silu, fn silu(x), Notation::Call("silu")
}

impl Elementwise for Silu {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("silu", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let x = x[0];
        let sigmoid = b.math(MathFn::Sigmoid, x.re());
        let product = b.binary(Binary::Mul, x.re(), sigmoid);
        Element::real(x.dtype, elementwise::vanishing_at_minus_infinity(b, x.re(), product))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let dtype = graph.ty(vjp.cotangent).dtype;
        let x = graph.cast(vjp.operands[0], dtype);
        let sigmoid = graph.op_node(Sigmoid {}, &[x]);
        // Beyond the bounds the density is 0, which infinity must not multiply.
        let bounded = elementwise::bounded(graph, x, 1000.0);
        let bell = graph.op_node(LogisticDensity {}, &[x]);
        let tilt = graph.times(bounded, bell);
        let slope = graph.plus(sigmoid, tilt);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
