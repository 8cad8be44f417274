//! `reciprocal`: 1 / x; integers give `f64`.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Div, Notation, Vjp};

elementwise! {
    /// 1 / x; integers give `f64`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([4i32, -2]).reciprocal();
    /// assert_eq!(y.eval()?, Array::from([0.25, -0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Reciprocal, fn reciprocal(x), Notation::Call("reciprocal")
}

impl Elementwise for Reciprocal {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Div::dtypes(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.reciprocal(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let result = graph.conj(vjp.result);
        let square = graph.times(result, result);
        let slope = graph.negated(square);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
