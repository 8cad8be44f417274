//! `selu`: scale * elu(x, alpha) with the constants that keep mean 0 and variance 1.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{elu, Exp, Notation, Vjp};

elementwise! {
    /// scale * elu(x, alpha) with scale = 1.0507009873554805 and alpha = 1.6732632423543772, the fixed point
    /// of mean 0 and variance 1. The gradient at 0 is that of the negative side.
    ///
    /// G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks", NIPS
    /// 2017, equation 2; the digits are those of its appendix A1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, f64::NEG_INFINITY]).selu();
    /// assert_eq!(y.eval()?, Array::from([1.0507009873554805, -1.0507009873554805 * 1.6732632423543772]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Selu, fn selu(x), Notation::Call("selu")
}

impl Elementwise for Selu {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("selu", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let x = x[0];
        let (scale, alpha) = (b.float(b.scalar_type(x.re()), SCALE), b.float(b.scalar_type(x.re()), ALPHA));
        let bent = elu::exponential_linear(b, x.re(), alpha);
        Element::real(x.dtype, b.binary(Binary::Mul, scale, bent))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.cotangent).rank());
        let x = graph.cast(vjp.operands[0], dtype);
        let positive = graph.is_positive(x);
        let [scale, bent] = [SCALE, SCALE * ALPHA].map(|factor| graph.splat(dtype, rank, factor));
        let power = graph.op_node(Exp {}, &[x]);
        let bent = graph.times(bent, power);
        let slope = graph.choose(positive, scale, bent);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}

const SCALE: f64 = 1.0507009873554805;
const ALPHA: f64 = 1.6732632423543772;
