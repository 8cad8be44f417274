//! `softsign`: x / (1 + |x|).

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate, Unary};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Abs, Notation, Vjp};

elementwise! {
    /// x / (1 + |x|); -1 and 1 at the infinities.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.0, 3.0, f64::INFINITY]).softsign();
    /// assert_eq!(y.eval()?, Array::from([-0.5, 0.75, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Softsign, fn softsign(x), Notation::Call("softsign")
}

impl Elementwise for Softsign {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("softsign", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let x = x[0];
        let scalar = b.scalar_type(x.re());
        let [one, infinity] = [1.0, f64::INFINITY].map(|value| b.float(scalar, value));
        let magnitude = b.unary(Unary::Abs, x.re());
        let divisor = b.binary(Binary::Add, one, magnitude);
        let quotient = b.binary(Binary::Div, x.re(), divisor);
        let minus_one = b.unary(Unary::Neg, one);
        let negative = b.compare(Predicate::Lt, x.re(), one);
        let limit = b.select(negative, minus_one, one);
        let infinite = b.compare(Predicate::Eq, magnitude, infinity);
        Element::real(x.dtype, b.select(infinite, limit, quotient))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.operands[0]).rank());
        let x = graph.cast(vjp.operands[0], dtype);
        let magnitude = graph.op_node(Abs {}, &[x]);
        let one = graph.splat(dtype, rank, 1.0);
        let divisor = graph.plus(one, magnitude);
        // Not through the square, which would overflow early.
        let once = graph.over(vjp.cotangent, divisor);
        vec![Some(graph.over(once, divisor))]
    }
}
