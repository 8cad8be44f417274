//! The error of every elementary function, expanded, against wide arithmetic, in units of the last place.
//!
//! `cargo test --test accuracy -- --nocapture` prints what was measured. Below 2^-960 the wide value has
//! itself only the places of an `f64`, so errors of denormal `F64` results come out as whole numbers.

use std::f64::consts::FRAC_PI_2;

use tgc_graph::dtype::DType;
use tgc_graph::scalar::{Dd, Lane, MathFn, Wide, lane_from_bits_f64};

use crate::block::{program, run_block};

/// What the documentation of each function promises: for `F32`, for `F64`.
fn bounds(function: MathFn) -> (f64, f64) {
    match function {
        MathFn::Exp | MathFn::Sigmoid => (1.0, 1.0),
        MathFn::Log | MathFn::Log1p => (0.9, 0.9),
        MathFn::Expm1 => (0.8, 0.8),
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
        MathFn::Gamma | MathFn::Psi => (3.0, 3.0),
        MathFn::Polygamma(order) => {
            let bound = 2.0 * f64::from(order) + 4.0;
            (bound, bound)
        }
    }
}

/// The least magnitude whose last place errors are measured in: these functions have zeros between numbers.
fn floor(function: MathFn, x: f64) -> f64 {
    match function {
        MathFn::Gammaln => 1.0,
        MathFn::Psi if x < 0.0 => 1f64.max(x.abs().ln()),
        MathFn::Psi => 1.0,
        _ => 0.0,
    }
}

/// Fraction bits and least exponent of a normal number.
fn format(lane: Lane) -> (i32, i32) {
    if lane == Lane::F32 { (23, -126) } else { (52, -1022) }
}

/// How far `got` is from the exact value, in units of the last place of that; infinite if their classes
/// differ. An infinity counts as the number that would follow the greatest. The unit is not less than that of `floor`.
pub fn error_in_ulp(lane: Lane, got: u64, exact: Dd, floor: f64) -> f64 {
    let Wide::Real(got) = Wide::from_bits(lane, got) else { unreachable!("floats only") };
    if got.hi.is_nan() || exact.hi.is_nan() {
        return if got.hi.is_nan() && exact.hi.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if got == exact {
        let same_sign = got.hi.is_sign_negative() == exact.hi.is_sign_negative();
        return if same_sign { 0.0 } else { f64::INFINITY };
    }
    let limit = Dd::from(if lane == Lane::F32 { 2f64.powi(128) } else { f64::MAX });
    let clip = |v: Dd| {
        if v > limit {
            limit
        } else if v < -limit {
            -limit
        } else {
            v
        }
    };
    let (fraction, least) = format(lane);
    let exponent = match (clip(exact).hi.abs().max(floor).to_bits() >> 52) as i32 - 1023 {
        e if e < least => least,
        128 if lane == Lane::F32 => 127,
        e => e,
    };
    // In two steps, as the unit itself may be below the range.
    let difference = (clip(got) - clip(exact)).hi.abs() * 2f64.powi(fraction);
    difference / 2f64.powi(exponent)
}

/// Measures a function on arguments, and gives the greatest error and where it is.
fn measure(function: MathFn, dtype: DType, arguments: &mut dyn Iterator<Item = u64>) -> (f64, u64) {
    let lane = dtype.lane();
    let wide = program(function, dtype);
    let expanded = wide.expand();
    let mut worst = (0.0, 0);
    loop {
        let block: Vec<u64> = arguments.take(1024).collect();
        if block.is_empty() {
            return worst;
        }
        for (x, got) in block.iter().zip(run_block(&expanded, &block)) {
            let exact = wide.run_wide(&[[Wide::from_bits(lane, *x); 2]])[0].real();
            let error = error_in_ulp(lane, got, exact, floor(function, lane_from_bits_f64(lane, *x)));
            if error > worst.0 {
                worst = (error, *x);
            }
        }
    }
}

const SPECIAL: [f64; 30] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1e-310,
    88.72284,
    709.782712893384,
    709.7827128933841,
    -103.97208,
    -745.1332191019411,
    -745.1332191019412,
    -708.4,
    -87.33655,
    1e-8,
    -1e-8,
    1e-16,
    -1e-16,
];

