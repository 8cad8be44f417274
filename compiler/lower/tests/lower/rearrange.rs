//! Kernels that move elements: views, other shapes, parts of tensors, positions, scans.

use tgc_graph::builder::Step as _;
use tgc_graph::prelude::*;
use tgc_plan::{ModelPlan, Sink, Step, Storage};

use crate::harness::check;

/// Sizes of two symbols or more, none of which is too small for the slices here.
const SIZES: &[&[i64]] = &[&[3], &[4, 5], &[7, 3], &[33, 9], &[3, 40]];

fn sinks(plan: &ModelPlan, wanted: fn(&Sink) -> bool) -> usize {
    plan.variants[0].bodies[0]
        .nests()
        .flat_map(|n| &n.blocks)
        .flat_map(|b| &b.sinks)
        .filter(|s| wanted(s))
        .count()
}

#[test]
fn indices_as_numbers() {
    for dtype in [F32, F64, I32, U8, Bool] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), m.dim("K"), 3.into()]);
        m.function("f")
            .inputs([x])
            .outputs([
                ("last", x.reduce().over([2]).argmax()),
                ("first", x.reduce().over([0]).argmax()),
                ("middle", x.reduce().over([1]).argmin()),
                ("two", x.reduce().over([0, 2]).argmax()),
                ("all", x.argmax()),
            ])
            .finish()
            .unwrap();
        check(&m.module(), &[&[1], &[4, 5], &[7, 3], &[33, 9], &[1, 40]]);
    }
}

#[test]
fn views_of_any_affine_kind() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(3, 100), m.dim("K").range(3, 100));
    let x = m.input("x", F32, [n, k]);
    let w = m.input("w", F64, [4, 6, 5]);
    m.function("f")
        .inputs([x, w])
        .outputs([
            ("rows", x.flip([0])),
            ("columns", x.flip([1])),
            ("both", exp(x.flip([0, 1])) + x),
            ("inner", x.index((slice(1, n), 2..)) * 2.0),
            ("of_exp", exp(x).index((slice(0, n), 1..)) - exp(x).index((.., slice(0, k - 1)))),
            ("odd", w.index((1..4, (..).step(-2), (1..).step(3)))),
            ("turned", w.index((.., 2, (..).step(-1))).t()),
            ("sum", x.flip([0]).sum_over([0]) + x.sum_over([0]).flip([0])),
            ("dot", dot(x.flip([1]), x.t())),
            ("empty", w.index((.., 3..3, 0))),
        ])
        .finish()
        .unwrap();
    let plan = check(&m.module(), SIZES);
    assert_eq!(plan.function(0).structure().copies, 0);
}

#[test]
fn differences_along_an_axis_read_once() {
    let m = Model::new("m");
    let n = m.dim("N").range(1, 1000);
    let x = m.input("x", F32, [n, 64.into()]);
    let y = x.index((.., 1..)) - x.index((.., ..63));
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    let structure = check(&m.module(), SIZES).function(0).structure();
    assert_eq!((structure.nests, structure.nests_reading("x"), structure.workspace_slots), (1, 1, 0));
}

#[test]
fn other_shapes() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let x = m.input("x", F32, [n, k, 4.into()]);
    let w = m.shared("w", Array::zeros::<f32>([4, 6]));
    let flat = x.reshape([n * k, 4.into()]);
    m.function("f")
        .inputs([x])
        .outputs([
            ("flat", flat),
            ("exp", exp(x).reshape([n * k * 4])),
            ("rows", exp(flat).sum_over([1])),
            ("back", (flat * 2.0).reshape([n, k, 2.into(), 2.into()])),
            ("sum", x.sum_over([2]).reshape([n * k])),
            ("turned", x.dimshuffle([Some(1), Some(0), Some(2)]).reshape([k, n * 4])),
            ("state", w.reshape([3, 8])),
            ("one", x.sum().reshape([1, 1])),
            (
                "row",
                exp(x).reshape([n, k * 4]) / exp(x).reshape([n, k * 4]).sum_over([1]).reshape([n, 1.into()]),
            ),
        ])
        .update(w, (w + 1.0).reshape([8, 3]).t().reshape([4, 6]))
        .finish()
        .unwrap();
    check(&m.module(), &[&[0], &[1], &[2, 3], &[9, 4], &[5, 0], &[33, 2]]);
}

