//! Whole nests: how rows, blocks, axes, reductions and buffers come together.

use tgc_graph::array::Array;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType::{self, Bool, C64, C128, F16, F32, F64, I16, I64, U8};
use tgc_plan::*;
use tgc_scalar::{Builder, Element, Predicate, Program};

use crate::check::{check, check_tight, noise};
use crate::plans::*;

/// Sizes at which loops change their shape: empty, shorter than a tile or group, whole, and with a rest.
const SIZES: [i64; 8] = [0, 1, 3, 4, 7, 8, 19, 64];

fn real(dtype: DType, value: tgc_scalar::Value) -> Element {
    Element::real(dtype, value)
}

/// Runs a function for all pairs of sizes, with noise of the shapes that `shapes` gives.
#[track_caller]
fn check_sizes(plan: &ModelPlan, shapes: impl Fn(usize, usize) -> Vec<(DType, Vec<usize>)>) {
    let count = plan.interface.functions[0].symbols.len();
    let mut sizes = vec![];
    for a in SIZES {
        for b in SIZES {
            sizes.push([a, b]);
        }
    }
    let calls: Vec<_> = sizes
        .iter()
        .map(|s| {
            let arrays = shapes(s[0] as usize, s[1] as usize).into_iter().enumerate();
            (0, &s[..count], arrays.map(|(i, (d, shape))| noise(d, &shape, i as u64 + 1)).collect())
        })
        .collect();
    check_tight(plan, &calls);
}

/// x*y + z for any type.
fn multiply_add(dtype: DType) -> Program {
    program(&[dtype; 3], |b, e| {
        let matmul = b.mul(e[0], e[1]);
        vec![b.add(matmul, e[2])]
    })
}

#[test]
fn maps_with_every_stride() {
    for dtype in [F32, F64, U8, I64, Bool, C64, C128] {
        let mut f = Fun::new("map", &["N", "M"]);
        let x = f.input("x", dtype, &[s(0), s(1)]);
        let y = f.input("y", dtype, &[s(1), s(0)]);
        let z = f.input("z", dtype, &[s(0)]);
        let out = f.output("out", dtype, &[s(0), s(1)]);
        let turned = f.output("turned", dtype, &[s(1), s(0)]);
        let reads = vec![
            read(x, &[(inner(0), s(1)), (inner(1), n(1))]),
            read(y, &[(inner(0), n(1)), (inner(1), s(0))]),
            read(z, &[(inner(0), n(1))]),
        ];
        let sinks = vec![
            store(0, out, &[(inner(0), s(1)), (inner(1), n(1))]),
            store(0, turned, &[(inner(0), n(1)), (inner(1), s(0))]),
        ];
        f.nest(None, 1, &[], vec![block(&[s(0), s(1)], 8, reads, multiply_add(dtype), sinks)]);
        check_sizes(&model(vec![f], vec![]), |n, m| {
            vec![(dtype, vec![n, m]), (dtype, vec![m, n]), (dtype, vec![n])]
        });
    }
}

#[test]
fn maps_over_rows() {
    for (dtype, rows) in [(F32, 4), (F64, 1), (C64, 2), (Bool, 8), (I16, 4)] {
        let mut f = Fun::new("map", &["N"]);
        let x = f.input("x", dtype, &[s(0)]);
        let y = f.input("y", dtype, &[s(0), n(3)]);
        let z = f.input("z", dtype, &[]);
        let out = f.output("out", dtype, &[s(0)]);
        let wide = f.output("wide", dtype, &[s(0), n(3)]);
        let far = vec![(Axis::Row, n(3))];
        let reads = vec![read(x, &[(ROW, n(1))]), read(y, &far), read(z, &[])];
        let first = block(
            &[],
            1,
            reads,
            multiply_add(dtype),
            vec![store(0, out, &[(ROW, n(1))]), Sink::Row { result: 0, row: RowId(0) }],
        );
        let second = block(
            &[n(3)],
            2,
            vec![Read::Row(RowId(0)), read(y, &[(ROW, n(3)), (inner(0), n(1))])],
            program(&[dtype; 2], |b, e| vec![b.add(e[0], e[1])]),
            vec![store(0, wide, &[(ROW, n(3)), (inner(0), n(1))])],
        );
        f.nest(Some(s(0)), rows, &[dtype], vec![first, second]);
        check_sizes(&model(vec![f], vec![]), |n, _| {
            vec![(dtype, vec![n]), (dtype, vec![n, 3]), (dtype, vec![])]
        });
    }
}

