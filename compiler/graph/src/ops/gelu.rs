//! `gelu`: x times the probability that a standard normal number is below x.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Erfc, ExpProduct, Notation, Vjp};

elementwise! {
    /// x * Φ(x), where Φ(x) is the probability that a standard normal number is less than x: (1 + erf(x /
    /// √2)) / 2. -0 at minus infinity.
    ///
    /// D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", arXiv:1606.08415, equation 2. It is
    /// computed from erfc, so that nothing cancels; rounding x / √2 leaves a relative error of about x² units
    /// of the last place for negative x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, 10.0, f64::NEG_INFINITY]).gelu();
    /// assert_eq!(y.eval()?, Array::from([0.0, 10.0, -0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Gelu, fn gelu(x), Notation::Call("gelu")
}

impl Elementwise for Gelu {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("gelu", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let x = x[0];
        let scalar = b.scalar_type(x.re());
        let [half, scale] = [0.5, -FRAC_1_SQRT_2].map(|value| b.float(scalar, value));
        let scaled = b.binary(Binary::Mul, scale, x.re());
        let tail = b.math(MathFn::Erfc, scaled);
        let halved = b.binary(Binary::Mul, half, x.re());
        let product = b.binary(Binary::Mul, halved, tail);
        Element::real(x.dtype, elementwise::vanishing_at_minus_infinity(b, x.re(), product))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.cotangent).rank());
        let x = graph.cast(vjp.operands[0], dtype);
        // Beyond the bounds the density is 0, which infinity must not multiply.
        let x = elementwise::bounded(graph, x, 50.0);
        let [half, minus_half, scale, density] = [0.5, -0.5, -FRAC_1_SQRT_2, 1.0 / TAU.sqrt()].map(|value| graph.splat(dtype, rank, value));
        let scaled = graph.times(scale, x);
        let tail = graph.op_node(Erfc {}, &[scaled]);
        let probability = graph.times(half, tail);
        let opposite = graph.times(minus_half, x);
        let power = graph.op_node(ExpProduct {}, &[opposite, x]);
        let density = graph.times(density, power);
        let tilt = graph.times(x, density);
        let slope = graph.plus(probability, tilt);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
