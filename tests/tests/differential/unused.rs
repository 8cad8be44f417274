//! Gradients through what is not used: where the cost does not depend on an element, the gradient by it is 0 and the
//! other elements' gradients are what they are, though its own derivative be infinite or NaN.
//!
//! Chains of indexing, joins and maps over a function with an infinite derivative. A call at a harmless point tells
//! which elements are not used; then they are made harmful.

use tgc_compiler::{Call, Session};
use tgc_graph::array::Array;
use tgc_graph::generate::Random;
use tgc_graph::module::Module;
use tgc_graph::prelude::*;

use crate::for_each_seed;

const ROWS: usize = 4;
const COLUMNS: usize = 3;

/// A value of two axes on the way, with the sizes that it has in calls.
#[derive(Clone, Copy)]
struct Value<'m> {
    tensor: Tensor<'m>,
    rows: usize,
    columns: usize,
}

/// Moves, each with a positive derivative where it uses an element, so that no gradient cancels.
fn moved<'m>(value: Value<'m>, rows: Tensor<'m>, random: &mut Random) -> Value<'m> {
    let Value { tensor: y, rows: r, columns: c } = value;
    let same = |tensor| Value { tensor, ..value };
    let m = y.model();
    let named = |random: &mut Random| m.constant([random.below(r) as i64, random.below(r) as i64]);
    match random.below(18) {
        0 if r > 1 => Value { tensor: y.index(1..), rows: r - 1, ..value },
        1 if r > 1 => Value { tensor: y.index(..-1), rows: r - 1, ..value },
        2 if c > 1 => Value { tensor: y.index((.., (..).step(2))), columns: c.div_ceil(2), ..value },
        3 => Value { tensor: y.index(named(random)), rows: 2, ..value },
        4 if r == ROWS => Value { tensor: y.index(rows), rows: 2, ..value },
        5 => same(y.set_subtensor(random.below(r) as i64, 2.0)),
        6 => Value { tensor: y.t(), rows: c, columns: r },
        7 => same(sqrt(y) + y),
        8 => same(y + y.index((..).step(-1)) * 0.5),
        9 => Value { tensor: concatenate([y, y.index(..1)], 0), rows: r + 1, ..value },
        10 => same(y.cumsum(0)),
        11 => same(y.inc_subtensor(random.below(r) as i64, 1.5)),
        12 => same(y.set_subtensor(named(random), 2.0)),
        13 => Value {
            tensor: dot(y, m.constant(Array::from_slice([c, 2], &vec![1.0; 2 * c]))),
            columns: 2,
            ..value
        },
        14 => same(switch(y.gt(1.0), sqrt(y), 1.0) + y * y),
        15 => same(y.index((random.below(r) as i64, NewAxis)) + y),
        16 if c > 1 => Value { tensor: y.index((.., 1..)), columns: c - 1, ..value },
        17 => same(y.index(random.below(r) as i64).expand_dims(0) * y.set_subtensor((.., 0), 1.0)),
        _ => value,
    }
}

/// The gradient of such a chain, and in some modules the function's value too, so that it is computed as a whole.
fn module(seed: u64) -> Module {
    let mut random = Random(seed);
    let m = Model::new("m");
    let [n, r, c] = [m.dim("N").range(ROWS as i64, 64), (ROWS as i64).into(), (COLUMNS as i64).into()];
    let shape: [Size<'_>; 2] = if random.below(2) == 0 { [n, c] } else { [r, c] };
    let (x, rows) = (m.input("x", F64, shape), m.input("i", I64, [2]));
    let function = if random.below(2) == 0 { log(x) } else { sqrt(x) };
    let mut value = Value { tensor: function, rows: ROWS, columns: COLUMNS };
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

fn check(seed: u64) -> Result<(), String> {
    let module = module(seed);
    let mut session = Session::new(&module).map_err(|error| error.to_string())?;
    let mut random = Random(seed ^ 0x5eed);
    let mut point: Vec<f64> = (0..ROWS * COLUMNS).map(|_| 1.5 + random.below(100) as f64 / 50.0).collect();
    let rows = [random.below(ROWS) as i64, random.below(ROWS) as i64];
    let mut gradient = |point: &[f64]| {
        let inputs = [Array::from_slice([ROWS, COLUMNS], point), rows.into()].map(Some);
        let sizes: Vec<(String, i64)> = module.functions[0]
            .graph
            .scope
            .symbols
            .iter()
            .map(|(_, symbol)| (symbol.name.clone(), if symbol.name == "N" { ROWS as i64 } else { 2 }))
            .collect();
        let call = Call { function: "f", sizes: &sizes, inputs: &inputs, times: 1 };
        let outcome = session.run(&call).map_err(|error| error.to_string())?;
        outcome.outputs[0].to_vec::<f64>().ok_or_else(|| "no f64".to_owned())
    };
    let wanted = gradient(&point)?;
    for (x, g) in point.iter_mut().zip(&wanted) {
        if *g == 0.0 {
            *x = [0.0, f64::INFINITY, f64::NAN, -1.0][random.below(4)];
        }
    }
    let got = gradient(&point)?;
    let is_off = |i: &usize| (got[*i] - wanted[*i]).abs() > 1e-12 * wanted[*i] || got[*i].is_nan();
    match (0..got.len()).find(is_off) {
        Some(i) => Err(format!("element {i} of {got:?}, not {wanted:?}, at {point:?}")),
        None => Ok(()),
    }
}

#[test]
fn what_is_not_used_contributes_nothing() {
    for_each_seed(150, check);
}
