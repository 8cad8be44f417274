//! `leaky_relu`: x where it is positive, else slope * x.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Predicate};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// x where it is positive, else slope * x. The gradient at 0 is that of the negative side.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.0, 0.0, 2.0]).leaky_relu(0.25);
    /// assert_eq!(y.eval()?, Array::from([-0.25, 0.0, 2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    LeakyRelu, fn leaky_relu(x, slope), Notation::Call("leaky_relu")
}

impl Elementwise for LeakyRelu {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("leaky_relu", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let (x, slope) = (x[0], x[1]);
        let zero = b.float(b.scalar_type(x.re()), 0.0);
        let positive = b.compare(Predicate::Gt, x.re(), zero);
        let scaled = b.mul(slope, x);
        Element::real(x.dtype, b.select(positive, x.re(), scaled.re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [x, slope] = [vjp.operands[0], vjp.operands[1]];
        let positive = graph.is_positive(x);
        let by_x = graph.times(vjp.cotangent, slope);
        let by_slope = graph.times(vjp.cotangent, x);
        vec![Some(graph.choose(positive, vjp.cotangent, by_x)), Some(graph.unless(positive, by_slope))]
    }
}
