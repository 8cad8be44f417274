//! The outer loop of a nest: groups of rows, then smaller groups or single rows with the same code.
//!
//! Row `i` of a total goes to accumulator `i mod rows`, so a group that starts at a multiple of `rows` gives
//! each of its rows to the lane of its own, and each row after the last whole group to the accumulator of its
//! number among those.

use std::cell::RefCell;

use inkwell::IntPredicate;
use inkwell::values::IntValue;
use tgc_graph::dim::Dim;
use tgc_plan::{Block, Nest, Read, Sink};

use crate::block::{BlockBuilder, RowValues};
use crate::body::{Base, Body};
use crate::fission::Fissioned;
use crate::ir::Ir;
use crate::memory::{Spot, Stride, element_address};
use crate::order::writes;
use crate::pressure;
use crate::reduce::{Accumulators, mask_bits};
use crate::scalar::Parts;
use crate::scan::Running;
use crate::tile::{Rows, Share, narrower, pieces};

/// What the blocks of a nest share, by index of block and of read or sink.
struct Shared<'a, 'c> {
    fixed: Vec<Vec<Option<Parts<'c>>>>,
    totals: Vec<Vec<Option<Accumulators<'a, 'c>>>>,
    running: Vec<Vec<Option<Running<'a, 'c>>>>,
}

/// How many rows a nest has.
pub(crate) fn extent<'c>(ir: &Ir<'_, 'c>, nest: &Nest) -> IntValue<'c> {
    ir.dim(nest.extent.as_ref().unwrap_or(&Dim::Const(1)))
}

/// Emits the rows from `begin` to `end`. With totals, `begin` is 0.
pub(crate) fn build_rows<'c>(body: &Body<'_, 'c>, nest: &Nest, begin: IntValue<'c>, end: IntValue<'c>) {
    let ir = &body.ir;
    let shared = Shared {
        fixed: nest.blocks.iter().map(|block| fixed_reads(body, nest, block)).collect(),
        totals: nest.blocks.iter().map(|block| start_totals(body, nest, block)).collect(),
        running: nest.blocks.iter().map(|block| start_running(body, block)).collect(),
    };
    if pressure::exceeds(nest, body.budget) {
        build_apart(body, nest, &shared, (begin, end));
        return finish_totals(body, nest, &shared);
    }
    let whole = ir.add(begin, ir.round_down(ir.sub(end, begin), nest.rows));
    let group = |first: IntValue<'c>, may_start: bool| {
        build_group(body, nest, &shared, Rows { first, count: nest.rows, share: Share::All, may_start });
    };
    // One row at a time must not ask each time whether it is the first.
    let peels = nest.rows == 1 && shared.running.iter().flatten().any(Option::is_some);
    let second = if peels { ir.min(whole, ir.add(begin, ir.int(1))) } else { begin };
    if peels {
        ir.for_range(begin, second, 1, &mut |first| group(first, true));
    }
    match nest.blocks.as_slice() {
        [block] if is_fissioned(block) => {
            build_strips(body, nest, block, &shared, (begin, whole), nest.rows, &|_| Share::All);
        }
        _ => ir.for_range(second, whole, i64::from(nest.rows), &mut |first| group(first, !peels)),
    }
    if nest.rows > 1 && whole != end {
        build_rest(body, nest, &shared, (whole, end));
    }
    finish_totals(body, nest, &shared);
}

/// Rows one after the other, each with the accumulator of its number.
fn build_apart<'c>(
    body: &Body<'_, 'c>,
    nest: &Nest,
    shared: &Shared<'_, 'c>,
    (begin, end): (IntValue<'c>, IntValue<'c>),
) {
    let ir = &body.ir;
    let totals = || shared.totals.iter().flatten().flatten();
    totals().for_each(|total| total.spill(ir));
    ir.for_range(begin, end, 1, &mut |first| {
        let number = ir.and(ir.sub(first, begin), ir.int(i64::from(nest.rows) - 1));
        build_group(body, nest, shared, Rows { first, count: 1, share: Share::At(number), may_start: true });
    });
    totals().for_each(|total| total.reload(ir));
}

/// What is left after the last whole group: in smaller groups if it is known how many rows that can be, else
/// a few at a time, if they are lanes, and row by row.
fn build_rest<'c>(
    body: &Body<'_, 'c>,
    nest: &Nest,
    shared: &Shared<'_, 'c>,
    (whole, end): (IntValue<'c>, IntValue<'c>),
) {
    let ir = &body.ir;
    let rest = nest.extent.as_ref().and_then(Dim::as_const).map(|extent| extent % i64::from(nest.rows));
    let length = nest.blocks.iter().map(|block| block.program.insts.len()).sum();
    if let Some(pieces) = rest.and_then(|rest| pieces(rest as u32, length)) {
        // Chunks are multiples of whole groups, so all that is left is the rest of all rows.
        let (some, none) = (ir.new_block("rest"), ir.new_block("done"));
        ir.branch(ir.compare_int(IntPredicate::SLT, whole, end), some, none);
        ir.position(some);
        for (first, count) in pieces {
            let share = Share::From(first);
            let first = ir.add(whole, ir.int(i64::from(first)));
            build_group(body, nest, shared, Rows { first, count, share, may_start: true });
        }
        ir.jump(none);
        ir.position(none);
        return;
    }
    let totals = || shared.totals.iter().flatten().flatten();
    totals().for_each(|total| total.spill(ir));
    let share = |row| Share::At(ir.sub(row, whole));
    let are_lanes = nest.blocks.iter().all(|block| block.axes.is_empty());
    let narrow = narrower(nest.rows, length).filter(|_| are_lanes);
    match nest.blocks.as_slice() {
        [block] if is_fissioned(block) => build_strips(body, nest, block, shared, (whole, end), 1, &share),
        _ => ir.for_narrower(whole, end, narrow, &mut |first, count| {
            let share = share(first);
            build_group(body, nest, shared, Rows { first, count, share, may_start: true });
        }),
    }
    totals().for_each(|total| total.reload(ir));
}

