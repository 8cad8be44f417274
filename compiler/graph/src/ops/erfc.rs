//! `erfc`: 1 - erf x, relatively accurate for large x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{erf, Notation, Vjp};

elementwise! {
    /// 1 - erf x, relatively accurate for large x.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.0, f64::INFINITY, 10.0]).erfc();
    /// assert_eq!(y.eval()?, Array::from([1.0, 0.0, 2.088487583762545e-45]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Erfc, fn erfc(x), Notation::Call("erfc")
}

impl Elementwise for Erfc {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("erfc", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Erfc, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(erf::bell(graph, vjp.operands[0], vjp.cotangent, -std::f64::consts::FRAC_2_SQRT_PI))]
    }
}
