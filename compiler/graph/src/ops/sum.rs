//! `sum`: the sum over axes; integers are summed in 64 bits, floats in at least `f64` and rounded once.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Demands, Operand, TypeError};
use crate::kernel::{Kernel, Reduction};
use crate::ops::{Fill, Notation, Operation, Vjp, attributes};
use crate::scalar::{Builder, Program};
use crate::ty::TensorType;

/// The sum over axes, which the result lacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sum {
    /// The axes to sum over, ascending.
    pub axes: Vec<usize>,
}

attributes!(Sum, "sum", axes);

impl Sum {
    pub(crate) fn sample() -> Sum {
        Sum { axes: vec![0] }
    }
}

impl Operation for Sum {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the sum over axes; integers are summed in 64 bits, floats in at least `f64` and rounded once."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Sum")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Demands<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        let ascending = self.axes.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || self.axes.iter().any(|axis| *axis >= ty.rank()) {
            return Err(TypeError::new(
                format!("sum over axes {:?} of {{0}}, which has {} axes", self.axes, ty.rank()),
                "name each axis once, in ascending order",
            ));
        }
        let shape: Vec<Dim> =
            (0..ty.rank()).filter(|i| !self.axes.contains(i)).map(|i| ty.shape[i].clone()).collect();
        Ok(TensorType::new(ty.dtype.to_sum(), shape))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let accumulator = accumulator(result.dtype);
        Kernel::Reduce(Reduction {
            axes: self.axes.clone(),
            accumulators: vec![accumulator],
            init: vec![[0, 0]],
            indexed: false,
            prepare: conversion(operands[0].ty.dtype, accumulator),
            step: addition(accumulator),
            merge: addition(accumulator),
            finish: conversion(accumulator, result.dtype),
        })
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let operand = vjp.operands[0];
        let dtype = graph.ty(operand).dtype;
        if !dtype.is_differentiable() {
            return vec![None];
        }
        let mut value = vjp.cotangent;
        for axis in &self.axes {
            value = graph.expand_dims(value, *axis);
        }
        vec![Some(graph.op_node(Fill {}, &[operand, value]))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        let axes = self.axes.iter().map(|axis| axis + 1).collect();
        graph.op_node(Sum { axes }, operands)
    }
}

/// What a sum of this type is kept in, so that it is at least as accurate as a pairwise sum.
fn accumulator(dtype: DType) -> DType {
    match dtype {
        DType::F16 | DType::BF16 | DType::F32 => DType::F64,
        DType::C64 => DType::C128,
        other => other,
    }
}

fn conversion(from: DType, to: DType) -> Program {
    let mut b = Builder::new(&[from]);
    let x = b.param(0);
    let y = b.cast(x, to);
    b.finish(vec![y])
}

fn addition(dtype: DType) -> Program {
    let mut b = Builder::new(&[dtype, dtype]);
    let (x, y) = (b.param(0), b.param(1));
    let sum = b.add(x, y);
    b.finish(vec![sum])
}
