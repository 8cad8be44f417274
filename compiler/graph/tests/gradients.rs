//! Derivatives that the builder makes: of higher order, of several elements, along directions, by
//! intermediate values.

use tgc_graph::prelude::*;
use tgc_graph::verify_grad::{VerifyGradError, verify_grad};

fn message(result: Result<Array, EvalError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn gradients_have_gradients() {
    let m = Model::new("m");
    let x = m.dscalar("x");
    let fifth = x * x * x * x * x;
    let third = grad(grad(grad(fifth, x), x), x);
    assert_eq!(third.eval_with([(x, 2.0.into())]), Ok(240.0.into()));
}

#[test]
fn jacobians_have_the_axes_of_both() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let square = jacobian(x * x, x);
    assert_eq!(square.eval_with([(x, [4.0, 4.0].into())]), Ok([[8.0, 0.0], [0.0, 8.0]].into()));
    assert_eq!(square.rank(), 2);
    let w = m.dmatrix("w");
    let product = dot(w, x);
    let point = || [(w, [[1.0, 2.0], [3.0, 4.0]].into()), (x, [5.0, 6.0].into())];
    assert_eq!(jacobian(product, x).eval_with(point()), Ok([[1.0, 2.0], [3.0, 4.0]].into()));
    let by_w = jacobian(product, w).eval_with(point()).unwrap();
    assert_eq!(by_w, Array::from_slice([2, 2, 2], &[5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 5.0, 6.0]));
    let of_matrix = jacobian(w * 2.0, w).eval_with([(w, [[1.0, 2.0]].into())]).unwrap();
    assert_eq!(of_matrix, Array::from_slice([1, 2, 1, 2], &[2.0, 0.0, 0.0, 2.0]));
    let empty = jacobian(x * x, x).eval_with([(x, Array::zeros::<f64>([0]))]).unwrap();
    assert_eq!(empty.shape(), [0, 0]);
    let scalar = jacobian((x * x).sum(), x).eval_with([(x, [3.0].into())]);
    assert_eq!(scalar, Ok([6.0].into()));
}

#[test]
fn hessians_are_symmetric() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let cost = exp(x).sum() * x.sum();
    let hessian = hessian(cost, x).eval_with([(x, [0.0, 1.0].into())]).unwrap().to_vec::<f64>().unwrap();
    let e = 1f64.exp();
    let expected = [1.0 + 1.0 + 1.0, 1.0 + e, 1.0 + e, e + e + e];
    for (have, want) in hessian.iter().zip(expected) {
        assert!((have - want).abs() < 1e-14, "{hessian:?}");
    }
    let linear = x.sum();
    let m_hessian = tgc_graph::builder::hessian(linear, x);
    assert_eq!(m_hessian.eval_with([(x, [1.0, 2.0].into())]), Ok([[0.0, 0.0], [0.0, 0.0]].into()));
}

#[test]
fn products_from_both_sides() {
    let m = Model::new("m");
    let [x, v] = m.dvectors(["x", "v"]);
    let w = m.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let y = sigmoid(dot(w, x));
    let point = || [(x, [0.25, -0.5].into()), (v, [1.0, 10.0].into())];
    let rows = jacobian(y, x);
    let along = rop(y, x, v).eval_with(point()).unwrap().to_vec::<f64>().unwrap();
    let full = dot(rows, v).eval_with(point()).unwrap().to_vec::<f64>().unwrap();
    for (a, b) in along.iter().zip(&full) {
        assert!((a - b).abs() <= 1e-15 * b.abs(), "{along:?} {full:?}");
    }
    let u = m.constant([1.0, -1.0, 2.0]);
    let point = || [(x, [0.25, -0.5].into())];
    let left = lop(y, x, u).eval_with(point()).unwrap().to_vec::<f64>().unwrap();
    let full = dot(u, rows).eval_with(point()).unwrap().to_vec::<f64>().unwrap();
    for (a, b) in left.iter().zip(&full) {
        assert!((a - b).abs() <= 1e-15 * b.abs(), "{left:?} {full:?}");
    }
    // Of a linear function, the product does not depend on the point.
    assert_eq!(rop(x * 3.0, x, v).eval_with([(x, [0.0].into()), (v, [2.0].into())]), Ok([6.0].into()));
}

