//! Complex exponentials, roots, logarithms and directions of infinities, NaN and signed zeros: what C, annex
//! G.6 says, as NumPy 2.4 has it, in both widths.

use std::f64::consts::{E, FRAC_1_SQRT_2, FRAC_PI_2, FRAC_PI_4, LN_2, PI, SQRT_2};

use tgc_compiler::Session;
use tgc_graph::prelude::*;

type One = for<'m> fn(Tensor<'m>) -> Tensor<'m>;

/// Real parts by imaginary parts, both from [`PARTS`].
type Grid = [[(f64, f64); 7]; 7];

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
const PARTS: [f64; 7] = [-INF, -2.0, -0.0, 0.0, 1.0, INF, NAN];

/// Of real parts of either zero.
const EXP_AT_ZERO: [(f64, f64); 7] = [
    (NAN, NAN),
    (-0.4161468365471424, -0.9092974268256817),
    (1.0, -0.0),
    (1.0, 0.0),
    (0.5403023058681398, 0.8414709848078965),
    (NAN, NAN),
    (NAN, NAN),
];
const EXP: Grid = [
    [(0.0, -0.0), (-0.0, -0.0), (0.0, -0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)],
    [
        (NAN, NAN),
        (-0.05631934999212789, -0.12306002480577674),
        (0.1353352832366127, -0.0),
        (0.1353352832366127, 0.0),
        (0.07312196559805964, 0.1138807140643681),
        (NAN, NAN),
        (NAN, NAN),
    ],
    EXP_AT_ZERO,
    EXP_AT_ZERO,
    [
        (NAN, NAN),
        (-1.1312043837568135, -2.4717266720048188),
        (E, -0.0),
        (E, 0.0),
        (1.4686939399158851, 2.2873552871788423),
        (NAN, NAN),
        (NAN, NAN),
    ],
    [(INF, NAN), (-INF, -INF), (INF, -0.0), (INF, 0.0), (INF, INF), (INF, NAN), (INF, NAN)],
    [(NAN, NAN), (NAN, NAN), (NAN, -0.0), (NAN, 0.0), (NAN, NAN), (NAN, NAN), (NAN, NAN)],
];
/// Of real parts of either zero.
const SQRT_AT_ZERO: [(f64, f64); 7] = [
    (INF, -INF),
    (1.0, -1.0),
    (0.0, -0.0),
    (0.0, 0.0),
    (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
    (INF, INF),
    (NAN, NAN),
];
const SQRT: Grid = [
    [(INF, -INF), (0.0, -INF), (0.0, -INF), (0.0, INF), (0.0, INF), (INF, INF), (NAN, INF)],
    [
        (INF, -INF),
        (0.6435942529055826, -1.5537739740300374),
        (0.0, -SQRT_2),
        (0.0, SQRT_2),
        (0.34356074972251244, 1.455346690225355),
        (INF, INF),
        (NAN, NAN),
    ],
    SQRT_AT_ZERO,
    SQRT_AT_ZERO,
    [
        (INF, -INF),
        (1.272019649514069, -0.7861513777574233),
        (1.0, -0.0),
        (1.0, 0.0),
        (1.09868411346781, 0.45508986056222733),
        (INF, INF),
        (NAN, NAN),
    ],
    [(INF, -INF), (INF, -0.0), (INF, -0.0), (INF, 0.0), (INF, 0.0), (INF, INF), (INF, NAN)],
    [(INF, -INF), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (INF, INF), (NAN, NAN)],
];
const LOG: Grid = [
    [
        (INF, -2.356194490192345),
        (INF, -PI),
        (INF, -PI),
        (INF, PI),
        (INF, PI),
        (INF, 2.356194490192345),
        (INF, NAN),
    ],
    [
        (INF, -FRAC_PI_2),
        (1.039720770839918, -2.356194490192345),
        (LN_2, -PI),
        (LN_2, PI),
        (0.8047189562170503, 2.677945044588987),
        (INF, FRAC_PI_2),
        (NAN, NAN),
    ],
    [
        (INF, -FRAC_PI_2),
        (LN_2, -FRAC_PI_2),
        (-INF, -PI),
        (-INF, PI),
        (0.0, FRAC_PI_2),
        (INF, FRAC_PI_2),
        (NAN, NAN),
    ],
    [
        (INF, -FRAC_PI_2),
        (LN_2, -FRAC_PI_2),
        (-INF, -0.0),
        (-INF, 0.0),
        (0.0, FRAC_PI_2),
        (INF, FRAC_PI_2),
        (NAN, NAN),
    ],
    [
        (INF, -FRAC_PI_2),
        (0.8047189562170503, -1.1071487177940904),
        (0.0, -0.0),
        (0.0, 0.0),
        (0.34657359027997264, FRAC_PI_4),
        (INF, FRAC_PI_2),
        (NAN, NAN),
    ],
    [(INF, -FRAC_PI_4), (INF, -0.0), (INF, -0.0), (INF, 0.0), (INF, 0.0), (INF, FRAC_PI_4), (INF, NAN)],
    [(INF, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (INF, NAN), (NAN, NAN)],
];

/// z/|z|: with one infinite part ±1 there and a zero beside it, with two NaN.
fn direction(re: f64, im: f64) -> (f64, f64) {
    let unit = |part: f64| 1f64.copysign(part);
    let zero = |part: f64| if part.is_nan() { 0.0 } else { 0f64.copysign(part) };
    match [re, im].map(f64::is_infinite) {
        [true, true] => (NAN, NAN),
        [true, false] => (unit(re), zero(im)),
        [false, true] => (zero(re), unit(im)),
        [false, false] if re == 0.0 && im == 0.0 => (0.0, 0.0),
        [false, false] => (re / re.hypot(im), im / re.hypot(im)),
    }
}

fn directions() -> Grid {
    PARTS.map(|re| PARTS.map(|im| direction(re, im)))
}

/// The same number within a few units in the last place; of 0 the sign too, unless the argument leaves it
/// open.
fn same(got: f64, want: f64, is_open: bool) -> bool {
    if got == 0.0 && want == 0.0 {
        return is_open || got.is_sign_negative() == want.is_sign_negative();
    }
    got == want || got.is_nan() && want.is_nan() || (got - want).abs() < 1e-6 * want.abs()
}

#[test]
fn complex_functions_at_infinities_and_nan() {
    let all: [(&str, One, Grid); 4] =
        [("exp", exp, EXP), ("sqrt", sqrt, SQRT), ("log", log, LOG), ("sgn", sgn, directions())];
    let points: Vec<(f64, f64)> = PARTS.iter().flat_map(|re| PARTS.iter().map(|im| (*re, *im))).collect();
    let mut wide = Array::zeros_of(C128, [points.len()]);
    points.iter().enumerate().for_each(|(i, z)| wide.set(i, [z.0.to_bits(), z.1.to_bits()]));
    let m = Model::new("special");
    let z = m.input("z", C128, [points.len() as i64]);
    for (name, function, _) in all {
        m.function(name).inputs([z]).output("y", function(z)).finish().unwrap();
        let narrow = function(z.cast(C64)).cast(C128);
        m.function(&format!("{name}_narrow")).inputs([z]).output("y", narrow).finish().unwrap();
    }
    let mut session = Session::new(&m.module()).unwrap();
    for (name, _, grid) in all {
        for function in [name.to_owned(), format!("{name}_narrow")] {
            let got = session.call(&function, std::slice::from_ref(&wide)).unwrap().remove(0);
            for (i, (z, want)) in points.iter().zip(grid.as_flattened()).enumerate() {
                let [re, im] = got.get(i).map(f64::from_bits);
                let is_open = name == "exp" && z.0 == -INF && !z.1.is_finite() || z.1.is_nan();
                let is_right = same(re, want.0, is_open) && same(im, want.1, is_open);
                assert!(is_right, "{function} of {z:?} is {re}:{im}, not {want:?}");
            }
        }
    }
}
