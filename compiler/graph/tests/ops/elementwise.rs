//! Elementwise operations. Values are those of NumPy 2.4, transcendental ones of mpmath 1.3 at 40 digits.

use std::f64::consts::LN_2;

use tgc_graph::ops;
use tgc_graph::prelude::*;

use crate::check::{close, complaint, expression as value, gradient_matches, lifts, round_trips};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// The bits of floats, NaN as one, so that the sign of zero counts.
fn bits(array: &Array) -> Vec<u64> {
    let canonical = |x: &f64| if x.is_nan() { NAN.to_bits() } else { x.to_bits() };
    array.to_vec::<f64>().unwrap().iter().map(canonical).collect()
}

#[track_caller]
fn same(got: &Array, want: &[f64]) {
    assert_eq!(bits(got), bits(&want.to_vec().into()), "{got:?}, not {want:?}");
}

#[test]
fn maximum_and_minimum_of_special_values() {
    let x = [0.0, -0.0, -0.0, 0.0, NAN, 1.0, NAN, -INF, 2.0, 5e-324, 1.5e308, NAN, 0.0];
    let y = [-0.0, 0.0, -0.0, 0.0, 1.0, NAN, NAN, INF, -3.0, -5e-324, 1.5e308, 0.0, NAN];
    let max = [0.0, 0.0, -0.0, 0.0, NAN, NAN, NAN, INF, 2.0, 5e-324, 1.5e308, NAN, NAN];
    let min = [-0.0, -0.0, -0.0, 0.0, NAN, NAN, NAN, -INF, -3.0, -5e-324, 1.5e308, NAN, NAN];
    same(&value(|m| m.constant(x).maximum(m.constant(y))), &max);
    same(&value(|m| m.constant(x).minimum(m.constant(y))), &min);
    assert_eq!(value(|m| m.constant([-5i8, 7]).maximum(m.constant([3i8, -128]))), [3i8, 7].into());
    assert_eq!(value(|m| m.constant([200u8, 7]).minimum(m.constant([3u8, 255]))), [3u8, 7].into());
    assert_eq!(value(|m| m.constant([true, false]).maximum(m.constant(false))), [true, false].into());
    assert_eq!(value(|m| m.constant([1.5f32]).maximum(2.0)), [2.0f32].into(), "a literal has no width");
    assert_eq!(
        value(|m| m.constant([half::f16::from_f32(-0.5)]).maximum(-0.25)),
        [half::f16::from_f32(-0.25)].into()
    );
    assert_eq!(
        complaint(|m| m.constant([num_complex::Complex::new(1.0, 2.0)]).maximum(0.0)),
        "maximum is not defined on c128, the element type that `1.0:2.0` (c128[1]) has or is converted to; use real tensors"
    );
}

#[test]
fn clip_between_any_bounds() {
    let x = [-2.0, 0.5, 3.0, NAN, -0.0, INF];
    same(&value(|m| m.constant(x).clip(-1.0, 1.0)), &[-1.0, 0.5, 1.0, NAN, -0.0, 1.0]);
    same(&value(|m| m.constant(x).clip(2.0, 1.0)), &[2.0, 2.0, 2.0, NAN, 2.0, 2.0]);
    same(&value(|m| m.constant([0.0, 1.0, 2.0]).clip(NAN, 1.0)), &[NAN; 3]);
    assert_eq!(value(|m| m.constant([-9i64, 3, 9]).clip(-4, 4)), [-4i64, 3, 4].into());
}

