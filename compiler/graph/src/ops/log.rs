//! `log`: the natural logarithm; -inf at 0, NaN below.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// The natural logarithm; -inf at 0, NaN below. Of complex numbers log |z| + i angle(z).
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 0.0]).log();
    /// assert_eq!(y.eval()?, Array::from([0.0, f64::NEG_INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Log, fn log(x), Notation::Call("log")
}

impl Elementwise for Log {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::function(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.log(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let x = graph.conj(vjp.operands[0]);
        vec![Some(graph.over(vjp.cotangent, x))]
    }
}