#[test]
fn half_precision_is_storage() {
    let mut f = Fun::new("half", &["N"]);
    let x = f.input("x", F16, &[s(0)]);
    let k = f.input("k", F16, &[]);
    let out = f.output("out", F16, &[s(0)]);
    let both = program(&[F16, F16], |b, e| {
        let positive = b.compare(Predicate::Gt, e[0].re(), e[1].re());
        vec![real(F16, b.select(positive, e[0].re(), e[1].re()))]
    });
    let reads = vec![read(x, &[(inner(0), n(1))]), read(k, &[])];
    let legalized = both.legalize();
    f.nest(None, 1, &[], vec![block(&[s(0)], 8, reads, legalized, vec![store(0, out, &[(inner(0), n(1))])])]);
    check_sizes(&model(vec![f], vec![]), |n, _| vec![(F16, vec![n]), (F16, vec![])]);
}

#[test]
fn reductions_over_rows_of_a_matrix() {
    for (dtype, lanes, rows, reducer) in [
        (F32, 8, 1, sum(F32)),
        (F32, 16, 4, max(F32)),
        (F64, 4, 2, sum(F64)),
        (C64, 4, 2, sum(C64)),
        (I64, 1, 1, sum(I64)),
    ] {
        let mut f = Fun::new("reducer", &["N", "M"]);
        let x = f.input("x", dtype, &[s(0), s(1)]);
        let out = f.output("out", dtype, &[s(0)]);
        let reads = vec![read(x, &[(ROW, s(1)), (inner(0), n(1))])];
        let to = vec![Target::Buffer(at(out, &[(ROW, n(1))]))];
        let sinks = vec![Sink::Reduce { reducer, results: vec![0], to, prereduction: None }];
        f.nest(Some(s(0)), rows, &[], vec![block(&[s(1)], lanes, reads, Program::identity(dtype), sinks)]);
        check_sizes(&model(vec![f], vec![]), |n, m| vec![(dtype, vec![n, m])]);
    }
}

/// Halved tiles: what is left of a row goes to the accumulators one by one, or in pieces wider than they are
/// many.
#[test]
fn reductions_halve_their_tiles() {
    let widen = program(&[F64, F32], |b, e| {
        let value = b.cast(e[1], F64);
        vec![b.add(e[0], value)]
    });
    let reducer = Reducer { step: widen, ..sum(F64) };
    for (extent, lanes, times, rows) in
        [(s(1), 32, 2, 1), (s(1), 8, 3, 4), (n(29), 16, 2, 2), (n(61), 32, 3, 1)]
    {
        let mut f = Fun::new("reducer", &["N", "M"]);
        let x = f.input("x", F32, &[s(0), extent.clone()]);
        let y = f.input("y", F32, &[s(1)]);
        let (out, all) = (f.output("out", F64, &[s(0)]), f.output("all", F32, &[s(1)]));
        let reads = vec![read(x, &[(ROW, extent.clone()), (inner(0), n(1))])];
        let to = vec![Target::Buffer(at(out, &[(ROW, n(1))]))];
        let prereduction = Some(Prereduction { times, add: sum(F32).step });
        let sinks = vec![Sink::Reduce { reducer: reducer.clone(), results: vec![0], to, prereduction }];
        let block_of = block(std::slice::from_ref(&extent), lanes, reads, Program::identity(F32), sinks);
        f.nest(
            Some(s(0)),
            rows,
            &[],
            vec![Block {
                prefetch: Some(Prefetch { reads: vec![0], distance: 1 << 15, line: 64 }),
                ..block_of
            }],
        );
        let copied = vec![store(0, all, &[(ROW, n(1))])];
        let reads = vec![read(y, &[(ROW, n(1))])];
        f.nest(Some(s(1)), 1, &[], vec![block(&[], 1, reads, Program::identity(F32), copied)]);
        let columns = extent.as_const();
        check_sizes(&model(vec![f], vec![]), |n, m| {
            vec![(F32, vec![n, columns.map_or(m, |c| c as usize)]), (F32, vec![m])]
        });
    }
}

