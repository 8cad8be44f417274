//! Exponentials, logarithms, circular and hyperbolic functions. Values are those of mpmath 1.3 at 40 digits;
//! special cases are C99's, Annex F, which NumPy follows.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

use num_complex::Complex;
use tgc_graph::ops;
use tgc_graph::prelude::*;

use crate::check::{close, complaint, expression as value, gradient_matches, lifts, round_trips};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

type Function = for<'m> fn(Tensor<'m>) -> Tensor<'m>;

/// Every function of one operand, with a map of numbers between -2 and 2 to its domain.
const FUNCTIONS: [(&str, Function, Function); 16] = [
    ("exp2", |x| x.exp2(), |x| x),
    ("expm1", |x| x.expm1(), |x| x),
    ("log2", |x| x.log2(), |x| x * x + 0.1),
    ("log10", |x| x.log10(), |x| x * x + 0.1),
    ("sin", |x| x.sin(), |x| x * 3.0),
    ("cos", |x| x.cos(), |x| x * 3.0),
    ("tan", |x| x.tan(), |x| x * 0.6),
    ("arcsin", |x| x.arcsin(), |x| x * 0.45),
    ("arccos", |x| x.arccos(), |x| x * 0.45),
    ("arctan", |x| x.arctan(), |x| x * 3.0),
    ("sinh", |x| x.sinh(), |x| x),
    ("cosh", |x| x.cosh(), |x| x),
    ("tanh", |x| x.tanh(), |x| x),
    ("arcsinh", |x| x.arcsinh(), |x| x),
    ("arccosh", |x| x.arccosh(), |x| x * x + 1.2),
    ("arctanh", |x| x.arctanh(), |x| x * 0.45),
];

#[test]
fn functions_have_their_values() {
    let check = |function: Function, at: [f64; 3], want: [f64; 3]| {
        let m = Model::new("m");
        close(&function(m.constant(at)).eval().unwrap(), &want, 2.0);
    };
    check(|x| x.exp2(), [-1.5, 0.1, 700.3], [0.3535533905932738, 1.0717734625362931, 6.4759869286261e+210]);
    check(
        |x| x.expm1(),
        [-30.0, 1e-09, 2.5],
        [-0.9999999999999064, 1.0000000005000001e-09, 11.182493960703473],
    );
    check(|x| x.log2(), [3.0, 0.3, 1.1], [1.584962500721156, -1.7369655941662063, 0.13750352374993502]);
    check(|x| x.log10(), [3.0, 0.3, 1e-300], [0.47712125471966244, -0.5228787452803376, -300.0]);
    check(|x| x.sin(), [0.5, -3.0, 1e+22], [0.479425538604203, -0.1411200080598672, -0.8522008497671888]);
    check(|x| x.cos(), [0.5, -3.0, 1e+22], [0.8775825618903728, -0.9899924966004454, 0.523214785395139]);
    check(|x| x.tan(), [0.5, -3.0, 1e+22], [0.5463024898437905, 0.1425465430742778, -1.6287782256068988]);
    check(
        |x| x.arcsin(),
        [0.25, -0.9, 0.999999],
        [0.25268025514207865, -1.1197695149986342, 1.5693821131146521],
    );
    check(
        |x| x.arccos(),
        [0.25, -0.9, 0.999999],
        [1.318116071652818, 2.6905658417935308, 0.0014142136802445852],
    );
    check(|x| x.arctan(), [0.25, -1.2, 50.0], [0.24497866312686414, -0.8760580505981934, 1.550798992821746]);
    check(
        |x| x.sinh(),
        [0.0001, -1.5, 600.0],
        [0.00010000000016666667, -2.1292794550948173, 1.8865101504649698e+260],
    );
    check(|x| x.cosh(), [0.0001, -1.5, 600.0], [1.000000005, 2.352409615243247, 1.8865101504649698e+260]);
    check(
        |x| x.tanh(),
        [0.0001, -0.5, 3.0],
        [9.999999966666667e-05, -0.46211715726000974, 0.9950547536867305],
    );
    check(
        |x| x.arcsinh(),
        [0.0001, -1.5, 1e+300],
        [9.999999983333334e-05, -1.1947632172871092, 691.4686750787737],
    );
    check(
        |x| x.arccosh(),
        [1.0001, 1.5, 1e+300],
        [0.014142017775251545, 0.9624236501192069, 691.4686750787737],
    );
    check(
        |x| x.arctanh(),
        [0.0001, -0.9, 0.3],
        [0.00010000000033333334, -1.4722194895832204, 0.3095196042031117],
    );
}

/// Bits of floats, NaN as one, so that the sign of zero counts.
#[track_caller]
fn same(got: &Array, want: &[f64]) {
    let bits = |values: &[f64]| -> Vec<u64> {
        values.iter().map(|x| if x.is_nan() { NAN.to_bits() } else { x.to_bits() }).collect()
    };
    assert_eq!(bits(&got.to_vec::<f64>().unwrap()), bits(want), "{got:?}, not {want:?}");
}

