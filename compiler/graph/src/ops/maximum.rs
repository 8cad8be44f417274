//! `maximum`: the greater of x and y; NaN if either is.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate, Unary, Value};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::literal::Role;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Lt, Notation, Vjp};

elementwise! {
    /// The greater of x and y; NaN if either is, and +0 of two zeros unless both are -0.
    ///
    /// Where they are equal the gradient goes to x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.0, 2.0]).maximum(0.0);
    /// assert_eq!(y.eval()?, Array::from([0.0, 2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Maximum, fn maximum(x, y), Notation::Call("maximum")
}

impl Elementwise for Maximum {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("maximum", common)
    }

    fn role(_: usize) -> Role {
        Role::Lower
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, greater(b, x[0].re(), x[1].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let second = graph.op_node(Lt {}, vjp.operands);
        vec![Some(graph.unless(second, vjp.cotangent)), Some(graph.only_where(second, vjp.cotangent))]
    }
}

/// The greater of two values of one scalar.
pub(super) fn greater(b: &mut Builder, x: Value, y: Value) -> Value {
    let above = b.compare(Predicate::Gt, x, y);
    if !b.scalar_type(x).is_float() {
        return b.select(above, x, y);
    }
    // Comparison and choice are one instruction on x86. An x that is NaN or zero is added: that gives NaN, or
    // what is greater, or the right zero.
    let greater = b.select(above, x, y);
    let (magnitude, zero) = (b.unary(Unary::Abs, x), b.float(b.scalar_type(x), 0.0));
    let ordinary = b.compare(Predicate::Gt, magnitude, zero);
    let sum = b.binary(Binary::Add, greater, x);
    b.select(ordinary, greater, sum)
}
