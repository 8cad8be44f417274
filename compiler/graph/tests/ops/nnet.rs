//! Operations of neural networks. Values are those of mpmath 1.3 at 50 digits.

use tgc_graph::ops;
use tgc_graph::prelude::*;

use crate::check::{close, complaint, expression as value, gradient_matches, lifts, round_trips};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

#[test]
fn softmax_and_its_logarithm() {
    let rows = [[0.5, -1.0, 2.25], [1000.0, 1000.0, -1000.0], [-40.0, 40.0, 0.0], [1e300, -1e300, 0.0]];
    let softmax = [
        [0.14331302494395284, 0.031977458207100115, 0.824709516848947],
        [0.5, 0.5, 0.0],
        [1.804851387845415e-35, 1.0, 4.248354255291589e-18],
        [1.0, 0.0, 0.0],
    ];
    let logarithm = [
        [-1.9427240554386485, -3.4427240554386485, -0.19272405543864843],
        [-std::f64::consts::LN_2, -std::f64::consts::LN_2, -2000.69314718056],
        [-80.0, -4.248354255291589e-18, -40.0],
        [0.0, -2e300, -1e300],
    ];
    close(&value(|m| m.constant(rows).softmax()), softmax.as_flattened(), 3.0);
    close(&value(|m| m.constant(rows).log_softmax()), logarithm.as_flattened(), 3.0);
    close(&value(|m| m.constant(rows).t().softmax_along(0).t()), softmax.as_flattened(), 3.0);
    close(&value(|m| m.constant(rows).t().log_softmax_along(-2).t()), logarithm.as_flattened(), 3.0);
    // An impossible class, and rows of which no quotient exists.
    let odd = [[0.0, -INF], [-INF, -INF], [INF, 0.0], [NAN, 0.0]];
    close(&value(|m| m.constant(odd).softmax()), &[1.0, 0.0, NAN, NAN, NAN, NAN, NAN, NAN], 0.0);
    close(&value(|m| m.constant(odd).log_softmax()), &[0.0, -INF, NAN, NAN, NAN, NAN, NAN, NAN], 0.0);
    assert_eq!(value(|m| m.constant([3i32, 3]).softmax()), [0.5, 0.5].into());
    assert_eq!(value(|m| m.constant([half::f16::ONE; 4]).softmax()), [half::f16::from_f32(0.25); 4].into());
    assert_eq!(value(|m| m.constant([7f32]).log_softmax()), [0f32].into());
}

#[test]
fn softmax_of_wrong_operands() {
    assert_eq!(
        complaint(|m| m.dscalar("x").softmax()),
        "axis -1 of `x` (f64[]) does not exist or is named twice; it has no axes"
    );
    assert_eq!(
        complaint(|m| m.zvector("z").log_softmax()),
        "log_softmax of `z` (c128[z_0]): complex elements have no order; reduce its real part, or its absolute value"
    );
}

#[test]
fn softmax_of_nothing_is_nothing() {
    let empty = Array::zeros::<f64>([3, 0]);
    assert_eq!(value(|m| m.constant(empty.clone()).softmax()), empty);
    assert_eq!(value(|m| m.constant(empty.clone()).log_softmax()), empty);
}

