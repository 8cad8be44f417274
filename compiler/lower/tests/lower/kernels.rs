//! Each kernel class, in every element type, over static and symbolic shapes.

use tgc_graph::prelude::*;
use tgc_lower::lower;
use tgc_plan::machine::Machine;

use crate::harness::{Random, check, plan};

const SIZES: &[&[i64]] = &[&[0], &[1], &[2], &[7], &[33], &[5, 3], &[3, 0], &[0, 4], &[1, 9], &[2, 3, 4, 5]];

#[test]
fn maps_in_every_type() {
    for dtype in DType::ALL {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), m.dim("K")]);
        let y = m.input("y", dtype, [m.dim("N"), m.dim("K")]);
        m.function("f").inputs([x, y]).output("z", x * y + x).finish().unwrap();
        let plan = check(&m.module(), SIZES);
        assert_eq!(plan.function(0).structure().nests, 1, "{dtype}");
        assert_eq!(plan.function(0).structure().loops, 1, "{dtype}");
    }
}

#[test]
fn mixed_types_and_literals() {
    let m = Model::new("m");
    let n = m.dim("N");
    let (a, b, c) = (m.input("a", F16, [n]), m.input("b", I32, [n]), m.input("c", C64, [n]));
    m.function("f")
        .inputs([a, b, c])
        .outputs([("p", a * 2.0 + b), ("q", c * a), ("r", b.gt(3)), ("s", (b + 0.5).cast(U8))])
        .finish()
        .unwrap();
    let plan = check(&m.module(), SIZES);
    assert_eq!(plan.function(0).structure().nests, 1);
}

#[test]
fn broadcasts() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let x = m.input("x", F32, [n, k]);
    let row = m.input("row", F32, [1.into(), k]);
    let column = m.input("column", F32, [n, 1.into()]);
    let s = m.input("s", F64, ());
    m.function("f")
        .inputs([x, row, column, s])
        .outputs([
            ("a", x + row),
            ("b", x * exp(column)),
            ("c", row + column),
            ("d", x * exp(s)),
            ("e", fill(x, s)),
        ])
        .finish()
        .unwrap();
    check(&m.module(), SIZES);
}

#[test]
fn transposes() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), m.dim("K"), 3.into()]);
    m.function("f")
        .inputs([x])
        .outputs([
            ("a", x.dimshuffle([Some(2), Some(0), Some(1)])),
            ("b", exp(x).dimshuffle([Some(1), None, Some(0), Some(2)])),
            ("c", x.sum_over([0]).t()),
        ])
        .finish()
        .unwrap();
    check(&m.module(), SIZES);
    let m = Model::new("m");
    let x = m.input("x", F64, [m.dim("N"), m.dim("N")]);
    m.function("f").inputs([x]).output("a", x + x.t()).output("b", exp(x) * exp(x.t())).finish().unwrap();
    check(&m.module(), SIZES);
}

#[test]
fn sums_in_every_type() {
    for dtype in DType::ALL {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), m.dim("K")]);
        m.function("f")
            .inputs([x])
            .outputs([("all", x.sum()), ("rows", x.sum_over([1])), ("columns", x.sum_over([0]))])
            .finish()
            .unwrap();
        check(&m.module(), SIZES);
    }
}

#[test]
fn sums_over_any_axes() {
    for axes in 0..16 {
        let axes: Vec<i64> = (0..4).filter(|a| axes >> a & 1 == 1).collect();
        let m = Model::new("m");
        let x = m.input("x", F32, [m.dim("N"), m.dim("K"), 3.into(), m.dim("L")]);
        m.function("f").inputs([x]).output("s", (x * 2.0 + 1.0).sum_over(&axes)).finish().unwrap();
        check(&m.module(), SIZES);
        let m = Model::new("m");
        let (x, y) = (m.input("x", F32, [3, 5, 1, 2]), m.input("y", F32, [2, 1, 5, 3]));
        let turned = y.dimshuffle([Some(3), Some(2), Some(1), Some(0)]);
        m.function("f").inputs([x, y]).output("s", (x * turned).sum_over(&axes)).finish().unwrap();
        check(&m.module(), &[&[]]);
    }
}

#[test]
fn sums_of_single_axes_are_expressions() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), 1.into(), 1.into()]);
    m.function("f")
        .inputs([x])
        .outputs([("a", x.sum_over([1])), ("b", x.sum_over([0, 1]))])
        .finish()
        .unwrap();
    let plan = check(&m.module(), SIZES);
    assert_eq!(plan.function(0).structure().loops, 1);
}

#[test]
fn matmuls_in_every_type() {
    for dtype in DType::ALL {
        let m = Model::new("m");
        let (n, k) = (m.dim("N"), m.dim("K"));
        let a = m.input("a", dtype, [n, k]);
        let (b, v) = (m.input("b", dtype, [k, m.dim("M")]), m.input("v", dtype, [k]));
        m.function("f")
            .inputs([a, b, v])
            .outputs([
                ("matrix", dot(a, b)),
                ("vector", dot(a, v)),
                ("scalar", dot(v, v)),
                ("other", dot(v, b)),
            ])
            .finish()
            .unwrap();
        check(&m.module(), SIZES);
    }
}

