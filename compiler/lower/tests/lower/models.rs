//! Whole models: what fuses with what, and updates of shared variables.

use tgc_graph::dim::Dim;
use tgc_graph::prelude::*;
use tgc_plan::size::Size;
use tgc_plan::{ModelPlan, Sink, Storage};

use crate::harness::{Random, check};

const SIZES: &[&[i64]] = &[&[0], &[1], &[2], &[7], &[33]];

fn count_sinks(plan: &ModelPlan, wanted: fn(&Sink) -> bool) -> usize {
    plan.variants[0].bodies[0]
        .nests()
        .flat_map(|n| &n.blocks)
        .flat_map(|b| &b.sinks)
        .filter(|s| wanted(s))
        .count()
}

#[test]
fn a_logistic_regression_step_reads_its_rows_once() {
    for features in [3, 784] {
        let m = Model::new("logreg");
        let n = m.dim("N");
        let (x, y) = (m.input("x", F32, [n, features.into()]), m.input("y", F32, [n]));
        let (w, b) = (m.shared("w", Random(7).array(F32, &[features as usize])), m.shared("b", 0f32));
        let z = dot(x, w) + b;
        let p = sigmoid(z);
        let xent = y * softplus(-z) + (1.0 - y) * softplus(z);
        let e = ((1.0 - y) * p - y * sigmoid(-z)) / n.value(&m).cast(F32);
        let gw = dot(e, x) + 0.02 * w;
        m.function("train")
            .inputs([x, y])
            .outputs([
                ("prediction", p.gt(0.5)),
                ("xent", xent),
                ("cost", xent.mean() + 0.01 * (w * w).sum()),
            ])
            .update(w, w - 0.1 * gw)
            .update(b, b - 0.1 * e.sum())
            .finish()
            .unwrap();
        let plan = check(&m.module(), SIZES);
        let structure = plan.function(0).structure();
        assert_eq!(structure.nests_reading("x"), 1);
        assert_eq!(structure.nests_reading("y"), 1);
        assert_eq!(count_sinks(&plan, |s| matches!(s, Sink::Accumulate { .. })), 1);
        let big = plan.variants[0].bodies[0].nests().find(|n| n.blocks.len() > 1).unwrap();
        assert_eq!(big.blocks.len(), 3, "the matmul, the row, the gradient");
        assert_eq!(big.rows, 4);
    }
}

/// Arguments of a call lie in front of what the steps keep there.
#[test]
fn many_arguments_come_first_in_the_workspace() {
    let m = Model::new("many");
    let x = m.input("x", F32, [m.dim("N").range(1, 100)]);
    let shifted = x - x.sum();
    let names: Vec<String> = (0..30).map(|i| format!("y{i}")).collect();
    let outputs = names.iter().enumerate().map(|(i, name)| (name.as_str(), shifted * (i as f64 + 1.0)));
    m.function("f").inputs([x]).outputs(outputs).finish().unwrap();
    let plan = check(&m.module(), &[&[1], &[7], &[100]]);
    let frame = plan.interface.functions[0].frame().unwrap();
    assert_eq!((frame.parameters, frame.arrays, frame.outputs), (32, 31, 30));
    let body = &plan.variants[0].bodies[0];
    let offsets = body.buffers.iter().filter_map(|buffer| match &buffer.storage {
        Storage::Workspace { offset } => Some(offset),
        Storage::Input(_) | Storage::Output(_) | Storage::State(_) | Storage::Constant(_) => None,
    });
    let offsets: Vec<&Size> = offsets.collect();
    assert_eq!(offsets, [&Size::Const(frame.bytes())]);
    assert_eq!(body.workspace, Size::Const(frame.bytes() + 64));
}

#[test]
fn an_elementwise_chain_is_one_loop() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), m.dim("K"), 4.into()]);
    let mut y = x;
    for _ in 0..20 {
        y = sigmoid(y * 1.5 + x);
    }
    m.function("f").inputs([x]).outputs([("y", y), ("z", exp(y))]).finish().unwrap();
    let plan = check(&m.module(), SIZES);
    let structure = plan.function(0).structure();
    // Nothing is materialized but what waits between the segments of this long program.
    assert_eq!((structure.nests, structure.loops, structure.workspace_slots), (1, 1, 1));
    assert_eq!(structure.parallel, 1);
    assert!(plan.variants[0].bodies[0].nests().all(|nest| nest.blocks[0].fission.is_some()));
}

