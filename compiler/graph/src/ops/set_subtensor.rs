//! `set_subtensor`: the first operand with the elements that a subtensor selects replaced by the second
//! operand's.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::kernel::{Coordinate, Kernel, Scatter};
use crate::ops::{Notation, Operation, Subtensor, Vjp, Zero, attributes, elementwise};
use crate::ty::TensorType;

/// A tensor with some elements replaced; the attributes are those of [`Subtensor`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetSubtensor {
    /// For each axis the first index that may be selected.
    pub starts: Vec<Dim>,
    /// For each axis the index after the last that may be selected.
    pub stops: Vec<Dim>,
    /// For each axis the step; 0 selects the index `start` alone.
    pub steps: Vec<i64>,
}

attributes!(SetSubtensor, "set_subtensor", starts, stops, steps);

impl Operation for SetSubtensor {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the first operand with the elements that a subtensor selects replaced by the second operand's."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("SetSubtensor")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        infer(&self.place(), operands, constraints)
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        kernel(&self.place(), false)
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let values = graph.ty(vjp.operands[1]).clone();
        let zero = graph.op_node(Zero { dtype: values.dtype, shape: values.shape }, &[]);
        let kept = graph.op_node(self.clone(), &[vjp.cotangent, zero]);
        vec![Some(kept), Some(graph.op_node(self.place(), &[vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let stretched = stretch(graph, operands, batched, lead);
        graph.op_node(SetSubtensor::at(self.place().lifted(lead)), &stretched)
    }
}

impl SetSubtensor {
    pub(crate) fn sample() -> SetSubtensor {
        let all = Subtensor { starts: vec![Dim::Const(0)], stops: vec![Dim::Const(2)], steps: vec![1] };
        SetSubtensor::at(all)
    }

    /// Replaces what a subtensor selects.
    pub(crate) fn at(place: Subtensor) -> SetSubtensor {
        SetSubtensor { starts: place.starts, stops: place.stops, steps: place.steps }
    }

    fn place(&self) -> Subtensor {
        Subtensor { starts: self.starts.clone(), stops: self.stops.clone(), steps: self.steps.clone() }
    }
}

/// The type of a tensor with the elements of a subtensor replaced or added to.
pub(super) fn infer(
    place: &Subtensor,
    operands: &[Operand<'_>],
    constraints: &mut Constraints<'_>,
) -> Result<TensorType, TypeError> {
    let (ty, values) = (operands[0].ty, operands[1].ty);
    let shape = place.shape(&ty.shape, constraints)?;
    if values.dtype != ty.dtype || values.rank() != shape.len() {
        return Err(TypeError::new(
            Reason::part((ty.dtype, shape.len()), 1, values),
            format!(
                "{{1}} cannot stand in a part of {{0}}, which has {} axes and the element type {}",
                shape.len(),
                ty.dtype
            ),
            "cast or reshape it to the part's type",
        ));
    }
    // The axes of the tensor that the selection keeps, to name them in messages.
    let kept = (0..ty.rank()).filter(|axis| place.steps[*axis] != 0);
    for (axis, (own, selected)) in kept.zip(shape.iter().enumerate()) {
        let places = (AxisOf { operand: 1, axis: own }, AxisOf { operand: 0, axis });
        constraints.equal(&values.shape[own], places.0, selected, places.1)?;
    }
    Ok(ty.clone())
}

pub(super) fn kernel(place: &Subtensor, add: bool) -> Kernel {
    let places = place.places();
    let coordinates = places.into_iter().map(Coordinate::Affine).collect();
    Kernel::Scatter(Scatter { coordinates, along: vec![], add })
}

/// The operands, each with the leading axis.
pub(super) fn stretch(graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> Vec<NodeId> {
    let one = |(operand, batched): (&NodeId, &bool)| match batched {
        true => *operand,
        false => elementwise::stretch(graph, *operand, lead),
    };
    operands.iter().zip(batched).map(one).collect()
}
