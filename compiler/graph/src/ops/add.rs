//! `add`: x + y; integers wrap, `bool` is or.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Sign};

elementwise! {
    /// x + y; integers wrap, `bool` is or.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 2.0]) + 0.5;
    /// assert_eq!(y.eval()?, Array::from([1.5, 2.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Add, "add"(x, y), Notation::Infix("+")
}

impl Elementwise for Add {
    const SIGN: Sign = Sign::OfFloats(&[0, 1]);

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::any(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.add(x[0], x[1])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let _ = graph;
        vec![Some(vjp.cotangent), Some(vjp.cotangent)]
    }
}