/// Some rows of a large table change: the rest of it is neither read nor written.
#[test]
fn parts_of_a_variable_are_written_where_it_lies() {
    type Change = for<'m> fn(Tensor<'m>, Tensor<'m>, Tensor<'m>) -> Tensor<'m>;
    let sparse = |change: Change, outputs: bool| {
        let m = Model::new("m");
        let (table, k) = (m.shared("table", Random(5).array(F32, &[100, 8])), m.dim("K"));
        let (at, by) = (m.input("at", I64, [k]), m.input("by", F32, [k, 8.into()]));
        let mut f = m.function("f").inputs([at, by]).update(table, change(table, at, by));
        if outputs {
            f = f.output("rows", table.index(at));
        }
        f.finish().unwrap();
        check(&m.module(), SIZES)
    };
    let whole = |plan: &ModelPlan| {
        let blocks =
            plan.variants[0].bodies[0].nests().map(|nest| nest.extent.as_ref().and_then(Dim::as_const));
        blocks.filter(|extent| *extent >= Some(100)).count() + plan.function(0).structure().copies
    };
    fn add<'m>(table: Tensor<'m>, at: Tensor<'m>, by: Tensor<'m>) -> Tensor<'m> {
        table.inc_subtensor(at, by)
    }
    assert_eq!(whole(&sparse(add, false)), 0);
    // Rows of before the change go out first.
    assert_eq!(whole(&sparse(add, true)), 0);
    // What is set is made of other rows of the table, which may change: it is made before.
    fn mixed<'m>(table: Tensor<'m>, at: Tensor<'m>, by: Tensor<'m>) -> Tensor<'m> {
        table.set_subtensor(at, by + table.index(0))
    }
    assert_eq!(whole(&sparse(mixed, false)), 0);
}

/// Each sum needs all factors so far: they are kept every few steps, not multiplied anew for each.
#[test]
fn a_chain_of_cheap_steps_is_not_computed_again_as_a_whole() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N")]);
    let mut y = x;
    for _ in 0..40 {
        y = y * (y.sum() * 0.125);
    }
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    let plan = check(&m.module(), SIZES);
    let longest =
        plan.variants[0].bodies[0].nests().flat_map(|n| &n.blocks).map(|b| b.program.insts.len()).max();
    assert!(longest < Some(16), "{plan}");
}

#[test]
fn a_softmax_of_rows_is_one_nest() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), m.dim("K")]);
    let e = exp(x);
    let y = e / e.sum_over([1]).dimshuffle([Some(0), None]);
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    let plan = check(&m.module(), SIZES);
    let structure = plan.function(0).structure();
    assert_eq!((structure.nests, structure.nests_reading("x")), (1, 1));
    assert_eq!(structure.workspace_slots, 0, "the exponentials lie in the output");
}

#[test]
fn leading_axes_of_a_softmax_collapse() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), 3.into(), m.dim("K")]);
    let e = exp(x);
    let y = e / e.sum_over([2]).dimshuffle([Some(0), Some(1), None]);
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    let plan = check(&m.module(), SIZES);
    let nest = plan.variants[0].bodies[0].nests().next().unwrap();
    assert!(nest.blocks.iter().all(|b| b.axes.len() <= 1));
}

#[test]
fn a_matmul_and_its_epilogue_are_one_step() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let (x, w, b) =
        (m.input("x", F32, [n, k]), m.input("w", F32, [k, 32.into()]), m.input("b", F32, [1, 32]));
    m.function("f").inputs([x, w, b]).output("y", sigmoid(dot(x, w) + b)).finish().unwrap();
    let structure = check(&m.module(), SIZES).function(0).structure();
    assert_eq!((structure.nests, structure.matmuls), (0, 1));
}

#[test]
fn variables_can_be_swapped() {
    for shape in [&[][..], &[5], &[3, 4]] {
        let m = Model::new("m");
        let (a, b) = (m.shared("a", Random(1).array(F32, shape)), m.shared("b", Random(2).array(F32, shape)));
        m.function("f").output("old", a * 2.0).update(a, b).update(b, a).finish().unwrap();
        let structure = check(&m.module(), &[&[]]).function(0).structure();
        assert_eq!((structure.nests, structure.copies > 0), (1, shape.is_empty()));
    }
}

