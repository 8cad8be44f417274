//! `sum`: the sum over axes; integers are summed in 64 bits, floats in at least `f64` and rounded once.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::reduction::{Primitive, Reducing, accumulator, combine, reduction, spread};
use crate::ops::{Notation, Vjp, Sign};

reduction! {
    /// The sum of the elements; integers are summed in 64 bits, floats in at least `f64` and rounded once.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum().eval()?, Array::from(10.0));
    /// assert_eq!(x.sum_over([0]).eval()?, Array::from([4.0, 6.0]));
    /// assert_eq!(x.reduce().over([-1]).keepdims().sum().eval()?, Array::from([[3.0], [7.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Sum, fn sum, fn sum_over, Notation::Call("Sum")
}

impl Reducing for Sum {
    const SIGN: Sign = Sign::Of(&[0]);

    const WIDENS: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(operand.to_sum())
    }
}

impl Primitive for Sum {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        combine(axes, [operand, accumulator(result), result], [0, 0], &|b, x, y| b.add(x, y))
    }

    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        Some(spread(graph, axes, vjp.cotangent, vjp.operands[0]))
    }
}
