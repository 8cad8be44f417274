//! `pin`: the operand itself, which no rule looks through: what a gradient is taken by.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// A value that rewrites leave alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pin {}

attributes!(Pin, "pin");

impl Pin {
    pub(crate) fn sample() -> Pin {
        Pin {}
    }
}

impl Operation for Pin {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the operand itself, which no rule looks through: what a gradient is taken by."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Transparent
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        Ok(operands[0].ty.clone())
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::View(View { operand: 0, axes: (0..operands[0].ty.rank()).map(Affine::axis).collect() })
    }

    fn gradient(&self, _: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(vjp.cotangent)]
    }

    fn lift(&self, _: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        operands[0]
    }
}
