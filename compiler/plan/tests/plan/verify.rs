//! What the verifier accepts, and one broken plan for each of its rules.

use tgc_graph::array::Array;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_plan::size::Size;
use tgc_plan::verify::verify;
use tgc_plan::*;
use tgc_scalar::{Binary, Program};

use crate::models::*;

/// Breaks a sound plan and compares the message.
fn refuse(mut plan: ModelPlan, break_it: impl FnOnce(&mut ModelPlan), want: &str) {
    verify(&plan).expect("the plan is sound before it is broken");
    break_it(&mut plan);
    let found = verify(&plan).map_or_else(|error| error.to_string(), |()| "accepted".to_owned());
    assert_eq!(found, want);
}

pub fn block_mut(plan: &mut ModelPlan, step: usize, block: usize) -> &mut Block {
    &mut nest_mut(plan, step).blocks[block]
}

/// The access of a block's read.
pub fn read_mut(plan: &mut ModelPlan, step: usize, block: usize, read: usize) -> &mut Access {
    match &mut block_mut(plan, step, block).reads[read] {
        Read::Buffer(access) => access,
        other => panic!("{other:?} reads no buffer"),
    }
}

/// The access of a block's first sink, a store.
fn store_mut(plan: &mut ModelPlan, step: usize, block: usize) -> &mut Access {
    match &mut block_mut(plan, step, block).sinks[0] {
        Sink::Store { to, .. } => to,
        other => panic!("{other:?} is no store"),
    }
}

fn reduce_mut(sink: &mut Sink) -> &mut Reducer {
    match sink {
        Sink::Reduce { reducer, .. }
        | Sink::Accumulate { reducer, .. }
        | Sink::ReduceRows { reducer, .. } => reducer,
        other => panic!("{other:?} is no reducer"),
    }
}

#[test]
fn sound_plans_are_accepted() {
    for plan in [map(), row_sums(8), total(4), normalized_rows(), regression_step(784), joined_columns()] {
        assert_eq!(verify(&plan), Ok(()));
    }
    assert_eq!(verify(&prereduced_row_sums(8, 3)), Ok(()));
    assert_eq!(verify(&looked_up()), Ok(()));
    assert_eq!(verify(&running_sums()), Ok(()));
    assert_eq!(verify(&staged()), Ok(()));
    let mut parallel = normalized_rows();
    nest_mut(&mut parallel, 0).parallel = Some(Parallel { rows_per_chunk: 8 });
    assert_eq!(verify(&parallel), Ok(()));
}

#[test]
fn flipped_transposed_and_shifted_accesses_are_accepted() {
    let mut flipped = map();
    let n = symbol(0);
    *read_mut(&mut flipped, 0, 0, 0) =
        Access { buffer: BufferId(0), strides: vec![(I, known(-1))], offset: &n - &known(1) };
    assert_eq!(verify(&flipped), Ok(()));

    let mut transposed = joined_columns();
    nest_mut(&mut transposed, 0).rows = 4;
    for block in 0..2 {
        let to = store_mut(&mut transposed, 0, block);
        to.strides = vec![(ROW, known(1)), (I, symbol(0))];
        to.offset = &to.offset * &symbol(0);
    }
    assert_eq!(verify(&transposed), Ok(()));
}

#[test]
fn programs_are_checked() {
    refuse(
        map(),
        |p| block_mut(p, 0, 0).program = float_program(Binary::Rem),
        "function `f`, step 0, block 0: the program %2: expected integers for a remainder",
    );
    refuse(
        map(),
        |p| block_mut(p, 0, 0).program = matmul(),
        "function `f`, step 0, block 0: the number of reads: found 1, expected 2",
    );
    refuse(
        map(),
        |p| block_mut(p, 0, 0).program = Program::identity(DType::I32),
        "function `f`, step 0, block 0: the element type of read 0: found f32, expected i32",
    );
    refuse(
        map(),
        |p| block_mut(p, 0, 0).reads[0] = Read::Size(symbol(0)),
        "function `f`, step 0, block 0: the element type of read 0: found i64, expected f32",
    );
    refuse(
        map(),
        |p| block_mut(p, 0, 0).sinks.push(store(1, BufferId(1), &[])),
        "function `f`, step 0, block 0: names result 1, expected one of the program's 1",
    );
}

