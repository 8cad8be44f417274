//! `clip`: x between two bounds.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::literal::Role;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{maximum, minimum, Gt, Lt, Minimum, Notation, Vjp};

elementwise! {
    /// x, raised to the lower bound or lowered to the upper one: maximum(minimum(x, upper), lower); lower if
    /// that is above upper, and NaN if one of the three is.
    ///
    /// The gradient goes to x between the bounds and on them, else to the bound.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([-1.0, 0.5, 2.0]).clip(0.0, 1.0);
    /// assert_eq!(y.eval()?, Array::from([0.0, 0.5, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Clip, fn clip(x, lower, upper), Notation::Call("clip")
}

impl Elementwise for Clip {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("clip", common)
    }

    fn role(operand: usize) -> Role {
        [Role::Value, Role::Lower, Role::Upper][operand]
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let capped = minimum::lesser(b, x[0].re(), x[2].re());
        Element::real(x[0].dtype, maximum::greater(b, capped, x[1].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [x, lower, upper] = [vjp.operands[0], vjp.operands[1], vjp.operands[2]];
        let capped = graph.op_node(Minimum {}, &[x, upper]);
        let below = graph.op_node(Lt {}, &[capped, lower]);
        let above = graph.op_node(Gt {}, &[x, upper]);
        let rest = graph.unless(below, vjp.cotangent);
        vec![
            Some(graph.unless(above, rest)),
            Some(graph.only_where(below, vjp.cotangent)),
            Some(graph.only_where(above, rest)),
        ]
    }
}
