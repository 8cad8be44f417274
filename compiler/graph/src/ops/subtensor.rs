//! `subtensor`: elements at one index, or in a slice, of each axis.
//!
//! A slice is a range `start..stop` of indices that the axis has, empty where `stop` is not greater, and a
//! step: the result has every |step|-th of them from the first on, or, for a negative step, from the last
//! down. NumPy's `x[7:2:-2]` is the range `3..8` with the step -2.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Extent, Operand, Reason, TypeError};
use crate::kernel::{Affine, Kernel, View};
use crate::ops::{Notation, Operation, SetSubtensor, Vjp, Zero, attributes};
use crate::ty::TensorType;

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

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        Ok(TensorType::new(ty.dtype, self.shape(&ty.shape, constraints)?))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::View(View { operand: 0, axes: self.places() })
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
    /// The largest number that a place or a step can be: no axis is longer.
    pub(crate) const FAR: i64 = 1 << 61;

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
    pub(crate) fn shape(&self, from: &[Dim], constraints: &mut Constraints<'_>) -> Result<Vec<Dim>, TypeError> {
        let rank = from.len();
        if [self.starts.len(), self.stops.len(), self.steps.len()] != [rank; 3] {
            return Err(TypeError::new(
                Reason::Length { takes: rank, has: self.starts.len() },
                format!("a subtensor of {{0}}, which has {rank} axes, gives indices of another number of axes"),
                "give a start, a stop and a step for each axis",
            ));
        }
        let mut shape = vec![];
        for (axis, size) in from.iter().enumerate() {
            match self.steps[axis] {
                0 => self.check_index(axis, size, constraints)?,
                _ => shape.push(self.length(axis, size, constraints)?),
            }
        }
        Ok(shape)
    }

    /// Where along each axis an element of the selection is.
    pub(crate) fn places(&self) -> Vec<Affine> {
        let mut kept = 0..;
        let along = self.starts.iter().zip(&self.stops).zip(&self.steps);
        along
            .map(|((start, stop), step)| {
                let offset = if *step < 0 { stop - &Dim::Const(1) } else { start.clone() };
                let axis = (*step != 0).then(|| kept.next()).flatten();
                Affine { offset, terms: axis.into_iter().map(|axis| (axis, Dim::Const(*step))).collect() }
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

    fn length(&self, axis: usize, size: &Dim, constraints: &mut Constraints<'_>) -> Result<Dim, TypeError> {
        let (start, stop, step) = (&self.starts[axis], &self.stops[axis], self.steps[axis]);
        let far = [start, stop].map(|place| place.as_const().is_some_and(|n| n.unsigned_abs() > Self::FAR as u64));
        let beyond = (size - stop).as_const().is_some_and(|n| n < 0) || start.as_const().is_some_and(|n| n < 0);
        if far.contains(&true) || beyond || step.unsigned_abs() > Self::FAR as u64 {
            let starts_before = far[0] || start.as_const().is_some_and(|n| n < 0);
            let index = if starts_before { start } else { stop };
            let axis_of = AxisOf { operand: 0, axis };
            return Err(TypeError::new(
                Reason::Index { axis: axis_of, index: index.clone(), size: size.clone() },
                format!("the slice along axis {axis} of {{0}} goes beyond it"),
                "give a range from 0 on to at most its size, and a step that fits",
            ));
        }
        let place = Extent::Part(AxisOf { operand: 0, axis });
        constraints.at_least(start, 0, place)?;
        constraints.at_least(&(size - stop), 0, place)?;
        // Where the start is a maximum, the count is a minimum, and written as one.
        let count = Dim::min_of(&[stop - start], constraints.symbols);
        let step = Dim::Const(step.abs());
        let rounded = (&(&count + &step) - &Dim::Const(1)).floor_div(&step, constraints.symbols);
        Ok(Dim::max(&rounded, &Dim::Const(0), constraints.symbols))
    }

    fn check_index(&self, axis: usize, size: &Dim, constraints: &mut Constraints<'_>) -> Result<(), TypeError> {
        let (index, place) = (&self.starts[axis], AxisOf { operand: 0, axis });
        match (index.as_const(), size.as_const()) {
            (Some(i), Some(n)) if (0..n).contains(&i) => Ok(()),
            (Some(i), None) if (0..Self::FAR).contains(&i) => constraints.at_least(size, i + 1, place),
            (Some(i), _) => Err(TypeError::new(
                Reason::Index { axis: place, index: Dim::Const(i), size: size.clone() },
                format!("the index {i} is outside axis {axis} of {{0}}"),
                "give one from 0 on and less than its size",
            )),
            (None, _) => match (size - index).as_const() {
                Some(n @ 1..Self::FAR) => constraints.at_least(size, n, place),
                _ => {
                    constraints.at_least(index, 0, Extent::Part(place))?;
                    constraints.at_least(&(size - index), 1, Extent::Part(place))
                }
            },
        }
    }
}
