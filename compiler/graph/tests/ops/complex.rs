//! Complex numbers. Values are those of mpmath 1.3; gradients are held to differences in both parts.

use std::f64::consts::{FRAC_PI_2, PI};

use num_complex::Complex;
use tgc_graph::prelude::*;
use tgc_graph::verify_grad::verify_grad;

use crate::check::{close, complaint, expression as value};

const INF: f64 = f64::INFINITY;

fn z(re: f64, im: f64) -> Complex<f64> {
    Complex::new(re, im)
}

#[track_caller]
fn near(got: &Array, want: &[Complex<f64>]) {
    let got: Vec<Complex<f64>> = got.to_vec().unwrap();
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        let same = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan();
        let close = (got - want).norm() <= 1e-15 * want.norm();
        assert!(close || same(got.re, want.re) && same(got.im, want.im), "{got}, not {want}");
    }
}

const POINTS: [Complex<f64>; 4] =
    [Complex::new(1.0, 2.0), Complex::new(-0.5, 0.25), Complex::new(-3.0, -4.0), Complex::new(0.8, -0.6)];

const EXP: [Complex<f64>; 4] = [
    Complex::new(-1.1312043837568135, 2.4717266720048188),
    Complex::new(0.5876750903439226, 0.15005808662216327),
    Complex::new(-0.032542999640154786, 0.03767897757486585),
    Complex::new(1.8368181907239873, -1.2566349345058705),
];
const LOG: [Complex<f64>; 4] = [
    Complex::new(0.8047189562170501, 1.1071487177940904),
    Complex::new(-0.5815754049028404, 2.677945044588987),
    Complex::new(1.6094379124341003, -2.214297435588181),
    Complex::new(2.2204460492503132e-17, -0.6435011087932844),
];
const SQRT: [Complex<f64>; 4] = [
    Complex::new(1.272019649514069, 0.7861513777574233),
    Complex::new(0.17178037486125622, 0.7276733451126774),
    Complex::new(1.0, -2.0),
    Complex::new(0.9486832980505138, -0.31622776601683794),
];
const RSQRT: [Complex<f64>; 4] = [
    Complex::new(0.5688644810057831, -0.3515775842541429),
    Complex::new(0.30729007631213195, -1.3017016520692888),
    Complex::new(0.2, 0.4),
    Complex::new(0.9486832980505138, 0.3162277660168379),
];
const RECIPROCAL: [Complex<f64>; 4] =
    [Complex::new(0.2, -0.4), Complex::new(-1.6, -0.8), Complex::new(-0.12, 0.16), Complex::new(0.8, 0.6)];
const SGN: [Complex<f64>; 4] = [
    Complex::new(0.4472135954999579, 0.8944271909999159),
    Complex::new(-0.8944271909999159, 0.4472135954999579),
    Complex::new(-0.6, -0.8),
    Complex::new(0.8, -0.6),
];
const CUBE: [Complex<f64>; 4] = [
    Complex::new(-11.0, -2.0),
    Complex::new(-0.03125, 0.171875),
    Complex::new(117.0, -44.0),
    Complex::new(-0.3519999999999999, -0.936),
];
const POWER: [Complex<f64>; 4] = [
    Complex::new(-0.12451615120135684, -0.048829006850428146),
    Complex::new(3.922353175816673, -1.7126045766139768),
    Complex::new(0.01312, -0.01216),
    Complex::new(-0.03794733192202044, 0.9992797406132078),
];
const COMPLEX_POWER: [Complex<f64>; 4] = [
    Complex::new(0.10423305491687068, 0.4830959392699094),
    Complex::new(0.03732562793431799, 0.03529173424344056),
    Complex::new(17.942606816839, 9.855490195363),
    Complex::new(1.8054698289550435, -0.6018232763183478),
];

