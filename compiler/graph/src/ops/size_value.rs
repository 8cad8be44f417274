//! `size`: a size as a 0-d `i64`.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Equations, Operand, TypeError};
use crate::kernel::{Kernel, Leaf};
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// A leaf: a size as a 0-d `i64`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SizeValue {
    /// The size.
    pub size: Dim,
}

attributes!(SizeValue, "size", size);

impl SizeValue {
    pub(crate) fn sample() -> SizeValue {
        SizeValue { size: Dim::Const(2) }
    }
}

impl Operation for SizeValue {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "a size as a 0-d `i64`."
    }

    fn arity(&self) -> usize {
        0
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Leaf
    }

    fn infer(&self, _: &[Operand<'_>], _: &mut Equations) -> Result<TensorType, TypeError> {
        Ok(TensorType::scalar(DType::I64))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Leaf(Leaf::Size(self.size.clone()))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![]
    }

    fn lift(&self, graph: &mut Graph, _: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        let value = graph.op_node(self.clone(), &[]);
        elementwise::stretch(graph, value, lead)
    }
}