#[test]
fn several_tensors_at_once() {
    let m = Model::new("m");
    let [x, y, z] = m.dscalars(["x", "y", "z"]);
    let cost = x * x * x + y * y + z;
    let gradients = grad(cost, vec![x, y, z]);
    let point = || [x, y, z].into_iter().zip([2.0, 4.0, 6.0].map(Array::from));
    let values: Vec<Array> = gradients.iter().map(|g| g.eval_with(point()).unwrap()).collect();
    assert_eq!(values, [12.0, 8.0, 1.0].map(Array::from));
}

#[test]
fn intermediate_values() {
    let m = Model::new("m");
    let x = m.dscalar("x");
    let square = x * x;
    let cost = square * square + square;
    assert_eq!(grad(cost, square).eval_with([(x, 3.0.into())]), Ok(19.0.into()));
    let twice = grad(grad(cost, square), square);
    assert_eq!(twice.eval_with([(x, 3.0.into())]), Ok(2.0.into()));
}

#[test]
fn constants_and_known_gradients() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let y = exp(x);
    let cost = (y * x).sum();
    let fixed = Gradient::of(cost).constants([y]).by(x);
    assert_eq!(fixed.eval_with([(x, [0.0, 0.0].into())]), Ok([1.0, 1.0].into()));
    let more = Gradient::of(x.sum()).and_known([(x * x, x)]).by(x);
    assert_eq!(more.eval_with([(x, [2.0, 3.0].into())]), Ok([9.0, 19.0].into()));
}

#[test]
fn disconnected_tensors() {
    let m = Model::new("m");
    let [x, y] = m.dscalars(["x", "y"]);
    let zero = Gradient::of(x * x).allow_disconnected().by(y);
    assert_eq!(zero.eval_with([(x, 1.0.into()), (y, 1.0.into())]), Ok(0.0.into()));
    let n = Model::new("n");
    let [x, y] = n.dscalars(["x", "y"]);
    let text = message(grad(x * x, y).eval_with([(x, 1.0.into()), (y, 1.0.into())]));
    assert!(
        text.ends_with(
            "`(x * x)` does not depend on `y` (f64[]); differentiate by what it is computed from, or allow_disconnected()"
        ),
        "{text}"
    );
}

#[test]
fn ill_typed_derivatives() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let text = message(grad(x * x, x).eval_with([(x, [1.0].into())]));
    assert!(text.contains("the cost `(x * x)` (f64[x_0]) of a gradient is not a real 0-d tensor"), "{text}");
    let n = Model::new("n");
    let i = n.ivector("i");
    let text = message(jacobian(i * i, i).eval_with([(i, [1i32].into())]));
    assert!(
        text.contains("needs real floating-point elements, which `(i * i)` (i32[i_0]) has not"),
        "{text}"
    );
    let k = Model::new("k");
    let y = k.dscalar("y");
    let text = message(grad(x.sum(), y).eval());
    assert!(text.contains("mixes tensors of two models"), "{text}");
}

#[test]
fn the_checker_finds_wrong_gradients() {
    let m = Model::new("m");
    let [x, y] = m.dvectors(["x", "y"]);
    let point = || [(x, [0.5, -2.0].into()), (y, [1.5, 3.0].into())];
    verify_grad(sigmoid(x) * log(y), point()).unwrap();
    let wrong = verify_grad(x * x.consider_constant() + y, point()).unwrap_err();
    let VerifyGradError::Differs { input: 0, element: 0, gradient, difference } = wrong else {
        panic!("{wrong}")
    };
    assert!((gradient - 0.5 * difference).abs() < 1e-12, "{gradient} {difference}");
    assert!(matches!(verify_grad(x + y, [(x, [1.0].into())]), Err(VerifyGradError::Eval(_))));
}
