//! `dot`: sums of products over paired axes: inner, matrix and batched products.


use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::literal::{Role, computing_type};
use crate::kernel::{Contraction, Kernel, LoopAxis};
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// Sums of products. The result has the batch axes, then the left's free axes, then the right's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dot {
    /// Number of leading axes that both operands and the result share.
    pub batch: usize,
    /// Summed axes of the left operand.
    pub left: Vec<usize>,
    /// The axes of the right operand that they pair with.
    pub right: Vec<usize>,
}

attributes!(Dot, "dot", batch = Zero, left, right);

impl Operation for Dot {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "sums of products over paired axes: inner, matrix and batched products."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Infix("\\dot")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let (left, right) = (operands[0].ty, operands[1].ty);
        self.check_axes(left.rank(), right.rank())?;
        let mut shape = vec![];
        for axis in 0..self.batch {
            let (l, r) = (AxisOf { operand: 0, axis }, AxisOf { operand: 1, axis });
            shape.push(constraints.equal(&left.shape[axis], l, &right.shape[axis], r)?);
        }
        for (&l, &r) in self.left.iter().zip(&self.right) {
            let places = (AxisOf { operand: 0, axis: l }, AxisOf { operand: 1, axis: r });
            constraints.equal(&left.shape[l], places.0, &right.shape[r], places.1)?;
        }
        shape.extend(self.free(&self.left, left.rank()).map(|axis| left.shape[axis].clone()));
        shape.extend(self.free(&self.right, right.rank()).map(|axis| right.shape[axis].clone()));
        Ok(TensorType::new(computing_type(operands, 0..2, |_| Role::Value)?, shape))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let (left, right) = (operands[0].ty.rank(), operands[1].ty.rank());
        let left_free = self.free(&self.left, left).count();
        let accumulator = result.dtype.to_computed();
        Kernel::Contract(Contraction {
            left: self.loops(&self.left, left, self.batch),
            right: self.loops(&self.right, right, self.batch + left_free),
            sums: self.left.len(),
            dtype: result.dtype,
            accumulator,
        })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [left, right] = [vjp.operands[0], vjp.operands[1]];
        let ranks = (graph.ty(left).rank(), graph.ty(right).rank());
        let left_free: Vec<usize> = self.free(&self.left, ranks.0).collect();
        let right_free: Vec<usize> = self.free(&self.right, ranks.1).collect();
        let in_result = |offset: usize, n: usize| (offset..offset + n).collect::<Vec<_>>();
        let from_left = in_result(self.batch, left_free.len());
        let from_right = in_result(self.batch + left_free.len(), right_free.len());
        let by_left = self.by_operand(graph, vjp.cotangent, &from_right, right, &right_free, (&self.left, &self.right));
        let by_right = self.by_operand(graph, vjp.cotangent, &from_left, left, &left_free, (&self.right, &self.left));
        let cast = |graph: &mut Graph, value, operand| {
            let dtype = graph.ty(operand).dtype;
            dtype.is_differentiable().then(|| graph.cast(value, dtype))
        };
        vec![cast(graph, by_left, left), cast(graph, by_right, right)]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let stretched: Vec<NodeId> = operands
            .iter()
            .zip(batched)
            .map(|(operand, batched)| if *batched { *operand } else { elementwise::stretch(graph, *operand, lead) })
            .collect();
        let shift = |axes: &[usize]| axes.iter().map(|axis| axis + 1).collect();
        let lifted = Dot { batch: self.batch + 1, left: shift(&self.left), right: shift(&self.right) };
        graph.op_node(lifted, &stretched)
    }
}

impl Dot {
    pub(crate) fn sample() -> Dot {
        Dot { batch: 0, left: vec![0], right: vec![0] }
    }

    /// The product of NumPy's `dot` for operands of these ranks, both at least 1: over the last axis of the
    /// left and the last but one (or only) axis of the right.
    pub fn of_ranks(left: usize, right: usize) -> Dot {
        Dot { batch: 0, left: vec![left - 1], right: vec![right.saturating_sub(2)] }
    }

    /// The axes of an operand that are neither batch nor summed, ascending.
    fn free<'a>(&'a self, summed: &'a [usize], rank: usize) -> impl Iterator<Item = usize> + 'a {
        (self.batch..rank).filter(|axis| !summed.contains(axis))
    }

    fn loops(&self, summed: &[usize], rank: usize, first_free: usize) -> Vec<LoopAxis> {
        let mut next_free = first_free..;
        (0..rank)
            .map(|axis| match summed.iter().position(|s| *s == axis) {
                _ if axis < self.batch => LoopAxis::Result(axis),
                Some(sum) => LoopAxis::Sum(sum),
                None => LoopAxis::Result(next_free.next().expect("invariant: an endless range")),
            })
            .collect()
    }

    fn check_axes(&self, left: usize, right: usize) -> Result<(), TypeError> {
        let valid = |axes: &[usize], rank: usize| {
            let distinct = axes.iter().enumerate().all(|(i, axis)| !axes[..i].contains(axis));
            distinct && axes.iter().all(|axis| (self.batch..rank).contains(axis))
        };
        let (fits_left, fits_right) = (valid(&self.left, left), valid(&self.right, right));
        let paired = self.left.len() == self.right.len() && self.batch <= left.min(right);
        if paired && fits_left && fits_right {
            return Ok(());
        }
        let reason = match (fits_left, fits_right) {
            (false, _) => Reason::axes(0, &self.left, left),
            (true, false) => Reason::axes(1, &self.right, right),
            (true, true) => Reason::Length { takes: self.left.len(), has: self.right.len() },
        };
        Err(TypeError::new(
            reason,
            format!(
                "dot sums axes {:?} of {{0}}, which has {left} axes, with axes {:?} of {{1}}, which has {right}",
                self.left, self.right
            ),
            "pair axes that both operands have, each once, none of them a batch axis",
        ))
    }

    /// The gradient by one operand: the cotangent times the other operand, summed over the other's free
    /// axes, with the axes put back in the operand's order. `summed` is (this operand's, the other's).
    fn by_operand(
        &self,
        graph: &mut Graph,
        cotangent: NodeId,
        cotangent_axes: &[usize],
        other: NodeId,
        other_free: &[usize],
        summed: (&[usize], &[usize]),
    ) -> NodeId {
        let product = Dot { batch: self.batch, left: cotangent_axes.to_vec(), right: other_free.to_vec() };
        let other = graph.conj(other);
        let value = graph.op_node(product, &[cotangent, other]);
        // The product's axes: batch, this operand's free axes, then the other's summed axes ascending.
        let mut ascending = summed.1.to_vec();
        ascending.sort_unstable();
        let rank = graph.ty(value).rank();
        let first_summed = rank - ascending.len();
        let mut next_free = self.batch..;
        let order = (0..rank)
            .map(|axis| match summed.0.iter().position(|s| *s == axis) {
                _ if axis < self.batch => Some(axis),
                Some(pair) => ascending.iter().position(|a| *a == summed.1[pair]).map(|i| first_summed + i),
                None => next_free.next(),
            })
            .collect();
        graph.dimshuffle(value, order)
    }
}
