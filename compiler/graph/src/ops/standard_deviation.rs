//! `std`: the standard deviation over axes.

use tgc_scalar::dtype::DType;

use crate::builder::{Reduce, Tensor};
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::reduction::{Composite, Reducing, reduction, to_inexact};
use crate::ops::var::{centred, divisor};
use crate::ops::{Norm, Notation, Real, Sqrt};

reduction! {
    /// The standard deviation: the norm of the deviations, divided by the root of their number; of integers
    /// in `f64`, NaN when empty. Exactly 0 where all elements are equal and, of `f64`, their sum is finite,
    /// and there the gradient is 0.
    ///
    /// The variance may overflow or vanish; deviations are elements of the type too, and must be in its
    /// range.
    /// [`std_ddof`](crate::builder::Reduce::std_ddof) divides by fewer than the number of elements.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1.0, 2.0, 3.0, 4.0, 5.0]);
    /// assert_eq!(x.std().eval()?, Array::from(1.4142135623730951));
    /// assert_eq!(x.reduce().std_ddof(1).eval()?, Array::from(2.5f64.sqrt()));
    /// # Ok::<(), EvalError>(())
    /// ```
    Composite Std {
        /// By how much the divisor is less than the number of elements: delta degrees of freedom.
        ddof: i64 = 0
    }, fn std, fn std_over, Notation::Call("std")
}

impl<'m> Reduce<'m> {
    /// [`Tensor::std`] with a divisor that is less than the number of elements by this many, but not less
    /// than 0.
    #[track_caller]
    pub fn std_ddof(self, ddof: i64) -> Tensor<'m> {
        self.apply(|axes| Std { axes, ddof })
    }
}

impl Reducing for Std {
    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(to_inexact(operand).to_real())
    }
}

impl Composite for Std {
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId {
        let deviations = centred(graph, &self.axes, operand);
        let norm = graph.op_node(Norm { axes: self.axes.clone() }, &[deviations]);
        let is_complex = graph.ty(deviations).dtype.is_complex();
        let real = if is_complex { graph.op_node(Real {}, &[deviations]) } else { deviations };
        let divisor = divisor(graph, &self.axes, self.ddof, real);
        let divisor = graph.op_node(Sqrt {}, &[divisor]);
        let value = graph.over(norm, divisor);
        graph.cast(value, to_inexact(graph.ty(operand).dtype).to_real())
    }
}
