//! `mul`: x * y; integers wrap, `bool` is and.

use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};
use crate::scalar::{Builder, Element};

elementwise!(Mul, "mul", 2, Notation::Infix("*"), "x * y; integers wrap, `bool` is and.");

impl Elementwise for Mul {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::any(common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.mul(x[0], x[1])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [x, y] = [vjp.operands[0], vjp.operands[1]];
        vec![Some(graph.mul_node(vjp.cotangent, y)), Some(graph.mul_node(vjp.cotangent, x))]
    }
}
