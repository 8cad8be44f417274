//! `inc_subtensor`: the first operand with the second operand added to the elements that a subtensor selects.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Subtensor, Vjp, attributes, set_subtensor};
use crate::ty::TensorType;

/// A tensor with some elements added to; the attributes are those of [`Subtensor`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IncSubtensor {
    /// For each axis the first index that may be selected.
    pub starts: Vec<Dim>,
    /// For each axis the index after the last that may be selected.
    pub stops: Vec<Dim>,
    /// For each axis the step; 0 selects the index `start` alone.
    pub steps: Vec<i64>,
}

attributes!(IncSubtensor, "inc_subtensor", starts, stops, steps);

impl Operation for IncSubtensor {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the first operand with the second operand added to the elements that a subtensor selects."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("IncSubtensor")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        set_subtensor::infer(&self.place(), operands, constraints)
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        set_subtensor::kernel(&self.place(), true)
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![Some(vjp.cotangent), Some(graph.op_node(self.place(), &[vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let stretched = set_subtensor::stretch(graph, operands, batched, lead);
        graph.op_node(IncSubtensor::at(self.place().lifted(lead)), &stretched)
    }
}

impl IncSubtensor {
    pub(crate) fn sample() -> IncSubtensor {
        let all = Subtensor { starts: vec![Dim::Const(0)], stops: vec![Dim::Const(2)], steps: vec![1] };
        IncSubtensor::at(all)
    }

    /// Adds to what a subtensor selects.
    pub(crate) fn at(place: Subtensor) -> IncSubtensor {
        IncSubtensor { starts: place.starts, stops: place.stops, steps: place.steps }
    }

    fn place(&self) -> Subtensor {
        Subtensor { starts: self.starts.clone(), stops: self.stops.clone(), steps: self.steps.clone() }
    }
}
