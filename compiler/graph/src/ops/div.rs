//! `div`: x / y, the true quotient; integers give `f64`.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Magnitude, Sign};

elementwise! {
    /// x / y, the true quotient; integers give `f64`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1i32, 2]) / 4;
    /// assert_eq!(y.eval()?, Array::from([0.25, 0.5]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Div, "div"(x, y), Notation::Infix("/")
}

impl Elementwise for Div {
    const SIGN: Sign = Sign::OfFloats(&[0, 1]);
    const MAGNITUDE: Magnitude = Magnitude::Quotient;

    const LINEAR: &'static [&'static [usize]] = &[&[0]];

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        let dtype = if common.is_differentiable() { common } else { DType::F64 };
        Ok((dtype, dtype))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.div(x[0], x[1])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let y = graph.conj(vjp.operands[1]);
        let by_x = graph.over(vjp.cotangent, y);
        let result = graph.conj(vjp.result);
        let quotient = graph.times(by_x, result);
        vec![Some(by_x), Some(graph.negated(quotient))]
    }
}
