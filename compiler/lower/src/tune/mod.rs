//! How nests run: what is unrolled, and how much runs together: lanes of inner axes, rows of nests,
//! accumulators of reductions, chunks for threads.
//!
//! Eight accumulators in flight hide the latency of a multiply-add on every processor of the day; a program
//! with elementary functions needs its registers for itself and gets two.

mod fission;
mod prefetch;
mod prereduce;
mod unroll;

use tgc_graph::dim::{Dim, Symbols};
use tgc_plan::machine::{Machine, Tuning};
use tgc_plan::{Access, Axis, Block, BufferId, Carried, IndirectIndex, Nest, Parallel, Read, Sink, Step};
use tgc_scalar::{Inst, Program};

use crate::loops::{guess, is_far};
use crate::memory::{Buffers, uses};

/// Decides how each nest runs.
pub(crate) fn tune(steps: &mut [Step], buffers: &mut Buffers, symbols: &Symbols, machine: &Machine) {
    let dtypes = buffers.dtypes();
    let uses = uses(dtypes.len(), steps);
    for (at, step) in steps.iter_mut().enumerate() {
        let Step::Nest(nest) = step else { continue };
        let is_private = |buffer: BufferId| {
            buffers.is_value(buffer) && uses[buffer.0 as usize].iter().all(|step| *step == at)
        };
        let is_unrolled = unroll::unroll(nest, &dtypes, &is_private, &machine.tuning.unroll);
        set_widths(nest, is_unrolled, symbols, machine);
        fission::fission(nest, symbols, buffers, machine);
        prefetch::prefetch(nest, &machine.tuning);
        join_rows(nest);
    }
}

/// Lets rows that run together run side by side where nothing can tell.
fn join_rows(nest: &mut Nest) {
    let is_joined =
        |block: &Block| !block.axes.is_empty() && block.fission.is_none() && block.may_join_rows();
    if nest.rows > 1 {
        nest.blocks.iter_mut().for_each(|block| block.joins_rows = is_joined(block));
    }
}

/// Sets lanes, rows and chunks. An unrolled nest has enough to do for one vector of rows. Where lanes or rows
/// are accumulators, they are the same on every machine.
fn set_widths(nest: &mut Nest, is_unrolled: bool, symbols: &Symbols, machine: &Machine) {
    let of_rows = if has_accumulators(nest) { &Machine::ORDER } else { machine };
    let has_axes = nest.blocks.iter().any(|b| !b.axes.is_empty());
    let scatters = nest.blocks.iter().flat_map(|b| &b.sinks).any(|s| matches!(s, Sink::Scatter { .. }));
    let is_serial = nest.blocks.iter().any(|b| b.axes.is_empty() && is_serial(b, Axis::Row, of_rows));
    nest.rows = match (&nest.extent, has_axes) {
        (None, _) => 1,
        (Some(_), true) if scatters || is_serial => 1,
        (Some(extent), true) if shares_across_rows(nest, of_rows) || only_reductions(nest, of_rows) => {
            at_most(of_rows.tuning.shared_rows, extent)
        }
        (Some(_), true) => 1,
        (Some(_), false) if is_serial => 1,
        (Some(extent), false) if is_unrolled => at_most(of_rows.lanes(narrowest_read(nest)), extent),
        (Some(extent), false) => at_most(axis_free_rows(nest, of_rows), extent),
    };
    let rows = nest.rows;
    for block in nest.blocks.iter_mut().filter(|b| !b.axes.is_empty()) {
        prereduce::narrow(block);
        let reduces = block.sinks.iter().any(|sink| matches!(sink, Sink::Reduce { .. }));
        block.lanes = lanes(block, rows, if reduces { &Machine::ORDER } else { machine });
        prereduce::prereduce(block, &Machine::ORDER);
    }
    nest.parallel = parallel(nest, symbols, machine);
}

/// Whether lanes or rows of a nest are accumulators.
fn has_accumulators(nest: &Nest) -> bool {
    let mut sinks = nest.blocks.iter().flat_map(|block| &block.sinks);
    sinks.any(|sink| matches!(sink, Sink::Reduce { .. } | Sink::ReduceRows { .. }))
}

/// Whether the iterations of an axis wait for each other all the time, so that lanes would only cost.
fn is_serial(block: &Block, along: Axis, machine: &Machine) -> bool {
    let varies = block.varies(along);
    block.program.work() <= machine.tuning.short_program
        && block.sinks.iter().any(|sink| match sink.carried() {
            Carried::Along(axis) => axis == along,
            Carried::Anywhere => sink.indirect_indices().iter().any(|part| varies[part.read]),
            Carried::Nothing | Carried::At(_) | Carried::Rows => false,
        })
}

