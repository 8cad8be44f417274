//! `cumprod`: running products along an axis, with gradients that are exact where elements are zero.

use crate::graph::{Graph, NodeId};
use crate::ops::reduction::accumulator;
use crate::ops::running::{Running, running};
use crate::ops::{Recurrence, Vjp};

running! {
    /// Running products along an axis, in the elements' type; floats are multiplied in at least `f64`, and
    /// each result is rounded once. Integers wrap, `bool` is and. A negative axis counts from the last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([2.0, 0.0, 4.0]);
    /// assert_eq!(x.cumprod(0).eval()?, Array::from([2.0, 0.0, 0.0]));
    /// assert_eq!(x.along(0).exclusive().cumprod().eval()?, Array::from([1.0, 2.0, 0.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Cumprod, fn cumprod
}

impl Cumprod {
    fn running() -> Running<'static> {
        Running { start: 1.0, first: &|_, x| x[0], step: &|b, product, x| b.mul(product, x[0]) }
    }

    /// The product of the elements before, e_k, times what reaches the place from beyond, without a division:
    ///
    /// ∂c/∂x_k = e_k (g_k + x_{k+1} (g_{k+1} + x_{k+2} (…))), and without the first g_k and x_{k+1} where the
    /// reduction is exclusive. What is beyond is a recurrence from the other end that leaves its own place
    /// out.
    fn gradient(self, graph: &mut Graph, vjp: &Vjp<'_>) -> NodeId {
        let dtype = graph.ty(vjp.operands[0]).dtype;
        // A product of some elements can leave the range that the whole product is in.
        let wide = accumulator(dtype);
        let (x, g) = (graph.cast(vjp.operands[0], wide), graph.cast(vjp.cotangent, wide));
        let x = graph.conj(x);
        let before = graph.op_node(Cumprod { exclusive: true, ..self }, &[x]);
        let back = Recurrence { axis: self.axis, reverse: !self.reverse, exclusive: true };
        let reaching = if self.exclusive {
            graph.op_node(back, &[x, g])
        } else {
            let weighted = graph.times(x, g);
            let beyond = graph.op_node(back, &[x, weighted]);
            graph.plus(g, beyond)
        };
        let gradient = graph.times(before, reaching);
        graph.cast(gradient, dtype)
    }
}
