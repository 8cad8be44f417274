//! `gelu_tanh`: the approximation of `gelu` by a hyperbolic tangent.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{LogisticDensity, Notation, Sigmoid, Vjp};

elementwise! {
    /// The approximation of [`Tensor::gelu`](crate::builder::Tensor::gelu) by a hyperbolic tangent: x / 2 *
    /// (1 + tanh(√(2/π) (x + 0.044715 x³))), computed as x times a sigmoid, so that nothing cancels. -0 at
    /// minus infinity.
    ///
    /// D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415, section 2.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 10.0, f64::NEG_INFINITY]).gelu_tanh();
    /// assert_eq!(y.eval()?, Array::from([0.0, 10.0, -0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    GeluTanh, fn gelu_tanh(x), Notation::Call("gelu_tanh")
}

impl Elementwise for GeluTanh {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("gelu_tanh", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let x = x[0];
        let scalar = b.scalar_type(x.re());
        let [one, scale, cubic] = [1.0, SCALE, CUBIC].map(|value| b.float(scalar, value));
        let square = b.binary(Binary::Mul, x.re(), x.re());
        let growth = b.fma(cubic, square, one);
        let scaled = b.binary(Binary::Mul, scale, x.re());
        let argument = b.binary(Binary::Mul, scaled, growth);
        let sigmoid = b.math(MathFn::Sigmoid, argument);
        let product = b.binary(Binary::Mul, x.re(), sigmoid);
        Element::real(x.dtype, elementwise::vanishing_at_minus_infinity(b, x.re(), product))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.cotangent).rank());
        let x = graph.cast(vjp.operands[0], dtype);
        // Beyond the bounds one of the two sigmoids is 0, which infinity must not multiply.
        let x = elementwise::bounded(graph, x, 50.0);
        let [one, scale, cubic, slope] =
            [1.0, SCALE, CUBIC, 3.0 * CUBIC].map(|value| graph.splat(dtype, rank, value));
        let square = graph.times(x, x);
        let [growth, steepness] = [cubic, slope].map(|factor| {
            let bend = graph.times(factor, square);
            let factor = graph.plus(one, bend);
            graph.times(scale, factor)
        });
        let argument = graph.times(x, growth);
        let sigmoid = graph.op_node(Sigmoid {}, &[argument]);
        let bell = graph.op_node(LogisticDensity {}, &[argument]);
        let tilt = graph.times(x, steepness);
        let tilt = graph.times(tilt, bell);
        let slope = graph.plus(sigmoid, tilt);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}

/// 2 √(2/π): the sigmoid of 2u is (1 + tanh u) / 2.
const SCALE: f64 = 2.0 * 0.797_884_560_802_865_4;
const CUBIC: f64 = 0.044715;
