//! Modules whose shared variables become what is made of themselves: products, gathers, scatters, transposes,
//! slices, windows, sums and casts of the variable that is updated, and of others that are.

use tgc_scalar::dtype::{DType, Kind};

use super::{Options, Random};
use crate::array::Array;
use crate::builder::functions::tanh;
use crate::builder::{Model, Tensor, batched_dot, dot};
use crate::module::Module;
use crate::ops::concatenate;

/// Sizes of axes: from 16 on products run in tiles.
const SIZES: [usize; 8] = [1, 2, 3, 5, 16, 16, 17, 20];

/// A module of two functions that update up to four variables by each other.
pub fn self_updates(seed: u64) -> Module {
    let mut random = Random(seed);
    let m = Model::new("updates");
    let [n, k] = [0, 1].map(|_| SIZES[random.below(SIZES.len())]);
    let dtype = [DType::F64, DType::F64, DType::F32, DType::F32, DType::C128, DType::I32][random.below(6)];
    let shapes = [vec![n, n], vec![n, n], vec![n, k], vec![3, n, n], vec![n]];
    let options = Options::plain(0);
    let mut states = vec![];
    for i in 0..1 + random.below(4) {
        let shape = &shapes[random.below(shapes.len())];
        let dtype = if dtype == DType::F32 && random.chance(5) { DType::F16 } else { dtype };
        states.push(m.shared(&format!("w{i}"), random.array(dtype, shape, &options)));
    }
    for i in 0..2 {
        function(&m, &mut random, &format!("f{i}"), dtype, &states);
    }
    m.module()
}

fn function<'m>(m: &'m Model, random: &mut Random, name: &str, dtype: DType, states: &[Tensor<'m>]) {
    let x = m.input(&format!("x_{name}"), dtype, shape(&states[0]));
    let mut values: Vec<Tensor<'m>> = states.iter().map(|w| w.cast(dtype)).chain([x]).collect();
    for _ in 0..3 + random.below(12) {
        let made = grow(random, &values).filter(|made| made.rank() < 4).map(|made| made.cast(dtype));
        values.extend(made);
    }
    let mut function = m.function(name).inputs([x]).allow_unused();
    for (i, w) in states.iter().enumerate() {
        let fits: Vec<Tensor<'m>> = values.iter().copied().filter(|v| shape(v) == shape(w)).collect();
        // Late ones are made of more.
        let late = fits.len() - 1 - random.below(fits.len()).min(random.below(fits.len()));
        if random.below(4) > 0 {
            function = function.update(*w, fits[late].cast(dtype_of(w)));
        } else if let Some(value) = random.pick(&values) {
            function = function.output(&format!("{name}_y{i}"), value);
        }
    }
    let last = *values.last().expect("invariant: there is an argument");
    let finished = function.output(&format!("{name}_last"), last).finish();
    finished.expect("invariant: what is generated is well-typed");
}

fn shape(x: &Tensor<'_>) -> Vec<i64> {
    let shape = x.ty().map_or(vec![], |ty| ty.shape);
    shape
        .iter()
        .map(|size| size.as_const().expect("invariant: shapes of shared variables are static"))
        .collect()
}

fn dtype_of(x: &Tensor<'_>) -> DType {
    x.ty().map_or(DType::F64, |ty| ty.dtype)
}

/// One more value from those that exist.
fn grow<'m>(random: &mut Random, values: &[Tensor<'m>]) -> Option<Tensor<'m>> {
    let x = random.pick(values)?;
    let same: Vec<Tensor<'m>> = values.iter().copied().filter(|v| shape(v) == shape(&x)).collect();
    let y = random.pick(&same)?;
    if x.rank() == 0 {
        return None;
    }
    let axis = random.below(x.rank()) as i64;
    match random.below(4) {
        0 | 1 => product(random, x, values),
        2 => moved(random, x, y, axis),
        _ => Some(match random.below(4) {
            0 if dtype_of(&x).is_float() => tanh(x) + y,
            1 => x - y,
            2 => x - shrunk(x.sum_over([axis])).expand_dims([axis]),
            _ => shrunk(x * y),
        }),
    }
}

/// Products, so small that sums of them stay about 1.
fn shrunk<'m>(x: Tensor<'m>) -> Tensor<'m> {
    match dtype_of(&x).kind() {
        Kind::Float | Kind::Complex => x * 0.0625,
        Kind::Bool | Kind::Integer => x,
    }
}

/// A product of matrices, plain, of a transpose, or batched.
fn product<'m>(random: &mut Random, x: Tensor<'m>, values: &[Tensor<'m>]) -> Option<Tensor<'m>> {
    let x = if x.rank() == 2 && random.chance(3) { x.t() } else { x };
    let last = shape(&x).last().cloned()?;
    let fits = |v: &&Tensor<'m>| {
        let sizes = shape(v);
        let is_batch = x.rank() == 3 && v.rank() == 3 && sizes[1] == last && sizes[0] == shape(&x)[0];
        is_batch || v.rank() < 3 && sizes.first() == Some(&last)
    };
    let fitting: Vec<Tensor<'m>> = values.iter().filter(fits).copied().collect();
    let y = random.pick(&fitting)?;
    let made = if y.rank() == 3 { batched_dot(x, y) } else { dot(x, y) };
    Some(shrunk(made))
}

/// The elements of a value at other places, or with others among them.
fn moved<'m>(random: &mut Random, x: Tensor<'m>, y: Tensor<'m>, axis: i64) -> Option<Tensor<'m>> {
    let (length, rows) = (shape(&x)[axis as usize], shape(&x)[0]);
    let places: Vec<i64> = (0..rows).map(|_| random.below(2 * rows as usize) as i64 - rows).collect();
    let places = x.model().constant(Array::from(places));
    Some(match random.below(10) {
        0 if x.rank() > 1 => x.swapaxes(-1, -2),
        1 => x.flip([axis]),
        2 => x.roll(1 + random.below(3) as i64, axis),
        3 => shrunk(x.cumsum(axis)),
        4 => x.take(places, 0),
        5 => x.set_subtensor(places, y),
        6 => x.inc_subtensor(places, y),
        7 if length > 1 => {
            let [head, tail] = x.split([1, length - 1], axis);
            concatenate([tail, head], axis) + y
        }
        8 if rows > 1 => x.set_subtensor(0, y.index(1)) - y.inc_subtensor((1..,), x.index((..-1,))),
        9 if rows > 1 => window(x) + y,
        _ => x.flatten(1).flip([0]).reshape(shape(&x)),
    })
}

/// Each row, the one before and the one behind.
fn window<'m>(x: Tensor<'m>) -> Tensor<'m> {
    let mut widths = vec![(0, 0); x.rank()];
    widths[0] = (1, 1);
    let padded = x.pad_constant(widths, 0);
    padded.index((..-2,)) + padded.index((..-1,)).index((1..,)) - padded.index((2..,))
}
