//! What is not used contributes nothing to a gradient, whatever the derivatives behind it are: at each point
//! here the elements that are left out have an infinite or undefined one.

use tgc_graph::prelude::*;

/// The gradient of a cost by a vector at a point.
fn gradient(point: &[f64], cost: impl for<'m> Fn(Tensor<'m>) -> Tensor<'m>) -> Vec<f64> {
    let m = Model::new("m");
    let x = m.dvector("x");
    let gradient = grad(cost(x), x).eval_with([(x, point.into())]);
    gradient.unwrap().to_vec().unwrap()
}

const POINT: [f64; 4] = [0.0, 1.0, 4.0, 0.0];
const SECOND: [f64; 4] = [0.0, 1.0, 0.0, 0.0];
const MIDDLE: [f64; 4] = [0.0, 1.0, 0.25, 0.0];
const APART: [f64; 4] = [1.0, 0.0, 4.0, 0.0];
const EVEN: [f64; 4] = [1.0, 0.0, 0.25, 0.0];

#[test]
fn slices() {
    assert_eq!(gradient(&POINT, |x| log(x).index(1)), SECOND);
    assert_eq!(gradient(&POINT, |x| log(x).index(1..3).sum()), MIDDLE);
    assert_eq!(gradient(&POINT, |x| log(x).index((..).step(-1)).index(1..3).sum()), MIDDLE);
    assert_eq!(gradient(&POINT, |x| (log(x) * 2.0).index(1..3).sum()), [0.0, 2.0, 0.5, 0.0]);
    assert_eq!(gradient(&POINT, |x| (-log(x)).index(1..3).sum() * -1.0), MIDDLE);
    assert_eq!(
        gradient(&[f64::INFINITY, 1.0, 0.5, f64::NAN], |x| (x * x).index(1..3).sum()),
        [0.0, 2.0, 1.0, 0.0]
    );
    assert_eq!(gradient(&APART, |x| log(x).index((..).step(2)).sum()), EVEN);
    assert_eq!(gradient(&[0.0, 1.0, 0.0, 4.0], |x| log(x).index((..).step(-2)).sum()), [0.0, 1.0, 0.0, 0.25]);
}

