//! Matmuls against the interpreter: tiles that stick out, pieces of terms, copies, views, epilogues.

use tgc_graph::prelude::*;

use crate::graphs::check_sizes;

/// A matmul of two inputs of these sizes, with a bias and an activation after it.
fn check_static(dtype: DType, [rows, columns, terms]: [i64; 3]) {
    let m = Model::new("m");
    let (a, b) = (m.input("a", dtype, [rows, terms]), m.input("b", dtype, [terms, columns]));
    let bias = m.input("bias", dtype, [columns]);
    let sum = dot(a, b);
    m.function("f")
        .inputs([a, b, bias])
        .outputs([("sum", sum), ("y", maximum(sum + bias, bias))])
        .finish()
        .unwrap();
    check_sizes(&m.module(), &[&[]]);
}

#[test]
fn known_sizes_of_every_kind() {
    for (rows, columns, terms) in
        [(64, 64, 64), (67, 45, 70), (6, 16, 100), (2, 100, 30), (131, 17, 3), (13, 290, 5)]
    {
        check_static(F32, [rows, columns, terms]);
        check_static(F64, [rows, columns, terms]);
    }
    check_static(I32, [30, 33, 12]);
    check_static(I64, [7, 40, 20]);
    // More rows, columns and terms than a block has.
    check_static(F32, [260, 20, 1100]);
    check_static(F64, [8, 300, 1030]);
}

/// Sizes of N, M, K: none, one, tiles that are whole and not, more than one block of each.
const SIZES: &[&[i64]] = &[
    &[0, 5, 4],
    &[4, 0, 5],
    &[4, 5, 0],
    &[1, 1, 1],
    &[2, 3, 1],
    &[6, 16, 2],
    &[7, 17, 5],
    &[11, 8, 300],
    &[60, 40, 257],
    &[130, 33, 9],
    &[5, 270, 600],
];

#[test]
fn unknown_sizes() {
    for dtype in [F32, F64, I32, I8, Bool] {
        let m = Model::new("m");
        let (n, columns, k) = (m.dim("N"), m.dim("M"), m.dim("K"));
        let (a, b) = (m.input("a", dtype, [n, k]), m.input("b", dtype, [k, columns]));
        m.function("f").inputs([a, b]).output("y", dot(a, b)).finish().unwrap();
        check_sizes(&m.module(), SIZES);
    }
}

#[test]
fn transposed_matrices() {
    for (first, second, result) in [
        (true, false, false),
        (false, true, false),
        (true, true, false),
        (false, false, true),
        (true, true, true),
    ] {
        let m = Model::new("m");
        let (n, columns, k) = (m.dim("N"), m.dim("M"), m.dim("K"));
        let a = if first { m.input("a", F32, [k, n]) } else { m.input("a", F32, [n, k]) };
        let b = if second { m.input("b", F32, [columns, k]) } else { m.input("b", F32, [k, columns]) };
        let y = dot(if first { a.t() } else { a }, if second { b.t() } else { b });
        let y = if result { y.t() } else { y };
        m.function("f").inputs([a, b]).output("y", y).finish().unwrap();
        let by_name: Vec<Vec<i64>> = SIZES
            .iter()
            .map(|s| if first { vec![s[2], s[0], s[1]] } else { vec![s[0], s[2], s[1]] })
            .collect();
        let by_name: Vec<&[i64]> = by_name.iter().map(Vec::as_slice).collect();
        check_sizes(&m.module(), &by_name);
    }
}

#[test]
fn parts_of_matrices() {
    let m = Model::new("m");
    let (a, b) = (m.input("a", F32, [40, 90]), m.input("b", F32, [50, 64]));
    let left = a.index((slice(3, 35), slice(10, 60)));
    let right = b.flip([0]).index((.., slice(5, 60)));
    m.function("f").inputs([a, b]).output("y", dot(left, right)).finish().unwrap();
    check_sizes(&m.module(), &[&[]]);
}

#[test]
fn batches_of_matrices() {
    for dtype in [F32, F64] {
        let m = Model::new("m");
        let n = m.dim("N");
        let a = m.input("a", dtype, [n, 3.into(), 21.into(), 19.into()]);
        let b = m.input("b", dtype, [n, 3.into(), 19.into(), 37.into()]);
        let c = m.input("c", dtype, [19, 40]);
        m.function("f").inputs([a, b, c]).outputs([("y", matmul(a, b)), ("z", dot(a, c))]).finish().unwrap();
        check_sizes(&m.module(), &[&[0], &[1], &[2]]);
    }
}

#[test]
fn what_is_multiplied_may_be_computed() {
    let m = Model::new("m");
    let (a, b) = (m.input("a", F32, [m.dim("N"), 30.into()]), m.input("b", F32, [30, 20]));
    let y = dot(exp(a * 0.25), sigmoid(b) + 1.0);
    m.function("f").inputs([a, b]).outputs([("y", tanh(y)), ("s", y.softmax())]).finish().unwrap();
    check_sizes(&m.module(), &[&[0], &[1], &[9], &[140]]);
}

#[test]
fn updates_are_made_by_the_matmul_of_their_gradient() {
    for batch in [None, Some(64)] {
        let m = Model::new("m");
        let n = batch.map_or_else(|| m.dim("N"), |n: i64| n.into());
        let (x, t) = (m.input("x", F32, [n, 50.into()]), m.input("t", F32, [n, 9.into()]));
        let w = m.shared("w", Array::zeros::<f32>([50, 24]));
        let u = m.shared("u", Array::zeros::<f32>([24, 9]));
        let v = m.shared("v", Array::zeros::<f32>([50, 24]));
        let h = tanh(dot(x, w) + 0.5);
        let e = dot(h, u) - t;
        let [gw, gu] = grad((e * e).sum(), [w, u]);
        let step = v * 0.9 - gw * 0.01;
        m.function("f")
            .inputs([x, t])
            .output("e", e)
            .update(v, step)
            .update(w, w + step)
            .update(u, u - 0.01 * gu)
            .finish()
            .unwrap();
        let sizes: &[&[i64]] = if batch.is_some() { &[&[], &[]] } else { &[&[3], &[300], &[0], &[64]] };
        check_sizes(&m.module(), sizes);
    }
}
