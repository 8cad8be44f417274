//! `gt`: x > y as `bool`; false if either is NaN.

use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{Elementwise, elementwise};
use crate::ops::{Notation, Vjp};
use crate::scalar::{Builder, Element, Predicate};

elementwise!(Gt, "gt", 2, Notation::Call("gt"), "x > y as `bool`; false if either is NaN.");

impl Elementwise for Gt {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        if common.is_complex() {
            return Err(TypeError::new("complex elements {0} and {1} have no order", "compare real tensors"));
        }
        Ok((common, DType::Bool))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        Element::real(DType::Bool, b.compare(Predicate::Gt, x[0].re(), x[1].re()))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let _ = (graph, vjp);
        vec![None, None]
    }
}
