//! What all leaves share: no operands, so nothing to differentiate, and lifting stretches the value.

use crate::infer::TypeError;
use crate::kernel::Leaf;
use crate::ty::TensorType;

/// A value that exists before the call.
pub trait LeafOperation {
    /// Its type.
    ///
    /// # Errors
    ///
    /// If the attributes do not make one.
    fn ty(&self) -> Result<TensorType, TypeError>;

    /// What it is to lowering and evaluation.
    fn leaf(&self) -> Leaf;
}

/// Implements [`Operation`](crate::ops::Operation) for a struct that is a [`LeafOperation`].
///
/// `leaf_operation!(Zero, "the zero that a gradient made.")` gives `Zero` that documentation, arity 0, and
/// everything else from [`LeafOperation`] and its attributes.
macro_rules! leaf_operation {
    ($name:ident, $doc:literal) => {
        impl crate::ops::Operation for $name {
            fn name(&self) -> &'static str {
                Self::NAME
            }
            fn doc(&self) -> &'static str {
                $doc
            }
            fn arity(&self) -> usize {
                0
            }
            fn attributes(&self) -> Vec<(&'static str, crate::attribute::Attribute)> {
                self.attribute_list()
            }
            fn notation(&self) -> crate::ops::Notation {
                crate::ops::Notation::Leaf
            }
            fn infer(
                &self,
                _: &[crate::infer::Operand<'_>],
                constraints: &mut crate::infer::Constraints<'_>,
            ) -> Result<crate::ty::TensorType, crate::infer::TypeError> {
                let ty = crate::ops::leaf::LeafOperation::ty(self)?;
                constraints.exist(&ty.shape)?;
                Ok(ty)
            }
            fn kernel(
                &self,
                _: &[crate::infer::Operand<'_>],
                _: &crate::ty::TensorType,
            ) -> crate::kernel::Kernel {
                crate::kernel::Kernel::Leaf(crate::ops::leaf::LeafOperation::leaf(self))
            }
            fn gradient(
                &self,
                _: &mut crate::graph::Graph,
                _: &crate::ops::Vjp<'_>,
            ) -> Vec<Option<crate::graph::NodeId>> {
                vec![]
            }
            fn lift(
                &self,
                graph: &mut crate::graph::Graph,
                _: &[crate::graph::NodeId],
                _: &[bool],
                lead: &crate::dim::Dim,
            ) -> crate::graph::NodeId {
                let value = graph.op_node(self.clone(), &[]);
                crate::ops::elementwise::stretch(graph, value, lead)
            }
        }
    };
}
pub(crate) use leaf_operation;
