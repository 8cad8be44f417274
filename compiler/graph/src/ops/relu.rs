//! `relu`: x where it is positive, else 0; NaN stays.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Predicate};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp, Sign};

elementwise! {
    /// x where it is positive, else 0; NaN stays. The gradient at 0 is 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.0, 0.0, 2.0]).relu();
    /// assert_eq!(y.eval()?, Array::from([0.0, 0.0, 2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Relu, fn relu(x), Notation::Call("relu")
}

impl Elementwise for Relu {
    const SIGN: Sign = Sign::NotNegative;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("relu", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let x = x[0];
        let zero = b.int(b.scalar_type(x.re()), 0);
        let flat = b.compare(Predicate::Le, x.re(), zero);
        Element::real(x.dtype, b.select(flat, zero, x.re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let positive = graph.is_positive(vjp.operands[0]);
        vec![Some(graph.only_where(positive, vjp.cotangent))]
    }
}
