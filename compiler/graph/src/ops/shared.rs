//! `shared`: a shared variable: state that lives between calls.

use std::sync::Arc;

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Equations, Operand, TypeError};
use crate::kernel::{Kernel, Leaf};
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// A leaf: a shared variable: state that lives between calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shared {
    /// The name, unique in the model.
    pub name: Arc<str>,
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<Dim>,
}

attributes!(Shared, "shared", name, dtype, shape);

impl Shared {
    pub(crate) fn sample() -> Shared {
        Shared { name: "x".into(), dtype: DType::F32, shape: vec![Dim::Const(2)] }
    }
}

impl Operation for Shared {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "a shared variable: state that lives between calls."
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
        Ok(TensorType::new(self.dtype, self.shape.clone()))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Leaf(Leaf::Shared(self.name.clone()))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![]
    }

    fn lift(&self, graph: &mut Graph, _: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        let value = graph.op_node(self.clone(), &[]);
        elementwise::stretch(graph, value, lead)
    }
}
