//! Runs compiled functions on many arguments, and compares.

use tgc_compiler::{Call, Session};
use tgc_graph::prelude::*;
use tgc_scalar::Dd;

use super::Worst;
use super::functions::{Function, Shape};
use super::ulp::{Format, worst_single};

/// Arguments of one call; all arrays of a call fit into a second-level cache.
const BLOCK: usize = 1 << 13;

/// A function, compiled for `f32` as `single` and for `f64` as `twofold`.
pub(super) struct Native {
    session: Session,
    inputs: [Vec<Option<Array>>; 2],
}

/// An element type of a [`Native`].
trait Real: Copy + 'static {
    const INDEX: usize;
    const NAME: &'static str;
    const BYTES: usize;
    fn write(self, to: &mut [u8]);
    fn read(from: &[u8]) -> Self;
}

macro_rules! real {
    ($ty:ident, $index:literal, $name:literal) => {
        impl Real for $ty {
            const INDEX: usize = $index;
            const NAME: &'static str = $name;
            const BYTES: usize = size_of::<$ty>();
            fn write(self, to: &mut [u8]) {
                to.copy_from_slice(&self.to_le_bytes());
            }
            fn read(from: &[u8]) -> $ty {
                $ty::from_le_bytes(from.try_into().expect("invariant: an element's bytes"))
            }
        }
    };
}

real!(f32, 0, "single");
real!(f64, 1, "twofold");

impl Native {
    pub(super) fn new(function: &Function) -> Native {
        let m = Model::new("accuracy");
        let n = m.dim("N");
        let count = match function.shape {
            Shape::One { .. } => 1,
            Shape::Two { .. } => 2,
        };
        let mut inputs = [vec![], vec![]];
        let kinds = [(F32, "single", ["x", "y"]), (F64, "twofold", ["u", "v"])];
        for (kind, (dtype, name, names)) in kinds.into_iter().enumerate() {
            let x: Vec<Tensor<'_>> = names[..count].iter().map(|name| m.input(name, dtype, [n])).collect();
            let value = match function.shape {
                Shape::One { build, .. } => build(x[0]),
                Shape::Two { build, .. } => build(x[0], x[1]),
            };
            m.function(name).inputs(x).output("value", value).finish().expect("the model is well-formed");
            inputs[kind] = vec![Some(Array::zeros_of(dtype, [BLOCK])); count];
        }
        let session = Session::new(&m.module()).expect("the model compiles");
        Native { session, inputs }
    }

    /// Runs the function on a block of arguments, by input.
    fn run<T: Real>(&mut self, arguments: &[&[T]], results: &mut [T]) {
        for (input, values) in self.inputs[T::INDEX].iter_mut().zip(arguments) {
            let array = input.as_mut().expect("invariant: all inputs have values");
            for (to, value) in array.bytes_mut().chunks_exact_mut(T::BYTES).zip(*values) {
                value.write(to);
            }
        }
        let call = Call { function: T::NAME, sizes: &[], inputs: &self.inputs[T::INDEX], times: 1 };
        let outcome = self.session.run(&call).expect("the call succeeds");
        for (result, bytes) in results.iter_mut().zip(outcome.outputs[0].bytes().chunks_exact(T::BYTES)) {
            *result = T::read(bytes);
        }
    }
}

/// `f32` inputs at regular distances, all of them for a stride of 1, against the `f64` function.
pub(super) fn every_single(native: &mut Native, function: &Function, stride: u64) -> Worst {
    let mut worst = Worst::none();
    let (mut x, mut wide) = (vec![0f32; BLOCK], vec![0f64; BLOCK]);
    let (mut got, mut exact) = (x.clone(), wide.clone());
    let mut floors = wide.clone();
    for begin in (0..1u64 << 32).step_by(BLOCK * stride as usize) {
        for (i, (x, wide)) in x.iter_mut().zip(&mut wide).enumerate() {
            // A last block that goes beyond the end begins anew.
            *x = f32::from_bits((begin + i as u64 * stride) as u32);
            if !(function.admits)(false, &[f64::from(*x)]) {
                *x = f32::NAN;
            }
            *wide = f64::from(*x);
        }
        native.run(&[&wide], &mut exact);
        native.run(&[&x], &mut got);
        for ((floor, x), exact) in floors.iter_mut().zip(&wide).zip(&exact) {
            *floor = function.least(&[*x], *exact);
        }
        if let Some((error, at)) = worst_single(&got, &exact, &floors, worst.error) {
            worst.note(error, || vec![f64::from(x[at])]);
        }
        worst.points += BLOCK as u64;
    }
    worst
}

/// Points rounded to `f32`, against exact values.
pub(super) fn singles<const N: usize>(
    native: &mut Native,
    function: &Function,
    points: impl Iterator<Item = [f64; N]>,
    exact: &dyn Fn([f64; N]) -> Dd,
) -> Worst {
    let narrowed = points.map(|x| x.map(|x| x as f32));
    let admitted = narrowed.filter(|x| (function.admits)(false, &x.map(f64::from)));
    scan(native, admitted, &|x: [f32; N], got: f32| {
        let x = x.map(f64::from);
        let exact = exact(x);
        Format::SINGLE.error(f64::from(got), exact, function.least(&x, exact.hi))
    })
}

/// Points against exact values.
pub(super) fn doubles<const N: usize>(
    native: &mut Native,
    function: &Function,
    points: impl Iterator<Item = [f64; N]>,
    exact: &dyn Fn([f64; N]) -> Dd,
) -> Worst {
    let admitted = points.filter(|x| (function.admits)(true, x));
    scan(native, admitted, &|x, got: f64| {
        let exact = exact(x);
        Format::DOUBLE.error(got, exact, function.least(&x, exact.hi))
    })
}

fn scan<T: Real + Default + Into<f64>, const N: usize>(
    native: &mut Native,
    mut points: impl Iterator<Item = [T; N]>,
    error: &dyn Fn([T; N], T) -> f64,
) -> Worst {
    let mut worst = Worst::none();
    let mut results = vec![T::default(); BLOCK];
    loop {
        let block: Vec<[T; N]> = points.by_ref().take(BLOCK).collect();
        if block.is_empty() {
            return worst;
        }
        // Arrays have the size of a whole block; what the last one leaves over repeats its first point.
        let column = |k: usize| {
            let mut column = vec![block[0][k]; BLOCK];
            column.iter_mut().zip(&block).for_each(|(to, x)| *to = x[k]);
            column
        };
        let columns: Vec<Vec<T>> = (0..N).map(column).collect();
        let columns: Vec<&[T]> = columns.iter().map(Vec::as_slice).collect();
        native.run(&columns, &mut results);
        worst.points += block.len() as u64;
        for (x, got) in block.iter().zip(&results) {
            worst.note(error(*x, *got), || x.iter().map(|x| (*x).into()).collect());
        }
    }
}