#[test]
fn a_reshaped_result_is_stored_once() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let x = m.input("x", F32, [n, k]);
    m.function("f").inputs([x]).output("y", exp(x).reshape([n * k])).finish().unwrap();
    let plan = check(&m.module(), SIZES);
    let structure = plan.function(0).structure();
    assert_eq!((structure.nests, structure.loops, structure.workspace_slots), (1, 1, 0), "{plan}");
}

#[test]
fn parts_of_tensors() {
    for dtype in [F32, F16, C128, I64, Bool] {
        let m = Model::new("m");
        let (n, k) = (m.dim("N").range(3, 100), m.dim("K").range(3, 100));
        let x = m.input("x", dtype, [n, k]);
        let row = m.input("row", dtype, [k]);
        let w = m.shared("w", Array::zeros_of(dtype, [5usize, 3]));
        let set = x.set_subtensor((0, ..), row);
        m.function("f")
            .inputs([x, row])
            .outputs([
                ("set", set),
                ("inc", x.inc_subtensor((1.., (..).step(-1)), x.index((1.., ..)))),
                ("twice", set.set_subtensor((.., 2), set.index((.., 1)))),
                ("sum", set.inc_subtensor((.., 0), set.index((.., 1))).index((.., 0))),
            ])
            .update(w, w.set_subtensor(((..).step(2), 1), w.index((..3, 0)) * w.index((2.., 2))))
            .finish()
            .unwrap();
        check(&m.module(), SIZES);
    }
}

#[test]
fn slices_cut_to_the_sizes_of_a_call() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let (x, row) = (m.input("x", F32, [n, k]), m.input("row", F32, [k]));
    let t = m.shared("t", [0i64, -1, 0]);
    m.function("f")
        .inputs([x, row])
        .outputs([
            ("after", x.index((2.., ..-3))),
            ("last", exp(x).index((-3.., -2..))),
            ("first", x.index((..3, 1..4)) * 2.0),
            ("odd", x.index(((..).step(2), (1..).step(3)))),
            ("down", x.index(((2..).step(-2), (..-1).step(-1)))),
            ("to_k", x.index((..k, slice(1, n)))),
            ("from_k", x.index((k.., n..)).sum_over([1])),
            ("differences", row.index(1..) - row.index(..-1)),
            ("set", x.set_subtensor((2.., (..5).step(-2)), 1.0)),
            ("inc", x.inc_subtensor((..-2, (..).step(3)), x.index((2.., (..).step(3))))),
            ("places", x.index((..-1, NewAxis, ..2)).sum_over([1]).index((.., (..).step(-1)))),
            ("dot", dot(x.index((.., 1..)), row.index(1..))),
        ])
        .finish()
        .unwrap();
    m.function("g")
        .inputs([row])
        .outputs([
            ("at", row.index(..4).set_subtensor(t, 3.0)),
            ("gradient", grad(row.index((1..).step(2)).sum(), row)),
        ])
        .finish()
        .unwrap();
    check(&m.module(), &[&[1, 1], &[2, 3], &[5, 7], &[33, 9], &[3, 40]]);
}

#[test]
fn one_after_another() {
    for dtype in [F32, BF16, I64, Bool, C64] {
        let m = Model::new("m");
        let (n, k) = (m.dim("N"), m.dim("K"));
        let (x, y, z) =
            (m.input("x", dtype, [n, k]), m.input("y", dtype, [n, k]), m.input("z", dtype, [n, 2.into()]));
        let wide = concatenate([x, z, x * y], 1);
        let w = m.shared("w", Array::zeros_of(dtype, [6usize, 2]));
        m.function("f")
            .inputs([x, y, z])
            .outputs([
                ("wide", wide),
                ("tall", concatenate([x + y, y], 0)),
                ("sum", concatenate([x, y, y], 0).sum_over([0])),
                ("rows", wide.cumsum(1) + wide),
                ("nested", concatenate([concatenate([z, z], 0), z * z], 0)),
                ("stack", stack([x, y], 1)),
                ("tile", x.tile([2, 1])),
            ])
            .update(w, concatenate([w.index((3.., ..)), w.index((..3, ..)) + w.index((3.., ..))], 0))
            .finish()
            .unwrap();
        check(&m.module(), &[&[0], &[1], &[2, 3], &[9, 4], &[5, 0], &[33, 2]]);
    }
}