/// Bit patterns at regular distances: a few of all, more of those between 2^-26 and 2^7, where most functions
/// do not come down to a constant or their argument.
fn f32_arguments() -> impl Iterator<Item = u64> {
    let special = SPECIAL.into_iter().flat_map(|x| {
        let x = x as f32;
        [x, x.next_up(), x.next_down()].map(|x| u64::from(x.to_bits()))
    });
    let all = (0..1 << 32).step_by(16411);
    let bend = (101 << 23..134 << 23).step_by(1009).flat_map(|bits| [bits, bits | 1 << 31]);
    special.chain(all).chain(bend)
}

/// Numbers of all magnitudes, more of them where functions bend, by a fixed generator (Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn f64_arguments() -> impl Iterator<Item = u64> {
    let random = (1..=40_000u64).flat_map(|i| {
        let z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        let unit = (z >> 11) as f64 / 2f64.powi(53);
        let spread = (unit - 0.5) * 2f64.powi(8 - (z & 63) as i32);
        [f64::from_bits(z), spread, -unit, 1.0 + spread, 1500.0 * unit - 760.0].map(f64::to_bits)
    });
    let special = SPECIAL.into_iter().flat_map(|x| [x, x.next_up(), x.next_down()].map(f64::to_bits));
    special.chain(random)
}

/// The nearest numbers to multiples of π/2, and an argument nearer to one than all other `f64` (J.-M. Muller,
/// "Elementary Functions", 3rd edition 2016, section 11.2).
fn near_quarter_turns(function: MathFn) {
    let check = |dtype: DType, bound: f64, arguments: Vec<u64>| {
        let (error, at) = measure(function, dtype, &mut arguments.into_iter());
        assert!(error <= bound, "{} {dtype}: {error} at {at:#x}", function.name());
    };
    let (single, double) = bounds(function);
    let multiples = || (1..20_000).chain((20..60).map(|i| (1i64 << i) / 7)).map(|n| n as f64 * FRAC_PI_2);
    let in_f32 = multiples().flat_map(|x| [x as f32, (x as f32).next_up(), (x as f32).next_down()]);
    check(DType::F32, single, in_f32.map(|x| u64::from(x.to_bits())).collect());
    let hardest = [6_381_956_970_095_103.0 * 2f64.powi(797), 5_319_372_648_326_541.0 * 2f64.powi(-44)];
    let in_f64 = multiples().chain(hardest).flat_map(|x| [x, x.next_up(), x.next_down()]);
    // Where one reduction takes over from the other, and the ends of digits.
    let seams = (15..1024).flat_map(|i| {
        let power = 2f64.powi(i);
        [power, power.next_down(), -power.next_up(), power * 1.375]
    });
    check(DType::F64, double, in_f64.chain(seams).map(f64::to_bits).collect());
    let seams = (20..128).flat_map(|i| {
        let power = 2f32.powi(i);
        [power, power.next_down(), -power.next_up(), power * 1.375]
    });
    check(DType::F32, single, seams.map(|x| u64::from(x.to_bits())).collect());
}

fn check(function: MathFn) {
    check_where(function, bounds(function), |_| true);
}

/// Checks a function on some arguments.
fn check_where(function: MathFn, (single, double): (f64, f64), admits: impl Fn(f64) -> bool) {
    let in_f32 = |bits: &u64| admits(f64::from(f32::from_bits(*bits as u32)));
    let (error, at) = measure(function, DType::F32, &mut f32_arguments().filter(in_f32));
    println!("{:9} f32 {error:.3} ULP at {:e}", function.name(), f32::from_bits(at as u32));
    assert!(error <= single, "{} f32: {error} at {at:#x}", function.name());
    let in_f64 = |bits: &u64| admits(f64::from_bits(*bits));
    let (error, at) = measure(function, DType::F64, &mut f64_arguments().filter(in_f64));
    println!("{:9} f64 {error:.3} ULP at {:e}", function.name(), f64::from_bits(at));
    assert!(error <= double, "{} f64: {error} at {at:#x}", function.name());
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
    near_quarter_turns(MathFn::Sin);
}

#[test]
fn cos_is_accurate() {
    check(MathFn::Cos);
    near_quarter_turns(MathFn::Cos);
}

#[test]
fn tan_is_accurate() {
    check(MathFn::Tan);
    near_quarter_turns(MathFn::Tan);
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
    let on = |function, dtype, arguments: Vec<u64>| run_block(&program(function, dtype).expand(), &arguments);
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
