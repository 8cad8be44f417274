//! `gammaln`: the logarithm of |Γ(x)|; infinite at integers that are not positive.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Psi, Notation, Vjp};

elementwise! {
    /// The logarithm of |Γ(x)|; infinite at integers that are not positive.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, 1e300, -2.0]).gammaln();
    /// assert_eq!(y.eval()?, Array::from([0.0, 6.897755278982137e302, f64::INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Gammaln, fn gammaln(x), Notation::Call("gammaln")
}

impl Elementwise for Gammaln {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("gammaln", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Gammaln, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let psi = graph.op_node(Psi {}, vjp.operands);
        vec![Some(graph.times(vjp.cotangent, psi))]
    }
}
