//! The error of every elementary function, legalized, against wide arithmetic, in units of the last place.
//!
//! `cargo test --test accuracy -- --nocapture` prints what was measured. Below 2^-960 the wide value has
//! itself only the places of an `f64`, so errors of denormal `F64` results come out as whole numbers.

use tgc_scalar::dtype::DType;
use tgc_scalar::{MathFn, Wide, scalar_from_bits_f64};

use crate::block::{program, run_block};
use crate::points;
use crate::ulp::Format;

/// What the documentation of each function promises: for `F32`, for `F64`.
fn bounds(function: MathFn) -> (f64, f64) {
    match function {
        MathFn::Exp | MathFn::Sigmoid => (1.0, 1.0),
        MathFn::Log | MathFn::Log1p => (0.9, 0.9),
        MathFn::Expm1 => (0.8, 0.8),
        MathFn::LogisticDensity | MathFn::SechSquared => (2.5, 2.5),
        MathFn::Softplus => (1.8, 1.8),
        MathFn::Exp2 | MathFn::Log2 | MathFn::Tanh => (1.0, 1.0),
        MathFn::Log10 => (0.9, 0.9),
        MathFn::Sin | MathFn::Cos => (0.7, 0.9),
        MathFn::Tan => (0.6, 1.5),
        MathFn::Arcsin | MathFn::Arctan | MathFn::Arctanh => (1.5, 1.5),
        MathFn::Arccos => (1.3, 1.3),
        MathFn::Sinh => (1.6, 1.8),
        MathFn::Cosh | MathFn::Arcsinh => (1.3, 1.3),
        MathFn::Arccosh => (1.5, 1.7),
        MathFn::Erf => (1.1, 1.1),
        MathFn::Erfc => (1.3, 1.3),
        MathFn::Gammaln => (2.0, 2.0),
        MathFn::Gamma => (3.0, 3.0),
        MathFn::Psi => (3.0, 1.0),
        MathFn::Polygamma(order) => {
            let bound = 2.0 * f64::from(order) + 4.0;
            (bound, bound)
        }
    }
}

/// The least magnitude whose last place errors are measured in: these functions have zeros between numbers.
fn floor(function: MathFn) -> f64 {
    match function {
        MathFn::Gammaln | MathFn::Psi => 1.0,
        _ => 0.0,
    }
}

/// Measures a function on arguments, and gives the greatest error and where it is.
fn measure(function: MathFn, dtype: DType, arguments: &mut dyn Iterator<Item = u64>) -> (f64, u64) {
    let scalar = dtype.scalar_type();
    let wide = program(function, dtype);
    let legalized = wide.legalize();
    let mut worst = (0.0, 0);
    loop {
        let block: Vec<u64> = arguments.take(1024).collect();
        if block.is_empty() {
            return worst;
        }
        for (x, got) in block.iter().zip(run_block(&legalized, &block)) {
            let exact = wide.run_wide(&[[Wide::from_bits(scalar, *x); 2]])[0].real();
            let error = Format::of(scalar).error(scalar_from_bits_f64(scalar, got), exact, floor(function));
            if error > worst.0 {
                worst = (error, *x);
            }
        }
    }
}

/// Bit patterns at regular distances: a few of all, more of those between 2^-26 and 2^7, where most functions
/// do not come down to a constant or their argument; and what is hard.
fn f32_arguments(name: &str) -> impl Iterator<Item = u64> {
    let hard = points::hard(name).map(|x| x as f32).flat_map(|x| [x, x.next_up(), x.next_down()]);
    let all = (0..1 << 32).step_by(16411);
    let bend = (101 << 23..134 << 23).step_by(1009).flat_map(|bits| [bits, bits | 1 << 31]);
    hard.map(|x| u64::from(x.to_bits())).chain(all).chain(bend)
}

fn check(function: MathFn) {
    check_where(function, bounds(function), |_| true);
}

/// Checks a function on some arguments.
fn check_where(function: MathFn, (single, double): (f64, f64), admits: impl Fn(f64) -> bool) {
    let name = function.name();
    let in_f32 = |bits: &u64| admits(f64::from(f32::from_bits(*bits as u32)));
    let (error, at) = measure(function, DType::F32, &mut f32_arguments(name).filter(in_f32));
    println!("{name:9} f32 {error:.3} ULP at {:e}", f32::from_bits(at as u32));
    assert!(error <= single, "{name} f32: {error} at {at:#x}");
    let in_f64 = points::of_one(name, 40_000).filter(|x| admits(*x)).map(f64::to_bits);
    let (error, at) = measure(function, DType::F64, &mut { in_f64 });
    println!("{name:9} f64 {error:.3} ULP at {:e}", f64::from_bits(at));
    assert!(error <= double, "{name} f64: {error} at {at:#x}");
}

