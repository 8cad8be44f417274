//! Log-sum-exp, softmax and cross-entropies as people spell them: right in value and gradient where the
//! spelling overflows.

use tgc_graph::array::Array;
use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::module::Function;
use tgc_graph::prelude::*;
use tgc_optimize::{Options, optimize};

const INF: f64 = f64::INFINITY;

fn optimized(m: &Model) -> Function {
    let module = m.module();
    let function = module.function("f").expect("the function exists");
    optimize(function, &Options { verify: true, ..Options::default() }).expect("the pipeline settles").0
}

/// The outputs for these inputs, as doubles.
fn run(f: &Function, inputs: &[Array]) -> Vec<Vec<f64>> {
    let outputs = evaluate(f, &[], inputs, &Sizes::new()).expect("it runs").outputs;
    let doubles = |a: &Array| match a.dtype() {
        F32 => a.to_vec::<f32>().expect("floats").into_iter().map(f64::from).collect(),
        _ => a.to_vec::<f64>().expect("doubles"),
    };
    outputs.iter().map(doubles).collect()
}

fn array(dtype: DType, shape: &[usize], values: &[f64]) -> Array {
    match dtype {
        F32 => Array::from_slice(shape, &values.iter().map(|v| *v as f32).collect::<Vec<_>>()),
        _ => Array::from_slice(shape, values),
    }
}

#[track_caller]
fn near(got: &[f64], want: &[f64], scale: impl Fn(usize) -> f64, tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len());
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let right = g == w || (g - w).abs() <= tolerance * scale(i);
        assert!(right, "{what}: {g} instead of {w} at {i}");
    }
}

/// f64 and f32, with the relative error that each is held to.
const TYPES: [(DType, f64); 2] = [(F64, 1e-12), (F32, 1e-5)];

#[test]
fn log_sum_exp_is_right_at_the_ends() {
    let spellings: [for<'m> fn(Tensor<'m>) -> Tensor<'m>; 4] = [
        |x| log(exp(x).sum()),
        |x| log(exp(x - x.max()).sum()) + x.max(),
        |x| x.max() + (x - x.max()).exp().sum().log(),
        |x| -log(1.0 / exp(x).sum()),
    ];
    let cases: [([f64; 2], f64, [f64; 2]); 6] = [
        ([1000.0, 1000.0], 1000.0 + 2f64.ln(), [0.5, 0.5]),
        ([-1000.0, -1000.0], -1000.0 + 2f64.ln(), [0.5, 0.5]),
        ([-INF, -INF], -INF, [0.0, 0.0]),
        ([-INF, 3.0], 3.0, [0.0, 1.0]),
        ([1000.0, 960.0], 1000.0, [1.0, 4.248354255291589e-18]),
        ([0.5, -0.25], 0.886_871_006_114_899_6, [0.679_178_699_175_393, 0.320_821_300_824_607]),
    ];
    for (dtype, tolerance) in TYPES {
        for (i, spelling) in spellings.iter().enumerate() {
            let m = Model::new("lse");
            let n = m.dim("N");
            let x = m.input("x", dtype, [n]);
            let value = spelling(x);
            let outputs = [("value", value), ("gradient", grad(value, x))];
            m.function("f").inputs([x]).outputs(outputs).finish().expect("well-typed");
            let f = optimized(&m);
            for (at, value, gradient) in cases {
                let got = run(&f, &[array(dtype, &[2], &at)]);
                let what = format!("spelling {i}, {dtype:?}, {at:?}");
                near(&got[0], &[value], |_| value.abs(), tolerance, &what);
                near(&got[1], &gradient, |k| gradient[k], tolerance, &what);
            }
        }
    }
}

/// Σ over nothing is 0, whose logarithm is -inf, before and after.
#[test]
fn nothing_sums_to_minus_infinity() {
    let m = Model::new("nothing");
    let x = m.dmatrix("x");
    let total = log(exp(x).sum_over([1]));
    let shares = exp(x) / exp(x).reduce().over([1]).keepdims().sum();
    m.function("f").inputs([x]).outputs([("total", total), ("shares", shares)]).finish().expect("well-typed");
    let got = run(&optimized(&m), &[Array::zeros::<f64>([2, 0])]);
    assert_eq!(got, [vec![-INF, -INF], vec![]]);
}

/// Probabilities as people spell them.
fn probabilities<'m>(z: Tensor<'m>) -> Vec<Tensor<'m>> {
    let kept = |x: Tensor<'m>| x.reduce().over([1]).keepdims();
    let shifted = z - kept(z).max();
    vec![
        z.softmax(),
        exp(z) / kept(exp(z)).sum(),
        exp(shifted) / kept(exp(shifted)).sum(),
        exp(z - log(kept(exp(z)).sum())),
        exp(z) / exp(z).sum_over([1]).dimshuffle([Some(0), None]),
    ]
}