#[test]
fn gradients_at_kinks() {
    let by = |build: fn(Tensor<'_>) -> Tensor<'_>, at: &[f64], want: &[f64]| {
        let m = Model::new("m");
        let x = m.constant(at.to_vec());
        same(&grad(build(x).sum(), x).eval().unwrap(), want);
    };
    by(|x| x.maximum(0.0), &[-1.0, 0.0, 2.0], &[0.0, 1.0, 1.0]);
    by(|x| x.model().constant([0.0; 3]).maximum(x), &[-1.0, 0.0, 2.0], &[0.0, 0.0, 1.0]);
    by(|x| x.minimum(0.0), &[-1.0, 0.0, 2.0], &[1.0, 1.0, 0.0]);
    by(|x| x.clip(-1.0, 1.0), &[-2.0, -1.0, 0.0, 1.0, 2.0], &[0.0, 1.0, 1.0, 1.0, 0.0]);
    by(|x| x.clip(2.0, 1.0), &[0.0, 1.0, 1.5, 2.0], &[0.0, 0.0, 0.0, 0.0]);
    by(|x| x.relu(), &[-1.0, 0.0, 2.0, INF], &[0.0, 0.0, 1.0, 1.0]);
    by(|x| x.leaky_relu(0.25), &[-1.0, 0.0, 2.0], &[0.25, 0.25, 1.0]);
    by(|x| x.elu(0.5), &[-INF, 0.0, 2000.0], &[0.0, 0.5, 1.0]);
    by(|x| x.selu(), &[0.0, 1.0], &[1.0507009873554805 * 1.6732632423543772, 1.0507009873554805]);
    by(|x| x.hard_sigmoid(), &[-2.6, -2.5, 2.5, 2.6], &[0.0, 0.2, 0.2, 0.0]);
    by(|x| x.silu(), &[-INF, -800.0, 0.0, 800.0, INF], &[0.0, 0.0, 0.5, 1.0, 1.0]);
    by(|x| x.gelu(), &[-INF, -100.0, 0.0, 100.0, INF], &[0.0, 0.0, 0.5, 1.0, 1.0]);
    by(|x| x.gelu_tanh(), &[-INF, -100.0, 0.0, 100.0, INF], &[0.0, 0.0, 0.5, 1.0, 1.0]);
    by(|x| x.softsign(), &[-INF, 0.0, 1.0, 1e200, INF], &[0.0, 1.0, 0.25, 0.0, 0.0]);
    by(|x| grad(x.silu().sum(), x), &[0.0], &[0.5]);
    by(|x| x.floor() + x.ceil() + x.trunc() + x.round() + x, &[0.3, 1.0], &[1.0, 1.0]);
    let m = Model::new("m");
    let (x, y) = (m.constant([-INF, INF, 1.0]), m.shared("y", [-INF, INF, 1.0]));
    let [by_x, by_y] = grad(x.logaddexp(y).sum(), [x, y]);
    same(&by_x.eval().unwrap(), &[0.5, 0.5, 0.5]);
    same(&by_y.eval().unwrap(), &[0.5, 0.5, 0.5]);
    let curvature = grad(grad(x.logaddexp(y).sum(), x).sum(), x);
    same(&curvature.eval().unwrap(), &[0.0, 0.0, 0.25]);
}

#[test]
fn switch_takes_one_branch() {
    let m = Model::new("m");
    let v = |t: Tensor<'_>| t.eval().unwrap();
    let c = m.constant([true, false]);
    assert_eq!(v(c.switch(m.constant([1i8, 2]), m.constant([1000i16, 2000]))), [1i16, 2000].into());
    assert_eq!(v(c.switch(m.constant([1f32, 2.0]), 0.1)), [1f32, 0.1].into());
    assert_eq!(v(c.switch(2, 0.5)), [2.0, 0.5].into());
    assert_eq!(v(c.switch(true, false)), [true, false].into());
    same(&v(m.constant([NAN, 0.0, -0.0, 0.5]).switch(1.0, 0.0)), &[1.0, 0.0, 0.0, 1.0]);
    assert_eq!(v(m.constant([256i64, 0]).switch(1, 0)), [1i64, 0].into());
    let i = num_complex::Complex::new(0.0, 1.0);
    assert_eq!(v(m.constant([i, 0.0 * i]).switch(m.constant([i, i]), 3.0)), [i, 3.0 + 0.0 * i].into());
    let rows = m.constant([[true], [false]]).switch(m.constant([1.0, 2.0]), m.constant([[3.0], [4.0]]));
    assert_eq!(v(rows), [[1.0, 2.0], [4.0, 4.0]].into());
    assert_eq!(v(m.constant(true).switch(1.0, 2.0)), 1.0.into());
    assert_eq!(v(m.constant(Array::zeros::<bool>([0])).switch(1.0, 2.0)), Array::zeros::<f64>([0]));
}

/// The branch that is not taken contributes exactly 0, whatever its derivatives are.
#[test]
fn gradients_of_branches_not_taken_are_zero() {
    type Build = for<'m> fn(Tensor<'m>) -> Tensor<'m>;
    let cases: [(&str, Build); 9] = [
        ("log", |x| switch(x.gt(0.0), log(x), 0.0)),
        ("second branch", |x| switch(x.le(0.0), 0.0, log(x))),
        ("chain", |x| switch(x.gt(0.0), sqr(log(log(exp(x)))), 0.0)),
        ("cast", |x| switch(x.gt(0.0), log(x.cast(F32)).cast(F64), 0.0)),
        ("nested", |x| switch(x.gt(-1.0), switch(x.gt(0.0), log(x), 0.0), x)),
        ("dimshuffle", |x| {
            let matrix = x.dimshuffle([None, Some(0)]);
            switch(matrix.gt(0.0), log(matrix.t()).t(), 0.0)
        }),
        ("sum", |x| switch(x.gt(0.0), log(x.dimshuffle([Some(0), None])).sum_over([1]), 0.0)),
        ("twice", |x| {
            let u = log(x);
            switch(x.gt(0.0), u * u + exp(u), 0.0)
        }),
        ("twice the gradient", |x| grad(switch(x.gt(0.0), log(x), 0.0).sum(), x)),
    ];
    for (name, build) in cases {
        let m = Model::new("m");
        let x = m.constant([0.0, 2.0]);
        let gradient: Vec<f64> = grad(build(x).sum(), x).eval().unwrap().to_vec().unwrap();
        assert_eq!(gradient[0].to_bits(), 0, "{name}: {gradient:?}");
        assert!(gradient[1].is_finite() && gradient[1] != 0.0, "{name}: {gradient:?}");
    }
    let m = Model::new("m");
    let (x, y) = (m.constant([1.0, 2.0]), m.constant(0.0));
    let broadcast = switch(x.gt(5.0), x * log(y), x).sum();
    same(&grad(broadcast, y).eval().unwrap(), &[0.0]);
}