#[test]
fn unions_of_parts() {
    assert_eq!(gradient(&POINT, |x| log(x).index(1) + log(x).index(2)), MIDDLE);
    assert_eq!(gradient(&APART, |x| log(x).index(0) + log(x).index(2)), EVEN);
    assert_eq!(gradient(&APART, |x| switch(x.gt(0.0), log(x), 0.0).sum()), EVEN);
    fn both(x: Tensor<'_>) -> Tensor<'_> {
        (switch(x.gt(0.0), log(x), 0.0) + switch(x.gt(2.0), log(x), 0.0)).sum()
    }
    assert_eq!(gradient(&APART, both), [1.0, 0.0, 0.5, 0.0]);
    fn chosen(x: Tensor<'_>) -> Tensor<'_> {
        (switch(x.gt(0.0), log(x), 0.0).index(0) + log(x).index(2)).sum()
    }
    assert_eq!(gradient(&APART, chosen), EVEN);
}

#[test]
fn indices() {
    assert_eq!(gradient(&POINT, |x| log(x).index(x.model().constant([1i64, 2])).sum()), MIDDLE);
    assert_eq!(
        gradient(&POINT, |x| log(x).index(x.model().constant([2i64, 1, 2, -3])).sum()),
        [0.0, 2.0, 0.5, 0.0]
    );
    let m = Model::new("m");
    let (x, i) = (m.dvector("x"), m.lvector("i"));
    let chosen = grad(log(x).index(i).sum(), x);
    assert_eq!(chosen.eval_with([(x, POINT.into()), (i, [1i64, 2].into())]), Ok(MIDDLE.into()));
    assert_eq!(chosen.eval_with([(x, POINT.into()), (i, Array::zeros::<i64>([0]))]), Ok([0.0; 4].into()));
    let of_two = grad((log(x).index(i) + log(x).index(1)).sum(), x);
    assert_eq!(of_two.eval_with([(x, POINT.into()), (i, [2i64].into())]), Ok(MIDDLE.into()));
    // A row of a matrix by an index for each.
    let (y, rows) = (m.dmatrix("y"), m.lvector("rows"));
    let picked = log(y).take_along_axis(rows.expand_dims(1), 1).sum();
    let point = [[0.0, 2.0], [4.0, 0.0]];
    let value = grad(picked, y).eval_with([(y, point.into()), (rows, [1i64, 0].into())]);
    assert_eq!(value, Ok([[0.0, 0.5], [0.25, 0.0]].into()));
    // The rest of a row arrives by its sum.
    let rest = (log(y).take_along_axis(rows.expand_dims(1), 1) - log(y.sum_over([1])).expand_dims(1)).sum();
    let value = grad(rest, y).eval_with([(y, point.into()), (rows, [1i64, 0].into())]);
    assert_eq!(value, Ok([[-0.5, 0.0], [0.0, -0.25]].into()));
}

#[test]
fn what_is_written_over() {
    assert_eq!(
        gradient(&POINT, |x| sqrt(x).set_subtensor(0, 1.0).set_subtensor(3, x.index(1)).sum()),
        [0.0, 1.5, 0.25, 0.0]
    );
    assert_eq!(gradient(&APART, |x| sqrt(x).set_subtensor((1..).step(2), 1.0).sum()), [0.5, 0.0, 0.25, 0.0]);
    fn scattered(x: Tensor<'_>) -> Tensor<'_> {
        sqrt(x).set_subtensor(x.model().constant([1i64, 3]), 1.0).sum()
    }
    assert_eq!(gradient(&APART, scattered), [0.5, 0.0, 0.25, 0.0]);
    // An update that a later one replaces is not used.
    fn last(x: Tensor<'_>) -> Tensor<'_> {
        x.model().constant([1.0, 1.0]).set_subtensor(x.model().constant([0i64, 1, 1, 0]), sqrt(x)).sum()
    }
    assert_eq!(gradient(&[0.0, 0.0, 4.0, 1.0], last), [0.0, 0.0, 0.25, 0.5]);
    fn added(x: Tensor<'_>) -> Tensor<'_> {
        x.set_subtensor(.., 0.0).inc_subtensor(1..3, log(x).index(1..3)).sum()
    }
    assert_eq!(gradient(&POINT, added), MIDDLE);
    fn cut(x: Tensor<'_>) -> Tensor<'_> {
        (x * 0.5).inc_subtensor(.., log(x)).index(1..3).sum()
    }
    assert_eq!(gradient(&POINT, cut), [0.0, 1.5, 0.75, 0.0]);
}

#[test]
fn pads_and_joins() {
    fn joined(x: Tensor<'_>) -> Tensor<'_> {
        concatenate([x * 1.0, sqrt(x), log(x)], 0).index(..2).sum()
    }
    assert_eq!(gradient(&[0.0, 1.0, 0.0, 0.0], joined), [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(gradient(&POINT, |x| log(x).pad([(1, 1)], Padding::Edge).index(2..4).sum()), MIDDLE);
    assert_eq!(gradient(&POINT, |x| log(x).pad_constant([(3, 1)], 0.0).index(4..6).sum()), MIDDLE);
    assert_eq!(gradient(&POINT, |x| log(x).tile([2]).index(5..7).sum()), MIDDLE);
    assert_eq!(gradient(&POINT, |x| log(x).repeat(2, 0).index(2..6).sum()), [0.0, 2.0, 0.5, 0.0]);
}

#[test]
fn diagonals_and_shapes() {
    fn square(x: Tensor<'_>) -> Tensor<'_> {
        x.reshape([2, 2])
    }
    assert_eq!(gradient(&APART, |x| log(square(x)).index((.., 0)).sum()), EVEN);
    assert_eq!(gradient(&[1.0, 0.0, 0.0, 4.0], |x| log(square(x)).diagonal(0).sum()), [1.0, 0.0, 0.0, 0.25]);
    assert_eq!(
        gradient(&[0.0, 1.0, 4.0, 0.0], |x| sqrt(square(x)).set_diagonal(1.0, 0).sum()),
        [0.0, 0.5, 0.25, 0.0]
    );
    assert_eq!(gradient(&[0.0, 1.0, 4.0, 0.0], |x| log(square(x)).flatten(1).index(1..3).sum()), MIDDLE);
    assert_eq!(
        gradient(&[0.0, 0.0, 4.0, 1.0], |x| log(square(x)).t().index((.., 1)).sum()),
        [0.0, 0.0, 0.25, 1.0]
    );
    assert_eq!(
        gradient(&[0.0, 0.0, 4.0, 1.0], |x| log(square(x)).sum_over([1]).index(1)),
        [0.0, 0.0, 0.25, 1.0]
    );
    // What is stretched over a part of the result.
    fn stretched(x: Tensor<'_>) -> Tensor<'_> {
        (log(x).expand_dims(1) + log(x).expand_dims(0)).index((1..2, 1..3)).sum()
    }
    assert_eq!(gradient(&POINT, stretched), [0.0, 3.0, 0.25, 0.0]);
    assert_eq!(gradient(&POINT, |x| log(x).diag(0).index((1..3, 1..3)).sum()), MIDDLE);
}

#[test]
fn scans_and_products() {
    assert_eq!(gradient(&[1.0, 4.0, 0.0, 0.0], |x| log(x).cumsum(0).index(1)), [1.0, 0.25, 0.0, 0.0]);
    assert_eq!(
        gradient(&[2.0, 3.0, f64::INFINITY, f64::NAN], |x| x.cumprod(0).index(1)),
        [3.0, 2.0, 0.0, 0.0]
    );
    assert_eq!(
        gradient(&[0.0, 0.0, 4.0, 1.0], |x| log(x).along(0).reverse().cumsum().index(2)),
        [0.0, 0.0, 0.25, 1.0]
    );
    // Rows of a product that are not used, the other operand's part in them included.
    let m = Model::new("m");
    let (x, w) = (m.dmatrix("x"), m.dmatrix("w"));
    let row = dot(log(x), w).index(1).sum();
    let point = || [(x, [[0.0, 1.0], [1.0, 2.0]].into()), (w, [[1.0, 2.0], [3.0, 4.0]].into())];
    let [by_x, by_w] = grad(row, [x, w]);
    assert_eq!(by_x.eval_with(point()), Ok([[0.0, 0.0], [3.0, 3.5]].into()));
    let ln2 = 2f64.ln();
    assert_eq!(by_w.eval_with(point()), Ok([[0.0, 0.0], [ln2, ln2]].into()));
}

#[test]
fn a_zero_that_the_user_gives_is_a_number() {
    let by_value = gradient(&[0.0, 1.0], |x| (log(x) * x.model().constant([0.0, 1.0])).sum());
    assert!(by_value[0].is_nan() && by_value[1] == 1.0, "{by_value:?}");
}

#[test]
fn higher_derivatives() {
    fn second(x: Tensor<'_>) -> Tensor<'_> {
        grad(log(x).index(1..3).sum(), x).sum()
    }
    assert_eq!(gradient(&POINT, second), [0.0, -1.0, -0.0625, 0.0]);
    let m = Model::new("m");
    let x = m.dvector("x");
    let rows = jacobian(log(x), x).eval_with([(x, [0.0, 2.0].into())]);
    assert_eq!(rows, Ok([[f64::INFINITY, 0.0], [0.0, 0.5]].into()));
    let part = jacobian(log(x).index(1..), x).eval_with([(x, [0.0, 2.0].into())]);
    assert_eq!(part, Ok([[0.0, 0.5]].into()));
    let twice = hessian(log(x).index(1..).sum(), x).eval_with([(x, [0.0, 2.0].into())]);
    assert_eq!(twice, Ok([[0.0, 0.0], [0.0, -0.25]].into()));
    let along = rop(log(x).index(1..), x, m.constant([1.0, 3.0])).eval_with([(x, [0.0, 2.0].into())]);
    assert_eq!(along, Ok([1.5].into()));
    let from = lop(log(x).index(1..), x, m.constant([3.0])).eval_with([(x, [0.0, 2.0].into())]);
    assert_eq!(from, Ok([0.0, 1.5].into()));
}
