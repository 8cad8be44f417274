//! `supremum`: the greatest element, and of no elements what no element is less than.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::extremum::{self, Extremum};
use crate::ops::reduction::{Primitive, Reducing, ordered, reduction};
use crate::ops::{Notation, Vjp};

reduction! {
    /// The greatest element as [`Tensor::max`](crate::builder::Tensor::max) has it, and of no elements the
    /// least value of the type: -inf for floats. Elements that tie share the gradient evenly.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant(Array::zeros::<f64>([2, 0]));
    /// assert_eq!(x.supremum_over([1]).eval()?, Array::from([f64::NEG_INFINITY, f64::NEG_INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Supremum, fn supremum, fn supremum_over, Notation::Call("supremum")
}

impl Reducing for Supremum {
    fn dtype(operand: DType) -> Result<DType, TypeError> {
        ordered("supremum", operand)
    }
}

impl Primitive for Supremum {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        Extremum::Max.reduction(axes, operand, result)
    }

    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        Some(extremum::gradient(axes, graph, vjp))
    }
}
