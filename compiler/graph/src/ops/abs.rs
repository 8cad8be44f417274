//! `abs`: the magnitude, real for complex numbers; the least integer stays.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Sgn, Notation, Vjp, Sign};

elementwise! {
    /// The magnitude: of complex numbers a real, the length of the vector from 0, without overflow on the
    /// way; of the least integer that integer. The gradient at 0 is 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-3i32, 4]).abs();
    /// assert_eq!(y.eval()?, Array::from([3i32, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Abs, fn abs(x), Notation::Around("|")
}

impl Elementwise for Abs {
    const SIGN: Sign = Sign::NotNegative;

    const PROMOTES: bool = false;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        Ok((common, common.to_real()))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.abs(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let sign = graph.op_node(Sgn {}, vjp.operands);
        vec![Some(graph.times(vjp.cotangent, sign))]
    }
}