#[test]
fn reductions_are_checked() {
    let sums = || row_sums(4);
    let break_reducer = |change: fn(&mut Reducer), want: &str| {
        refuse(sums(), |p| change(reduce_mut(&mut block_mut(p, 0, 0).sinks[0])), want);
    };
    break_reducer(
        |reducer| reducer.step = Program::identity(F32),
        "function `f`, step 0, block 0: the parameters of a reducer's step: found (f32), expected (f32, f32)",
    );
    break_reducer(
        |reducer| reducer.merge = Program::identity(F32),
        "function `f`, step 0, block 0: the parameters of a reducer's merge: found (f32), expected (f32, f32)",
    );
    break_reducer(
        |reducer| reducer.init.clear(),
        "function `f`, step 0, block 0: the number of a reduction's initial values: found 0, expected 1",
    );
    break_reducer(
        |reducer| reducer.init[0] = [1 << 32, 0],
        "function `f`, step 0, block 0: the initial value of a reducer: found more bits, expected those of f32",
    );
    refuse(
        prereduced_row_sums(8, 3),
        |p| block_mut(p, 0, 0).lanes = 4,
        "function `f`, step 0, block 0: the prereduction of a tile: found 3 times, expected at most once a pair of 4 lanes",
    );
    refuse(
        prereduced_row_sums(8, 3),
        |p| {
            let Sink::Reduce { prereduction: Some(prereduction), .. } = &mut block_mut(p, 0, 0).sinks[0]
            else {
                unreachable!()
            };
            prereduction.add = Program::identity(DType::F32);
        },
        "function `f`, step 0, block 0: the parameters of what adds the halves of a tile: found (f32), expected (f32, f32)",
    );
    let target = |access| vec![Target::Buffer(access)];
    refuse(
        sums(),
        |p| {
            let Sink::Reduce { to, .. } = &mut block_mut(p, 0, 0).sinks[0] else { unreachable!() };
            *to = target(at(BufferId(1), &[(ROW, known(1)), (I, known(1))]));
        },
        "function `f`, step 0, block 0: a reducer's result in `s` depends on the reduced axis",
    );
    refuse(
        sums(),
        |p| {
            let Sink::Reduce { to, .. } = &mut block_mut(p, 0, 0).sinks[0] else { unreachable!() };
            to.clear();
        },
        "function `f`, step 0, block 0: the number of a reduction's results: found 0, expected 1",
    );
}

#[test]
fn only_what_walks_along_rows_is_asked_for_ahead() {
    let asking = |read| {
        let mut plan = row_sums(8);
        block_mut(&mut plan, 0, 0).prefetch = Some(Prefetch { reads: vec![read], distance: 64, line: 64 });
        plan
    };
    assert_eq!(verify(&asking(0)), Ok(()));
    let want = "function `f`, step 0, block 0: asks for elements of rows to come that are not along one, or of a fissioned program";
    refuse(
        asking(0),
        |p| block_mut(p, 0, 0).prefetch = Some(Prefetch { reads: vec![1], distance: 64, line: 64 }),
        want,
    );
    refuse(asking(0), |p| read_mut(p, 0, 0, 0).strides.truncate(1), want);
}

#[test]
fn rows_run_side_by_side_only_where_nothing_can_tell() {
    let want = "function `f`, step 0, block 0: runs rows side by side, which reductions or a fission forbid";
    let mut plan = row_sums(8);
    block_mut(&mut plan, 0, 0).joins_rows = true;
    assert_eq!(verify(&plan), Ok(()));
    refuse(staged(), |p| block_mut(p, 0, 0).joins_rows = true, want);
}

