//! Each kernel class as nested loops over indices.

use tgc_scalar::{Program, ScalarType};

use super::Value;
use super::domain::Domain;
use crate::dim::Dim;
use crate::kernel::{
    Affine, Contraction, Coordinate, Gather, LoopAxis, Reduction, Routine, Scan, Scatter, View,
};

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

/// An index run through an affine map, given the sizes that dims stand for.
fn affine(map: &Affine, index: &[usize], size: &dyn Fn(&Dim) -> i64) -> usize {
    let terms = map.terms.iter().map(|(axis, stride)| size(stride) * index[*axis] as i64);
    let at = size(&map.offset) + terms.sum::<i64>();
    usize::try_from(at).expect("invariant: affine indices are inside")
}

pub(super) fn view<P: Copy>(
    view: &View,
    operand: &Value<P>,
    shape: &[usize],
    size: &dyn Fn(&Dim) -> i64,
) -> Vec<[P; 2]> {
    let mut elements = vec![];
    each_index(shape, &mut |index| {
        let own = view.axes.iter().map(|map| affine(map, index, size));
        elements.push(operand.elements[position(&operand.shape, own)]);
    });
    elements
}

pub(super) fn reduce<D: Domain>(
    reduction: &Reduction,
    operand: &Value<D::Part>,
    shape: &[usize],
) -> Vec<[D::Part; 2]> {
    let lanes = reduction.accumulators.iter().map(|dtype| dtype.scalar_type());
    let init: Vec<[D::Part; 2]> = lanes
        .zip(&reduction.init)
        .map(|(scalar, parts)| parts.map(|bits| D::from_bits(scalar, bits)))
        .collect();
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
        let folded: Vec<usize> = reduction.axes.iter().map(|axis| operand.shape[*axis]).collect();
        let at = position(&folded, reduction.axes.iter().map(|axis| index[*axis]));
        let at = [D::from_bits(ScalarType::I64, at as u64), D::Part::default()];
        let params = [*element, at];
        D::run(&prepare, &params[..1 + usize::from(reduction.indexed)], &mut scratch, &mut values);
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

pub(super) fn concatenate<P: Copy>(axis: usize, operands: &[&Value<P>], shape: &[usize]) -> Vec<[P; 2]> {
    let mut elements = vec![];
    each_index(shape, &mut |index| {
        let mut own = index.to_vec();
        let mut rest = operands.iter();
        let mut operand = rest.next().expect("invariant: something is concatenated");
        while own[axis] >= operand.shape[axis] {
            own[axis] -= operand.shape[axis];
            operand = rest.next().expect("invariant: sizes add up");
        }
        elements.push(operand.elements[position(&operand.shape, own.into_iter())]);
    });
    elements
}

/// The place in `data` that a result's index has.
fn place<D: Domain>(
    coordinates: &[Coordinate],
    along: &[usize],
    index: &[usize],
    (data, indices): (&Value<D::Part>, &[&Value<D::Part>]),
    size: &dyn Fn(&Dim) -> i64,
) -> usize {
    let along = |axis: usize, coordinate: &Coordinate| match coordinate {
        Coordinate::Affine(map) => affine(map, index, size),
        Coordinate::Index(number) => {
            let operand = indices[*number];
            let own = along.iter().zip(&operand.shape);
            let own = own.map(|(axis, size)| if *size == 1 { 0 } else { index[*axis] });
            let given = operand.elements[position(&operand.shape, own)][0];
            counted::<D>(given, data.shape[axis]).expect("invariant: indices are checked")
        }
    };
    let at: Vec<usize> = coordinates.iter().enumerate().map(|(axis, c)| along(axis, c)).collect();
    position(&data.shape, at.into_iter())
}

/// An index along an axis of this size; a negative one counts from the end.
fn counted<D: Domain>(given: D::Part, size: usize) -> Option<usize> {
    let (given, size) = (D::to_i64(given), size as i64);
    let counted = if given < 0 { given + size } else { given };
    (0..size).contains(&counted).then_some(counted as usize)
}

/// Checks all elements of the index operands, those that no element of the result asks for too.
fn check_indices<D: Domain>(
    coordinates: &[Coordinate],
    data: &Value<D::Part>,
    indices: &[&Value<D::Part>],
) -> Result<(), OutOfRange> {
    for (axis, coordinate) in coordinates.iter().enumerate() {
        let Coordinate::Index(number) = coordinate else { continue };
        let extent = data.shape[axis];
        let mut elements = indices[*number].elements.iter();
        if let Some(outside) = elements.find(|element| counted::<D>(element[0], extent).is_none()) {
            let given = D::to_i64(outside[0]);
            return Err(OutOfRange { number: *number, axis, given, extent: extent as i64 });
        }
    }
    Ok(())
}

/// An element of an index operand that names no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfRange {
    /// Which index operand.
    pub number: usize,
    /// The axis of the data.
    pub axis: usize,
    /// The element.
    pub given: i64,
    /// The axis's size.
    pub extent: i64,
}

