//! Plans as the lowering makes them: what moves elements, running folds, places that data says.

use tgc_graph::array::Array;
use tgc_graph::builder::Step as _;
use tgc_graph::differentiate;
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_lower::lower::lower;
use tgc_lower::machine::Machine;
use tgc_lower::plan::{Argument, ModelPlan};

use crate::check::{check, noise};

/// Lowers what the builder made, gradients expanded.
fn plan(module: &Module) -> ModelPlan {
    let mut module = module.clone();
    for function in &mut module.functions {
        let mut roots = function.roots();
        roots.extend(&function.inputs);
        let (graph, new_roots) = differentiate::expand(&function.graph, &roots);
        let renamed = |id| new_roots[roots.iter().position(|r| *r == id).unwrap()];
        *function = function.with_graph(graph, &renamed);
    }
    lower(&module, &Machine::X86_64_V3).unwrap()
}

/// Runs the only function with noise for these sizes of its symbols.
fn check_sizes(module: &Module, sizes: &[&[i64]]) {
    let plan = plan(module);
    let inputs = |sizes: &[i64]| -> Vec<Array> {
        let shape = |argument: &Argument| -> Vec<usize> {
            let size = |dim: &tgc_graph::dim::Dim| dim.evaluate(&|s| sizes[s.0 as usize]).unwrap() as usize;
            argument.ty.shape.iter().map(size).collect()
        };
        let noisy = |(i, a): (usize, &Argument)| noise(a.ty.dtype, &shape(a), i as u64 + 1);
        plan.functions[0].inputs.iter().enumerate().map(noisy).collect()
    };
    let calls: Vec<_> = sizes.iter().map(|sizes| (0, *sizes, inputs(sizes))).collect();
    check(&plan, &calls);
}

const SIZES: &[&[i64]] = &[&[3, 3], &[4, 5], &[7, 3], &[33, 9], &[3, 40], &[65, 17]];

#[test]
fn views() {
    for dtype in [F32, F64, I16, Bool, C64] {
        let m = Model::new("m");
        let (n, k) = (m.dim("N").range(3, 100), m.dim("K").range(3, 100));
        let x = m.input("x", dtype, [n, k]);
        m.function("f")
            .inputs([x])
            .outputs([
                ("back", x.flip([1]) * x),
                ("both", x.flip([0, 1])),
                ("part", x.index((1.., 2..)) + x.index((slice(0, n - 1), slice(0, k - 2)))),
                ("flat", (x + x).reshape([n * k])),
            ])
            .finish()
            .unwrap();
        check_sizes(&m.module(), SIZES);
    }
}

#[test]
fn positions() {
    for dtype in [F32, F64, I8] {
        let m = Model::new("m");
        let (n, k) = (m.dim("N").range(1, 100), m.dim("K").range(1, 100));
        let x = m.input("x", dtype, [n, k]);
        m.function("f")
            .inputs([x])
            .outputs([
                ("rows", x.reduce().over([1]).argmax()),
                ("columns", x.reduce().over([0]).argmin()),
                ("all", x.argmax()),
            ])
            .finish()
            .unwrap();
        check_sizes(&m.module(), SIZES);
    }
}

#[test]
fn parts() {
    for dtype in [F32, BF16, U8, C128] {
        let m = Model::new("m");
        let (n, k) = (m.dim("N").range(3, 100), m.dim("K").range(3, 100));
        let x = m.input("x", dtype, [n, k]);
        let w = m.shared("w", noise(dtype, &[5, 3], 7));
        m.function("f")
            .inputs([x])
            .outputs([
                ("set", x.set_subtensor((0, (..).step(-1)), x.index((1, ..)))),
                ("inc", x.inc_subtensor((1.., 1..), x.index((1.., slice(0, k - 1))))),
            ])
            .update(w, w.set_subtensor(((..).step(2), 1), w.index((..3, 0)) * w.index((2.., 2))))
            .finish()
            .unwrap();
        check_sizes(&m.module(), SIZES);
    }
}

#[test]
fn running_folds() {
    let sizes: Vec<&[i64]> = [SIZES, &[&[0, 3], &[1, 1], &[5, 0], &[1, 30]]].concat();
    for dtype in [F32, F64, I32, Bool, C64, F16] {
        let m = Model::new("m");
        let x = m.input("x", dtype, [m.dim("N"), m.dim("K")]);
        m.function("f")
            .inputs([x])
            .outputs([
                ("columns", x.cumsum(0)),
                ("rows", x.along(1).reverse().cumsum()),
                (
                    "deep",
                    x.dimshuffle([Some(0), None, Some(1)])
                        .broadcast_to([m.dim("N"), 3.into(), m.dim("K")])
                        .cumprod(1),
                ),
                ("line", x.sum_over([1]).along(0).exclusive().cumsum()),
                ("long", (x * x * x + x).sum_over([0]).cumprod(0)),
            ])
            .finish()
            .unwrap();
        check_sizes(&m.module(), &sizes);
    }
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N"), m.dim("K")]);
    m.function("f")
        .inputs([x])
        .outputs([
            ("line", sigmoid(x.sum_over([1])).cumsum(0)),
            ("rows", exp(x).cumsum(1)),
            ("columns", sigmoid(x).along(0).reverse().cumsum()),
        ])
        .finish()
        .unwrap();
    check_sizes(&m.module(), &sizes);
}
