//! `gather`: elements at the places that integer tensors name.
//!
//! The result's axes are the batch axes, the data's other axes before `at`, the index's axes, and the data's
//! remaining axes: with data `x[b, i, j, k]`, `batch = 1`, `axes = [1, 3]` and `at = 2`, the result at
//! `[b, j, p…]` is `x[b, first[b, p…], j, second[b, p…]]`. An index is checked as the number that it is
//! before a cast: see [`unsigned`](crate::unsigned).

use tgc_scalar::dtype::DType;

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::kernel::{Affine, Coordinate, Kernel};
use crate::ops::{Notation, Operation, ScatterAdd, Vjp, Zero, attributes};
use crate::ty::TensorType;

/// Elements at places that the operands after the first name, one operand for each of some axes. An operand's
/// axis of static size 1 stretches, and so do batch axes of the data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gather {
    /// Number of leading axes that the data, the index and the result share.
    pub batch: usize,
    /// The data's axes that are indexed, ascending.
    pub axes: Vec<usize>,
    /// The result's axis where those of the index begin.
    pub at: usize,
}

attributes!(Gather, "gather", batch = Zero, axes, at);

impl Operation for Gather {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "elements at the places that integer tensors name; negative ones count from the end."
    }

    fn arity(&self) -> usize {
        1 + self.axes.len()
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Gather")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let data = operands[0].ty;
        Ok(TensorType::new(data.dtype, self.shape(data, &operands[1..], constraints)?))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let (coordinates, along) = self.coordinates(&operands[0].ty.shape, &result.shape);
        Kernel::Gather(crate::kernel::Gather { coordinates, along })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let ty = graph.ty(vjp.operands[0]).clone();
        let zero = graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape }, &[]);
        let mut operands = vec![zero];
        operands.extend(&vjp.operands[1..]);
        operands.push(vjp.cotangent);
        let mut gradients = vec![None; vjp.operands.len()];
        gradients[0] = Some(graph.op_node(ScatterAdd::at(self.clone()), &operands));
        gradients
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], _: &Dim) -> NodeId {
        let operands: Vec<NodeId> = operands.iter().zip(batched).map(|(o, b)| with_lead(graph, *o, *b)).collect();
        graph.op_node(self.lifted(), &operands)
    }
}

/// An operand with a leading axis, of size 1 if it had none.
pub(super) fn with_lead(graph: &mut Graph, operand: NodeId, batched: bool) -> NodeId {
    if batched { operand } else { graph.expand_dims(operand, 0) }
}

impl Gather {
    pub(crate) fn sample() -> Gather {
        Gather { batch: 0, axes: vec![], at: 0 }
    }

    /// The same with one more batch axis in front.
    pub(super) fn lifted(&self) -> Gather {
        let axes = self.axes.iter().map(|axis| axis + 1).collect();
        Gather { batch: self.batch + 1, axes, at: self.at + 1 }
    }

    /// Elements of a tensor that has the batch axes and the indexed ones alone, in the index's shape.
    pub(super) fn of_indexed_axes(&self) -> Gather {
        let axes = (self.batch..self.batch + self.axes.len()).collect();
        Gather { batch: self.batch, axes, at: self.batch }
    }

    /// The data's axes that are neither batch nor indexed.
    fn others(&self, rank: usize) -> impl Iterator<Item = usize> + '_ {
        (self.batch..rank).filter(|axis| !self.axes.contains(axis))
    }

    /// The shape of what is gathered.
    ///
    /// # Errors
    ///
    /// If the attributes do not fit the operands.
    pub(super) fn shape(
        &self,
        data: &TensorType,
        index: &[Operand<'_>],
        constraints: &mut Constraints<'_>,
    ) -> Result<Vec<Dim>, TypeError> {
        let others: Vec<Dim> = self.others(data.rank()).map(|axis| data.shape[axis].clone()).collect();
        let ascending = self.axes.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = self.axes.iter().all(|axis| (self.batch..data.rank()).contains(axis));
        let begins = self.at.checked_sub(self.batch).filter(|before| *before <= others.len());
        let (true, true, Some(before)) = (ascending && self.batch <= data.rank(), inside, begins) else {
            return Err(TypeError::new(
                Reason::axes(0, &self.axes, data.rank()),
                format!("{{0}}, which has {} axes, has no batch, axes and place as gather gives them", data.rank()),
                "name axes after the batch axes, each once, ascending, and a place among the others",
            ));
        };
        let mut shape = self.index_shape(data, index, constraints)?;
        let placed = shape.split_off(self.batch);
        shape.extend_from_slice(&others[..before]);
        shape.extend(placed);
        shape.extend_from_slice(&others[before..]);
        Ok(shape)
    }

    /// The common shape of the index operands, their batch axes stretched to the data's.
    fn index_shape(
        &self,
        data: &TensorType,
        index: &[Operand<'_>],
        constraints: &mut Constraints<'_>,
    ) -> Result<Vec<Dim>, TypeError> {
        let rank = index.first().map_or(self.batch, |o| o.ty.rank());
        for (i, operand) in index.iter().enumerate() {
            if operand.ty.dtype != DType::I64 || operand.ty.rank() != rank || rank < self.batch {
                return Err(TypeError::new(
                    Reason::part((DType::I64, rank), i + 1, operand.ty),
                    format!("{{{}}} cannot name places in {{0}}", i + 1),
                    "index with tensors of i64 that have one rank and all batch axes",
                ));
            }
        }
        let sizes = |axis: usize| {
            let data = (axis < self.batch).then(|| (0, &data.shape[axis]));
            data.into_iter().chain(index.iter().enumerate().map(move |(i, o)| (i + 1, &o.ty.shape[axis])))
        };
        (0..rank).map(|axis| stretched(sizes(axis), axis, constraints)).collect()
    }

    /// For each axis of the data its coordinate, and for each axis of the index the axis that runs along it,
    /// where the loops' axes are those of what is gathered.
    pub(super) fn coordinates(&self, data: &[Dim], gathered: &[Dim]) -> (Vec<Coordinate>, Vec<usize>) {
        let placed = gathered.len() + self.axes.len() - data.len();
        let mut others = (self.batch..self.at).chain(self.at + placed..);
        let coordinates = data.iter().enumerate().map(|(axis, size)| {
            if let Some(number) = self.axes.iter().position(|a| *a == axis) {
                return Coordinate::Index(number);
            }
            let stretches = axis < self.batch && size.is_one() && !gathered[axis].is_one();
            Coordinate::Affine(match axis < self.batch {
                true if stretches => Affine::fixed(Dim::Const(0)),
                true => Affine::axis(axis),
                false => Affine::axis(others.next().expect("invariant: an endless range")),
            })
        });
        (coordinates.collect(), (0..self.batch).chain(self.at..self.at + placed).collect())
    }
}

/// The size that the sizes of an axis stretch to, given with the operands that have them.
fn stretched<'a>(
    sizes: impl Iterator<Item = (usize, &'a Dim)>,
    axis: usize,
    constraints: &mut Constraints<'_>,
) -> Result<Dim, TypeError> {
    let mut found = (Dim::Const(1), AxisOf { operand: 0, axis });
    for (operand, size) in sizes {
        let place = AxisOf { operand, axis };
        if found.0.is_one() {
            found = (size.clone(), place);
        } else if !size.is_one() {
            found.0 = constraints.equal(&found.0, found.1, size, place)?;
        }
    }
    Ok(found.0)
}
