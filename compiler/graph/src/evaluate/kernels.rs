//! Each kernel class as nested loops over indices.

use super::Value;
use super::domain::Domain;
use crate::dtype::DType;
use crate::kernel::{Contraction, LoopAxis, Reduction, View, ViewAxis};
use crate::scalar::{Builder, Program};

/// Calls `visit` with every index of a shape, row-major.
fn each_index(shape: &[usize], visit: &mut dyn FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0; shape.len()];
    loop {
        visit(&index);
        let Some(axis) = (0..shape.len()).rev().find(|&axis| index[axis] + 1 < shape[axis]) else { return };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

/// The position of an index in row-major order.
fn position(shape: &[usize], index: impl Iterator<Item = usize>) -> usize {
    shape.iter().zip(index).fold(0, |at, (size, i)| at * size + i)
}

pub(super) fn map<D: Domain>(
    program: &Program,
    operands: &[&Value<D::Part>],
    shape: &[usize],
) -> Vec<[D::Part; 2]> {
    let program = D::prepare(program);
    let (mut scratch, mut out, mut elements) = (vec![], vec![], vec![]);
    each_index(shape, &mut |index| {
        let params: Vec<[D::Part; 2]> = operands
            .iter()
            .map(|o| {
                let own = o.shape.iter().zip(index).map(|(size, i)| if *size == 1 { 0 } else { *i });
                o.elements[position(&o.shape, own)]
            })
            .collect();
        D::run(&program, &params, &mut scratch, &mut out);
        elements.push(out[0]);
    });
    elements
}

pub(super) fn view<P: Copy>(view: &View, operand: &Value<P>, shape: &[usize]) -> Vec<[P; 2]> {
    let mut elements = vec![];
    each_index(shape, &mut |index| {
        let own = view.axes.iter().map(|axis| match axis {
            ViewAxis::Axis(axis) => index[*axis],
            ViewAxis::Zero => 0,
        });
        elements.push(operand.elements[position(&operand.shape, own)]);
    });
    elements
}

pub(super) fn reduce<D: Domain>(
    reduction: &Reduction,
    operand: &Value<D::Part>,
    shape: &[usize],
) -> Vec<[D::Part; 2]> {
    let lanes = reduction.accumulators.iter().map(|dtype| dtype.lane());
    let init: Vec<[D::Part; 2]> =
        lanes.zip(&reduction.init).map(|(lane, parts)| parts.map(|bits| D::from_bits(lane, bits))).collect();
    let count = shape.iter().product();
    let mut accumulators = vec![init; count];
    let (prepare, step, finish) =
        (D::prepare(&reduction.prepare), D::prepare(&reduction.step), D::prepare(&reduction.finish));
    let (mut scratch, mut values, mut out) = (vec![], vec![], vec![]);
    let mut next = operand.elements.iter();
    each_index(&operand.shape, &mut |index| {
        let kept =
            index.iter().enumerate().filter(|(axis, _)| !reduction.axes.contains(axis)).map(|(_, i)| *i);
        let element = next.next().expect("invariant: one element an index");
        D::run(&prepare, &[*element], &mut scratch, &mut values);
        let accumulator = &mut accumulators[position(shape, kept)];
        let params: Vec<[D::Part; 2]> = accumulator.iter().chain(&values).copied().collect();
        D::run(&step, &params, &mut scratch, &mut out);
        accumulator.clone_from(&out);
    });
    let mut finished = vec![];
    for accumulator in accumulators {
        D::run(&finish, &accumulator, &mut scratch, &mut out);
        finished.push(out[0]);
    }
    finished
}

pub(super) fn contract<D: Domain>(
    contraction: &Contraction,
    left: &Value<D::Part>,
    right: &Value<D::Part>,
    result: DType,
    shape: &[usize],
) -> Vec<[D::Part; 2]> {
    let step = D::prepare(&multiply_add(contraction, left.dtype, right.dtype));
    let finish = D::prepare(&rounding(contraction.accumulator, result));
    let sums: Vec<usize> = (0..contraction.sums)
        .map(|sum| {
            let axis = contraction.left.iter().position(|l| *l == LoopAxis::Sum(sum));
            left.shape[axis.expect("invariant: every sum has its axis")]
        })
        .collect();
    let lane = contraction.accumulator.lane();
    let (mut scratch, mut out, mut elements) = (vec![], vec![], vec![]);
    each_index(shape, &mut |index| {
        let mut accumulator = [D::from_bits(lane, 0); 2];
        each_index(&sums, &mut |sum| {
            let at = |axes: &[LoopAxis], operand: &Value<D::Part>| {
                let own = axes.iter().map(|axis| match axis {
                    LoopAxis::Result(i) => index[*i],
                    LoopAxis::Sum(i) => sum[*i],
                });
                operand.elements[position(&operand.shape, own)]
            };
            let params = [accumulator, at(&contraction.left, left), at(&contraction.right, right)];
            D::run(&step, &params, &mut scratch, &mut out);
            accumulator = out[0];
        });
        D::run(&finish, &[accumulator], &mut scratch, &mut out);
        elements.push(out[0]);
    });
    elements
}

/// (accumulator, left, right) → accumulator + left * right.
fn multiply_add(contraction: &Contraction, left: DType, right: DType) -> Program {
    let mut b = Builder::new(&[contraction.accumulator, left, right]);
    let sum = b.param(0);
    let factors = [1, 2].map(|i| {
        let own = b.param(i);
        let common = b.cast(own, contraction.dtype);
        b.cast(common, contraction.accumulator)
    });
    let product = b.mul(factors[0], factors[1]);
    let sum = b.add(sum, product);
    b.finish(vec![sum])
}

fn rounding(from: DType, to: DType) -> Program {
    let mut b = Builder::new(&[from]);
    let x = b.param(0);
    let y = b.cast(x, to);
    b.finish(vec![y])
}