#[test]
fn row_values_are_defined_once_and_first() {
    let step = || regression_step(8);
    refuse(
        step(),
        |p| nest_mut(p, 1).blocks.swap(0, 1),
        "function `f`, step 1, block 0: row value r0 is read before it is defined",
    );
    refuse(
        step(),
        |p| {
            let Sink::Row { row, .. } = &mut block_mut(p, 1, 1).sinks[0] else { unreachable!() };
            *row = RowId(0);
        },
        "function `f`, step 1, block 1: row value r0 is defined twice",
    );
    refuse(
        step(),
        |p| nest_mut(p, 1).row_values.truncate(1),
        "function `f`, step 1, block 1: names row value r1, expected one of the nest's 1",
    );
    refuse(
        step(),
        |p| nest_mut(p, 1).row_values[0] = DType::F64,
        "function `f`, step 1, block 0: the element type of a row value: found f32, expected f64",
    );
    refuse(
        step(),
        |p| block_mut(p, 1, 0).sinks.push(Sink::Row { result: 0, row: RowId(1) }),
        "function `f`, step 1, block 0: a block with axes has a row sink",
    );
    refuse(
        normalized_rows(),
        |p| {
            let block = block_mut(p, 0, 0);
            block.axes = vec![known(1), known(5)];
            let Read::Buffer(access) = &mut block.reads[0] else { unreachable!() };
            access.strides[1].0 = Axis::Inner(1);
        },
        "function `f`, step 0, block 0: a reduction over the last of several axes goes to row value r0",
    );
}

#[test]
fn rows_lanes_and_chunks_are_checked() {
    let prefix = "function `f`, step 0";
    let check = |plan: fn() -> ModelPlan, change: fn(&mut Nest), want: &str| {
        refuse(plan(), |p| change(nest_mut(p, 0)), &format!("{prefix}{want}"));
    };
    let parallel = |rows_per_chunk| Some(Parallel { rows_per_chunk });
    assert_eq!(parallel(6), Some(Parallel { rows_per_chunk: 6 }));
    check(
        normalized_rows,
        |n| n.rows = 3,
        ": the number of rows that run together is 3, expected a power of two",
    );
    check(map, |n| n.rows = 2, ": a nest without rows has rows that run together");
    check(
        map,
        |n| n.parallel = Some(Parallel { rows_per_chunk: 1 }),
        ": a nest without rows has parallel chunks",
    );
    check(
        normalized_rows,
        |n| n.parallel = Some(Parallel { rows_per_chunk: 3 }),
        ": chunks of 3 rows, expected a positive multiple of 2",
    );
    check(map, |n| n.blocks[0].lanes = 12, ", block 0: the number of lanes is 12, expected a power of two");
    check(|| total(4), |n| n.blocks[0].lanes = 4, ", block 0: a block without axes has lanes");
    check(
        || total(4),
        |n| n.parallel = Some(Parallel { rows_per_chunk: 4 }),
        ", block 0: a parallel nest has a reduction over its rows",
    );
    check(
        map,
        |n| n.blocks[0].axes[0] = &symbol(0) - &known(1),
        ", block 0: an extent N - 1 is negative when N = 0",
    );
}

#[test]
fn accesses_stay_inside() {
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).offset = known(1),
        "function `f`, step 0, block 0: an access to `x` ends beyond its N elements when N = 1",
    );
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).offset = known(-1),
        "function `f`, step 0, block 0: an access to `x` begins before its first element when N = 1",
    );
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).strides[0].1 = known(2),
        "function `f`, step 0, block 0: an access to `x` ends beyond its N elements when N = 2",
    );
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).strides[0].1 = known(0),
        "function `f`, step 0, block 0: the strides of an access to `x` are not sorted by axis, or one is zero",
    );
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).strides[0].0 = ROW,
        "function `f`, step 0, block 0: an access to `x` names an axis that is not in scope",
    );
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).buffer = BufferId(9),
        "function `f`, step 0, block 0: names buffer 9, expected one of 2",
    );
    refuse(
        map(),
        |p| read_mut(p, 0, 0, 0).offset = symbol(3),
        "function `f`, step 0, block 0: a dim names symbol 3, expected one of the function's 1",
    );
}