#[test]
fn reductions_inside_an_axis() {
    let mut f = Fun::new("reducer", &["N", "M"]);
    let x = f.input("x", F32, &[s(0), s(1), n(5)]);
    let out = f.output("out", F32, &[s(0), n(5)]);
    let reads = vec![read(x, &[(ROW, &s(1) * &n(5)), (inner(0), n(1)), (inner(1), n(5))])];
    let to = vec![Target::Buffer(at(out, &[(ROW, n(5)), (inner(0), n(1))]))];
    let sinks = vec![Sink::Reduce { reducer: sum(F32), results: vec![0], to, prereduction: None }];
    f.nest(Some(s(0)), 2, &[], vec![block(&[n(5), s(1)], 4, reads, Program::identity(F32), sinks)]);
    check_sizes(&model(vec![f], vec![]), |n, m| vec![(F32, vec![n, m, 5])]);
}

/// The greatest value and its first index.
fn argmax() -> Reducer {
    let pick = |b: &mut Builder, e: &[Element]| {
        let greater = b.compare(Predicate::Lt, e[0].re(), e[2].re());
        let equal = b.compare(Predicate::Eq, e[0].re(), e[2].re());
        let earlier = b.compare(Predicate::Lt, e[3].re(), e[1].re());
        let tie = b.binary(tgc_scalar::Binary::And, equal, earlier);
        let take = b.binary(tgc_scalar::Binary::Or, greater, tie);
        vec![real(F32, b.select(take, e[2].re(), e[0].re())), real(I64, b.select(take, e[3].re(), e[1].re()))]
    };
    let step = program(&[F32, I64, F32, I64], pick);
    let init = vec![[u64::from(f32::NEG_INFINITY.to_bits()), 0], [i64::MAX as u64, 0]];
    Reducer { accumulators: vec![F32, I64], init, step: step.clone(), merge: step }
}

#[test]
fn reductions_of_tuples() {
    let mut f = Fun::new("argmax", &["N", "M"]);
    let x = f.input("x", F32, &[s(0), s(1)]);
    let i = f.input("i", I64, &[s(1)]);
    let (value, index) = (f.output("value", F32, &[s(0)]), f.output("index", I64, &[s(0)]));
    let reads = vec![read(x, &[(ROW, s(1)), (inner(0), n(1))]), read(i, &[(inner(0), n(1))])];
    let both = program(&[F32, I64], |_, e| e.to_vec());
    let to = vec![Target::Row(RowId(0)), Target::Row(RowId(1))];
    let first = block(
        &[s(1)],
        8,
        reads,
        both.clone(),
        vec![Sink::Reduce { reducer: argmax(), results: vec![0, 1], to, prereduction: None }],
    );
    let sinks = vec![store(0, value, &[(ROW, n(1))]), store(1, index, &[(ROW, n(1))])];
    let second = block(&[], 1, vec![Read::Row(RowId(0)), Read::Row(RowId(1))], both, sinks);
    f.nest(Some(s(0)), 4, &[F32, I64], vec![first, second]);
    check_sizes(&model(vec![f], vec![]), |n, m| vec![(F32, vec![n, m]), (I64, vec![m])]);
}