#[test]
fn matmuls_of_any_rank_and_order() {
    let m = Model::new("m");
    let (n, k, l) = (m.dim("N"), m.dim("K"), m.dim("L"));
    let (a, b) = (m.input("a", F32, [n, k]), m.input("b", F32, [l, k]));
    let (c, d) = (m.input("c", F32, [k, n]), m.input("d", F32, [2.into(), k, l]));
    m.function("f")
        .inputs([a, b, c, d])
        .outputs([
            ("by_columns", dot(a, b.t())),
            ("by_rows", dot(c.t(), b.t())),
            ("deep", dot(a, d)),
            ("of_exp", dot(exp(a), exp(b.t()))),
        ])
        .finish()
        .unwrap();
    check(&m.module(), SIZES);
    let grad_of = Model::new("m");
    let (x, w) = (grad_of.input("x", F64, [5, 7]), grad_of.input("w", F64, [7, 3]));
    let [gx, gw] = grad((exp(dot(x, w)) * 0.01).sum(), [x, w]);
    grad_of.function("f").inputs([x, w]).outputs([("gx", gx), ("gw", gw)]).finish().unwrap();
    check(&grad_of.module(), &[&[]]);
}

#[test]
fn chains_of_matmuls() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let x = m.input("x", F32, [n, k]);
    let (u, v) = (m.input("u", F32, [k, 6.into()]), m.input("v", F32, [6.into(), k]));
    let hidden = sigmoid(dot(x, u));
    m.function("f").inputs([x, u, v]).outputs([("h", hidden), ("y", dot(hidden, v))]).finish().unwrap();
    check(&m.module(), SIZES);
}

#[test]
fn leaves_as_outputs() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), 2.into()]);
    let s = m.input("s", BF16, ());
    let w = m.shared("w", [1.0f32, 2.0, 3.0]);
    let table = m.constant([1i64, 2, 3]);
    m.function("f")
        .inputs([x, s])
        .outputs([("x1", x), ("x2", x), ("w1", w), ("table1", table), ("s1", s), ("w2", w)])
        .output("zero", m.constant(0.5f32))
        .output("size", x.dim(0).value(&m))
        .finish()
        .unwrap();
    check(&m.module(), SIZES);
}

#[test]
fn constants_are_shared_between_functions() {
    let m = Model::new("m");
    let table = m.constant([1.5f32, 2.0, 3.0]);
    let x = m.input("x", F32, [3]);
    m.function("f").inputs([x]).output("a", x * table).finish().unwrap();
    m.function("g").inputs([x]).output("a", x + table).finish().unwrap();
    assert_eq!(check(&m.module(), &[&[]]).interface.constants.len(), 1);
}

#[test]
fn plans_are_the_same_every_time() {
    let build = || {
        let m = Model::new("m");
        let (n, k) = (m.dim("N"), m.dim("K"));
        let (x, w) = (m.input("x", F32, [n, k]), m.shared("w", Random(1).array(F32, &[5, 5])));
        let y = exp(x) / exp(x).sum_over([1]).dimshuffle([Some(0), None]);
        m.function("f").inputs([x]).output("y", y).update(w, sigmoid(w) + w.t()).finish().unwrap();
        plan(&m.module()).display(tgc_plan::print::Detail::Programs).to_string()
    };
    assert_eq!(build(), build());
}

#[test]
fn what_is_not_expanded_is_refused() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N")]);
    m.function("f").inputs([x]).output("y", x.mean()).finish().unwrap();
    let error = lower(&m.module(), &Machine::X86_64_V3).unwrap_err().to_string();
    let (place, problem) = error.split_once(": ").unwrap();
    assert!(place.starts_with("function `f`, "), "{place}");
    assert_eq!(problem, "`mean` has no kernel; expand and differentiate it first");
}

#[test]
fn static_sizes_of_nothing() {
    let m = Model::new("m");
    let (x, y) = (m.input("x", F32, [m.dim("N"), 0.into(), 3.into()]), m.input("y", F32, [0, 4]));
    let w = m.shared("w", Array::zeros::<f32>([0, 4]));
    let e = exp(x);
    m.function("f")
        .inputs([x, y])
        .outputs([
            ("e", e),
            ("a", x.sum_over([1])),
            ("b", e / e.sum_over([2]).dimshuffle([Some(0), Some(1), None])),
        ])
        .outputs([("c", x.sum()), ("d", dot(y.t(), y)), ("g", dot(y, y.t())), ("h", x.sum_over([0, 2]))])
        .update(w, w + y)
        .finish()
        .unwrap();
    check(&m.module(), SIZES);
}
