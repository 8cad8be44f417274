//! Zeros with their signs, infinities, NaN, poles, and arguments whose exact value is a small number: those
//! bits and no others.

use tgc_compiler::Session;
use tgc_graph::prelude::*;

type One = for<'m> fn(Tensor<'m>) -> Tensor<'m>;
type Two = for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>;

/// Two arguments and what the function is there.
type Pair = (f64, f64, f64);

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// A function with arguments and what it is there.
type Case = (&'static str, One, &'static [(f64, f64)]);

const CASES: &[Case] = &[
    ("exp", exp, &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e4, INF), (-1e4, 0.0)]),
    ("expm1", expm1, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (NAN, NAN), (-1e4, -1.0)]),
    ("log", log, &[(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-1.0, NAN), (-INF, NAN), (NAN, NAN)]),
    ("log1p", log1p, &[(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (INF, INF), (-2.0, NAN), (NAN, NAN)]),
    ("sqrt", sqrt, &[(0.0, 0.0), (-0.0, -0.0), (4.0, 2.0), (INF, INF), (-1.0, NAN), (NAN, NAN)]),
    ("sigmoid", sigmoid, &[(0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e4, 1.0), (NAN, NAN)]),
    ("tanh", tanh, &[(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (100.0, 1.0), (NAN, NAN)]),
    ("sin", sin, &[(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
    ("cos", cos, &[(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
    ("tan", tan, &[(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]),
    ("arcsin", arcsin, &[(0.0, 0.0), (-0.0, -0.0), (2.0, NAN), (-INF, NAN), (NAN, NAN)]),
    ("arccos", arccos, &[(1.0, 0.0), (-1.5, NAN), (INF, NAN), (NAN, NAN)]),
    ("arctan", arctan, &[(0.0, 0.0), (-0.0, -0.0), (NAN, NAN)]),
    ("sinh", sinh, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (-1e4, -INF), (NAN, NAN)]),
    ("cosh", cosh, &[(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (1e4, INF), (NAN, NAN)]),
    ("arcsinh", arcsinh, &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN)]),
    ("arccosh", arccosh, &[(1.0, 0.0), (0.5, NAN), (INF, INF), (-INF, NAN), (NAN, NAN)]),
    ("arctanh", arctanh, &[(0.0, 0.0), (-0.0, -0.0), (1.0, INF), (-1.0, -INF), (1.5, NAN), (NAN, NAN)]),
    ("exp2", exp2, &[(0.0, 1.0), (10.0, 1024.0), (-2.0, 0.25), (INF, INF), (-INF, 0.0), (NAN, NAN)]),
    ("log2", log2, &[(1.0, 0.0), (1024.0, 10.0), (0.125, -3.0), (0.0, -INF), (-1.0, NAN), (INF, INF)]),
    ("log10", log10, &[(1.0, 0.0), (1000.0, 3.0), (1e10, 10.0), (0.0, -INF), (-1.0, NAN), (INF, INF)]),
    ("erf", erf, &[(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (10.0, 1.0), (NAN, NAN)]),
    ("erfc", erfc, &[(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 2.0), (-10.0, 2.0), (NAN, NAN)]),
    ("softplus", softplus, &[(INF, INF), (-INF, 0.0), (1e4, 1e4), (NAN, NAN)]),
    ("gamma", gamma, &[(0.0, INF), (-0.0, -INF), (-3.0, NAN), (INF, INF), (-INF, NAN), (NAN, NAN)]),
    ("gammaln", gammaln, &[(1.0, 0.0), (2.0, 0.0), (0.0, INF), (-3.0, INF), (INF, INF), (-INF, INF)]),
    ("psi", psi, &[(0.0, -INF), (-0.0, INF), (-3.0, NAN), (INF, INF), (-INF, NAN), (NAN, NAN)]),
];

/// C's special cases of powers (annex F.10.4.4), and some whose value is a small number.
const POWERS: &[Pair] = &[
    (0.0, 0.0, 1.0),
    (NAN, 0.0, 1.0),
    (1.0, NAN, 1.0),
    (1.0, INF, 1.0),
    (-1.0, INF, 1.0),
    (-1.0, -INF, 1.0),
    (0.0, -1.0, INF),
    (-0.0, -1.0, -INF),
    (-0.0, -2.0, INF),
    (-0.0, 3.0, -0.0),
    (-0.0, 2.5, 0.0),
    (-8.0, 1.5, NAN),
    (0.5, INF, 0.0),
    (0.5, -INF, INF),
    (2.0, INF, INF),
    (2.0, -INF, 0.0),
    (-INF, 3.0, -INF),
    (-INF, -3.0, -0.0),
    (INF, -0.5, 0.0),
    (NAN, 1.0, NAN),
    (2.0, NAN, NAN),
    (2.0, 10.0, 1024.0),
    (-3.0, 3.0, -27.0),
    (10.0, 5.0, 1e5),
    (4.0, -0.5, 0.5),
];

/// The signs and ends of the angle (C, annex F.10.1.4) that are exact, and rests with the divisor's sign.
const ANGLES: &[Pair] =
    &[(0.0, 1.0, 0.0), (-0.0, 1.0, -0.0), (1.0, INF, 0.0), (-1.0, INF, -0.0), (NAN, 1.0, NAN)];
const RESTS: &[Pair] = &[
    (-7.0, 3.0, 2.0),
    (7.0, -3.0, -2.0),
    (5.5, 2.0, 1.5),
    (1.0, 0.0, NAN),
    (INF, 1.0, NAN),
    (1.0, NAN, NAN),
];

fn same(dtype: DType, got: f64, want: f64) -> bool {
    let want = if dtype == F32 { f64::from(want as f32) } else { want };
    got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan()
}

fn array(dtype: DType, values: &[f64]) -> Array {
    match dtype {
        F32 => Array::from(values.iter().map(|x| *x as f32).collect::<Vec<_>>()),
        _ => Array::from(values.to_vec()),
    }
}

fn numbers(array: &Array) -> Vec<f64> {
    let narrow = array.to_vec::<f32>().map(|values| values.into_iter().map(f64::from).collect());
    narrow.or_else(|| array.to_vec::<f64>()).expect("floats")
}

#[test]
fn functions_of_one_value() {
    for dtype in [F32, F64] {
        let m = Model::new("special");
        for (name, function, cases) in CASES {
            let x = m.input(&format!("x_{name}"), dtype, [cases.len() as i64]);
            let function_name = format!("f_{name}");
            m.function(&function_name).inputs([x]).output("y", function(x)).finish().unwrap();
        }
        let mut session = Session::new(&m.module()).unwrap();
        for (name, _, cases) in CASES {
            let x: Vec<f64> = cases.iter().map(|case| case.0).collect();
            let y = session.call(&format!("f_{name}"), &[array(dtype, &x)]).unwrap().remove(0);
            for ((x, want), got) in cases.iter().zip(numbers(&y)) {
                assert!(same(dtype, got, *want), "{name}({x}) is {got}, not {want} ({dtype})");
            }
        }
    }
}

#[test]
fn functions_of_two_values() {
    let all: [(&str, Two, &[Pair]); 3] = [
        ("pow", |x, y| pow(x, y), POWERS),
        ("arctan2", |y, x| arctan2(y, x), ANGLES),
        ("mod", |x, y| modulo(x, y), RESTS),
    ];
    for dtype in [F32, F64] {
        for (name, function, cases) in all {
            let m = Model::new("special");
            let size = cases.len() as i64;
            let (x, y) = (m.input("x", dtype, [size]), m.input("y", dtype, [size]));
            m.function("f").inputs([x, y]).output("z", function(x, y)).finish().unwrap();
            let mut session = Session::new(&m.module()).unwrap();
            let (a, b): (Vec<f64>, Vec<f64>) = cases.iter().map(|case| (case.0, case.1)).unzip();
            let z = session.call("f", &[array(dtype, &a), array(dtype, &b)]).unwrap().remove(0);
            for ((x, y, want), got) in cases.iter().zip(numbers(&z)) {
                assert!(same(dtype, got, *want), "{name}({x}, {y}) is {got}, not {want} ({dtype})");
            }
        }
    }
}
