//! Functions of complex numbers, against the same operations in wide arithmetic, in units of the last place of the
//! result's magnitude.

use tgc_compiler::Session;
use tgc_graph::evaluate::{Sizes, evaluate_wide};
use tgc_graph::prelude::*;
use tgc_graph::scalar::{Dd, Lane, lane_from_bits_f64};

use super::ulp::Format;
use super::{Effort, Row, Worst};

type Build = for<'m> fn(&[Tensor<'m>]) -> Tensor<'m>;

/// A function to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What is promised, in ULP.
    pub bound: f64,
    operands: usize,
    build: Build,
}

/// All functions, in the order of the table.
pub fn functions() -> Vec<Function> {
    let all: [(&str, usize, Build); 10] = [
        ("complex exp", 1, |x| exp(x[0])),
        ("complex log", 1, |x| log(x[0])),
        ("complex sqrt", 1, |x| sqrt(x[0])),
        ("complex abs", 1, |x| abs(x[0])),
        ("complex sgn", 1, |x| sgn(x[0])),
        ("angle", 1, |x| angle(x[0])),
        ("complex reciprocal", 1, |x| reciprocal(x[0])),
        ("complex mul", 2, |x| x[0] * x[1]),
        ("complex div", 2, |x| x[0] / x[1]),
        ("complex pow", 2, |x| pow(x[0], x[1])),
    ];
    // An error of y log x is magnified by the exponential; the points' exponents are at most about 30.
    let bound = |name: &str| if name == "complex pow" { 64.0 } else { 4.0 };
    all.map(|(name, operands, build)| Function { name, bound: bound(name), operands, build }).to_vec()
}

/// Measures a function in both widths.
pub fn measure(function: &Function, effort: &Effort) -> Row {
    // Each round has as many points as four of the real functions'.
    let points = points(effort.rounds / 32);
    let [single, double] = [C64, C128].map(|dtype| measure_in(function, dtype, &points));
    Row { name: function.name.to_owned(), bound: function.bound, single, double }
}

/// Points of all magnitudes, on the axes, and close to the unit circle.
fn points(rounds: u64) -> Vec<[f64; 2]> {
    let mut state = 7u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 2f64.powi(53)
    };
    let mut points = vec![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -2.0], [1e-30, 1.0], [3.0, -1e-30]];
    for i in 0..rounds {
        let (angle, radius) = (unit() * 6.3, (unit() * 12.0 - 6.0).exp2());
        points.push([radius * angle.cos(), radius * angle.sin()]);
        let radius = 1.0 + (unit() - 0.5) * (-40.0 * unit()).exp2();
        points.push([radius * angle.cos(), radius * angle.sin()]);
        let spread = (unit() * 60.0 - 30.0).exp2();
        points.push(if i % 2 == 0 { [spread, unit()] } else { [unit() - 0.5, spread] });
        let near = (-50.0 * unit()).exp2();
        points.push([1.0 + near * (unit() - 0.5), near * (unit() - 0.5)]);
    }
    points
}

fn measure_in(function: &Function, dtype: DType, points: &[[f64; 2]]) -> Worst {
    let m = Model::new("accuracy");
    let n = m.dim("N");
    let x: Vec<Tensor<'_>> =
        ["x", "y"][..function.operands].iter().map(|name| m.input(name, dtype, [n])).collect();
    m.function("f")
        .output("value", (function.build)(&x))
        .inputs(x)
        .finish()
        .expect("the model is well-formed");
    let module = m.module();
    let mut session = Session::new(&module).expect("the model compiles");
    let mut worst = Worst::none();
    // Second operands are the points in reverse order, not so large that powers overflow.
    let others: Vec<[f64; 2]> = points.iter().rev().map(|z| z.map(|part| part.clamp(-9.0, 9.0))).collect();
    for (first, second) in points.chunks(4096).zip(others.chunks(4096)) {
        let operands: Vec<Array> =
            [first, second][..function.operands].iter().map(|z| array(dtype, z)).collect();
        let sizes = Sizes::from([("N".to_owned(), first.len() as i64)]);
        let exact = evaluate_wide(&module.functions[0], &[], &operands, &sizes).expect("it runs");
        let got = session.call("f", &operands).expect("the call succeeds").remove(0);
        let parts = got.dtype().parts();
        worst.points += first.len() as u64;
        for (i, exact) in exact.outputs[0].elements.iter().enumerate() {
            let exact: Vec<Dd> = exact[..parts].iter().map(|part| part.real()).collect();
            let error = distance(got.dtype().lane(), &got.get(i)[..parts], &exact);
            worst.note(error, || {
                let all = [first[i], second[i]];
                all[..function.operands].iter().flatten().copied().collect()
            });
        }
    }
    worst
}

fn array(dtype: DType, values: &[[f64; 2]]) -> Array {
    let mut array = Array::zeros_of(dtype, [values.len()]);
    let bits = |part: f64| match dtype.lane() {
        Lane::F32 => u64::from((part as f32).to_bits()),
        _ => part.to_bits(),
    };
    values.iter().enumerate().for_each(|(i, z)| array.set(i, z.map(bits)));
    array
}

/// The distance of a result from the exact one.
fn distance(lane: Lane, got: &[u64], exact: &[Dd]) -> f64 {
    let format = Format::of(lane);
    let length = exact.iter().map(|part| part.hi.abs()).fold(0.0, f64::max);
    let part = |(got, exact): (&u64, &Dd)| format.error(lane_from_bits_f64(lane, *got), *exact, length);
    got.iter().zip(exact).map(part).fold(0.0, f64::hypot)
}
