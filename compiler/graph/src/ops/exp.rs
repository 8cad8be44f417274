//! `exp`: e^x.

use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};
use crate::scalar::{Builder, Element, MathFn};

elementwise!(Exp, "exp", 1, Notation::Call("exp"), "e^x.");

impl Elementwise for Exp {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("exp", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(x[0].dtype, b.math(MathFn::Exp, x[0].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(graph.mul_node(vjp.cotangent, vjp.result))]
    }
}