#[test]
fn zeros_infinities_and_what_is_outside() {
    let at = |function: Function, x: &[f64], want: &[f64]| {
        let m = Model::new("m");
        same(&function(m.constant(x.to_vec())).eval().unwrap(), want);
    };
    let odd = [0.0, -0.0, 5e-324, NAN];
    let odd_functions: [Function; 8] = [
        |x| x.expm1(),
        |x| x.sin(),
        |x| x.tan(),
        |x| x.arcsin(),
        |x| x.arctan(),
        |x| x.sinh(),
        |x| x.tanh(),
        |x| x.arcsinh(),
    ];
    odd_functions.into_iter().chain([(|x| x.arctanh()) as Function]).for_each(|f| at(f, &odd, &odd));
    at(|x| x.exp2(), &[INF, -INF, 1024.0, -1075.0, NAN, -0.0], &[INF, 0.0, INF, 0.0, NAN, 1.0]);
    at(|x| x.expm1(), &[INF, -INF, 1000.0], &[INF, -1.0, INF]);
    at(|x| x.log2(), &[INF, 0.0, -0.0, -1.0, 5e-324, 1.0], &[INF, -INF, -INF, NAN, -1074.0, 0.0]);
    at(|x| x.log10(), &[INF, 0.0, -0.0, -1.0, 1e-300, 1.0], &[INF, -INF, -INF, NAN, -300.0, 0.0]);
    for f in [(|x| x.sin()) as Function, |x| x.cos(), |x| x.tan()] {
        at(f, &[INF, -INF, NAN], &[NAN; 3]);
    }
    at(|x| x.cos(), &[0.0, -0.0], &[1.0, 1.0]);
    at(|x| x.arcsin(), &[1.0, -1.0, 1.0 + f64::EPSILON, -INF], &[FRAC_PI_2, -FRAC_PI_2, NAN, NAN]);
    at(|x| x.arccos(), &[1.0, -1.0, 0.0, 1.0 + f64::EPSILON, INF], &[0.0, PI, FRAC_PI_2, NAN, NAN]);
    at(|x| x.arctan(), &[INF, -INF], &[FRAC_PI_2, -FRAC_PI_2]);
    at(|x| x.sinh(), &[INF, -INF, 711.0], &[INF, -INF, INF]);
    at(|x| x.cosh(), &[INF, -INF, -711.0, 0.0], &[INF, INF, INF, 1.0]);
    at(|x| x.tanh(), &[INF, -INF, 20.0], &[1.0, -1.0, 1.0]);
    at(|x| x.arcsinh(), &[INF, -INF], &[INF, -INF]);
    at(|x| x.arccosh(), &[1.0, INF, 1.0 - f64::EPSILON, -2.0, -INF], &[0.0, INF, NAN, NAN, NAN]);
    at(|x| x.arctanh(), &[1.0, -1.0, 1.5, -INF], &[INF, -INF, NAN, NAN]);
}

#[test]
fn the_angle_of_a_point_at_zeros_and_infinities() {
    let points = [
        // y, x, angle
        [0.0, 0.0, 0.0],
        [-0.0, 0.0, -0.0],
        [0.0, -0.0, PI],
        [-0.0, -0.0, -PI],
        [0.0, -2.0, PI],
        [-0.0, 2.0, -0.0],
        [3.0, 0.0, FRAC_PI_2],
        [-3.0, -0.0, -FRAC_PI_2],
        [1.0, INF, 0.0],
        [-1.0, -INF, -PI],
        [INF, 5.0, FRAC_PI_2],
        [-INF, -INF, -3.0 * FRAC_PI_4],
        [INF, INF, FRAC_PI_4],
        [NAN, 1.0, NAN],
        [0.0, NAN, NAN],
        [1.7e308, 1.7e308, FRAC_PI_4],
        [5e-324, -5e-324, 3.0 * FRAC_PI_4],
        [5e-324, 2.0, 0.0],
    ];
    let [y, x, want] = [0, 1, 2].map(|i| points.iter().map(|p| p[i]).collect::<Vec<_>>());
    same(&value(|m| m.constant(y).arctan2(m.constant(x))), &want);
    close(
        &value(|m| m.constant([1e308, 3e-320]).arctan2(m.constant([-1.5e308, 9e-320]))),
        &[2.5535900500422257, 0.3217505543966422],
        2.0,
    );
    // The operands broadcast, and a literal has no width.
    let table = value(|m| m.constant([[1f32], [-1.0]]).arctan2(m.constant([1f32, -1.0])));
    let quarter = std::f32::consts::FRAC_PI_4;
    assert_eq!(table, [[quarter, 3.0 * quarter], [-quarter, -3.0 * quarter]].into());
    assert_eq!(value(|m| m.constant([1f32]).arctan2(1.0)), [quarter].into());
}

