//! `exp`: e^x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Sign};

elementwise! {
    /// e^x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::NEG_INFINITY]).exp();
    /// assert_eq!(y.eval()?, Array::from([1.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Exp, fn exp(x), Notation::Call("exp")
}

impl Elementwise for Exp {
    const SIGN: Sign = Sign::NotNegative;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::function(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.exp(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let slope = graph.conj(vjp.result);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
