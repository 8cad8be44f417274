//! `neg`: -x; integers wrap.

use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};
use crate::scalar::{Builder, Element};

elementwise!(Neg, "neg", 1, Notation::Prefix("-"), "-x; integers wrap.");

impl Elementwise for Neg {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::not_bool("-", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.neg(x[0])
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(graph.neg_node(vjp.cotangent))]
    }
}