#[test]
fn parts_share_a_nest() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let (x, y) = (m.input("x", F32, [n, k]), m.input("y", F32, [n, 2.into()]));
    m.function("f").inputs([x, y]).output("z", concatenate([exp(x), y], 1)).finish().unwrap();
    let structure = check(&m.module(), SIZES).function(0).structure();
    assert_eq!((structure.nests, structure.copies, structure.workspace_slots), (1, 0, 0));
}

#[test]
fn gradients_of_parts() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N").range(3, 100), m.dim("K").range(3, 100));
    let x = m.input("x", F64, [n, k]);
    let cost = exp(x.index((1.., (..).step(-1)))).sum() + x.index((0, ..)).sqr().sum();
    let [g] = grad(cost, [x]);
    m.function("f").inputs([x]).output("g", g).finish().unwrap();
    check(&m.module(), SIZES);
}

#[test]
fn running_reductions_along_every_axis() {
    for dtype in [F32, F64, I32, Bool, C64, BF16] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), m.dim("K"), 5.into()]);
        m.function("f")
            .inputs([x])
            .outputs([
                ("a", x.cumsum(0)),
                ("b", x.cumsum(1)),
                ("c", x.cumsum(2)),
                ("d", x.sum_over([0, 1]).cumsum(0)),
                ("e", x.cumsum(1).sum_over([0])),
            ])
            .finish()
            .unwrap();
        let plan = check(&m.module(), &[&[0], &[1], &[2, 3], &[9, 4], &[5, 0], &[33, 2], &[3, 40]]);
        assert_eq!(sinks(&plan, |s| matches!(s, Sink::Scan { .. })), 4);
    }
}

#[test]
fn running_reductions_backwards_and_of_several_tensors() {
    let m = Model::new("m");
    let x = m.input("x", F64, [m.dim("N"), m.dim("K")]);
    let costs = (0..2).map(|axis| (sigmoid(x).cumsum(axis) * x).sum()).reduce(|a, b| a + b).unwrap();
    let [g] = grad(costs, [x]);
    let matmuls = (x * 0.5).cumprod(1);
    let [h] = grad((matmuls * x).sum(), [x]);
    m.function("f").inputs([x]).outputs([("g", g), ("matmuls", matmuls), ("h", h)]).finish().unwrap();
    check(&m.module(), &[&[0], &[1], &[2, 3], &[9, 4], &[5, 0], &[33, 2], &[3, 40]]);
}

#[test]
fn outputs_and_states_are_written_after_the_checks() {
    let is_check = |step: &Step| matches!(step, Step::Check(_));
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N")]);
    m.function("f").inputs([x]).output("y", exp(x)).finish().unwrap();
    let plan = check(&m.module(), &[&[5]]);
    assert!(!plan.variants[0].bodies[0].steps.iter().any(is_check));
    assert!(
        plan.variants[0].bodies[0].buffers.iter().all(|b| !matches!(b.storage, Storage::Workspace { .. }))
    );
}

/// An index into an axis of four: any number, brought inside.
fn inside<'m>(i: Tensor<'m>) -> Tensor<'m> {
    i.cast(I64).gt(0).cast(I64) * 3 - i.gt(3).cast(I64) * 5
}

#[test]
fn reads_where_data_says() {
    for dtype in [F32, F16, C128, I64, Bool] {
        let m = Model::new("m");
        let n = m.dim("N");
        let (i, j) = (m.input("i", I64, [n]), m.input("j", I32, [n, 3.into()]));
        let (a, b) = (inside(i), inside(j));
        let x = m.input("x", dtype, [4.into(), m.dim("K")]);
        let y = m.input("y", dtype, [n, 4.into()]);
        let w = m.shared("w", Array::zeros_of(dtype, [4usize, 4]));
        let table = m.constant([3i64, -1, 0, 2]);
        m.function("f")
            .inputs([i, j, x, y])
            .outputs([
                ("rows", x.take(a, 0)),
                ("deep", x.take(b, 0)),
                ("columns", (y + y).take(a, 1)),
                ("each", y.take_along_axis(b, 1)),
                ("one", x.take(inside(i.sum()), 0)),
                ("twice", x.take(table.take(a, 0), 0)),
                ("both", w.index((a, table.take(a, 0)))),
                ("sum", x.take(b, 0).sum_over([1])),
                ("reshaped", x.take(b.reshape([n * 3]), 0)),
                ("fixed", x.take(table, 0)),
            ])
            .update(w, w.take(table, 1) * w)
            .finish()
            .unwrap();
        check(&m.module(), &[&[0], &[1], &[2, 3], &[9, 4], &[5, 0], &[33, 2]]);
    }
}

