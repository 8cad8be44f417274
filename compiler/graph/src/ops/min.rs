//! `min`: the least element; NaN if there is one.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::extremum::{self, Extremum};
use crate::ops::reduction::{Primitive, Reducing, ordered, reduction};
use crate::ops::{Notation, Vjp};

reduction! {
    /// The least element; NaN if there is one, and -0 of two zeros unless both are +0. An empty axis is an
    /// error.
    ///
    /// The gradient goes to the elements that equal the result, to each an equal share.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 4.0], [3.0, 2.0]]);
    /// assert_eq!(x.min().eval()?, Array::from(1.0));
    /// assert_eq!(x.min_over([0]).eval()?, Array::from([1.0, 2.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Min, fn min, fn min_over, Notation::Call("min")
}

impl Reducing for Min {
    const NONEMPTY: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        ordered("min", operand)
    }
}

impl Primitive for Min {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        Extremum::Min.reduction(axes, operand, result)
    }

    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        Some(extremum::gradient(axes, graph, vjp))
    }
}
