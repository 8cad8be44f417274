//! Powers, roots, divisions with a rest, the error and gamma functions, complex numbers. Values are those of
//! NumPy 2.4, of special functions those of mpmath 1.3.

use num_complex::Complex;
use tgc_graph::ops;
use tgc_graph::prelude::*;
use tgc_graph::verify_grad::verify_grad;

use crate::check::{close, complaint, expression as value, lifts, round_trips};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// The bits of floats, NaN as one, so that the sign of zero counts.
#[track_caller]
fn same(got: &Array, want: &[f64]) {
    let canonical = |x: &f64| if x.is_nan() { NAN.to_bits() } else { x.to_bits() };
    let bits = |values: &[f64]| values.iter().map(canonical).collect::<Vec<_>>();
    assert_eq!(bits(&got.to_vec::<f64>().unwrap()), bits(want), "{got:?}, not {want:?}");
}

/// The tutorial's strings.
#[test]
fn powers_print_as_theano_prints_them() {
    let m = Model::new("m");
    let x = m.dscalar("x");
    assert_eq!(pp(x.pow(2)), "(x ** TensorConstant{2})");
    assert_eq!(
        pp(grad(x.pow(2), x)),
        "((fill((x ** TensorConstant{2}), TensorConstant{1.0}) * TensorConstant{2}) * \
         (x ** (TensorConstant{2} - TensorConstant{1})))"
    );
    assert_eq!(pp(x.int_div(3)), "(x // TensorConstant{3})");
    assert_eq!(pp(x % 3), "mod(x, TensorConstant{3})");
    assert_eq!(pp(abs(x)), "|x|");
}

#[test]
fn powers_of_integers_wrap() {
    assert_eq!(
        value(|m| m.constant([0i32, 0, 3, -2, 10, -1]).pow(m.constant([0i32, 5, 4, 31, 10, 7]))),
        [1i32, 0, 81, i32::MIN, 1410065408, -1].into()
    );
    assert_eq!(value(|m| m.constant([1i64, -1, 2, 0]).pow(-1)), [0i64; 4].into());
    assert_eq!(
        value(|m| m.constant([3u64, 2]).pow(m.constant([u64::MAX, 63]))),
        [12297829382473034411u64, 1 << 63].into()
    );
    assert_eq!(value(|m| m.constant([3i8, 5]).pow(m.constant([127i8, 100]))), [-85i8, -15].into());
    assert_eq!(value(|m| m.constant([200u8]).pow(m.constant([255u8]))), [0u8].into());
    assert_eq!(value(|m| m.constant([4i32]).pow(0.5)), [2.0].into());
    assert_eq!(value(|m| m.constant([true, false]).pow(2)), [1i64, 0].into(), "a literal lifts bool");
    assert_eq!(
        complaint(|m| m.constant([true]).pow(true)),
        "`**` is not defined on bool, the element type of `true` (bool[1]); cast to an integer type first"
    );
}

#[test]
fn powers_of_floats() {
    let x = [0.0, -0.0, -0.0, 0.0, -8.0, -2.0, INF, -INF, NAN, 1.0, -1.0, 0.5, 4.0, 10.0];
    let y = [0.0, -3.0, 3.0, -2.0, 1.0 / 3.0, 3.0, -1.0, 3.0, 0.0, NAN, INF, -INF, 0.5, -308.0];
    let want = [1.0, -INF, -0.0, INF, NAN, -8.0, 0.0, -INF, 1.0, 1.0, 1.0, INF, 2.0, 1e-308];
    same(&value(|m| m.constant(x).pow(m.constant(y))), &want);
    assert_eq!(value(|m| m.constant([2f32]).pow(3)), [8f32].into(), "a literal has no width");
    assert_eq!(value(|m| m.constant([half::f16::from_f32(1.5)]).pow(2)), [half::f16::from_f32(2.25)].into());
}

#[test]
fn gradients_of_powers() {
    let by = |power: f64, at: &[f64]| {
        let m = Model::new("m");
        let x = m.constant(at.to_vec());
        grad(x.pow(power).sum(), x).eval().unwrap()
    };
    same(&by(1.0, &[0.0, 2.0]), &[1.0, 1.0]);
    same(&by(2.0, &[0.0, -3.0]), &[0.0, -6.0]);
    same(&by(0.5, &[0.0, 4.0]), &[INF, 0.25]);
    same(&by(0.0, &[0.0, 4.0]), &[0.0, 0.0]);
    let m = Model::new("m");
    let (x, y) = (m.constant([0.0, 0.0, 2.0, 0.0]), m.shared("y", [2.0, 0.0, 3.0, 1.0]));
    let [by_x, by_y] = grad(x.pow(y).sum(), [x, y]);
    same(&by_x.eval().unwrap(), &[0.0, 0.0, 12.0, 1.0]);
    same(&by_y.eval().unwrap(), &[0.0, -INF, 8.0 * std::f64::consts::LN_2, 0.0]);
    let x = m.dscalar("x");
    let truth = m.constant([true, false]);
    let base = m.constant([3.0, 0.0]);
    same(&grad(base.pow(truth).sum(), base).eval().unwrap(), &[1.0, 0.0]);
    let third = grad(grad(grad(x.pow(5), x), x), x);
    same(&third.eval_with([(x, 2.0.into())]).unwrap(), &[240.0]);
    let third = grad(grad(grad(x.pow(2), x), x), x);
    same(&third.eval_with([(x, 0.0.into())]).unwrap(), &[0.0]);
    let x = m.fscalar("f");
    assert_eq!(grad(x.pow(3), x).eval_with([(x, 2f32.into())]).unwrap(), 12f32.into());
    let (x, y) = (m.dvector("v"), m.dvector("w"));
    verify_grad(x.pow(y), [(x, [0.3, 2.5, 1.0].into()), (y, [-1.5, 0.7, 30.0].into())]).unwrap();
    verify_grad(grad(x.pow(3).sum(), x), [(x, [0.3, -2.5].into())]).unwrap();
}