#[test]
fn iterations_do_not_disturb_one_another() {
    let step = || regression_step(8);
    refuse(
        map(),
        |p| {
            p.interface.functions[0].outputs[0].ty.shape.clear();
            p.variants[0].bodies[0].buffers[1].shape.clear();
            store_mut(p, 0, 0).strides.clear();
        },
        "function `f`, step 0, block 0: writes an element of `y` more than once in a row when N = 2",
    );
    refuse(
        step(),
        |p| {
            let gw = read_mut(p, 2, 0, 1).buffer;
            let again = p.variants[0].bodies[0].steps[2].clone();
            p.variants[0].bodies[0].steps.push(again);
            let update = read_mut(p, 3, 0, 0);
            (update.strides, update.offset) = (vec![(I, known(-1))], known(7));
            assert_ne!(update.buffer, gw);
        },
        "function `f`, step 3, block 0: reads `w` elsewhere than it writes it in the same block, as far as can be shown",
    );
    refuse(
        step(),
        |p| {
            let to = store_mut(p, 0, 0).clone();
            block_mut(p, 0, 0).sinks.push(Sink::Store { result: 0, to });
        },
        "function `f`, step 0, block 0: writes elements of `gw` twice in one block, as far as can be shown",
    );
    refuse(
        step(),
        |p| {
            let gw = store_mut(p, 0, 0).buffer;
            let dots = block_mut(p, 1, 0);
            let Read::Buffer(access) = &mut dots.reads[1] else { unreachable!() };
            access.buffer = gw;
        },
        "function `f`, step 1: rows that run together or in parallel share elements of `gw`, as far as can be shown",
    );
    refuse(
        step(),
        |p| {
            let loss = BufferId(3);
            block_mut(p, 1, 2).reads[0] = read(loss, &[]);
        },
        "function `f`, step 1: touches `loss`, which receives a reduction over the rows of the nest",
    );
    refuse(
        step(),
        |p| nest_mut(p, 1).blocks[1].sinks.retain(|s| !matches!(s, Sink::ReduceRows { .. })),
        "function `f`: no step stores output `loss`",
    );
    refuse(normalized_rows(), |p| read_mut(p, 0, 2, 0).offset = known(0), "accepted");
    refuse(
        normalized_rows(),
        |p| {
            let y = read_mut(p, 0, 2, 0);
            y.strides = vec![];
            y.offset = known(0);
        },
        "function `f`, step 0: reads one element of `y` over and over while the nest writes it",
    );
}

#[test]
fn parallel_rows_do_not_meet() {
    refuse(
        regression_step(8),
        |p| {
            let nest = nest_mut(p, 1);
            nest.blocks[1].sinks.remove(1);
            nest.parallel = Some(Parallel { rows_per_chunk: 4 });
        },
        "function `f`, step 1: rows that run together or in parallel share elements of `gw`, as far as can be shown",
    );
    refuse(
        normalized_rows(),
        |p| {
            for block in 1..3 {
                store_mut(p, 0, block).strides[0].1 = known(1);
            }
            read_mut(p, 0, 2, 0).strides[0].1 = known(1);
        },
        "function `f`, step 0: rows that run together or in parallel share elements of `y`, as far as can be shown",
    );
}

#[test]
fn places_are_checked() {
    let step = || regression_step(8);
    refuse(
        map(),
        |p| store_mut(p, 0, 0).buffer = BufferId(0),
        "function `f`, step 0, block 0: writes input `x`",
    );
    refuse(
        map(),
        |p| p.variants[0].bodies[0].buffers[1].name = "x".to_owned(),
        "function `f`: two buffers are called `x`",
    );
    refuse(
        map(),
        |p| p.variants[0].bodies[0].buffers[1].storage = Storage::Output(1),
        "function `f`: buffer `y` lives in output 1, expected less than 1",
    );
    refuse(
        map(),
        |p| p.variants[0].bodies[0].buffers[1].shape = vec![known(3)],
        "function `f`: buffer `y` differs from its output in element type or size",
    );
    refuse(
        step(),
        |p| {
            let mut alias = p.variants[0].bodies[0].buffers[4].clone();
            alias.name = "v".to_owned();
            p.variants[0].bodies[0].buffers.push(alias);
        },
        "function `f`: buffers `w` and `v` are the same state",
    );
    refuse(
        step(),
        |p| p.interface.functions[0].updates.clear(),
        "function `f`, step 2, block 0: writes state `w`, which is not listed as updated",
    );
    refuse(
        step(),
        |p| p.interface.functions[0].reads.clear(),
        "function `f`, step 1, block 0: reads state `w`, which is not listed as read",
    );
    refuse(
        step(),
        |p| drop(p.variants[0].bodies[0].steps.pop()),
        "function `f`: no step writes state `w`, which is listed as updated",
    );
    refuse(
        step(),
        |p| p.interface.functions[0].updates.push(0),
        "function `f`: the list of states that it updates is not ascending or names no state",
    );
    refuse(
        step(),
        |p| p.interface.states[0].offset = 32,
        "model `m`: state `w` lies at byte 32: expected a multiple of 64 after the state before it",
    );
}