pub(super) fn gather<D: Domain>(
    gather: &Gather,
    operands: &[&Value<D::Part>],
    shape: &[usize],
    size: &dyn Fn(&Dim) -> i64,
) -> Result<Vec<[D::Part; 2]>, OutOfRange> {
    let (data, indices) = operands.split_first().expect("invariant: gathers have their data");
    check_indices::<D>(&gather.coordinates, data, indices)?;
    let mut elements = vec![];
    each_index(shape, &mut |index| {
        let at = place::<D>(&gather.coordinates, &gather.along, index, (data, indices), size);
        elements.push(data.elements[at]);
    });
    Ok(elements)
}

pub(super) fn scatter<D: Domain>(
    scatter: &Scatter,
    operands: &[&Value<D::Part>],
    size: &dyn Fn(&Dim) -> i64,
) -> Result<Vec<[D::Part; 2]>, OutOfRange> {
    let (data, rest) = operands.split_first().expect("invariant: scatters have their data");
    let (updates, indices) = rest.split_last().expect("invariant: scatters have their updates");
    check_indices::<D>(&scatter.coordinates, data, indices)?;
    let mut elements = data.elements.clone();
    let add = D::prepare(&Scatter::addition(data.dtype));
    let (mut scratch, mut out) = (vec![], vec![]);
    each_index(&updates.shape, &mut |index| {
        let update = updates.elements[position(&updates.shape, index.iter().copied())];
        let at = place::<D>(&scatter.coordinates, &scatter.along, index, (data, indices), size);
        elements[at] = match scatter.add {
            true => {
                D::run(&add, &[elements[at], update], &mut scratch, &mut out);
                out[0]
            }
            false => update,
        };
    });
    Ok(elements)
}

pub(super) fn scan<D: Domain>(
    scan: &Scan,
    operands: &[&Value<D::Part>],
    shape: &[usize],
) -> Vec<[D::Part; 2]> {
    let [first, step, finish] = [&scan.first, &scan.step, &scan.finish].map(D::prepare);
    let mut elements = vec![[D::Part::default(); 2]; shape.iter().product()];
    let (mut scratch, mut out, mut accumulators) = (vec![], vec![], vec![]);
    let mut lines = shape.to_vec();
    lines[scan.axis] = lines[scan.axis].min(1);
    each_index(&lines, &mut |line| {
        for i in 0..shape[scan.axis] {
            let mut index = line.to_vec();
            index[scan.axis] = if scan.reverse { shape[scan.axis] - 1 - i } else { i };
            let at = position(shape, index.into_iter());
            let own = operands.iter().map(|o| o.elements[at]);
            if i == 0 {
                D::run(&first, &own.collect::<Vec<_>>(), &mut scratch, &mut out);
            } else {
                let params: Vec<[D::Part; 2]> = accumulators.iter().copied().chain(own).collect();
                D::run(&step, &params, &mut scratch, &mut out);
            }
            accumulators.clone_from(&out);
            D::run(&finish, &accumulators, &mut scratch, &mut out);
            elements[at] = out[0];
        }
    });
    elements
}

pub(super) fn routine<D: Domain>(routine: Routine, operand: &Value<D::Part>) -> Vec<[D::Part; 2]> {
    let (length, scalar) = (operand.shape.last().copied().unwrap_or(1), operand.dtype.scalar_type());
    let rows = operand.elements.chunks(length.max(1));
    let run = |row: &[[D::Part; 2]]| -> Vec<[D::Part; 2]> {
        let ranks: Vec<u128> =
            row.iter().map(|[own, _]| D::rank(scalar, *own, routine.is_descending())).collect();
        let positions = routine.positions(&ranks).into_iter();
        match routine {
            Routine::Sort { .. } => positions.map(|at| row[at]).collect(),
            Routine::Argsort { .. } => positions.map(|at| [D::from_i64(at as i64); 2]).collect(),
        }
    };
    rows.flat_map(run).collect()
}

pub(super) fn contract<D: Domain>(
    contraction: &Contraction,
    left: &Value<D::Part>,
    right: &Value<D::Part>,
    shape: &[usize],
) -> Vec<[D::Part; 2]> {
    let programs =
        [contraction.factors([left.dtype, right.dtype]), contraction.step(true), contraction.finish()];
    let [factors, step, finish] = programs.each_ref().map(D::prepare);
    let sums: Vec<usize> = (0..contraction.sums)
        .map(|sum| {
            let axis = contraction.left.iter().position(|l| *l == LoopAxis::Sum(sum));
            left.shape[axis.expect("invariant: every sum has its axis")]
        })
        .collect();
    let scalar = contraction.accumulator.scalar_type();
    let (mut scratch, mut out, mut elements) = (vec![], vec![], vec![]);
    each_index(shape, &mut |index| {
        let mut accumulator = [D::from_bits(scalar, 0); 2];
        each_index(&sums, &mut |sum| {
            let at = |axes: &[LoopAxis], operand: &Value<D::Part>| {
                let own = axes.iter().map(|axis| match axis {
                    LoopAxis::Result(i) => index[*i],
                    LoopAxis::Sum(i) => sum[*i],
                });
                operand.elements[position(&operand.shape, own)]
            };
            let own = [at(&contraction.left, left), at(&contraction.right, right)];
            D::run(&factors, &own, &mut scratch, &mut out);
            let params = [accumulator, out[0], out[1]];
            D::run(&step, &params, &mut scratch, &mut out);
            accumulator = out[0];
        });
        D::run(&finish, &[accumulator], &mut scratch, &mut out);
        elements.push(out[0]);
    });
    elements
}
