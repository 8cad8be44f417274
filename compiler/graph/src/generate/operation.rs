//! Nodes of any operation: attributes and operands are found by trying.

use tgc_scalar::dtype::DType;

use super::{MAX_GENERATED_RANK, Maker};
use crate::attribute::{Attribute, Attributes};
use crate::dim::Dim;
use crate::graph::NodeId;
use crate::ops::{
    Diagonal, Gather, IncSubtensor, Modulo, Mul, Op, Scatter, ScatterAdd, SetDiagonal, SetSubtensor,
    SizeValue, Sqr, Subtensor,
};

impl Maker<'_> {
    /// An operation like the sample, on operands of which one is given; attributes and the others are found
    /// by trying.
    pub(super) fn operation(&mut self, sample: &Op, first: NodeId) -> Option<NodeId> {
        (0..16).find_map(|_| {
            let op = self.vary(sample, first)?;
            let operands = self.operands(&op, first)?;
            self.attempt(op, &operands)
        })
    }

    /// One operation on inputs of an element type.
    pub(super) fn apply(&mut self, sample: &Op, dtype: DType, instance: usize) -> Option<NodeId> {
        let mut shape = self.shape();
        for (number, dtype) in [dtype, dtype, dtype, DType::Bool, DType::I64].into_iter().enumerate() {
            self.input(number, dtype, shape.clone());
            // Every second instance stretches an axis of the second operand.
            if let Some(dim) = shape.first_mut().filter(|_| instance % 2 == 1) {
                *dim = Dim::Const(1);
            }
        }
        (0..64).find_map(|_| {
            let first = *self.random.pick(&[0, 0, 3, 4].map(|i| &self.inputs[i]))?;
            self.operation(sample, first).filter(|node| self.depends_on(*node, dtype))
        })
    }

    fn depends_on(&self, node: NodeId, dtype: DType) -> bool {
        self.graph.operands(node).iter().any(|operand| self.graph.ty(*operand).dtype == dtype)
    }

    /// The sample with other attributes, which may or may not fit an operand.
    fn vary(&mut self, sample: &Op, operand: NodeId) -> Option<Op> {
        let shape = self.graph.ty(operand).shape.clone();
        let attributes = sample.definition().attributes();
        let attributes =
            attributes.into_iter().map(|(name, value)| (name.to_owned(), self.attribute(value, &shape)));
        let attributes = Attributes(attributes.collect());
        Op::from_parts(sample.definition().name(), &attributes).ok()
    }

    /// An attribute of the kind of another one, such as operations have for operands of a shape.
    fn attribute(&mut self, kind: Attribute, shape: &[Dim]) -> Attribute {
        match kind {
            Attribute::Bool(_) => Attribute::Bool(self.random.chance(2)),
            Attribute::Int(_) => {
                Attribute::Int(self.random.below(4) as i64 - i64::from(self.random.chance(4)))
            }
            Attribute::Ints(_) => Attribute::Ints(self.integers(shape.len())),
            Attribute::DType(_) => Attribute::DType(self.random.dtype(self.options)),
            Attribute::Dim(_) => Attribute::Dim(self.dim()),
            Attribute::Dims(_) => Attribute::Dims(self.sizes(shape)),
            Attribute::Text(_) | Attribute::Element(_) | Attribute::Data(_) => kind,
        }
    }

    /// Some axes, an order of all with new ones between, or a step for each.
    fn integers(&mut self, rank: usize) -> Vec<i64> {
        let mut axes: Vec<i64> = (0..rank as i64).collect();
        match self.random.below(3) {
            0 => axes.retain(|_| self.random.chance(2)),
            1 => {
                for i in (1..rank).rev() {
                    axes.swap(i, self.random.below(i + 1));
                }
                while axes.len() < MAX_GENERATED_RANK && self.random.chance(2) {
                    axes.insert(self.random.below(axes.len() + 1), -1);
                }
            }
            _ => axes.iter_mut().for_each(|axis| *axis = [1, 1, 2, -1, -3, 0][self.random.below(6)]),
        }
        axes
    }

    /// A shape of as many elements, indices of a place, or sizes beside those of another shape.
    fn sizes(&mut self, shape: &[Dim]) -> Vec<Dim> {
        match self.random.below(4) {
            0 => shape.iter().rev().cloned().collect(),
            1 => vec![shape.iter().product()],
            2 => shape.iter().map(|_| Dim::Const(self.random.below(2) as i64)).collect(),
            _ => shape
                .iter()
                .map(|size| if self.random.chance(3) { self.dim() } else { size.clone() })
                .collect(),
        }
    }

    /// Operands that the operation may take.
    fn operands(&mut self, op: &Op, first: NodeId) -> Option<Vec<NodeId>> {
        if let Op::Gather(gather) = op {
            return Some(self.places(first, gather));
        }
        if let Op::Scatter(Scatter { batch, axes, at }) | Op::ScatterAdd(ScatterAdd { batch, axes, at }) = op
        {
            return self.with_selected(first, &Gather { batch: *batch, axes: axes.clone(), at: *at });
        }
        if let Op::SetSubtensor(SetSubtensor { starts, stops, steps })
        | Op::IncSubtensor(IncSubtensor { starts, stops, steps }) = op
        {
            let place = Subtensor { starts: starts.clone(), stops: stops.clone(), steps: steps.clone() };
            let part = self.attempt(place, &[first])?;
            return Some(vec![first, self.changed(part)]);
        }
        if let Op::SetDiagonal(SetDiagonal { offset, axis1, axis2 }) = op {
            let place = Diagonal { offset: *offset, axis1: *axis1, axis2: *axis2 };
            let part = self.attempt(place, &[first])?;
            return Some(vec![first, self.changed(part)]);
        }
        let rank = self.graph.ty(first).rank();
        let alike: Vec<NodeId> = self.graph.ids().filter(|id| self.graph.ty(*id).rank() == rank).collect();
        let mut operands = vec![first];
        while operands.len() < op.definition().arity() {
            operands.extend(self.random.pick(&alike));
        }
        operands.truncate(op.definition().arity());
        Some(operands)
    }

    /// A tensor and indices that are inside it, unless an axis is empty.
    fn places(&mut self, data: NodeId, gather: &Gather) -> Vec<NodeId> {
        let near: Vec<NodeId> =
            self.graph.ids().filter(|id| self.graph.ty(*id).rank() <= gather.batch + 1).collect();
        let mut operands = vec![data];
        let Some(base) = self.random.pick(&near) else { return operands };
        let mut index = self.graph.cast(base, DType::I64);
        for axis in &gather.axes {
            let Some(size) = self.graph.ty(data).shape.get(*axis).cloned() else { continue };
            let mut size = self.graph.op_node(SizeValue { size }, &[]);
            for _ in 0..self.graph.ty(index).rank() {
                size = self.graph.expand_dims(size, 0);
            }
            operands.extend(self.attempt(Modulo {}, &[index, size]));
            index = self.attempt(Mul {}, &[index, index]).unwrap_or(index);
        }
        operands
    }

    /// The same and what is selected, changed.
    fn with_selected(&mut self, data: NodeId, gather: &Gather) -> Option<Vec<NodeId>> {
        let mut operands = self.places(data, gather);
        let selected = self.attempt(gather.clone(), &operands)?;
        operands.push(self.changed(selected));
        Some(operands)
    }

    fn changed(&mut self, node: NodeId) -> NodeId {
        self.attempt(Sqr {}, &[node]).unwrap_or(node)
    }
}
