//! `scatter`: the data with the elements at the places that integer tensors name replaced; of several for one
//! place the last counts.

use tgc_scalar::dtype::DType;

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Eq, Gather, Iota, Notation, Operation, SizeValue, Vjp, Zero, attributes, elementwise, gather};
use crate::ty::TensorType;

/// The first operand with what [`Gather`] with these attributes selects, by the operands after it, replaced
/// by the last operand, which has its shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scatter {
    /// Number of leading axes that the data, the index and the updates share.
    pub batch: usize,
    /// The data's axes that are indexed, ascending.
    pub axes: Vec<usize>,
    /// The updates' axis where those of the index begin.
    pub at: usize,
}

attributes!(Scatter, "scatter", batch = Zero, axes, at);

impl Operation for Scatter {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the first operand with elements at the places that integer tensors name replaced; of several for one place \
         the last counts."
    }

    fn arity(&self) -> usize {
        2 + self.axes.len()
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Scatter")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        infer(&self.place(), operands, constraints)
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        kernel(&self.place(), operands, false)
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (updates, others) = vjp.operands.split_last().expect("invariant: scatters have their updates");
        let index = &others[1..];
        let ty = graph.ty(*updates).clone();
        let zero = graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape.clone() }, &[]);
        let operands: Vec<NodeId> = [&[vjp.cotangent], index, &[zero]].concat();
        let kept = graph.op_node(self.clone(), &operands);
        let mut read = graph.op_node(self.place(), &[&[vjp.cotangent], index].concat());
        if let Some(winners) = self.winners(graph, others[0], index, ty.rank()) {
            read = graph.only_where(winners, read);
        }
        let mut gradients = vec![None; vjp.operands.len()];
        gradients[0] = Some(kept);
        gradients[others.len()] = Some(read);
        gradients
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let operands = lifted(graph, operands, batched, lead);
        graph.op_node(Scatter::at(self.place().lifted()), &operands)
    }
}

impl Scatter {
    pub(crate) fn sample() -> Scatter {
        Scatter::at(Gather::sample())
    }

    /// Replaces what is gathered.
    pub(crate) fn at(place: Gather) -> Scatter {
        Scatter { batch: place.batch, axes: place.axes, at: place.at }
    }

    fn place(&self) -> Gather {
        Gather { batch: self.batch, axes: self.axes.clone(), at: self.at }
    }

    /// Which updates are the last for their place, for updates of this rank; `None` if there is but one.
    /// Found by scattering each update's position and reading which one stayed.
    fn winners(&self, graph: &mut Graph, data: NodeId, index: &[NodeId], rank: usize) -> Option<NodeId> {
        let place = self.place().of_indexed_axes();
        let axes = (0..self.batch).chain(self.axes.iter().copied());
        let shape = axes.map(|axis| graph.ty(data).shape[axis].clone()).collect();
        let owner = graph.op_node(Zero { dtype: DType::I64, shape }, &[]);
        let read = graph.op_node(place.clone(), &[&[owner], index].concat());
        let own = positions(graph, &graph.ty(read).shape.clone())?;
        let owner = graph.op_node(Scatter::at(place.clone()), &[&[owner], index, &[own]].concat());
        let owner = graph.op_node(place, &[&[owner], index].concat());
        let winners = graph.op_node(Eq {}, &[owner, own]);
        let mut axes = 0..graph.ty(winners).rank();
        let placed = self.at..self.at + axes.len() - self.batch;
        let order = (0..rank)
            .map(|axis| if axis < self.batch || placed.contains(&axis) { axes.next() } else { None })
            .collect();
        Some(graph.dimshuffle(winners, order))
    }
}

/// Each element's row-major position; `None` if there is one element.
fn positions(graph: &mut Graph, shape: &[Dim]) -> Option<NodeId> {
    let rank = shape.len();
    let mut sum: Option<NodeId> = None;
    for (axis, size) in shape.iter().enumerate().filter(|(_, size)| !size.is_one()) {
        let iota = graph.op_node(Iota { size: size.clone() }, &[]);
        let iota = graph.dimshuffle(iota, (0..rank).map(|i| (i == axis).then_some(0)).collect());
        sum = Some(match sum {
            None => iota,
            Some(before) => {
                let size = graph.op_node(SizeValue { size: size.clone() }, &[]);
                let size = graph.dimshuffle(size, vec![None; rank]);
                let scaled = graph.times(before, size);
                graph.plus(scaled, iota)
            }
        });
    }
    sum
}

/// The type of data with what is gathered from it replaced or added to.
pub(super) fn infer(
    place: &Gather,
    operands: &[Operand<'_>],
    constraints: &mut Constraints<'_>,
) -> Result<TensorType, TypeError> {
    let (data, last) = (operands[0].ty, operands.len() - 1);
    let updates = operands[last].ty;
    let shape = place.shape(data, &operands[1..last], constraints)?;
    if updates.dtype != data.dtype || updates.rank() != shape.len() {
        return Err(TypeError::new(
            Reason::part((data.dtype, shape.len()), last, updates),
            format!(
                "{{{last}}} cannot stand in a part of {{0}}, which has {} axes and the element type {}",
                shape.len(),
                data.dtype
            ),
            "cast or reshape it to the part's type",
        ));
    }
    for (axis, size) in shape.iter().enumerate() {
        let place = AxisOf { operand: last, axis };
        constraints.equal(&updates.shape[axis], place, size, place)?;
    }
    Ok(data.clone())
}

pub(super) fn kernel(place: &Gather, operands: &[Operand<'_>], add: bool) -> Kernel {
    let updates = operands[operands.len() - 1].ty;
    let (coordinates, along) = place.coordinates(&operands[0].ty.shape, &updates.shape);
    Kernel::Scatter(crate::kernel::Scatter { coordinates, along, add })
}

/// The operands with a leading axis each.
pub(super) fn lifted(graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> Vec<NodeId> {
    let last = operands.len() - 1;
    let one = |(i, operand): (usize, &NodeId)| match (i == 0 || i == last, batched[i]) {
        (true, false) => elementwise::stretch(graph, *operand, lead),
        (_, batched) => gather::with_lead(graph, *operand, batched),
    };
    operands.iter().enumerate().map(one).collect()
}