#[test]
fn comparisons_of_all_kinds() {
    type Compare = for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>;
    let all: [(Compare, [bool; 5]); 6] = [
        (|x, y| x.eq(y), [true, false, false, false, true]),
        (|x, y| x.neq(y), [false, true, true, true, false]),
        (|x, y| x.lt(y), [false, true, false, false, false]),
        (|x, y| x.le(y), [true, true, false, false, true]),
        (|x, y| x.gt(y), [false, false, true, false, false]),
        (|x, y| x.ge(y), [true, false, true, false, true]),
    ];
    for (compare, want) in all {
        let m = Model::new("m");
        let (x, y) = (m.constant([1.0, 1.0, 2.0, NAN, 0.0]), m.constant([1.0, 2.0, 1.0, NAN, -0.0]));
        assert_eq!(compare(x, y).eval().unwrap(), want.into());
        // Integers of both signs, of types whose common type is a float.
        let signed = [-1i64, i64::MAX, 0, i64::MIN, 1 << 62];
        let unsigned = [u64::MAX, i64::MAX as u64 + 1, 0, 0, (1 << 62) + 1];
        let (x, y) = (m.constant(signed), m.constant(unsigned));
        let wide = |f: fn(&i128, &i128) -> bool, flip: bool| -> Vec<bool> {
            let pairs = signed.iter().zip(unsigned).map(|(s, u)| (i128::from(*s), i128::from(u)));
            pairs.map(|(s, u)| if flip { f(&u, &s) } else { f(&s, &u) }).collect()
        };
        let exact: fn(&i128, &i128) -> bool = match want {
            [true, false, false, ..] => i128::eq,
            [false, true, true, ..] => i128::ne,
            [false, true, false, ..] => i128::lt,
            [true, true, false, ..] => i128::le,
            [false, false, true, ..] => i128::gt,
            _ => i128::ge,
        };
        assert_eq!(compare(x, y).eval().unwrap(), wide(exact, false).into());
        assert_eq!(compare(y, x).eval().unwrap(), wide(exact, true).into());
        let (x, y) = (m.constant([-1i8, 5]), m.constant([255u8, 5]));
        let want: Vec<bool> = [(-1, 255), (5, 5)].iter().map(|(s, u)| exact(s, u)).collect();
        assert_eq!(compare(x, y).eval().unwrap(), want.into());
    }
    let z = |re, im| num_complex::Complex::new(re, im);
    let same_parts = value(|m| {
        m.constant([z(1.0, 2.0), z(1.0, 0.0), z(NAN, 0.0)]).eq(m.constant([
            z(1.0, 2.0),
            z(1.0, 2.0),
            z(NAN, 0.0),
        ]))
    });
    assert_eq!(same_parts, [true, false, false].into());
    assert_eq!(value(|m| m.constant([z(1.0, 0.0), z(1.0, 2.0)]).neq(1.0)), [false, true].into());
    assert_eq!(
        complaint(|m| m.constant([z(1.0, 0.0)]).lt(1.0)),
        "complex numbers have no order: `1.0:0.0` (c128[1]) and `1.0` (f64[1]) cannot be \
         compared so; compare their absolute values or their real parts, or use eq or neq"
    );
}