#[test]
fn outputs_are_stored_whole() {
    refuse(map(), |p| p.variants[0].bodies[0].steps.clear(), "function `f`: no step stores output `y`");
    refuse(
        map(),
        |p| {
            let half = known(0);
            block_mut(p, 0, 0).axes[0] = half;
        },
        "function `f`: not every element of output `y` is stored when N = 1",
    );
    refuse(
        joined_columns(),
        |p| drop(nest_mut(p, 0).blocks.pop()),
        "function `f`: not every element of output `z` is stored when N = 1, K = 1",
    );
}

#[test]
fn workspace_is_written_before_it_is_read_and_never_shared() {
    let step = || regression_step(8);
    refuse(
        step(),
        |p| drop(p.variants[0].bodies[0].steps.remove(0)),
        "function `f`, step 0, block 2: reads `gw` before anything is stored to it",
    );
    let second = |p: &mut ModelPlan, offset: Size, copy_at: usize| {
        let mut buffer = p.variants[0].bodies[0].buffers[5].clone();
        buffer.name = "copy".to_owned();
        buffer.storage = Storage::Workspace { offset };
        p.variants[0].bodies[0].buffers.push(buffer);
        p.variants[0].bodies[0].steps.insert(copy_at, Step::Copy { from: BufferId(5), to: BufferId(6) });
    };
    refuse(
        step(),
        |p| second(p, Size::Const(0), 2),
        "function `f`: buffers `gw` and `copy` overlap in the workspace while both are in use when N = 0",
    );
    refuse(
        step(),
        |p| second(p, Size::Const(64), 2),
        "function `f`: buffer `copy` ends beyond the workspace of 64 bytes when N = 0",
    );
    refuse(
        step(),
        |p| second(p, Size::Const(8), 2),
        "function `f`: buffer `copy` begins at 8, expected a multiple of 64",
    );
    refuse(
        step(),
        |p| {
            p.variants[0].bodies[0].workspace = Size::Const(128);
            second(p, Size::Const(64), 2);
        },
        "accepted",
    );
    // Slots of a symbolic size: one after the other is fine, half a slot is not.
    let chain = |shift: fn(&Dim) -> Size| {
        let mut plan = map();
        let n = symbol(0);
        let a = scratch(&mut plan, "a", F32, &[n.clone()]);
        let b = scratch(&mut plan, "b", F32, &[n.clone()]);
        plan.variants[0].bodies[0].buffers[b.0 as usize].storage = Storage::Workspace { offset: shift(&n) };
        let again = plan.variants[0].bodies[0].steps[0].clone();
        plan.variants[0].bodies[0].steps.insert(0, again);
        *store_mut(&mut plan, 0, 0) = at(a, &[(I, known(1))]);
        plan.variants[0].bodies[0].steps.insert(1, Step::Copy { from: a, to: b });
        verify(&plan).map_err(|error| error.to_string())
    };
    assert_eq!(chain(|n| Size::of(n, 4)), Ok(()));
    let overlap =
        "function `f`: buffers `a` and `b` overlap in the workspace while both are in use when N = 33";
    assert_eq!(chain(|n| Size::of(n, 2)), Err(overlap.to_owned()));
}

#[test]
fn copies_are_checked() {
    let copied = || {
        let mut plan = map();
        plan.variants[0].bodies[0].steps = vec![Step::Copy { from: BufferId(0), to: BufferId(1) }];
        plan
    };
    let copy_mut = |p: &mut ModelPlan, from, to| {
        p.variants[0].bodies[0].steps[0] = Step::Copy { from: BufferId(from), to: BufferId(to) };
    };
    refuse(
        copied(),
        |p| copy_mut(p, 1, 0),
        "function `f`, step 0: reads `y` before anything is stored to it",
    );
    refuse(copied(), |p| copy_mut(p, 1, 1), "function `f`, step 0: copies `y` over itself");
    refuse(
        copied(),
        |p| {
            let w = state(p, "w", Array::zeros::<f32>([2]));
            copy_mut(p, w.0, 1);
        },
        "function `f`, step 0: copies `w` over `y`, expected the same element type and shape",
    );
}

