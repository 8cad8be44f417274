//! The error of elementary functions of two values, as [`functions`](crate::functions) measures those of one.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn2, Program, ScalarType, Wide, scalar_from_bits_f64};

use crate::points;
use crate::ulp::Format;

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
fn bits(scalar: ScalarType, value: f64) -> u64 {
    if scalar == ScalarType::F32 { u64::from((value as f32).to_bits()) } else { value.to_bits() }
}

/// Measures a function, and gives the greatest error and where it is.
fn measure(function: MathFn2, dtype: DType, arguments: impl Iterator<Item = [f64; 2]>) -> (f64, [f64; 2]) {
    let scalar = dtype.scalar_type();
    let wide = program(function, dtype);
    let legalized = wide.legalize();
    let (mut scratch, mut out) = (vec![], vec![]);
    let mut worst = (0.0, [0.0; 2]);
    for x in arguments {
        let x_bits = x.map(|x| bits(scalar, x));
        legalized.run(&x_bits.map(|x| [x, 0]), &mut scratch, &mut out);
        let exact = wide.run_wide(&x_bits.map(|x| [Wide::from_bits(scalar, x); 2]))[0].real();
        let error = Format::of(scalar).error(scalar_from_bits_f64(scalar, out[0]), exact, 0.0);
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

fn check(function: MathFn2) {
    for dtype in [DType::F32, DType::F64] {
        let (error, at) = measure(function, dtype, points::of_two(40_000));
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
