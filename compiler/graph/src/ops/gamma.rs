//! `gamma`: the gamma function; infinite at 0, NaN at negative integers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Psi, Notation, Vjp};

elementwise! {
    /// The gamma function, (x - 1)! for positive integers; an infinity of the argument's sign at 0, NaN at
    /// negative integers.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([5.0, 0.5, 0.0, -1.0]).gamma();
    /// assert_eq!(y.eval()?, Array::from([24.0, 1.772453850905516, f64::INFINITY, f64::NAN]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Gamma, fn gamma(x), Notation::Call("gamma")
}

impl Elementwise for Gamma {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("gamma", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Gamma, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let psi = graph.op_node(Psi {}, vjp.operands);
        let slope = graph.times(vjp.result, psi);
        vec![Some(graph.times(vjp.cotangent, slope))]
    }
}
