//! Functions of complex numbers, against the same operations in wide arithmetic, in units of the last place
//! of the result's magnitude.

use tgc_compiler::Session;
use tgc_graph::evaluate::{Sizes, evaluate_wide};
use tgc_graph::prelude::*;
use tgc_scalar::{Dd, ScalarType, scalar_from_bits_f64};

use super::ulp::Format;
use super::{Effort, Row, Worst, points};

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
    all.map(|(name, operands, build)| Function { name, bound: 4.0, operands, build }).to_vec()
}

/// Measures a function in both widths.
pub fn measure(function: &Function, effort: &Effort) -> Row {
    // Each round has as many points as four of the real functions'.
    let rounds = effort.rounds / 32;
    let [single, double] = [(C64, 23.0), (C128, 42.0)].map(|(dtype, turns)| {
        let points = match function.name {
            "complex pow" => points::of_complex_powers(rounds, turns),
            _ => points::of_complex_pairs(rounds),
        };
        measure_in(function, dtype, &points)
    });
    Row { name: function.name.to_owned(), bound: function.bound, single, double }
}

fn measure_in(function: &Function, dtype: DType, points: &[[[f64; 2]; 2]]) -> Worst {
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
    for block in points.chunks(4096) {
        let operands: Vec<Array> = (0..function.operands).map(|k| array(dtype, block, k)).collect();
        let sizes = Sizes::from([("N".to_owned(), block.len() as i64)]);
        let exact = evaluate_wide(&module.functions[0], &[], &operands, &sizes).expect("it runs");
        let got = session.call("f", &operands).expect("the call succeeds").remove(0);
        let parts = got.dtype().parts();
        worst.points += block.len() as u64;
        for (i, exact) in exact.outputs[0].elements.iter().enumerate() {
            let exact: Vec<Dd> = exact[..parts].iter().map(|part| part.real()).collect();
            let error = distance(got.dtype().scalar_type(), &got.get(i)[..parts], &exact);
            worst.note(error, || block[i][..function.operands].iter().flatten().copied().collect());
        }
    }
    worst
}

/// One operand of each point.
fn array(dtype: DType, points: &[[[f64; 2]; 2]], operand: usize) -> Array {
    let mut array = Array::zeros_of(dtype, [points.len()]);
    let bits = |part: f64| {
        if let ScalarType::F32 = dtype.scalar_type() {
            u64::from((part as f32).to_bits())
        } else {
            part.to_bits()
        }
    };
    points.iter().enumerate().for_each(|(i, point)| array.set(i, point[operand].map(bits)));
    array
}

/// The distance of a result from the exact one.
fn distance(scalar: ScalarType, got: &[u64], exact: &[Dd]) -> f64 {
    let format = Format::of(scalar);
    let length = exact.iter().map(|part| part.hi.abs()).fold(0.0, f64::max);
    let part = |(got, exact): (&u64, &Dd)| format.error(scalar_from_bits_f64(scalar, *got), *exact, length);
    got.iter().zip(exact).map(part).fold(0.0, f64::hypot)
}
