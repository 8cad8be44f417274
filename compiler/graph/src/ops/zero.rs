//! `zero`: the zero that a gradient made: exact, so that sums and products with it vanish.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Equations, Operand, TypeError};
use crate::kernel::{Kernel, Leaf};
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// A leaf: the zero that a gradient made: exact, so that sums and products with it vanish.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Zero {
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<Dim>,
}

attributes!(Zero, "zero", dtype, shape);

impl Zero {
    pub(crate) fn sample() -> Zero {
        Zero { dtype: DType::F32, shape: vec![Dim::Const(2)] }
    }
}

impl Operation for Zero {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the zero that a gradient made: exact, so that sums and products with it vanish."
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
        Kernel::Leaf(Leaf::Splat([0, 0]))
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![]
    }

    fn lift(&self, graph: &mut Graph, _: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        let value = graph.op_node(self.clone(), &[]);
        elementwise::stretch(graph, value, lead)
    }
}
