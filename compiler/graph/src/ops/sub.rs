//! `sub`: x - y; integers wrap.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// x - y; integers wrap.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = 1.0 - m.constant([1.0, 2.0]);
    /// assert_eq!(y.eval()?, Array::from([0.0, -1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sub, "sub"(x, y), Notation::Infix("-")
}

impl Elementwise for Sub {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::not_bool("-", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.sub(x[0], x[1])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(vjp.cotangent), Some(graph.negated(vjp.cotangent))]
    }
}
