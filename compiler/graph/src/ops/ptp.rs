//! `ptp`: peak to peak, the greatest element less the least.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::infer::{Reason, TypeError};
use crate::ops::reduction::{Composite, Reducing, ordered, reduction};
use crate::ops::{Max, Min, Notation};

reduction! {
    /// Peak to peak: the greatest element less the least, in the elements' type; integers wrap. An empty axis
    /// is an error.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 4.0], [3.0, 2.0]]);
    /// assert_eq!(x.ptp().eval()?, Array::from(3.0));
    /// assert_eq!(x.ptp_over([1]).eval()?, Array::from([3.0, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Composite Ptp, fn ptp, fn ptp_over, Notation::Call("ptp")
}

impl Reducing for Ptp {
    const NONEMPTY: bool = true;

    fn dtype(operand: DType) -> Result<DType, TypeError> {
        if operand == DType::Bool {
            return Err(TypeError::new(
                Reason::ElementType { dtype: operand },
                "ptp of {0}, whose elements are bool: they have no difference",
                "cast to an integer type first",
            ));
        }
        ordered("ptp", operand)
    }
}

impl Composite for Ptp {
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId {
        let greatest = graph.op_node(Max { axes: self.axes.clone() }, &[operand]);
        let least = graph.op_node(Min { axes: self.axes.clone() }, &[operand]);
        graph.minus(greatest, least)
    }
}
