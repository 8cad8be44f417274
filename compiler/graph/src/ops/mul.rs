//! `mul`: x * y; integers wrap, `bool` is and.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Magnitude, Sign};

elementwise! {
    /// x * y; integers wrap, `bool` is and.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1i32, 2]) * 3;
    /// assert_eq!(y.eval()?, Array::from([3i32, 6]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Mul, "mul"(x, y), Notation::Infix("*")
}

impl Elementwise for Mul {
    const SIGN: Sign = Sign::OfFloats(&[0, 1]);
    const MAGNITUDE: Magnitude = Magnitude::Product;

    const LINEAR: &'static [&'static [usize]] = &[&[0], &[1]];

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::any(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.mul(x[0], x[1])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [x, y] = [graph.conj(vjp.operands[0]), graph.conj(vjp.operands[1])];
        vec![Some(graph.times(vjp.cotangent, y)), Some(graph.times(vjp.cotangent, x))]
    }
}