#[test]
fn classification_of_every_kind() {
    let x = [1.0, -0.0, NAN, INF, -INF];
    assert_eq!(value(|m| m.constant(x).isnan()), [false, false, true, false, false].into());
    assert_eq!(value(|m| m.constant(x).isinf()), [false, false, false, true, true].into());
    assert_eq!(value(|m| m.constant(x).isfinite()), [true, true, false, false, false].into());
    let h = x.map(half::bf16::from_f64);
    assert_eq!(value(|m| m.constant(h).isnan()), [false, false, true, false, false].into());
    assert_eq!(value(|m| m.constant(h).isfinite()), [true, true, false, false, false].into());
    let z = [(1.0, NAN), (INF, NAN), (0.0, 0.0)].map(|(re, im)| num_complex::Complex::new(re, im));
    assert_eq!(value(|m| m.constant(z).isnan()), [true, true, false].into());
    assert_eq!(value(|m| m.constant(z).isinf()), [false, true, false].into());
    assert_eq!(value(|m| m.constant(z).isfinite()), [false, false, true].into());
    assert_eq!(value(|m| m.constant([7i32]).isfinite()), [true].into());
    assert_eq!(value(|m| m.constant([true]).isnan()), [false].into());
}

#[test]
fn logic_and_bits() {
    let (t, f) = (true, false);
    assert_eq!(value(|m| m.constant([t, t, f, f]) & m.constant([t, f, t, f])), [t, f, f, f].into());
    assert_eq!(value(|m| m.constant([t, t, f, f]) | m.constant([t, f, t, f])), [t, t, t, f].into());
    assert_eq!(value(|m| m.constant([t, t, f, f]) ^ m.constant([t, f, t, f])), [f, t, t, f].into());
    assert_eq!(value(|m| !m.constant([t, f])), [f, t].into());
    assert_eq!(value(|m| m.constant([t, f]) ^ true), [f, t].into());
    assert_eq!(value(|m| !m.constant([0u8, 200])), [255u8, 55].into());
    assert_eq!(value(|m| 6 & m.constant([3i16, -1])), [2i16, 6].into());
    assert_eq!(value(|m| m.constant([-1i8]) | m.constant([128u8])), [-1i16].into());
    assert_eq!(value(|m| m.constant([true]) & m.constant([3i32])), [1i32].into());
    assert_eq!(
        complaint(|m| m.constant([1.5]) & 1),
        "`&` is not defined on f64, the element type that `1.5` (f64[1]) has or is converted to; compare \
         to get bool, or cast to one integer type"
    );
    assert_eq!(
        complaint(|m| m.constant([1i64]) | m.constant([1u64])),
        "`|` is not defined on f64, the element type that `1` (i64[1]) has or is converted to; compare \
         to get bool, or cast to one integer type"
    );
    assert_eq!(
        complaint(|m| !m.constant([1.5f32])),
        "`!` is not defined on f32, the element type that `1.5` (f32[1]) has or is converted to; compare \
         to get bool, or cast to one integer type"
    );
}

