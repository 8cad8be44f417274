//! Fission: cuts long programs into segments.
//!
//! A program of hundreds of instructions, each waiting for the one before, keeps the machine waiting too, and
//! more values than there are registers. In segments of a few dozen instructions, each run for a strip of
//! iterations, the chains of many iterations are in flight, and what is spilled between segments stays in the
//! first-level cache. Cuts are where the fewest bytes are spilled.

use tgc_graph::dim::{Dim, Symbols};
use tgc_plan::fission::{is_spillable, varying};
use tgc_plan::machine::{FissionTuning, Machine};
use tgc_plan::{Block, Carried, Fission, Nest, Sink};
use tgc_scalar::{Program, Value};

use crate::memory::Buffers;

/// Sets the fission of a nest's blocks; lanes, rows and chunks are set.
pub(crate) fn fission(nest: &mut Nest, symbols: &Symbols, buffers: &mut Buffers, machine: &Machine) {
    let (chunks, limits) = (nest.chunks(symbols), &machine.tuning.fission);
    let (rows, alone, extent) = (nest.rows, nest.blocks.len() == 1, nest.extent.clone());
    for block in &mut nest.blocks {
        let together = match block.axes.is_empty() {
            true if alone && extent.is_some() => rows,
            true => 1,
            false => block.lanes,
        };
        if together == 1 || !block.sinks.iter().all(may_follow_fission) {
            continue;
        }
        let cuts = cuts(block, limits);
        if cuts.is_empty() {
            continue;
        }
        let buffer = buffers.spills(Dim::Const(0));
        let all = block.axes.last().or(extent.as_ref()).and_then(Dim::as_const).unwrap_or(i64::MAX);
        let strip = i64::from(limits.length).min(all).max(1) as u32;
        let mut fission = Fission { strip: strip.next_multiple_of(together), cuts, buffer };
        let mut bytes = fission.schedule(block).bytes;
        while bytes > u64::from(machine.l1_bytes) / 2 && fission.strip > together {
            fission.strip = (fission.strip / 2).next_multiple_of(together);
            bytes = fission.schedule(block).bytes;
        }
        buffers.resize(buffer, &chunks * &Dim::Const(bytes as i64));
        block.fission = Some(fission);
    }
}

/// Whether a sink can be the end of the last segment: its iterations do not wait for each other.
fn may_follow_fission(sink: &Sink) -> bool {
    match sink.carried() {
        Carried::Nothing | Carried::At(_) | Carried::Rows => true,
        Carried::Along(_) | Carried::Anywhere => false,
    }
}

/// Where to cut; nowhere if the program is short or wide.
fn cuts(block: &Block, limits: &FissionTuning) -> Vec<usize> {
    let program = &block.program;
    let varying = varying(block);
    // How many instructions that are not free come before each.
    let mut work = vec![0];
    for (at, (inst, _)) in program.insts.iter().enumerate() {
        work.push(work[at] + if is_spillable(inst, varying[at]) { weight(program, at, limits) } else { 0 });
    }
    let end = program.insts.len();
    if work[end] < limits.long_program || work[end] >= limits.parallelism * depth(program, &varying, limits) {
        return vec![];
    }
    let spilled = spilled_bytes(program, &varying);
    // The least cost of all parts up to each place, and where the last of them begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; end + 1];
    best[0] = Some((0, 0));
    for to in 1..=end {
        for from in (0..to).rev() {
            let size = work[to] - work[from];
            if size > limits.most {
                break;
            }
            let Some((cost, _)) = best[from].filter(|_| size >= limits.fewest || to == end) else { continue };
            let cost = cost + limits.loop_cost + spilled[to];
            if best[to].is_none_or(|(least, _)| cost < least) {
                best[to] = Some((cost, from));
            }
        }
    }
    let mut cuts = vec![];
    let mut at = end;
    while let Some((_, from)) = best[at].filter(|(_, from)| *from > 0) {
        cuts.push(from);
        at = from;
    }
    cuts.reverse();
    cuts
}

/// How many instructions that are not free an instruction counts for: a part has room for a called function
/// beside the fewest others.
fn weight(program: &Program, at: usize, limits: &FissionTuning) -> usize {
    program.work_of(at).min(limits.most - limits.fewest)
}

/// The longest chain of instructions that wait for each other.
fn depth(program: &Program, varying: &[bool], limits: &FissionTuning) -> usize {
    let mut depths: Vec<usize> = vec![];
    for (at, (inst, _)) in program.insts.iter().enumerate() {
        let before = inst.operands().iter().map(|v| depths[v.0 as usize]).max().unwrap_or(0);
        depths.push(before + if is_spillable(inst, varying[at]) { weight(program, at, limits) } else { 0 });
    }
    depths.into_iter().max().unwrap_or(0)
}

/// For each place between instructions, the bytes of an iteration that are spilled if a cut is there.
fn spilled_bytes(program: &Program, varying: &[bool]) -> Vec<usize> {
    let end = program.insts.len();
    let mut last: Vec<usize> = (0..end).collect();
    for (at, (inst, _)) in program.insts.iter().enumerate() {
        inst.operands().iter().for_each(|v| last[v.0 as usize] = at);
    }
    program.results.iter().flat_map(|e| e.parts()).for_each(|v| last[v.0 as usize] = end);
    let mut steps = vec![0isize; end + 2];
    for (at, (inst, _)) in program.insts.iter().enumerate() {
        if is_spillable(inst, varying[at]) && last[at] > at {
            let bytes = program.scalar_type(Value(at as u32)).bytes() as isize;
            steps[at + 1] += bytes;
            steps[last[at].min(end - 1) + 1] -= bytes;
        }
    }
    let mut sum = 0;
    steps
        .iter()
        .take(end + 1)
        .map(|step| {
            sum += step;
            sum as usize
        })
        .collect()
}
