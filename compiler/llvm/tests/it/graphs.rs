//! Plans as the lowering makes them: what moves elements, scans, places that data says.

use tgc_graph::array::Array;
use tgc_graph::builder::Step as _;
use tgc_graph::differentiate;
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_llvm::{ArgumentMemory, Jit};
use tgc_lower::lower;
use tgc_plan::interpret::Interpreter;
use tgc_plan::machine::Machine;
use tgc_plan::{Argument, ModelPlan};

use crate::check::{check, noise};
use crate::plans::linkage;

/// Lowers what the builder made, gradients expanded.
pub fn plan(module: &Module) -> ModelPlan {
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
pub fn check_sizes(module: &Module, sizes: &[&[i64]]) {
    let plan = plan(module);
    let inputs = |sizes: &[i64]| -> Vec<Array> {
        let shape = |argument: &Argument| -> Vec<usize> {
            let size = |dim: &tgc_graph::dim::Dim| dim.evaluate(&|s| sizes[s.0 as usize]).unwrap() as usize;
            argument.ty.shape.iter().map(size).collect()
        };
        let noisy = |(i, a): (usize, &Argument)| noise(a.ty.dtype, &shape(a), i as u64 + 1);
        plan.interface.functions[0].inputs.iter().enumerate().map(noisy).collect()
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
fn running_reductions() {
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
                ("tall", (x * x * x + x).sum_over([0]).cumprod(0)),
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

/// An index into an axis of four, of either sign.
fn inside<'m>(i: Tensor<'m>) -> Tensor<'m> {
    i.gt(0).cast(I64) * 3 - i.gt(1 << 62).cast(I64) * 5
}

#[test]
fn places_that_data_says() {
    let sizes: Vec<&[i64]> = [SIZES, &[&[0, 3], &[1, 1], &[5, 0], &[1, 30]]].concat();
    for dtype in [F32, F64, BF16, C64, U8, Bool] {
        let m = Model::new("m");
        let (n, k) = (m.dim("N"), m.dim("K"));
        let (i, j) = (m.input("i", I64, [n]), m.input("j", I64, [n, 3.into()]));
        let (a, b) = (inside(i), inside(j));
        let x = m.input("x", dtype, [4.into(), k]);
        let y = m.input("y", dtype, [n, k]);
        let z = m.input("z", dtype, [n, 4.into()]);
        let table = m.constant([3i64, -1, 0, 2]);
        let w = m.shared("w", noise(dtype, &[4, 3], 3));
        m.function("f")
            .inputs([i, j, x, y, z])
            .outputs([
                ("rows", x.take(a, 0) * y),
                ("deep", x.take(b, 0)),
                ("each", z.take_along_axis(b, 1)),
                ("twice", x.take(table.take(a, 0), 0)),
                ("both", w.index((a, 2))),
                ("sum", x.take(b, 0).sum_over([1])),
                ("set", x.set_subtensor(a, y)),
                ("inc", x.inc_subtensor(a, y * y)),
                ("columns", z.inc_subtensor((.., b), z.index((.., ..3)))),
                ("point", z.set_subtensor((m.arange(0, n, 1), a), z.index((.., 0)))),
            ])
            .update(w, w.inc_subtensor(a, z.index((.., ..3))))
            .finish()
            .unwrap();
        check_sizes(&m.module(), &sizes);
    }
}

#[test]
fn an_index_outside_is_refused_before_anything_is_written() {
    let m = Model::new("m");
    let n = m.dim("N");
    let (i, y) = (m.input("i", I64, [n]), m.input("y", F32, [n]));
    let s = m.input("s", I64, ());
    let w = m.shared("w", Array::from([1f32, 2.0, 3.0]));
    m.function("train")
        .inputs([i, s, y])
        .outputs([("z", exp(y)), ("taken", w.take(i * 1, 0) + w.index(s))])
        .update(w, w + 1.0)
        .finish()
        .unwrap();
    let plan = plan(&m.module());
    let jit = Jit::new(&plan, &linkage(&plan)).unwrap();
    let mut instance = jit.instance(&[32]).unwrap();
    let mut interpreter = Interpreter::new(&plan);
    let mut call = |indices: Vec<i64>, s: i64, line: &str| {
        let n = indices.len();
        let inputs = [Array::from_slice([n], &indices), Array::from(s), Array::full([n], 0f32)];
        let mut got = [Array::full([n], 9f32), Array::full([n], 9f32)];
        let mut args: Vec<ArgumentMemory> = inputs.iter().map(|a| ArgumentMemory::Input(a.bytes())).collect();
        args.extend(got.iter_mut().map(|a| ArgumentMemory::Output(a.bytes_mut())));
        let failure = instance.call(0, &[n as i64], &mut args).unwrap_err();
        assert_eq!(failure.status, 3);
        let (said, place) = failure.line.rsplit_once(" (").unwrap();
        assert!(said == line && place.contains("graphs.rs:"), "{failure:?}");
        assert!(got.iter().all(|a| *a == Array::full([n], 9f32)));
        assert_eq!(instance.state(0), [1f32, 2.0, 3.0].map(f32::to_le_bytes).concat());
        let refused = interpreter.call(0, &[n as i64], &inputs).unwrap_err().to_string();
        assert_eq!(refused.replace("function `train`", "train"), failure.line);
    };
    let line = |index: &str, given: i64| {
        format!("train: {index} has the element {given}, outside axis 0 of w, whose size is 3")
    };
    call(vec![0, 1, 3], 0, &line("(i * 1)", 3));
    call(vec![-3, 2, -4, 7], 0, &line("(i * 1)", -4));
    let far: Vec<i64> = (0..20).map(|k| if k == 17 { i64::MIN } else { k % 3 }).collect();
    call(far, 0, &line("(i * 1)", i64::MIN));
    call(vec![0], -4, &line("s", -4));
    call(vec![], i64::MAX, &line("s", i64::MAX));
}