/// The gradient of the cross-entropy by the logits is softmax - target, to a relative error of either.
#[test]
fn crossentropy_of_logits_is_stable() {
    let rows = [[0.5, -1.0, 2.25], [1000.0, 1000.0, -1000.0], [-40.0, 40.0, 0.0], [0.0, -INF, 1.0]];
    let classes = [0i64, 2, 1, -1];
    let m = Model::new("m");
    let logits = m.constant(rows);
    let p = logits.softmax();
    let one_hot = m.constant([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let want = [1.9427240554386485, 2000.69314718056, 4.248354255291589e-18, 0.3132616875182228];
    for targets in [one_hot, m.constant(classes)] {
        let cost = categorical_crossentropy(p, targets);
        close(&cost.eval().unwrap(), &want, 4.0);
        let gradient: Vec<f64> = grad(cost.sum(), logits).eval().unwrap().to_vec().unwrap();
        let p: Vec<f64> = p.eval().unwrap().to_vec().unwrap();
        let targets: Vec<f64> = one_hot.eval().unwrap().to_vec().unwrap();
        for ((gradient, p), target) in gradient.into_iter().zip(p).zip(targets) {
            let error = (gradient - (p - target)).abs();
            assert!(error <= 1e-15 * (p + target), "{gradient} is not {p} - {target}");
        }
    }
}

#[test]
fn crossentropy_of_probabilities() {
    let m = Model::new("m");
    let p = m.shared("p", [[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]]);
    let dense = categorical_crossentropy(p, m.constant([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]));
    let want = [-(0.25f64.ln() + 0.75f64.ln()) / 2.0, std::f64::consts::LN_2];
    close(&dense.eval().unwrap(), &want, 2.0);
    close(&grad(dense.sum(), p).eval().unwrap(), &[-2.0, -2.0 / 3.0, 0.0, 0.0, 0.0, -2.0], 2.0);
    let classes = categorical_crossentropy(p, m.constant([1u8, 1]));
    close(&classes.eval().unwrap(), &[-(0.75f64.ln()), INF], 2.0);
    close(&grad(classes.sum(), p).eval().unwrap(), &[0.0, -4.0 / 3.0, 0.0, 0.0, -INF, 0.0], 2.0);
    // The derivative by a weight is there where the weight is 0.
    let weights = m.shared("weights", [0.0, 1.0]);
    let cost = categorical_crossentropy(m.constant([0.25, 0.75]), weights);
    close(&grad(cost, weights).eval().unwrap(), &[-(0.25f64.ln()), -(0.75f64.ln())], 2.0);
    assert_eq!(
        complaint(|m| categorical_crossentropy(m.dmatrix("p"), m.dvector("t"))),
        "the cross-entropy of `p` (f64[p_0,p_1]) with the targets `t` (f64[t_0]); give probabilities with an axis of \
         classes, and weights of their shape or integers without that axis"
    );
    let wrong = m.constant([1, 3]);
    assert!(categorical_crossentropy(p, wrong).eval().is_err(), "there is no class 3");
}

#[test]
fn binary_crossentropy_with_and_without_logits() {
    let z = [40.0, 40.0, -40.0, -40.0, 1000.0, 1000.0, -1000.0, 0.3];
    let y = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.25];
    let tiny = 4.248354255291589e-18;
    let cost = [tiny, 40.0, 40.0, tiny, 0.0, 1000.0, 1000.0, 0.7793552444685271];
    let gradient = [-tiny, 1.0, -1.0, tiny, 0.0, 1.0, -1.0, 0.324442516811659];
    let m = Model::new("m");
    let (z, y) = (m.constant(z), m.constant(y));
    let entropy = binary_crossentropy(sigmoid(z), y);
    close(&entropy.eval().unwrap(), &cost, 4.0);
    close(&grad(entropy.sum(), z).eval().unwrap(), &gradient, 4.0);
    let certain = m.constant([INF, -INF, INF, -INF]);
    let entropy = binary_crossentropy(sigmoid(certain), m.constant([true, false, false, true]));
    close(&entropy.eval().unwrap(), &[0.0, 0.0, INF, INF], 0.0);
    close(&grad(entropy.sum(), certain).eval().unwrap(), &[0.0, 0.0, 1.0, -1.0], 0.0);
    let narrow = binary_crossentropy(m.fvector("narrow"), m.constant([1, 0]));
    assert_eq!(narrow.ty().unwrap().dtype, F32, "targets that are integers do not widen");
    let p = m.shared("p", [0.0, 1.0, 0.5, 0.0]);
    let entropy = binary_crossentropy(p, m.constant([0.0, 1.0, 0.0, 1.0]));
    close(&entropy.eval().unwrap(), &[0.0, 0.0, std::f64::consts::LN_2, INF], 2.0);
    close(&grad(entropy.sum(), p).eval().unwrap(), &[1.0, -1.0, 2.0, -INF], 2.0);
}

#[test]
fn normalizations() {
    let m = Model::new("m");
    let x = m.constant([[0.5, -1.0, 2.25], [3.0, -0.125, 0.75]]);
    let (scale, shift) = (m.constant([1.0, -2.0, 0.5]), m.constant([0.0, 1.0, -1.0]));
    let layer = [
        -0.06274540265308404,
        3.384325300817194,
        -0.3725459734691596,
        1.3611372884151889,
        3.0258787548505137,
        -1.1740989554949661,
    ];
    close(&layer_norm(x, scale, shift, 1e-5).eval().unwrap(), &layer, 16.0);
    let batch = [
        -0.99999680001536,
        2.9999477571490987,
        -0.5000044443851861,
        0.99999680001536,
        -0.9999477571490987,
        -1.499995555614814,
    ];
    let norm = batch_norm(x, scale, shift, 0, 1e-5);
    close(&norm.output.eval().unwrap(), &batch, 16.0);
    close(&norm.mean.eval().unwrap(), &[1.75, -0.5625, 1.5], 0.0);
    close(&norm.variance.eval().unwrap(), &[1.5625, 0.19140625, 0.5625], 0.0);
    let after = batch_norm_with(x, scale, shift, norm.mean, norm.variance, [0], 1e-5);
    close(&after.eval().unwrap(), &batch, 16.0);
    let images = m.input("images", F32, [m.dim("N"), 3.into(), m.dim("H"), m.dim("W")]);
    let spatial = batch_norm(images, scale.cast(F32), shift.cast(F32), [0, 2, -1], 1e-5);
    assert_eq!(spatial.mean.ty().unwrap().shape, [3.into()]);
    let h = m.constant([[half::f16::ONE, half::f16::ZERO]]);
    let one = m.constant([half::f16::ONE; 2]);
    assert_eq!(layer_norm(h, one, one, 1e-5).ty().unwrap().dtype, F16);
    assert_eq!(
        complaint(|m| layer_norm(m.dvector("x"), m.dmatrix("scale"), m.dvector("shift"), 1e-5)),
        "layer normalization of `x` (f64[x_0]) by `scale` (f64[scale_0,scale_1]) and `shift` (f64[shift_0]); give a \
         scale and a shift with the last axes of the input, at least one"
    );
    assert_eq!(
        complaint(|m| batch_norm(m.dmatrix("x"), m.dmatrix("scale"), m.dvector("shift"), 0, 1e-5).output),
        "batch normalization of `x` (f64[x_0,x_1]) over 1 axes by `scale` (f64[scale_0,scale_1]); give a tensor with \
         the other 1 axes"
    );
}

#[test]
fn gradients_agree_with_differences() {
    gradient_matches("softmax", &[&[2, 3]], |_, x| x[0].softmax());
    gradient_matches("softmax along 0", &[&[2, 3, 2]], |_, x| x[0].softmax_along(0) * x[0]);
    gradient_matches("log_softmax", &[&[2, 3]], |_, x| x[0].log_softmax_along(0));
    gradient_matches("twice", &[&[3]], |_, x| grad((x[0].softmax() * x[0]).sum(), x[0]));
    gradient_matches("classes", &[&[2, 3]], |m, x| {
        categorical_crossentropy(softmax(x[0]), m.constant([1, 0]))
    });
    gradient_matches("weights", &[&[2, 3], &[2, 3]], |_, x| categorical_crossentropy(x[0].sqr() + 0.1, x[1]));
    gradient_matches("binary", &[&[2, 3], &[2, 3]], |_, x| binary_crossentropy(sigmoid(x[0]), x[1]));
    gradient_matches("binary, plain", &[&[2, 3], &[2, 3]], |_, x| {
        binary_crossentropy(sigmoid(x[0]) * 0.9 + 0.01, x[1])
    });
    gradient_matches("layer_norm", &[&[2, 4], &[4], &[4]], |_, x| layer_norm(x[0], x[1], x[2], 1e-3));
    gradient_matches("batch_norm", &[&[3, 2, 2], &[2], &[2]], |_, x| {
        batch_norm(x[0], x[1], x[2], [0, 2], 1e-3).output
    });
}

#[test]
fn lifting_and_round_trips() {
    lifts(ops::Softmax { axis: 1 }, &[&[2, 3]]);
    lifts(ops::LogSoftmax { axis: 0 }, &[&[2, 3]]);
    let m = Model::new("m");
    let (x, t) = (m.fmatrix("x"), m.lvector("t"));
    let cost = categorical_crossentropy(x.softmax(), t).mean();
    m.function("f").inputs([x, t]).outputs([("cost", cost), ("p", x.softmax_along(0))]).finish().unwrap();
    round_trips(&m);
}
