//! `modulo`: the rest of the division that rounds down, with the divisor's sign.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{IntDiv, Notation, Vjp};

elementwise! {
    /// The rest of x / y rounded down, x - y floor(x / y) without rounding errors: it has the sign of y. Of
    /// integers by 0 it is 0, of floats NaN. The operator `%`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-7i32, 7]) % m.constant([3i32, -3]);
    /// assert_eq!(y.eval()?, Array::from([2i32, -2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Modulo, fn modulo(x, y), Notation::Call("mod")
}

impl Elementwise for Modulo {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::divisible("%", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.floored_division(x[0].re(), x[1].re()).1)
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let count = graph.op_node(IntDiv {}, vjp.operands);
        let by_y = graph.times(vjp.cotangent, count);
        vec![Some(vjp.cotangent), Some(graph.negated(by_y))]
    }
}