/// Whether rows that run together save work: something is the same in every row along an inner axis, or a
/// long program without axes runs for all of them at once.
fn shares_across_rows(nest: &Nest, machine: &Machine) -> bool {
    let long = |b: &Block| b.axes.is_empty() && b.program.work() > machine.tuning.short_program;
    nest.blocks.iter().any(long)
        || nest.blocks.iter().filter(|b| !b.axes.is_empty()).any(|block| {
            let shared = block.reads.iter().any(|read| match read {
                Read::Buffer(access) => {
                    !access.strides.is_empty() && access.strides.iter().all(|(axis, _)| *axis != Axis::Row)
                }
                Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Gather(_) | Read::Sum => false,
            });
            // Rows reduce into memory together, and scans of several rows hide each other's latency.
            shared || block.sinks.iter().any(|s| matches!(s, Sink::Accumulate { .. } | Sink::Scan { .. }))
        })
}

/// Whether a nest reads each row once, for short reductions: nothing but memory keeps them waiting, and
/// processors ask for several rows at a time sooner than for the rest of one. Rows of a single tile are short
/// enough, and rows of many accumulators would not leave them in registers.
fn only_reductions(nest: &Nest, machine: &Machine) -> bool {
    let mut blocks = nest.blocks.iter().filter(|block| !block.axes.is_empty());
    let (Some(block), None) = (blocks.next(), blocks.next()) else { return false };
    let is_long = || {
        let tile = i64::from(lanes(block, 1, machine));
        block.axes.iter().product::<Dim>().as_const().is_none_or(|elements| elements > tile)
    };
    let fits = || {
        let least = machine.lanes(vector_bytes(block, Axis::Inner(block.axes.len() - 1), machine));
        machine.tuning.shared_rows * accumulator_bytes(block, least, machine) <= room(machine)
    };
    block.program.work() <= machine.tuning.short_program && reductions_alone(block) && is_long() && fits()
}

fn reductions_alone(block: &Block) -> bool {
    block.sinks.iter().all(|sink| matches!(sink, Sink::Reduce { .. }))
}

fn axis_free_rows(nest: &Nest, machine: &Machine) -> u32 {
    let totals = nest.blocks.iter().flat_map(|b| &b.sinks).any(|s| matches!(s, Sink::ReduceRows { .. }));
    let longest = nest.blocks.iter().map(|b| b.program.work()).max().unwrap_or(0);
    let least = machine.lanes(widest(nest, machine));
    let mut rows = least * vectors(totals, longest, machine);
    while rows > least && rows * total_bytes(nest) > room(machine) {
        rows /= 2;
    }
    rows
}

/// Bytes of the accumulators of a row.
fn total_bytes(nest: &Nest) -> u32 {
    let sinks = nest.blocks.iter().flat_map(|block| &block.sinks);
    let reductions = sinks.filter_map(|sink| match sink {
        Sink::ReduceRows { reducer, .. } => Some(reducer),
        Sink::Store { .. }
        | Sink::Row { .. }
        | Sink::Reduce { .. }
        | Sink::Accumulate { .. }
        | Sink::Scan { .. }
        | Sink::Scatter { .. } => None,
    });
    reductions.flat_map(|reducer| &reducer.accumulators).map(|dtype| dtype.bytes() as u32).sum()
}

/// Bytes of the element that a vector of rows is counted in.
fn widest(nest: &Nest, machine: &Machine) -> usize {
    nest.blocks.iter().map(|b| vector_bytes(b, Axis::Row, machine)).max().unwrap_or(1)
}

/// Bytes of the narrowest element in memory that rows read, at least those of a single.
fn narrowest_read(nest: &Nest) -> usize {
    let reads = nest.blocks.iter().flat_map(|block| block.reads.iter().zip(&block.program.params));
    let in_memory = reads.filter(|(read, _)| read.access().is_some());
    in_memory.map(|(_, dtype)| dtype.scalar_type().bytes()).min().unwrap_or(1).max(4)
}

/// Vectors in flight.
fn vectors(reductions: bool, program: usize, machine: &Machine) -> u32 {
    match (reductions, program <= machine.tuning.short_program) {
        (true, true) => machine.tuning.accumulators,
        (_, false) => 2,
        (false, true) => 4,
    }
}

fn lanes(block: &Block, rows: u32, machine: &Machine) -> u32 {
    let last = Axis::Inner(block.axes.len() - 1);
    let extent = &block.axes[block.axes.len() - 1];
    let Tuning { few_strided, instructions_per_strided, .. } = machine.tuning;
    let few = few_strided.max(block.program.work() / instructions_per_strided);
    if strided(block, last) > few || shares_lanes(block, last) || is_serial(block, last, machine) {
        return 1;
    }
    let reductions = block.sinks.iter().any(|s| matches!(s, Sink::Reduce { .. }));
    let vectors = vectors(reductions, block.program.work(), machine);
    let least = machine.lanes(vector_bytes(block, last, machine));
    let room = room(machine);
    let mut lanes = least * vectors;
    while lanes > least && accumulator_bytes(block, lanes, machine) > room {
        lanes /= 2;
    }
    // Rows that run together have two vectors each, or more if they do nothing but reduce.
    let fits = |lanes| rows * accumulator_bytes(block, lanes, machine) <= room;
    while rows > 1 && lanes > 2 * least && !(reductions_alone(block) && fits(lanes)) {
        lanes /= 2;
    }
    at_most(lanes, extent)
}

/// Bytes of registers for accumulators: those that are not in registers cost more than the latency that they
/// hide.
fn room(machine: &Machine) -> u32 {
    machine.vector_bytes.max(8) * machine.vector_registers / 2
}

