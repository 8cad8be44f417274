//! Slices, joins and diagonals of sizes that callers give: what the builder admits has a plan, which gives
//! what the reference evaluator gives.
//!
//! Random chains of slices with steps of either sign, parts replaced and added to, gradients of all of these;
//! joins of tensors whose sizes coincide or do not, rolled, split, repeated and padded; diagonals of
//! rectangles. Ranges of sizes begin anywhere, and parts may be empty.

use tgc_compiler::{Fp, stages};
use tgc_graph::array::Array;
use tgc_graph::builder::{Index, Position, Slice, slice};
use tgc_graph::dim::Dim;
use tgc_graph::evaluate::{EvaluateError, evaluate};
use tgc_graph::generate::Random;
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_plan::interpret::Interpreter;
use tgc_plan::machine::Machine;

use crate::{for_each_seed, native, values};

/// Tensors of a function: its inputs and outputs.
type Parts<'m> = (Vec<Tensor<'m>>, Vec<Tensor<'m>>);

/// Makes the tensors of a function.
type Maker = for<'m> fn(&mut Maths<'m>) -> Parts<'m>;

/// A model that is being made, at random.
struct Maths<'m> {
    model: &'m Model,
    random: Random,
    dims: Vec<Size<'m>>,
}

/// The module of one function, unless its author is told that it is wrong.
fn module(seed: u64, make: Maker) -> Result<Module, String> {
    let model = Model::new("places");
    let mut maths = Maths { model: &model, random: Random(seed), dims: vec![] };
    maths.dims = ["N", "K", "M"].iter().map(|name| maths.dim(name)).collect();
    let (inputs, outputs) = make(&mut maths);
    let mut function = model.function("f").inputs(inputs).allow_unused();
    for (i, y) in outputs.into_iter().enumerate() {
        function = function.output(&format!("y{i}"), y);
    }
    function.finish().map_err(|error| error.to_string())?;
    Ok(model.module())
}

impl<'m> Maths<'m> {
    fn chance(&mut self, one_in: usize) -> bool {
        self.random.below(one_in) == 0
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.random.below(items.len())]
    }

    fn within(&mut self, from: i64, to: i64) -> i64 {
        from + self.random.below((to - from + 1) as usize) as i64
    }

    fn dim(&mut self, name: &str) -> Size<'m> {
        let (dim, min) = (self.model.dim(name), self.within(0, 4));
        match self.random.below(4) {
            0 => dim.range(min, min + self.within(0, 40)),
            1 => dim.range(min, 1000),
            _ => dim,
        }
    }

    /// The size of an axis.
    fn size(&mut self) -> Size<'m> {
        let dim = self.pick(&self.dims.clone());
        match self.random.below(10) {
            0 | 1 => self.within(0, 7).into(),
            2 => dim + self.within(0, 3),
            3 => dim / self.within(2, 4),
            4 => dim.max(self.within(1, 4)),
            5 => dim.min(self.within(1, 6)),
            6 => dim * self.within(2, 3),
            _ => dim,
        }
    }

    fn position(&mut self) -> Position<'m> {
        match self.random.below(8) {
            0 => self.size().into(),
            1 => (self.pick(&self.dims.clone()) - self.within(0, 3)).into(),
            _ => self.within(-6, 7).into(),
        }
    }

    /// A slice of an axis.
    fn slice(&mut self) -> Index<'m> {
        let (from, to) = (self.chance(2), self.chance(2));
        let slice: Slice = match (from.then(|| self.position()), to.then(|| self.position())) {
            (Some(start), Some(stop)) => slice(start, stop),
            (Some(start), None) => (start..).into(),
            (None, Some(stop)) => (..stop).into(),
            (None, None) => (..).into(),
        };
        Index::Slice(slice.step(self.pick(&[1, 1, 2, 3, -1, -2, -3, 5])))
    }

    /// A slice of one axis, and all of the others.
    fn slice_along(&mut self, axis: usize, rank: usize) -> Vec<Index<'m>> {
        let mut index = vec![Index::Slice((..).into()); rank];
        index[axis] = self.slice();
        index
    }

    fn input(&mut self, name: &str, rank: usize) -> Tensor<'m> {
        let shape: Vec<Size> = (0..rank).map(|_| self.size()).collect();
        self.model.input(name, F64, shape)
    }
}