#[test]
fn divisions_round_down() {
    let x = [7i32, -7, 7, -7, 0, 5, i32::MIN, i32::MIN];
    let y = [3i32, 3, -3, -3, 3, 0, -1, 0];
    assert_eq!(value(|m| m.constant(x).int_div(m.constant(y))), [2i32, -3, -3, 2, 0, 0, i32::MIN, 0].into());
    assert_eq!(value(|m| m.constant(x) % m.constant(y)), [1i32, 2, -2, -1, 0, 0, 0, 0].into());
    assert_eq!(value(|m| m.constant([250u8, 5]).int_div(m.constant([7u8, 0]))), [35u8, 0].into());
    assert_eq!(value(|m| 7 % m.constant([250i64, -3])), [7i64, -2].into());
    let x = [7.5, -7.5, 7.5, -0.0, 0.0, 1.0, -1.0, INF, 1.0, -1e-20, 1e308, 5e-324, 0.7, 6.0, 1.0, NAN];
    let y = [2.0, 2.0, -2.0, 3.0, -3.0, INF, INF, 2.0, 0.0, 1.0, 3e-308, 1.0, 0.1, 0.1, 0.1, 1.0];
    let quotients = [3.0, -4.0, -4.0, -0.0, -0.0, 0.0, -1.0, NAN, INF, -1.0, INF, 0.0, 6.0, 59.0, 9.0, NAN];
    let rests = [
        1.5,
        0.5,
        -0.5,
        0.0,
        -0.0,
        1.0,
        INF,
        NAN,
        NAN,
        1.0,
        5.476144900572913e-309,
        5e-324,
        0.09999999999999992,
        0.09999999999999967,
        0.09999999999999995,
        NAN,
    ];
    same(&value(|m| m.constant(x).int_div(m.constant(y))), &quotients);
    same(&value(|m| m.constant(x).modulo(m.constant(y))), &rests);
    let m = Model::new("m");
    let (x, y) = (m.dvector("x"), m.dvector("y"));
    verify_grad(x % y, [(x, [7.3, -7.3].into()), (y, [2.0, 3.1].into())]).unwrap();
    verify_grad(x.int_div(y) * x, [(x, [7.3, -7.3].into()), (y, [2.0, 3.1].into())]).unwrap();
}

#[test]
fn roots_and_magnitudes() {
    same(&value(|m| m.constant([0.0, -0.0, 4.0, -1.0, INF, NAN]).sqrt()), &[0.0, -0.0, 2.0, NAN, INF, NAN]);
    same(&value(|m| m.constant([0.0, 4.0, INF, -1.0]).rsqrt()), &[INF, 0.5, 0.0, NAN]);
    same(&value(|m| m.constant([0.0, -0.0, 4.0, -INF]).reciprocal()), &[INF, -INF, 0.25, -0.0]);
    same(&value(|m| m.constant([-0.0, -1.5, NAN, -INF]).abs()), &[0.0, 1.5, NAN, INF]);
    same(&value(|m| m.constant([-0.0, 0.0, -1e-320, NAN, INF]).sgn()), &[0.0, 0.0, -1.0, NAN, 1.0]);
    assert_eq!(value(|m| m.constant([i8::MIN, -5, 7]).abs()), [i8::MIN, 5, 7].into());
    assert_eq!(value(|m| m.constant([i8::MIN, 0, 7]).sgn()), [-1i8, 0, 1].into());
    assert_eq!(value(|m| m.constant([200u8, 0]).sgn()), [1u8, 0].into());
    assert_eq!(value(|m| m.constant([200u8, 0]).abs()), [200u8, 0].into());
    assert_eq!(value(|m| m.constant([4i16]).sqrt()), [2f32].into());
    assert_eq!(value(|m| m.constant([4i16]).reciprocal()), [0.25].into());
    let m = Model::new("m");
    let x = m.dvector("x");
    same(&grad(x.abs().sum(), x).eval_with([(x, [0.0, -2.0, 3.0].into())]).unwrap(), &[0.0, -1.0, 1.0]);
    same(&grad(x.sqrt().sum(), x).eval_with([(x, [0.0, 4.0].into())]).unwrap(), &[INF, 0.25]);
    for build in [Tensor::sqrt, Tensor::rsqrt, Tensor::reciprocal, Tensor::abs, Tensor::sgn] {
        verify_grad(build(x), [(x, [0.3, 2.5, 17.0].into())]).unwrap();
        verify_grad(grad(build(x).sum(), x), [(x, [0.3, 2.5, 17.0].into())]).unwrap();
    }
}

