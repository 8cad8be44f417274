//! `jacobian`: the gradients of all elements of the first operand by the second.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::{MAX_RANK, TensorType};

/// The gradients of all elements of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Jacobian {}

attributes!(Jacobian, "jacobian");

impl Jacobian {
    pub(crate) fn sample() -> Jacobian {
        Jacobian {}
    }
}

impl Operation for Jacobian {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "The gradients of all elements of the first operand by the second: axes of the first, then of the second."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("jacobian")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let (value, wrt) = (operands[0].ty, operands[1].ty);
        if let Some(odd) = operands.iter().position(|o| !o.ty.dtype.is_float()) {
            return Err(TypeError::new(
                Reason::ElementType { dtype: operands[odd].ty.dtype },
                format!("the Jacobian of {{0}} by {{1}} needs real floating-point elements, which {{{odd}}} has not"),
                "take it of and by tensors of f16, bf16, f32 or f64",
            ));
        }
        if value.rank() + wrt.rank() > MAX_RANK {
            return Err(TypeError::new(
                Reason::Limit { most: MAX_RANK, has: value.rank() + wrt.rank() },
                format!("the Jacobian of {{0}} by {{1}} would have {} axes", value.rank() + wrt.rank()),
                format!("{MAX_RANK} is the most; merge some of theirs with reshape"),
            ));
        }
        Ok(TensorType::new(wrt.dtype, [value.shape.clone(), wrt.shape.clone()].concat()))
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
