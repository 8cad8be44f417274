//! `difference_of_squares`: x² - y² without cancellation, in value and in gradient.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// x² - y², computed as (x - y)(x + y), where nothing cancels that is not rounded.
    ///
    /// The gradients are 2x and -2y, while those of the product of a difference and a sum would cancel.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let (x, y) = (m.constant([1e8 + 1.0]), m.constant([1e8]));
    /// assert_eq!(x.difference_of_squares(y).eval()?, Array::from([200000001.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    DifferenceOfSquares, fn difference_of_squares(x, y), Notation::Call("difference_of_squares")
}

impl Elementwise for DifferenceOfSquares {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("difference_of_squares", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let [x, y] = [x[0], x[1]];
        let below = b.binary(Binary::Sub, x.re(), y.re());
        let above = b.binary(Binary::Add, x.re(), y.re());
        Element::real(x.dtype, b.binary(Binary::Mul, below, above))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank());
        let slope = |graph: &mut Graph, operand: usize, factor: f64| {
            let factor = graph.splat(dtype, rank, factor);
            let twice = graph.times(factor, vjp.operands[operand]);
            Some(graph.times(vjp.cotangent, twice))
        };
        vec![slope(graph, 0, 2.0), slope(graph, 1, -2.0)]
    }
}