/// Nothing is read at an index into an axis of one element; it is checked all the same.
#[test]
fn an_index_of_one_element_is_checked() {
    let m = Model::new("m");
    let (x, y) = (m.input("x", F32, [1]), m.input("y", F32, [4]));
    let i = m.input("i", I64, [m.dim("N")]);
    let zero = i.sum() % m.constant(1i64);
    let outputs = [("only", x.take(zero, 0)), ("other", y.take(inside(zero + i.max()), 0))];
    m.function("f").inputs([x, y, i]).outputs(outputs).finish().unwrap();
    let plan = check(&m.module(), &[&[1], &[2], &[33]]);
    assert_eq!(plan.function(0).structure().checks, 2, "{plan}");
}

#[test]
fn a_row_for_each_index_is_one_nest() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("K"), 64.into()]);
    let i = m.input("i", I64, [m.dim("N")]);
    m.function("f").inputs([x, i]).output("y", exp(x).take(i, 0)).finish().unwrap();
    let module = m.module();
    let plan = crate::harness::plan(&module);
    let structure = plan.function(0).structure();
    assert_eq!((structure.nests, structure.checks, structure.workspace_slots), (1, 1, 0), "{plan}");
}

#[test]
fn an_index_of_its_own_axis_is_no_lookup() {
    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F32, [n, 10.into()]);
    let t = m.input("t", I64, [n]);
    m.function("f").inputs([x, t]).output("y", x.index((m.arange(0, n, 1), t))).finish().unwrap();
    let plan = crate::harness::plan(&m.module());
    assert_eq!(plan.function(0).structure().checks, 1, "{plan}");
}

#[test]
fn writes_where_data_says() {
    for dtype in [F32, BF16, C64, I64, Bool] {
        let m = Model::new("m");
        let n = m.dim("N");
        let (i, j) = (m.input("i", I64, [n]), m.input("j", I32, [n, 3.into()]));
        let (a, b) = (inside(i), inside(j));
        let k = m.dim("K");
        let x = m.input("x", dtype, [4.into(), k]);
        let y = m.input("y", dtype, [n, k]);
        let z = m.input("z", dtype, [n, 4.into()]);
        let w = m.shared("w", Array::zeros_of(dtype, [4usize, 3]));
        m.function("f")
            .inputs([i, j, x, y, z])
            .outputs([
                ("set", x.set_subtensor(a, y)),
                ("inc", x.inc_subtensor(a, y * y)),
                ("columns", z.inc_subtensor((.., b), z.index((.., ..3)))),
                ("point", z.set_subtensor((m.arange(0, n, 1), a), z.index((.., 0)))),
                ("after", x.inc_subtensor(a, y).set_subtensor(a, y).cumsum(1)),
            ])
            .update(w, w.inc_subtensor(a, z.index((.., ..3))))
            .finish()
            .unwrap();
        check(&m.module(), &[&[0], &[1], &[2, 3], &[9, 4], &[5, 0], &[33, 2]]);
    }
}

#[test]
fn gradients_of_reads_where_data_says() {
    let m = Model::new("m");
    let n = m.dim("N");
    let i = m.input("i", I64, [n]);
    let w = m.shared("w", Array::full([4, 5], 0.5f64));
    let h = sigmoid(w.take(inside(i), 0));
    let [g] = grad((h * h).sum(), [w]);
    m.function("f").inputs([i]).output("h", h).update(w, w - 0.1 * g).finish().unwrap();
    check(&m.module(), &[&[0], &[1], &[9], &[33]]);
}