#[test]
fn bool_reductions_spill_as_bytes() {
    let mut f = Fun::new("any", &["N", "M"]);
    let x = f.input("x", Bool, &[s(0), s(1)]);
    let out = f.output("out", Bool, &[s(0)]);
    let all = f.output("all", Bool, &[]);
    let reads = vec![read(x, &[(ROW, s(1)), (inner(0), n(1))])];
    let to = vec![Target::Row(RowId(0))];
    let first = block(
        &[s(1)],
        8,
        reads,
        Program::identity(Bool),
        vec![Sink::Reduce { reducer: sum(Bool), results: vec![0], to, prereduction: None }],
    );
    let mut every = sum(Bool);
    every.step = program(&[Bool; 2], |b, e| vec![b.mul(e[0], e[1])]);
    every.merge = every.step.clone();
    every.init = vec![[1, 0]];
    let sinks = vec![
        store(0, out, &[(ROW, n(1))]),
        Sink::ReduceRows { reducer: every, results: vec![0], to: vec![all] },
    ];
    let second = block(&[], 1, vec![Read::Row(RowId(0))], Program::identity(Bool), sinks);
    f.nest(Some(s(0)), 8, &[Bool], vec![first, second]);
    check_sizes(&model(vec![f], vec![]), |n, m| vec![(Bool, vec![n, m])]);
}

/// x - max, squared, over its sum: the shape of a softmax, with the row kept in the workspace.
#[test]
fn softmax_like() {
    for (dtype, lanes, rows) in [(F32, 16, 1), (F64, 8, 4)] {
        let mut f = Fun::new("softmax", &["N", "M"]);
        let x = f.input("x", dtype, &[s(0), s(1)]);
        let out = f.output("out", dtype, &[s(0), s(1)]);
        let row = vec![(ROW, s(1)), (inner(0), n(1))];
        let reduce = |reducer, id| {
            vec![Sink::Reduce {
                reducer,
                results: vec![0],
                to: vec![Target::Row(RowId(id))],
                prereduction: None,
            }]
        };
        let greatest =
            block(&[s(1)], lanes, vec![read(x, &row)], Program::identity(dtype), reduce(max(dtype), 0));
        let shifted = program(&[dtype; 2], |b, e| {
            let d = b.sub(e[0], e[1]);
            let square = b.mul(d, d);
            vec![square]
        });
        let mut sinks = vec![store(0, out, &row)];
        sinks.extend(reduce(sum(dtype), 1));
        let squares = block(&[s(1)], lanes, vec![read(x, &row), Read::Row(RowId(0))], shifted, sinks);
        let divide = program(&[dtype; 2], |b, e| vec![b.div(e[0], e[1])]);
        let scale = block(
            &[s(1)],
            lanes,
            vec![read(out, &row), Read::Row(RowId(1))],
            divide,
            vec![store(0, out, &row)],
        );
        f.nest(Some(s(0)), rows, &[dtype; 2], vec![greatest, squares, scale]);
        check_sizes(&model(vec![f], vec![]), |n, m| vec![(dtype, vec![n, m])]);
    }
}