#[test]
fn shifts_by_any_count() {
    let counts = [0i8, 1, 7, 8, 100, -1];
    assert_eq!(value(|m| m.constant([-3i8; 6]) << m.constant(counts)), [-3i8, -6, -128, 0, 0, 0].into());
    assert_eq!(value(|m| m.constant([-3i8; 6]) >> m.constant(counts)), [-3i8, -2, -1, -1, -1, -1].into());
    assert_eq!(value(|m| m.constant([96i8; 6]) >> m.constant(counts)), [96i8, 48, 0, 0, 0, 0].into());
    let counts = [0u64, 1, 63, 64, u64::MAX];
    let top = 1u64 << 63;
    assert_eq!(value(|m| m.constant([top + 1; 5]) << m.constant(counts)), [top + 1, 2, top, 0, 0].into());
    assert_eq!(
        value(|m| m.constant([top + 1; 5]) >> m.constant(counts)),
        [top + 1, top >> 1, 1, 0, 0].into()
    );
    assert_eq!(value(|m| m.constant([1i32, 3]) << 4), [16i32, 48].into());
    assert_eq!(value(|m| 1 << m.constant([4i64, 64])), [16i64, 0].into());
    assert_eq!(value(|m| 256 >> m.constant([4i64, -4])), [16i64, 0].into());
    assert_eq!(
        complaint(|m| m.constant([true]) << m.constant([true])),
        "`<<` is not defined on bool, the element type that `true` (bool[1]) has or is converted to; \
         cast to one integer type"
    );
}

#[test]
fn rounding_keeps_signs_and_integers() {
    let x = [
        -2.5,
        -1.5,
        -0.5,
        -0.2,
        -0.0,
        0.49999999999999994,
        0.5,
        1.5,
        2.5,
        4503599627370495.5,
        1e300,
        -INF,
        NAN,
    ];
    let even = [-2.0, -2.0, -0.0, -0.0, -0.0, 0.0, 0.0, 2.0, 2.0, 4503599627370496.0, 1e300, -INF, NAN];
    let away = [-3.0, -2.0, -1.0, -0.0, -0.0, 0.0, 1.0, 2.0, 3.0, 4503599627370496.0, 1e300, -INF, NAN];
    let floor = [-3.0, -2.0, -1.0, -1.0, -0.0, 0.0, 0.0, 1.0, 2.0, 4503599627370495.0, 1e300, -INF, NAN];
    let ceil = [-2.0, -1.0, -0.0, -0.0, -0.0, 1.0, 1.0, 2.0, 3.0, 4503599627370496.0, 1e300, -INF, NAN];
    let trunc = [-2.0, -1.0, -0.0, -0.0, -0.0, 0.0, 0.0, 1.0, 2.0, 4503599627370495.0, 1e300, -INF, NAN];
    same(&value(|m| m.constant(x).round()), &even);
    same(&value(|m| m.constant(x).round_half_away()), &away);
    same(&value(|m| m.constant(x).floor()), &floor);
    same(&value(|m| m.constant(x).ceil()), &ceil);
    same(&value(|m| m.constant(x).trunc()), &trunc);
    assert_eq!(value(|m| m.constant([i64::MAX, -7]).round()), [i64::MAX, -7].into());
    assert_eq!(value(|m| m.constant([200u8]).floor()), [200u8].into());
    assert_eq!(value(|m| m.constant([true]).ceil()), [true].into());
    assert_eq!(value(|m| m.constant([2.5f32]).round_half_away()), [3f32].into());
    assert_eq!(
        complaint(|m| m.constant([num_complex::Complex::new(1.0, 2.0)]).floor()),
        "floor is not defined on c128, the element type that `1.0:2.0` (c128[1]) has or is converted to; \
         use real tensors"
    );
}

