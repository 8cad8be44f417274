//! `sgn`: -1, 0 or 1 by the sign; of complex numbers z / |z|.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Abs, Real, Notation, Vjp};

elementwise! {
    /// -1 below 0, 0 at zeros, 1 above, NaN of NaN; of complex numbers z / |z|, and 0 at 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-3.0, -0.0, 5.0]).sgn();
    /// assert_eq!(y.eval()?, Array::from([-1.0, 0.0, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Sgn, fn sgn(x), Notation::Call("sgn")
}

impl Elementwise for Sgn {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::not_bool("sgn", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.sign(x[0])
    }

    /// The part of g along the circle: (g - s Re(conj(s) g)) / |z|, where s = z / |z|.
    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let z = vjp.operands[0];
        if !graph.ty(z).dtype.is_complex() {
            return vec![None];
        }
        let mirrored = graph.conj(vjp.result);
        let product = graph.times(mirrored, vjp.cotangent);
        let along = graph.op_node(Real {}, &[product]);
        let along = graph.times(vjp.result, along);
        let across = graph.minus(vjp.cotangent, along);
        let length = graph.op_node(Abs {}, &[z]);
        let turned = graph.over(across, length);
        let moves = graph.is_positive(length);
        vec![Some(graph.only_where(moves, turned))]
    }
}