/// The tutorial's logistic regression without its elementary functions: a dot product, an error, a gradient,
/// a loss.
pub fn logreg(dtype: DType, lanes: u32, rows: u32, features: Dim) -> ModelPlan {
    let symbols: &[&str] = if features.as_const().is_some() { &["N"] } else { &["N", "M"] };
    let mut f = Fun::new("step", symbols);
    let x = f.input("x", dtype, &[s(0), features.clone()]);
    let y = f.input("y", dtype, &[s(0)]);
    let w = f.input("w", dtype, std::slice::from_ref(&features));
    let g = f.output("g", dtype, std::slice::from_ref(&features));
    let loss = f.output("loss", dtype, &[]);
    let guess = f.output("guess", Bool, &[s(0)]);
    let zero = program(&[], |b, _| vec![real(dtype, b.float(dtype.scalar_type(), 0.0))]);
    f.nest(
        None,
        1,
        &[],
        vec![block(
            std::slice::from_ref(&features),
            lanes,
            vec![],
            zero,
            vec![store(0, g, &[(inner(0), n(1))])],
        )],
    );
    let both = program(&[dtype; 2], |_, e| e.to_vec());
    let row = vec![(ROW, features.clone()), (inner(0), n(1))];
    let column = vec![(inner(0), n(1))];
    let matmul = block(
        std::slice::from_ref(&features),
        lanes,
        vec![read(x, &row), read(w, &column)],
        both.clone(),
        vec![Sink::Reduce {
            reducer: dot(dtype),
            results: vec![0, 1],
            to: vec![Target::Row(RowId(0))],
            prereduction: None,
        }],
    );
    let error = program(&[dtype; 2], |b, e| {
        let d = b.sub(e[0], e[1]);
        let zero = b.float(dtype.scalar_type(), 0.0);
        let positive = b.compare(Predicate::Gt, e[0].re(), zero);
        let square = b.mul(d, d);
        vec![d, square, real(Bool, positive)]
    });
    let point = block(
        &[],
        1,
        vec![Read::Row(RowId(0)), read(y, &[(ROW, n(1))])],
        error,
        vec![
            Sink::Row { result: 0, row: RowId(1) },
            Sink::ReduceRows { reducer: sum(dtype), results: vec![1], to: vec![loss] },
            store(2, guess, &[(ROW, n(1))]),
        ],
    );
    let gradient = block(
        std::slice::from_ref(&features),
        lanes,
        vec![Read::Row(RowId(1)), read(x, &row)],
        both,
        vec![Sink::Accumulate { reducer: dot(dtype), results: vec![0, 1], to: vec![at(g, &column)] }],
    );
    f.nest(Some(s(0)), rows, &[dtype; 2], vec![matmul, point, gradient]);
    model(vec![f], vec![])
}

#[test]
fn logreg_like() {
    for (dtype, lanes, rows) in [(F32, 8, 4), (F64, 8, 2), (F32, 16, 1), (F64, 1, 8)] {
        let shapes = |n: usize, m: usize| vec![(dtype, vec![n, m]), (dtype, vec![n]), (dtype, vec![m])];
        check_sizes(&logreg(dtype, lanes, rows, s(1)), shapes);
        check_sizes(&logreg(dtype, lanes, rows, n(13)), |n, _| shapes(n, 13));
        check_sizes(&logreg(dtype, lanes, rows, n(3)), |n, _| shapes(n, 3));
    }
}

/// Sums that meet in one element keep the order of iterations, however many rows run together.
#[test]
fn accumulations_keep_their_order() {
    let mut f = Fun::new("columns", &["N", "M"]);
    let x = f.input("x", F32, &[s(0), n(3), s(1)]);
    let out = f.output("out", F32, &[s(1)]);
    let rowwise = f.output("rowwise", F32, &[s(0), s(1)]);
    let column = vec![(inner(0), n(1))];
    let zero = program(&[], |b, _| vec![real(F32, b.float(F32.scalar_type(), 0.0))]);
    f.nest(None, 1, &[], vec![block(&[s(1)], 8, vec![], zero.clone(), vec![store(0, out, &column)])]);
    let matrix = vec![(inner(0), s(1)), (inner(1), n(1))];
    f.nest(None, 1, &[], vec![block(&[s(0), s(1)], 8, vec![], zero, vec![store(0, rowwise, &matrix)])]);
    let reads = vec![read(x, &[(ROW, &s(1) * &n(3)), (inner(0), s(1)), (inner(1), n(1))])];
    let add = |to| Sink::Accumulate { reducer: sum(F32), results: vec![0], to: vec![to] };
    let sinks = vec![add(at(out, &[(inner(1), n(1))])), add(at(rowwise, &[(ROW, s(1)), (inner(1), n(1))]))];
    f.nest(Some(s(0)), 4, &[], vec![block(&[n(3), s(1)], 8, reads, Program::identity(F32), sinks)]);
    check_sizes(&model(vec![f], vec![]), |n, m| vec![(F32, vec![n, 3, m])]);
}

