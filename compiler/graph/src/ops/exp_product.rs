//! `exp_product`: e^(x y), as accurate where the product is large as where it is small.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn, Predicate, Unary};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{self, Notation, Vjp};

elementwise! {
    /// e^(x y), within 2 ULP: what rounding takes from the product, which the exponential of a great one
    /// multiplies by that product, is put back. With x and -x it is the bell e^(-x²).
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([0.0, 26.1]);
    /// assert_eq!(x.exp_product(-x).eval()?, Array::from([1.0, 1.4264481256516652e-296]));
    /// # Ok::<(), EvalError>(())
    /// ```
    ExpProduct, fn exp_product(x, y), Notation::Call("exp_product")
}

impl Elementwise for ExpProduct {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("exp_product", common)
    }

    /// e^(h + l) = e^h (1 + l) with h the rounded product and l its rounding error, which is below a 2^-12th.
    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let (dtype, x, y) = (x[0].dtype, x[0].re(), x[1].re());
        let scalar = b.scalar_type(x);
        let [zero, one, limit] = [0.0, 1.0, 1000.0].map(|value| b.float(scalar, value));
        let product = b.binary(Binary::Mul, x, y);
        let opposite = b.unary(Unary::Neg, product);
        let error = b.fma(x, y, opposite);
        // Beyond the limit the power is 0 or infinite, and the error can be NaN.
        let magnitude = b.unary(Unary::Abs, product);
        let is_near = b.compare(Predicate::Lt, magnitude, limit);
        let error = b.select(is_near, error, zero);
        let growth = b.binary(Binary::Add, one, error);
        let power = b.math(MathFn::Exp, product);
        Element::real(dtype, b.binary(Binary::Mul, power, growth))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let power = graph.times(vjp.cotangent, vjp.result);
        let zero = graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), 0.0);
        // A power that is 0 has the gradient 0, where it would multiply infinity too.
        let vanishes = graph.op_node(ops::Eq {}, &[vjp.result, zero]);
        let mut slope = |factor: NodeId| {
            let slope = graph.times(power, factor);
            graph.unless(vanishes, slope)
        };
        let [x, y] = [vjp.operands[0], vjp.operands[1]];
        vec![Some(slope(y)), Some(slope(x))]
    }
}