#[test]
fn activations() {
    let x = [-30.0, -2.0, -0.5, 0.25, 3.0, 40.0];
    let elu = [-0.6999999999999345, -0.6052653017343711, -0.2754285382011566, 0.25, 3.0, 40.0];
    close(&value(|m| m.constant(x).elu(0.7)), &elu, 2.0);
    let selu = [
        -1.758099340847212,
        -1.5201664685956948,
        -0.6917581878028713,
        0.2626752468388701,
        3.1521029620664414,
        42.028039494219215,
    ];
    close(&value(|m| m.constant(x).selu()), &selu, 3.0);
    let silu = [
        -2.8072868906517896e-12,
        -0.23840584404423512,
        -0.18877033439907273,
        0.14054412522144952,
        2.8577223804672998,
        40.0,
    ];
    close(&value(|m| m.constant(x).silu()), &silu, 2.0);
    close(&value(|m| m.constant(x).hard_sigmoid()), &[0.0, 0.1, 0.4, 0.55, 1.0, 1.0], 2.0);
    let x = [-30.0, -6.0, -2.0, -0.5, 0.25, 3.0, 40.0];
    let gelu = [
        -1.472014178144456e-196,
        -5.9195258702261885e-09,
        -0.04550026389635842,
        -0.15426876936299344,
        0.14967658142073093,
        2.99595030590511,
        40.0,
    ];
    let ulps = [900.0, 36.0, 6.0, 3.0, 3.0, 3.0, 3.0];
    for ((x, gelu), ulps) in x.into_iter().zip(gelu).zip(ulps) {
        close(&value(|m| m.constant([x]).gelu()), &[gelu], ulps);
    }
    let gelu_tanh = [
        -0.0,
        -8.439646700762303e-11,
        -0.04540230591222498,
        -0.15428599017485609,
        0.149675350701685,
        2.996362607918227,
        40.0,
    ];
    close(&value(|m| m.constant(x).gelu_tanh()), &gelu_tanh, 30.0);
    let softsign = [
        -0.967741935483871,
        -0.8571428571428571,
        -0.6666666666666666,
        -0.3333333333333333,
        0.2,
        0.75,
        0.975609756097561,
    ];
    close(&value(|m| m.constant(x).softsign()), &softsign, 1.0);
    same(&value(|m| m.constant([-INF, INF, NAN, -0.0]).softsign()), &[-1.0, 1.0, NAN, -0.0]);
    same(&value(|m| m.constant([-INF, INF, NAN]).gelu()), &[-0.0, INF, NAN]);
    same(&value(|m| m.constant([-INF, INF, NAN]).gelu_tanh()), &[-0.0, INF, NAN]);
    same(&value(|m| m.constant([-0.0, NAN, -1.0, INF]).relu()), &[0.0, NAN, 0.0, INF]);
    assert_eq!(value(|m| m.constant([-3i8, 3]).relu()), [0i8, 3].into());
    same(&value(|m| m.constant([-2.0, 3.0, NAN]).leaky_relu(m.constant(0.5))), &[-1.0, 3.0, NAN]);
    same(&value(|m| m.constant([-INF, INF, NAN]).silu()), &[-0.0, INF, NAN]);
    same(&value(|m| m.constant([-INF, INF, NAN]).selu()), &[-1.7580993408473766, INF, NAN]);
    same(&value(|m| m.constant([-INF, INF, NAN]).hard_sigmoid()), &[0.0, 1.0, NAN]);
    assert_eq!(value(|m| m.constant([1i32]).silu()).dtype(), F64);
    assert_eq!(value(|m| m.constant([half::f16::ONE]).selu()).dtype(), F16);
}

#[test]
fn logaddexp_without_overflow() {
    let (x, y) = ([1.0, 0.0, -1000.0, 1e4, -0.7], [2.0, -40.0, -1001.0, 1e4, -0.69]);
    let want = [
        2.313261687518223,
        4.248354255291589e-18,
        -999.6867383124818,
        10000.69314718056,
        -0.0018403194921376277,
    ];
    let got: Vec<f64> = value(|m| m.constant(x).logaddexp(m.constant(y))).to_vec().unwrap();
    for ((got, want), x) in got.iter().zip(want).zip(x) {
        // Where the two terms cancel the error is that of the terms.
        assert!(
            (got - want).abs() <= 2.0 * f64::EPSILON * want.abs().max(f64::abs(x)),
            "{got} is not {want}"
        );
    }
    let (x, y) = ([-INF, INF, -INF, INF, NAN, -INF, 3.0], [-INF, INF, INF, 5.0, 1.0, 5.0, 3.0]);
    let want = [-INF, INF, INF, INF, NAN, 5.0, 3.0 + LN_2];
    same(&value(|m| m.constant(x).logaddexp(m.constant(y))), &want);
}

