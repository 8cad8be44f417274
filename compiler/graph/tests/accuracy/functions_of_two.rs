//! The error of elementary functions of two values, as [`functions`](crate::functions) measures those of one.

use tgc_graph::dtype::DType;
use tgc_graph::scalar::{Builder, Element, Lane, MathFn2, Program, Wide};

use crate::functions::error_in_ulp;

fn bound(function: MathFn2) -> f64 {
    match function {
        MathFn2::Arctan2 => 1.6,
        MathFn2::Pow => 0.8,
        MathFn2::Fmod => 0.0,
    }
}

fn program(function: MathFn2, dtype: DType) -> Program {
    let mut b = Builder::new(&[dtype, dtype]);
    let (x, y) = (b.param(0), b.param(1));
    let value = b.math2(function, x.re(), y.re());
    b.finish(vec![Element::real(dtype, value)])
}

/// A value as bits of a lane.
fn bits(lane: Lane, value: f64) -> u64 {
    if lane == Lane::F32 { u64::from((value as f32).to_bits()) } else { value.to_bits() }
}

/// Measures a function, and gives the greatest error and where it is.
fn measure(function: MathFn2, dtype: DType, arguments: impl Iterator<Item = [f64; 2]>) -> (f64, [f64; 2]) {
    let lane = dtype.lane();
    let wide = program(function, dtype);
    let expanded = wide.expand();
    let (mut scratch, mut out) = (vec![], vec![]);
    let mut worst = (0.0, [0.0; 2]);
    for x in arguments {
        let x_bits = x.map(|x| bits(lane, x));
        expanded.run(&x_bits.map(|x| [x, 0]), &mut scratch, &mut out);
        let exact = wide.run_wide(&x_bits.map(|x| [Wide::from_bits(lane, x); 2]))[0].real();
        let error = error_in_ulp(lane, out[0], exact, 0.0);
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

const SPECIAL: [f64; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -2.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    1e-40,
    -3e-39,
    9007199254740991.0,
    9007199254740993.0,
    -16777215.0,
    1e300,
];

fn special() -> impl Iterator<Item = [f64; 2]> {
    let close = |x: f64| [x, x.next_up(), x.next_down(), f64::from((x as f32).next_up())];
    let all: Vec<f64> = SPECIAL.into_iter().flat_map(close).collect();
    all.clone().into_iter().flat_map(move |x| all.clone().into_iter().map(move |y| [x, y]))
}

/// Numbers by the generator of [`functions`](crate::functions).
fn random() -> impl Iterator<Item = [f64; 2]> {
    (1..=40_000u64).flat_map(|i| {
        let draw = |salt: u64| {
            let z = i.wrapping_mul(2).wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let (a, b) = (draw(0), draw(1));
        let unit = |z: u64| (z >> 11) as f64 / 2f64.powi(53);
        let (u, v) = (unit(a), unit(b) - 0.5);
        let any = [f64::from_bits(a), f64::from_bits(b)];
        let single = [a, b].map(|z| f64::from(f32::from_bits((z >> 20) as u32)));
        // Powers across the range: y log x up to 745.
        let base = (u * 40.0 - 20.0).exp2();
        let power = [base, 1500.0 * v / base.ln()];
        let near_one = [1.0 + (u - 0.5) * (v * 60.0).exp2(), v * (u * 60.0).exp2()];
        [any, single, power, near_one, [u * 4.0, v * 40.0], [v * 1e6, (u * 40.0).floor() - 20.0]]
    })
}

fn check(function: MathFn2) {
    for dtype in [DType::F32, DType::F64] {
        let (error, at) = measure(function, dtype, special().chain(random()));
        println!("{:9} {dtype} {error:.3} ULP at {at:?}", function.name());
        assert!(error <= bound(function), "{} {dtype}: {error} at {at:?}", function.name());
    }
}

#[test]
fn arctan2_is_accurate() {
    check(MathFn2::Arctan2);
}

#[test]
fn pow_is_accurate() {
    check(MathFn2::Pow);
}

#[test]
fn fmod_is_exact() {
    check(MathFn2::Fmod);
}
