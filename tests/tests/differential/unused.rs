//! Gradients through what is not used: where the cost does not depend on an element, the gradient by it is 0
//! and the other elements' gradients are what they are, though its own derivative be infinite or NaN.
//!
//! Chains of indexing, joins and maps over a function with an infinite derivative. A call at a harmless point
//! tells which elements are not used; then they are made harmful.

use tgc_compiler::{Call, Fp, Session, stages};
use tgc_graph::array::Array;
use tgc_graph::generate::Random;
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_plan::interpret::Interpreter;
use tgc_plan::machine::Machine;

use crate::for_each_seed;

const ROWS: usize = 4;
const COLUMNS: usize = 3;

/// A value of two axes on the way, with the sizes that it has in calls.
#[derive(Clone, Copy)]
struct Value<'m> {
    tensor: Tensor<'m>,
    rows: usize,
    columns: usize,
    /// Whether sums made it: through those a zero that a `switch` made is a number like others.
    summed: bool,
}

/// Moves, each with a positive derivative where it uses an element, so that no gradient cancels.
fn moved<'m>(value: Value<'m>, rows: Tensor<'m>, random: &mut Random) -> Value<'m> {
    let Value { tensor: y, rows: r, columns: c, .. } = value;
    let same = |tensor| Value { tensor, ..value };
    let m = y.model();
    let named = |random: &mut Random| m.constant([random.below(r) as i64, random.below(r) as i64]);
    match random.below(27) {
        0 if r > 1 => Value { tensor: y.index(1..), rows: r - 1, ..value },
        1 if r > 1 => Value { tensor: y.index(..-1), rows: r - 1, ..value },
        2 if c > 1 => Value { tensor: y.index((.., (..).step(2))), columns: c.div_ceil(2), ..value },
        3 => Value { tensor: y.index(named(random)), rows: 2, ..value },
        4 if r == ROWS => Value { tensor: y.index(rows), rows: 2, ..value },
        5 => same(y.set_subtensor(random.below(r) as i64, 2.0)),
        6 => Value { tensor: y.t(), rows: c, columns: r, ..value },
        7 => same(sqrt(y) + y),
        8 => same(y + y.index((..).step(-1)) * 0.5),
        9 => Value { tensor: concatenate([y, y.index(..1)], 0), rows: r + 1, ..value },
        10 => Value { tensor: y.cumsum(0), summed: true, ..value },
        11 => same(y.inc_subtensor(random.below(r) as i64, 1.5)),
        12 => same(y.set_subtensor(named(random), 2.0)),
        13 => Value {
            tensor: dot(y, m.constant(Array::from_slice([c, 2], &vec![1.0; 2 * c]))),
            columns: 2,
            summed: true,
            ..value
        },
        14 => same(switch(y.gt(1.0), sqrt(y), 1.0) + y * y),
        15 => same(y.index((random.below(r) as i64, NewAxis)) + y),
        16 if c > 1 => Value { tensor: y.index((.., 1..)), columns: c - 1, ..value },
        17 => same(y.index(random.below(r) as i64).expand_dims(0) * y.set_subtensor((.., 0), 1.0)),
        18.. => spread(value, named(random), random),
        _ => value,
    }
}

/// Moves that leave more elements, or the same.
fn spread<'m>(value: Value<'m>, named: Tensor<'m>, random: &mut Random) -> Value<'m> {
    let Value { tensor: y, rows: r, columns: c, .. } = value;
    let same = |tensor| Value { tensor, ..value };
    let taken: Vec<bool> = (0..r).map(|_| random.below(2) == 0).collect();
    match random.below(9) {
        0 => same(y.pow(1.5)),
        1 => Value { tensor: y.pad_constant([(1, 1), (0, 1)], 1.0), rows: r + 2, columns: c + 1, ..value },
        2 => Value { tensor: y.pad([(1, 0), (0, 0)], Padding::Edge), rows: r + 1, ..value },
        3 => same(y.roll(1 + random.below(3) as i64, 0)),
        4 if r < 8 => Value { tensor: y.repeat(2, 0), rows: 2 * r, ..value },
        5 if !value.summed => same(switch(y.model().constant(Array::from(taken)).expand_dims(1), y, 2.0)),
        6 => Value { tensor: y.reshape([c as i64, r as i64]), rows: c, columns: r, ..value },
        7 => same(y.inc_subtensor(named, y.index(named).log1p())),
        8 => Value { tensor: y.diagonal(0).expand_dims(1), rows: r.min(c), columns: 1, ..value },
        _ => value,
    }
}

