//! `prod`: the product over axes; integers are multiplied in 64 bits, floats in at least `f64` and rounded
//! once.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::reduction::{Primitive, Reducing, accumulator, bits, combine, reduction};
use crate::ops::{Cumprod, Notation, Vjp};

reduction! {
    /// The product of the elements; integers are multiplied in 64 bits, floats in at least `f64` and rounded
    /// once.
    ///
    /// The gradient is exact whatever the number of zeros, and can be differentiated again.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0], [3.0, 0.0]]);
    /// assert_eq!(x.prod_over([1]).eval()?, Array::from([2.0, 0.0]));
    /// assert_eq!(grad(x.prod(), x).eval()?, Array::from([[0.0, 0.0], [0.0, 6.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Prod, fn prod, fn prod_over, Notation::Call("Prod")
}

impl Reducing for Prod {
    const WIDENS: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(operand.to_sum())
    }
}

impl Primitive for Prod {
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        let wide = accumulator(result);
        combine(axes, [operand, wide, result], bits(wide, 1.0), &|b, x, y| b.mul(x, y))
    }

    /// The cotangent times the product of all other elements. Axes are multiplied one after another, and
    /// along each of them the others' product is that of all before times that of all after.
    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        let dtype = graph.ty(vjp.operands[0]).dtype;
        // A product of some elements can leave the range that the whole product is in.
        let wide = accumulator(dtype);
        let mut factors = vec![graph.cast(vjp.operands[0], wide)];
        for &axis in axes.iter().skip(1).rev() {
            let inner = factors[factors.len() - 1];
            factors.push(graph.op_node(Prod { axes: vec![axis] }, &[inner]));
        }
        let mut gradient = graph.cast(vjp.cotangent, wide);
        for (&axis, &factor) in axes.iter().zip(factors.iter().rev()) {
            let cotangent = graph.expand_dims(gradient, axis);
            let [before, after] = [false, true]
                .map(|reverse| graph.op_node(Cumprod { axis, reverse, exclusive: true }, &[factor]));
            let others = graph.times(before, after);
            let others = graph.conj(others);
            gradient = graph.times(cotangent, others);
        }
        Some(graph.cast(gradient, dtype))
    }
}
