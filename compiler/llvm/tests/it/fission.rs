//! Long programs in stages, and small reductions that are unrolled.

use tgc_graph::prelude::*;
use tgc_plan::{Block, ModelPlan};
use tgc_scalar::{Elementary, Program};

use crate::graphs::{check_sizes, plan};

/// A long expression of each element: more than a hundred operations, each on the one before.
fn long<'m>(x: Tensor<'m>) -> Tensor<'m> {
    (0..12).fold(x, |t, k| {
        let t = t * (0.3 + 0.01 * f64::from(k)) + x;
        let t = switch(t.gt(0.25), t / (t * t + 1.0), tanh(t) * 0.8);
        maximum(t * 0.5, t - exp(-t * t))
    })
}

fn blocks(plan: &ModelPlan) -> impl Iterator<Item = &Block> {
    plan.variants[0].bodies[0].nests().flat_map(|nest| &nest.blocks)
}

#[test]
fn rows_in_stages() {
    let sizes: &[&[i64]] = &[&[0], &[1], &[15], &[16], &[17], &[255], &[257], &[4099]];
    for dtype in [F32, F64, F16] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N")]);
        let y = long(x);
        m.function("f").inputs([x]).outputs([("y", y), ("small", y.lt(0.5))]).finish().unwrap();
        assert!(blocks(&plan(&m.module())).any(|block| block.axes.is_empty() && block.fission.is_some()));
        check_sizes(&m.module(), sizes);
    }
}

#[test]
fn axes_in_stages() {
    let sizes: &[&[i64]] = &[&[0, 3], &[3, 0], &[1, 1], &[5, 16], &[4, 257], &[9, 300], &[70, 33]];
    for dtype in [F32, F64] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), m.dim("K")]);
        let y = long(x);
        let outputs = [("rows", y.sum_over([1])), ("columns", y.sum_over([0]))];
        m.function("f").inputs([x]).outputs(outputs).finish().unwrap();
        assert!(blocks(&plan(&m.module())).any(|block| !block.axes.is_empty() && block.fission.is_some()));
        check_sizes(&m.module(), sizes);
    }
}

/// So many stages that they are functions of their own, which know what they read: tensors that go forwards
/// and backwards and by columns, scalars, row and column numbers, elements at places that data says.
#[test]
fn stages_in_functions_of_their_own() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K").range(1, 1 << 20));
    let (x, t, s) = (m.input("x", F64, [n, k]), m.input("t", F64, [k, n]), m.input("s", F64, ()));
    let table = m.constant([0.5f64, -1.5, 2.0]);
    let columns = m.arange(0, k, 1);
    let terms = [t.t(), x.index((.., (..).step(-1))), columns.cast(F64), table.take(columns % 3, 0)];
    let y = terms.into_iter().fold(x, |y, term| switch(y.lt(s), long(y), y + term));
    m.function("f").inputs([x, t, s]).outputs([("y", y), ("sums", y.sum_over([1]))]).finish().unwrap();
    let plan = plan(&m.module());
    let cuts = |block: &Block| block.fission.as_ref().map_or(0, |fission| fission.cuts.len());
    assert!(blocks(&plan).any(|block| cuts(block) > 40), "{plan}");
    check_sizes(&m.module(), &[&[0, 3], &[1, 1], &[3, 8], &[2, 9], &[5, 31], &[2, 263]]);
}

/// What would fill a library with copies is called: in stages, reductions and rows, on halves and complex
/// numbers.
#[test]
fn functions_used_often_are_called() {
    let calls = |program: &Program| program.insts.iter().filter_map(|(inst, _)| Elementary::of(inst)).count();
    let sizes: &[&[i64]] = &[&[0], &[1], &[7], &[16], &[33], &[300]];
    for (dtype, count) in [(F32, 60), (F64, 60), (F16, 60), (C64, 12), (C128, 3)] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N")]);
        let y = (0..count).fold(x, |y, k| match dtype {
            C64 | C128 => pow(y, x) + 0.25,
            _ => tanh(y * (1.0 + 0.01 * f64::from(k))) + x,
        });
        m.function("f").inputs([x]).outputs([("y", y), ("sum", y.sum())]).finish().unwrap();
        let plan = plan(&m.module());
        assert!(blocks(&plan).map(|block| calls(&block.program)).sum::<usize>() >= count as usize, "{plan}");
        check_sizes(&m.module(), sizes);
    }
}

#[test]
fn updates_in_stages() {
    let m = Model::new("m");
    let x = m.input("x", F32, [3000]);
    let w = m.shared("w", Array::zeros_of(F32, [3000]));
    m.function("f").inputs([x]).output("old", w).update(w, long(w + x)).finish().unwrap();
    assert!(blocks(&plan(&m.module())).any(|block| block.fission.is_some()));
    check_sizes(&m.module(), &[&[]]);
}

#[test]
fn small_reductions_unrolled() {
    for (dtype, columns) in [(F32, 10), (F64, 3), (I32, 7), (C64, 4)] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), columns.into()]);
        let t = m.input("t", dtype, [columns]);
        let mut outputs = vec![
            ("sum", (x * t).sum_over([1])),
            ("matmul", x.prod_over([1])),
            ("centred", x - x.sum_over([1]).dimshuffle([Some(0), None])),
            ("all", x.sum()),
        ];
        if dtype.is_float() {
            outputs.extend([("soft", x.softmax()), ("var", x.var_over([1])), ("max", x.max_over([1]))]);
        }
        m.function("f").inputs([x, t]).outputs(outputs).finish().unwrap();
        let plan = plan(&m.module());
        assert!(blocks(&plan).all(|block| block.axes.is_empty()), "{plan}");
        check_sizes(&m.module(), &[&[0], &[1], &[7], &[8], &[9], &[403]]);
    }
}

/// What one row stores and reads again is not what another row needs.
#[test]
fn small_reductions_in_place() {
    let m = Model::new("m");
    let w = m.shared("w", crate::check::noise(F32, &[50, 10], 3));
    let x = m.input("x", F32, [50, 10]);
    let p = (w * x).softmax();
    m.function("f").inputs([x]).output("p", p).update(w, w - 0.5 * p).finish().unwrap();
    check_sizes(&m.module(), &[&[]]);
}