#[test]
fn types_are_those_of_functions_of_the_reals() {
    let m = Model::new("m");
    for (name, function, _) in FUNCTIONS {
        for dtype in DType::ALL.into_iter().filter(|d| !d.is_complex()) {
            let got = function(m.input("x", dtype, [3])).ty().unwrap();
            let want = match dtype {
                Bool | I8 | U8 | I16 | U16 => F32,
                I32 | U32 | I64 | U64 => F64,
                float => float,
            };
            assert_eq!(got.dtype, want, "{name} of {dtype}");
        }
    }
    let of = |a, b| m.input("y", a, [3]).arctan2(m.input("x", b, [3])).ty().unwrap().dtype;
    assert_eq!([of(I8, F32), of(I32, F32), of(BF16, F32), of(I8, I16)], [F32, F64, F32, F32]);
    assert_eq!(value(|m| m.constant([0i8, 1]).cosh().gt(1.5)), [false, true].into());
    assert_eq!(value(|m| m.constant([half::f16::from_f32(1.0)]).exp2()), [half::f16::from_f32(2.0)].into());
    assert_eq!(value(|m| m.constant(0.0).cos()), 1.0.into());
    assert_eq!(value(|m| m.constant(Array::zeros::<f64>([2, 0, 3])).tanh()).shape(), [2, 0, 3]);
}

#[test]
fn complex_operands_are_refused() {
    for (name, function, _) in FUNCTIONS {
        let message = complaint(|m| function(m.constant([Complex::new(1.0, 2.0)])));
        let want = format!(
            "{name} of `1.0:2.0` (c128[1]), whose elements are complex, is not defined in this version; use a real tensor"
        );
        assert_eq!(message, want);
    }
    assert_eq!(
        complaint(|m| m.constant([1.0]).arctan2(m.constant([Complex::new(1.0, 2.0)]))),
        "arctan2 of `1.0` (f64[1]), whose elements are complex, is not defined in this version; use a real tensor"
    );
}

#[test]
fn gradients_match_differences() {
    for (name, function, domain) in FUNCTIONS {
        gradient_matches(name, &[&[7]], |_, x| function(domain(x[0])).sum());
        // Of the gradient, too.
        gradient_matches(name, &[&[5]], |_, x| {
            let inner = domain(x[0]);
            grad(function(inner).sum(), inner).sum()
        });
    }
    gradient_matches("arctan2", &[&[4, 3], &[3]], |_, x| x[0].arctan2(x[1]).sum());
    gradient_matches("arctan2", &[&[4, 3], &[4, 1]], |_, x| sqr(x[1].arctan2(x[0])).sum());
}

/// Where the plain formulas of gradients cancel or leave the range.
#[test]
fn gradients_at_the_ends() {
    let by = |function: Function, at: &[f64], want: &[f64]| {
        let m = Model::new("m");
        let x = m.constant(at.to_vec());
        close(&grad(function(x).sum(), x).eval().unwrap(), want, 4.0);
    };
    let below = 1.0 - f64::EPSILON;
    // 1 - x² is 2 eps - eps².
    let square: f64 = (1.0 - below) * (1.0 + below);
    by(|x| x.arcsin(), &[below, 1.0], &[square.sqrt().recip(), INF]);
    by(|x| x.arccos(), &[-below], &[-square.sqrt().recip()]);
    by(|x| x.arctanh(), &[below], &[square.recip()]);
    by(|x| x.expm1(), &[-100.0], &[(-100f64).exp()]);
    by(|x| x.exp2(), &[-1000.0], &[2f64.powi(-1000) * LN_2]);
    by(|x| x.tanh(), &[0.0, INF], &[1.0, 0.0]);
    let m = Model::new("m");
    let (y, x) = (m.constant([1e200, 3e-200]), m.constant([1e200, 4e-200]));
    let [by_y, by_x] = grad(y.arctan2(x).sum(), [y, x]);
    close(&by_y.eval().unwrap(), &[5e-201, 1.6e199], 4.0);
    close(&by_x.eval().unwrap(), &[-5e-201, -1.2e199], 4.0);
}

#[test]
fn functions_print_lift_and_round_trip() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let all = FUNCTIONS.map(|(name, function, _)| (name, function(x)));
    for (name, y) in all {
        assert_eq!(pp(y), format!("{name}(x)"));
    }
    assert_eq!(pp(arctan2(x, x)), "arctan2(x, x)");
    let f = m.function("f").inputs([x]).outputs(all).output("angle", x.arctan2(2));
    f.finish().unwrap();
    round_trips(&m);
    lifts(ops::Sin {}, &[&[2, 3]]);
    lifts(ops::Tanh {}, &[&[]]);
    lifts(ops::Arctan2 {}, &[&[2, 3], &[1, 3]]);
}
