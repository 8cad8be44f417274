//! `norm`: the Euclidean norm over axes; norms of other orders are written with other reductions.

use crate::builder::{Reduce, Tensor};
use tgc_scalar::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::reduction::{Composite, Reducing, accumulator, reduction, to_inexact};
use crate::ops::{self, Imag, Notation, Real, Sqr, Sqrt, Sum};

reduction! {
    /// The Euclidean norm: the square root of the sum of the magnitudes' squares, which are formed in at least `f64`; of
    /// integers in `f64`.
    ///
    /// The gradient is x / norm, and 0 where the norm is 0. [`norm_ord`](crate::builder::Reduce::norm_ord) has other orders.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[3.0, -4.0], [0.0, 0.0]]);
    /// assert_eq!(x.norm().eval()?, Array::from(5.0));
    /// let y = m.constant([[0.0, -2.0], [0.0, 0.0]]);
    /// assert_eq!(grad(y.norm_over([1]).sum(), y).eval()?, Array::from([[0.0, -1.0], [0.0, 0.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Composite Norm, fn norm, fn norm_over, Notation::Call("norm")
}

impl<'m> Reduce<'m> {
    /// The norm of an order p, (Σ |x|^p)^(1/p): 1 is the sum of absolute values, 2 [`Tensor::norm`], an infinity the
    /// greatest absolute value, minus infinity the least, and 0 counts the elements that are not 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([3.0, -4.0, 0.0]);
    /// assert_eq!(x.reduce().norm_ord(1.0).eval()?, Array::from(7.0));
    /// assert_eq!(x.reduce().norm_ord(f64::INFINITY).eval()?, Array::from(4.0));
    /// assert_eq!(x.reduce().norm_ord(0.0).eval()?, Array::from(2.0));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn norm_ord(self, ord: f64) -> Tensor<'m> {
        if ord == 2.0 {
            return self.norm();
        }
        let x = self.elements();
        let dtype = x.ty().map_or(DType::F64, |ty| to_inexact(ty.dtype));
        let magnitudes = if dtype.is_complex() { x.abs() } else { x.cast(dtype).abs() };
        match ord {
            0.0 => self.of(magnitudes.neq(0.0).cast(dtype.to_real())).sum(),
            1.0 => self.of(magnitudes).sum(),
            f64::INFINITY => self.of(magnitudes).max(),
            f64::NEG_INFINITY => self.of(magnitudes).min(),
            ord => self.of(magnitudes.pow(ord)).sum().pow(1.0 / ord),
        }
    }
}

impl Reducing for Norm {
    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(to_inexact(operand).to_real())
    }
}

impl Composite for Norm {
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId {
        let dtype = to_inexact(graph.ty(operand).dtype);
        let x = graph.cast(operand, accumulator(dtype));
        let squares = squares(graph, x);
        let sum = graph.op_node(Sum { axes: self.axes.clone() }, &[squares]);
        let norm = root(graph, sum);
        graph.cast(norm, dtype.to_real())
    }
}

/// The squares of elements' magnitudes.
pub(super) fn squares(graph: &mut Graph, x: NodeId) -> NodeId {
    if !graph.ty(x).dtype.is_complex() {
        return graph.op_node(Sqr {}, &[x]);
    }
    let parts = [graph.op_node(Real {}, &[x]), graph.op_node(Imag {}, &[x])];
    let [re, im] = parts.map(|part| graph.op_node(Sqr {}, &[part]));
    graph.add_node(re, im)
}

/// The square root of a sum of squares: where that is 0, so is the gradient by what was squared, though that of the
/// square root alone is infinite.
pub(super) fn root(graph: &mut Graph, sum: NodeId) -> NodeId {
    let (dtype, rank) = (graph.ty(sum).dtype, graph.ty(sum).rank());
    let [zero, one] = [0.0, 1.0].map(|value| graph.splat(dtype, rank, value));
    let vanishes = graph.op_node(ops::Eq {}, &[sum, zero]);
    let positive = graph.choose(vanishes, one, sum);
    let root = graph.op_node(Sqrt {}, &[positive]);
    graph.choose(vanishes, sum, root)
}
