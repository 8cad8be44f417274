//! `minimum`: the lesser of x and y; NaN if either is.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate, Unary, Value};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::literal::Role;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Gt, Notation, Vjp};

elementwise! {
    /// The lesser of x and y; NaN if either is, and -0 of two zeros unless both are +0.
    ///
    /// Where they are equal the gradient goes to x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.0, 2.0]).minimum(0.0);
    /// assert_eq!(y.eval()?, Array::from([-1.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Minimum, fn minimum(x, y), Notation::Call("minimum")
}

impl Elementwise for Minimum {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("minimum", common)
    }

    fn role(_: usize) -> Role {
        Role::Upper
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, lesser(b, x[0].re(), x[1].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let second = graph.op_node(Gt {}, vjp.operands);
        vec![Some(graph.unless(second, vjp.cotangent)), Some(graph.only_where(second, vjp.cotangent))]
    }
}

/// The lesser of two values of one scalar.
pub(super) fn lesser(b: &mut Builder, x: Value, y: Value) -> Value {
    let below = b.compare(Predicate::Lt, x, y);
    if !b.scalar_type(x).is_float() {
        return b.select(below, x, y);
    }
    // As in `maximum`; the sum's negative is -0 unless both zeros are +0.
    let lesser = b.select(below, x, y);
    let (magnitude, zero) = (b.unary(Unary::Abs, x), b.float(b.scalar_type(x), 0.0));
    let ordinary = b.compare(Predicate::Gt, magnitude, zero);
    let negated = b.unary(Unary::Neg, lesser);
    let sum = b.binary(Binary::Sub, negated, x);
    let sum = b.unary(Unary::Neg, sum);
    b.select(ordinary, lesser, sum)
}
