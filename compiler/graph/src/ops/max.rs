//! `max`: the greatest element; NaN if there is one.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::extremum::{self, Extremum};
use crate::ops::reduction::{Primitive, Reducing, ordered, reduction};
use crate::ops::{Notation, Vjp};

reduction! {
    /// The greatest element; NaN if there is one, and +0 of two zeros unless both are -0. An empty axis is an
    /// error.
    ///
    /// The gradient goes to the elements that equal the result, to each an equal share.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 4.0], [3.0, 2.0]]);
    /// assert_eq!(x.max().eval()?, Array::from(4.0));
    /// assert_eq!(x.max_over([0]).eval()?, Array::from([3.0, 4.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Max, fn max, fn max_over, Notation::Call("max")
}

impl Reducing for Max {
    const NONEMPTY: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        ordered("max", operand)
    }
}

impl Primitive for Max {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        Extremum::Max.reduction(axes, operand, result)
    }

    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        Some(extremum::gradient(axes, graph, vjp))
    }
}