#[test]
fn updates_turn_transpose_and_rotate() {
    let m = Model::new("m");
    let a = m.shared("a", Random(1).array(F64, &[4, 4]));
    let b = m.shared("b", Random(2).array(F64, &[4, 4]));
    let c = m.shared("c", Random(3).array(F64, &[4]));
    m.function("f")
        .update(a, a.t() + b)
        .update(b, exp(a * 0.1))
        .update(c, c * a.sum_over([0]))
        .finish()
        .unwrap();
    let plan = check(&m.module(), &[&[]]);
    assert!(plan.function(0).structure().copies > 0);
}

#[test]
fn updates_are_in_place_when_nothing_reads_later() {
    let m = Model::new("m");
    let w = m.shared("w", Random(1).array(F32, &[100, 10]));
    let g = m.input("g", F32, [100, 10]);
    m.function("f").inputs([g]).output("old", w).update(w, w - 0.1 * g).finish().unwrap();
    let structure = check(&m.module(), &[&[]]).function(0).structure();
    assert_eq!((structure.copies, structure.workspace_slots), (0, 0));
}

#[test]
fn a_value_can_be_output_and_update() {
    let m = Model::new("m");
    let w = m.shared("w", Random(1).array(F32, &[7]));
    let x = m.input("x", F32, [m.dim("N"), 7.into()]);
    let next = exp(x.sum_over([0])) * 0.01 + w;
    m.function("f").inputs([x]).outputs([("a", next), ("b", next)]).update(w, next).finish().unwrap();
    m.function("g").inputs([x]).output("s", x.sum_over([0])).update(w, x.sum_over([0])).finish().unwrap();
    check(&m.module(), SIZES);
}

#[test]
fn a_matrix_is_updated_where_its_gradient_is_summed() {
    let m = Model::new("m");
    let n = m.dim("N");
    let (x, d) = (m.input("x", F32, [n, 24.into()]), m.input("d", F32, [n, 8.into()]));
    let w = m.shared("w", Random(1).array(F32, &[24, 8]));
    let [gw] = grad((dot(x, w) * d).sum(), [w]);
    m.function("f").inputs([x, d]).update(w, w - 0.1 * gw).finish().unwrap();
    let plan = check(&m.module(), SIZES);
    let structure = plan.function(0).structure();
    assert_eq!((structure.matmuls, structure.copies), (1, 0));
    let gradients =
        plan.variants[0].bodies[0].buffers.iter().filter(|b| b.shape == [Dim::Const(24), Dim::Const(8)]);
    assert!(
        gradients.into_iter().all(|b| matches!(b.storage, Storage::State(_))),
        "a gradient is in memory:\n{plan}"
    );
}

#[test]
fn a_network_of_two_layers_trains() {
    let m = Model::new("mlp");
    let n = m.dim("N");
    let (x, t) = (m.input("x", F64, [n, 6.into()]), m.input("t", F64, [n, 3.into()]));
    let (u, v) = (m.shared("u", Random(1).array(F64, &[6, 5])), m.shared("v", Random(2).array(F64, &[5, 3])));
    let (bu, bv) =
        (m.shared("bu", Random(3).array(F64, &[1, 5])), m.shared("bv", Random(4).array(F64, &[1, 3])));
    let hidden = sigmoid(dot(x, u) + bu);
    let e = exp((dot(hidden, v) + bv) * 0.1);
    let p = e / e.sum_over([1]).dimshuffle([Some(0), None]);
    let loss = -(t * t * log(p)).sum_over([1]).mean();
    let [gu, gbu, gv, gbv] = grad(loss, [u, bu, v, bv]);
    m.function("train")
        .inputs([x, t])
        .outputs([("loss", loss), ("p", p)])
        .update(u, u - 0.1 * gu)
        .update(v, v - 0.1 * gv)
        .update(bu, bu - 0.1 * gbu)
        .update(bv, bv - 0.1 * gbv)
        .finish()
        .unwrap();
    check(&m.module(), &[&[1], &[2], &[7]]);
}
