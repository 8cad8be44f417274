//! `grad`: the gradient of the first operand, a real 0-d cost, by the second.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// The gradient of a cost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grad {}

attributes!(Grad, "grad");

impl Grad {
    pub(crate) fn sample() -> Grad {
        Grad {}
    }
}

impl Operation for Grad {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the gradient of the first operand, a real 0-d cost, by the second."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("grad")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let (cost, wrt) = (operands[0].ty, operands[1].ty);
        if cost.rank() != 0 || !cost.dtype.is_float() {
            let reason = match cost.rank() {
                0 => Reason::ElementType { dtype: cost.dtype },
                rank => Reason::Rank { operand: 0, rank },
            };
            return Err(TypeError::new(
                reason,
                "the cost {0} of a gradient is not a real 0-d tensor",
                "reduce it first, for instance with sum or mean",
            ));
        }
        if !wrt.dtype.is_differentiable() {
            return Err(TypeError::new(
                Reason::ElementType { dtype: wrt.dtype },
                "the gradient by {1}, whose elements are not floating point, is not defined",
                "differentiate by a tensor of real or complex floating point",
            ));
        }
        Ok(wrt.clone())
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Composite
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        unreachable!("invariant: inner gradients are expanded before outer ones")
    }

    fn lift(&self, _: &mut Graph, _: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        unreachable!("invariant: gradients are expanded before anything is lifted")
    }
}