fn build_group<'c>(body: &Body<'_, 'c>, nest: &Nest, shared: &Shared<'_, 'c>, rows: Rows<'c>) {
    let values: RowValues = RefCell::new(vec![None; nest.row_values.len()]);
    for (i, block) in nest.blocks.iter().enumerate() {
        let (fixed, totals, running) = (&shared.fixed[i], &shared.totals[i], &shared.running[i]);
        BlockBuilder { body, block, fixed, totals, running, values: &values, rows, sum: None }.build();
    }
}

/// Whether a nest's only block runs rows in strips.
fn is_fissioned(block: &Block) -> bool {
    block.axes.is_empty() && block.fission.is_some()
}

/// Emits rows of a fissioned block without axes, so many at a time, each for its accumulators.
fn build_strips<'c>(
    body: &Body<'_, 'c>,
    nest: &Nest,
    block: &Block,
    shared: &Shared<'_, 'c>,
    (begin, end): (IntValue<'c>, IntValue<'c>),
    count: u32,
    share: &dyn Fn(IntValue<'c>) -> Share<'c>,
) {
    let fission = Fissioned::of(body, block).expect("invariant: the block has a fission");
    let (fixed, totals, running) = (&shared.fixed[0], &shared.totals[0], &shared.running[0]);
    fission.strips(body, begin, end, &mut |first, end| {
        let values: RowValues = RefCell::new(vec![None; nest.row_values.len()]);
        let rows = Rows { first, count, share: Share::All, may_start: false };
        let builder = BlockBuilder { body, block, fixed, totals, running, values: &values, rows, sum: None };
        let (sources, drains) = (builder.sources(&[]), builder.drains(&[]));
        builder.build_strip(&fission, (&sources, &drains), (first, end), count, share);
    });
}

/// Loads what no axis moves and nothing in the nest writes, if it exists even in a nest without rows.
fn fixed_reads<'c>(body: &Body<'_, 'c>, nest: &Nest, block: &Block) -> Vec<Option<Parts<'c>>> {
    let ir = &body.ir;
    let load = |read: &Read| {
        let Read::Buffer(access) = read else { return None };
        let buffer = body.plan.buffer(access.buffer);
        if !access.strides.is_empty()
            || !buffer.has(&access.offset)
            || nest.blocks.iter().any(|b| writes(body, b, access))
        {
            return None;
        }
        match body.base(access.buffer) {
            Base::Value(value) => Some(vec![value]),
            Base::Memory(base) => {
                let address = element_address(ir, buffer.dtype, base, ir.dim(&access.offset));
                Some(Spot { dtype: buffer.dtype, address, stride: Stride::Same }.load(ir, 1))
            }
        }
    };
    block.reads.iter().map(load).collect()
}

fn start_totals<'a, 'c>(
    body: &Body<'_, 'c>,
    nest: &Nest,
    block: &'a Block,
) -> Vec<Option<Accumulators<'a, 'c>>> {
    let start = |sink: &'a Sink| {
        let Sink::ReduceRows { reducer, results, .. } = sink else { return None };
        let mask = mask_bits(&block.program, results);
        let total = Accumulators::new(&body.ir, reducer, nest.rows, None, mask);
        total.reset(&body.ir);
        Some(total)
    };
    block.sinks.iter().map(start).collect()
}

/// Scans that go on from row to row without memory.
fn start_running<'a, 'c>(body: &Body<'_, 'c>, block: &'a Block) -> Vec<Option<Running<'a, 'c>>> {
    let start = |sink: &'a Sink| {
        let Sink::Scan { scan, .. } = sink else { return None };
        block.axes.is_empty().then(|| Running::new(&body.ir, scan))
    };
    block.sinks.iter().map(start).collect()
}

fn finish_totals<'c>(body: &Body<'_, 'c>, nest: &Nest, shared: &Shared<'_, 'c>) {
    let ir = &body.ir;
    for (block, totals) in nest.blocks.iter().zip(&shared.totals) {
        for (sink, total) in block.sinks.iter().zip(totals) {
            let (Sink::ReduceRows { to, .. }, Some(total)) = (sink, total) else { continue };
            for (buffer, parts) in to.iter().zip(total.finish(ir)) {
                let Base::Memory(address) = body.base(*buffer) else {
                    unreachable!("invariant: nothing writes an input")
                };
                let dtype = body.plan.buffer(*buffer).dtype;
                Spot { dtype, address, stride: Stride::Same }.store(ir, 1, &parts);
            }
        }
    }
}
