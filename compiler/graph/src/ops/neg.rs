//! `neg`: -x; integers wrap.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Magnitude};

elementwise! {
    /// -x; integers wrap.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = -m.constant([1.0, -2.0]);
    /// assert_eq!(y.eval()?, Array::from([-1.0, 2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Neg, "neg"(x), Notation::Prefix("-")
}

impl Elementwise for Neg {
    const MAGNITUDE: Magnitude = Magnitude::OfFloats(0);

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::not_bool("-", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.neg(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(graph.negated(vjp.cotangent))]
    }
}