#[test]
fn functions_of_complex_numbers() {
    let of = |f: fn(Tensor<'_>) -> Tensor<'_>| {
        let m = Model::new("m");
        f(m.constant(POINTS)).eval().unwrap()
    };
    near(&of(exp), &EXP);
    near(&of(log), &LOG);
    near(&of(sqrt), &SQRT);
    near(&of(rsqrt), &RSQRT);
    near(&of(reciprocal), &RECIPROCAL);
    near(&of(sgn), &SGN);
    near(&of(|x| x.pow(3)), &CUBE);
    near(&of(|x| x.pow(-2.5)), &POWER);
    near(&value(|m| m.constant(POINTS).pow(m.constant([z(0.5, 1.0)]))), &COMPLEX_POWER);
    assert_eq!(of(real), [1.0, -0.5, -3.0, 0.8].into());
    assert_eq!(of(imag), [2.0, 0.25, -4.0, -0.6].into());
    assert_eq!(of(conj), POINTS.map(|z| z.conj()).into());
    let angles: Vec<f64> = of(angle).to_vec().unwrap();
    let lengths: Vec<f64> = of(abs).to_vec().unwrap();
    for (i, point) in POINTS.iter().enumerate() {
        assert!((angles[i] - point.arg()).abs() < 1e-15);
        assert!((lengths[i] - point.norm()).abs() < 1e-15 * point.norm());
    }
    assert_eq!(value(|m| m.constant([3f32]).complex(4.0).abs()), [5f32].into());
    assert_eq!(value(|m| m.constant([-2.0, 3.0]).angle()), [PI, 0.0].into());
    assert_eq!(value(|m| m.constant([2i32]).imag()), [0i32].into());
    assert_eq!(value(|m| m.constant([2i32]).complex(m.constant([1i8]))), [z(2.0, 1.0)].into());
    assert_eq!(
        complaint(|m| m.constant([z(1.0, 1.0)]).complex(1.0)),
        "complex of `1.0:1.0` (c128[1]), whose elements are complex, is not defined in this version; use a real tensor"
    );
}

/// Beyond where squares overflow or vanish, at zeros and at infinities.
#[test]
fn complex_numbers_at_the_ends() {
    let points = [
        z(3e300, 4e300),
        z(3e-300, -4e-300),
        z(5e-324, 0.0),
        z(0.0, -0.0),
        z(-INF, 1.0),
        z(2.0, INF),
        z(-4.0, -0.0),
    ];
    let of = |f: fn(Tensor<'_>) -> Tensor<'_>| {
        let m = Model::new("m");
        f(m.constant(points)).eval().unwrap()
    };
    close(&of(abs), &[5e300, 5e-300, 5e-324, 0.0, INF, INF, 4.0], 1.0);
    let half = (5e-324f64).sqrt();
    near(
        &of(sqrt),
        &[
            z(2e150, 1e150),
            z(2e-150, -1e-150),
            z(half, 0.0),
            z(0.0, -0.0),
            z(0.0, INF),
            z(INF, INF),
            z(0.0, -2.0),
        ],
    );
    near(
        &of(log),
        &[
            z(692.3849658106478, 0.9272952180016122),
            z(-689.1660899857796, -0.9272952180016122),
            z(-744.4400719213812, 0.0),
            z(-INF, -0.0),
            z(INF, PI),
            z(INF, FRAC_PI_2),
            z(4f64.ln(), -PI),
        ],
    );
    near(
        &value(|m| m.constant([z(710.0, 0.7), z(-INF, 2.0), z(INF, 0.0), z(0.0, -0.0)]).exp()),
        &[z(1.7086534433332223e308, 1.439178941557804e308), z(0.0, 0.0), z(INF, 0.0), z(1.0, 0.0)],
    );
    near(
        &value(|m| {
            m.constant([z(0.0, 0.0), z(0.0, 0.0), z(0.0, 0.0)]).pow(m.constant([
                z(0.0, 0.0),
                z(2.0, 0.0),
                z(0.5, 3.0),
            ]))
        }),
        &[z(1.0, 0.0), z(0.0, 0.0), z(0.0, 0.0)],
    );
    let signs: Vec<Complex<f64>> = of(sgn).to_vec().unwrap();
    near(&signs[..4].to_vec().into(), &[z(0.6, 0.8), z(0.6, -0.8), z(1.0, 0.0), z(0.0, 0.0)]);
}

/// Errors of y log x count with their size; whole numbers come out whole.
#[test]
fn powers_of_complex_numbers() {
    let power = |x: &[Complex<f64>], y: &[Complex<f64>]| {
        value(|m| m.constant(x.to_vec()).pow(m.constant(y.to_vec())))
    };
    near(
        &power(
            &[
                z(2.0, 0.0),
                z(0.0, 1.0),
                z(-1.0, -0.0),
                z(-8.0, 0.0),
                z(1.0000000000000002, 1e-13),
                z(3.0, -4.0),
                z(1e200, 1e200),
                z(1e-320, 0.0),
            ],
            &[
                z(0.0, 1e12),
                z(0.0, 1.0),
                z(0.5, 0.0),
                z(1.0 / 3.0, 0.0),
                z(1e16, -3e15),
                z(-2.5, 250.0),
                z(-1.5, 0.25),
                z(0.5, 7.0),
            ],
        ),
        &[
            z(-0.45844499584057763, 0.888722783430656),
            z(0.2078795763507619, 0.0),
            z(0.0, -1.0),
            z(1.0, 1.7320508075688772),
            z(1.7053789306914578e131, 5.413992799432188e130),
            z(-7.121980122851747e98, 4.74524624477242e98),
            z(2.8798715758097536e-301, 3.947073942851102e-301),
            z(7.619629935524531e-161, 6.476119699629303e-161),
        ],
    );
    let bases = [z(2.0, 1.0), z(1.0, 1.0), z(0.0, 1.0), z(-3.0, 0.0), z(0.0, 2.0), z(1.0, -2.0), z(5.0, 0.0)];
    let exponents = [10.0, 8.0, 15.0, 5.0, -4.0, 3.0, 20.0].map(|n| z(n, 0.0));
    let exact = [
        z(-237.0, -3116.0),
        z(16.0, 0.0),
        z(0.0, -1.0),
        z(-243.0, 0.0),
        z(0.0625, 0.0),
        z(-11.0, 2.0),
        z(95_367_431_640_625.0, 0.0),
    ];
    assert_eq!(power(&bases, &exponents).to_vec::<Complex<f64>>().unwrap(), exact);
    // Nothing on the way leaves the range before the result does.
    near(&power(&[z(0.0, 1e-40)], &[z(-7.0, 0.0)]), &[z(0.0, 1e280)]);
    near(&power(&[z(1e200, 0.0)], &[z(3.0, 0.0)]), &[z(INF, 0.0)]);
    near(&power(&[z(0.0, INF), z(INF, 2.0)], &[z(0.0, 0.0), z(1.0, 0.0)]), &[z(1.0, 0.0), z(INF, 2.0)]);
}

/// Both parts of z = x + iy by real inputs, and z itself: its gradient is that by x plus i times that by y.
#[test]
fn gradients_through_complex_numbers() {
    type Build = for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>;
    let cases: [(&str, Build); 20] = [
        ("add", |a, b| (a + b).abs()),
        ("sub", |a, b| (a - b * 2.0).imag()),
        ("mul", |a, b| (a * b).imag()),
        ("mul by real", |a, b| (a * b.real()).abs()),
        ("div", |a, b| (a / b).real()),
        ("sqr", |a, b| (a.sqr() * b).imag()),
        ("exp", |a, b| (a.exp() * b).real()),
        ("log", |a, b| (a.log() * b).imag()),
        ("sqrt", |a, b| (a.sqrt() * b).imag()),
        ("rsqrt", |a, b| (a.rsqrt() * b).real()),
        ("reciprocal", |a, b| (a.reciprocal() * b).real()),
        ("pow", |a, b| a.pow(b).imag()),
        ("pow 3", |a, b| (a.pow(3) * b).imag()),
        ("conj", |a, b| (a.conj() * b).imag()),
        ("sgn", |a, b| (a.sgn() * b).imag()),
        ("angle", |a, b| a.angle() * b.real()),
        ("sum", |a, b| (a.sum() * b).abs()),
        ("dot", |a, b| dot(a, b).abs()),
        ("prod", |a, b| (a.prod() * b).imag()),
        ("cast", |a, b| (a * b).cast(F64)),
    ];
    for (name, build) in cases {
        let m = Model::new("m");
        let parts = m.dvectors(["x", "y", "u", "v"]);
        let [x, y, u, v] = parts;
        let at: [[f64; 3]; 4] = [[0.3, -0.8, 1.2], [0.7, 0.4, -0.5], [-1.1, 0.6, 0.2], [0.5, -0.9, 0.8]];
        let given = || (0..4).map(|i| (parts[i], Array::from(at[i]))).collect::<Vec<_>>();
        let (a, b) = (complex(x, y), complex(u, v));
        verify_grad(build(a, b), given()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (p, q) = (m.zvector("p"), m.zvector("q"));
        let [by_p, by_q] = grad(build(p, q).sum(), [p, q]);
        let by_parts = grad(build(a, b).sum(), parts);
        let join = |i: usize| Array::from([0, 1, 2].map(|k| z(at[i][k], at[i + 1][k])));
        for (whole, i) in [(by_p, 0), (by_q, 2)] {
            let whole: Vec<Complex<f64>> =
                whole.eval_with([(p, join(0)), (q, join(2))]).unwrap().to_vec().unwrap();
            let [re, im] =
                [i, i + 1].map(|i| by_parts[i].eval_with(given()).unwrap().to_vec::<f64>().unwrap());
            for (k, whole) in whole.iter().enumerate() {
                assert!((whole - z(re[k], im[k])).norm() < 1e-12 * (1.0 + whole.norm()), "{name}: {whole}");
            }
        }
    }
}

#[test]
fn the_gradient_of_a_complex_cost_is_refused() {
    assert_eq!(
        complaint(|m| {
            let a = m.zscalar("a");
            grad(a.exp(), a)
        }),
        "the cost `exp(a)` (c128[]) of a gradient is not a real 0-d tensor; reduce it first, for instance with sum or mean"
    );
}