#[test]
fn what_data_says_is_checked_before_anything_is_written() {
    let unchecked =
        "`i` says places along an axis of size N; no step has checked that, or it may have changed";
    refuse(
        looked_up(),
        |p| drop(p.variants[0].bodies[0].steps.remove(0)),
        &format!("function `f`, step 0, block 0: {unchecked}"),
    );
    refuse(
        looked_up(),
        |p| p.variants[0].bodies[0].steps.swap(0, 1),
        &format!("function `f`, step 0, block 0: {unchecked}"),
    );
    refuse(
        looked_up(),
        |p| {
            let check = p.variants[0].bodies[0].steps[0].clone();
            p.variants[0].bodies[0].steps.push(check);
        },
        "function `f`, step 3: checks `i` after something is written to an output or a state",
    );
    refuse(
        looked_up(),
        |p| match &mut p.variants[0].bodies[0].steps[0] {
            Step::Check(check) => check.extent = &symbol(0) + &known(1),
            other => panic!("{other:?} is no check"),
        },
        &format!("function `f`, step 1, block 0: {unchecked}"),
    );
    refuse(
        looked_up(),
        |p| match &mut p.variants[0].bodies[0].steps[0] {
            Step::Check(check) => check.index = BufferId(0),
            other => panic!("{other:?} is no check"),
        },
        "function `f`, step 0: checks `x`, expected a buffer of int64",
    );
}

#[test]
fn places_that_data_says_stay_inside_and_apart() {
    let parts = |p: &mut ModelPlan, change: fn(&mut IndirectIndex)| match &mut block_mut(p, 1, 0).reads[1] {
        Read::Gather(indirect) => change(&mut indirect.indices[0]),
        other => panic!("{other:?} is no gather"),
    };
    refuse(
        looked_up(),
        |p| parts(p, |part| part.stride = known(4)),
        "function `f`, step 1, block 0: an access to `x` ends beyond its 3*N elements when N = 2",
    );
    refuse(
        looked_up(),
        |p| parts(p, |part| part.read = 1),
        "function `f`, step 1, block 0: the index of a place is read 1, expected an earlier read of int64 in memory",
    );
    refuse(
        looked_up(),
        |p| nest_mut(p, 2).parallel = Some(Parallel { rows_per_chunk: 8 }),
        "function `f`, step 2, block 0: a parallel nest has rows that go in order",
    );
    refuse(
        looked_up(),
        |p| block_mut(p, 2, 0).reads[1] = read(BufferId(2), &[(ROW, known(3))]),
        "function `f`, step 2: touches `y` where data says and elsewhere while the nest writes it",
    );
}

#[test]
fn running_reductions_keep_their_accumulators_apart() {
    let carry = |p: &mut ModelPlan, change: fn(&mut Vec<Access>)| match &mut block_mut(p, 0, 0).sinks[0] {
        Sink::Scan { carry, .. } => change(carry),
        other => panic!("{other:?} is no scan"),
    };
    refuse(
        running_sums(),
        |p| carry(p, Vec::clear),
        "function `f`, step 0, block 0: a scan has 0 places for accumulators to wait, expected 1",
    );
    refuse(
        running_sums(),
        |p| carry(p, |carry| carry[0].strides.clear()),
        "function `f`, step 0, block 0: writes an element of `carry` more than once in a row when N = 2, K = 2",
    );
    refuse(
        running_sums(),
        |p| carry(p, |carry| carry[0].strides.insert(0, (ROW, known(1)))),
        "function `f`, step 0, block 0: an accumulator of a scan waits in `carry` at places that differ along its axis",
    );
    refuse(
        running_sums(),
        |p| nest_mut(p, 0).parallel = Some(Parallel { rows_per_chunk: 8 }),
        "function `f`, step 0, block 0: a parallel nest has rows that go in order",
    );
}

