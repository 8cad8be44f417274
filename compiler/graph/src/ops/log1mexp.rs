//! `log1mexp`: log(1 - e^x) of x below 0, accurate near 0 and far from it.
//!
//! Mächler, "Accurately computing log(1 - exp(-|a|))", 2012, the vignette of R's package Rmpfr, equation 7.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn, Predicate, Unary};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Exp, Expm1, Notation, Vjp};

elementwise! {
    /// log(1 - e^x), accurate where e^x is nearly 0 and where it is nearly 1; -inf at 0, NaN above.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([f64::NEG_INFINITY, 0.0]).log1mexp();
    /// assert_eq!(y.eval()?, Array::from([-0.0, f64::NEG_INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Log1mexp, fn log1mexp(x), Notation::Call("log1mexp")
}

impl Elementwise for Log1mexp {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("log1mexp", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let (dtype, x) = (x[0].dtype, x[0].re());
        let half = b.float(b.scalar_type(x), -std::f64::consts::LN_2);
        let is_far = b.compare(Predicate::Lt, x, half);
        let power = b.math(MathFn::Exp, x);
        let power = b.unary(Unary::Neg, power);
        let far = b.math(MathFn::Log1p, power);
        let rest = b.math(MathFn::Expm1, x);
        let rest = b.unary(Unary::Neg, rest);
        let near = b.math(MathFn::Log, rest);
        Element::real(dtype, b.select(is_far, far, near))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        // Not by e^-x - 1, whose square the second derivative would divide by: it overflows.
        let power = graph.op_node(Exp {}, vjp.operands);
        let rest = graph.op_node(Expm1 {}, vjp.operands);
        let slope = graph.over(power, rest);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