const LOGITS: [[f64; 3]; 5] = [
    [1000.0, -1000.0, 0.0],
    [-1000.0, 1000.0, 1000.0],
    [0.5, -1.0, 2.25],
    [-40.0, 40.0, 0.0],
    [1000.0, 1000.0, 1000.0],
];
const CLASSES: [i64; 5] = [1, 0, 2, 1, 2];

/// Softmax in f64 with exponents that are exact.
fn softmax(row: &[f64; 3]) -> [f64; 3] {
    let greatest = row.iter().copied().fold(-INF, f64::max);
    let powers = row.map(|z| (z - greatest).exp());
    powers.map(|p| p / powers.iter().sum::<f64>())
}

#[test]
fn cross_entropies_are_right_where_probabilities_vanish() {
    for (dtype, tolerance) in TYPES {
        for spelling in 0..5 {
            for dense in [false, true] {
                let m = Model::new("cross_entropy");
                let n = m.dim("N");
                let z = m.input("z", dtype, [n, 3.into()]);
                let p = probabilities(z)[spelling];
                let (targets, losses) = match dense {
                    true => {
                        let t = m.input("t", dtype, [n, 3.into()]);
                        (t, -(t * log(p)).sum_over([1]))
                    }
                    false => {
                        let t = m.input("t", I64, [n]);
                        (t, -log(p.take_along_axis(t.expand_dims(-1), -1).squeeze_axes(-1)))
                    }
                };
                let outputs = [("losses", losses), ("gradient", grad(losses.sum(), z))];
                m.function("f").inputs([z, targets]).outputs(outputs).finish().expect("well-typed");
                let f = optimized(&m);
                let one_hot = CLASSES.map(|class| [0, 1, 2].map(|k| f64::from(u8::from(k == class))));
                let t = match dense {
                    true => array(dtype, &[5, 3], one_hot.as_flattened()),
                    false => Array::from(CLASSES),
                };
                let got = run(&f, &[array(dtype, &[5, 3], LOGITS.as_flattened()), t]);
                let (mut want_losses, mut want, mut scale) = (vec![], vec![], vec![]);
                for ((row, t), class) in LOGITS.iter().zip(one_hot).zip(CLASSES) {
                    let p = softmax(row);
                    let greatest = row.iter().copied().fold(-INF, f64::max);
                    let sum: f64 = row.iter().map(|z| (z - greatest).exp()).sum();
                    let rest = row.iter().enumerate().filter(|(k, _)| *k != class as usize);
                    let rest: f64 = rest.map(|(_, z)| (z - row[class as usize]).exp()).sum();
                    let stable = rest.is_finite() && rest < 1.0;
                    let loss =
                        if stable { rest.ln_1p() } else { sum.ln() + (greatest - row[class as usize]) };
                    want_losses.push(loss);
                    want.extend((0..3).map(|k| p[k] - t[k]));
                    scale.extend((0..3).map(|k| p[k] + t[k]));
                }
                let what = format!("spelling {spelling}, {dtype:?}, dense {dense}");
                near(&got[0], &want_losses, |i| want_losses[i].abs(), tolerance, &what);
                near(&got[1], &want, |i| scale[i], tolerance, &what);
            }
        }
    }
}

/// What no rule may mend: the product of 0 and its logarithm is NaN, as IEEE arithmetic has it.
#[test]
fn x_log_x_at_zero_stays_what_it_is() {
    let m = Model::new("entropy");
    let x = m.dvector("x");
    let entropy = x * log(x);
    let outputs = [("entropy", entropy), ("gradient", grad(entropy.sum(), x))];
    m.function("f").inputs([x]).outputs(outputs).finish().expect("well-typed");
    let got = run(&optimized(&m), &[Array::from([0.0, 1.0, INF])]);
    assert!(got[0][0].is_nan());
    assert_eq!(got[0][1..], [0.0, INF]);
    assert!(got[1][0].is_nan() || got[1][0] == -INF, "{got:?}");
    assert_eq!(got[1][1], 1.0);
}

/// Of a probability that underflows, p log p is 0: its logarithm is that of the logit.
#[test]
fn the_entropy_of_certainty_is_zero() {
    let m = Model::new("entropy");
    let z = m.dmatrix("z");
    let p = exp(z) / exp(z).reduce().over([1]).keepdims().sum();
    let entropy = -(p * log(p)).sum();
    m.function("f")
        .inputs([z])
        .outputs([("e", entropy), ("g", grad(entropy, z))])
        .finish()
        .expect("well-typed");
    let got = run(&optimized(&m), &[Array::from([[1000.0, -1000.0, 0.0]])]);
    assert_eq!(got, [vec![0.0], vec![0.0; 3]]);
}