/// A block that must run row after row still makes and reads row values.
#[test]
fn row_values_cross_blocks_that_cannot_join() {
    let mut f = Fun::new("mixed", &["N", "M"]);
    let x = f.input("x", F32, &[s(0), s(1)]);
    let total = f.workspace("total", F32, &[s(1)]);
    let out = f.output("out", F32, &[s(0)]);
    let sums = f.output("sums", F32, &[s(1)]);
    let column = vec![(inner(0), n(1))];
    let zero = program(&[], |b, _| vec![real(F32, b.float(F32.scalar_type(), 0.0))]);
    f.nest(None, 1, &[], vec![block(&[s(1)], 8, vec![], zero, vec![store(0, total, &column)])]);
    let reads = vec![read(x, &[(ROW, s(1)), (inner(0), n(1))])];
    let sinks = vec![
        Sink::Reduce {
            reducer: max(F32),
            results: vec![0],
            to: vec![Target::Row(RowId(0))],
            prereduction: None,
        },
        Sink::Accumulate { reducer: sum(F32), results: vec![0], to: vec![at(total, &column)] },
    ];
    let first = block(&[s(1)], 8, reads, Program::identity(F32), sinks);
    let point = block(
        &[],
        1,
        vec![Read::Row(RowId(0)), Read::Size(s(1))],
        program(&[F32, I64], |b, e| {
            let size = b.cast(e[1], F32);
            vec![b.add(e[0], size)]
        }),
        vec![store(0, out, &[(ROW, n(1))])],
    );
    f.nest(Some(s(0)), 4, &[F32], vec![first, point]);
    f.body.steps.push(Step::Copy { from: total, to: sums });
    check_sizes(&model(vec![f], vec![]), |n, m| vec![(F32, vec![n, m])]);
}

#[test]
fn states_change_in_place_and_by_copies() {
    let w = noise(F32, &[13], 5);
    let mut plan =
        model(vec![], vec![("w", w), ("count", Array::from(7i64)), ("z", Array::zeros::<f64>([3]))]);
    let mut f = Fun::new("train", &["N"]);
    let x = f.input("x", F32, &[n(13)]);
    let w = f.state(&plan, 0, true);
    let count = f.state(&plan, 1, true);
    let next = f.workspace("next", I64, &[]);
    let old = f.output("old", F32, &[n(13)]);
    let column = vec![(inner(0), n(1))];
    let step = program(&[F32; 2], |b, e| {
        let sum = b.add(e[0], e[1]);
        vec![e[0], sum]
    });
    let sinks = vec![store(0, old, &column), store(1, w, &column)];
    f.nest(None, 1, &[], vec![block(&[n(13)], 8, vec![read(w, &column), read(x, &column)], step, sinks)]);
    let add_size = program(&[I64; 2], |b, e| vec![b.add(e[0], e[1])]);
    f.nest(
        None,
        1,
        &[],
        vec![block(&[], 1, vec![read(count, &[]), Read::Size(s(0))], add_size, vec![store(0, next, &[])])],
    );
    f.body.steps.push(Step::Copy { from: next, to: count });
    plan.interface.sizes = f.signature.symbols.iter().map(|(_, s)| s.clone()).collect();
    plan.interface.functions.push(f.signature);
    plan.variants[0].bodies.push(f.body);
    check(&plan, &[(0, &[5], vec![noise(F32, &[13], 9)])]);
}

#[test]
fn constants_and_offsets() {
    let mut f = Fun::new("gather", &["N"]);
    let x = f.input("x", F32, &[&s(0) + &n(2)]);
    let table = f.buffer("table", F32, &[n(4)], Storage::Constant(0));
    let out = f.output("out", F32, &[s(0)]);
    let shifted =
        |offset| Read::Buffer(Access { buffer: x, strides: vec![(inner(0), n(1))], offset: n(offset) });
    let third = Read::Buffer(Access { buffer: table, strides: vec![], offset: n(2) });
    let back = Read::Buffer(Access { buffer: x, strides: vec![(inner(0), n(-1))], offset: &s(0) - &n(1) });
    let all = program(&[F32; 4], |b, e| {
        let (p, q) = (b.mul(e[0], e[2]), b.mul(e[1], e[3]));
        vec![b.add(p, q)]
    });
    let sinks = vec![store(0, out, &[(inner(0), n(1))])];
    f.nest(None, 1, &[], vec![block(&[s(0)], 8, vec![shifted(0), shifted(2), third, back], all, sinks)]);
    let mut plan = model(vec![f], vec![]);
    plan.interface.constants.push(noise(F32, &[4], 3));
    check_sizes(&plan, |n, _| vec![(F32, vec![n + 2])]);
}