/// The gradient of such a chain, and in some modules the function's value too, so that it is computed as a
/// whole.
fn module(seed: u64) -> Module {
    let mut random = Random(seed);
    let m = Model::new("m");
    let [n, r, c] = [m.dim("N").range(ROWS as i64, 64), (ROWS as i64).into(), (COLUMNS as i64).into()];
    let shape: [Size<'_>; 2] = if random.below(2) == 0 { [n, c] } else { [r, c] };
    let (x, rows) = (m.input("x", F64, shape), m.input("i", I64, [2]));
    let function = match random.below(6) {
        0 | 1 => log(x),
        2 | 3 => sqrt(x),
        4 => x.pow(0.3),
        _ => 2.0 - 1.0 / x,
    };
    let mut value = Value { tensor: function, rows: ROWS, columns: COLUMNS, summed: false };
    for _ in 0..1 + random.below(5) {
        value = moved(value, rows, &mut random);
    }
    let gradient = grad((value.tensor * value.tensor).sum(), x);
    let mut outputs = vec![("gradient", gradient)];
    if random.below(2) == 0 {
        outputs.push(("value", function));
    }
    m.function("f")
        .inputs([x, rows])
        .outputs(outputs)
        .allow_unused()
        .finish()
        .unwrap_or_else(|e| panic!("{e}"));
    m.module()
}

/// Computes gradients at points of four rows.
type Gradient<'a> = &'a mut dyn FnMut(&[f64]) -> Result<Vec<f64>, String>;

/// By the Plan's interpreter and, of a few, as native code.
fn check(seed: u64) -> Result<(), String> {
    let module = module(seed);
    let mut random = Random(seed ^ 0x5eed);
    let rows = [random.below(ROWS) as i64, random.below(ROWS) as i64];
    let inputs = |point: &[f64]| [Array::from_slice([ROWS, COLUMNS], point), rows.into()];
    let symbols = &module.functions[0].graph.scope.symbols;
    let value = |name: &str| if name == "N" { ROWS as i64 } else { 2 };
    let sizes: Vec<(String, i64)> = symbols.iter().map(|(_, s)| (s.name.clone(), value(&s.name))).collect();
    let numbers = |outputs: &[Array]| outputs[0].to_vec::<f64>().ok_or_else(|| "no f64".to_owned());
    let plan = stages::plan(&module, &Machine::X86_64_V3, Fp::Strict).map_err(|error| error.to_string())?;
    let known: Vec<i64> = sizes.iter().map(|(_, size)| *size).collect();
    judge(&mut random, &mut |point| {
        let outputs = Interpreter::new(&plan).call(0, &known, &inputs(point));
        numbers(&outputs.map_err(|error| error.to_string())?)
    })?;
    if !seed.is_multiple_of(5) {
        return Ok(());
    }
    let mut session = Session::new(&module).map_err(|error| error.to_string())?;
    judge(&mut random, &mut |point| {
        let inputs = inputs(point).map(Some);
        let call = Call { function: "f", sizes: &sizes, inputs: &inputs, times: 1 };
        numbers(&session.run(&call).map_err(|error| error.to_string())?.outputs)
    })
}

/// Makes what is not used harmful, which changes no gradient.
fn judge(random: &mut Random, gradient: Gradient<'_>) -> Result<(), String> {
    let mut point: Vec<f64> = (0..ROWS * COLUMNS).map(|_| 1.5 + random.below(100) as f64 / 50.0).collect();
    let wanted = gradient(&point)?;
    for (x, g) in point.iter_mut().zip(&wanted) {
        if *g == 0.0 {
            *x = [0.0, f64::INFINITY, f64::NAN, -1.0][random.below(4)];
        }
    }
    let got = gradient(&point)?;
    let is_off = |i: &usize| (got[*i] - wanted[*i]).abs() > 1e-12 * wanted[*i].abs() || got[*i].is_nan();
    match (0..got.len()).find(is_off) {
        Some(i) => Err(format!("element {i} of {got:?}, not {wanted:?}, at {point:?}")),
        None => Ok(()),
    }
}

#[test]
fn what_is_not_used_contributes_nothing() {
    for_each_seed(150, check);
}