#[test]
fn exp_is_accurate() {
    check(MathFn::Exp);
}

#[test]
fn log_is_accurate() {
    check(MathFn::Log);
}

#[test]
fn log1p_is_accurate() {
    check(MathFn::Log1p);
}

#[test]
fn expm1_is_accurate() {
    check(MathFn::Expm1);
}

#[test]
fn sigmoid_is_accurate() {
    check(MathFn::Sigmoid);
}

#[test]
fn derivatives_of_sigmoid_and_tanh_are_accurate() {
    check(MathFn::LogisticDensity);
    check(MathFn::SechSquared);
}

#[test]
fn softplus_is_accurate() {
    check(MathFn::Softplus);
}

#[test]
fn exp2_is_accurate() {
    check(MathFn::Exp2);
}

#[test]
fn log2_is_accurate() {
    check(MathFn::Log2);
}

#[test]
fn log10_is_accurate() {
    check(MathFn::Log10);
}

#[test]
fn sin_is_accurate() {
    check(MathFn::Sin);
}

#[test]
fn cos_is_accurate() {
    check(MathFn::Cos);
}

#[test]
fn tan_is_accurate() {
    check(MathFn::Tan);
}

#[test]
fn arcsin_is_accurate() {
    check(MathFn::Arcsin);
}

#[test]
fn arccos_is_accurate() {
    check(MathFn::Arccos);
}

#[test]
fn arctan_is_accurate() {
    check(MathFn::Arctan);
}

#[test]
fn sinh_is_accurate() {
    check(MathFn::Sinh);
}

#[test]
fn cosh_is_accurate() {
    check(MathFn::Cosh);
}

#[test]
fn tanh_is_accurate() {
    check(MathFn::Tanh);
}

#[test]
fn arcsinh_is_accurate() {
    check(MathFn::Arcsinh);
}

#[test]
fn arccosh_is_accurate() {
    check(MathFn::Arccosh);
}

#[test]
fn arctanh_is_accurate() {
    check(MathFn::Arctanh);
}

#[test]
fn erf_is_accurate() {
    check(MathFn::Erf);
}

#[test]
fn erfc_is_accurate() {
    check(MathFn::Erfc);
}

#[test]
fn gamma_is_accurate() {
    check(MathFn::Gamma);
}

#[test]
fn gammaln_is_accurate() {
    check(MathFn::Gammaln);
}

#[test]
fn psi_is_accurate() {
    check(MathFn::Psi);
}

#[test]
fn derivatives_of_psi_are_accurate() {
    for order in [1, 2, 7] {
        let function = MathFn::Polygamma(order);
        check_where(function, bounds(function), |x| x >= 0.5);
    }
}

/// Powers of the base have whole logarithms, and whole numbers have exact powers of 2.
#[test]
fn powers_of_the_base_are_exact() {
    let on =
        |function, dtype, arguments: Vec<u64>| run_block(&program(function, dtype).legalize(), &arguments);
    let single = |x: f64| u64::from((x as f32).to_bits());
    let (twos, wholes): (Vec<f64>, Vec<f64>) =
        (-1074..1024).map(|i| (2f64.powi(i / 2) * 2f64.powi(i - i / 2), f64::from(i))).unzip();
    let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(on(MathFn::Log2, DType::F64, bits(&twos)), bits(&wholes));
    assert_eq!(on(MathFn::Exp2, DType::F64, bits(&wholes)), bits(&twos));
    let (twos, wholes): (Vec<u64>, Vec<u64>) =
        (-149..128).map(|i| (single(2f64.powi(i)), single(f64::from(i)))).unzip();
    assert_eq!(on(MathFn::Log2, DType::F32, twos.clone()), wholes);
    assert_eq!(on(MathFn::Exp2, DType::F32, wholes), twos);
    // The powers of ten that each type holds exactly, and 10^-n and larger ones rounded.
    let tens = |range: std::ops::Range<i32>| range.map(|i| (format!("1e{i}").parse().unwrap(), f64::from(i)));
    let (powers, wholes): (Vec<f64>, Vec<f64>) = tens(-307..309).unzip();
    assert_eq!(on(MathFn::Log10, DType::F64, bits(&powers)), bits(&wholes));
    let (powers, wholes): (Vec<u64>, Vec<u64>) = tens(-37..39).map(|(x, i)| (single(x), single(i))).unzip();
    assert_eq!(on(MathFn::Log10, DType::F32, powers), wholes);
}