/// Rows of a matrix times a scalar, summed, in chunks of four rows or more.
pub fn in_chunks() -> ModelPlan {
    let mut f = Fun::new("parallel", &["N", "M"]);
    let x = f.input("x", F32, &[s(0), s(1)]);
    let k = f.input("k", F32, &[]);
    let out = f.output("out", F32, &[s(0)]);
    let reads = vec![read(x, &[(ROW, s(1)), (inner(0), n(1))]), read(k, &[])];
    let matmul = program(&[F32; 2], |b, e| vec![b.mul(e[0], e[1])]);
    let to = vec![Target::Buffer(at(out, &[(ROW, n(1))]))];
    let sinks = vec![Sink::Reduce { reducer: sum(F32), results: vec![0], to, prereduction: None }];
    f.nest(Some(s(0)), 4, &[], vec![block(&[s(1)], 8, reads, matmul, sinks)]);
    let Some(Step::Nest(nest)) = f.body.steps.last_mut() else { unreachable!() };
    nest.parallel = Some(Parallel { rows_per_chunk: 4 });
    model(vec![f], vec![])
}

#[test]
fn chunks_of_rows_give_the_same_bits() {
    let plan = in_chunks();
    check_sizes(&plan, |n, m| vec![(F32, vec![n, m]), (F32, vec![])]);
    let tall = vec![noise(F32, &[1001, 3], 1), noise(F32, &[], 2)];
    check_tight(&plan, &[(0, &[1001, 3], tall)]);
}

/// Row-major positions, forwards and backwards, along rows, lanes and both.
#[test]
fn indices_are_numbers() {
    for rows in [1, 4] {
        let mut f = Fun::new("indices", &["N", "M"]);
        let out = f.output("out", I64, &[s(0), s(1)]);
        let back = f.output("back", I64, &[s(0), s(1)]);
        let column = f.output("column", I64, &[s(0)]);
        let row = vec![(ROW, s(1)), (inner(0), n(1))];
        let last = &(&s(0) * &s(1)) - &n(1);
        let index = |strides: Vec<(Axis, Dim)>, offset| Read::Index(Position { strides, offset });
        let reads = vec![index(row.clone(), n(0)), index(vec![(ROW, n(3))], n(-7)), index(vec![], s(0))];
        let both = program(&[I64; 3], |b, e| {
            let sum = b.add(e[0], e[1]);
            vec![sum, b.add(sum, e[2])]
        });
        let turned = vec![(ROW, &n(0) - &s(1)), (inner(0), n(-1))];
        let to = Access { buffer: back, strides: turned, offset: last };
        let sinks = vec![store(0, out, &row), Sink::Store { result: 1, to }];
        let first = block(&[s(1)], 8, reads, both, sinks);
        let reads = vec![index(vec![(ROW, s(1))], n(1))];
        let second = block(&[], 1, reads, Program::identity(I64), vec![store(0, column, &[(ROW, n(1))])]);
        f.nest(Some(s(0)), rows, &[], vec![first, second]);
        check_sizes(&model(vec![f], vec![]), |_, _| vec![]);
    }
}