#[test]
fn matmuls() {
    assert_eq!(verify(&matrix_matmul()), Ok(()));
    let refuse = |break_it: fn(&mut Matmul), want: &str| {
        refuse(matrix_matmul(), |p| break_it(matmul_mut(p)), &format!("function `f`, step 0{want}"));
    };
    refuse(
        |p| p.axes.truncate(2),
        ": a matmul has fewer than three axes, or its epilogue has others than all but the last",
    );
    let blocks = ": a matmul has blocks that are not whole tiles, or are empty";
    refuse(|p| p.blocks.mc = 8, blocks);
    refuse(|p| p.blocks.kc = 0, blocks);
    refuse(|p| p.tile.nr = 12, ": the number of a tile's columns is 12, expected a power of two");
    let scratch =
        ": scratch `sums` of a matmul is used elsewhere, or has another type or shape than its blocks need";
    refuse(|p| p.blocks.mc = 18, scratch);
    refuse(|p| p.sums = p.pack_right.as_ref().unwrap().buffer, &scratch.replace("sums", "right"));
    let foreign = ": a matmul multiplies `a` along the other matrix's axis, or writes it";
    refuse(|p| p.left.strides[1].0 = p.column_axis(), foreign);
    refuse(
        |p| p.left.strides[0].1 = known(31),
        ", block 0: an access to `a` ends beyond its 30*N elements when N = 2",
    );
    refuse(
        |p| {
            let Sink::Store { to, .. } = &mut p.epilogue.sinks[0] else { unreachable!() };
            to.strides.truncate(1);
        },
        ", block 0: writes an element of `y` more than once in a row when N = 1",
    );
    let mut elsewhere = map();
    block_mut(&mut elsewhere, 0, 0).reads[0] = Read::Sum;
    let found = verify(&elsewhere).unwrap_err().to_string();
    assert_eq!(found, "function `f`, step 0, block 0: reads a sum outside the epilogue of a matmul");
}

#[test]
fn fission_cuts_programs_and_keeps_values_to_themselves() {
    let refuse_fissioned = |break_it: fn(&mut ModelPlan), want: &str| {
        refuse(staged(), break_it, &format!("function `f`, step 0, block 0: {want}"));
    };
    let fission = |p: &mut ModelPlan, change: fn(&mut Fission)| {
        change(block_mut(p, 0, 0).fission.as_mut().expect("the block has a fission"));
    };
    type Broken = (fn(&mut Fission), &'static str);
    let broken: [Broken; 4] = [
        (|s| s.cuts = vec![0], "segments begin at [0], expected ascending numbers of instructions among 5"),
        (
            |s| s.cuts = vec![3, 2],
            "segments begin at [3, 2], expected ascending numbers of instructions among 5",
        ),
        (|s| s.strip = 12, "strips of 12 iterations, expected a positive multiple of 8"),
        (|s| s.strip = 32, "the bytes to which a fissioned program spills values: found 64, expected 128"),
    ];
    for (change, want) in broken {
        refuse(staged(), |p| fission(p, change), &format!("function `f`, step 0, block 0: {want}"));
    }
    refuse_fissioned(
        |p| block_mut(p, 0, 0).fission.as_mut().expect("the block has a fission").buffer = BufferId(1),
        "a fissioned program spills values elsewhere than to bytes of the workspace",
    );
    refuse_fissioned(
        |p| {
            block_mut(p, 0, 0).axes.clear();
            block_mut(p, 0, 0).lanes = 1;
            for access in [BufferId(0), BufferId(1)] {
                let free = at(access, &[]);
                match access {
                    BufferId(0) => *read_mut(p, 0, 0, 0) = free,
                    _ => *store_mut(p, 0, 0) = free,
                }
            }
        },
        "a fissioned program without axes is not alone in a nest with rows",
    );
}

#[test]
fn each_chunk_has_a_slice_for_its_spills() {
    let mut plan = staged();
    let nest = nest_mut(&mut plan, 0);
    (nest.extent, nest.rows) = (Some(symbol(0)), 8);
    (nest.blocks[0].axes, nest.blocks[0].lanes) = (vec![], 1);
    for access in [0, 1].map(BufferId) {
        let along = at(access, &[(ROW, known(1))]);
        match access {
            BufferId(0) => *read_mut(&mut plan, 0, 0, 0) = along,
            _ => *store_mut(&mut plan, 0, 0) = along,
        }
    }
    assert_eq!(verify(&plan), Ok(()));
    nest_mut(&mut plan, 0).parallel = Some(Parallel { rows_per_chunk: 16 });
    let found = verify(&plan).unwrap_err().to_string();
    assert!(found.contains("fissioned program spills values: found 64, expected "), "{found}");
    let chunks = nest_mut(&mut plan, 0).clone().chunks(&plan.interface.functions[0].symbols);
    plan.variants[0].bodies[0].buffers[2].shape = vec![&chunks * &known(64)];
    plan.variants[0].bodies[0].workspace = Size::of(&(&chunks * &known(64)), 1);
    assert_eq!(verify(&plan), Ok(()));
}
