//! `pow`: x to the power of y.

use tgc_scalar::dtype::{DType, promote};
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{And, Eq, Log, Notation, Op, Real, Vjp};

elementwise! {
    /// x to the power of y, with the special cases of C: 0 ** 0 and 1 ** y are 1, a negative number to a
    /// power that is no integer is NaN. Integers wrap, and to a negative power give 0. Of complex numbers
    /// e^(y log x), within 4 ULP of the result's magnitude while |y log x| is below 2^42 (c128) or 2^23
    /// (c64); 0 ** y is 0 if y has a positive real part.
    ///
    /// By x the gradient at 0 is y * 0^(y-1); by y it is 0 there, if y is positive.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([3.0, 0.0]);
    /// assert_eq!(x.pow(2).eval()?, Array::from([9.0, 0.0]));
    /// assert_eq!(pp(x.pow(2)), "(TensorConstant{[3.0 0.0]} ** TensorConstant{2})");
    /// assert_eq!(m.constant([7i8, 2]).pow(-1).eval()?, Array::from([0i8, 0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Pow, fn pow(x, y), Notation::Infix("**")
}

impl Elementwise for Pow {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::not_bool("**", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.power(x[0], x[1])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [x, y] = [vjp.operands[0], vjp.operands[1]];
        let differentiable = |graph: &Graph, id| graph.ty(id).dtype.is_differentiable();
        let by_x = differentiable(graph, x).then(|| by_base(graph, vjp));
        let by_y = differentiable(graph, y).then(|| by_exponent(graph, vjp));
        vec![by_x.flatten(), by_y]
    }
}

/// (g y) x^(y-1), and nothing where y is 0, which x = 0 would make NaN of.
fn by_base(graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
    let [x, y] = [vjp.operands[0], vjp.operands[1]];
    let known = if let Op::Constant(constant) = graph.op(y) { constant.as_f64() } else { None };
    if known == Some(0.0) {
        return None;
    }
    let result = graph.ty(vjp.result).dtype;
    // Truth values have no difference.
    let y = if graph.ty(y).dtype == DType::Bool { graph.cast(y, result) } else { y };
    let (dtype, rank) = (graph.ty(y).dtype, graph.ty(y).rank());
    let one = graph.splat(dtype, rank, 1.0);
    let less = graph.minus(y, one);
    // A literal has no width of its own, but its difference from 1 has.
    let keeps = promote((graph.ty(x).dtype, false), (dtype, false)) == result;
    let less = if keeps { less } else { graph.cast(less, result) };
    let power = graph.op_node(Pow {}, &[x, less]);
    let (factor, power) = (graph.conj(y), graph.conj(power));
    let scaled = graph.times(vjp.cotangent, factor);
    let slope = graph.times(scaled, power);
    if known.is_some() {
        return Some(slope);
    }
    let zero = graph.splat(dtype, rank, 0.0);
    let is_zero = graph.op_node(Eq {}, &[y, zero]);
    Some(graph.unless(is_zero, slope))
}

/// g x^y log x, and nothing where x is 0 and y positive.
fn by_exponent(graph: &mut Graph, vjp: &Vjp<'_>) -> NodeId {
    let [x, y] = [vjp.operands[0], vjp.operands[1]];
    let log = graph.op_node(Log {}, &[x]);
    let slope = graph.times(vjp.result, log);
    let slope = graph.conj(slope);
    let slope = graph.times(vjp.cotangent, slope);
    let zero = graph.splat(graph.ty(x).dtype, graph.ty(x).rank(), 0.0);
    let is_zero = graph.op_node(Eq {}, &[x, zero]);
    let y = if graph.ty(y).dtype.is_complex() { graph.op_node(Real {}, &[y]) } else { y };
    let grows = graph.is_positive(y);
    let vanishes = graph.op_node(And {}, &[is_zero, grows]);
    graph.unless(vanishes, slope)
}