/// Rows of a table that indices name, the same rows added to, and single elements: along lanes, rows and
/// both.
#[test]
fn places_that_data_says() {
    for (dtype, rows) in [(F32, 1), (F64, 4), (C64, 1), (U8, 4)] {
        let mut f = Fun::new("places", &["N", "K"]);
        let table = f.input("table", dtype, &[s(1), n(5)]);
        let i = f.input("i", I64, &[s(0)]);
        let taken = f.output("taken", dtype, &[s(0), n(5)]);
        let column = f.output("column", dtype, &[s(0)]);
        let sums = f.output("sums", dtype, &[s(1), n(5)]);
        f.body.steps.push(Step::Check(IndexCheck {
            index: i,
            extent: s(1),
            index_name: "i".into(),
            data_name: "table".into(),
            axis: 0,
            place: String::new(),
        }));
        let index = || vec![IndirectIndex { read: 0, extent: s(1), stride: n(5) }];
        let second = || program(&[I64, dtype], |_, e| vec![e[1]]);
        let say = || read(i, &[(ROW, n(1))]);
        let look = |access| Read::Gather(Indirect { access, indices: index() });
        let here = vec![(ROW, n(5)), (inner(0), n(1))];
        let reads = vec![say(), look(at(table, &[(inner(0), n(1))]))];
        let lanes = block(&[n(5)], 4, reads, second(), vec![store(0, taken, &here)]);
        let last = Access { buffer: table, strides: vec![], offset: n(4) };
        let single = block(&[], 1, vec![say(), look(last)], second(), vec![store(0, column, &[(ROW, n(1))])]);
        f.nest(Some(s(0)), rows, &[], vec![lanes, single]);
        let all = vec![(inner(0), n(1))];
        let size = &s(1) * &n(5);
        f.nest(
            None,
            1,
            &[],
            vec![block(
                &[size],
                8,
                vec![read(table, &all)],
                Program::identity(dtype),
                vec![store(0, sums, &all)],
            )],
        );
        let add = program(&[dtype; 2], |b, e| vec![b.add(e[0], e[1])]);
        let to = Indirect { access: at(sums, &[(inner(0), n(1))]), indices: index() };
        let sink = Sink::Scatter { result: 0, to, add: Some(add) };
        f.nest(
            Some(s(0)),
            rows,
            &[],
            vec![block(&[n(5)], 4, vec![say(), read(taken, &here)], second(), vec![sink])],
        );
        let to = Indirect { access: at(sums, &[]), indices: index() };
        let sink = Sink::Scatter { result: 0, to, add: None };
        let reads = vec![say(), read(column, &[(ROW, n(1))])];
        f.nest(Some(s(0)), 4, &[], vec![block(&[], 1, reads, second(), vec![sink])]);
        let indices = |count: i64, size: i64| -> Vec<i64> {
            (0..count).map(|k| if k % 3 == 0 { -1 - k * 7 % size } else { k * k % size }).collect()
        };
        let calls: Vec<_> = [[0, 0], [0, 3], [1, 1], [7, 3], [64, 10], [19, 100]]
            .iter()
            .map(|sizes| {
                let [count, size] = [sizes[0] as usize, sizes[1] as usize];
                let i = Array::from_slice([count], &indices(sizes[0], sizes[1]));
                (0, sizes.as_slice(), vec![noise(dtype, &[size, 5], 1), i])
            })
            .collect();
        check_tight(&model(vec![f], vec![]), &calls);
    }
}

/// A read of the last column while the columns run: without columns there is none.
#[test]
fn nothing_is_read_before_an_empty_axis() {
    let mut f = Fun::new("last", &["N", "M"]);
    let x = f.input("x", F32, &[s(0), s(1)]);
    let out = f.output("out", F32, &[s(0), s(1)]);
    let row = vec![(ROW, s(1)), (inner(0), n(1))];
    let last = Read::Buffer(Access { buffer: x, strides: vec![(ROW, s(1))], offset: &s(1) - &n(1) });
    let add = program(&[F32; 2], |b, e| vec![b.add(e[0], e[1])]);
    f.nest(
        Some(s(0)),
        2,
        &[],
        vec![block(&[s(1)], 8, vec![read(x, &row), last], add, vec![store(0, out, &row)])],
    );
    check_sizes(&model(vec![f], vec![]), |n, m| vec![(F32, vec![n, m])]);
}
