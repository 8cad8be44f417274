//! `subtensor`: elements at one index, or in a slice, of each axis.
//!
//! A slice is the half-open range `start..stop` of indices from the front, cut to those that the axis has, and a
//! step: the result has every |step|-th of them from the first on, or, for a negative step, from the last down.
//! Python's `x[7:2:-2]` is the range `3..8` with the step -2.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Demands, Operand, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, SetSubtensor, Vjp, Zero, attributes};
use crate::ty::TensorType;

/// The largest step either way: larger ones select what this one selects.
pub(crate) const MAX_STEP: i64 = 1 << 61;

/// An index or a slice of each axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subtensor {
    /// For each axis the first index that may be selected.
    pub starts: Vec<Dim>,
    /// For each axis the index after the last that may be selected.
    pub stops: Vec<Dim>,
    /// For each axis the step; 0 selects the index `start` alone and drops the axis.
    pub steps: Vec<i64>,
}

attributes!(Subtensor, "subtensor", starts, stops, steps);

impl Operation for Subtensor {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "elements at one index, or in a slice, of each axis."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Subtensor")
    }

    fn infer(&self, operands: &[Operand<'_>], demands: &mut Demands<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        Ok(TensorType::new(ty.dtype, self.shape(&ty.shape, demands)?))
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::View(View { operand: 0, axes: self.places(&operands[0].ty.shape) })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let ty = graph.ty(vjp.operands[0]).clone();
        let zero = graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape }, &[]);
        let set = SetSubtensor::at(self.clone());
        vec![Some(graph.op_node(set, &[zero, vjp.cotangent]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        graph.op_node(self.lifted(lead), operands)
    }
}

impl Subtensor {
    pub(crate) fn sample() -> Subtensor {
        Subtensor { starts: vec![Dim::Const(0)], stops: vec![Dim::Const(1)], steps: vec![1] }
    }

    /// The indices from `start` to before `stop` of one axis of a shape, with a step, and all of the others.
    pub(crate) fn along(shape: &[Dim], axis: usize, start: Dim, stop: Dim, step: i64) -> Subtensor {
        let mut part = Subtensor {
            starts: vec![Dim::Const(0); shape.len()],
            stops: shape.to_vec(),
            steps: vec![1; shape.len()],
        };
        (part.starts[axis], part.stops[axis], part.steps[axis]) = (start, stop, step);
        part
    }

    /// Selects along the next axis.
    pub(crate) fn push(&mut self, (start, stop, step): (Dim, Dim, i64)) {
        self.starts.push(start);
        self.stops.push(stop);
        self.steps.push(step);
    }

    /// Whether all of a tensor of this shape is selected, in order.
    pub(crate) fn is_all_of(&self, shape: &[Dim]) -> bool {
        let from_first = self.starts.iter().all(|start| start.as_const() == Some(0));
        from_first && self.stops == shape && self.steps.iter().all(|step| *step == 1)
    }

    /// The shape of what is selected from a tensor of a shape.
    ///
    /// # Errors
    ///
    /// If there is not one entry for each axis, or an index does not exist.
    pub(crate) fn shape(&self, from: &[Dim], demands: &mut Demands<'_>) -> Result<Vec<Dim>, TypeError> {
        let rank = from.len();
        if [self.starts.len(), self.stops.len(), self.steps.len()] != [rank; 3] {
            return Err(TypeError::new(
                format!("a subtensor of {{0}}, which has {rank} axes, gives indices of another number of axes"),
                "give a start, a stop and a step for each axis",
            ));
        }
        let mut shape = vec![];
        for (axis, size) in from.iter().enumerate() {
            match self.steps[axis] {
                0 => self.check_index(axis, size, demands)?,
                step if step.unsigned_abs() <= MAX_STEP as u64 => {
                    shape.push(self.length(axis, size, demands)?);
                }
                step => {
                    return Err(TypeError::new(
                        format!("the step {step} along axis {axis} of {{0}} is too large"),
                        format!("give a step between -{MAX_STEP} and {MAX_STEP}"),
                    ));
                }
            }
        }
        Ok(shape)
    }

    /// Where along each axis an element of the selection is.
    pub(crate) fn places(&self, from: &[Dim]) -> Vec<Affine> {
        let mut next = 0;
        (0..from.len())
            .map(|axis| {
                let step = self.steps[axis];
                if step == 0 {
                    return Affine::fixed(self.starts[axis].clone());
                }
                next += 1;
                let (first, end) = self.range(axis, &from[axis]);
                let offset = if step > 0 { first } else { &end - &Dim::Const(1) };
                Affine { offset, terms: vec![(next - 1, Dim::Const(step))] }
            })
            .collect()
    }

    /// The same with a leading axis, all of which is selected.
    pub(crate) fn lifted(&self, lead: &Dim) -> Subtensor {
        let mut lifted = self.clone();
        lifted.starts.insert(0, Dim::Const(0));
        lifted.stops.insert(0, lead.clone());
        lifted.steps.insert(0, 1);
        lifted
    }

    /// The range of an axis that is selected from, cut to what the axis has where it is not empty.
    fn range(&self, axis: usize, size: &Dim) -> (Dim, Dim) {
        let (start, stop) = (&self.starts[axis], &self.stops[axis]);
        let start = match start.as_const() {
            Some(n) => Dim::Const(n.max(0)),
            None => start.clone(),
        };
        let beyond = (stop - size).as_const().is_some_and(|n| n > 0);
        (start, if beyond { size.clone() } else { stop.clone() })
    }

    fn length(&self, axis: usize, size: &Dim, demands: &mut Demands<'_>) -> Result<Dim, TypeError> {
        let (first, end) = self.range(axis, size);
        let step = self.steps[axis].unsigned_abs() as i64;
        let count = &end - &first;
        let place = AxisOf { operand: 0, axis };
        demands.at_least(&first, 0, place)?;
        demands.at_least(&(size - &end), 0, place)?;
        match (count.as_const(), step) {
            (Some(n), _) => Ok(Dim::Const(n.max(0).unsigned_abs().div_ceil(step as u64) as i64)),
            (None, 1) => {
                demands.at_least(&count, 0, place)?;
                Ok(count)
            }
            (None, _) => Err(TypeError::new(
                format!("every {step}th element along axis {axis} of {{0}}, whose size is not known, is taken"),
                "give the axis a static size",
            )),
        }
    }

    fn check_index(&self, axis: usize, size: &Dim, demands: &mut Demands<'_>) -> Result<(), TypeError> {
        let (index, place) = (&self.starts[axis], AxisOf { operand: 0, axis });
        let from_end = (size - index).as_const();
        match (index.as_const(), from_end) {
            (Some(i), Some(n)) if i < 0 || n < 1 => Err(TypeError::new(
                format!("the index {i} is outside axis {axis} of {{0}}"),
                format!("give one from 0 to {}, or from -{} to -1", i + n - 1, i + n),
            )),
            (Some(_), Some(_)) => Ok(()),
            (Some(i), None) if (0..MAX_STEP).contains(&i) => demands.at_least(size, i + 1, place),
            (None, Some(n)) if (1..MAX_STEP).contains(&n) => demands.at_least(size, n, place),
            (None, None) => {
                demands.at_least(index, 0, place)?;
                demands.at_least(&(size - index), 1, place)
            }
            (Some(_), None) | (None, Some(_)) => Err(TypeError::new(
                format!("an index along axis {axis} of {{0}} is outside for every size"),
                "give one between 0 and the size less 1",
            )),
        }
    }
}