fn slices<'m>(maths: &mut Maths<'m>) -> Parts<'m> {
    let rank = maths.pick(&[1, 1, 1, 2, 2, 3]);
    let x = maths.input("x", rank);
    let mut y = x;
    for _ in 0..=maths.random.below(4) {
        let whole = |maths: &mut Maths<'m>| rank > 1 && maths.chance(3);
        let index: Vec<Index> =
            (0..rank).map(|_| if whole(maths) { Index::Slice((..).into()) } else { maths.slice() }).collect();
        let part = y.index(index.clone());
        y = match maths.random.below(8) {
            0 => y.set_subtensor(index, 2.0),
            1 => y.inc_subtensor(index, part.sqr()).index((..).step(-1)),
            _ => part,
        };
    }
    let mut outputs = vec![match maths.random.below(3) {
        0 if rank > 1 => y.t(),
        1 => y.flip([0]),
        _ => y,
    }];
    if maths.chance(3) {
        outputs.push(y.sum_over([maths.random.below(rank) as i64]));
    }
    if maths.chance(3) {
        outputs.push(grad(y.sqr().sum(), x));
    }
    (vec![x], outputs)
}

fn joins<'m>(maths: &mut Maths<'m>) -> Parts<'m> {
    let rank = 1 + maths.random.below(4);
    let axis = maths.random.below(rank);
    let few = [2.into(), maths.within(0, 4).into(), maths.dims[0], maths.size()];
    let coincide = maths.chance(2);
    let one = maths.pick(&few);
    let shape: Vec<Size> = (0..rank).map(|_| if coincide { one } else { maths.pick(&few) }).collect();
    let input = |maths: &mut Maths<'m>, name: &str| {
        let mut own = shape.clone();
        if !coincide {
            own[axis] = maths.pick(&few);
        }
        maths.model.input(name, F64, own)
    };
    let inputs: Vec<Tensor> =
        ["a", "b", "c"][..2 + maths.random.below(2)].iter().map(|name| input(maths, name)).collect();
    let parts: Vec<Tensor> = inputs.iter().map(|x| moved(maths, *x, axis, coincide)).collect();
    let mut y = match maths.random.below(6) {
        0 => maths.model.stack(vec![parts[0]; parts.len()], axis as i64),
        _ => maths.model.concatenate(parts, axis as i64),
    };
    for _ in 0..maths.random.below(3) {
        y = rearranged(maths, y);
    }
    let mut outputs = vec![y];
    if maths.chance(3) {
        outputs.push(grad((y * y).sum(), inputs[0]));
    }
    (inputs, outputs)
}

/// A tensor of the same sizes but for an axis.
fn moved<'m>(maths: &mut Maths<'m>, x: Tensor<'m>, axis: usize, is_cube: bool) -> Tensor<'m> {
    match maths.random.below(8) {
        0 => x * 2.0,
        1 if is_cube => x.t(),
        2 => x.flip([axis as i64]),
        3 => x.roll(maths.within(-5, 5), axis as i64),
        4 => x.index(maths.slice_along(axis, x.rank())),
        _ => x,
    }
}

/// A tensor with its elements elsewhere, some of them left out or repeated.
fn rearranged<'m>(maths: &mut Maths<'m>, y: Tensor<'m>) -> Tensor<'m> {
    let rank = y.rank();
    let (number, model) = (maths.random.below(rank), maths.model);
    let axis = number as i64;
    let is_empty = y.ty().is_none_or(|ty| ty.shape.contains(&Dim::Const(0)));
    let widths = vec![(maths.within(0, 2), maths.within(0, 2)); rank];
    match maths.random.below(9) {
        0 => y.roll(maths.within(-5, 5), axis),
        1 => model.concatenate([y, y * 3.0], axis),
        2 => y.repeat(maths.within(1, 3), axis),
        3 => y.tile([maths.within(1, 3)]),
        4 if is_empty => y.pad_constant(widths, 1.5),
        4 => {
            let with = maths.pick(&[Padding::Edge, Padding::Wrap, Padding::Symmetric, Padding::Reflect]);
            y.pad(widths, with)
        }
        5 => {
            let cut = y.dim(axis).min(maths.within(0, 2));
            let [head, tail] = y.split([cut, y.dim(axis) - cut], axis);
            model.concatenate([tail, head], axis)
        }
        6 => y.index(maths.slice_along(number, rank)),
        7 if rank > 1 => y.t(),
        _ => y + 1.0,
    }
}

