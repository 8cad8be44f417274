//! `logaddexp`: log(e^x + e^y) without overflow.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, MathFn, Predicate, Unary};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{maximum, And, Eq, Isinf, Notation, Sigmoid, Vjp};

elementwise! {
    /// log(e^x + e^y) without overflow; of two infinities as of the limits, and the other operand if one is
    /// minus infinity.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1000.0, f64::NEG_INFINITY]).logaddexp(m.constant([f64::NEG_INFINITY, 3.0]));
    /// assert_eq!(y.eval()?, Array::from([1000.0, 3.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Logaddexp, fn logaddexp(x, y), Notation::Call("logaddexp")
}

impl Elementwise for Logaddexp {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("logaddexp", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let (dtype, x, y) = (x[0].dtype, x[0].re(), x[1].re());
        let greater = maximum::greater(b, x, y);
        // Of two equal infinities the difference would be NaN.
        let (equal, zero) = (b.compare(Predicate::Eq, x, y), b.float(b.scalar_type(x), 0.0));
        let difference = b.binary(Binary::Sub, x, y);
        let difference = b.select(equal, zero, difference);
        let distance = b.unary(Unary::Abs, difference);
        let decay = b.unary(Unary::Neg, distance);
        let bend = b.math(MathFn::Softplus, decay);
        Element::real(dtype, b.binary(Binary::Add, greater, bend))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [x, y] = [vjp.operands[0], vjp.operands[1]];
        let dtype = graph.ty(vjp.cotangent).dtype;
        let (x, y) = (graph.cast(x, dtype), graph.cast(y, dtype));
        // Equal infinities share the gradient as other equals do.
        let equal = graph.op_node(Eq {}, &[x, y]);
        let infinite = graph.op_node(Isinf {}, &[x]);
        let undefined = graph.op_node(And {}, &[equal, infinite]);
        let difference = graph.minus(x, y);
        let difference = graph.unless(undefined, difference);
        let opposite = graph.negated(difference);
        let by = |graph: &mut Graph, difference| {
            let share = graph.op_node(Sigmoid {}, &[difference]);
            Some(graph.times(vjp.cotangent, share))
        };
        vec![by(graph, difference), by(graph, opposite)]
    }
}
