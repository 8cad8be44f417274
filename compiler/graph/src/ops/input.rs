//! `input`: an argument of the function.

use std::sync::Arc;

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Equations, Operand, TypeError};
use crate::kernel::{Kernel, Leaf};
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// A leaf: an argument of the function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// The name, unique in the model.
    pub name: Arc<str>,
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<Dim>,
}

attributes!(Input, "input", name, dtype, shape);

impl Input {
    pub(crate) fn sample() -> Input {
        Input { name: "x".into(), dtype: DType::F32, shape: vec![Dim::Const(2)] }
    }
}

impl Operation for Input {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "an argument of the function."
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
        Kernel::Leaf(Leaf::Input(self.name.clone()))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![]
    }

    fn lift(&self, graph: &mut Graph, _: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        let value = graph.op_node(self.clone(), &[]);
        elementwise::stretch(graph, value, lead)
    }
}