fn diagonals<'m>(maths: &mut Maths<'m>) -> Parts<'m> {
    let rank = 2 + maths.random.below(2);
    let x = maths.input("x", rank);
    let first = maths.random.below(rank);
    let second = (first + 1 + maths.random.below(rank - 1)) % rank;
    let k = maths.within(-3, 3);
    let diagonal = x.diagonal_of(k, first as i64, second as i64);
    let y = match maths.random.below(4) {
        0 => diagonal,
        1 => diagonal.sum_over([-1]),
        2 => x.set_diagonal(2.0, k),
        _ => x.set_diagonal(x.diagonal(k) * 3.0, k),
    };
    let mut outputs = vec![y];
    if maths.chance(2) {
        outputs.push(grad((y * y).sum(), x));
    }
    if maths.chance(3) {
        outputs.push(maths.pick(&[
            x.trace(),
            diagonal.index((Ellipsis, (..).step(-2))),
            x.index((..).step(-2)).diagonal(k),
            x.t().diagonal(k),
        ]));
    }
    (vec![x], outputs)
}

/// Interpreting a million empty rows takes seconds.
const LONGEST: i64 = 10_000;

/// What a few models are refused for: slices of slices of slices of sums of sizes.
const DEEP: &str = "nests quotients, remainders, minima and maxima more than 8 deep";

/// Plans a function and compares some of its calls.
fn check(seed: u64, make: Maker) -> Result<(), String> {
    let module = match module(seed, make) {
        Err(refused) if refused.contains(DEEP) => return Ok(()),
        module => module?,
    };
    let plan = stages::plan(&module, &Machine::X86_64_V3, Fp::Strict).map_err(|error| error.to_string())?;
    let (function, mut random) = (&module.functions[0], Random(seed ^ 0x5eed));
    for _ in 0..4 {
        let call = values::call(function, &mut random, false, 5_000);
        let Some(call) = call.filter(|call| call.sizes.iter().all(|size| *size <= LONGEST)) else { continue };
        let want = match evaluate(function, &[], &call.inputs, &call.named) {
            Err(EvaluateError::Undefined { .. }) => return Ok(()),
            want => want.map_err(|error| error.to_string())?,
        };
        let got =
            Interpreter::new(&plan).call(0, &call.sizes, &call.inputs).map_err(|error| error.to_string())?;
        for (want, got) in want.outputs.iter().zip(&got) {
            near(got, want).map_err(|problem| format!("{problem} at sizes {:?}", call.sizes))?;
        }
    }
    // A few as native code: where places are, the Plan says.
    if seed.is_multiple_of(64) { native::check(seed, &module, false) } else { Ok(()) }
}

/// Equal but for the order of sums.
fn near(got: &Array, want: &Array) -> Result<(), String> {
    if got.shape() != want.shape() {
        return Err(format!("the shape {:?}, not {:?}", got.shape(), want.shape()));
    }
    let value = |array: &Array, i: usize| f64::from_bits(array.get(i)[0]);
    let differs = |i: &usize| {
        let (got, want) = (value(got, *i), value(want, *i));
        (got - want).abs() > 1e-9 * (1.0 + want.abs())
    };
    match (0..want.len()).find(differs) {
        None => Ok(()),
        Some(i) => Err(format!("element {i} is {}, not {}", value(got, i), value(want, i))),
    }
}

#[test]
fn chains_of_slices() {
    for_each_seed(200, |seed| check(seed, slices));
}

#[test]
fn joins_and_splits() {
    for_each_seed(200, |seed| check(seed, joins));
}

#[test]
fn diagonals_of_rectangles() {
    for_each_seed(100, |seed| check(seed, diagonals));
}
