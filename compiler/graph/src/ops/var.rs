//! `var`: the variance over axes, by the corrected two-pass algorithm.
//!
//! T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
//! recommendations", The American Statistician 37(3), 1983, pp. 242-247. Their correction is applied to the
//! deviations instead of to the sum of their squares: that cannot give a negative variance, and equal
//! elements give exactly 0, because their deviations are all the same small multiple of a unit in the last
//! place.

use tgc_scalar::dtype::DType;

use crate::builder::{Reduce, Tensor};
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::mean::{count, mean};
use crate::ops::reduction::{Composite, Reducing, keep, reduction, to_inexact};
use crate::ops::{ConsiderConstant, Imag, Maximum, Notation, Real, Sqr, Sum};

reduction! {
    /// The variance: the mean square of the magnitudes of deviations from the mean; of integers in `f64`, NaN
    /// when empty. Exactly 0 where all elements are equal and, of `f64`, their sum is finite.
    ///
    /// Deviations are elements of the type too, and must be in its range.
    /// [`var_ddof`](crate::builder::Reduce::var_ddof) divides by fewer than the number of elements.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0, 3.0], [0.1, 0.1, 0.1]]);
    /// assert_eq!(x.var_over([1]).eval()?, Array::from([2.0 / 3.0, 0.0]));
    /// assert_eq!(x.reduce().over([1]).var_ddof(1).eval()?, Array::from([1.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Composite Var {
        /// By how much the divisor is less than the number of elements: delta degrees of freedom.
        ddof: i64 = 0
    }, fn var, fn var_over, Notation::Call("var")
}

impl<'m> Reduce<'m> {
    /// [`Tensor::var`] with a divisor that is less than the number of elements by this many, but not less
    /// than 0: 1 for the unbiased estimate from a sample.
    #[track_caller]
    pub fn var_ddof(self, ddof: i64) -> Tensor<'m> {
        self.apply(|axes| Var { axes, ddof })
    }
}

impl Reducing for Var {
    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(to_inexact(operand).to_real())
    }
}

impl Composite for Var {
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId {
        let deviations = centred(graph, &self.axes, operand);
        let squares = squares(graph, deviations);
        let sum = graph.op_node(Sum { axes: self.axes.clone() }, &[squares]);
        let divisor = divisor(graph, &self.axes, self.ddof, squares);
        let variance = graph.over(sum, divisor);
        graph.cast(variance, to_inexact(graph.ty(operand).dtype).to_real())
    }
}

/// The elements less their mean, in the type that is computed in.
pub(super) fn centred(graph: &mut Graph, axes: &[usize], operand: NodeId) -> NodeId {
    let dtype = to_inexact(graph.ty(operand).dtype);
    let x = graph.cast(operand, dtype.to_computed());
    deviations(graph, axes, x)
}

/// The squares of elements' magnitudes.
fn squares(graph: &mut Graph, x: NodeId) -> NodeId {
    if !graph.ty(x).dtype.is_complex() {
        return graph.op_node(Sqr {}, &[x]);
    }
    let parts = [graph.op_node(Real {}, &[x]), graph.op_node(Imag {}, &[x])];
    let [re, im] = parts.map(|part| graph.op_node(Sqr {}, &[part]));
    graph.plus(re, im)
}

/// The elements less their mean, and less the mean of that, which is the first mean's rounding error. It
/// would be 0 but for rounding, and so is its gradient.
fn deviations(graph: &mut Graph, axes: &[usize], x: NodeId) -> NodeId {
    let about = |graph: &mut Graph, x: NodeId, centre: NodeId| {
        let centre = keep(graph, axes, centre);
        graph.minus(x, centre)
    };
    let centre = mean(graph, axes, x);
    let rough = about(graph, x, centre);
    let error = mean(graph, axes, rough);
    let error = graph.op_node(ConsiderConstant {}, &[error]);
    about(graph, rough, error)
}

/// The number of elements of a real tensor less `ddof`, at least 0.
pub(super) fn divisor(graph: &mut Graph, axes: &[usize], ddof: i64, x: NodeId) -> NodeId {
    let count = count(graph, axes, x);
    if ddof == 0 {
        return count;
    }
    let ty = graph.ty(count).clone();
    let ddof = graph.splat(ty.dtype, ty.rank(), ddof as f64);
    let zero = graph.splat(ty.dtype, ty.rank(), 0.0);
    let divisor = graph.minus(count, ddof);
    graph.op_node(Maximum {}, &[divisor, zero])
}