#[test]
fn log1mexp_near_zero_and_far_from_it() {
    let x = [-1e-300, -1e-10, -0.5, -LN_2, -0.7, -2.5, -40.0];
    let want = [
        -690.7755278982137,
        -23.025850929990458,
        -0.9327521295671886,
        -LN_2,
        -0.6863410028083852,
        -0.08565048374203818,
        -4.248354255291589e-18,
    ];
    close(&value(|m| m.constant(x).log1mexp()), &want, 2.0);
    same(
        &value(|m| m.constant([-INF, -1000.0, 0.0, 1.0, INF, NAN]).log1mexp()),
        &[-0.0, -0.0, -INF, NAN, NAN, NAN],
    );
    let slope = |x: f64| {
        value(move |m| {
            let x = m.constant([x]);
            grad(x.log1mexp().sum(), x)
        })
    };
    close(&slope(-1e-20), &[-1e20], 1.0);
    close(&slope(-40.0), &[-4.248354255291589e-18], 1.0);
}

#[test]
fn angles() {
    let degrees = [0.017453292519943295, std::f64::consts::FRAC_PI_2, -0.5323254218582705];
    close(&value(|m| m.constant([1.0, 90.0, -30.5]).deg2rad()), &degrees, 1.0);
    let radians = [57.29577951308232, 28.64788975654116, -128.91550390443524];
    close(&value(|m| m.constant([1.0, 0.5, -2.25]).rad2deg()), &radians, 1.0);
    assert_eq!(value(|m| m.constant([90i16]).deg2rad()), [std::f32::consts::FRAC_PI_2].into());
}

#[test]
fn gradients_agree_with_differences() {
    type Build = for<'m> fn(&'m Model, &[Tensor<'m>]) -> Tensor<'m>;
    let cases: [(&str, Build); 18] = [
        ("maximum", |_, x| x[0].maximum(x[1])),
        ("minimum", |_, x| x[0].minimum(x[1]) * x[0]),
        ("clip", |_, x| x[0].clip(x[1] - 0.5, x[1] + 0.5)),
        ("switch", |_, x| switch(x[0].gt(x[1]), x[0] * x[1], sqr(x[1]))),
        ("switch, broadcast", |_, x| {
            switch(x[0].sum_over([0]).gt(0.0), x[0], x[1].sum_over([1]).dimshuffle([Some(0), None]))
        }),
        ("relu", |_, x| relu(x[0] * x[1])),
        ("leaky_relu", |_, x| leaky_relu(x[0], x[1])),
        ("elu", |_, x| elu(x[0], x[1])),
        ("selu", |_, x| selu(x[0] * x[1])),
        ("gelu", |_, x| gelu(x[0] * 3.0 + x[1])),
        ("gelu_tanh", |_, x| gelu_tanh(x[0] * 2.0 + x[1])),
        ("softsign", |_, x| softsign(x[0] * x[1])),
        ("silu", |_, x| silu(x[0] * 3.0 + x[1])),
        ("hard_sigmoid", |_, x| hard_sigmoid(x[0] * 4.0 + x[1])),
        ("log1mexp", |_, x| log1mexp(-sqr(x[0]) - 0.1) * x[1]),
        ("logaddexp", |_, x| logaddexp(x[0] * 3.0, x[1])),
        ("degrees", |_, x| deg2rad(x[0]) + rad2deg(x[1])),
        ("silu twice", |_, x| grad(silu(x[0]).sum(), x[0]) * x[1]),
    ];
    for (name, build) in cases {
        gradient_matches(name, &[&[2, 3], &[2, 3]], build);
    }
}

#[test]
fn lifting_and_round_trips() {
    lifts(ops::Maximum {}, &[&[2, 3], &[2, 1]]);
    lifts(ops::Clip {}, &[&[2, 3], &[1, 1], &[1, 3]]);
    lifts(ops::Switch {}, &[&[2, 1], &[2, 3], &[1, 1]]);
    lifts(ops::Round { mode: ops::Halves::Away }, &[&[2, 3]]);
    let m = Model::new("m");
    let (x, i) = (m.fmatrix("x"), m.ivector("i"));
    let y = switch(i.gt(2) & true, x.round_half_away().clip(-1.0, 1.0), x.round());
    m.function("f").inputs([x, i]).outputs([("y", y), ("z", !i << 3)]).finish().unwrap();
    round_trips(&m);
}