#[test]
fn error_and_gamma_functions() {
    let x = [0.3, -1.7, 4.5, -0.5];
    close(
        &value(|m| m.constant(x).erf()),
        &[0.3286267594591274, -0.9837904585907745, 0.9999999998033839, -0.5204998778130465],
        1.0,
    );
    close(
        &value(|m| m.constant(x).erfc()),
        &[0.6713732405408726, 1.9837904585907746, 1.9661604415428876e-10, 1.5204998778130465],
        2.0,
    );
    close(
        &value(|m| m.constant(x).gamma()),
        &[2.991568987687591, 2.513923519065202, 11.631728396567448, -3.544907701811032],
        3.0,
    );
    close(
        &value(|m| m.constant(x).gammaln()),
        &[1.0957979948180756, 0.9218446876946375, 2.4537365708424423, 1.2655121234846454],
        4.0,
    );
    close(
        &value(|m| m.constant(x).psi()),
        &[-3.502524222200133, -1.4857174995110567, 1.388870926359529, 0.03648997397857652],
        8.0,
    );
    close(
        &value(|m| m.constant(x).polygamma(1)),
        &[12.245364546107732, 14.632201633884014, 0.24872510303901038, 8.934802200544679],
        8.0,
    );
    close(
        &value(|m| m.constant(x).polygamma(2)),
        &[-75.27253658872604, -69.0345495501142, -0.061556821321027695, -0.82879664423432],
        8.0,
    );
    same(&value(|m| m.constant([1.0, 2.0, 3.0, 171.0]).gamma()), &[1.0, 1.0, 2.0, 7.257415615307999e306]);
    same(&value(|m| m.constant([0.0, -1.0, -INF, NAN]).gammaln()), &[INF, INF, INF, NAN]);
    assert_eq!(value(|m| m.constant([4i32]).gamma()), [6.0].into());
    assert_eq!(value(|m| m.constant([0f32]).erf()), [0f32].into());
    let m = Model::new("m");
    let x = m.dvector("x");
    let at = || [(x, [0.3, 2.5, -0.7, -2.2].into())];
    for value in [x.erf(), x.erfc(), x.gamma(), x.gammaln(), x.psi(), x.polygamma(2), x.polygamma(3)] {
        verify_grad(value, at()).unwrap();
        verify_grad(grad(value.sum(), x), at()).unwrap();
    }
    assert_eq!(
        complaint(|m| m.constant([1.0]).polygamma(0)),
        "polygamma of `1.0` (f64[1]) has the order 0; give an order from 1 to 100; order 0 is psi"
    );
    assert_eq!(
        complaint(|m| m.constant([Complex::new(1.0, 2.0)]).erf()),
        "erf of `1.0:2.0` (c128[1]), whose elements are complex, is not defined in this version; use a real tensor"
    );
    same(&grad(x.polygamma(100).sum(), x).eval_with([(x, [300.0].into())]).unwrap(), &[NAN]);
}

/// High orders in both types, where factorials alone would leave the range.
#[test]
fn derivatives_of_psi_of_high_order() {
    close(
        &value(|m| m.constant([40.0, 3.5, -0.25]).polygamma(20)),
        &[-1.4070197752355848e-15, -9182070.204945628, 1.0700016187896275e31],
        100.0,
    );
    let single = value(|m| m.constant([40f32]).polygamma(30)).to_vec::<f32>().unwrap()[0];
    assert!((f64::from(single) / -1.0912335543822422e-17 - 1.0).abs() < 1e-7, "{single:e}");
}

#[test]
fn operations_lift_and_keep_their_form() {
    lifts(ops::Pow {}, &[&[2, 3], &[2, 3]]);
    lifts(ops::Modulo {}, &[&[2, 3], &[2, 3]]);
    lifts(ops::Polygamma { order: 2 }, &[&[4]]);
    lifts(ops::Abs {}, &[&[4]]);
    let m = Model::new("m");
    let (x, y) = (m.fvector("x"), m.fvector("y"));
    let z = complex(x, y);
    let (count, rest) = divmod(x, y);
    let sums =
        [z.abs().sum(), z.conj().imag().sum(), z.sgn().real().sum(), x.pow(y).sum(), count.sum(), rest.sum()];
    let total = sums.into_iter().reduce(|a, b| a + b).unwrap() + x.erfc().psi().polygamma(3).sum();
    m.function("f").inputs([x, y]).output("z", grad(total, x)).finish().unwrap();
    round_trips(&m);
}