/// Bytes of the accumulators of so many lanes.
fn accumulator_bytes(block: &Block, lanes: u32, machine: &Machine) -> u32 {
    let bytes = |sink: &Sink| {
        let Sink::Reduce { reducer, .. } = sink else { return 0 };
        let each: u32 = reducer.accumulators.iter().map(|dtype| dtype.bytes() as u32).sum();
        each * (lanes >> prereduce::times(reducer, lanes, machine))
    };
    block.sinks.iter().map(bytes).sum()
}

/// A power of two that a known extent fills.
fn at_most(lanes: u32, extent: &Dim) -> u32 {
    match extent.as_const() {
        Some(n) if n < i64::from(lanes) => 1 << (n.max(1) as u32).ilog2(),
        _ => lanes,
    }
}

/// Whether lanes of an axis would accumulate into one element.
fn shares_lanes(block: &Block, last: Axis) -> bool {
    block.sinks.iter().any(|sink| meets_along(sink, last))
}

/// Whether a sink accumulates into one element all along an axis.
fn meets_along(sink: &Sink, axis: Axis) -> bool {
    match sink.carried() {
        Carried::At(to) => to.iter().any(|access| access.stride(axis).is_none()),
        Carried::Nothing | Carried::Along(_) | Carried::Anywhere | Carried::Rows => false,
    }
}

/// How many accesses are neither constant nor contiguous along an axis.
fn strided(block: &Block, along: Axis) -> usize {
    let accesses = block.accesses();
    let writes = accesses.iter().filter_map(|access| access.written_element());
    let varies = block.varies(along);
    let is_far = |access: &Access| access.strides.iter().any(|(a, stride)| *a == along && is_far(stride));
    let is_looked_up = |parts: &[IndirectIndex]| parts.iter().any(|part| varies[part.read]);
    let reads =
        block.reads.iter().filter(|r| r.access().is_some_and(is_far) || is_looked_up(r.indirect_indices()));
    let scattered = block.sinks.iter().filter(|sink| is_looked_up(sink.indirect_indices()));
    reads.count() + scattered.count() + writes.filter(|access| is_far(access)).count()
}

/// Bytes of the element that a vector is counted in: the widest that differs from lane to lane or, in a long
/// program, the most frequent.
fn vector_bytes(block: &Block, along: Axis, machine: &Machine) -> usize {
    let counts = varying_by_width(&block.program, &block.varies(along));
    if block.program.work() > machine.tuning.short_program {
        let most = counts.iter().max_by_key(|(bytes, count)| (*count, *bytes));
        return most.map_or(1, |(bytes, _)| *bytes);
    }
    let reductions = block.sinks.iter().flat_map(Sink::reduced_types).map(|d| d.scalar_type().bytes());
    let stores = block.program.results.iter().map(|e| e.dtype.scalar_type().bytes());
    let values = counts.iter().filter(|(_, count)| *count > 0).map(|(bytes, _)| *bytes);
    reductions.chain(stores).chain(values).max().unwrap_or(1)
}

/// How many values of each width differ from lane to lane.
fn varying_by_width(program: &Program, varies: &[bool]) -> [(usize, usize); 4] {
    let mut counts = [(1, 0), (2, 0), (4, 0), (8, 0)];
    let mut varying: Vec<bool> = vec![];
    for (at, (inst, scalar)) in program.insts.iter().enumerate() {
        let vary = if let Inst::Param { index, .. } = inst {
            varies[usize::from(*index)]
        } else {
            inst.operands().iter().any(|v| varying[v.0 as usize])
        };
        let width = counts.iter_mut().filter(|(bytes, _)| vary && *bytes == scalar.bytes());
        width.for_each(|(_, count)| *count += program.work_of(at));
        varying.push(vary);
    }
    counts
}

fn parallel(nest: &Nest, symbols: &Symbols, machine: &Machine) -> Option<Parallel> {
    let extent = nest.extent.as_ref()?;
    let crosses_rows = nest.blocks.iter().flat_map(|b| &b.sinks).any(|sink| match sink.carried() {
        Carried::Rows | Carried::Anywhere => true,
        Carried::Along(axis) => axis == Axis::Row,
        Carried::At(_) => meets_along(sink, Axis::Row),
        Carried::Nothing => false,
    });
    let guess = |dim: &Dim| guess(dim, symbols);
    let work = nest.blocks.iter().fold(0i64, |sum, block| {
        let each = block.program.work() as i64 + block.sinks.len() as i64;
        let times = block.axes.iter().fold(1i64, |n, axis| n.saturating_mul(guess(axis)));
        sum.saturating_add(each.saturating_mul(times))
    });
    let rows = i64::from(nest.rows);
    let needed = (machine.tuning.chunk_instructions / work.max(1)).max(1);
    let rows_per_chunk = needed.saturating_add(rows - 1) / rows * rows;
    let is_small = extent.as_const().is_some_and(|n| n < 2 * rows_per_chunk);
    (!crosses_rows && !is_small).then_some(Parallel { rows_per_chunk })
}
