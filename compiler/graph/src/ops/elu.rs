//! `elu`: x where it is positive, else alpha * (e^x - 1).

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn, Predicate, Value};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Exp, Notation, Vjp};

elementwise! {
    /// x where it is positive, else alpha * (e^x - 1). The gradient at 0 is that of the negative side.
    ///
    /// D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by
    /// exponential linear units (ELUs)", ICLR 2016, equation 16.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([2.0, f64::NEG_INFINITY]).elu(0.5);
    /// assert_eq!(y.eval()?, Array::from([2.0, -0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Elu, fn elu(x, alpha), Notation::Call("elu")
}

impl Elementwise for Elu {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("elu", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, exponential_linear(b, x[0].re(), x[1].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.cotangent).rank());
        let x = graph.cast(vjp.operands[0], dtype);
        let positive = graph.is_positive(x);
        let power = graph.op_node(Exp {}, &[x]);
        let slope = graph.times(vjp.operands[1], power);
        let by_x = graph.times(vjp.cotangent, slope);
        // Where x is not positive, e^x - 1.
        let one = graph.splat(dtype, rank, 1.0);
        let growth = graph.op_node(Elu {}, &[x, one]);
        let by_alpha = graph.times(vjp.cotangent, growth);
        vec![Some(graph.choose(positive, vjp.cotangent, by_x)), Some(graph.unless(positive, by_alpha))]
    }
}

/// x where it is positive, else alpha * (e^x - 1).
pub(super) fn exponential_linear(b: &mut Builder, x: Value, alpha: Value) -> Value {
    let zero = b.float(b.scalar_type(x), 0.0);
    let positive = b.compare(Predicate::Gt, x, zero);
    let growth = b.math(MathFn::Expm1, x);
    let bent = b.binary(Binary::Mul, alpha, growth);
    b.select(positive, x, bent)
}
