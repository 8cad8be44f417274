//! `cumsum`: running sums along an axis; floats are summed in at least `f64`, and each result is rounded
//! once.

use crate::graph::{Graph, NodeId};
use crate::ops::Vjp;
use crate::ops::running::{Running, running};

running! {
    /// Running sums along an axis, in the elements' type; floats are summed in at least `f64`, and each
    /// result is rounded once. Integers wrap, `bool` is or. A negative axis counts from the last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.cumsum(-1).eval()?, Array::from([[1, 3, 6], [4, 9, 15]]));
    /// assert_eq!(x.along(0).reverse().cumsum().eval()?, Array::from([[5, 7, 9], [4, 5, 6]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Cumsum, fn cumsum
}

impl Cumsum {
    fn running() -> Running<'static> {
        Running { start: 0.0, first: &|_, x| x[0], step: &|b, sum, x| b.add(sum, x[0]) }
    }

    /// Each element is in the sums at its own place and beyond: their cotangents' sum from the other end.
    fn gradient(self, graph: &mut Graph, vjp: &Vjp<'_>) -> NodeId {
        graph.op_node(Cumsum { reverse: !self.reverse, ..self }, &[vjp.cotangent])
    }
}
